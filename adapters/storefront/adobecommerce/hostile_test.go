package adobecommerce_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// bodies says at which place, and why, the hostile webhook bodies are refused. What no
// platform reads in another way stands in storefronttest.
var bodies = map[string]storefronttest.Reading{
	"01-duplicate-key":        {Reason: `at "/base_grand_total"`},
	"04-escaped-key":          {Reason: `at "/entity_id"`},
	"09-price-1e400":          {Reason: `at "/base_grand_total"`},
	"10-price-tiny":           {Reason: `at "/base_grand_total"`},
	"11-huge-digits":          {Reason: "base_grand_total"},
	"12-huge-exponent":        {Reason: `at "/base_grand_total"`},
	"15-price-comma":          {Reason: "base_grand_total: "},
	"16-price-3-decimals-eur": {Reason: "base_grand_total: "},
	"17-price-jpy":            {Reason: "base_grand_total: "},
	"19-quantity-negative":    {Reason: "items[0].qty_ordered: -1 is negative"},
	"25-invalid-utf8":         {Reason: `at "/increment_id"`},
	"36-timestamp-no-zone":    {Reason: "updated_at: "},
}

// TestConformanceHostileBodies gives every hostile body the verdict its manifest demands.
// They are written in another platform's words; inOurWords says the same of an order
// here.
func TestConformanceHostileBodies(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	storefronttest.Hostile(t, bodies, func(_ *testing.T, body []byte) ([]erpbridge.Event, error) {
		return s.Normalize(message("order", inOurWords(body)))
	})
}

// inOurWords renames members, and adds to a sound object what it lacks of an order. What
// is wrong with the text stays as it is.
func inOurWords(raw []byte) []byte {
	for from, to := range map[string]string{
		`"total_price"`: `"base_grand_total"`, `"Total_Price"`: `"Base_Grand_Total"`, `"id"`: `"entity_id"`, `"name"`: `"increment_id"`,
		`"currency"`: `"base_currency_code"`, `"line_items"`: `"items"`, `"quantity"`: `"qty_ordered"`, `"price"`: `"base_price"`,
		`"\u0069d"`: `"\u0065ntity_id"`, `"i\u0064"`: `"entity_i\u0064"`,
	} {
		raw = bytes.ReplaceAll(raw, []byte(from), []byte(to))
	}
	var members map[string]json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&members); err != nil || members == nil || dec.More() {
		return raw
	}
	text := strings.TrimSpace(string(raw))
	for _, m := range [][2]string{
		{"entity_id", "1"}, {"base_currency_code", `"EUR"`}, {"base_grand_total", `"5.00"`}, {"updated_at", `"2026-03-01 15:00:00"`}, {"items", "[]"},
	} {
		if _, ok := members[m[0]]; !ok {
			text = strings.TrimSuffix(text, "}") + `,"` + m[0] + `":` + m[1] + "}"
		}
	}
	return []byte(text)
}
