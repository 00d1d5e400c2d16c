package salesdoc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
)

// everything is an ERP that can express all there is.
var everything = Can{
	ERP: "Ledger", As: []As{AsItem, AsAccount, AsCharge}, Taxes: []Taxes{PassTax, RecomputeTax, ItemTax},
	Prices: []Prices{ShopPrices, NetPrices, GrossPrices}, Lines: []DiscountAs{LineDiscount, NetDiscount, ItemDiscount},
	Order: []DiscountAs{HeaderDiscount, ItemDiscount, SpreadDiscount}, Refunds: []RefundAs{RefundByRestock, RefundAsCreditMemo, RefundAsReturnOrder},
	Cancels: []Cancel{CancelOrder, CloseOrder}, Customers: []Unknown{CreateCustomer}, Negative: true,
}

// generous maps whatever there is.
func generous() Mapping {
	p := func(code string) Posting { return Posting{Code: code} }
	return Mapping{Rules: Rules{
		Customer: Customer{Default: "500"}, Items: Items{Placeholder: "ANY"},
		Shipping: ByTitle{Posting: p("SHIP")}, Fee: ByTitle{Posting: p("FEE")}, Discounts: Discounts{Posting: p("DISC")},
		Tip: p("TIP"), GiftCardSold: p("GIFT"), GiftCardRedeemed: p("GIFT"), StoreCredit: p("CREDIT"), Duty: p("DUTY"),
		Rounding: Rounding{Posting: p("ROUND")}, Tax: TaxRules{Item: p("TAX")}, Refund: Refund{Residual: p("REST")},
	}}
}

func eur(s string) erpbridge.Money {
	m, err := erpbridge.ParseMoney(s, "EUR")
	if err != nil {
		panic(err)
	}
	return m
}

// small is an order of two lines, a discount of each kind, shipping and tax.
func small() *erpbridge.Order {
	tax := func(amount string) []erpbridge.Tax {
		return []erpbridge.Tax{{Title: "VAT", Rate: must("0.19"), Amount: eur(amount)}}
	}
	return &erpbridge.Order{
		ID: "4711", Number: "#1001", PostingDate: "2026-11-20", PlacedAt: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
		Currency: "EUR", Email: "Ada@example.com",
		BillTo: &erpbridge.Address{Name: "Ada L", City: "Ulm", Region: "BW", Country: "DE"},
		Lines: []erpbridge.Line{
			{ID: "1", SKU: "A-1", Title: "Kettle", Quantity: must("3"), Unit: eur("10.00"), Discounts: []erpbridge.Discount{{Title: "TEN", Amount: eur("1.00")}}, Taxes: tax("5.51")},
			{ID: "2", SKU: "B-2", Title: "Cup", Quantity: must("1"), Unit: eur("7.03"), Taxes: tax("1.34")},
		},
		Shipping:  []erpbridge.ShippingLine{{Title: "Express", Price: eur("5.00"), Taxes: tax("0.95")}},
		Discounts: []erpbridge.Discount{{Title: "Loyal", Amount: eur("2.00")}},
		TaxTotal:  eur("7.80"), Total: eur("46.83"), PaymentStatus: erpbridge.Paid, Gateways: []string{"card"}, Note: "ring twice",
	}
}

func placed(o *erpbridge.Order) erpbridge.Event {
	return erpbridge.Event{Store: "eu", Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID, Resource: "order/" + o.ID, Order: o}
}

func translator(t testing.TB, m Mapping, xref erpbridge.CrossReferences) *Translator {
	t.Helper()
	tr, err := New("erp", m, everything, xref)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// shown is an item as a test tells it.
func shown(d *Document) []string {
	var lines []string
	for _, it := range d.Items {
		lines = append(lines, fmt.Sprintf("%s %s=%s %s×%s -%s =%s tax %s", it.Kind, it.As, it.Code, it.Quantity, it.Gross.Plain(), it.Discount.Plain(), it.Amount.Plain(), it.Tax.Plain()))
	}
	if !d.HeaderDiscount.IsZero() {
		lines = append(lines, "header -"+d.HeaderDiscount.Plain())
	}
	return lines
}

func TestOrderIsLaidOutAsConfigured(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Rules)
		want []string
	}{
		{"as it comes", func(*Rules) {}, []string{
			"goods item=ANY 3×30.00 -1.00 =29.00 tax 5.51", "goods item=ANY 1×7.03 -0.00 =7.03 tax 1.34",
			"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.95", "header -2.00",
		}},
		{"gross prices, net lines, an item for the order's discount", func(r *Rules) {
			r.Prices, r.Discounts.Lines, r.Discounts.Order = GrossPrices, NetDiscount, ItemDiscount
		}, []string{
			"goods item=ANY 3×34.51 -0.00 =34.51 tax 5.51", "goods item=ANY 1×8.37 -0.00 =8.37 tax 1.34",
			"shipping item=SHIP 1×5.95 -0.00 =5.95 tax 0.95", "discount item=DISC 1×-2.00 -0.00 =-2.00 tax 0.00",
		}},
		{"tax as an item, discounts as items", func(r *Rules) {
			r.Tax.Mode, r.Discounts.Lines, r.Discounts.Order = ItemTax, ItemDiscount, ItemDiscount
		}, []string{
			"goods item=ANY 3×30.00 -0.00 =30.00 tax 0.00", "discount item=DISC 1×-1.00 -0.00 =-1.00 tax 0.00", "goods item=ANY 1×7.03 -0.00 =7.03 tax 0.00",
			"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.00", "discount item=DISC 1×-2.00 -0.00 =-2.00 tax 0.00", "tax item=TAX 1×7.80 -0.00 =7.80 tax 0.00",
		}},
		{"the order's discount spread", func(r *Rules) { r.Discounts.Order = SpreadDiscount }, []string{
			"goods item=ANY 3×30.00 -2.42 =27.58 tax 5.51", "goods item=ANY 1×7.03 -0.34 =6.69 tax 1.34",
			"shipping item=SHIP 1×5.00 -0.24 =4.76 tax 0.95",
		}},
		{"accounts", func(r *Rules) { r.Shipping.As = AsAccount; r.Shipping.Titles = map[string]string{"Express": "8400"} }, []string{
			"goods item=ANY 3×30.00 -1.00 =29.00 tax 5.51", "goods item=ANY 1×7.03 -0.00 =7.03 tax 1.34",
			"shipping account=8400 1×5.00 -0.00 =5.00 tax 0.95", "header -2.00",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := generous()
			c.set(&m.Rules)
			d, err := translator(t, m, nil).Translate(placed(small()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, shown(d)); diff != "" {
				t.Error(diff)
			}
			if !d.Sum().Equal(eur("46.83")) || d.Number != "1001" || d.Reference != "eu-4711" || d.Date != "2026-11-20" {
				t.Errorf("%s, %s, %s, %s", d.Sum(), d.Number, d.Reference, d.Date)
			}
		})
	}
}

// What the mapping does not know holds the order, and says what is missing and where it
// belongs; once it is there the order goes.
func TestWhatIsMissingHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Rules)
		o    func(*erpbridge.Order)
		say  string
		xref erpbridge.CrossReferences // mends it; nil: nothing does
	}{
		{"an item", func(r *Rules) { r.Items = Items{} }, nil, `no item for "A-1"`, erpbridge.CrossReferences{ItemTable: {"A-1": "1", "B-2": "2"}}},
		{"no key", func(r *Rules) { r.Items = Items{} }, func(o *erpbridge.Order) { o.Lines[0].SKU = "" }, "has no sku", nil},
		{"a customer", func(r *Rules) { r.Customer = Customer{Unknown: HoldCustomer} }, nil, "a guest of the order is not known", erpbridge.CrossReferences{CustomerEmailTable: {"ada@example.com": "77"}}},
		{"a default", func(r *Rules) { r.Customer = Customer{Unknown: DefaultCustomer} }, nil, "mapping.customer.default", nil},
		{"shipping", func(r *Rules) { r.Shipping = ByTitle{} }, nil, "mapping.shipping.by_title", nil},
		{"a ship method", func(r *Rules) { r.ShipMethods.Values = map[string]string{"Slow": "S"} }, nil, "no ship method for \"Express\"", erpbridge.CrossReferences{ShipMethodTable: {"Express": "E"}}},
		{"a payment method", func(r *Rules) { r.Payment.Methods.Values = map[string]string{"cash": "C"} }, nil, "no payment method for \"card\"", erpbridge.CrossReferences{PaymentMethodTable: {"card": "K"}}},
		{"a tax code", func(r *Rules) { r.Tax.Unknown = HoldName }, nil, `"VAT|0.19|DE" CODE`, erpbridge.CrossReferences{TaxCodeTable: {"VAT|0.19": "V"}}},
		{"a discount", func(r *Rules) { r.Discounts = Discounts{Order: ItemDiscount} }, nil, "mapping.discounts.code", nil},
		{"a pack", func(r *Rules) { r.Units.Items = map[string]string{"ANY": "CS*2"} }, nil, "no whole number of CS*2", nil},
		{"a cancellation", func(r *Rules) { r.Cancel = HoldCancel }, func(o *erpbridge.Order) { o.CancelledAt = o.PlacedAt }, "mapping.cancel", nil},
		{"another currency", func(r *Rules) { r.Currency = PresentmentSide }, func(o *erpbridge.Order) { o.Presentment = "USD" }, "mapping.currency", nil},
		{"a cent", func(r *Rules) { r.Rounding = Rounding{} }, func(o *erpbridge.Order) { o.Total = eur("46.84") }, "the difference is 0.01 EUR: set mapping.rounding.code", nil},
		{"tax that is off", func(*Rules) {}, func(o *erpbridge.Order) { o.TaxTotal, o.Total = eur("8.00"), eur("47.03") }, "mapping.rounding.tolerance", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), small()
			c.set(&m.Rules)
			if c.o != nil {
				c.o(o)
			}
			_, err := translator(t, m, nil).Translate(placed(o))
			if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
				t.Fatalf("%v", err)
			}
			if c.xref == nil {
				return
			}
			if _, err := translator(t, m, c.xref).Translate(placed(o)); err != nil {
				t.Errorf("with %v: %v", c.xref, err)
			}
		})
	}
}

func TestPartyIsFoundInTheOrderOfItsKeys(t *testing.T) {
	xref := erpbridge.CrossReferences{
		CompanyTable: {"ACME": "c"}, CustomerTable: {"9": "i"}, CustomerEmailTable: {"ada@example.com": "e"}, CustomerPhoneTable: {"4973155": "p"},
	}
	for _, c := range []struct {
		name string
		o    func(*erpbridge.Order)
		want string
	}{
		{"company", func(o *erpbridge.Order) { o.Company = &erpbridge.Company{ExternalID: "ACME"} }, "c"},
		{"id", func(o *erpbridge.Order) { o.Customer = &erpbridge.Customer{ID: "9"} }, "i"},
		{"e-mail", func(*erpbridge.Order) {}, "e"},
		{"phone", func(o *erpbridge.Order) { o.Email, o.Phone = "", "+49 731 55" }, "p"},
		{"country", func(o *erpbridge.Order) { o.Email = "x@example.com" }, "de"},
		{"currency", func(o *erpbridge.Order) { o.Email, o.BillTo.Country = "x@example.com", "FR" }, "eur"},
		{"default", func(o *erpbridge.Order) { o.Email, o.BillTo = "", nil }, "eur"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), small()
			m.Customer = Customer{
				By: []CustomerKey{ByCompany, ByID, ByEmail, ByPhone}, Unknown: DefaultCustomer, Default: "d",
				ByCountry: map[string]string{"DE": "de"}, ByCurrency: map[string]string{"EUR": "eur"},
			}
			c.o(o)
			d, err := translator(t, m, xref).Translate(placed(o))
			if err != nil || d.Buyer.Number != c.want || d.Buyer.Create {
				t.Errorf("%+v, %v, want %s", d, err, c.want)
			}
		})
	}
}

func TestRefunds(t *testing.T) {
	refund := &erpbridge.Refund{
		ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR",
		Lines: []erpbridge.RefundLine{
			{LineID: "1", SKU: "A-1", Title: "Kettle", Quantity: must("1"), Amount: eur("9.66"), Tax: eur("1.84"), Restock: erpbridge.Returned},
			{LineID: "2", SKU: "B-2", Title: "Cup", Quantity: must("1"), Amount: eur("7.03"), Tax: eur("1.34"), Restock: erpbridge.NoRestock},
		},
		Shipping:    []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("5.00"), Tax: eur("0.95")}},
		Adjustments: []erpbridge.Adjustment{{Reason: "sorry", Amount: eur("-0.50")}},
	}
	for _, c := range []struct {
		as   RefundAs
		kind Kind
		err  erpbridge.Kind
	}{
		{RefundByRestock, ReturnOrder, ""},
		{RefundAsCreditMemo, CreditMemo, ""},
		{RefundAsReturnOrder, ReturnOrder, ""},
		{HoldRefund, "", erpbridge.Held},
		{IgnoreRefund, "", erpbridge.Ignored},
	} {
		t.Run(string(c.as), func(t *testing.T) {
			m := generous()
			m.Refund.As, m.Refund.NoGoods = c.as, Posting{Code: "GOODWILL"}
			d, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: refund})
			if erpbridge.KindOf(err) != c.err {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			want := []string{
				"goods item=ANY 1×9.66 -0.00 =9.66 tax 1.84", "adjustment item=GOODWILL 1×7.03 -0.00 =7.03 tax 1.34",
				"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.95", "adjustment item=REST 1×-0.50 -0.00 =-0.50 tax 0.00",
			}
			if diff := cmp.Diff(want, shown(d)); diff != "" || d.Kind != c.kind || !d.Sum().Equal(eur("25.32")) || d.OrderReference != "eu-4711" || d.Reference != "eu-refund-5" {
				t.Errorf("%s %s %s %s\n%s", d.Kind, d.Sum(), d.OrderReference, d.Reference, diff)
			}
		})
	}
}

// Whatever an order that adds up looks like and however it is to be laid out, the
// document comes to the order's total, or there is none.
func TestDocumentsComeToTheTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := anyOrder(t)
		m := generous()
		m.Prices = rapid.SampledFrom(everything.Prices).Draw(t, "prices")
		m.Tax.Mode = rapid.SampledFrom(everything.Taxes).Draw(t, "tax")
		m.Tax.Marketplace = MarketplaceTax{Posting: Posting{Code: "MKT"}, Mode: rapid.SampledFrom([]Remitted{OwnTax, RemittedItem}).Draw(t, "marketplace")}
		m.Discounts.Lines = rapid.SampledFrom(everything.Lines).Draw(t, "lines")
		m.Discounts.Order = rapid.SampledFrom(everything.Order).Draw(t, "order")
		tr, err := New("erp", m, everything, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := tr.Translate(placed(o))
		switch {
		case erpbridge.KindOf(err) == erpbridge.Held:
			if m.Discounts.Order != SpreadDiscount || !strings.Contains(err.Error(), "more than the items") {
				t.Fatalf("held: %v", err)
			}
			return
		case err != nil:
			t.Fatal(err)
		}
		if !d.Sum().Equal(o.Total) || !d.Total.Equal(o.Total) {
			t.Fatalf("%s, want %s: %v", d.Sum(), o.Total, shown(d))
		}
		tax := erpbridge.Zero(d.Currency)
		for _, it := range d.Items {
			tax = tax.Add(it.Tax)
			if !it.Gross.Sub(it.Discount).Equal(it.Amount) || !it.Quantity.IsPos() || it.Code == "" {
				t.Fatalf("%+v", it)
			}
		}
		if !tax.Equal(d.TaxTotal) {
			t.Fatalf("taxes %s, total %s", tax, d.TaxTotal)
		}
	})
}

// anyOrder draws an order that adds up.
func anyOrder(t *rapid.T) *erpbridge.Order {
	code := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
	digits, _ := erpbridge.Digits(code)
	money := func(most int, label string) erpbridge.Money {
		n := rapid.IntRange(0, most).Draw(t, label)
		return erpbridge.Money{Amount: must(fmt.Sprint(n)).Mul(minor[digits]), Currency: code}
	}
	o := &erpbridge.Order{ID: "1", PostingDate: "2026-11-20", Currency: code, TaxesIncluded: rapid.Bool().Draw(t, "included"), TaxTotal: erpbridge.Zero(code)}
	taxed := func(most erpbridge.Money) []erpbridge.Tax {
		if !rapid.Bool().Draw(t, "taxed") {
			return nil
		}
		amount := erpbridge.Money{Amount: must("0.19").Mul(most.Amount).RoundHAZ(digits), Currency: code}
		o.TaxTotal = o.TaxTotal.Add(amount)
		return []erpbridge.Tax{{Title: "VAT", Rate: must("0.19"), Amount: amount, Marketplace: rapid.Bool().Draw(t, "remitted")}}
	}
	off := func(most erpbridge.Money) []erpbridge.Discount {
		if !rapid.Bool().Draw(t, "discounted") {
			return nil
		}
		return []erpbridge.Discount{{Title: "less", Amount: erpbridge.Money{Amount: most.Amount.Mul(must("0.3")).Trunc(digits), Currency: code}}}
	}
	for range rapid.IntRange(1, 5).Draw(t, "lines") {
		l := erpbridge.Line{
			SKU: "S", Kind: rapid.SampledFrom([]erpbridge.LineKind{erpbridge.Item, erpbridge.GiftCard, erpbridge.Tip, erpbridge.Component}).Draw(t, "kind"),
			Quantity: must(fmt.Sprint(rapid.IntRange(1, 7).Draw(t, "quantity"))), Unit: money(99999, "unit"),
		}
		l.Discounts = off(l.Gross())
		l.Taxes = taxed(l.Gross().Sub(l.Discount()))
		o.Lines = append(o.Lines, l)
	}
	for range rapid.IntRange(0, 2).Draw(t, "shipping") {
		s := erpbridge.ShippingLine{Title: "Post", Price: money(2000, "price")}
		s.Discounts = off(s.Price)
		s.Taxes = taxed(s.Price.Sub(s.Discount()))
		o.Shipping = append(o.Shipping, s)
	}
	for _, kind := range []erpbridge.ChargeKind{erpbridge.Duty, erpbridge.Fee} {
		c := erpbridge.Charge{Kind: kind, Amount: money(900, "charge")}
		c.Taxes = taxed(c.Amount)
		o.Charges = append(o.Charges, c)
	}
	if sum := o.Sum(); rapid.Bool().Draw(t, "order discount") {
		o.Discounts = off(sum)
	}
	if sum := o.Sum(); sum.Amount.IsPos() && rapid.Bool().Draw(t, "credit") {
		o.Credits = []erpbridge.Credit{{Kind: erpbridge.GiftCardCredit, Amount: erpbridge.Money{Amount: sum.Amount.Mul(must("0.5")).Trunc(digits), Currency: code}}}
	}
	o.Total = o.Sum()
	return o
}

// minor is one minor unit, by the currency's decimals.
var minor = map[uint8]erpbridge.Decimal{0: must("1"), 2: must("0.01"), 3: must("0.001")}
