package salesdoc

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// Keys that no event has are refused by their setting, with what was most likely meant.
func TestNamesThatNoEventHas(t *testing.T) {
	for _, c := range []struct{ mapping, say string }{
		{`tax: {codes: [{rate: "19", code: X}]}`, `mapping.tax.codes[0].rate: 19 would be 1900 %: 0.19 is 19 %; did you mean "0.19"?`},
		{`tax: {codes: [{rate: "1", code: X}]}`, `did you mean "0.01"?`},
		{`tax: {codes: [{rate: "-0.1", code: X}]}`, `mapping.tax.codes[0].rate: -0.1 is below nought`},
		{`tax: {codes: [{rate: "0.99", code: X}, {rate: "0", code: X}]}`, ``},
		{`tax: {codes: [{country: Germany, code: X}]}`, `mapping.tax.codes[0].country: "Germany" is not an ISO 3166-1 alpha-2 country; did you mean "DE"?`},
		{`customer: {default_by_country: {UK: "1"}}`, `mapping.customer.default_by_country.UK: "UK" is not an ISO 3166-1 alpha-2 country; did you mean "GB"?`},
		{`customer: {default_by_country: {de: "1"}}`, `did you mean "DE"?`},
		{`customer: {default_by_country: {Atlantis: "1"}}`, `such as DE`},
		{`customer: {default_by_country: {XK: "1", AN: "2", AQ: "3", GB: "4"}}`, ``},
		{`customer: {default_by_currency: {Euro: "1"}}`, `mapping.customer.default_by_currency.Euro: "Euro" is not an ISO 4217 currency; did you mean "EUR"?`},
		{`customer: {default_by_currency: {usd: "1"}}`, `did you mean "USD"?`},
		{`customer: {default_by_currency: {£: "1"}}`, `did you mean "GBP"?`},
		{`customer: {default_by_currency: {Thaler: "1"}}`, `such as EUR`},
		{`customer: {default_by_currency: {EUR: "1", HRK: "2"}}`, ``},
		{`addresses: {countries: {values: {Germany: X}}}`, `mapping.addresses.countries.values.Germany: `},
		{`addresses: {regions: {values: {New York: X}}}`, `mapping.addresses.regions.values.New York: "New York" is not a country and its region, such as US-NY`},
		{`addresses: {regions: {values: {UK-LND: X}}}`, `did you mean "GB"?`},
		{`addresses: {regions: {values: {US-: X}}}`, `such as US-NY`},
		{`addresses: {regions: {values: {US-NY: X, IT-Reggio-Emilia: Y}}}`, ``},
		{`stores: {eu: {tax: {codes: [{country: Germany, code: X}]}}}`, `mapping.stores.eu.tax.codes[0].country`},
		{`ship_methods: {unknown: default}`, `mapping.ship_methods.default: is missing`},
		{`tax: {unknown: default}`, `mapping.tax.default: is missing`},
		{`locations: {unknown: as-is}`, `mapping.locations.unknown: "as-is" is not one of hold, default, omit`},
		{`addresses: {countries: {unknown: omit}}`, `"omit" is not one of hold, default, as-is`},
	} {
		var m Mapping
		if err := yaml.Load([]byte(c.mapping), &m, yaml.WithKnownFields()); err != nil {
			t.Fatal(err)
		}
		_, err := New("erp", m, everything, nil)
		if (err != nil) != (c.say != "") || err != nil && !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", c.mapping, err)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{{"shop-eeu", "shop-eu"}, {"Shop-US", "shop-us"}, {"shopeu", "shop-eu"}, {"pos", ""}, {"", ""}} {
		if got := nearest(c.name, []string{"shop-eu", "shop-us"}); got != c.want {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
	}
}
