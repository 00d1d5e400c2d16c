package salesdoc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// sold is small, with its tax on the first line and on shipping a marketplace's.
func sold(included bool) *erpbridge.Order {
	o := small()
	o.Lines[0].Taxes[0].Marketplace, o.Shipping[0].Taxes[0].Marketplace = true, true
	if o.TaxesIncluded = included; included {
		o.Total = eur("39.03")
	}
	return o
}

func TestMarketplaceTaxIsAnItem(t *testing.T) {
	for _, c := range []struct {
		name     string
		included bool
		set      func(*Rules)
		want     []string
	}{
		{"on top", false, func(*Rules) {}, []string{
			"goods item=ANY 3×30.00 -1.00 =29.00 tax 0.00", "goods item=ANY 1×7.03 -0.00 =7.03 tax 1.34",
			"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.00", "tax account=MKT 1×6.46 -0.00 =6.46 tax 0.00", "header -2.00",
		}},
		{"contained", true, func(*Rules) {}, []string{
			"goods item=ANY 3×24.49 -1.00 =23.49 tax 0.00", "goods item=ANY 1×7.03 -0.00 =7.03 tax 1.34",
			"shipping item=SHIP 1×4.05 -0.00 =4.05 tax 0.00", "tax account=MKT 1×6.46 -0.00 =6.46 tax 0.00", "header -2.00",
		}},
		{"contained, net prices", true, func(r *Rules) { r.Prices = NetPrices }, []string{
			"goods item=ANY 3×24.49 -1.00 =23.49 tax 0.00", "goods item=ANY 1×5.69 -0.00 =5.69 tax 1.34",
			"shipping item=SHIP 1×4.05 -0.00 =4.05 tax 0.00", "tax account=MKT 1×6.46 -0.00 =6.46 tax 0.00", "header -2.00",
		}},
		{"on top, gross prices, discounts spread", false, func(r *Rules) { r.Prices, r.Discounts.Order = GrossPrices, SpreadDiscount }, []string{
			"goods item=ANY 3×30.00 -2.38 =27.62 tax 0.00", "goods item=ANY 1×8.37 -0.39 =7.98 tax 1.34",
			"shipping item=SHIP 1×5.00 -0.23 =4.77 tax 0.00", "tax account=MKT 1×6.46 -0.00 =6.46 tax 0.00",
		}},
		{"beside an item for the rest", false, func(r *Rules) { r.Tax.Mode = ItemTax }, []string{
			"goods item=ANY 3×30.00 -1.00 =29.00 tax 0.00", "goods item=ANY 1×7.03 -0.00 =7.03 tax 0.00",
			"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.00", "tax item=TAX 1×1.34 -0.00 =1.34 tax 0.00", "tax account=MKT 1×6.46 -0.00 =6.46 tax 0.00", "header -2.00",
		}},
		{"as any other", false, func(r *Rules) { r.Tax.Marketplace.Mode = OwnTax }, []string{
			"goods item=ANY 3×30.00 -1.00 =29.00 tax 5.51", "goods item=ANY 1×7.03 -0.00 =7.03 tax 1.34",
			"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.95", "header -2.00",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), sold(c.included)
			m.Tax.Exempt, m.Tax.Default = "NONE", "SOME"
			m.Tax.Marketplace.Posting = Posting{As: AsAccount, Code: "MKT"}
			c.set(&m.Rules)
			d, err := translator(t, m, nil).Translate(placed(o))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, shown(d)); diff != "" || !d.Sum().Equal(o.Total) {
				t.Errorf("%s, want %s\n%s", d.Sum(), o.Total, diff)
			}
			if m.Tax.Marketplace.Mode != OwnTax && (d.Items[0].TaxCode != "NONE" || m.Tax.Mode != ItemTax && d.Items[1].TaxCode != "SOME") {
				t.Errorf("codes %q and %q", d.Items[0].TaxCode, d.Items[1].TaxCode)
			}
		})
	}
}

// What rounding leaves over, and what no line tells, is the marketplace's where the
// merchant has no tax at all; never so much that it could be something else.
func TestMarketplaceTaxThatLinesDoNotTell(t *testing.T) {
	all := func(o *erpbridge.Order) {
		o.Lines[1].Taxes[0].Marketplace = true
	}
	alone := func(o *erpbridge.Order) {
		o.Lines[0].Taxes, o.Lines[1].Taxes, o.Shipping[0].Taxes = nil, nil, nil
		o.Taxes = []erpbridge.Tax{{Amount: eur("7.80"), Marketplace: true}}
	}
	for _, c := range []struct {
		name     string
		included bool
		o        func(*erpbridge.Order)
		set      func(*Rules)
		want     string // of the marketplace's item
		say      string // why it is held
	}{
		{"a cent more", false, func(o *erpbridge.Order) { all(o); o.TaxTotal, o.Total = eur("7.81"), eur("46.84") }, nil, "7.81", ""},
		{"a cent more, contained", true, func(o *erpbridge.Order) { all(o); o.TaxTotal = eur("7.81") }, func(r *Rules) { r.Prices = NetPrices }, "7.80", ""},
		{"a euro more", false, func(o *erpbridge.Order) { all(o); o.TaxTotal, o.Total = eur("8.80"), eur("47.83") }, nil, "", "mapping.rounding.tolerance"},
		{"told for the order alone", false, alone, nil, "7.80", ""},
		{"of which some is the merchant's", false, func(o *erpbridge.Order) {
			alone(o)
			o.Taxes = []erpbridge.Tax{{Amount: eur("5.00"), Marketplace: true}, {Amount: eur("2.80")}}
		}, nil, "5.00", ""},
		{"told for the order alone, contained", true, alone, nil, "", "told for the order alone"},
		{"to be held", false, all, func(r *Rules) { r.Tax.Marketplace.Mode = HoldRemitted }, "", "mapping.tax.marketplace"},
		{"with no code", false, all, func(r *Rules) { r.Tax.Marketplace = MarketplaceTax{Mode: RemittedItem} }, "", "mapping.tax.marketplace.code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), sold(c.included)
			m.Tax.Marketplace.Code = "MKT"
			c.o(o)
			if c.set != nil {
				c.set(&m.Rules)
			}
			d, err := translator(t, m, nil).Translate(placed(o))
			if c.say != "" {
				if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			last := d.Items[len(d.Items)-1]
			if last.Code != "MKT" || last.Amount.Plain() != c.want || !d.Sum().Equal(o.Total) {
				t.Errorf("%s, want %s: %v", d.Sum(), o.Total, shown(d))
			}
		})
	}
}

// A refund does not tell whose its tax is: a person does, once for all or each time.
func TestMarketplaceTaxOfRefunds(t *testing.T) {
	for _, c := range []struct {
		name     string
		rule     MarketplaceTax
		included bool
		want     []string // nil: held
	}{
		{"own", MarketplaceTax{Posting: Posting{Code: "MKT"}, Refunds: OwnTax}, false, []string{
			"goods item=ANY 1×9.66 -0.00 =9.66 tax 1.84", "shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.95", "charge item=DUTY 1×1.00 -0.00 =1.00 tax 0.10",
		}},
		{"the marketplace's", MarketplaceTax{Posting: Posting{Code: "MKT"}, Refunds: RemittedItem}, false, []string{
			"goods item=ANY 1×9.66 -0.00 =9.66 tax 0.00", "shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.00", "charge item=DUTY 1×1.00 -0.00 =1.00 tax 0.00", "tax item=MKT 1×2.89 -0.00 =2.89 tax 0.00",
		}},
		{"the marketplace's, contained", MarketplaceTax{Posting: Posting{Code: "MKT"}, Refunds: RemittedItem}, true, []string{
			"goods item=ANY 1×7.82 -0.00 =7.82 tax 0.00", "shipping item=SHIP 1×4.05 -0.00 =4.05 tax 0.00", "charge item=DUTY 1×0.90 -0.00 =0.90 tax 0.00", "tax item=MKT 1×2.89 -0.00 =2.89 tax 0.00",
		}},
		{"nobody said", MarketplaceTax{Posting: Posting{Code: "MKT"}}, false, nil},
	} {
		m := generous()
		m.Tax.Marketplace = c.rule
		r := &erpbridge.Refund{
			ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR", TaxesIncluded: c.included,
			Lines:    []erpbridge.RefundLine{{SKU: "A-1", Quantity: one, Amount: eur("9.66"), Tax: eur("1.84")}},
			Shipping: []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("5.00"), Tax: eur("0.95")}},
			Charges:  []erpbridge.Charge{{Kind: erpbridge.Duty, Amount: eur("1.00"), Taxes: []erpbridge.Tax{{Amount: eur("0.10")}}}},
		}
		d, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r})
		if c.want == nil {
			if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.tax.marketplace.refunds") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, shown(d)); diff != "" || !d.Sum().Equal(r.Sum()) {
			t.Errorf("%s: %s, want %s\n%s", c.name, d.Sum(), r.Sum(), diff)
		}
	}
}
