package shopify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// refunded is a refund of an order in EUR that the buyer paid in USD: two lines, half
// the shipping, and five cents that the till gave more.
const refunded = `{
	"id": 509, "admin_graphql_api_id": "gid://shopify/Refund/509", "order_id": 1001,
	"created_at": "2026-03-05T00:30:00+01:00", "processed_at": "2026-03-05T00:30:00+01:00", "note": "scratched", "restock": true, "duties": [],
	"total_duties_set": {"shop_money": {"amount": "0.00", "currency_code": "EUR"}, "presentment_money": {"amount": "0.00", "currency_code": "USD"}},
	"refund_line_items": [
		{
			"id": 61, "line_item_id": 7, "quantity": 1, "restock_type": "return", "location_id": 88, "subtotal": 30.0, "total_tax": 5.7,
			"subtotal_set": {"shop_money": {"amount": "30.00", "currency_code": "EUR"}, "presentment_money": {"amount": "36.00", "currency_code": "USD"}},
			"total_tax_set": {"shop_money": {"amount": "5.70", "currency_code": "EUR"}, "presentment_money": {"amount": "6.84", "currency_code": "USD"}},
			"line_item": {"id": 7, "sku": "CH-1", "product_id": 71, "variant_id": 72, "title": "Chair", "name": "Chair - oak", "price": "30.00", "tax_lines": [{"rate": 0.19, "price": "11.40"}]}
		},
		{
			"id": 62, "line_item_id": 8, "quantity": 2, "restock_type": "no_restock", "location_id": null, "subtotal": 10.1, "total_tax": 1.92,
			"subtotal_set": {"shop_money": {"amount": "10.10", "currency_code": "EUR"}, "presentment_money": {"amount": "12.12", "currency_code": "USD"}},
			"total_tax_set": {"shop_money": {"amount": "1.92", "currency_code": "EUR"}, "presentment_money": {"amount": "2.30", "currency_code": "USD"}},
			"line_item": {"id": 8, "sku": "", "product_id": null, "variant_id": null, "title": "Felt", "name": "Felt", "tax_lines": [{"rate": 0.19, "price": "1.92"}]}
		}
	],
	"refund_shipping_lines": [{
		"id": 63, "shipping_line": {"id": 9, "title": "Post", "code": "P"},
		"subtotal_amount_set": {"shop_money": {"amount": "4.00", "currency_code": "EUR"}, "presentment_money": {"amount": "4.80", "currency_code": "USD"}}
	}],
	"order_adjustments": [
		{
			"id": 64, "kind": "shipping_refund", "reason": "Shipping refund", "amount": "-4.00", "tax_amount": "-0.76",
			"amount_set": {"shop_money": {"amount": "-4.00", "currency_code": "EUR"}, "presentment_money": {"amount": "-4.80", "currency_code": "USD"}},
			"tax_amount_set": {"shop_money": {"amount": "-0.76", "currency_code": "EUR"}, "presentment_money": {"amount": "-0.91", "currency_code": "USD"}}
		},
		{
			"id": 65, "kind": "refund_discrepancy", "reason": "Refund discrepancy", "amount": "-0.05", "tax_amount": "0.00",
			"amount_set": {"shop_money": {"amount": "-0.05", "currency_code": "EUR"}, "presentment_money": {"amount": "-0.06", "currency_code": "USD"}},
			"tax_amount_set": {"shop_money": {"amount": "0.00", "currency_code": "EUR"}, "presentment_money": {"amount": "0.00", "currency_code": "USD"}}
		}
	],
	"transactions": [
		{"id": 66, "kind": "refund", "gateway": "gift_card", "status": "success", "test": false, "created_at": "2026-03-05T00:30:00+01:00", "amount": "20.00", "currency": "USD", "authorization": null, "payment_id": "c1.1"},
		{"id": 67, "kind": "refund", "gateway": "shopify_payments", "status": "success", "test": false, "created_at": "2026-03-05T00:30:00+01:00", "amount": "43.03", "currency": "USD", "authorization": "re_1", "payment_id": "c1.2"},
		{"id": 68, "kind": "refund", "gateway": "shopify_payments", "status": "failure", "test": false, "created_at": "2026-03-05T00:29:00+01:00", "amount": "43.03", "currency": "USD", "authorization": null, "payment_id": "c1.3"},
		{"id": 69, "kind": "void", "gateway": "bogus", "status": "success", "test": false, "created_at": "2026-03-05T00:29:00+01:00", "amount": "1.00", "currency": "USD"}
	]
}`

func money(amount, code string) erpbridge.Money {
	return erpbridge.Money{Amount: dec(amount), Currency: code}
}

// TestRefund compares every field of a whole refund, in both currencies.
func TestRefund(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	at := time.Date(2026, 3, 5, 0, 30, 0, 0, berlin)
	payments := []erpbridge.Payment{
		{ID: "66", Gateway: "gift_card", Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: usd("20"), At: at, Reference: "c1.1", Redeemed: true},
		{ID: "67", Gateway: "shopify_payments", Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: usd("43.03"), At: at, Reference: "re_1"},
		{ID: "68", Gateway: "shopify_payments", Kind: erpbridge.Repayment, State: erpbridge.Failed, Amount: usd("43.03"), At: at.Add(-time.Minute), Reference: "c1.3"},
	}
	side := func(code, chair, chairTax, felt, feltTax, post, postTax, cents string) *erpbridge.Refund {
		return &erpbridge.Refund{
			ID: "509", OrderID: "1001", At: at, PostingDate: "2026-03-05", Currency: code, Presentment: "USD", Note: "scratched",
			Lines: []erpbridge.RefundLine{
				{
					ID: "61", LineID: "7", SKU: "CH-1", ProductID: "71", VariantID: "72", Title: "Chair", Quantity: dec("1"),
					Amount: money(chair, code), Tax: money(chairTax, code), Restock: erpbridge.Returned, Location: "88",
				},
				{ID: "62", LineID: "8", Title: "Felt", Quantity: dec("2"), Amount: money(felt, code), Tax: money(feltTax, code), Restock: erpbridge.NoRestock},
			},
			Shipping:    []erpbridge.RefundedShipping{{Title: "Post", Amount: money(post, code), Tax: money(postTax, code)}},
			Adjustments: []erpbridge.Adjustment{{Reason: "refund discrepancy", Amount: money(cents, code), Tax: erpbridge.Zero(code)}},
			Payments:    payments,
		}
	}
	want := side("EUR", "30", "5.7", "10.1", "1.92", "4", "0.76", "0.05")
	want.Presented = side("USD", "36", "6.84", "12.12", "2.3", "4.8", "0.91", "0.06")
	e := one(t, open(t, ""), message("refunds/create", []byte(refunded)))
	if diff := cmp.Diff(want, e.Refund); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if e.Type != erpbridge.RefundIssued || e.Stream != "order/1001" || e.Resource != "refund/509" || !e.Version.At.Equal(at) || e.Version.Rank != 1 {
		t.Errorf("%s in %s, %s, version %s, rank %d", e.Type, e.Stream, e.Resource, e.Version, e.Version.Rank)
	}
	if sum := e.Refund.Sum().String(); sum != "52.53 EUR" {
		t.Errorf("it comes to %s", sum)
	}
	paid, all := e.Refund.Presented.Paid()
	if sum := e.Refund.Presented.Sum(); !all || !sum.Equal(paid) {
		t.Errorf("it comes to %s, and %s were paid back (all: %t)", sum, paid, all)
	}
	if _, all := e.Refund.Paid(); all {
		t.Error("what was paid back in USD is all there is in EUR")
	}
}

// refund returns a refund in EUR with these members instead of everything else.
func refund(members string) []byte {
	return []byte(`{"id":509,"order_id":1001,"created_at":"2026-03-05T10:00:00+01:00",` + members + `}`)
}

const (
	refundLine10 = `"refund_line_items":[{"id":1,"line_item_id":7,"quantity":1,"restock_type":"return","subtotal":10.0,"total_tax":1.9,` +
		`"subtotal_set":{"shop_money":{"amount":"10.00","currency_code":"EUR"}},"total_tax_set":{"shop_money":{"amount":"1.90","currency_code":"EUR"}}}]`
	paid1190 = `"transactions":[{"id":2,"kind":"refund","status":"success","gateway":"x","amount":"11.90","currency":"EUR"}]`
)

func TestRefundFormula(t *testing.T) {
	tests := map[string]struct {
		members   string
		sum, paid string
		all       bool
	}{
		"a line":       {refundLine10 + "," + paid1190, "11.90", "11.90", true},
		"nothing paid": {refundLine10 + `,"transactions":[]`, "11.90", "0.00", true},
		"under way, taken back until it is through": {
			refundLine10 + `,"order_adjustments":[{"kind":"refund_discrepancy","amount":"11.90","tax_amount":"0.00"}],"transactions":[{"kind":"refund","status":"pending","amount":"11.90","currency":"EUR"}]`,
			"0.00", "0.00", false,
		},
		"shipping in adjustments": {
			`"order_adjustments":[{"kind":"shipping_refund","amount":"-5.00","tax_amount":"-0.95"}],"transactions":[{"kind":"refund","status":"success","amount":"5.95","currency":"EUR"}]`,
			"5.95", "5.95", true,
		},
		"shipping in lines": {
			`"order_adjustments":[],"refund_shipping_lines":[{"subtotal_amount_set":{"shop_money":{"amount":"5.00","currency_code":"EUR"}},"tax_amount_set":{"shop_money":{"amount":"0.95","currency_code":"EUR"}}}]`,
			"5.95", "0.00", true,
		},
		"shipping in both": {
			`"order_adjustments":[{"kind":"shipping_refund","amount":"-5.00","tax_amount":"0.00"}],"refund_shipping_lines":[{"subtotal_amount_set":{"shop_money":{"amount":"5.00","currency_code":"EUR"}}}]`,
			"5.00", "0.00", true,
		},
		"duties": {
			refundLine10 + `,"total_duties_set":{"shop_money":{"amount":"3.00","currency_code":"EUR"}},"duties":[{"amount_set":{"shop_money":{"amount":"3.00","currency_code":"EUR"}}}],` + paid1190,
			"14.90", "11.90", true,
		},
		"duties without their sum": {
			refundLine10 + `,"duties":[{"amount_set":{"shop_money":{"amount":"1.00","currency_code":"EUR"}}},{"amount_set":{"shop_money":{"amount":"2.00","currency_code":"EUR"}}}],` + paid1190,
			"14.90", "11.90", true,
		},
		"fees":             {refundLine10 + `,"total_additional_fees_set":{"shop_money":{"amount":"1.00","currency_code":"EUR"}}`, "12.90", "0.00", true},
		"numbers as texts": {strings.ReplaceAll(refundLine10, `"subtotal":10.0,"total_tax":1.9`, `"subtotal":"10.0","total_tax":"1.9"`) + "," + paid1190, "11.90", "11.90", true},
		"floats":           {strings.ReplaceAll(refundLine10, `"subtotal":10.0,"total_tax":1.9`, `"subtotal":9.999999999999998,"total_tax":1.9000000000000001`) + "," + paid1190, "11.90", "11.90", true},
		"no sets":          {`"refund_line_items":[{"quantity":1,"subtotal":10.5,"total_tax":1}],` + paid1190, "11.50", "11.90", true},
		"no tax":           {`"refund_line_items":[{"quantity":1,"subtotal":10.5}],` + paid1190, "10.50", "11.90", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := one(t, open(t, "default_currency: EUR\n"), message("refunds/create", refund(tt.members))).Refund
			paid, all := r.Paid()
			if r.Sum().String() != tt.sum+" EUR" || paid.String() != tt.paid+" EUR" || all != tt.all {
				t.Errorf("it comes to %s, and %s were paid back (all: %t); want %s, %s, %t", r.Sum(), paid, all, tt.sum, tt.paid, tt.all)
			}
		})
	}
}

// TestRefundTaxesIncluded: subtotals contain their tax where prices do, and the numbers
// say so.
func TestRefundTaxesIncluded(t *testing.T) {
	line := func(subtotal, tax, item string) string {
		return `"refund_line_items":[{"quantity":1,"subtotal":"` + subtotal + `","total_tax":"` + tax + `","line_item":{` + item + `}}]`
	}
	paid := func(amount string) string {
		return `,"transactions":[{"kind":"refund","status":"success","amount":"` + amount + `","currency":"EUR"}]`
	}
	const vat = `"tax_lines":[{"rate":0.19}]`
	tests := map[string]struct {
		members string
		want    bool
	}{
		"on top, by the rate":             {line("10.00", "1.90", vat), false},
		"on top, by the rate, underpaid":  {line("10.00", "1.90", vat) + paid("10.00"), false},
		"included, by the rate":           {line("11.90", "1.90", vat), true},
		"included, by the rate, rounded":  {line("9.99", "1.60", vat), true},
		"included, two rates":             {line("11.50", "1.50", `"tax_lines":[{"rate":0.10},{"rate":"0.05"}]`), true},
		"included, by the payment":        {line("11.90", "1.90", "") + paid("11.90"), true},
		"on top, by the payment":          {line("10.00", "1.90", "") + paid("11.90"), false},
		"included, a cent of tax, paid":   {line("0.05", "0.01", vat) + paid("0.05"), true},
		"neither: on top":                 {line("195.66", "3.98", `"tax_lines":[{"rate":0.06}]`) + paid("100.00"), false},
		"no tax at all":                   {line("10.00", "0.00", vat) + paid("10.00"), false},
		"said so":                         {line("10.00", "1.90", vat) + `,"taxes_included":true`, true},
		"said so of no tax":               {line("10.00", "0.00", vat) + `,"taxes_included":true`, false},
		"said not so":                     {line("11.90", "1.90", vat) + `,"taxes_included":"false"`, false},
		"a payment under way says little": {line("11.90", "1.90", "") + strings.Replace(paid("11.90"), "success", "pending", 1), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := one(t, open(t, "default_currency: EUR\n"), message("refunds/create", refund(tt.members))).Refund
			if r.TaxesIncluded != tt.want {
				t.Errorf("included: %t, want %t", r.TaxesIncluded, tt.want)
			}
		})
	}
}

func TestRefundCurrency(t *testing.T) {
	const line = `"refund_line_items":[{"quantity":1,"subtotal":"10.00"}]`
	tests := map[string]struct {
		members, conf, want string
		kind                erpbridge.Kind
	}{
		"of the sets":          {refundLine10 + `,"transactions":[{"kind":"refund","status":"success","amount":"12","currency":"USD"}]`, "default_currency: CHF\n", "EUR", ""},
		"of the transactions":  {line + `,"transactions":[{"kind":"refund","status":"success","amount":"12","currency":"USD"}]`, "default_currency: CHF\n", "USD", ""},
		"of the setting":       {line + `,"transactions":[]`, "default_currency: CHF\n", "CHF", ""},
		"of nothing":           {line, "", "currency: is missing; set default_currency", erpbridge.Held},
		"unknown":              {line + `,"transactions":[{"kind":"refund","status":"success","amount":"12","currency":"DOLLAR"}]`, "", `"DOLLAR" is not an ISO 4217`, erpbridge.Invalid},
		"of two sets at once":  {strings.Replace(refundLine10, `"1.90","currency_code":"EUR"`, `"1.90","currency_code":"CAD"`, 1), "", `total_tax_set: shop_money is in "CAD"`, erpbridge.Invalid},
		"finer than it allows": {`"refund_line_items":[{"quantity":1,"subtotal":"10.001"}]`, "default_currency: EUR\n", "refund_line_items[0].subtotal: 10.001 has more decimals", erpbridge.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := open(t, tt.conf).Normalize(message("refunds/create", refund(tt.members)))
			switch {
			case erpbridge.KindOf(err) != tt.kind:
				t.Errorf("%v, want %s", err, tt.kind)
			case err != nil && !strings.Contains(err.Error(), tt.want):
				t.Errorf("%q lacks %q", err, tt.want)
			case err == nil && events[0].Refund.Currency != tt.want:
				t.Errorf("in %s, want %s", events[0].Refund.Currency, tt.want)
			}
		})
	}
}

// TestRefundWithoutTheBuyersAmounts: where one of them is not given, none is.
func TestRefundWithoutTheBuyersAmounts(t *testing.T) {
	body := strings.Replace(refunded, `, "presentment_money": {"amount": "12.12", "currency_code": "USD"}`, "", 1)
	if r := one(t, open(t, ""), message("refunds/create", []byte(body))).Refund; r.Presented != nil || r.Presentment != "USD" || r.Sum().String() != "52.53 EUR" {
		t.Errorf("presented %v in %s, %s", r.Presented, r.Presentment, r.Sum())
	}
}

func TestRefundRestock(t *testing.T) {
	for word, want := range map[string]erpbridge.Restock{
		`"return"`: erpbridge.Returned, `"RETURN"`: erpbridge.Returned, `"cancel"`: erpbridge.NeverShipped, `"no_restock"`: erpbridge.NoRestock,
		`"legacy_restock"`: erpbridge.LegacyRestock, `null`: erpbridge.UnknownRestock,
	} {
		body := refund(strings.Replace(refundLine10, `"return"`, word, 1))
		if got := one(t, open(t, ""), message("refunds/create", body)).Refund.Lines[0].Restock; got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
}

func TestRefundIgnores(t *testing.T) {
	test := strings.Replace(paid1190, `"id":2`, `"id":2,"test":true`, 1)
	notification := strings.Replace(string(refund(refundLine10)), `"created_at":"2026-03-05T10:00:00+01:00"`, `"created_at":null,"processed_at":null`, 1)
	for name, body := range map[string][]byte{"a test payment": refund(refundLine10 + "," + test), "a test notification": []byte(notification)} {
		if _, err := open(t, "").Normalize(message("refunds/create", body)); erpbridge.KindOf(err) != erpbridge.Ignored {
			t.Errorf("%s: %v", name, err)
		}
		e := one(t, open(t, "test_orders: deliver\n"), message("refunds/create", body))
		if e.Refund == nil || e.Version.At.IsZero() {
			t.Errorf("%s, to be delivered: %+v", name, e)
		}
	}
	mixed := strings.Replace(test, "[{", `[{"kind":"refund","status":"success","test":false,"amount":"1","currency":"EUR"},{`, 1)
	if _, err := open(t, "").Normalize(message("refunds/create", refund(refundLine10+","+mixed))); err != nil {
		t.Errorf("one real payment: %v", err)
	}
}

func TestRefundRefuses(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"no id":               {strings.Replace(string(refund(refundLine10)), `"id":509,`, "", 1), "id: is missing"},
		"no order":            {strings.Replace(string(refund(refundLine10)), `"order_id":1001,`, "", 1), `order_id: "" is not the id of an order`},
		"an order of words":   {strings.Replace(string(refund(refundLine10)), `1001`, `"#1001"`, 1), `order_id: "#1001" is not`},
		"nothing in it":       {`{"id":509,"order_id":1001}`, "the body is not a refund"},
		"an order":            {strings.TrimSuffix(small, "}") + `,"order_id":1,"admin_graphql_api_id":"gid://shopify/Order/1001"}`, "is no id of kind Refund"},
		"a subtotal missing":  {string(refund(`"refund_line_items":[{"quantity":1}],` + paid1190)), "refund_line_items[0].subtotal: is missing"},
		"a negative subtotal": {string(refund(`"refund_line_items":[{"quantity":1,"subtotal":-1}],` + paid1190)), "refund_line_items[0].subtotal: -1.00 EUR is negative"},
		"a restock word":      {string(refund(strings.Replace(refundLine10, `"return"`, `"burn"`, 1))), `refund_line_items[0].restock_type: "burn"`},
		"a kind":              {string(refund(strings.Replace(paid1190, `"refund"`, `"gift"`, 1))), `transactions[0].kind: "gift"`},
		"a status":            {string(refund(strings.Replace(paid1190, `"success"`, `"maybe"`, 1))), `transactions[0].status: "maybe"`},
		"no amount":           {string(refund(strings.Replace(paid1190, `"amount":"11.90",`, ``, 1))), `transactions[0].amount: is missing`},
		"a negative payment":  {string(refund(strings.Replace(paid1190, `"11.90"`, `"-11.90"`, 1))), `transactions[0].amount: -11.90 EUR is negative`},
		"an adjustment":       {string(refund(refundLine10 + `,"order_adjustments":[{"kind":"refund_discrepancy"}]`)), "order_adjustments[0].amount: is missing"},
		"taxes maybe":         {string(refund(refundLine10 + `,"taxes_included":"maybe"`)), "taxes_included: "},
		"no JSON":             {`{"id":509`, "the body cannot be read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, "").Normalize(message("refunds/create", []byte(tt.body)))
			var e *erpbridge.Error
			if !errors.As(err, &e) || e.Kind != erpbridge.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want it invalid with %q", err, tt.want)
			}
		})
	}
}

// TestRefundUnwraps: as the REST API answers it, a refund is in a wrapper.
func TestRefundUnwraps(t *testing.T) {
	bare := one(t, open(t, ""), message("refunds/create", []byte(refunded)))
	wrapped := one(t, open(t, ""), message("refunds/create", []byte(`{"refund":`+refunded+`}`)))
	if diff := cmp.Diff(bare, wrapped); diff != "" {
		t.Errorf("in a wrapper it is another:\n%s", diff)
	}
}
