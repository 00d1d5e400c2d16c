package woocommerce_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// members renames what the hostile bodies call things to WooCommerce's names.
var members = strings.NewReplacer(
	`"total_price"`, `"total"`, `"updated_at"`, `"date_modified_gmt"`, `"name"`, `"number"`, `"Total_Price"`, `"Total"`,
)

// bodies says at which place, and why, the hostile webhook bodies are refused. What no
// platform reads in another way stands in storefronttest.
var bodies = map[string]storefronttest.Reading{
	"01-duplicate-key":        {Reason: `at "/total"`},
	"04-escaped-key":          {Reason: `at "/id"`},
	"09-price-1e400":          {Reason: `at "/total"`},
	"10-price-tiny":           {Reason: `at "/total"`},
	"11-huge-digits":          {Reason: "total"},
	"12-huge-exponent":        {Reason: `at "/total"`},
	"15-price-comma":          {Reason: "total: "},
	"16-price-3-decimals-eur": {Reason: "total: "},
	"17-price-jpy":            {Reason: "total: "},
	"19-quantity-negative":    {Reason: "line_items[0].quantity: -1 is negative"},
	"25-invalid-utf8":         {Reason: `at "/number"`},
	// The members whose names end in _gmt are UTC by their names.
	"36-timestamp-no-zone": {Demanded: "ACCEPT"},
}

// TestConformanceHostileBodies gives every hostile body the verdict its manifest demands.
// Most are objects of a member or two, and are given what an order needs beside them.
func TestConformanceHostileBodies(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	storefronttest.Hostile(t, bodies, func(_ *testing.T, body []byte) ([]erpbridge.Event, error) {
		return s.Normalize(message("order.updated", complete(body)))
	})
}

// complete adds to an object what it lacks of an order. Bytes that are no sound JSON object
// stay as they are, but for the names.
func complete(raw []byte) []byte {
	var given map[string]json.RawMessage
	text := members.Replace(string(raw))
	dec := json.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(&given); err != nil || given == nil || dec.More() {
		return []byte(text)
	}
	text = strings.TrimSpace(text)
	for _, member := range [][2]string{{"id", "1"}, {"currency", `"EUR"`}, {"total", `"5.00"`}, {"date_modified_gmt", `"2026-03-01T10:00:00"`}, {"line_items", "[]"}} {
		if _, ok := given[member[0]]; !ok {
			text = strings.TrimSuffix(text, "}") + `,"` + member[0] + `":` + member[1] + "}"
		}
	}
	if items := string(given["line_items"]); items != "" && !strings.Contains(items, `"total"`) {
		text = strings.ReplaceAll(text, `"quantity"`, `"total":"1.00","quantity"`)
	}
	return []byte(text)
}

// TestConformanceOrderFields puts field values that break exports and XML into texts of
// both kinds: an order's own, and those of its lines.
func TestConformanceOrderFields(t *testing.T) {
	coupon := fixture(t, "order-coupon")
	storefronttest.OrderFields(t, open(t, ""), func(t *testing.T, quoted string) erpbridge.Message {
		body := storefronttest.Replace(t, coupon, `"bitte klingeln"`, quoted)
		return message("order.created", storefronttest.Replace(t, body, `"Buch"`, quoted))
	}, func(o *erpbridge.Order) []string {
		return []string{o.Lines[1].Title}
	})
}

// TestLargeBodies reads bodies of about a megabyte that try to be a lot of work.
func TestLargeBodies(t *testing.T) {
	line := `{"id":1,"name":"x","quantity":1,"subtotal":"1.00","total":"1.00","total_tax":"0.10","taxes":[{"id":1,"total":"0.1"}],"meta_data":[{"key":"_bundled_by","value":"k"}]},`
	discounted := `{"id":1,"name":"x","quantity":1,"subtotal":"2.00","total":"1.00","total_tax":"0.10","taxes":[{"id":1,"total":"0.1"}]},`
	long := strings.Repeat("x", 300_000)
	head := `{"id":1,"currency":"EUR","total":"1.00","date_modified_gmt":"2026-11-23T00:00:00",`
	many := func(what string, n int) string { return strings.TrimSuffix(strings.Repeat(what, n), ",") }
	bodies := map[string]string{
		"lines":   head + `"line_items":[` + many(line, 6000) + `]}`,
		"metas":   head + `"line_items":[` + strings.TrimSuffix(line, "]},") + "," + many(`{"key":"a","value":"a value of a plugin that has a lot to say"},`, 15_000) + `]}]}`,
		"coupons": head + `"line_items":[` + many(discounted, 4000) + `],"coupon_lines":[` + many(`{"code":"abcdefghijklmnopqrstuvwxyz"},`, 9000) + `]}`,
		"rates":   head + `"line_items":[],"tax_lines":[` + many(`{"rate_id":1,"label":"x","rate_percent":1,"tax_total":"0.10"},`, 15_000) + `]}`,
	}
	// One long text that every line would repeat: refused, because what is read must not be
	// many times what came.
	refused := map[string]string{
		"coupon": head + `"line_items":[` + many(discounted, 4000) + `],"coupon_lines":[{"code":"` + long + `"}]}`,
		"rate":   head + `"line_items":[` + many(line, 2000) + `],"tax_lines":[{"rate_id":1,"label":"` + long + `"}]}`,
		"parent": head + `"line_items":[{"id":"` + long + `","quantity":1,"total":"1.00","meta_data":[{"key":"_bundle_cart_key","value":"k"}]},` + many(line, 3000) + `]}`,
		"number": head + `"number":"` + long + `","line_items":[],"refunds":[` + many(`{"id":1,"amount":"1.00","date_created_gmt":"2026-11-23T00:00:00"},`, 5000) + `]}`,
	}
	s := open(t, "attributes: [a, b, c]\n")
	for name, body := range refused {
		if _, err := s.Normalize(message("order.updated", []byte(body))); erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), "300000 bytes") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if _, err := s.Normalize(message("order.updated", []byte(body))); err != nil {
				t.Errorf("%d bytes: %v", len(body), err)
			}
			t.Logf("%d bytes in %s", len(body), time.Since(start))
		})
	}
}

func BenchmarkNormalizeLargeOrder(b *testing.B) {
	line := `{"id":1,"name":"x","quantity":1,"subtotal":"1.00","total":"1.00","total_tax":"0.10","taxes":[{"id":1,"total":"0.1"}],"meta_data":[{"key":"_bundled_by","value":"k"}]},`
	body := []byte(`{"id":1,"currency":"EUR","total":"1.00","date_modified_gmt":"2026-11-23T00:00:00","line_items":[` + strings.TrimSuffix(strings.Repeat(line, 6000), ",") + `]}`)
	s := open(b, "")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Normalize(message("order.updated", body)); err != nil {
			b.Fatal(err)
		}
	}
}
