package adapters_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters"
)

// A kind is what the tests of this package have to know of a kind of storefront.
type kind struct {
	// settings are the least that opens one.
	settings string
	// sign returns the headers of a genuine webhook; unsigned says why there is none here.
	sign     func(m erpbridge.Message) http.Header
	unsigned string
	// things are what its messages are about, one for each form of body it reads lists from.
	things []thing
}

// A thing is a body with room in it.
type thing struct {
	topic string
	// before and after stand around the members that a test adds.
	before, after string
	// lists are names of members that the adapter reads as lists.
	lists []string
	// element is the smallest element of the first of them that can be meant, and inner
	// are names of lists inside of it.
	element string
	inner   []string
}

// kinds has a row for each kind there is.
var kinds = map[string]kind{
	"shopify": {
		settings: "shop: example.myshopify.com\nsecrets: [a-client-secret-of-the-app]\ntest_orders: deliver\ndefault_currency: EUR\n",
		sign: func(m erpbridge.Message) http.Header {
			return header("X-Shopify-Hmac-Sha256", sum("a-client-secret-of-the-app", m.Body), "X-Shopify-Shop-Domain", "example.myshopify.com", "X-Shopify-Topic", m.Type)
		},
		things: []thing{
			{
				topic:  "orders/updated",
				before: `{"id":1,"currency":"EUR","total_price":"0.00","created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:00Z"`, after: `}`,
				lists:   []string{"line_items", "shipping_lines", "tax_lines", "note_attributes", "payment_gateway_names", "refunds", "fulfillments", "transactions", "discount_applications"},
				element: `{"id":1,"price":"1","quantity":1}`,
				inner:   []string{"tax_lines", "discount_allocations", "properties", "duties"},
			},
			{
				topic:  "refunds/create",
				before: `{"id":1,"order_id":2,"currency":"EUR","created_at":"2026-03-01T10:00:00Z","processed_at":"2026-03-01T10:00:00Z"`, after: `}`,
				lists:   []string{"refund_line_items", "transactions", "order_adjustments", "refund_shipping_lines", "duties"},
				element: `{"id":1,"quantity":1,"subtotal":"1","line_item":{}}`,
			},
			{
				topic:  "products/update",
				before: `{"id":1,"title":"x","updated_at":"2026-03-01T10:00:00Z"`, after: `}`,
				lists:   []string{"variants", "options", "images", "tags"},
				element: `{"id":1,"price":"1"}`,
			},
			{
				topic:  "customers/update",
				before: `{"id":1,"updated_at":"2026-03-01T10:00:00Z"`, after: `}`,
				lists:   []string{"addresses", "tags"},
				element: `{"city":"x"}`,
			},
			{
				topic:  "customers/redact",
				before: `{"shop_id":1,"shop_domain":"example.myshopify.com","customer":{"id":1}`, after: `}`,
				lists:   []string{"orders_to_redact"},
				element: `1`,
			},
		},
	},
	"woocommerce": {
		settings: "site: https://shop.example.com\nsecrets: [a-secret-of-the-webhooks]\ntest_orders: deliver\ndefault_currency: EUR\n",
		sign: func(m erpbridge.Message) http.Header {
			return header("X-WC-Webhook-Signature", sum("a-secret-of-the-webhooks", m.Body), "X-WC-Webhook-Source", "https://shop.example.com/", "X-WC-Webhook-Topic", m.Type)
		},
		things: []thing{
			{
				topic:  "order.updated",
				before: `{"id":1,"status":"processing","currency":"EUR","total":"0.00","total_tax":"0.00","date_created_gmt":"2026-03-01T10:00:00","date_created":"2026-03-01T11:00:00","date_modified_gmt":"2026-03-01T10:00:00"`, after: `}`,
				lists:   []string{"line_items", "shipping_lines", "fee_lines", "tax_lines", "coupon_lines", "refunds", "meta_data", "gift_cards"},
				element: `{"id":1,"name":"x","quantity":1,"subtotal":"1","total":"1","total_tax":"0"}`,
				inner:   []string{"taxes", "meta_data"},
			},
			{
				topic:  "product.updated",
				before: `{"id":1,"name":"x","type":"simple","price":"1","date_created_gmt":"2026-03-01T10:00:00","date_modified_gmt":"2026-03-01T10:00:00"`, after: `}`,
				lists:   []string{"tags", "brands", "attributes", "variations", "bundled_items", "meta_data"},
				element: `{"name":"x"}`,
			},
		},
	},
	"adobecommerce": {
		settings: "client_id: client-of-the-tests\ntime_zone: Europe/Berlin\ndefault_currency: EUR\nkeys:\n  - pem: |\n" + publicKey,
		unsigned: "its signatures are RSA over bodies that name their recipient; its own tests have them",
		things: []thing{
			{
				topic:  "order",
				before: `{"entity_id":1,"increment_id":"1","state":"processing","base_currency_code":"EUR","order_currency_code":"USD","base_grand_total":0,"grand_total":0,"created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00"`, after: `}`,
				lists:   []string{"items", "addresses"},
				element: `{"item_id":1,"sku":"x","name":"x","qty_ordered":1,"base_price":1,"price":1,"base_row_total":1,"row_total":1}`,
				inner:   []string{"extension_attributes"},
			},
			{
				topic:  "com.adobe.commerce.observer.sales_order_save_commit_after",
				before: `{"time":"2026-03-01T10:00:00Z","data":{"value":{"entity_id":1,"increment_id":"1","state":"processing","base_currency_code":"EUR","order_currency_code":"EUR","base_grand_total":0,"grand_total":0,"created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00"`, after: `}}}`,
				lists:   []string{"items", "addresses"},
				element: `{"item_id":1,"sku":"x","name":"x","qty_ordered":1,"base_price":1,"price":1,"base_row_total":1,"row_total":1}`,
			},
		},
	},
	"bigcommerce": {
		settings: "store_hash: abc123xyz\nsecrets: [a-client-secret-of-the-app]\ntest_orders: deliver\ndefault_currency: EUR\n",
		sign: func(m erpbridge.Message) http.Header {
			stamp := strconv.FormatInt(m.ReceivedAt.Unix(), 10)
			return header("Webhook-Id", "msg-1", "Webhook-Timestamp", stamp, "Webhook-Signature", "v1,"+sum("a-client-secret-of-the-app", []byte("msg-1."+stamp+"."), m.Body))
		},
		things: []thing{
			{
				topic:  "store/order/updated",
				before: `{"order":{"id":1,"date_created":"Sun, 01 Mar 2026 10:00:00 +0000","date_modified":"Sun, 01 Mar 2026 10:00:00 +0000","status_id":11,"currency_code":"EUR","default_currency_code":"EUR","total_inc_tax":"0.00","total_tax":"0.00"}`, after: `}`,
				lists:   []string{"products", "coupons", "shipping_addresses", "taxes", "transactions", "refunds"},
				element: `{"id":1,"name":"x","quantity":1,"price_ex_tax":"1","price_inc_tax":"1","total_ex_tax":"1","total_inc_tax":"1","total_tax":"0"}`,
				inner:   []string{"applied_discounts", "product_options", "configurable_fields"},
			},
			{
				topic:  "store/product/updated",
				before: `{"product":{"id":1,"name":"x","date_created":"2026-03-01T10:00:00+00:00","date_modified":"2026-03-01T10:00:00+00:00"`, after: `}}`,
				lists:   []string{"variants"},
				element: `{"id":1}`,
				inner:   []string{"option_values"},
			},
		},
	},
	"partner": {
		settings: "test_orders: deliver\n",
		unsigned: "it has no webhooks",
		things: []thing{
			{
				topic:  "order.changed",
				before: `{"version":"1","type":"order.changed","occurred_at":"2026-03-01T10:00:00Z","order":{"id":"1","number":"#1","placed_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:00Z","currency":"EUR","tax_total":"0.00","total":"1.00"`, after: `}}`,
				lists:   []string{"lines", "shipping", "charges", "discounts", "credits", "taxes", "gateways", "payments", "attributes", "tags"},
				element: `{"id":"1","title":"x","quantity":"1","unit":"1.00"}`,
				inner:   []string{"discounts", "taxes", "attributes"},
			},
		},
	},
}

// publicKey is a key that nobody has the other half of, as a block of YAML.
const publicKey = `      -----BEGIN PUBLIC KEY-----
      MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5GLAAaZE6ATb9sqbfkSs
      1Co5J6cgeMAf2e7qfFDJo/o+f6LAxtKC7N1XuvKjFiNPYsIU/HRt+agR3F7Y67em
      0gd06pgblMO+/ppouNob51FJbH/Xb/erx/rZ6ESTde3Uif+OE8IZPuRGL5Rl7BGm
      30u/4+iqu9a6OdPbdD1s2VzaQFysgTzpdr15yzQ5lup7N5aBJ7qi2yqUpRLPaTVW
      PxaSkrkhSwZ8g2fQUFmOYjlw46ZNNAx8bRHAjvrdmdgUbqpqyKeJ+UN/ym8y2dbY
      zgZsLRq3vt0hrM3F2vMpZ7NXOgK/xZK9eWN5xNhCaqv3Qkcm2FqGLQRmbGQrva0S
      ZQIDAQAB
      -----END PUBLIC KEY-----
`

// sum returns the base64 of an HMAC-SHA256.
func sum(key string, parts ...[]byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(bytes.Join(parts, nil))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// header returns names and values in turns as a header.
func header(pairs ...string) http.Header {
	h := http.Header{}
	for pair := range slices.Chunk(pairs, 2) {
		h.Set(pair[0], pair[1])
	}
	return h
}

// eachKind runs a test for every registered kind of storefront. A kind without a row in
// kinds fails it.
func eachKind[T testing.TB](t T, run func(T, string, func(T)) bool, do func(t T, k kind, s erpbridge.Storefront)) {
	for _, name := range slices.Sorted(maps.Keys(adapters.Storefronts)) {
		run(t, name, func(t T) {
			do(t, kinds[name], storefront(t, name))
		})
	}
}

// storefront opens a storefront of a kind.
func storefront(t testing.TB, name string) erpbridge.Storefront {
	t.Helper()
	k, ok := kinds[name]
	if !ok || len(k.things) == 0 {
		t.Fatalf("nothing is known of a storefront of kind %q: add a row to kinds", name)
	}
	s, err := adapters.Storefronts[name]("shop", func(into any) error {
		return yaml.Load([]byte(k.settings), into, yaml.WithKnownFields())
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
