package shopsim

import (
	"strconv"
	"strings"
)

// Amounts are int64 in the smallest unit of their currency: cents, yen, fils. Nothing
// here is ever a float.

// digits are the decimals of the currencies the shops sell in.
var digits = map[string]int{"USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "JPY": 0, "KWD": 3}

// plain writes an amount with the decimals of its currency: "12.50", "1200", "3.725".
func plain(amount int64, currency string) string {
	return decimal(amount, digits[currency], digits[currency])
}

// decimal writes amount, which has scale decimals, with at least that many: with four
// as BigCommerce does, say.
func decimal(amount int64, scale, decimals int) string {
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	text := strconv.FormatInt(amount, 10)
	if missing := scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	whole, rest := text[:len(text)-scale], text[len(text)-scale:]
	rest += strings.Repeat("0", max(decimals-scale, 0))
	if rest == "" {
		return sign + whole
	}
	return sign + whole + "." + rest
}

// trimmed writes an amount without the zeros at its end, as JSON writes floats: "12.5".
func trimmed(amount int64, currency string) string {
	text := plain(amount, currency)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// A million parts are the whole of a rate: 88750 is 8.875 %.
const million = 1_000_000

// onTop returns the tax that comes on top of a net amount.
func onTop(net, rate int64) int64 { return halfUp(net*rate, million) }

// within returns the tax that a gross amount contains.
func within(gross, rate int64) int64 { return halfUp(gross*rate, million+rate) }

// halfUp divides and rounds to the nearest, halves away from nought.
func halfUp(a, b int64) int64 {
	if a < 0 {
		return -halfUp(-a, b)
	}
	return (2*a + b) / (2 * b)
}

// quotient writes amount / n with a number of decimals, rounded half up.
func quotient(amount, n int64, scale, decimals int) string {
	for range decimals - scale {
		amount *= 10
	}
	return decimal(halfUp(amount, n), max(decimals, scale), decimals)
}
