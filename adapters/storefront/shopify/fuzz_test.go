package shopify_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// FuzzVerify: whatever stands in the headers, only the right signature over these
// bytes passes, and what passes has a name and an ID that can be stored.
func FuzzVerify(f *testing.F) {
	good := sign([]byte(small), secret)
	for _, sig := range []string{good, good[:43], good + "=", " " + good, "", "AAAA", strings.Repeat("=", 44)} {
		f.Add([]byte(small), sig, shop, "orders/create", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
	}
	f.Add([]byte{}, sign(nil, secret), "EXAMPLE.myshopify.com", "", "")
	f.Add([]byte("\x00"), good, "other.example", "orders/\n", strings.Repeat("x", 200))
	s := open(f, "")
	f.Fuzz(func(t *testing.T, body []byte, sig, domain, topic, id string) {
		m := message("", body)
		m.ID = ""
		m.Header = http.Header{
			"X-Shopify-Hmac-Sha256": {sig}, "X-Shopify-Shop-Domain": {domain}, "X-Shopify-Topic": {topic}, "X-Shopify-Webhook-Id": {id},
		}
		got, err := s.Verify(m)
		genuine := strings.Trim(sig, " \t") == sign(body, secret) && strings.EqualFold(strings.Trim(domain, " \t"), shop)
		switch kind := erpbridge.KindOf(err); {
		case err == nil || kind == erpbridge.Invalid:
			if !genuine {
				t.Fatalf("taken without proof: signature %q, shop %q", sig, domain)
			}
			if got.ID == "" || len(got.ID) > 128 || got.Type == "" || len(got.Type) > 100 || !utf8.ValidString(got.ID+got.Type) {
				t.Fatalf("recorded under %q, %q", got.Type, got.ID)
			}
		case kind != erpbridge.Refused:
			t.Fatalf("kind %s: %v", kind, err)
		}
		if !bytes.Equal(got.Body, body) {
			t.Fatal("the body changed")
		}
	})
}

// FuzzNormalize: no body whatever panics, is read in two ways, or gives an event
// the bridge could not order and store. The seeds are small on purpose: the
// fuzzer spends its time on minimising large ones.
func FuzzNormalize(f *testing.F) {
	for _, body := range []string{
		small, `{"order":` + small + `}`, `null`, `[]`, `{}`, `{"line_items":[]}`, `{"line_items":[{}]}`,
		strings.Replace(small, `"5.00"`, `1e30`, 1), strings.Replace(small, `2`, `9999999999999999999`, 1),
		strings.Replace(small, `Mug`, `\u0000\ud83d\ude00`, 1), strings.Replace(small, `+01:00`, `+23:59`, 1),
	} {
		f.Add("orders/cancelled", []byte(body))
	}
	for _, m := range [][2]string{
		{"refunds/create", string(refund(refundLine10 + "," + paid1190))},
		{"fulfillments/create", shipment},
		{"customers/update", person},
		{"products/update", thing},
		{"inventory_levels/update", level},
		{"customers/data_request", dataRequest},
		{"customers/redact", redactCustomer},
		{"shop/redact", redactShop},
		{"orders/delete", `{"id":1}`},
		{"customers/delete", `{"id":1}`},
		{"products/delete", `{"id":1}`},
	} {
		f.Add(m[0], []byte(m[1]))
	}
	s := open(f, "without_id: digest\ndefault_currency: EUR\ntest_orders: deliver\ntime_zone: Europe/Berlin\n")
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		events, err := s.Normalize(message(topic, body))
		again, errAgain := s.Normalize(message(topic, body))
		if !cmp.Equal(events, again) || (err == nil) != (errAgain == nil) {
			t.Fatal("the same bytes were read in two ways")
		}
		if err != nil {
			if kind := erpbridge.KindOf(err); events != nil || kind != erpbridge.Invalid && kind != erpbridge.Ignored && kind != erpbridge.Held {
				t.Fatalf("kind %s, %d events: %v", kind, len(events), err)
			}
			if len(err.Error()) > 2000 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		e := events[0]
		if e.Stream == "" || e.Resource == "" || e.Version.At.IsZero() || len(e.Version.Digest) != 64 {
			t.Fatalf("an event nobody can order: %+v", e)
		}
		if e.Refund != nil {
			e.Refund.Sum() // panics if two currencies met
			e.Refund.Paid()
		}
		o := e.Order
		if o == nil {
			return
		}
		if o.ID == "" || o.UpdatedAt.IsZero() || o.PostingDate == "" || e.Stream != "order/"+o.ID {
			t.Fatalf("an order nobody can post: %+v", e)
		}
		o.Sum()
		if o.Presented != nil {
			o.Presented.Sum()
		}
		for _, text := range append([]string{o.Note, o.Number, o.Email, o.Phone, o.PO}, o.Tags...) {
			if strings.ContainsAny(text, "\x00\x01\x0b\x1f\ufffe\uffff") || !utf8.ValidString(text) {
				t.Fatalf("a text no ERP can hold: %q", text)
			}
		}
	})
}
