package woocommerce_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
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
		genuine := strings.Trim(sig, " \t") == sign(body, secret)
		ping := sig == "" && topic == "" && bytes.HasPrefix(body, []byte("webhook_id=")) && len(body) <= 64
		storefronttest.VerifyAnything(t, s, m, func(got erpbridge.Message) bool {
			return genuine || ping && got.ID == "ping" && got.Type == "ping"
		})
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
	for _, file := range storefronttest.Files(f, "testdata", "*.json") {
		of, _, _ := strings.Cut(file.Name, "-")
		f.Add(map[string]string{"order": "order.updated", "refund": "refund.created", "customer": "customer.updated", "product": "product.updated"}[of], file.Body)
	}
	s := open(f, "default_currency: EUR\ntest_orders: deliver\ntime_zone: Europe/Berlin\nstatuses: {draft: open}\nattributes: [a]\ngift_cards: credit\n")
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		events, _ := storefronttest.NormalizeAnything(t, s, message(topic, body))
		for _, e := range events {
			if len(e.Resource) > 64 {
				t.Fatalf("a resource of %d bytes", len(e.Resource))
			}
		}
	})
}
