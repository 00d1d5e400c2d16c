package partner_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// FuzzVerify: nothing whatever is a webhook of such a store.
func FuzzVerify(f *testing.F) {
	f.Add(example(f, "order-placed"), "Webhook-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add([]byte{}, "", "")
	s := open(f, "")
	f.Fuzz(func(t *testing.T, body []byte, name, value string) {
		m := erpbridge.Message{Store: "partner-a", Body: body, Header: http.Header{name: {value}}}
		if got, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused || !bytes.Equal(got.Body, body) {
			t.Fatalf("%v", err)
		}
	})
}

// FuzzNormalize: no body whatever panics, is read in two ways, or gives an event the
// bridge could not order and store.
func FuzzNormalize(f *testing.F) {
	for _, name := range examples(f) {
		m := message(example(f, name))
		f.Add(m.Type, m.Body)
	}
	minimal := string(example(f, "order-minimal"))
	for _, body := range []string{
		`null`, `[]`, `{}`, `{"version":"1"}`, `{"version":1,"type":"order.placed","occurred_at":"2026-03-01T10:00:00Z","order":{}}`,
		strings.Replace(minimal, `"1320"`, `1e30`, 1), strings.Replace(minimal, `"3"`, `9999999999999999999`, 1),
		strings.Replace(minimal, `"lines"`, `"note":"\u0000\ud83d\ude00","presented":{},"lines"`, 1),
		strings.Replace(minimal, `Z`, `+23:59`, 1),
	} {
		f.Add("order.placed", []byte(body))
	}
	s := open(f, "test_orders: deliver\ntime_zone: Europe/Amsterdam\n")
	valid := schema(f)
	f.Fuzz(func(t *testing.T, property string, body []byte) {
		m := message(body)
		m.Type = property
		events, err := s.Normalize(m)
		again, errAgain := s.Normalize(m)
		if !cmp.Equal(events, again) || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatal("the same bytes were read in two ways")
		}
		if err != nil {
			if kind := erpbridge.KindOf(err); events != nil || kind != erpbridge.Invalid {
				t.Fatalf("kind %s, %d events: %v", kind, len(events), err)
			}
			if len(err.Error()) > 2000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		// Nothing is taken that the schema has no place for.
		if err := validate(valid, body); err != nil && !strings.Contains(string(body), "-0") && !strings.Contains(string(body), ":60") {
			t.Fatalf("taken, and refused by the schema: %v", err)
		}
		e := events[0]
		if e.Store != "partner-a" || string(e.Type) == "" || e.Version.At.IsZero() || len(e.Version.Digest) != 64 || strings.ContainsAny(e.Stream+e.Resource, " \n\x00") || e.Resource == "" {
			t.Fatalf("an event nobody can order: %+v", e)
		}
		if o := e.Order; o != nil {
			o.Sum() // panics if two currencies met
			for _, text := range append([]string{o.Note, o.Number, o.Email, o.Phone, o.PO}, o.Tags...) {
				if strings.ContainsAny(text, "\x00\x01\x0b\x1f\ufffe\uffff") || !utf8.ValidString(text) {
					t.Fatalf("a text no ERP can hold: %q", text)
				}
			}
		}
		if r := e.Refund; r != nil {
			r.Sum()
			r.Paid()
		}
	})
}
