package shopify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// everything is an order with what most orders do not have: two currencies, a company,
// terms, a bundle, properties, a tip, rounding, a tax that the channel owes.
const everything = `{
	"id": 2002, "admin_graphql_api_id": "gid://shopify/Order/2002", "name": "#2002", "order_number": 2002, "po_number": "4500 / 7", "test": false,
	"source_name": "pos", "location_id": 88, "created_at": "2026-03-01T23:30:00+01:00", "processed_at": "2026-03-01T23:30:00+01:00", "updated_at": "2026-03-02T08:00:00+01:00",
	"cancelled_at": "2026-03-02T08:00:00+01:00", "cancel_reason": "inventory",
	"currency": "EUR", "presentment_currency": "USD", "taxes_included": true, "duties_included": false, "tax_exempt": false,
	"total_price": "54.00", "total_price_set": {"shop_money": {"amount": "54.00", "currency_code": "EUR"}, "presentment_money": {"amount": "64.80", "currency_code": "USD"}},
	"current_total_price": "0.00", "current_total_price_set": {"shop_money": {"amount": "0.00", "currency_code": "EUR"}, "presentment_money": {"amount": "0.00", "currency_code": "USD"}},
	"total_tax": "7.98", "total_tax_set": {"shop_money": {"amount": "7.98", "currency_code": "EUR"}, "presentment_money": {"amount": "9.58", "currency_code": "USD"}},
	"total_outstanding": "54.00",
	"original_total_duties_set": {"shop_money": {"amount": "4.00", "currency_code": "EUR"}, "presentment_money": {"amount": "4.80", "currency_code": "USD"}},
	"original_total_additional_fees_set": null,
	"total_cash_rounding_payment_adjustment_set": {"shop_money": {"amount": "-0.02", "currency_code": "EUR"}, "presentment_money": {"amount": "-0.02", "currency_code": "USD"}},
	"financial_status": "voided", "payment_gateway_names": ["cash"], "email": "", "contact_email": null, "phone": null,
	"payment_terms": {"payment_terms_name": "Net 30", "payment_schedules": [{"due_at": "2026-03-15T10:00:00+01:00"}, {"due_at": "2027-03-31T10:00:00+02:00"}, {"due_at": null}]},
	"company": {"id": 12, "location_id": 34},
	"line_items": [
		{
			"id": 7, "sku": "BOX-A", "product_id": 71, "variant_id": 72, "title": "Mug", "name": "Mug - red", "gift_card": false, "quantity": 2, "current_quantity": 0, "price": "20.00",
			"price_set": {"shop_money": {"amount": "20.00", "currency_code": "EUR"}, "presentment_money": {"amount": "24.00", "currency_code": "USD"}},
			"sales_line_item_group_id": 5, "properties": [{"name": "Engraving", "value": "Zoë ❤️\nLine 2"}, {"name": "_n", "value": 3}, {"name": "", "value": null}],
			"discount_allocations": [{"amount": "2.00", "amount_set": {"shop_money": {"amount": "2.00", "currency_code": "EUR"}, "presentment_money": {"amount": "2.40", "currency_code": "USD"}}, "discount_application_index": 0}],
			"tax_lines": [{"title": "VAT", "rate": 0.19, "price": "7.98", "channel_liable": true, "price_set": {"shop_money": {"amount": "7.98", "currency_code": "EUR"}, "presentment_money": {"amount": "9.58", "currency_code": "USD"}}}],
			"duties": [{"id": "1", "shop_money": {"amount": "4.00", "currency_code": "EUR"}, "presentment_money": {"amount": "4.80", "currency_code": "USD"},
				"tax_lines": [{"title": "Import", "rate": 0.1, "price": "0.00", "price_set": {"shop_money": {"amount": "0.00", "currency_code": "EUR"}, "presentment_money": {"amount": "0.00", "currency_code": "USD"}}}]}]
		},
		{"id": 8, "title": "Tip", "quantity": 1, "price": "5.00", "price_set": {"shop_money": {"amount": "5.00", "currency_code": "EUR"}, "presentment_money": {"amount": "6.00", "currency_code": "USD"}}}
	],
	"line_item_groups": [],
	"shipping_lines": [{"id": 9, "title": "Courier", "code": "C", "carrier_identifier": "dhl", "price": "7.00", "is_removed": false,
		"price_set": {"shop_money": {"amount": "7.00", "currency_code": "EUR"}, "presentment_money": {"amount": "8.40", "currency_code": "USD"}}}],
	"tax_lines": [{"title": "VAT", "rate": 0.19, "price": "7.98", "channel_liable": true, "price_set": {"shop_money": {"amount": "7.98", "currency_code": "EUR"}, "presentment_money": {"amount": "9.58", "currency_code": "USD"}}}],
	"discount_applications": [{"type": "discount_code", "code": "TWO"}], "discount_codes": [{"code": "TWO", "amount": "2.00"}],
	"note": null, "note_attributes": [{"name": "slot", "value": "3"}], "tags": "b2b, pos"
}`

// TestOrderWithEverything compares what only some orders have.
func TestOrderWithEverything(t *testing.T) {
	o := order(t, open(t, ""), "orders/updated", []byte(everything))
	berlin := func(hour, offset int) *time.Location { return time.FixedZone("", (hour+offset)*3600) }
	side := func(o *erpbridge.Order, code, mug, two, vat, tip, post, duty, total, rounded string) {
		t.Helper()
		tax := erpbridge.Tax{Title: "VAT", Rate: dec("0.19"), Amount: money(vat, code), Marketplace: true}
		want := &erpbridge.Order{
			ID: "2002", Number: "#2002", PO: "4500 / 7", Channel: "pos",
			PlacedAt: time.Date(2026, 3, 1, 23, 30, 0, 0, berlin(1, 0)), UpdatedAt: time.Date(2026, 3, 2, 8, 0, 0, 0, berlin(1, 0)),
			CancelledAt: time.Date(2026, 3, 2, 8, 0, 0, 0, berlin(1, 0)), CancelReason: "inventory", PostingDate: "2026-03-01",
			Currency: code, Presentment: "USD", TaxesIncluded: true,
			Company: &erpbridge.Company{ID: "12", LocationID: "34"},
			Lines: []erpbridge.Line{
				{
					ID: "7", SKU: "BOX-A", ProductID: "71", VariantID: "72", Title: "Mug", Kind: erpbridge.Item, Quantity: dec("2"), Current: dec("0"),
					Unit: money(mug, code), Discounts: []erpbridge.Discount{{Code: "TWO", Title: "TWO", Amount: money(two, code)}}, Taxes: []erpbridge.Tax{tax},
					Location: "88", Attributes: []erpbridge.Attribute{{Name: "Engraving", Value: "Zoë ❤️\nLine 2"}, {Name: "_n", Value: "3"}},
				},
				{ID: "8", Title: "Tip", Kind: erpbridge.Tip, Quantity: dec("1"), Current: dec("1"), Unit: money(tip, code), Location: "88"},
			},
			Shipping: []erpbridge.ShippingLine{{ID: "9", Title: "Courier", Code: "C", Carrier: "dhl", Price: money(post, code)}},
			Charges: []erpbridge.Charge{{
				Kind: erpbridge.Duty, Amount: money(duty, code),
				Taxes: []erpbridge.Tax{{Title: "Import", Rate: dec("0.1"), Amount: erpbridge.Zero(code)}},
			}},
			Taxes: []erpbridge.Tax{tax}, TaxTotal: money(vat, code), Total: money(total, code), Outstanding: money(total, code),
			Remaining: erpbridge.Zero(code), Rounding: money(rounded, code), PaymentStatus: erpbridge.Voided, Gateways: []string{"cash"},
			Terms:      &erpbridge.PaymentTerms{Name: "Net 30", DueAt: time.Date(2027, 3, 31, 10, 0, 0, 0, berlin(1, 1))},
			Attributes: []erpbridge.Attribute{{Name: "slot", Value: "3"}}, Tags: []string{"b2b", "pos"},
		}
		got := *o
		got.Presented = nil
		if diff := cmp.Diff(want, &got); diff != "" {
			t.Errorf("in %s, -want +got:\n%s", code, diff)
		}
		if !o.Sum().Equal(o.Total) {
			t.Errorf("parts come to %s, the total is %s", o.Sum(), o.Total)
		}
	}
	if o.Presented == nil {
		t.Fatal("nothing says what the buyer saw")
	}
	side(o, "EUR", "20", "2", "7.98", "5", "7", "4", "54", "-0.02")
	side(o.Presented, "USD", "24", "2.4", "9.58", "6", "8.4", "4.8", "64.8", "-0.02")
}

// TestPresentedIsWholeOrNothing takes one of the buyer's amounts away after the other.
func TestPresentedIsWholeOrNothing(t *testing.T) {
	s := open(t, "")
	const needle = `, "presentment_money": {"amount": "`
	parts := strings.Split(everything, needle)
	taken := 0
	for i := 1; i < len(parts); i++ {
		end := strings.IndexByte(parts[i], '}') + 1
		zero := strings.HasPrefix(parts[i], "0.00")
		body := strings.Join(parts[:i], needle) + parts[i][end:]
		if i+1 < len(parts) {
			body += needle + strings.Join(parts[i+1:], needle)
		}
		o := order(t, s, "orders/updated", []byte(body))
		if zero != (o.Presented != nil) { // nothing is nothing in every currency
			t.Errorf("without the presentment_money %q, the order in USD is %v", parts[i][:end], o.Presented)
		}
		if o.Presentment != "USD" || !o.Sum().Equal(o.Total) {
			t.Errorf("what the shop books depends on %q", parts[i][:end])
		}
		taken++
	}
	if taken < 12 {
		t.Errorf("only %d amounts were taken away", taken)
	}
}

func TestPresentedOutstanding(t *testing.T) {
	for open1, want := range map[string]string{`"54.00"`: "64.80 USD", `"0.00"`: "0.00 USD", `null`: "0.00 USD", `"10.00"`: "0"} {
		body := strings.Replace(everything, `"total_outstanding": "54.00"`, `"total_outstanding": `+open1, 1)
		o := order(t, open(t, ""), "orders/updated", []byte(body))
		if got := o.Presented.Outstanding; got.String() != want {
			t.Errorf("%s EUR outstanding are %s, want %s", open1, got, want)
		}
	}
}

func TestBundles(t *testing.T) {
	body := strings.Replace(everything, `"line_item_groups": []`, `"line_item_groups": [{"id": 4, "title": "Other"}, {"id": "5", "title": "Breakfast"}]`, 1)
	lines := order(t, open(t, ""), "orders/updated", []byte(body)).Lines
	last := lines[0].Attributes[len(lines[0].Attributes)-1]
	if last != (erpbridge.Attribute{Name: "erpbridge.bundle", Value: "Breakfast"}) || lines[1].Attributes != nil || lines[0].Kind != erpbridge.Item {
		t.Errorf("%+v, %+v", lines[0].Attributes, lines[1].Attributes)
	}
	component := but(t, `"title":"Mug"`, `"title":"Mug","barcode":"4006381333931","parent_line_item_id":6`)
	if l := order(t, open(t, ""), "orders/updated", component).Lines[0]; l.Parent != "6" || l.Kind != erpbridge.Component || l.Barcode != "4006381333931" {
		t.Errorf("%+v", l)
	}
}

// TestOrderPayments: partners may send an order's transactions with it.
func TestOrderPayments(t *testing.T) {
	o := order(t, open(t, ""), "orders/updated", with(`"transactions":[
		{"id":1,"kind":"authorization","status":"success","gateway":"card","amount":"10.00"},
		{"id":2,"kind":"capture","status":"pending","gateway":"card","amount":"10.00","currency":"USD","created_at":"2026-03-01T10:00:00Z"},
		{"id":3,"kind":"change","status":"success","gateway":"cash","amount":"1.00"}]`))
	want := []erpbridge.Payment{
		{ID: "1", Gateway: "card", Kind: erpbridge.Authorization, State: erpbridge.Succeeded, Amount: money("10", "EUR")},
		{ID: "2", Gateway: "card", Kind: erpbridge.Capture, State: erpbridge.InProgress, Amount: usd("10"), At: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, o.Payments); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTerms(t *testing.T) {
	for terms, want := range map[string]*erpbridge.PaymentTerms{
		`null`: nil, `{}`: nil, `{"payment_terms_name":"Due on receipt","payment_schedules":[]}`: {Name: "Due on receipt"},
	} {
		if got := order(t, open(t, ""), "orders/updated", with(`"payment_terms":`+terms)).Terms; !cmp.Equal(got, want) {
			t.Errorf("%s: %+v", terms, got)
		}
	}
	if _, err := open(t, "").Normalize(message("orders/updated", with(`"payment_terms":{"payment_schedules":[{"due_at":"soon"}]}`))); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("due soon: %v", err)
	}
}
