package erpbridge

import (
	"fmt"
	"strings"

	"github.com/bojanz/currency"
	"github.com/quagmt/udecimal"
)

// Decimal is an exact decimal number. There are no floats in this house.
type Decimal = udecimal.Decimal

// Money is an amount in the major unit of an ISO 4217 currency: 12.50 EUR, 1200
// JPY, 3.725 KWD.
type Money struct {
	Amount   Decimal
	Currency string
}

// retired are currency codes that ISO 4217 has withdrawn and that old orders and
// refunds still carry; the current table no longer knows them.
var retired = map[string]uint8{
	"BGN": 2, "HRK": 2, "LTL": 2, "LVL": 2, "EEK": 2, "SKK": 2, "SLL": 2, "VEF": 2, "ZWL": 2, "MRO": 2, "STD": 2, "ANG": 2, "CUC": 2, "BYR": 0,
}

// Digits returns the number of decimals of an ISO 4217 currency, retired ones
// included, and whether the code is known.
func Digits(code string) (uint8, bool) {
	if d, ok := currency.GetDigits(code); ok {
		return d, true
	}
	d, ok := retired[code]
	return d, ok
}

// ParseDecimal reads a plain decimal number: an optional minus sign, digits, and
// at most one point with digits on both sides. Exponents, plus signs, thousands
// separators, "NaN" and blanks are errors, and so are more than 19 digits before
// or after the point.
func ParseDecimal(s string) (Decimal, error) {
	digits := strings.TrimPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	if !allDigits(whole) || (point && !allDigits(frac)) {
		return Decimal{}, fmt.Errorf("%q is not a plain decimal number", clip(s))
	}
	if len(whole) > 19 || len(frac) > 19 {
		return Decimal{}, fmt.Errorf("%q has more than 19 digits", clip(s))
	}
	return udecimal.Parse(s)
}

// ParseMoney reads an amount of a currency. An unknown currency and an amount
// with more decimals than the currency has are errors: money is never rounded
// in passing.
func ParseMoney(amount, code string) (Money, error) {
	digits, ok := Digits(code)
	if !ok {
		return Money{}, fmt.Errorf("%q is not an ISO 4217 currency", clip(code))
	}
	d, err := ParseDecimal(amount)
	if err != nil {
		return Money{}, err
	}
	if !d.RoundBank(digits).Equal(d) {
		return Money{}, fmt.Errorf("%s has more decimals than %s allows (%d)", clip(amount), code, digits)
	}
	return Money{d, code}, nil
}

// Zero returns no money, in a currency.
func Zero(code string) Money { return Money{Currency: code} }

// Add returns m + n. Adding two currencies is a bug and panics, unless one of
// the two is the zero Money{}.
func (m Money) Add(n Money) Money {
	switch {
	case m.Currency == "" && m.Amount.IsZero():
		return n
	case n.Currency == "" && n.Amount.IsZero():
		return m
	case m.Currency != n.Currency:
		panic(fmt.Sprintf("erpbridge: %s added to %s", n.Currency, m.Currency))
	}
	return Money{m.Amount.Add(n.Amount), m.Currency}
}

// Sub returns m - n, under the rules of Add.
func (m Money) Sub(n Money) Money { return m.Add(n.Neg()) }

// Neg returns -m.
func (m Money) Neg() Money { return Money{m.Amount.Neg(), m.Currency} }

// Times returns m times a quantity, exactly.
func (m Money) Times(q Decimal) Money { return Money{m.Amount.Mul(q), m.Currency} }

// IsZero reports whether there is no money, whatever the currency.
func (m Money) IsZero() bool { return m.Amount.IsZero() }

// Equal reports whether m and n are the same amount of the same currency.
func (m Money) Equal(n Money) bool { return m.Currency == n.Currency && m.Amount.Equal(n.Amount) }

// Plain returns the amount alone with at least the currency's decimals: "12.50",
// "1200", "3.725". More decimals than that are kept, never rounded away.
func (m Money) Plain() string {
	digits, _ := Digits(m.Currency)
	if m.Amount.PrecUint() > digits && !m.Amount.RoundBank(digits).Equal(m.Amount) {
		return m.Amount.String()
	}
	return m.Amount.RoundBank(digits).StringFixed(digits)
}

// String returns the amount and its currency: "12.50 EUR".
func (m Money) String() string {
	if m.Currency == "" {
		return m.Amount.String()
	}
	return m.Plain() + " " + m.Currency
}

func allDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// clip shortens foreign text for an error message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
