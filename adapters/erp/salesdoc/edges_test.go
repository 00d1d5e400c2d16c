package salesdoc

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// Who asks for unknown goods to be held gets them held, whatever placeholder the target has.
func TestHoldIsNotOverruledByAPlaceholder(t *testing.T) {
	m := generous()
	m.Stores = map[string]Rules{"eu": {Items: Items{Unknown: HoldItem}}}
	if _, err := translator(t, m, nil).Translate(placed(small())); erpbridge.KindOf(err) != erpbridge.Held {
		t.Errorf("%v", err)
	}
}

// Tax that is told as a whole, and is contained in prices that do not say how, is taken
// out of them by their amounts.
func TestTaxThatNoLineKnows(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*Rules)
		want []string
	}{
		{"an item", func(r *Rules) { r.Tax.Mode = ItemTax }, []string{
			"goods item=ANY 3×24.48 -1.00 =23.48 tax 0.00", "goods item=ANY 1×5.70 -0.00 =5.70 tax 0.00",
			"shipping item=SHIP 1×4.05 -0.00 =4.05 tax 0.00", "tax item=TAX 1×7.80 -0.00 =7.80 tax 0.00", "header -2.00",
		}},
		{"net prices", func(r *Rules) { r.Prices = NetPrices }, []string{
			"goods item=ANY 3×24.48 -1.00 =23.48 tax 5.52", "goods item=ANY 1×5.70 -0.00 =5.70 tax 1.33",
			"shipping item=SHIP 1×4.05 -0.00 =4.05 tax 0.95", "header -2.00",
		}},
		{"prices as in the shop", func(*Rules) {}, []string{
			"goods item=ANY 3×30.00 -1.00 =29.00 tax 0.00", "goods item=ANY 1×7.03 -0.00 =7.03 tax 0.00",
			"shipping item=SHIP 1×5.00 -0.00 =5.00 tax 0.00", "header -2.00",
		}},
	} {
		m, o := generous(), small()
		c.set(&m.Rules)
		o.TaxesIncluded, o.Total = true, eur("39.03")
		for i := range o.Lines {
			o.Lines[i].Taxes = nil
		}
		o.Shipping[0].Taxes = nil
		d, err := translator(t, m, nil).Translate(placed(o))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, shown(d)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	m, o := generous(), small()
	m.Tax.Mode, o.TaxesIncluded, o.TaxTotal, o.Total = ItemTax, true, eur("50.00"), eur("39.03")
	for i := range o.Lines {
		o.Lines[i].Taxes = nil
	}
	o.Shipping[0].Taxes = nil
	if _, err := translator(t, m, nil).Translate(placed(o)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "50.00") {
		t.Errorf("more tax than there is money: %v", err)
	}
}

// A row of a cross-reference without a value says nothing.
func TestEmptyCrossReference(t *testing.T) {
	m := generous()
	m.Items, m.Customer = Items{}, Customer{Unknown: HoldCustomer}
	x := erpbridge.CrossReferences{ItemTable: {"A-1": "", "B-2": "2"}, CustomerEmailTable: {"ada@example.com": "77"}}
	if _, err := translator(t, m, x).Translate(placed(small())); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "A-1") {
		t.Errorf("an item: %v", err)
	}
	o := small()
	o.Customer = &erpbridge.Customer{ID: "9"}
	x = erpbridge.CrossReferences{ItemTable: {"A-1": "1", "B-2": "2"}, CustomerTable: {"9": ""}, CustomerEmailTable: {"ada@example.com": "77"}}
	if d, err := translator(t, m, x).Translate(placed(o)); err != nil || d.Buyer.Number != "77" {
		t.Errorf("a customer: %+v, %v", d, err)
	}
}

// What is wrong with an event is an error, never a panic.
func TestRefundInSeveralCurrencies(t *testing.T) {
	for _, as := range []RefundAs{RefundAsCreditMemo, HoldRefund} {
		m := generous()
		m.Refund.As = as
		r := &erpbridge.Refund{ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR", Lines: []erpbridge.RefundLine{
			{SKU: "A-1", Quantity: one, Amount: erpbridge.Money{Amount: one, Currency: "USD"}},
		}}
		_, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r})
		if erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s: %v", as, err)
		}
	}
}

// Goods that go the other way are nothing an order tells.
func TestNegativeQuantity(t *testing.T) {
	o := small()
	o.Lines = append(o.Lines, erpbridge.Line{SKU: "A-1", Title: "Kettle", Quantity: must("-1"), Unit: eur("1.00")})
	o.Total = eur("45.83")
	if _, err := translator(t, generous(), nil).Translate(placed(o)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "-1 pieces") {
		t.Errorf("%v", err)
	}
}

// A reason names what mends it, and nobody.
func TestReasonsNameWhatMendsThem(t *testing.T) {
	m, o := generous(), small()
	m.Customer = Customer{Unknown: HoldCustomer, By: []CustomerKey{ByID, ByPhone, ByEmail}}
	o.Phone = "+49 731 5"
	_, err := translator(t, m, nil).Translate(placed(o))
	if err == nil || !strings.Contains(err.Error(), CustomerPhoneTable) || strings.Contains(err.Error(), CustomerTable+" ") || strings.Contains(err.Error(), "731") {
		t.Errorf("a guest: %v", err)
	}
	o.Customer = &erpbridge.Customer{ID: "9"}
	if _, err = translator(t, m, nil).Translate(placed(o)); err == nil || !strings.Contains(err.Error(), CustomerTable+" 9 NUMBER") {
		t.Errorf("a customer: %v", err)
	}
	if _, err := (Rule{Length: 3}).Fit("Ada Lovelace"); err == nil || strings.Contains(err.Error(), "Ada") {
		t.Errorf("a field: %v", err)
	}
}

// Lines come to an end, whatever the text and however narrow they are.
func TestLinesEnd(t *testing.T) {
	for _, r := range []Rule{{}, {Length: 1, Count: UTF16}, {Length: 3, Count: Bytes}, {Length: 2, Count: Bytes, Charset: Latin1}} {
		done := make(chan []string, 1)
		go func() {
			lines, _ := r.Lines("😀😀 x", 0)
			done <- lines
		}()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Fatalf("%+v: no end", r)
		}
	}
}

// The mark of what was cut is written where the charset has it.
func TestMarkFitsTheCharset(t *testing.T) {
	lines, err := Rule{Length: 10, Charset: Latin1}.Lines("one two three four five", 2)
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	if bad, ok := Latin1.foreign(lines[1]); ok {
		t.Errorf("%q in %q", bad, lines[1])
	}
	for n := 1; n < 4; n++ {
		if got := Cut("abcdef", n, Bytes); len(got) > n {
			t.Errorf("%q is longer than %d bytes", got, n)
		}
	}
}

// The customer of a refund is the default of its currency, as that of an order is.
func TestRefundOfTheDefaultCustomer(t *testing.T) {
	m := generous()
	m.Customer.ByCurrency = map[string]string{"EUR": "euro"}
	r := &erpbridge.Refund{ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR", Lines: []erpbridge.RefundLine{{SKU: "A-1", Quantity: one, Amount: eur("1.00")}}}
	d, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r})
	if err != nil || d.Buyer.Number != "euro" {
		t.Errorf("%+v, %v", d, err)
	}
}
