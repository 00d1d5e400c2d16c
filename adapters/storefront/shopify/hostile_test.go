package shopify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// bodies says of the hostile webhook bodies what their demanded verdict leaves
// open: the place and reason of a refusal, or what an accepted one must read as.
// A body that is refused has to be refused for this, not for something else.
var bodies = map[string]struct {
	reason string
	reads  func(o *erpbridge.Order) string
	want   string
}{
	"00-good":               {reads: func(o *erpbridge.Order) string { return o.Lines[0].Gross().String() }, want: "238.47 EUR"},
	"01-duplicate-key":      {reason: `at "/total_price"`},
	"02-case-variant-key":   {reads: total, want: "1.00"},
	"03-unicode-fold-key":   {reads: total, want: "5.00"},
	"04-escaped-key":        {reason: `at "/id"`},
	"05-id-2pow53-plus1":    {reads: id, want: "9007199254740993"},
	"06-id-uint64-max":      {reads: id, want: "18446744073709551615"},
	"07-id-1e3":             {reads: id, want: "1000"},
	"08-id-1.0":             {reads: id, want: "1"},
	"09-price-1e400":        {reason: `at "/total_price"`},
	"10-price-tiny":         {reason: `at "/total_price"`},
	"11-huge-digits":        {reason: "total_price"},
	"12-huge-exponent":      {reason: `at "/total_price"`},
	"13-price-float-binary": {reads: total, want: "0.10"},
	"14-price-negative-zero": {reads: func(o *erpbridge.Order) string {
		if o.Total.Amount.IsNeg() {
			return "negative"
		}
		return "zero"
	}, want: "zero"},
	"15-price-comma":          {reason: "total_price: "},
	"16-price-3-decimals-eur": {reason: "total_price: "},
	"17-price-jpy":            {reason: "total_price: "},
	"18-price-kwd":            {reads: total, want: "1.234"},
	"19-quantity-negative":    {reason: "line_items[0].quantity: -1 is negative"},
	"21-deep-9999":            {reason: "nested deeper than 64"},
	"22-deep-20k":             {reason: "nested deeper than 64"},
	"23-bom":                  {reason: "byte 0"},
	"24-utf16":                {reason: "byte 0"},
	"25-invalid-utf8":         {reason: `at "/name"`},
	"26-lone-surrogate":       {reason: "surrogate"},
	"27-nul-char":             {reads: number, want: "ab"},
	"28-control-chars":        {reads: number, want: "ab"},
	"29-trailing-garbage":     {reason: "something follows the document"},
	"30-two-documents":        {reason: "something follows the document"},
	"31-empty":                {reason: "the document is empty"},
	"32-null":                 {reason: "the document is null"},
	"33-array":                {reason: "an array does not belong here"},
	"36-timestamp-no-zone":    {reason: "updated_at: "},
	"37-timestamp-leap":       {reads: func(o *erpbridge.Order) string { return o.UpdatedAt.String() }, want: "2016-12-31 23:59:59 +0000 UTC"},
	"38-timestamp-far-future": {reason: "more than a day after the message came"},
	"40-proto-pollution":      {reads: id, want: "1"},
	"35-line-items-5000":      {reads: id, want: "1"},
	"34-unknown-keys-10k":     {reads: id, want: "1"},
	"39-timestamp-equal":      {reads: id, want: "450789469"},
	"20-quantity-string":      {reads: id, want: "1"},
}

func id(o *erpbridge.Order) string     { return o.ID }
func total(o *erpbridge.Order) string  { return o.Total.Plain() }
func number(o *erpbridge.Order) string { return o.Number }

// TestConformanceHostileBodies gives every hostile body the verdict its manifest
// demands. Most of them are objects of a member or two; complete gives them what
// an order needs, so that what is judged is the point of the body.
func TestConformanceHostileBodies(t *testing.T) {
	dir := storefronttest.Shared(t, "corpora", "webhook-json")
	s := open(t, "without_id: digest\ndefault_currency: EUR\n")
	seen := 0
	for _, row := range rows(t, filepath.Join(dir, "MANIFEST.tsv")) {
		name := strings.TrimSuffix(row["file"], ".json")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			seen++
			events, err := s.Normalize(message("orders/updated", complete(raw)))
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
