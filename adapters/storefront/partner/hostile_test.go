package partner_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// unknown is what becomes of a body with members that nobody knows. Where the members are
// a platform's, who may add to them, it is taken; here such a name is a mistake.
var unknown = storefronttest.Reading{Demanded: "REJECT", Reason: "no such member is known"}

// bodies says why the hostile bodies are refused, as the order of a message. What no
// storefront reads in another way stands in storefronttest.
var bodies = map[string]storefronttest.Reading{
	"00-good":                 {Reads: func(o *erpbridge.Order) string { return o.Lines[0].Gross().String() }, Want: "238.47 EUR"},
	"01-duplicate-key":        {Reason: "duplicate object member name"},
	"02-case-variant-key":     unknown,
	"03-unicode-fold-key":     unknown,
	"04-escaped-key":          {Reason: "duplicate object member name"},
	"09-price-1e400":          {Reason: "exponent beyond"},
	"10-price-tiny":           {Reason: "exponent beyond"},
	"11-huge-digits":          {Reason: "total"},
	"12-huge-exponent":        {Reason: "exponent beyond"},
	"15-price-comma":          {Reason: "order.total: "},
	"16-price-3-decimals-eur": {Reason: "order.total: "},
	"17-price-jpy":            {Reason: "order.total: "},
	"19-quantity-negative":    {Reason: "order.lines[0].quantity: -1 is negative"},
	"25-invalid-utf8":         {Reason: "invalid UTF-8"},
	"34-unknown-keys-10k":     unknown,
	"36-timestamp-no-zone":    {Reason: "order.updated_at: "},
	"40-proto-pollution":      unknown,
}

// TestConformanceHostileBodies gives every hostile body the verdict its manifest
// demands, as the order of a message. Most of them are objects of a member or two;
// wrap gives them what an order needs, so that what is judged is the point of the body.
func TestConformanceHostileBodies(t *testing.T) {
	s := open(t, "")
	storefronttest.Hostile(t, bodies, func(_ *testing.T, body []byte) ([]erpbridge.Event, error) {
		m := message(wrap(body))
		m.Type = "order.changed"
		return s.Normalize(m)
	})
}

// wrap makes an object the order of a message, under the names an order has here, and
// adds what it lacks. Bytes that are no sound JSON object are returned as they are.
func wrap(raw []byte) []byte {
	var members map[string]json.RawMessage
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	if err := dec.Decode(&members); err != nil || members == nil || dec.More() {
		return raw
	}
	// The text is kept and only added to, so that what is wrong with it stays.
	text := strings.NewReplacer(
		`"total_price"`, `"total"`, `"line_items"`, `"lines"`, `"price"`, `"unit"`, `"name"`, `"number"`,
		`,"x":0.30000000000000004`, ``,
	).Replace(strings.TrimSpace(string(raw)))
	add := func(name, value string, as ...string) {
		for _, known := range append(as, name) {
			if _, ok := members[known]; ok {
				return
			}
		}
		text = strings.TrimSuffix(text, "}") + `,"` + name + `":` + value + "}"
	}
	add("id", `1`)
	add("currency", `"EUR"`)
	add("total", `"5.00"`, "total_price")
	add("tax_total", `"0"`)
	add("placed_at", `"2016-03-01T10:00:00-05:00"`)
	add("updated_at", `"2026-03-01T10:00:00-05:00"`)
	add("lines", `[]`, "line_items")
	if items := string(members["line_items"]); !strings.Contains(items, `"price"`) {
		text = strings.ReplaceAll(text, `"quantity"`, `"unit":"1.00","quantity"`)
	}
	return []byte(`{"version":"1","type":"order.changed","occurred_at":"2026-03-01T10:00:00-05:00","order":` + text + `}`)
}

// TestConformanceOrderFields puts field values that break exports and XML into every
// kind of text: an order's own, those of its lines, its tags and its addresses.
func TestConformanceOrderFields(t *testing.T) {
	placed := example(t, "order-placed")
	storefronttest.OrderFields(t, open(t, ""), func(t *testing.T, quoted string) erpbridge.Message {
		body := storefronttest.Replace(t, placed, `"Enamel mug"`, quoted)
		body = storefronttest.Replace(t, body, `"email": "mieke@example.org"`, `"note": `+quoted+`, "tags": [`+quoted+`]`)
		m := message(placed)
		m.Body = storefronttest.Replace(t, body, `"Mieke Jansen"`, quoted)
		return m
	}, func(o *erpbridge.Order) []string {
		return []string{o.Lines[0].Title, o.Tags[0], o.ShipTo.Name}
	})
}
