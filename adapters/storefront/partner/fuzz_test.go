package partner_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
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
		_, err := storefronttest.NormalizeAnything(t, s, m)
		if err != nil {
			if kind := erpbridge.KindOf(err); kind != erpbridge.Invalid {
				t.Fatalf("kind %s: %v", kind, err)
			}
			return
		}
		// Nothing is taken that the schema has no place for.
		if err := validate(valid, body); err != nil && !strings.Contains(string(body), "-0") && !strings.Contains(string(body), ":60") {
			t.Fatalf("taken, and refused by the schema: %v", err)
		}
	})
}
