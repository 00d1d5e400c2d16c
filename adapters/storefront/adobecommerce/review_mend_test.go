package adobecommerce_test

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

const (
	reviewOrder = `{"entity_id":7,"increment_id":"000000007","created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00",
"base_currency_code":"EUR","order_currency_code":"JPY","base_grand_total":12.5,"grand_total":2012.5,"state":"new",
"items":[{"item_id":1,"order_id":7,"sku":"MUG","product_type":"simple","qty_ordered":1,"base_price":12.5,"base_row_total":12.5,"price":2012.5,"row_total":2012.5}]}`
	reviewMemo = `{"entity_id":3,"order_id":7,"created_at":"2026-03-02 10:00:00","updated_at":"2026-03-02 10:00:00","state":2,
"base_currency_code":"EUR","order_currency_code":"EUR","base_grand_total":22.61,"base_shipping_amount":5,"base_tax_amount":3.61,
"items":[{"entity_id":1,"order_item_id":1,"sku":"MUG","qty":1,"base_price":14,"base_row_total":14,"base_tax_amount":2.66}]}`
)

func reviewOne(t *testing.T, typ, body string, changes ...string) erpbridge.Event {
	t.Helper()
	body = strings.NewReplacer(changes...).Replace(body)
	es, err := reviewed(t, "").Normalize(reviewMessage(typ, []byte(body)))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return es[0]
}

// TestStatusForState: an event that is subscribed to the status and not to the state
// tells a cancelled order, too. It would be shipped otherwise.
func TestStatusForState(t *testing.T) {
	state := reviewOne(t, "order", reviewOrder, `"state":"new"`, `"state":"canceled"`)
	status := reviewOne(t, "order", reviewOrder, `"state":"new"`, `"status":"canceled"`)
	if status.Type != erpbridge.OrderCancelled || status.Version != state.Version {
		t.Errorf("%s %v, want that of the state, %s %v", status.Type, status.Version, state.Type, state.Version)
	}
	both := reviewOne(t, "order", reviewOrder, `"state":"new"`, `"state":"processing","status":"canceled"`)
	if both.Type == erpbridge.OrderCancelled {
		t.Error("the status counts against the state")
	}
}

// TestBuyersHalfWithoutAmounts: the shop calculates with two decimals in yen, too. The
// books are not spoilt by it.
func TestBuyersHalfWithoutAmounts(t *testing.T) {
	o := reviewOne(t, "order", reviewOrder).Order
	if o.Total.String() != "12.50 EUR" || !o.Sum().Equal(o.Total) || o.Presented != nil || o.Presentment != "JPY" {
		t.Errorf("%s of %s, presented in %s: %v", o.Sum(), o.Total, o.Presentment, o.Presented)
	}
	if o := reviewOne(t, "order", reviewOrder, "2012.5", "2012").Order; o.Presented == nil || o.Presented.Total.String() != "2012 JPY" {
		t.Errorf("presented: %v", o.Presented)
	}
	_, err := reviewed(t, "").Normalize(reviewMessage("order", []byte(strings.ReplaceAll(reviewOrder, `"base_row_total":12.5`, `"base_row_total":12.505`))))
	if erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("half a cent in the books: %v", err)
	}
	memo := reviewOne(t, "creditmemo", reviewMemo, `"order_currency_code":"EUR"`, `"order_currency_code":"JPY","grand_total":3600.25`)
	if r := memo.Refund; r.Presented != nil || r.Presentment != "JPY" || r.Sum().String() != "22.61 EUR" {
		t.Errorf("%s, presented %v", r.Sum(), r.Presented)
	}
}

// TestTaxOfTheHead: what a credit memo's lines do not say of its tax is paid back, too.
func TestTaxOfTheHead(t *testing.T) {
	for _, change := range [][]string{
		nil, // the tax of shipping has no member
		{`"base_shipping_amount":5`, `"base_shipping_amount":5,"base_shipping_tax_amount":0.95`},
		{`"base_tax_amount":2.66`, `"base_tax_amount":2.65`}, // rounded apart
		{`,"base_tax_amount":2.66`, ``},
		{`"base_tax_amount":3.61,`, ``, `"base_shipping_amount":5`, `"base_shipping_amount":5,"base_shipping_tax_amount":0.95`},
	} {
		r := reviewOne(t, "creditmemo", reviewMemo, change...).Refund
		if paid, all := r.Paid(); !all || !paid.Equal(r.Sum()) {
			t.Errorf("%v: paid %s, comes to %s", change, paid, r.Sum())
		}
	}
	r := reviewOne(t, "creditmemo", reviewMemo, `"base_grand_total":22.61`, `"base_grand_total":22.60`).Refund
	if paid, _ := r.Paid(); paid.Equal(r.Sum()) {
		t.Error("a cent that is nowhere adds up")
	}
}

// TestPartsOfACreditMemo: what a credit memo pays back beside its lines is part of it.
func TestPartsOfACreditMemo(t *testing.T) {
	total := `"base_grand_total":22.61`
	for what, change := range map[string][]string{
		"wrapping":                        {total, `"base_grand_total":28.61,"gw_base_price":"2.0000","gw_items_base_price":4,"gw_card_base_price":0`},
		"wrapping, as the API tells it":   {total, `"base_grand_total":26.61,"extension_attributes":{"gw_items_base_price":"4.0000","gw_items_price":"4.0000"}`},
		"an adjustment of which only one": {total, `"base_grand_total":20.61,"base_adjustment":-2,"adjustment":-2`},
		"adjustments and their sum":       {total, `"base_grand_total":24.61,"base_adjustment_positive":5,"base_adjustment_negative":"3.0000","base_adjustment":2`},
		"a cent made good":                {total, `"base_grand_total":22.60,"base_discount_tax_compensation_amount":-0.01`},
		"a cent made good in a line":      {total, `"base_grand_total":22.60,"base_discount_tax_compensation_amount":"-0.0100"`, `"base_tax_amount":2.66`, `"base_tax_amount":2.66,"base_discount_tax_compensation_amount":-0.01`},
	} {
		r := reviewOne(t, "creditmemo", reviewMemo, change...).Refund
		if paid, all := r.Paid(); !all || !paid.Equal(r.Sum()) {
			t.Errorf("%s: paid %s, comes to %s", what, paid, r.Sum())
		}
	}
}

// TestCentMadeGood: the tax in a discount may be negative: what rounding took is made good.
func TestCentMadeGood(t *testing.T) {
	const total, row = `"base_grand_total":12.5`, `"base_row_total":12.5`
	line := row + `,"base_discount_amount":1,"base_discount_tax_compensation_amount":-0.01`
	for what, change := range map[string][]string{
		"in the line and the head": {total, `"base_grand_total":11.49,"base_discount_amount":-1,"base_discount_tax_compensation_amount":-0.01`, row, line},
		"in the line":              {total, `"base_grand_total":11.49,"base_discount_amount":-1`, row, line},
		"in the head":              {total, `"base_grand_total":11.49,"base_discount_amount":-1,"base_discount_tax_compensation_amount":-0.01`},
		"in that of shipping":      {total, `"base_grand_total":16.49,"base_discount_amount":-1,"base_shipping_amount":5,"base_shipping_discount_amount":1,"base_shipping_discount_tax_compensation_amnt":-0.01`},
	} {
		if o := reviewOne(t, "order", reviewOrder, change...).Order; !o.Sum().Equal(o.Total) {
			t.Errorf("%s: comes to %s of %s", what, o.Sum(), o.Total)
		}
	}
}

// TestFineTaxes: where several rates share a tax, the shop's list of them is finer than the
// currency; the order is not, and neither are its other taxes.
func TestFineTaxes(t *testing.T) {
	body := strings.Replace(reviewOrder, `"state":"new"`, `"state":"new","extension_attributes":{"applied_taxes":[
		{"code":"US-NY","title":"State","percent":6,"amount":1.19,"base_amount":1.19},{"code":"US-NYC","title":"City","percent":2.25,"amount":0.4473,"base_amount":0.4473}]}`, 1)
	o := reviewOne(t, "order", body).Order
	if len(o.Taxes) != 1 || o.Taxes[0].Title != "State" || o.Taxes[0].Amount.Plain() != "1.19" {
		t.Errorf("taxes %+v", o.Taxes)
	}
}

// TestMisrouted: a thing under the topic of another is not taken for it.
func TestMisrouted(t *testing.T) {
	invoice := strings.Replace(reviewMemo, `"state":2`, `"state":2,"can_void_flag":0,"grand_total":22.61`, 1)
	for _, c := range [][2]string{
		{"shipment", invoice},
		{"shipment", reviewMemo},
		{"shipment", reviewOrder},
		{"creditmemo", invoice},
		{"creditmemo", reviewOrder},
		{"order", invoice},
		{"order", reviewMemo},
		{"order", `[]`},
		{"order", `null`},
		{"order", `{}`},
		{"customer", `{"items":[]}`},
	} {
		if e, err := reviewed(t, "").Normalize(reviewMessage(c[0], []byte(c[1]))); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s %.60s: %v, %v", c[0], c[1], e, err)
		}
	}
	for _, typ := range []string{"", "orders", "store/order/created"} {
		_, err := reviewed(t, "").Normalize(reviewMessage(typ, []byte(reviewOrder)))
		if erpbridge.KindOf(err) != erpbridge.Ignored || !strings.Contains(err.Error(), "observer.sales_order_save_commit_after") {
			t.Errorf("%q: %v", typ, err)
		}
	}
}

// TestNightsOfTheShop: a day is the shop's, also where its clocks change.
func TestNightsOfTheShop(t *testing.T) {
	for utc, want := range map[string]string{
		"2026-03-28 22:59:59": "2026-03-28", "2026-03-28 23:00:00": "2026-03-29", // 23:59:59 and midnight, the night to summer
		"2026-03-29 21:59:59": "2026-03-29", "2026-03-29 22:00:00": "2026-03-30",
		"2026-10-24 21:59:59": "2026-10-24", "2026-10-24 22:00:00": "2026-10-25", // the night to winter
		"2026-10-25 22:59:59": "2026-10-25", "2026-10-25 23:00:00": "2026-10-26",
		"2026-10-25 00:30:00": "2026-10-25", "2026-10-25 01:30:00": "2026-10-25", // the hour there is twice
	} {
		if o := reviewOne(t, "order", reviewOrder, "2026-03-01 10:00:00", utc).Order; o.PostingDate != want {
			t.Errorf("%s is posted on %s, want %s", utc, o.PostingDate, want)
		}
	}
}

// TestNoise: PHP subtracts in binary floating point. What is left of nothing is nothing,
// in however many digits, and what is no noise is no amount.
func TestNoise(t *testing.T) {
	for value, want := range map[string]string{
		`0`: "0.00", `1.4210854715202e-14`: "0.00", `-1.13686837721616e-13`: "0.00", `"7.105427357601E-15"`: "", `"0.00000000000001"`: "0.00",
		`12.499999999999998223643160599749535322189331054688`: "12.50", `"12.50000000000000177635683940025046467781066894531"`: "12.50",
		`12.5000000001`: "12.50", `12.49999999`: "", `0.00000001`: "", `0.001`: "", `0.00000000000001x`: "", `"0.0000000000000x"`: "", `".000000000000001"`: "",
	} {
		body := strings.Replace(reviewOrder, `"state":"new"`, `"state":"new","base_total_due":`+value, 1)
		es, err := reviewed(t, "").Normalize(reviewMessage("order", []byte(body)))
		switch {
		case want == "" && erpbridge.KindOf(err) != erpbridge.Invalid:
			t.Errorf("%s is taken: %v", value, err)
		case want != "" && (err != nil || es[0].Order.Outstanding.Plain() != want):
			t.Errorf("%s is not %s: %v", value, want, err)
		}
	}
}
