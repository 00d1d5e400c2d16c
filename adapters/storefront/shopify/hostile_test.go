package shopify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// bodies says at which place, and why, the hostile webhook bodies are refused. What no
// platform reads in another way stands in storefronttest.
var bodies = map[string]storefronttest.Reading{
	"00-good":                 {Reads: func(o *erpbridge.Order) string { return o.Lines[0].Gross().String() }, Want: "238.47 EUR"},
	"01-duplicate-key":        {Reason: `at "/total_price"`},
	"04-escaped-key":          {Reason: `at "/id"`},
	"09-price-1e400":          {Reason: `at "/total_price"`},
	"10-price-tiny":           {Reason: `at "/total_price"`},
	"11-huge-digits":          {Reason: "total_price"},
	"12-huge-exponent":        {Reason: `at "/total_price"`},
	"15-price-comma":          {Reason: "total_price: "},
	"16-price-3-decimals-eur": {Reason: "total_price: "},
	"17-price-jpy":            {Reason: "total_price: "},
	"19-quantity-negative":    {Reason: "line_items[0].quantity: -1 is negative"},
	"25-invalid-utf8":         {Reason: `at "/name"`},
	"36-timestamp-no-zone":    {Reason: "updated_at: "},
}

// TestConformanceHostileBodies gives every hostile body the verdict its manifest
// demands. Most of them are objects of a member or two; complete gives them what
// an order needs, so that what is judged is the point of the body.
func TestConformanceHostileBodies(t *testing.T) {
	s := open(t, "without_id: digest\ndefault_currency: EUR\n")
	storefronttest.Hostile(t, bodies, func(_ *testing.T, body []byte) ([]erpbridge.Event, error) {
		return s.Normalize(message("orders/updated", complete(body)))
	})
}

// complete adds to an object what it lacks of an order. Bytes that are no sound
// JSON object, or that hold a name twice, are returned as they are: they must be
// refused as they are.
func complete(raw []byte) []byte {
	var members map[string]json.RawMessage
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	if err := dec.Decode(&members); err != nil || members == nil || dec.More() {
		return raw
	}
	// The text is kept and only added to, so that what is wrong with it stays.
	text := strings.TrimSpace(string(raw))
	add := func(name, value string) {
		if _, ok := members[name]; !ok {
			text = strings.TrimSuffix(text, "}") + `,"` + name + `":` + value + "}"
		}
	}
	add("currency", `"EUR"`)
	add("total_price", `"5.00"`)
	add("updated_at", `"2026-03-01T10:00:00-05:00"`)
	add("line_items", `[]`)
	if items := string(members["line_items"]); !strings.Contains(items, `"price"`) {
		text = strings.ReplaceAll(text, `"quantity"`, `"price":"1.00","quantity"`)
	}
	return []byte(text)
}
