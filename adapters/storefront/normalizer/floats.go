package normalizer

import (
	"strings"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// Floats makes r one for a storefront that calculates in binary floating point and writes
// what comes of it, as PHP does: 101.15000000000001 is 101.15 then, and 1.42e-14, which is
// left where two equal sums are subtracted, is 0. What is noise of no amount stays as it
// is, to be refused.
func (r *Reader) Floats() *Reader {
	r.floats = true
	return r
}

// noise is how far from an amount its binary neighbours may be written: a double of
// 100,000,000 is exact to that, and the columns of a shop have four decimals. Those of a
// larger one are as far as two steps between doubles, but never so far that somebody could
// have meant the sixth decimal.
func noise(of udecimal.Decimal) udecimal.Decimal {
	steps := of.Abs().Mul(twoSteps)
	switch {
	case steps.LessThan(leastNoise):
		return leastNoise
	case mostNoise.LessThan(steps):
		return mostNoise
	}
	return steps
}

var (
	leastNoise = udecimal.MustParse("0.00000001")
	mostNoise  = udecimal.MustParse("0.0000005")
	twoSteps   = udecimal.MustParse("0.0000000000000004440") // 2 to the power of -51
)

// exactDigits are the digits that a double has of any number: one with more was calculated.
const exactDigits = 15

// mostDecimals is how many decimals of a number are looked at: more are read by nobody,
// and PHP can be set to write fifty.
const mostDecimals = 19

// calm returns a plain number without noise, where r is told that there may be some.
func (r *Reader) calm(plain, currency string) string {
	whole, decimals, _ := strings.Cut(plain, ".")
	digits := len(strings.TrimLeft(whole, "-0")) + len(decimals)
	if !r.floats || len(decimals) < 9 && digits <= exactDigits || strings.Trim(decimals, "0123456789") != "" {
		return plain
	}
	d, err := erpbridge.ParseDecimal(whole + "." + decimals[:min(len(decimals), mostDecimals)])
	if err != nil {
		return plain
	}
	places, _ := erpbridge.Digits(currency)
	near := d.RoundBank(max(places, 4)) // 4: as the shops' own columns
	if !d.Sub(near).Abs().LessThan(noise(d)) {
		return plain
	}
	return near.String()
}
