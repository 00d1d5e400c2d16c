package adobecommerce_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// FuzzVerify: whatever stands in the headers and the body, only the right signature over
// these bytes passes, and what passes has a name and an ID that can be stored.
func FuzzVerify(f *testing.F) {
	body := event(`"type":"` + codeSave + `","event_id":"e1",`)
	good := sign(body, adobes())
	for _, sig := range []string{good, good[:100], good + "=", " " + good, "", "AAAA", strings.Repeat("=", 344), sign(body, strangers())} {
		f.Add(body, sig, keyPath1, codeSave, "e1")
	}
	f.Add([]byte{}, sign(nil, adobes()), keyPath2, "", "")
	f.Add([]byte(`{"recipient_client_id":`), good, "//example.com"+keyPath1, "a\nb", strings.Repeat("x", 200))
	f.Add(fixture(f, "order-event.json"), sign(fixture(f, "order-event.json"), adobes()), keyPath1, codeSave, "x")
	s := open(f, "")
	f.Fuzz(func(t *testing.T, body []byte, sig, path, code, id string) {
		m := message("", body)
		m.ID = ""
		m.Header = http.Header{
			"X-Adobe-Digital-Signature-1": {sig}, "X-Adobe-Public-Key1-Path": {path}, "X-Adobe-Event-Code": {code}, "X-Adobe-Event-Id": {id},
		}
		storefronttest.VerifyAnything(t, s, m, func(erpbridge.Message) bool {
			// PKCS #1 v1.5 signs without chance: there is one signature.
			return strings.Trim(sig, " \t") == sign(body, adobes()) && bytes.Contains(body, []byte(client))
		})
	})
}

// FuzzNormalize: no body whatever panics, is read in two ways, or gives an event the
// bridge could not order and store.
func FuzzNormalize(f *testing.F) {
	const small = `{"entity_id":7,"increment_id":"000000007","created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00","base_currency_code":"EUR","order_currency_code":"USD",` +
		`"base_grand_total":"5.00","grand_total":5.5,"items":[{"item_id":1,"sku":"MUG","product_type":"bundle","qty_ordered":2,"base_price":5,"base_row_total":5},` +
		`{"item_id":2,"parent_item_id":1,"qty_ordered":2,"base_row_total":5.000000000000001}],"billing_address":{"street":"a\nb","region":{"region":"x"}},"payment":[]}`
	for _, body := range []string{
		small, `{"data":{"value":` + small + `}}`, `{"event":{"data":{"value":` + small + `}}}`, `{"data":{"value":"{}"}}`, `null`, `[]`, `{}`, `{"data":[]}`,
		strings.Replace(small, `"5.00"`, `1e30`, 1), strings.Replace(small, `"qty_ordered":2`, `"qty_ordered":9999999999999999999`, 1),
		strings.Replace(small, `MUG`, `\u0000\ud83d\ude00`, 1), strings.Replace(small, `"parent_item_id":1`, `"parent_item_id":2`, 1),
		strings.Replace(small, `"items":[`, `"items":{"a":`, 1), strings.Replace(small, `10:00:00`, `25:00:00`, 2),
		`{"entity_id":1,"order_id":2,"base_currency_code":"EUR","base_grand_total":1,"created_at":"2026-03-01 10:00:00","items":[{"qty":1,"base_row_total":1}]}`,
		`{"entity_id":1,"sku":"a","price":"1.5","updated_at":"2026-03-01 10:00:00"}`, `{"product_id":1,"qty":"-3.5"}`,
	} {
		for _, typ := range []string{"order", "creditmemo", "shipment", "customer", "product", "stock_item"} {
			f.Add(typ, []byte(body))
		}
	}
	f.Add("com.adobe.commerce.plugin.magento.sales.api.order_repository.save", []byte(small))
	f.Add("com.adobe.commerce.observer.customer_delete_commit_after", []byte(`{"id":1}`))
	f.Add(".", []byte(small))
	s := open(f, "default_currency: EUR\n")
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		_, _ = storefronttest.NormalizeAnything(t, s, message(typ, body)) // nothing is promised beyond that
	})
}
