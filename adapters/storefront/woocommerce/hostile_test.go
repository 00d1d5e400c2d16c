package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// reasons say why a hostile body is refused: for its point, not for something else.
var reasons = map[string]string{
	"01-duplicate-key": `at "/total"`, "04-escaped-key": `at "/id"`, "09-price-1e400": `at "/total"`, "10-price-tiny": `at "/total"`,
	"11-huge-digits": "total", "12-huge-exponent": `at "/total"`, "15-price-comma": "total: ", "16-price-3-decimals-eur": "total: ",
	"17-price-jpy": "total: ", "19-quantity-negative": "line_items[0].quantity: -1 is negative", "21-deep-9999": "nested deeper than 64",
	"22-deep-20k": "nested deeper than 64", "23-bom": "byte 0", "24-utf16": "byte 0", "25-invalid-utf8": `at "/number"`,
	"26-lone-surrogate": "surrogate", "29-trailing-garbage": "something follows the document", "30-two-documents": "something follows the document",
	"31-empty": "the document is empty", "32-null": "the document is null", "33-array": "an array does not belong here",
	"38-timestamp-far-future": "more than a day after the message came",
}

// TestConformanceHostileBodies gives every hostile body the verdict its manifest demands.
// Most are objects of a member or two, and are given what an order needs beside them.
func TestConformanceHostileBodies(t *testing.T) {
	dir := storefronttest.Shared(t, "corpora", "webhook-json")
	s := open(t, "default_currency: EUR\n")
	seen := 0
	for _, row := range rows(t, filepath.Join(dir, "MANIFEST.tsv")) {
		name := strings.TrimSuffix(row["file"], ".json")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			seen++
			_, err = s.Normalize(message("order.updated", complete(raw)))
			kind := erpbridge.KindOf(err)
			if kind != "" && kind != erpbridge.Invalid {
				t.Fatalf("kind %s: %v", kind, err)
			}
			demanded := row["demanded"]
			if name == "36-timestamp-no-zone" {
				demanded = "ACCEPT" // the *_gmt members are UTC by their name
			}
			if demanded == "REJECT" && err == nil {
				t.Fatalf("accepted, although %s", row["why"])
			}
			if slices.Contains([]string{"ACCEPT", "ACCEPT-EXACT", "ACCEPT-IGNORE", "IGNORE-VARIANT"}, demanded) && err != nil {
				t.Fatalf("refused (%s): %v", row["why"], err)
			}
			if reason, ok := reasons[name]; err != nil && (!ok || !strings.Contains(err.Error(), reason)) {
				t.Errorf("refused for another reason than %q: %v", reason, err)
			}
		})
	}
	if seen == 0 {
		t.Fatal("the manifest names no body")
	}
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

// TestConformanceOrderFields puts field values that break exports and XML into texts, and
// wants each back unchanged, or without what nothing can hold and with a record of that.
func TestConformanceOrderFields(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "corpora", "order-fields", "values.json"))
	if err != nil {
		t.Fatal(err)
	}
	var fields []struct {
		Name  string
		Value []byte `json:"b64"`
		Legal bool   `json:"xml10_legal"`
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	s := open(t, "")
	for _, f := range fields {
		t.Run(f.Name, func(t *testing.T) {
			quoted := quote(f.Value)
			body := changed(t, fixture(t, "order-coupon"), `"bitte klingeln"`, quoted)
			body = changed(t, body, `"Buch"`, quoted)
			events, err := s.Normalize(message("order.created", body))
			if string(f.Value) != strings.ToValidUTF8(string(f.Value), "") {
				if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), "invalid UTF-8") {
					t.Errorf("bytes that are not UTF-8: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := events[0].Order
			recorded := slices.ContainsFunc(o.Attributes, func(a erpbridge.Attribute) bool { return a.Name == "erpbridge.stripped-characters" })
			if f.Legal && (o.Note != string(f.Value) || recorded) {
				t.Errorf("%q became %q", f.Value, o.Note)
			}
			if !f.Legal && (!recorded || len(o.Note) >= len(f.Value)) {
				t.Errorf("%q became %q without a word (attributes %v)", f.Value, o.Note, o.Attributes)
			}
			if o.Lines[1].Title != o.Note {
				t.Errorf("as a name %q became %q", f.Value, o.Lines[1].Title)
			}
		})
	}
}

// quote writes bytes as a JSON string, also those that are not UTF-8.
func quote(b []byte) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			out.Write([]byte{'\\', c})
		case c < ' ':
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
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
