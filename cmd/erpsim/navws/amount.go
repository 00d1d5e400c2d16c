package navws

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// number reads an xsd:decimal; empty is nought.
func number(text string) (*big.Rat, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return new(big.Rat), nil
	}
	if !decimal.MatchString(text) {
		return nil, fmt.Errorf("%q is no decimal", text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is no decimal", text)
	}
	return r, nil
}

// digits are the decimals of a currency's amounts.
func digits(currency string) int {
	switch currency {
	case "JPY", "KRW", "CLP", "ISK", "VND":
		return 0
	case "KWD", "BHD", "OMR", "TND", "JOD":
		return 3
	}
	return 2
}

// rounded is r to the nearest, halves away from nought.
func rounded(r *big.Rat, places int) *big.Rat {
	text := r.FloatString(places) // which rounds so
	out, _ := new(big.Rat).SetString(text)
	return out
}

// plain writes a number without zeros it does not need.
func plain(r *big.Rat) string {
	text := r.FloatString(5)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
