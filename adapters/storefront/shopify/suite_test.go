package shopify_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// numbered returns a message with an id of its own.
func numbered(n int, topic string, body []byte) erpbridge.Message {
	m := message(topic, body)
	m.ID = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd" + strconv.Itoa(100+n)
	return m
}

func TestSuite(t *testing.T) {
	var messages []erpbridge.Message
	for i, name := range []string{
		"taxed.json", "tax-included.json", "kwd.json", "hostile-unicode.json", "duties.json", "order-discount-two-codes.json",
		"cancelled.json", "partially-refunded.json", "b2b-po-number.json", "presentment-eur-shop-usd.json",
	} {
		messages = append(messages, numbered(i, "orders/updated", fixture(t, name)))
	}
	for i, m := range [][2]string{
		{"orders/updated", everything},
		{"refunds/create", refunded},
		{"fulfillments/create", shipment},
		{"customers/update", person},
		{"products/update", thing},
		{"inventory_levels/update", level},
		{"customers/data_request", dataRequest},
		{"customers/redact", redactCustomer},
		{"shop/redact", redactShop},
		{"orders/delete", `{"id":1001}`},
		{"customers/delete", `{"id":42}`},
		{"products/delete", `{"id":71}`},
	} {
		messages = append(messages, numbered(50+i, m[0], []byte(m[1])))
	}
	storefronttest.Run(t, storefronttest.Suite{
		Open:      func(t *testing.T) erpbridge.Storefront { return open(t, "default_currency: EUR\n") },
		Sign:      func(m erpbridge.Message) erpbridge.Message { return signed(m, secret) },
		Forge:     func(m erpbridge.Message) erpbridge.Message { return signed(m, "another-client-secret-of-an-app") },
		Messages:  messages,
		Histories: histories(t),
		Twice:     twice(t),
		Minimal: []erpbridge.Message{
			message("orders/updated", []byte(`{"id":1,"currency":"EUR","total_price":"0.00","updated_at":"2026-03-01T10:00:00Z","line_items":[]}`)),
			message("refunds/create", []byte(`{"id":1,"order_id":2,"created_at":"2026-03-01T10:00:00Z","refund_line_items":[]}`)),
			message("fulfillments/update", []byte(`{"id":1,"order_id":2,"line_items":[]}`)),
			message("customers/update", []byte(`{"id":1}`)),
			message("products/update", []byte(`{"id":1,"variants":[]}`)),
			message("inventory_levels/update", []byte(`{"inventory_item_id":1}`)),
			message("customers/data_request", []byte(`{"shop_domain":"example.myshopify.com","data_request":{"id":1},"customer":{"id":1}}`)),
			message("customers/redact", []byte(`{"shop_domain":"example.myshopify.com","orders_to_redact":[1]}`)),
			message("shop/redact", []byte(`{"shop_domain":"example.myshopify.com"}`)),
		},
		Huge:  huge,
		Texts: texts,
	})
}

// histories are the states of things, from their first to their last.
func histories(t *testing.T) [][]erpbridge.Message {
	t.Helper()
	change := func(body, old, new string) string {
		return string(storefronttest.Replace(t, []byte(body), old, new))
	}
	pending := change(refunded, `"status": "success"`, `"status": "pending"`)
	open1 := change(shipment, `"success"`, `"open"`)
	return [][]erpbridge.Message{
		{
			message("orders/create", with(`"financial_status":"pending"`)), // all within one second
			message("orders/paid", with(`"financial_status":"paid"`)),
			message("orders/updated", with(`"financial_status":"refunded"`)),
			message("orders/cancelled", []byte(change(string(with(`"financial_status":"refunded"`)), `"cancelled_at":null`, `"cancelled_at":"2026-03-01T10:00:00+01:00"`))),
			message("orders/delete", []byte(`{"id":1001}`)),
		},
		{message("orders/create", fixture(t, "taxed.json")), message("orders/updated", fixture(t, "updated.json"))},
		{message("refunds/create", []byte(pending)), message("refunds/create", []byte(refunded))},
		{
			message("fulfillments/create", []byte(open1)), message("fulfillments/update", []byte(shipment)),
			message("fulfillments/update", []byte(change(change(shipment, `"success"`, `"cancelled"`), `09:05:00`, `09:06:00`))),
		},
		{
			message("customers/create", []byte(change(change(person, `"vip, new"`, `""`), `2026-03-02T09:05`, `2026-03-02T09:04`))),
			message("customers/update", []byte(person)), message("customers/delete", []byte(`{"id":42}`)),
		},
		{
			message("products/create", []byte(change(change(thing, `"20.00"`, `"19.00"`), `2026-03-02T09:05`, `2026-03-02T09:04`))),
			message("products/update", []byte(thing)), message("products/delete", []byte(`{"id":71}`)),
		},
		{message("inventory_levels/update", []byte(level)), message("inventory_levels/update", []byte(change(change(level, `"available": 3`, `"available": 2`), "09:05", "09:06")))},
	}
}

// twice are states that are told under two topics.
func twice(t *testing.T) [][2]erpbridge.Message {
	t.Helper()
	var out [][2]erpbridge.Message
	for _, pair := range [][3]string{
		{"orders/create", "orders/updated", string(fixture(t, "taxed.json"))},
		{"orders/paid", "orders/create", string(fixture(t, "duties.json"))},
		{"orders/cancelled", "orders/updated", everything},
		{"fulfillments/create", "fulfillments/update", shipment},
		{"customers/create", "customers/update", person},
		{"products/create", "products/update", thing},
	} {
		out = append(out, [2]erpbridge.Message{message(pair[0], []byte(pair[2])), message(pair[1], []byte(pair[2]))})
	}
	compact := strings.Join(strings.Fields(refunded), " ")
	return append(out,
		[2]erpbridge.Message{message("orders/updated", with(`"tags":"b, a"`)), message("orders/updated", with(`"tags":["a","b"]`))},
		[2]erpbridge.Message{message("refunds/create", []byte(refunded)), message("refunds/create", []byte(`{"refund":`+compact+`}`))},
		[2]erpbridge.Message{
			message("orders/updated", []byte(small)),
			message("orders/updated", but(t, "2026-03-01T10:00:00+01:00", "2026-03-01T09:00:00Z")), // one instant
		})
}

// huge returns an order of about n bytes.
func huge(t testing.TB, n int) erpbridge.Message {
	t.Helper()
	const line = `{"id":7,"sku":"MUG","title":"Mug","quantity":2,"price":"5.00","price_set":{"shop_money":{"amount":"5.00","currency_code":"EUR"},` +
		`"presentment_money":{"amount":"5.00","currency_code":"EUR"}},"tax_lines":[{"title":"VAT","rate":0.19,"price":"0.00"}],"properties":[]}`
	lines := strings.Repeat(line+",", n/(len(line)+1))
	return message("orders/updated", but(t, `[{"id":7,`, `[`+lines+`{"id":7,`))
}

// texts returns an order in which a text stands wherever people write.
func texts(t *testing.T, text string) erpbridge.Message {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	members := `"note":"§","po_number":"§","source_name":"§","note_attributes":[{"name":"§","value":"§"}],"payment_gateway_names":["§"],` +
		`"customer":{"first_name":"§","last_name":"§","email":"§","phone":"§"},` +
		`"billing_address":{"first_name":"§","company":"§","address1":"§","address2":"§","city":"§","province":"§","zip":"§","phone":"§"},` +
		`"shipping_lines":[{"title":"§","code":"§","price":"0.00"}],"tax_lines":[{"title":"§","price":"0.00"}],` +
		`"discount_applications":[{"title":"§"}],"payment_terms":{"payment_terms_name":"§"}`
	body := strings.Replace(string(with(members)), `"title":"Mug"`, `"title":"§","sku":"§","properties":[{"name":"§","value":"§"}],"discount_allocations":[{"amount":"0.00","discount_application_index":0}]`, 1)
	return message("orders/updated", []byte(strings.ReplaceAll(body, `"§"`, string(quoted))))
}
