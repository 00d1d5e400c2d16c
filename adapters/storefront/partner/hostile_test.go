package partner_test

import (
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

// bodies says of the hostile bodies what their demanded verdict leaves open: why one is
// refused, or what one that is taken reads as. One that is refused has to be for this,
// not for something else.
var bodies = map[string]struct {
	reason string
	reads  func(o *erpbridge.Order) string
	want   string
	// closed: demanded of a body whose members are a platform's, who may add to them.
	// Here a name that nobody knows is a mistake.
	closed bool
}{
	"00-good":               {reads: func(o *erpbridge.Order) string { return o.Lines[0].Gross().String() }, want: "238.47 EUR"},
	"01-duplicate-key":      {reason: `duplicate object member name`},
	"02-case-variant-key":   {reason: "no such member is known", closed: true},
	"03-unicode-fold-key":   {reason: "no such member is known", closed: true},
	"04-escaped-key":        {reason: "duplicate object member name"},
	"05-id-2pow53-plus1":    {reads: id, want: "9007199254740993"},
	"06-id-uint64-max":      {reads: id, want: "18446744073709551615"},
	"07-id-1e3":             {reads: id, want: "1000"},
	"08-id-1.0":             {reads: id, want: "1"},
	"09-price-1e400":        {reason: "exponent beyond"},
	"10-price-tiny":         {reason: "exponent beyond"},
	"11-huge-digits":        {reason: "total"},
	"12-huge-exponent":      {reason: "exponent beyond"},
	"13-price-float-binary": {reads: total, want: "0.10"},
	"14-price-negative-zero": {reads: func(o *erpbridge.Order) string {
		if o.Total.Amount.IsNeg() {
			return "negative"
		}
		return "zero"
	}, want: "zero"},
	"15-price-comma":          {reason: "order.total: "},
	"16-price-3-decimals-eur": {reason: "order.total: "},
	"17-price-jpy":            {reason: "order.total: "},
	"18-price-kwd":            {reads: total, want: "1.234"},
	"19-quantity-negative":    {reason: "order.lines[0].quantity: -1 is negative"},
	"20-quantity-string":      {reads: id, want: "1"},
	"21-deep-9999":            {reason: "nested deeper than 64"},
	"22-deep-20k":             {reason: "nested deeper than 64"},
	"23-bom":                  {reason: "byte 0"},
	"24-utf16":                {reason: "byte 0"},
	"25-invalid-utf8":         {reason: "invalid UTF-8"},
	"26-lone-surrogate":       {reason: "surrogate"},
	"27-nul-char":             {reads: number, want: "ab"},
	"28-control-chars":        {reads: number, want: "ab"},
	"29-trailing-garbage":     {reason: "something follows the document"},
	"30-two-documents":        {reason: "something follows the document"},
	"31-empty":                {reason: "the document is empty"},
	"32-null":                 {reason: "the document is null"},
	"33-array":                {reason: "an array does not belong here"},
	"34-unknown-keys-10k":     {reason: "no such member is known", closed: true},
	"35-line-items-5000":      {reads: id, want: "1"},
	"36-timestamp-no-zone":    {reason: "order.updated_at: "},
	"37-timestamp-leap":       {reads: func(o *erpbridge.Order) string { return o.UpdatedAt.String() }, want: "2016-12-31 23:59:59 +0000 UTC"},
	"38-timestamp-far-future": {reason: "more than a day after the message came"},
	"39-timestamp-equal":      {reads: id, want: "450789469"},
	"40-proto-pollution":      {reason: "no such member is known", closed: true},
}

func id(o *erpbridge.Order) string     { return o.ID }
func total(o *erpbridge.Order) string  { return o.Total.Plain() }
func number(o *erpbridge.Order) string { return o.Number }

// TestConformanceHostileBodies gives every hostile body the verdict its manifest
// demands, as the order of a message. Most of them are objects of a member or two;
// wrap gives them what an order needs, so that what is judged is the point of the body.
func TestConformanceHostileBodies(t *testing.T) {
	dir := storefronttest.Shared(t, "corpora", "webhook-json")
	s := open(t, "")
	f, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		name, demanded, why := strings.TrimSuffix(row[0], ".json"), row[2], row[len(row)-1]
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(dir, row[0]))
			if err != nil {
				t.Fatal(err)
			}
			m := message(wrap(raw))
			m.Type = "order.changed"
			events, err := s.Normalize(m)
			kind := erpbridge.KindOf(err)
			if kind != "" && kind != erpbridge.Invalid {
				t.Fatalf("kind %s: %v", kind, err)
			}
			expected := bodies[name]
			switch {
			case demanded == "REJECT" && err == nil:
				t.Fatalf("taken, although %s", why)
			case expected.closed:
				if err == nil {
					t.Errorf("taken, although it has a member nobody knows")
				}
			case slices.Contains([]string{"ACCEPT", "ACCEPT-EXACT", "ACCEPT-IGNORE", "IGNORE-VARIANT"}, demanded) && err != nil:
				t.Fatalf("refused (%s): %v", why, err)
			}
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
// kind of text, and wants each back unchanged, or without the characters nothing can
// hold and with a record of that.
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
	if err := json.Unmarshal(data, &fields); err != nil || len(fields) == 0 {
		t.Fatalf("%d values, %v", len(fields), err)
	}
	s := open(t, "")
	for _, f := range fields {
		t.Run(f.Name, func(t *testing.T) {
			quoted := `"` + escape(f.Value) + `"`
			body := string(but(t, "order-placed", `"Enamel mug"`, quoted))
			body = strings.Replace(body, `"email": "mieke@example.org"`, `"note": `+quoted+`, "tags": [`+quoted+`]`, 1)
			body = strings.Replace(body, `"Mieke Jansen"`, quoted, 1)
			m := message(example(t, "order-placed"))
			m.Body = []byte(body)
			events, err := s.Normalize(m)
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
			for _, other := range []string{o.Lines[0].Title, o.Tags[0], o.ShipTo.Name} {
				if other != o.Note {
					t.Errorf("as another text %q became %q", f.Value, other)
				}
			}
		})
	}
}

// escape writes what JSON strings cannot hold as escapes and every other byte as it is,
// also those that are not UTF-8.
func escape(b []byte) string {
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
	return string(out)
}
