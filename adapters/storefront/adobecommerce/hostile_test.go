package adobecommerce_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// bodies says of the hostile webhook bodies what their demanded verdict leaves open: the
// place and reason of a refusal, or what an accepted one must read as.
var bodies = map[string]struct {
	reason string
	reads  func(o *erpbridge.Order) string
	want   string
}{
	"01-duplicate-key":        {reason: `at "/base_grand_total"`},
	"02-case-variant-key":     {reads: total, want: "1.00"},
	"03-unicode-fold-key":     {reads: total, want: "5.00"},
	"04-escaped-key":          {reason: `at "/entity_id"`},
	"05-id-2pow53-plus1":      {reads: id, want: "9007199254740993"},
	"06-id-uint64-max":        {reads: id, want: "18446744073709551615"},
	"07-id-1e3":               {reads: id, want: "1000"},
	"08-id-1.0":               {reads: id, want: "1"},
	"09-price-1e400":          {reason: `at "/base_grand_total"`},
	"10-price-tiny":           {reason: `at "/base_grand_total"`},
	"11-huge-digits":          {reason: "base_grand_total"},
	"12-huge-exponent":        {reason: `at "/base_grand_total"`},
	"13-price-float-binary":   {reads: total, want: "0.10"},
	"15-price-comma":          {reason: "base_grand_total: "},
	"16-price-3-decimals-eur": {reason: "base_grand_total: "},
	"17-price-jpy":            {reason: "base_grand_total: "},
	"18-price-kwd":            {reads: total, want: "1.234"},
	"19-quantity-negative":    {reason: "items[0].qty_ordered: -1 is negative"},
	"21-deep-9999":            {reason: "nested deeper than 64"},
	"22-deep-20k":             {reason: "nested deeper than 64"},
	"23-bom":                  {reason: "byte 0"},
	"24-utf16":                {reason: "byte 0"},
	"25-invalid-utf8":         {reason: `at "/increment_id"`},
	"26-lone-surrogate":       {reason: "surrogate"},
	"27-nul-char":             {reads: number, want: "ab"},
	"28-control-chars":        {reads: number, want: "ab"},
	"29-trailing-garbage":     {reason: "something follows the document"},
	"30-two-documents":        {reason: "something follows the document"},
	"31-empty":                {reason: "the document is empty"},
	"32-null":                 {reason: "the document is null"},
	"33-array":                {reason: "an array does not belong here"},
	"36-timestamp-no-zone":    {reason: "updated_at: "},
	"37-timestamp-leap":       {reads: func(o *erpbridge.Order) string { return o.UpdatedAt.UTC().String() }, want: "2016-12-31 23:59:59 +0000 UTC"},
	"38-timestamp-far-future": {reason: "more than a day after the message came"},
}

func id(o *erpbridge.Order) string     { return o.ID }
func total(o *erpbridge.Order) string  { return o.Total.Plain() }
func number(o *erpbridge.Order) string { return o.Number }

// TestConformanceHostileBodies gives every hostile body the verdict its manifest demands.
// They are written in another platform's words; inOurWords says the same of an order
// here.
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
			events, err := s.Normalize(message("order", inOurWords(raw)))
			kind := erpbridge.KindOf(err)
			if kind != "" && kind != erpbridge.Invalid {
				t.Fatalf("kind %s: %v", kind, err)
			}
			switch demanded := row["demanded"]; {
			case demanded == "REJECT" && err == nil:
				t.Fatalf("accepted, although %s", row["why"])
			case (demanded == "ACCEPT" || demanded == "ACCEPT-EXACT" || demanded == "ACCEPT-IGNORE" || demanded == "IGNORE-VARIANT") && err != nil:
				t.Fatalf("refused (%s): %v", row["why"], err)
			}
			expected := bodies[name]
			if err != nil && !strings.Contains(err.Error(), expected.reason) {
				t.Errorf("refused for another reason than %q: %v", expected.reason, err)
			}
			if err == nil && expected.reads != nil {
				if got := expected.reads(events[0].Order); got != expected.want {
					t.Errorf("read as %q, want %q", got, expected.want)
				}
			}
		})
	}
	if seen == 0 {
		t.Fatal("the manifest names no body")
	}
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
