package salesdoc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
)

// taxedAt is a line at a rate, with the tax that the shop has after the order's discount.
func taxedAt(sku, price, rate, tax string) erpbridge.Line {
	l := erpbridge.Line{SKU: sku, Quantity: one, Unit: eur(price)}
	if rate != "" {
		l.Taxes = []erpbridge.Tax{{Title: "VAT", Rate: must(rate), Amount: eur(tax)}}
	}
	return l
}

// byRate has a code for each rate.
func byRate() Mapping {
	m := generous()
	full, less := must("0.19"), must("0.07")
	m.Tax = TaxRules{Mode: RecomputeTax, Exempt: "V0", Item: Posting{Code: "TAX"}, Codes: []TaxCode{{Rate: &full, Code: "V19"}, {Rate: &less, Code: "V7"}}}
	m.Discounts.Order = ItemDiscount
	return m
}

// Where the ERP works out the tax, a discount of the order lessens it as the goods are
// taxed.
func TestDiscountOfTheOrderIsTaxedAsItsGoods(t *testing.T) {
	for _, c := range []struct {
		name     string
		included bool
		prices   Prices
		mode     Taxes
		lines    []erpbridge.Line
		shipping string
		off      string
		want     []string // code, rate and amount of each
	}{
		{"one rate, gross", true, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "119.00", "0.19", "17.10")}, "", "11.90", []string{"V19 0.19 -11.90"}},
		{"one rate, net", true, NetPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "119.00", "0.19", "17.10")}, "", "11.90", []string{"V19 0.19 -11.90"}},
		{"one rate, the shop's prices are net", false, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "100.00", "0.19", "17.10")}, "", "10.00", []string{"V19 0.19 -10.00"}},
		{"two rates", true, NetPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "119.00", "0.19", "17.10"), taxedAt("B", "107.00", "0.07", "6.30")}, "", "22.60", []string{"V19 0.19 -11.90", "V7 0.07 -10.70"}},
		{"two rates, the shop's prices are net", false, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "100.00", "0.19", "17.10"), taxedAt("B", "50.00", "0.07", "3.15")}, "", "15.00", []string{"V19 0.19 -10.00", "V7 0.07 -5.00"}},
		{"a rate and none", true, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "60.00", "0.19", "8.62"), taxedAt("B", "30.00", "", "")}, "", "9.00", []string{"V19 0.19 -6.00", "V0 0 -3.00"}},
		{"what is left over", true, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "10.00", "0.19", "1.60"), taxedAt("B", "10.00", "0.07", "0.65"), taxedAt("C", "10.00", "", "")}, "", "1.01", []string{"V19 0.19 -0.34", "V7 0.07 -0.34", "V0 0 -0.33"}},
		{"goods come first", true, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "10.70", "0.07", "0.00")}, "5.95", "10.70", []string{"V7 0.07 -10.70"}},
		{"more than the goods", true, GrossPrices, RecomputeTax, []erpbridge.Line{taxedAt("A", "10.00", "0.07", "0.00")}, "10.00", "12.00", []string{"V7 0.07 -6.00", "V19 0.19 -6.00"}},
		{"the shop's taxes stand", true, GrossPrices, PassTax, []erpbridge.Line{taxedAt("A", "119.00", "0.19", "17.10")}, "", "11.90", []string{"V0 0 -11.90"}},
		{"tax apart", true, NetPrices, ItemTax, []erpbridge.Line{taxedAt("A", "119.00", "0.19", "17.10")}, "", "11.90", []string{"V0 0 -11.90"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := byRate()
			m.Prices, m.Tax.Mode = c.prices, c.mode
			o := discounted(c.lines, c.shipping, c.off, c.included)
			d, err := translator(t, m, nil).Translate(placed(o))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, it := range d.Items {
				if it.Kind == DiscountItem {
					got = append(got, fmt.Sprintf("%s %s %s", it.TaxCode, it.TaxRate, it.Amount.Plain()))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || !d.Sum().Equal(o.Total) {
				t.Errorf("%s, want %s\n%s", d.Sum(), o.Total, diff)
			}
		})
	}
	o := discounted([]erpbridge.Line{taxedAt("A", "10.00", "0.19", "0.00")}, "", "10.01", true)
	o.Total = eur("0.00")
	if _, err := translator(t, byRate(), nil).Translate(placed(o)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "10.01 EUR is more than the items") {
		t.Errorf("more than there is: %v", err)
	}
}

// What the ERP taxes in the end is what the shop taxed.
func TestRecomputedTaxIsTheShops(t *testing.T) {
	for _, c := range []struct {
		included bool
		prices   Prices
		line     erpbridge.Line
		off      string
	}{
		{true, GrossPrices, taxedAt("A", "119.00", "0.19", "17.10"), "11.90"},
		{true, NetPrices, taxedAt("A", "119.00", "0.19", "17.10"), "11.90"},
		{false, GrossPrices, taxedAt("A", "100.00", "0.19", "17.10"), "10.00"},
		{false, NetPrices, taxedAt("A", "100.00", "0.19", "17.10"), "10.00"},
	} {
		m := byRate()
		m.Prices = c.prices
		d, err := translator(t, m, nil).Translate(placed(discounted([]erpbridge.Line{c.line}, "", c.off, c.included)))
		if err != nil {
			t.Fatal(err)
		}
		tax := erpbridge.Decimal{} // as an ERP works it out
		for _, it := range d.Items {
			part := it.Amount.Amount.Mul(it.TaxRate)
			if d.PricesIncludeTax {
				part, _ = part.Div(one.Add(it.TaxRate))
			}
			tax = tax.Add(part)
		}
		if !tax.RoundHAZ(2).Equal(must("17.10")) {
			t.Errorf("%+v: %s", c, tax)
		}
	}
}

func discounted(lines []erpbridge.Line, shipping, off string, included bool) *erpbridge.Order {
	o := &erpbridge.Order{ID: "1", PostingDate: "2026-11-20", Currency: "EUR", TaxesIncluded: included, Lines: lines, Discounts: []erpbridge.Discount{{Amount: eur(off)}}}
	if shipping != "" {
		o.Shipping = []erpbridge.ShippingLine{{Title: "Post", Price: eur(shipping), Taxes: []erpbridge.Tax{{Rate: must("0.19"), Amount: eur("0.00")}}}}
	}
	for _, l := range lines {
		o.TaxTotal = o.TaxTotal.Add(l.Tax())
	}
	o.Total = o.Sum()
	return o
}

// Whatever the rates, the parts of a discount come to it, none takes more than there is,
// and none is a minor unit or more off its share.
func TestDiscountIsDividedToTheMinorUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := byRate()
		m.Prices = GrossPrices
		o := &erpbridge.Order{ID: "1", PostingDate: "2026-11-20", Currency: "JPY", TaxesIncluded: true}
		worth, all := map[string]int{}, 0
		for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
			n, rate := rapid.IntRange(1, 500).Draw(t, "price"), rapid.SampledFrom([]string{"0.19", "0.07", "0.05"}).Draw(t, "rate")
			o.Lines = append(o.Lines, erpbridge.Line{ID: fmt.Sprint(i), SKU: "S", Quantity: one, Unit: yen(fmt.Sprint(n)), Taxes: []erpbridge.Tax{{Rate: must(rate), Amount: yen("0")}}})
			worth[rate], all = worth[rate]+n, all+n
		}
		off := rapid.IntRange(1, all).Draw(t, "off")
		o.Discounts, o.TaxTotal = []erpbridge.Discount{{Amount: yen(fmt.Sprint(off))}}, yen("0")
		o.Total = o.Sum()
		m.Tax.Default = "OTHER"
		tr, err := New("erp", m, everything, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := tr.Translate(placed(o))
		if err != nil {
			t.Fatal(err)
		}
		if !d.Sum().Equal(o.Total) {
			t.Fatalf("%s, want %s", d.Sum(), o.Total)
		}
		for _, it := range d.Items {
			if it.Kind != DiscountItem {
				continue
			}
			share := float64(off) * float64(worth[it.TaxRate.String()]) / float64(all)
			if part := it.Amount.Amount.Neg().InexactFloat64(); part > share+1 || part < share-1 || part > float64(worth[it.TaxRate.String()]) {
				t.Fatalf("%s at %s, want %f", it.Amount, it.TaxRate, share)
			}
		}
	})
}
