package bigcommerce_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// small is the smallest order that adds up.
const small = `{"envelope":{"scope":"store/order/updated","data":{"id":1}},"order":{"id":1,"date_created":"Mon, 23 Nov 2026 09:00:00 +0000","status_id":11,` +
	`"default_currency_code":"USD","total_inc_tax":"5.5000","total_tax":"0.5000","billing_address":{"first_name":"Jo"}},"products":[{"id":2,"quantity":2,"price_ex_tax":"2.5","total_ex_tax":"5"}]}`

// FuzzVerify: whatever stands in the headers, only the right signature over these bytes
// and the right tokens pass, and what passes has a name and an ID that can be stored.
func FuzzVerify(f *testing.F) {
	const custom = "a-token-nobody-can-guess"
	envelope := []byte(`{"scope":"store/order/updated","data":{"id":1},"hash":"0f3ac27d9be15488c6d20e7713fa94b85c2d6e01","created_at":1795428000,"producer":"stores/k3m9x2ab7q"}`)
	stamp := "1795435200"
	good := sign("msg_1", stamp, envelope, secret)
	for _, signature := range []string{good, "v1,AAAA " + good, good[3:], good + "=", "", "v1,", strings.Repeat("v1, ", 40)} {
		f.Add(envelope, "msg_1", stamp, signature, custom)
	}
	f.Add([]byte{}, "m", stamp, sign("m", stamp, nil, secret), custom)
	f.Add([]byte("\x00"), "m.1", stamp+".0", good, "")
	f.Add([]byte(`{"scope":"\n","data":{}}`), "m", stamp, sign("m", stamp, []byte(`{"scope":"\n","data":{}}`), secret), custom)
	s := open(f, "headers: {X-Bridge-Token: a-token-nobody-can-guess}\n")
	f.Fuzz(func(t *testing.T, body []byte, id, stamp, signature, token string) {
		m := message("", body)
		m.ID = ""
		m.Header = http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {signature}, "X-Bridge-Token": {token}}
		trim := func(s string) string { return strings.Trim(s, " \t") }
		storefronttest.VerifyAnything(t, s, m, func(erpbridge.Message) bool {
			return strings.Contains(signature, sign(trim(id), trim(stamp), body, secret)) && trim(token) == custom
		})
	})
}

// FuzzNormalize: no body whatever panics, is read in two ways, or gives an event the
// bridge could not order and store. The seeds are small on purpose: the fuzzer spends
// its time on minimising large ones.
func FuzzNormalize(f *testing.F) {
	for _, body := range []string{
		small, `null`, `[]`, `{}`, `{"order":{}}`, `{"order":{},"products":[{}]}`,
		strings.Replace(small, `"5.5000"`, `1e30`, 1), strings.Replace(small, `"5.5000"`, `"5.55555"`, 1), strings.Replace(small, `+0000`, `EST`, 1),
		strings.Replace(small, `Jo`, `\u0000\ud83d\ude00`, 1), strings.Replace(small, `"quantity":2`, `"quantity":9999999999999999999`, 1),
	} {
		f.Add("store/order/updated", []byte(body))
	}
	for scope, body := range map[string]string{
		"store/order/refund/created":  `{"order":{"id":1,"default_currency_code":"KWD"},"refunds":[{"id":3,"created":"2026-11-23T10:00:00Z","total_amount":1.5,"total_tax":0.125,"items":[{"item_type":"PRODUCT","item_id":2}],"payments":[{"amount":1.5}]}]}`,
		"store/shipment/updated":      `{"shipment":{"id":1,"order_id":2,"date_created":"Mon, 23 Nov 2026 09:00:00 +0000","items":[{"order_product_id":3,"quantity":1}]}}`,
		"store/shipment/deleted":      `{"scope":"store/shipment/deleted","data":{"id":1,"orderId":2},"created_at":1795428000}`,
		"store/customer/updated":      `{"customer":{"id":1,"date_modified":"2026-11-23T10:00:00Z","addresses":[{"city":"X"}]}}`,
		"store/product/updated":       `{"product":{"id":1,"price":9.99,"date_modified":"2026-11-23T10:00:00Z","variants":[{"id":2}]}}`,
		"store/sku/inventory/updated": `{"scope":"store/sku/inventory/updated","data":{"id":1,"inventory":{"product_id":2,"method":"absolute","value":-1e2,"variant_id":3}}}`,
	} {
		f.Add(scope, []byte(body))
	}
	s := open(f, "default_currency: EUR\ntest_orders: deliver\ntime_zone: Europe/Berlin\n")
	f.Fuzz(func(t *testing.T, scope string, body []byte) {
		if events, _ := storefronttest.NormalizeAnything(t, s, message(scope, body)); len(events) > 1 {
			t.Fatalf("%d events", len(events))
		}
	})
}
