package bigcommerce_test

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestConformanceOrderFields puts field values that break exports and XML into every
// kind of text, and wants each back unchanged, or without the characters nothing can
// hold and with a record of that.
func TestConformanceOrderFields(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "corpora", "order-fields", "values.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name  string
		Value string `json:"b64"`
		Legal bool   `json:"xml10_legal"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	s := open(t, "")
	for _, f := range all {
		t.Run(f.Name, func(t *testing.T) {
			value, err := base64.StdEncoding.DecodeString(f.Value)
			if err != nil {
				t.Fatal(err)
			}
			quoted := `"` + escape(value) + `"`
			body := changed(t, fixture(t, "documents/exclusive.json"), `"Please ring twice"`, quoted, `"Enamel Mug"`, quoted, `"Red"`, quoted)
			events, err := s.Normalize(message("store/order/statusUpdated", body))
			if string(value) != strings.ToValidUTF8(string(value), "") {
				wants(t, err, erpbridge.Invalid, "invalid UTF-8")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := events[0].Order
			recorded := slices.ContainsFunc(o.Attributes, func(a erpbridge.Attribute) bool { return a.Name == "erpbridge.stripped-characters" })
			if f.Legal && (o.Note != string(value) || recorded) {
				t.Errorf("%q became %q", value, o.Note)
			}
			if !f.Legal && (!recorded || len(o.Note) >= len(value)) {
				t.Errorf("%q became %q without a word (attributes %v)", value, o.Note, o.Attributes)
			}
			if o.Lines[0].Title != o.Note {
				t.Errorf("as a title %q became %q", value, o.Lines[0].Title)
			}
		})
	}
}

// escape writes what JSON strings cannot hold as escapes and every other byte as it is,
// also those that are not UTF-8.
func escape(b []byte) string {
	var out strings.Builder
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			out.WriteString(`\` + string(rune(c)))
		case c < ' ':
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// TestConformanceHostileBodies gives every hostile body to both methods: as a webhook it
// is proven and at most unusable, and as an order in a document it is taken only with
// what its manifest allows to be taken.
func TestConformanceHostileBodies(t *testing.T) {
	dir := storefronttest.Shared(t, "corpora", "webhook-json")
	f, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, "default_currency: EUR\n")
	taken, refused := 0, 0
	for _, row := range rows[1:] {
		t.Run(row[0], func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(dir, row[0]))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Verify(signed(message("", body), secret)); err == nil || !proven(err) {
				t.Errorf("as a webhook: %v", err)
			}
			document := append(append([]byte(`{"products":[{"quantity":1,"total_ex_tax":"1"}],"order":`), translated(body)...), '}')
			events, err := s.Normalize(message("store/order/updated", document))
			if err != nil {
				refused++
				if kind := erpbridge.KindOf(err); kind != erpbridge.Invalid {
					t.Errorf("kind %s: %v", kind, err)
				}
				if strings.HasPrefix(row[2], "ACCEPT") && !strings.HasSuffix(row[2], "REJECT") || row[2] == "IGNORE-VARIANT" {
					t.Errorf("refused (%s): %v", row[3], err)
				}
				return
			}
			taken++
			if row[2] == "REJECT" {
				t.Errorf("taken, although %s: %+v", row[3], events[0].Order)
			}
		})
	}
	if taken < 5 || refused < 10 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
}

// translated gives a body of another platform the names this one has, and what else an
// order needs. The text is only added to, so that what is wrong with it stays; bytes that
// are no sound object are returned as they are.
func translated(body []byte) []byte {
	text := strings.TrimSpace(string(body))
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return body
	}
	for _, names := range [][2]string{{`"total_price"`, `"total_inc_tax"`}, {`"updated_at"`, `"date_modified"`}, {`"currency"`, `"default_currency_code"`}, {`"name"`, `"customer_message"`}} {
		text = strings.ReplaceAll(text, names[0], names[1])
	}
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return body
	}
	for name, value := range map[string]string{"id": "1", "status_id": "11", "total_inc_tax": `"5.00"`, "date_modified": `"Mon, 23 Nov 2026 10:00:00 +0000"`} {
		if _, ok := members[name]; !ok {
			text = strings.TrimSuffix(text, "}") + `,"` + name + `":` + value + "}"
		}
	}
	return []byte(text)
}
