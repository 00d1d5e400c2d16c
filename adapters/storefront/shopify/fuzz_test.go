package shopify_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
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
		storefronttest.VerifyAnything(t, s, m, func(erpbridge.Message) bool {
			return strings.Trim(sig, " \t") == sign(body, secret) && strings.EqualFold(strings.Trim(domain, " \t"), shop)
		})
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
		events, err := storefronttest.NormalizeAnything(t, s, message(topic, body))
		if err != nil {
			return
		}
		if o := events[0].Order; o != nil && (o.UpdatedAt.IsZero() || events[0].Stream != "order/"+o.ID) {
			t.Fatalf("an order nobody can post: %+v", events[0])
		}
	})
}
