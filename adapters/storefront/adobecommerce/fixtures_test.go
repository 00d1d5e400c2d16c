package adobecommerce_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestFixtures reads every fixture: each is understood, and what has money adds up, but
// for the ones that must not.
func TestFixtures(t *testing.T) {
	files := storefronttest.Files(t, "testdata", "*.json")
	if len(files) < 20 {
		t.Fatalf("%d fixtures", len(files))
	}
	s := open(t, "default_currency: EUR\n")
	for _, file := range files {
		name := file.Name + ".json"
		t.Run(name, func(t *testing.T) {
			if name == "invoice.json" {
				_, err := s.Normalize(message("invoice", fixture(t, name)))
				if erpbridge.KindOf(err) != erpbridge.Ignored {
					t.Errorf("an invoice: %v", err)
				}
				return
			}
			e := told(t, s, name)
			if o := e.Order; o != nil && o.Presented != nil && !o.Presented.Total.Equal(o.Presented.Sum()) {
				t.Errorf("the buyer's half comes to %s, its total is %s", o.Presented.Sum(), o.Presented.Total)
			}
			if e.Refund != nil {
				if _, all := e.Refund.Paid(); !all {
					t.Error("not all is paid back")
				}
			}
			want := ""
			if strings.Contains(name, "does-not-add-up") {
				want = "5.33"
			}
			if off := storefronttest.Off(e); off != want {
				t.Errorf("off by %q, want %q: %+v", off, want, e.Order)
			}
		})
	}
}

// TestEventAndAPISayTheSame: what an event tells and what the API tells of the same state
// is one version of one resource, or each poll would book everything again.
func TestEventAndAPISayTheSame(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	for _, name := range []string{"order", "creditmemo", "shipment", "product"} {
		event, api := told(t, s, name+"-event.json"), told(t, s, name+".json")
		if diff := cmp.Diff(event.Version, api.Version); diff != "" {
			t.Errorf("%s: %s", name, diff)
			t.Error(cmp.Diff(event, api))
		}
		if event.Stream != api.Stream || event.Resource != api.Resource || event.Type != api.Type {
			t.Errorf("%s: %s %s %s, and %s %s %s", name, event.Type, event.Stream, event.Resource, api.Type, api.Stream, api.Resource)
		}
	}
}

func TestSuite(t *testing.T) {
	var messages []erpbridge.Message
	for _, name := range []string{
		"order-event.json", "creditmemo-event.json", "shipment-event.json", "customer-event.json", "customer-deleted-event.json",
		"product-event.json", "stock-event.json",
	} {
		typ, id := typeOf(t, name)
		m := message(typ, fixture(t, name))
		m.ID = id
		messages = append(messages, m)
	}
	storefronttest.Run(t, storefronttest.Suite{
		Open:     func(t *testing.T) erpbridge.Storefront { return open(t, "") },
		Sign:     func(m erpbridge.Message) erpbridge.Message { return delivered(m, adobes()) },
		Forge:    func(m erpbridge.Message) erpbridge.Message { return delivered(m, strangers()) },
		Messages: messages,
	})
}

func TestOrder(t *testing.T) {
	e := told(t, open(t, ""), "order-event.json")
	o := e.Order
	if e.Type != erpbridge.OrderPlaced || e.Stream != "order/5210" || o.ID != "5210" || o.Number != "000005210" {
		t.Errorf("%s of %s, id %s, number %s", e.Type, e.Stream, o.ID, o.Number)
	}
	// 23:40 UTC on the first of March is the second in Berlin.
	if o.PostingDate != "2026-03-02" || o.PlacedAt.Format("2006-01-02T15:04:05Z07:00") != "2026-03-02T00:40:07+01:00" {
		t.Errorf("posted %s, placed %s", o.PostingDate, o.PlacedAt)
	}
	want := []string{"LODEN-JACKET-M-GREEN 2 200.00 - 20.00 + 34.20", "WOOL-CAP 1 20.00 - 2.00 + 3.42"}
	if diff := cmp.Diff(want, described(o)); diff != "" {
		t.Error(diff)
	}
	line := o.Lines[0]
	if line.ID != "14801" || line.ProductID != "901" || line.VariantID != "902" || line.Kind != erpbridge.Item {
		t.Errorf("the configurable product's line is %+v", line)
	}
	if d := line.Discounts[0]; d.Code != "FRUEHLING" || d.Title != "Spring 10 %" {
		t.Errorf("the discount is %+v", d)
	}
	if o.TaxesIncluded || o.Total.String() != "241.57 EUR" || o.TaxTotal.Plain() != "38.57" || o.Outstanding.Plain() != "241.57" || o.PaymentStatus != erpbridge.Unpaid {
		t.Errorf("total %s, tax %s, outstanding %s, %s", o.Total, o.TaxTotal, o.Outstanding, o.PaymentStatus)
	}
	if o.PO != "4500011872" || o.Customer.ID != "812" || o.Customer.TaxID != "DE811907980" || o.Customer.Group != "2" || o.Channel != "German" || o.Note != "Bitte klingeln." {
		t.Errorf("PO %q, customer %+v, channel %q, note %q", o.PO, o.Customer, o.Channel, o.Note)
	}
	if o.ShipTo.Name != "Veronika M. Huber" || o.ShipTo.City != "Hallstatt" || o.BillTo.Street1 != "Sendlinger Str. 41" || o.BillTo.Street2 != "Hinterhof" || o.BillTo.Region != "Bayern" {
		t.Errorf("to %+v, bill %+v", o.ShipTo, o.BillTo)
	}
	if s := o.Shipping[0]; s.Code != "dhl_paket" || s.Carrier != "dhl" || s.Title != "DHL - Paket" || s.Price.Plain() != "5.00" || s.Tax().Plain() != "0.95" {
		t.Errorf("shipping %+v", s)
	}
	api := told(t, open(t, ""), "order.json").Order
	if api.Company.Name != "Huber & Töchter GmbH" || len(api.Taxes) != 1 || api.Taxes[0].Rate.String() != "0.19" {
		t.Errorf("company %+v, taxes %+v", api.Company, api.Taxes)
	}
}

// described writes an order's lines as SKU, quantity, gross, discount and tax.
func described(o *erpbridge.Order) []string {
	var out []string
	for _, l := range o.Lines {
		text := l.SKU + " " + l.Quantity.String() + " " + l.Gross().Plain() + " - " + l.Discount().Plain() + " + " + l.Tax().Plain()
		if l.Kind == erpbridge.Component {
			text = "> " + text
		}
		out = append(out, text)
	}
	return out
}

func TestLines(t *testing.T) {
	for _, test := range []struct {
		fixture, bundles string
		want             []string
	}{
		{"order-bundle-dynamic.json", "auto", []string{
			"YOGA-KIT 1 0.00 - 0.00 + 0.00", "> BALL-65 1 27.00 - 2.70 + 1.94", "> BRICK 2 24.00 - 2.40 + 1.73", "> STRAP 1 17.00 - 1.70 + 1.23",
		}},
		{"order-bundle-dynamic.json", "children", []string{
			"YOGA-KIT 1 0.00 - 0.00 + 0.00", "> BALL-65 1 27.00 - 2.70 + 1.94", "> BRICK 2 24.00 - 2.40 + 1.73", "> STRAP 1 17.00 - 1.70 + 1.23",
		}},
		{"order-bundle-dynamic.json", "parent", []string{
			"YOGA-KIT 1 68.00 - 6.80 + 4.90", "> BALL-65 1 0.00 - 0.00 + 0.00", "> BRICK 2 0.00 - 0.00 + 0.00", "> STRAP 1 0.00 - 0.00 + 0.00",
		}},
		{"order-bundle-fixed.json", "auto", []string{"GIFT-BOX 1 120.00 - 12.00 + 0.00", "> TEA-100 2 0.00 - 0.00 + 0.00", "> CUP 1 0.00 - 0.00 + 0.00"}},
		{"order-bundle-fixed.json", "children", []string{"GIFT-BOX 1 120.00 - 12.00 + 0.00", "> TEA-100 2 0.00 - 0.00 + 0.00", "> CUP 1 0.00 - 0.00 + 0.00"}},
		{"order-row-total-apiece.json", "auto", []string{"MUG 3 37.50 - 0.00 + 0.00", "POSTER 1 60.00 - 0.00 + 0.00"}},
		{"order-credits.json", "auto", []string{"KETTLE 2 60.00 - 3.00 + 10.83", "CARD-20 1 20.00 - 0.00 + 0.00"}},
	} {
		o := told(t, open(t, "bundles: "+test.bundles+"\n"), test.fixture).Order
		if diff := cmp.Diff(test.want, described(o)); diff != "" {
			t.Errorf("%s, bundles: %s: %s", test.fixture, test.bundles, diff)
		}
		if !o.Sum().Equal(o.Total) {
			t.Errorf("%s, bundles: %s: parts come to %s, the total is %s", test.fixture, test.bundles, o.Sum(), o.Total)
		}
		for _, l := range o.Lines[1:] {
			if l.Kind == erpbridge.Component && l.Parent != o.Lines[0].ID {
				t.Errorf("%s: %s belongs to %q", test.fixture, l.SKU, l.Parent)
			}
		}
	}
}

// TestRowTotalIsBelieved: a row_total that equals the price stays what it is where the
// order adds up with it, and where it adds up in no way.
func TestRowTotalIsBelieved(t *testing.T) {
	s := open(t, "")
	for _, total := range []string{"77.5", "99.99"} {
		body := strings.Replace(string(fixture(t, "order-row-total-apiece.json")), `"base_grand_total": 102.5`, `"base_grand_total": `+total, 1)
		if got := described(one(t, s, "order", []byte(body)).Order)[0]; got != "MUG 3 12.50 - 0.00 + 0.00" {
			t.Errorf("of a total of %s: %s", total, got)
		}
	}
}

func TestCredits(t *testing.T) {
	o := told(t, open(t, ""), "order-credits.json").Order
	var got []string
	for _, c := range o.Credits {
		got = append(got, string(c.Kind)+" "+c.Amount.Plain())
	}
	for _, c := range o.Charges {
		got = append(got, string(c.Kind)+" "+c.Amount.Plain())
	}
	want := []string{"gift-card 25.00", "store-credit 10.50", "reward-points 15.20", "wrapping 4.00", "wrapping 1.90", "fee 5.00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if o.Lines[1].Kind != erpbridge.GiftCard || o.Shipping[0].Discount().Plain() != "1.00" {
		t.Errorf("a gift card is a %s, shipping is reduced by %s", o.Lines[1].Kind, o.Shipping[0].Discount())
	}
}

func TestTwoCurrencies(t *testing.T) {
	o := told(t, open(t, ""), "order-two-currencies.json").Order
	p := o.Presented
	if o.Currency != "USD" || o.Presentment != "SAR" || o.Total.String() != "218.50 USD" || p == nil || p.Currency != "SAR" || p.Total.String() != "819.38 SAR" {
		t.Fatalf("%s %s, presented %+v", o.Total, o.Presentment, p)
	}
	if p.Presented != nil || len(p.Lines) != 1 || p.Lines[0].Gross().Plain() != "750.00" || p.Lines[0].Discount().Plain() != "75.00" {
		t.Errorf("presented %+v", p)
	}
	body := slices.Clone(fixture(t, "order-two-currencies.json"))
	without := strings.Replace(string(body), `"grand_total"`, `"x_total"`, 1)
	if o := one(t, open(t, ""), "order", []byte(without)).Order; o.Presented != nil {
		t.Errorf("half of the buyer's amounts made %+v", o.Presented)
	}
	without = strings.Replace(string(body), `"base_grand_total"`, `"x_total"`, 1)
	if _, err := open(t, "").Normalize(message("order", []byte(without))); erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), "base_grand_total: is missing") {
		t.Errorf("SAR taken for USD: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	s := open(t, "")
	e := told(t, s, "order-cancelled.json")
	if e.Type != erpbridge.OrderCancelled || e.Order.CancelledAt.IsZero() || !e.Order.Lines[0].Current.IsZero() || e.Order.PaymentStatus != erpbridge.Voided || e.Order.Customer.ID != "" {
		t.Errorf("%s: %+v", e.Type, e.Order)
	}
	// A comment later: updated_at moves on, and nothing an ERP would see.
	later := one(t, s, "order", []byte(strings.Replace(string(fixture(t, "order-cancelled.json")), "08:15:00", "09:15:00", 1)))
	if later.Version.Digest != e.Version.Digest || !e.Version.Before(later.Version) {
		t.Errorf("%v, then %v", e.Version, later.Version)
	}
}

func TestRefund(t *testing.T) {
	s := open(t, "")
	e := told(t, s, "creditmemo-event.json")
	r := e.Refund
	if e.Stream != "order/5210" || e.Resource != "refund/731" || r.OrderID != "5210" || r.PostingDate != "2026-03-20" {
		t.Errorf("%s %s %+v", e.Stream, e.Resource, r)
	}
	if len(r.Lines) != 1 || r.Lines[0].LineID != "14801" || r.Lines[0].Amount.Plain() != "90.00" || r.Lines[0].Tax.Plain() != "17.10" || r.Shipping[0].Amount.Plain() != "5.00" || r.Adjustments[0].Amount.Plain() != "-3.00" {
		t.Errorf("%+v", r)
	}
	split := told(t, s, "creditmemo-store-credit.json").Refund
	if len(split.Payments) != 2 || split.Payments[0].Amount.Plain() != "60.05" || !split.Payments[1].Redeemed || split.Payments[1].Amount.Plain() != "50.00" {
		t.Errorf("%+v", split.Payments)
	}
}

// TestRefundOfHeadOnly: what only the head of a credit memo tells is an adjustment.
func TestRefundOfHeadOnly(t *testing.T) {
	body := `{"entity_id":9,"order_id":"7","state":"1","created_at":"2026-03-01 10:00:00","base_currency_code":"EUR","order_currency_code":"USD",` +
		`"base_grand_total":"21.2000","base_discount_amount":-3,"base_discount_tax_compensation_amount":0.2,"base_tax_amount":4,"base_shipping_amount":5,"base_shipping_tax_amount":1,"base_adjustment_positive":2,` +
		`"grand_total":42.4,"discount_amount":-6,"discount_tax_compensation_amount":0.4,"tax_amount":8,"shipping_amount":10,"shipping_tax_amount":2,"adjustment_positive":4,` +
		`"items":[{"entity_id":1,"order_item_id":3,"sku":"A","qty":"2.0000","base_row_total":13,"row_total":26,"back_to_stock":true,"base_weee_tax_applied_row_amnt":0},{"sku":"B","qty":0}]}`
	r := one(t, open(t, ""), "creditmemo", []byte(body)).Refund
	if r.Sum().String() != "21.20 EUR" || r.Presented == nil || r.Presented.Sum().String() != "42.40 USD" || r.Presentment != "USD" {
		t.Errorf("%s, presented %+v", r.Sum(), r.Presented)
	}
	if _, all := r.Paid(); all || r.Payments[0].State != erpbridge.InProgress {
		t.Errorf("an open credit memo is paid: %+v", r.Payments)
	}
	if len(r.Lines) != 1 || r.Lines[0].Restock != erpbridge.Returned {
		t.Errorf("%+v", r.Lines)
	}
}

// TestRank: of the states of one second the further one counts.
func TestRank(t *testing.T) {
	s := open(t, "")
	last := -1
	for _, members := range []string{
		`"state":"new"`, `"state":"processing","base_total_paid":12.5`, `"state":"complete","base_total_paid":12.5`,
		`"state":"complete","base_total_paid":12.5,"base_total_refunded":1`, `"state":"closed","base_total_refunded":12.5`, `"state":"canceled"`,
	} {
		v := one(t, s, "order", with(`"items"`, members+`,"items"`)).Version
		if v.Rank <= last {
			t.Errorf("%s has rank %d after %d", members, v.Rank, last)
		}
		last = v.Rank
	}
}

func TestBundleProduct(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	product := func(options string) []erpbridge.BundlePart {
		body := `{"id":5,"sku":"KIT","type_id":"bundle","status":2,"created_at":"2026-03-01 10:00:00","custom_attributes":[{"attribute_code":"tax_class_id","value":"0"}],"extension_attributes":{"bundle_product_options":[` + options + `]}}`
		p := one(t, s, "product", []byte(body)).Product
		if p.Status != "disabled" || p.Variants[0].Taxable {
			t.Errorf("%+v", p)
		}
		return p.Variants[0].Components
	}
	if c := product(`{"product_links":[{"sku":"A","qty":2}]},{"product_links":[{"sku":"B"}]}`); len(c) != 2 || c[0].Quantity.String() != "2" || c[1].Quantity.String() != "1" {
		t.Errorf("%+v", c)
	}
	if c := product(`{"product_links":[{"sku":"A","qty":2},{"sku":"B","qty":1}]}`); c != nil {
		t.Errorf("what a buyer has to choose was chosen: %+v", c)
	}
}

func TestOtherSubjects(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	f := told(t, s, "shipment-event.json")
	if f.Stream != "order/5210" || f.Resource != "fulfilment/655" || len(f.Fulfilment.Lines) != 2 || f.Fulfilment.Location != "muenchen" || f.Fulfilment.Tracking[0].Number != "JVGL0550142001" {
		t.Errorf("%+v", f.Fulfilment)
	}
	c := told(t, s, "customer.json")
	if c.Stream != "customer/812" || c.Customer.Company != "Huber & Töchter GmbH" || c.Customer.Addresses[0].City != "München" || c.Customer.Addresses[1].Region != "Oberösterreich" {
		t.Errorf("%+v", c.Customer)
	}
	d := told(t, s, "customer-deleted-event.json")
	if d.Type != erpbridge.CustomerDeleted || d.Customer.ID != "812" || !c.Version.Before(d.Version) {
		t.Errorf("%s %+v", d.Type, d.Customer)
	}
	p := told(t, s, "product-event.json").Product
	if p.ID != "903" || p.Status != "enabled" || p.Variants[0].Price.String() != "20.00 EUR" || !p.Variants[0].Tracked || p.Variants[0].Weight.String() != "0.2" {
		t.Errorf("%+v", p)
	}
	if e := told(t, open(t, ""), "product-event.json"); e.Product.Variants[0].Price != (erpbridge.Money{}) {
		t.Errorf("a price of no currency: %+v", e.Product)
	}
	i := told(t, s, "stock-event.json")
	if i.Stream != "inventory/903" || i.Inventory.Available.String() != "-2" || !i.Inventory.Known || i.Version.At.Nanosecond() == 0 {
		t.Errorf("%+v", i.Inventory)
	}
	if e := one(t, s, "product", []byte(`{"id":7,"sku":"TEE","type_id":"configurable","updated_at":"2026-01-01 00:00:00"}`)); e.Product.Variants != nil {
		t.Errorf("a configurable product is ordered as %+v", e.Product.Variants)
	}
}
