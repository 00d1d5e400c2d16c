package salesdoc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bojanz/currency"

	"github.com/hakooi/erpbridge"
)

// checkNames refuses keys that no event has: countries, regions, currencies and rates that
// are not written as storefronts' are read. They would never be found.
func checkNames(wrong complaint, r Rules) {
	for _, t := range []struct {
		setting string
		keys    map[string]string
		check   func(string) error
	}{
		{"customer.default_by_country", r.Customer.ByCountry, country},
		{"customer.default_by_currency", r.Customer.ByCurrency, currencyCode},
		{"addresses.countries.values", r.Addresses.Countries.Values, country},
		{"addresses.regions.values", r.Addresses.Regions.Values, region},
	} {
		for _, key := range slices.Sorted(maps.Keys(t.keys)) {
			if err := t.check(key); err != nil {
				wrong(t.setting+"."+key, "%w", err)
			}
		}
	}
	for i, c := range r.Tax.Codes {
		at := fmt.Sprintf("tax.codes[%d].", i)
		if c.Country != "" {
			if err := country(c.Country); err != nil {
				wrong(at+"country", "%w", err)
			}
		}
		if c.Rate == nil {
			continue
		}
		switch hundredth, err := c.Rate.Div(must("100")); {
		case c.Rate.IsNeg():
			wrong(at+"rate", "%s is below nought", c.Rate)
		case err == nil && !c.Rate.LessThan(one):
			wrong(at+"rate", "%s would be %s %%: 0.19 is 19 %%; did you mean %q?", c.Rate, c.Rate.Mul(must("100")), hundredth.String())
		}
	}
}

// country refuses what is no ISO 3166-1 alpha-2 code.
func country(code string) error {
	if isCountry(code) {
		return nil
	}
	meant := slips[strings.ToUpper(code)]
	if up := strings.ToUpper(code); isCountry(up) {
		meant = up
	}
	if meant == "" {
		return fmt.Errorf("%q is not an ISO 3166-1 alpha-2 country such as DE", clip(code))
	}
	return fmt.Errorf("%q is not an ISO 3166-1 alpha-2 country; did you mean %q?", clip(code), meant)
}

// isCountry knows also what is assigned no more, or by its users: AN and XK are in orders.
func isCountry(code string) bool {
	_, ok := currency.ForCountryCode(code)
	return ok || code == "AQ" || code == "AN"
}

// region refuses what is no country with a region of it.
func region(key string) error {
	code, rest, divided := strings.Cut(key, "-")
	if !divided || rest == "" {
		return fmt.Errorf("%q is not a country and its region, such as US-NY", clip(key))
	}
	return country(code)
}

// currencyCode refuses what is no ISO 4217 code.
func currencyCode(code string) error {
	if _, ok := erpbridge.Digits(code); ok {
		return nil
	}
	up := strings.ToUpper(code)
	for _, meant := range []string{slips[up], up, up[:min(3, len(up))]} {
		if _, ok := erpbridge.Digits(meant); ok {
			return fmt.Errorf("%q is not an ISO 4217 currency; did you mean %q?", clip(code), meant)
		}
	}
	return fmt.Errorf("%q is not an ISO 4217 currency such as EUR", clip(code))
}

// slips are what people write instead of codes.
var slips = map[string]string{
	"UK": "GB", "EL": "GR", "USA": "US", "GBR": "GB", "DEU": "DE", "FRA": "FR", "AUT": "AT", "CHE": "CH", "CAN": "CA", "AUS": "AU",
	"AUSTRALIA": "AU", "AUSTRIA": "AT", "BELGIUM": "BE", "CANADA": "CA", "CHINA": "CN", "DENMARK": "DK", "ENGLAND": "GB", "FINLAND": "FI",
	"FRANCE": "FR", "GERMANY": "DE", "DEUTSCHLAND": "DE", "GREAT BRITAIN": "GB", "GREECE": "GR", "INDIA": "IN", "IRELAND": "IE", "ITALY": "IT",
	"JAPAN": "JP", "LUXEMBOURG": "LU", "MEXICO": "MX", "NETHERLANDS": "NL", "NORWAY": "NO", "POLAND": "PL", "PORTUGAL": "PT", "SPAIN": "ES",
	"SWEDEN": "SE", "SWITZERLAND": "CH", "UNITED KINGDOM": "GB", "UNITED STATES": "US",
	"€": "EUR", "$": "USD", "US$": "USD", "£": "GBP", "DOLLAR": "USD", "POUND": "GBP", "YEN": "JPY", "RMB": "CNY", "FRANC": "CHF",
}

// nearest returns the name that another one was most likely meant to be, "" if none is
// near.
func nearest(name string, names []string) string {
	best, least := "", max(1, len(name)/4)+1
	for _, n := range names {
		if d := slipsBetween(strings.ToLower(name), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// slipsBetween counts the bytes to put in, leave out or change between two names.
func slipsBetween(a, b string) int {
	before := make([]int, len(b)+1)
	for j := range before {
		before[j] = j
	}
	for i := range len(a) {
		row := append(make([]int, 0, len(before)), i+1)
		for j := range len(b) {
			least := min(before[j+1], row[j]) + 1
			if a[i] == b[j] {
				least = min(least, before[j])
			}
			row = append(row, min(least, before[j]+1))
		}
		before = row
	}
	return before[len(b)]
}
