package salesdoc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// A refunded tip and a gift card that is taken back go where such lines of orders go, once
// the rules say what they are known by.
func TestRefundedTipsAndGiftCards(t *testing.T) {
	refund := func() *erpbridge.Refund {
		return &erpbridge.Refund{
			ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR",
			Lines: []erpbridge.RefundLine{
				{LineID: "1", SKU: "A-1", Title: "Kettle", Quantity: must("1"), Amount: eur("9.66"), Tax: eur("1.84")},
				{LineID: "2", Title: "Tip", Quantity: must("1"), Amount: eur("3.00"), Restock: erpbridge.NoRestock},
				{LineID: "3", SKU: "GC-25", Title: "Card", Quantity: must("2"), Amount: eur("50.00"), Restock: erpbridge.Returned},
			},
		}
	}
	rules := func() Mapping {
		m := generous()
		m.Items = Items{Aliases: map[string]string{"A-1": "70"}}
		return m
	}
	translate := func(m Mapping, r *erpbridge.Refund) (*Document, error) {
		return translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r})
	}
	for _, c := range []struct {
		name string
		set  func(*Rules)
		want []string
		say  string
	}{
		{"nothing is said", func(*Rules) {}, nil, "belongs in mapping.refund.tips or .gift_cards"},
		{"tips alone", func(r *Rules) { r.Refund.Tips = []string{"Tip"} }, nil, `no item for "GC-25"`},
		{"both", func(r *Rules) { r.Refund.Tips, r.Refund.GiftCards = []string{"Tip"}, []string{"GC-25"} }, []string{
			"goods item=70 1×9.66 -0.00 =9.66 tax 1.84", "tip item=TIP 1×3.00 -0.00 =3.00 tax 0.00", "gift-card item=GIFT 2×50.00 -0.00 =50.00 tax 0.00",
		}, ""},
		{"by title, before an account for what does not come back", func(r *Rules) {
			r.Refund.Tips, r.Refund.GiftCards, r.Refund.NoGoods = []string{"Tip"}, []string{"Card"}, Posting{As: AsAccount, Code: "4730"}
		}, []string{
			"adjustment account=4730 1×9.66 -0.00 =9.66 tax 1.84", "tip item=TIP 1×3.00 -0.00 =3.00 tax 0.00", "gift-card item=GIFT 2×50.00 -0.00 =50.00 tax 0.00",
		}, ""},
		{"nowhere to go", func(r *Rules) { r.Refund.Tips, r.Tip = []string{"Tip"}, Posting{} }, nil, "mapping.tip.code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := rules()
			c.set(&m.Rules)
			d, err := translate(m, refund())
			if c.say != "" {
				if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			// A card that is taken back is no goods in stock: the refund is money only.
			if diff := cmp.Diff(c.want, shown(d)); diff != "" || d.Kind != CreditMemo || !d.Sum().Equal(eur("64.50")) {
				t.Errorf("%s %s\n%s", d.Kind, d.Sum(), diff)
			}
		})
	}
	// An empty name is no name: goods without SKU are not tips because nobody filled it in.
	m := rules()
	m.Refund.Tips = []string{""}
	r := refund()
	r.Lines = []erpbridge.RefundLine{{LineID: "9", Quantity: one, Amount: eur("1.00")}}
	if d, err := translate(m, r); err == nil {
		t.Errorf("%v", shown(d))
	}
}

// The taxes of a refund are told by their amount alone. One rule holds for all its parts.
func TestTaxCodesOfRefunds(t *testing.T) {
	refund := func() *erpbridge.Refund {
		return &erpbridge.Refund{
			ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR",
			Lines: []erpbridge.RefundLine{
				{LineID: "1", SKU: "A-1", Title: "Kettle", Quantity: one, Amount: eur("9.66"), Tax: eur("1.84"), Restock: erpbridge.Returned},
				{LineID: "2", SKU: "B-2", Title: "Book", Quantity: one, Amount: eur("3.00"), Restock: erpbridge.Returned},
			},
			Shipping:    []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("5.00"), Tax: eur("0.95")}},
			Adjustments: []erpbridge.Adjustment{{Reason: "sorry", Amount: eur("1.00"), Tax: eur("0.19")}},
			Charges:     []erpbridge.Charge{{Kind: erpbridge.Fee, Amount: eur("2.00"), Taxes: []erpbridge.Tax{{Title: "VAT", Rate: must("0.07"), Amount: eur("0.14")}}}},
		}
	}
	seven := must("0.07")
	rows := []TaxCode{{Rate: &seven, Code: "V7"}}
	nought := must("0")
	for _, c := range []struct {
		name string
		tax  TaxRules
		xref erpbridge.CrossReferences
		want string // of the lines, shipping, the fee, and the adjustment
		say  string
	}{
		{"nothing is mapped", TaxRules{Exempt: "E"}, nil, " E   ", ""},
		{"a default", TaxRules{Default: "D", Exempt: "E"}, nil, "D E D D D", ""},
		{"a default, and a row", TaxRules{Default: "D", Exempt: "E", Codes: rows}, nil, "D E D V7 D", ""},
		{"a default for what is not named, all else is held", TaxRules{Default: "D", Exempt: "E", Codes: rows, Unknown: HoldName}, nil, "D E D V7 D", ""},
		{"a row for everything", TaxRules{Exempt: "E", Codes: append(rows, TaxCode{Code: "ANY"})}, nil, "ANY E ANY V7 ANY", ""},
		{"a row for what is not taxed", TaxRules{Exempt: "E", Default: "D", Codes: append(rows, TaxCode{Rate: &nought, Code: "V0"})}, nil, "D E D V7 D", ""},
		{"no default, and rows", TaxRules{Exempt: "E", Codes: rows}, nil, "", "1.84 EUR of the refund is tax"},
		{"no default, and a cross-reference", TaxRules{Exempt: "E"}, erpbridge.CrossReferences{TaxCodeTable: {"|0|": "V0"}}, "", "set mapping.tax.default of target erp"},
		{"hold", TaxRules{Exempt: "E", Unknown: HoldName}, nil, "", "set mapping.tax.default of target erp"},
		{"omit", TaxRules{Exempt: "E", Codes: rows, Unknown: OmitName}, nil, " E  V7 ", ""},
		{"an unknown rate", TaxRules{Exempt: "E", Default: "D", Unknown: HoldName}, nil, "", `xref set --target erp tax_codes "VAT|0.07" CODE`},
	} {
		m := generous()
		m.Tax = c.tax
		d, err := translator(t, m, c.xref).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: refund()})
		if c.say != "" {
			if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var codes []string
		for _, it := range d.Items {
			codes = append(codes, it.TaxCode)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	// Lines alone are held as shipping is.
	m, r := generous(), refund()
	m.Tax = TaxRules{Unknown: HoldName}
	r.Shipping, r.Adjustments, r.Charges = nil, nil, nil
	if _, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r}); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.tax.default") {
		t.Errorf("lines alone: %v", err)
	}
}
