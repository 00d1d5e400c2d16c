package woocommerce_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// small is an order with one of everything.
const small = `{"id":1,"status":"processing","currency":"EUR","total":"7.14","total_tax":"1.14","number":"1","customer_id":3,` +
	`"date_created":"2026-11-23T01:00:00","date_created_gmt":"2026-11-23T00:00:00","date_modified_gmt":"2026-11-23T00:00:01","date_paid_gmt":null,` +
	`"billing":{"first_name":"A","country":"de"},"line_items":[{"id":1,"name":"Mug","quantity":1.5,"subtotal":"6.00","total":"5.00","total_tax":"0.95",` +
	`"taxes":[{"id":1,"total":"0.95"}],"bundled_by":"","meta_data":[{"key":"a","value":{"b":1}}]}],"shipping_lines":[{"total":"2.00","total_tax":"0.38"}],` +
	`"fee_lines":[{"total":"-1.00","total_tax":"-0.19"}],"tax_lines":[{"rate_id":1,"rate_percent":19,"tax_total":"0.76","shipping_tax_total":"0.38"}],` +
	`"coupon_lines":[{"code":"x"}],"refunds":[{"id":2,"total":"-1.00"},{"id":3,"amount":"1.00","date_created_gmt":"2026-11-23T00:00:01","line_items":[]}]}`

// FuzzVerify: whatever stands in the headers, only the right signature over these bytes
// passes, or a ping; and what passes has a name and an ID that can be stored.
func FuzzVerify(f *testing.F) {
	good := sign([]byte(small), secret)
	for _, sig := range []string{good, good[:43], good + "=", " " + good, "", "AAAA", strings.Repeat("=", 44)} {
		f.Add([]byte(small), sig, site, "order.updated", "application/json")
	}
	f.Add([]byte("webhook_id=12"), "", "", "", "application/x-www-form-urlencoded")
	f.Add([]byte("webhook_id=12"), sign([]byte("webhook_id=12"), secret), site, "ping", "application/x-www-form-urlencoded; charset=UTF-8")
	f.Add([]byte{}, sign(nil, secret), "https://SHOP.example.com:443", "", "")
	f.Add([]byte("\x00"), good, "https://other.example/%zz", "order.\n", "a/b;;")
	s := open(f, "")
	f.Fuzz(func(t *testing.T, body []byte, sig, source, topic, contentType string) {
		m := message("", body)
		m.ContentType = contentType
		m.Header = http.Header{"X-Wc-Webhook-Source": {source}}
		if sig != "" {
			m.Header["X-Wc-Webhook-Signature"] = []string{sig}
		}
		if topic != "" {
			m.Header["X-Wc-Webhook-Topic"] = []string{topic}
		}
		got, err := s.Verify(m)
		genuine := strings.Trim(sig, " \t") == sign(body, secret)
		ping := sig == "" && topic == "" && bytes.HasPrefix(body, []byte("webhook_id=")) && len(body) <= 64
		switch kind := erpbridge.KindOf(err); {
		case err == nil || kind == erpbridge.Invalid:
			if !genuine && (!ping || got.ID != "ping" || got.Type != "ping") {
				t.Fatalf("taken without proof: signature %q, source %q, as %q", sig, source, got.Type)
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

// FuzzNormalize: no body whatever panics, is read in two ways, or gives an event the bridge
// could not order and store.
func FuzzNormalize(f *testing.F) {
	for _, body := range []string{
		small, `null`, `[]`, `{}`, `{"id":1}`, `{"id":1,"line_items":[]}`, `{"id":1,"line_items":[{}]}`,
		strings.Replace(small, `"7.14"`, `1e30`, 1), strings.Replace(small, `1.5`, `0.0000000000000000001`, 1),
		strings.Replace(small, `Mug`, `\u0000\ud83d\ude00`, 1), strings.Replace(small, `01:00:00`, `13:59:60`, 1),
		strings.Replace(small, `"0.95"`, `"-9999999999999999999.9999999999999999999"`, 2),
	} {
		for _, topic := range []string{"order.created", "order.deleted"} {
			f.Add(topic, []byte(body))
		}
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		of, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".json"), "-")
		f.Add(map[string]string{"order": "order.updated", "refund": "refund.created", "customer": "customer.updated", "product": "product.updated"}[of], body)
	}
	s := open(f, "default_currency: EUR\ntest_orders: deliver\ntime_zone: Europe/Berlin\nstatuses: {draft: open}\nattributes: [a]\ngift_cards: credit\n")
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
		for _, e := range events {
			if e.Version.At.IsZero() || len(e.Version.Digest) != 64 || !strings.Contains(e.Stream, "/") || !strings.Contains(e.Resource, "/") || len(e.Resource) > 64 {
				t.Fatalf("an event nobody can order: %+v", e)
			}
			if r := e.Refund; r != nil {
				r.Sum() // panics if two currencies met
				r.Paid()
			}
			if o := e.Order; o != nil {
				o.Sum()
				for _, text := range []string{o.Note, o.Number, o.Email, o.Phone, o.CancelReason} {
					if strings.ContainsAny(text, "\x00\x01\x0b\x1f\ufffe\uffff") || !utf8.ValidString(text) {
						t.Fatalf("a text no ERP can hold: %q", text)
					}
				}
			}
		}
	})
}
