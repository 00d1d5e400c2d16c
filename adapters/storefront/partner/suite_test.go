package partner_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestSuite(t *testing.T) {
	suite := storefronttest.Suite{
		Open:       func(t *testing.T) erpbridge.Storefront { return open(t, "") },
		NoWebhooks: true,
		Huge:       huge,
		Texts:      texts,
		Histories: [][]erpbridge.Message{
			{
				message(example(t, "order-placed")),
				message(but(t, "order-placed", `"updated_at": "2026-03-01T10:00:00+01:00"`, `"updated_at": "2026-03-01T09:00:00.001Z", "note": "ring"`)),
				message(but(t, "order-placed", `"updated_at": "2026-03-01T10:00:00+01:00"`, `"updated_at": "2026-03-01T09:00:00.001Z", "cancelled_at": "2026-03-01T09:00:00Z"`)),
			},
			{
				message(but(t, "refund-issued", `"success"`, `"pending"`)),
				message(example(t, "refund-issued")),
			},
			{message(example(t, "customer-changed")), message(example(t, "customer-deleted"))},
			{
				message(example(t, "inventory-changed")),
				message(but(t, "inventory-changed", `12,
    "updated_at": "2026-03-04T16:30:00+01:00"`, `11, "updated_at": "2026-03-04T16:30:01+01:00"`)),
			},
		},
		Twice: [][2]erpbridge.Message{
			{message(example(t, "order-placed")), message(but(t, "order-placed", `order.placed`, `order.paid`))},
			{message(example(t, "order-paid")), message(but(t, "order-paid", `"occurred_at": "2026-03-03T08:30:00-05:00"`, `"occurred_at": "2026-03-03T14:00:00Z"`))},
			{message(example(t, "order-changed")), message(but(t, "order-changed", `"cancelled_at": null,`, ``))},
		},
	}
	for _, name := range examples(t) {
		m := message(example(t, name))
		m.ID = name
		suite.Messages = append(suite.Messages, m)
	}
	for _, body := range least() {
		suite.Minimal = append(suite.Minimal, message(body))
	}
	storefronttest.Run(t, suite)
}

// huge returns an order of about n bytes.
func huge(t testing.TB, n int) erpbridge.Message {
	var lines strings.Builder
	for i := 0; lines.Len() < n; i++ {
		_, _ = fmt.Fprintf(&lines, `{"id":"L%d","sku":"MUG-%d","title":"A mug like %d others","quantity":2,"unit":"12.50","taxes":[{"title":"VAT","rate":"0.21","amount":"4.34"}]},`, i, i, i)
	}
	return message(bytes.TrimSpace(but(t, "order-placed", `{"id": "1"`, lines.String()+`{"id": "1"`)))
}

// texts puts a text into every member of an order that is one.
func texts(t *testing.T, text string) erpbridge.Message {
	t.Helper()
	quoted, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	const members = `"number": $, "po": $, "channel": $, "cancel_reason": $, "email": $, "phone": $, "note": $, "tags": [$], "gateways": [$],
		"attributes": [{"name": $, "value": $}],
		"customer": {"first_name": $, "last_name": $, "company": $, "email": $, "phone": $, "tax_id": $, "locale": $, "group": $, "note": $, "tags": [$]},
		"company": {"name": $, "location": $, "external_id": $, "tax_id": $},
		"bill_to": {"name": $, "company": $, "street1": $, "street2": $, "city": $, "region": $, "postcode": $, "phone": $},
		"shipping": [{"title": $, "code": $, "carrier": $, "price": "0"}],
		"charges": [{"kind": "fee", "title": $, "amount": "0"}], "credits": [{"kind": "gift-card", "title": $, "amount": "0"}],
		"discounts": [{"code": $, "title": $, "amount": "0"}], "taxes": [{"title": $, "jurisdiction": $, "amount": "0"}],
		"payments": [{"gateway": $, "reference": $, "kind": "sale", "state": "success", "amount": "0"}], "terms": {"name": $}, "currency"`
	body := string(but(t, "order-minimal", `"currency"`, members))
	body = strings.Replace(body, `{"quantity"`, `{"sku": $, "barcode": $, "title": $, "attributes": [{"name": $, "value": $}], "quantity"`, 1)
	return message([]byte(strings.ReplaceAll(body, "$", string(quoted))))
}
