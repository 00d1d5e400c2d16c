package shopify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// refundOf returns a refund of one line and one charge for transport.
func refundOf(line, shipping, payments string) []byte {
	return refund(`"refund_line_items":[` + line + `],"order_adjustments":[` + shipping + `],"transactions":[` + payments + `]`)
}

func refundedItem(subtotal, tax, taxLines string) string {
	return fmt.Sprintf(`{"id":1,"quantity":1,"restock_type":"cancel","subtotal":%s,"total_tax":%s,"line_item":{"id":7,"tax_lines":[%s]}}`, subtotal, tax, taxLines)
}

func refundedTransport(amount, tax string) string {
	return fmt.Sprintf(`{"kind":"shipping_refund","amount":"-%s","tax_amount":"-%s"}`, amount, tax)
}

func paidBack(amount, status string) string {
	return fmt.Sprintf(`{"id":2,"kind":"refund","gateway":"x","status":%q,"amount":%q,"currency":"EUR"}`, status, amount)
}

// TestTaxOfNothingHasNoSay: a tax that is listed with its rate, and came to nothing, does
// not keep the others from telling whether a refund without payments contains its taxes.
func TestTaxOfNothingHasNoSay(t *testing.T) {
	const exempt = `{"title":"Reduced","rate":0.07,"price":"0.00"},{"title":"Eco","rate":0.01,"price_set":{"shop_money":{"amount":"0.0","currency_code":"EUR"}}},`
	tests := map[string]struct{ subtotal, lines, sum string }{
		"contained":                {"119.00", exempt + `{"title":"VAT","rate":0.19,"price":"19.00"}`, "119.00"},
		"on top":                   {"100.00", exempt + `{"title":"VAT","rate":0.19,"price":"19.00"}`, "119.00"},
		"contained, with exponent": {"119.00", exempt + `{"title":"VAT","rate":1.9e-1,"price":"19.00"}`, "119.00"},
		"contained, no prices":     {"119.00", `{"title":"VAT","rate":"0.19"}`, "119.00"},
		"on top, no prices":        {"100.00", `{"title":"VAT","rate":"0.19"}`, "119.00"},
	}
	for name, tt := range tests {
		r := one(t, open(t, "default_currency: EUR\n"), message("refunds/create", refundOf(refundedItem(tt.subtotal, "19.00", tt.lines), "", ""))).Refund
		if got := r.Sum().Plain(); got != tt.sum || r.Lines[0].Tax.Plain() != "19.00" {
			t.Errorf("%s: it comes to %s, with %s of tax", name, got, r.Lines[0].Tax.Plain())
		}
	}
}

// TestTaxOfRefundedTransport: where prices contain their tax, the transport paid back may
// be told with its tax, or with its tax on top. Either way the refund comes to what was
// paid back, and says how much of it is tax.
func TestTaxOfRefundedTransport(t *testing.T) {
	const vat = `{"title":"VAT","rate":0.19,"price":"19.00"}`
	gross, net := refundedItem("119.00", "19.00", vat), refundedItem("100.00", "19.00", vat)
	silent := refundedItem("119.00", "19.00", "")
	discrepancy := `,{"kind":"refund_discrepancy","amount":"4.95","tax_amount":"0.00"}`
	tests := map[string]struct {
		body          []byte
		included      bool
		shipping, sum string
	}{
		"on top of both":            {refundOf(net, refundedTransport("5.00", "0.95"), paidBack("124.95", "success")), false, "5.00", "124.95"},
		"in both":                   {refundOf(gross, refundedTransport("5.95", "0.95"), paidBack("124.95", "success")), true, "5.95", "124.95"},
		"in the goods only":         {refundOf(gross, refundedTransport("5.00", "0.95"), paidBack("124.95", "success")), true, "5.95", "124.95"},
		"no rates, in both":         {refundOf(silent, refundedTransport("5.95", "0.95"), paidBack("124.95", "success")), true, "5.95", "124.95"},
		"no rates, goods only":      {refundOf(silent, refundedTransport("5.00", "0.95"), paidBack("124.95", "success")), true, "5.95", "124.95"},
		"goods only, less was paid": {refundOf(gross, refundedTransport("5.00", "0.95")+discrepancy, paidBack("120.00", "success")), true, "5.95", "120.00"},
		"under way: as lines are":   {refundOf(gross, refundedTransport("5.95", "0.95"), paidBack("124.95", "pending")), true, "5.95", "124.95"},
		"neither meets: seen":       {refundOf(gross, refundedTransport("5.00", "0.95"), paidBack("100.00", "success")), true, "5.00", "124.00"},
		"said so": {
			[]byte(strings.Replace(string(refundOf(gross, refundedTransport("5.00", "0.95"), paidBack("124.95", "success"))), `{"id":509`, `{"taxes_included":true,"id":509`, 1)),
			true, "5.95", "124.95",
		},
		"transport alone, in it":  {refundOf("", refundedTransport("5.95", "0.95"), paidBack("5.95", "success")), true, "5.95", "5.95"},
		"transport alone, on top": {refundOf("", refundedTransport("5.00", "0.95"), paidBack("5.95", "success")), false, "5.00", "5.95"},
		"two payments, one of them failed": {
			refundOf(gross, refundedTransport("5.00", "0.95"), paidBack("24.95", "success")+","+paidBack("100.00", "failure")+","+paidBack("100.00", "success")), true, "5.95", "124.95",
		},
	}
	for name, tt := range tests {
		r := one(t, open(t, "default_currency: EUR\n"), message("refunds/create", tt.body)).Refund
		if r.TaxesIncluded != tt.included || r.Shipping[0].Amount.Plain() != tt.shipping || r.Shipping[0].Tax.Plain() != "0.95" || r.Sum().Plain() != tt.sum {
			t.Errorf("%s: included %t, transport %s with %s of tax, it comes to %s", name, r.TaxesIncluded, r.Shipping[0].Amount, r.Shipping[0].Tax, r.Sum())
		}
	}
}

// TestTaxOfRefundedTransportInTwoCurrencies: what the buyer's payments tell counts for the
// shop's amounts, too.
func TestTaxOfRefundedTransportInTwoCurrencies(t *testing.T) {
	set := func(shop, buyer string) string {
		return fmt.Sprintf(`{"shop_money":{"amount":"%s","currency_code":"EUR"},"presentment_money":{"amount":"%s","currency_code":"CHF"}}`, shop, buyer)
	}
	body := refund(`"refund_line_items":[{"id":1,"quantity":1,"subtotal":119.0,"total_tax":19.0,"subtotal_set":` + set("119.00", "238.00") + `,"total_tax_set":` + set("19.00", "38.00") +
		`,"line_item":{"id":7,"tax_lines":[{"rate":0.19,"price":"19.00"}]}}],"order_adjustments":[{"kind":"shipping_refund","amount":"-5.00","tax_amount":"-0.95","amount_set":` + set("-5.00", "-10.00") +
		`,"tax_amount_set":` + set("-0.95", "-1.90") + `}],"transactions":[{"id":2,"kind":"refund","status":"success","amount":"249.90","currency":"CHF"}]`)
	r := one(t, open(t, ""), message("refunds/create", body)).Refund
	if r.Sum().String() != "124.95 EUR" || r.Presented == nil || r.Presented.Sum().String() != "249.90 CHF" || !r.TaxesIncluded || !r.Presented.TaxesIncluded {
		t.Errorf("it comes to %s, and to %+v", r.Sum(), r.Presented)
	}
}

// TestRefundInCash: what cash was rounded by is no hole in a refund, and is told once,
// whether or not Shopify tells the payment with it.
func TestRefundInCash(t *testing.T) {
	item := refundedItem("10.02", "0.00", "")
	cash := func(amount, rounding, status string) string {
		return strings.Replace(paidBack(amount, status), `"id":2`, `"id":2,"amount_rounding":`+rounding, 1)
	}
	tests := map[string]struct {
		payments  string
		sum, paid string
		rounded   string
	}{
		"as it was made":           {cash("10.00", `"-0.02"`, "success"), "10.00", "10.00", "-0.02"},
		"as a number":              {cash("10.00", `-0.02`, "success"), "10.00", "10.00", "-0.02"},
		"as it would have been":    {cash("10.02", `"-0.02"`, "success"), "10.02", "10.02", ""},
		"of two payments":          {cash("5.00", `"-0.01"`, "success") + "," + cash("5.00", `"-0.01"`, "success"), "10.00", "10.00", "-0.02"},
		"up":                       {cash("10.05", `"0.03"`, "success"), "10.05", "10.05", "0.03"},
		"not by that much":         {cash("9.00", `"-0.02"`, "success"), "10.02", "9.00", ""},
		"a failed one":             {cash("10.00", `"-0.02"`, "failure") + "," + paidBack("10.00", "success"), "10.02", "10.00", ""},
		"not at all":               {cash("10.02", `null`, "success"), "10.02", "10.02", ""},
		"what cannot be an amount": {cash("10.02", `{"x":[1]}`, "success"), "10.02", "10.02", ""},
	}
	for name, tt := range tests {
		r := one(t, open(t, "default_currency: EUR\n"), message("refunds/create", refundOf(item, "", tt.payments))).Refund
		paid, _ := r.Paid()
		if r.Sum().Plain() != tt.sum || paid.Plain() != tt.paid {
			t.Errorf("%s: it comes to %s, and %s were paid back", name, r.Sum(), paid)
		}
		got := ""
		for _, a := range r.Adjustments {
			got += a.Amount.Plain()
			if a.Reason != "cash rounding" || !a.Tax.IsZero() {
				t.Errorf("%s: %+v", name, a)
			}
		}
		if got != tt.rounded {
			t.Errorf("%s: rounded by %q, want %q", name, got, tt.rounded)
		}
	}
}

// TestRefundOfFloats: a refund's subtotals are JSON numbers, and without a set beside them
// they may be what a sender's floats make of them.
func TestRefundOfFloats(t *testing.T) {
	body := refundOf(refundedItem("19.990000000000002", "3.8000000000000003", ""), "", paidBack("23.79", "success"))
	r := one(t, open(t, "default_currency: EUR\n"), message("refunds/create", body)).Refund
	if paid, all := r.Paid(); !all || !r.Sum().Equal(paid) || r.Lines[0].Amount.Plain() != "19.99" {
		t.Errorf("%s, and %s were paid back", r.Sum(), paid)
	}
	finer := refundOf(refundedItem("19.995", "3.80", ""), "", paidBack("23.79", "success"))
	if _, err := open(t, "default_currency: EUR\n").Normalize(message("refunds/create", finer)); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("half a cent: %v", err)
	}
}

// TestTipsAreTipsInEveryLanguage: a webhook says of a tip how it was paid, and of nothing
// else.
func TestTipsAreTipsInEveryLanguage(t *testing.T) {
	for members, want := range map[string]erpbridge.LineKind{
		`"tip_payment_gateway":"shopify_payments"`:                              erpbridge.Tip,
		`"tip_payment_gateway":null,"tip_payment_method":"Visa"`:                erpbridge.Tip,
		`"tip_payment_gateway":null,"tip_payment_method":null`:                  erpbridge.Item,
		`"tip_payment_gateway":"shopify_payments","product_id":7`:               erpbridge.Item,
		`"tip_payment_gateway":"shopify_payments","variant_id":7`:               erpbridge.Item,
		`"tip_payment_gateway":"shopify_payments","gift_card":true`:             erpbridge.GiftCard,
		`"tip_payment_gateway":"shopify_payments","product_id":null,"sku":null`: erpbridge.Tip,
	} {
		body := but(t, `"title":"Mug"`, `"title":"Pourboire",`+members)
		if got := order(t, open(t, ""), "orders/updated", body).Lines[0].Kind; got != want {
			t.Errorf("%s: %s, want %s", members, got, want)
		}
		if asked := order(t, connect(t, "http://127.0.0.1:1", ""), "orders/updated", body).Lines[0].Kind; want == erpbridge.Tip && asked != erpbridge.Item {
			t.Errorf("%s: %s, and the list would say it is an item", members, asked)
		}
	}
}

// TestListReadsTaxesAsWebhooksDo: of a shop whose prices contain their tax, a refund is one
// version, whether its numbers say so or the list does, and whatever cash was rounded by.
func TestListReadsTaxesAsWebhooksDo(t *testing.T) {
	both := func(amount string) string {
		return `{"shop_money":{"amount":"` + amount + `","currency_code":"EUR"},"presentment_money":{"amount":"` + amount + `","currency_code":"EUR"}}`
	}
	line := func(subtotal, tax, taxLines string) string {
		return `{"id":1,"quantity":1,"restock_type":"return","subtotal_set":` + both(subtotal) + `,"total_tax_set":` + both(tax) + `,"subtotal":` + subtotal + `,"total_tax":` + tax +
			`,"line_item":{"id":7,"title":"Mug","tax_lines":[` + taxLines + `]}}`
	}
	transport := func(amount, tax string) string {
		return `{"kind":"shipping_refund","amount":"-` + amount + `","tax_amount":"-` + tax + `","amount_set":` + both("-"+amount) + `,"tax_amount_set":` + both("-"+tax) + `}`
	}
	const vat = `{"rate":0.07,"price":"0.00"},{"rate":0.19,"price":"19.00"}`
	rounded := strings.Replace(paidBack("118.95", "success"), `"id":2`, `"id":2,"amount_rounding":"-0.05"`, 1)
	var refunds []string
	for i, parts := range [][3]string{
		{line("119.00", "19.00", vat), transport("5.95", "0.95"), paidBack("124.95", "success")},
		{line("119.00", "19.00", vat), transport("5.00", "0.95"), paidBack("124.95", "success")},
		{line("119.00", "19.00", vat), transport("5.95", "0.95"), paidBack("124.95", "pending")},
		{line("119.00", "19.00", vat), "", rounded},
		{line("119.00", "19.00", vat), "", ""},
		{line("119.00", "0.00", ""), "", paidBack("119.00", "success")},
		{"", transport("5.95", "0.95"), paidBack("5.95", "success")},
	} {
		refunds = append(refunds, strings.Replace(string(refundOf(parts[0], parts[1], parts[2])), `"id":509`, fmt.Sprintf(`"id":%d`, 600+i), 1))
	}
	body := strings.TrimSuffix(string(with(`"taxes_included":true`)), "}") + `,"refunds":[` + strings.Join(refunds, ",") + "]}"
	g := &graph{t: t, orders: []map[string]any{graphQL(t, []byte(body))}}
	s := connect(t, g.serve(), "")
	listed := listed(t, s, long)[1:]
	if len(listed) != len(refunds) {
		t.Fatalf("%d of %d refunds are listed", len(listed), len(refunds))
	}
	for i, m := range listed {
		webhook, poll := one(t, s, message("refunds/create", []byte(refunds[i]))), one(t, s, m)
		if webhook.Version.Digest != poll.Version.Digest || webhook.Resource != poll.Resource {
			t.Errorf("%s: told as %+v, listed as %+v", m.ID, webhook.Refund, poll.Refund)
		}
		if paid, all := poll.Refund.Paid(); all && len(poll.Refund.Payments) > 0 && !paid.Equal(poll.Refund.Sum()) {
			t.Errorf("%s comes to %s, and %s were paid back", m.ID, poll.Refund.Sum(), paid)
		}
	}
}
