package strictjson

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A Scalar is a member whose type storefronts are not sure of themselves: an id
// that is a number here and a string there, an amount as "12.50" or 12.50, a flag
// as true or "true". It keeps what was written, digit by digit.
//
// The zero Scalar is a member that was missing.
type Scalar struct {
	kind jsontext.Kind
	text string
}

// UnmarshalJSONFrom reads any JSON value. Objects and arrays are kept as they
// were written: nothing is lost, and no amount or id will parse from them.
func (s *Scalar) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case jsontext.KindNull:
		*s = Scalar{kind: jsontext.KindNull}
	case jsontext.KindString:
		b, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return err
		}
		*s = Scalar{jsontext.KindString, string(b)}
	default:
		*s = Scalar{v.Kind(), string(v)}
	}
	return nil
}

// Text returns a string's content, or the literal of any other value: the digits
// of a number, "true", "". It is "" for a member that was missing or null.
func (s Scalar) Text() string { return s.text }

// Given reports whether the member says anything: it is there, not null and not
// the empty string.
func (s Scalar) Given() bool { return s.text != "" }

// Null reports whether the member was there and said null: the storefront has
// thought of it, and there is nothing.
func (s Scalar) Null() bool { return s.kind == jsontext.KindNull }

// Structured reports whether the member is an object or an array, and so no scalar at
// all.
func (s Scalar) Structured() bool {
	return s.kind == jsontext.KindBeginObject || s.kind == jsontext.KindBeginArray
}

// Bool returns a flag. true, "true", "1" and 1 are true; what is not given is
// false; everything that does not say yes or no is an error.
func (s Scalar) Bool() (bool, error) {
	switch s.text {
	case "true", "1":
		return true, nil
	case "", "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", clip(s.text, 40))
}

// Plain returns a number without an exponent: 1e3 is "1000" and 2.5e-2 is
// "0.025", exactly. A string is returned as it is: an exponent inside a string is
// nobody's habit and stays for the caller to refuse. The result is false where
// the exponent is beyond ±64, which no limit for messages allows.
func (s Scalar) Plain() (string, bool) {
	if s.kind != jsontext.KindNumber {
		return s.text, true
	}
	mantissa, exp, ok := cutExponent(s.text)
	if !ok {
		return s.text, true
	}
	if exp > 64 || exp < -64 {
		return "", false
	}
	return shift(mantissa, exp), true
}

// Integer returns the canonical digits of a whole number: 7, "7", 007 in a
// string, 7.0 and 0.7e1 are all "7", and 18446744073709551615 stays what it is.
// It is false for anything else, negative numbers among it.
func (s Scalar) Integer() (string, bool) {
	if s.kind != jsontext.KindNumber && s.kind != jsontext.KindString {
		return "", false
	}
	plain, ok := s.Plain()
	if !ok {
		return "", false
	}
	if whole, frac, point := strings.Cut(plain, "."); point && s.kind == jsontext.KindNumber {
		if strings.Trim(frac, "0") != "" {
			return "", false
		}
		plain = whole
	}
	if plain == "" || strings.Trim(plain, "0123456789") != "" {
		return "", false
	}
	if plain = strings.TrimLeft(plain, "0"); plain == "" {
		plain = "0"
	}
	return plain, true
}

// shift moves the point of a JSON number by exp places.
func shift(mantissa string, exp int) string {
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	point := len(whole) + exp
	digits = whole + frac
	if point < 1 {
		digits = strings.Repeat("0", 1-point) + digits
		point = 1
	}
	if point > len(digits) {
		digits += strings.Repeat("0", point-len(digits))
	}
	whole, frac = strings.TrimLeft(digits[:point], "0"), digits[point:]
	if whole == "" {
		whole = "0"
	}
	if negative {
		whole = "-" + whole
	}
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}
