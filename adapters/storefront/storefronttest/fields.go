package storefronttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hakooi/erpbridge"
)

// A Field is a published value of an order's field that breaks exports and XML.
type Field struct {
	Name string
	// Value may hold any bytes, also some that are not UTF-8.
	Value []byte `json:"b64"`
	// Legal: XML 1.0 can hold it.
	Legal bool `json:"xml10_legal"`
}

// Fields returns the published field values.
func Fields(t testing.TB) []Field {
	t.Helper()
	var out []Field
	if err := json.Unmarshal(Read(t, Shared(t, "corpora", "order-fields", "values.json")), &out); err != nil || len(out) == 0 {
		t.Fatalf("%d field values, %v", len(out), err)
	}
	return out
}

// Quoted returns the value as a JSON string. Only what must be escaped is, and every other
// byte stays as it is, also those that are not UTF-8.
func (f Field) Quoted() string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range f.Value {
		switch {
		case c == '"' || c == '\\':
			out.Write([]byte{'\\', c})
		case c < ' ':
			_, _ = fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// OrderFields puts every published field value into an order's texts, and wants each back
// unchanged, or without the characters nothing can hold and with a record of that. written
// returns an order with a quoted text as its note and in other places, and others what
// those places read as, which has to be what the note does.
func OrderFields(t *testing.T, shop erpbridge.Storefront, written func(t *testing.T, quoted string) erpbridge.Message, others func(*erpbridge.Order) []string) {
	t.Helper()
	for _, f := range Fields(t) {
		t.Run(f.Name, func(t *testing.T) {
			m := written(t, f.Quoted())
			if !utf8.Valid(f.Value) {
				_, err := shop.Normalize(m)
				var e *erpbridge.Error
				if !errors.As(err, &e) || e.Kind != erpbridge.Invalid || e.Op == "" || !strings.Contains(err.Error(), "invalid UTF-8") {
					t.Errorf("bytes that are not UTF-8: %v", err)
				}
				return
			}
			e := Event(t, shop, m)
			o := e.Order
			if f.Legal && (o.Note != string(f.Value) || recorded(e)) {
				t.Errorf("%q became %q", f.Value, o.Note)
			}
			if !f.Legal && (!recorded(e) || len(o.Note) >= len(f.Value)) {
				t.Errorf("%q became %q without a word (attributes %v)", f.Value, o.Note, o.Attributes)
			}
			for _, other := range others(o) {
				if other != o.Note {
					t.Errorf("as another text %q became %q", f.Value, other)
				}
			}
		})
	}
}
