package adobecommerce_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// rows reads a table with a header line as maps.
func rows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, v := range rec {
			row[records[0][i]] = v
		}
		out = append(out, row)
	}
	return out
}

// An outcome is what a sample has to become.
type outcome struct {
	kind   erpbridge.Kind // "" for an event
	reason string         // part of the error
	stream string
	off    string // by which an order does not add up
}

// outcomes say what becomes of the published samples, by the part of their name before
// "__" where that decides it, else by the whole name.
var outcomes = map[string]outcome{
	// Adobe's documentation of an order of 160.00 shows one item of 22.00.
	"rest-order__tax-free-docs-elided-items": {stream: "order/3", off: "138"},
	"rest-customer":                          {stream: "customer/2"},
	"rest-invoice":                           {kind: erpbridge.Ignored, reason: "an invoice says again"},
	"rest-creditmemo-request":                {kind: erpbridge.Invalid, reason: "entity_id: "},
	"rest-refund-request":                    {kind: erpbridge.Invalid, reason: "entity_id: "},
	"rest-shipment-request":                  {kind: erpbridge.Invalid, reason: "entity_id: "},
	"rest-payment":                           {kind: erpbridge.Ignored, reason: "the bridge acts on"},
	"graphql-customer-orders":                {kind: erpbridge.Invalid, reason: "data.value: is missing"},
	"adobe-io-catalog_product_save_after":    {stream: "product/3"},
	"adobe-io-sales_order_save_commit_after": {stream: "order/673", off: "0"},
}

// sampleType returns the type of the message that a sample is the body of.
func sampleType(name string) string {
	name, _, _ = strings.Cut(name, "__")
	if code, ok := strings.CutPrefix(name, "adobe-io-"); ok {
		return "com.adobe.commerce.observer." + code
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, "rest-"), "graphql-"), "-")
	switch kind {
	case "refund":
		return "creditmemo"
	case "customer":
		if strings.HasPrefix(name, "graphql-") {
			return "order" // a list of the customer's orders
		}
	}
	return kind
}

// TestConformanceSamples reads every published sample of Adobe Commerce.
func TestConformanceSamples(t *testing.T) {
	dir := storefronttest.Shared(t, "storefront-samples")
	s := open(t, "")
	seen := 0
	for _, row := range rows(t, filepath.Join(dir, "INDEX.tsv")) {
		folder, file := filepath.Split(row["file"])
		name := strings.TrimSuffix(file, ".json")
		if folder != "adobe-commerce/" && !strings.HasPrefix(name, "adobe-io-") {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(dir, row["file"]))
			if err != nil {
				t.Fatal(err)
			}
			want, ok := outcomes[name]
			if family, _, _ := strings.Cut(name, "__"); !ok {
				want, ok = outcomes[family]
			}
			events, err := s.Normalize(message(sampleType(name), body))
			kind := erpbridge.KindOf(err)
			if kind == erpbridge.Unknown || (err == nil) != (len(events) == 1) {
				t.Fatalf("%d events, %v", len(events), err)
			}
			if ok && (kind != want.kind || err != nil && !strings.Contains(err.Error(), want.reason)) {
				t.Fatalf("%d events, %v; want kind %q, %q", len(events), err, want.kind, want.reason)
			}
			if err != nil {
				return
			}
			if want.stream != "" && events[0].Stream != want.stream {
				t.Errorf("the stream is %s, want %s", events[0].Stream, want.stream)
			}
			o := events[0].Order
			if o == nil {
				return
			}
			off := o.Total.Sub(o.Sum())
			switch verdict := row["total reconciles"]; {
			case verdict == "yes":
				want.off = "0"
			case strings.HasPrefix(verdict, "NO: DIFF "):
				want.off = strings.TrimPrefix(verdict, "NO: DIFF ")
			}
			if want.off != "" && off.Amount.String() != want.off && off.Plain() != want.off {
				t.Errorf("off by %s, want %s", off, want.off)
			}
		})
	}
	if seen == 0 {
		t.Fatal("the index names no sample")
	}
}

// TestConformanceSamplesInEveryType feeds all samples of all platforms to all types.
func TestConformanceSamplesInEveryType(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(storefronttest.Shared(t, "storefront-samples"), "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, "default_currency: USD\n")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range []string{"order", "creditmemo", "shipment", "customer", "product", "stock_item", "invoice", codeSave, "x", ""} {
			events, err := s.Normalize(message(typ, body))
			if (err == nil) != (len(events) == 1) || err != nil && erpbridge.KindOf(err) == erpbridge.Unknown {
				t.Errorf("%s as %q: %d events, %v", filepath.Base(file), typ, len(events), err)
			}
			if err == nil && events[0].Refund != nil {
				t.Errorf("%s was taken for a credit memo: %+v", filepath.Base(file), events[0].Refund)
			}
		}
	}
}

// TestConformanceOrderFields puts field values that break exports and XML into every kind
// of text, and wants each back unchanged, or without the characters nothing can hold and
// with a record of that.
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
			quoted := append(append([]byte{'"'}, escape(f.Value)...), '"')
			body := bytes.Replace(fixture(t, "order.json"), []byte(`"Bitte klingeln."`), quoted, 1)
			body = bytes.Replace(body, []byte(`"name": "Wool Cap"`), append([]byte(`"name": `), quoted...), 1)
			events, err := s.Normalize(message("order", body))
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

// escape writes what JSON strings cannot hold as escapes and every other byte as it is,
// also those that are not UTF-8.
func escape(b []byte) []byte {
	var out []byte
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			const hex = "0123456789abcdef"
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return out
}
