package netsuite

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
)

// cents is an amount of so many of them.
func cents(n int64) erpbridge.Money { return eur(fmt.Sprintf("%d.%02d", n/100, n%100)) }

// anyOrder is an order of any make, that adds up.
func anyOrder(r *rand.Rand) *erpbridge.Order {
	o := placed()
	o.TaxesIncluded, o.Lines, o.Shipping = r.IntN(2) == 0, nil, nil
	taxes := int64(0)
	taxed := func() []erpbridge.Tax {
		if r.IntN(3) == 0 {
			return nil
		}
		n := r.Int64N(300)
		taxes += n
		return []erpbridge.Tax{{Title: "VAT", Amount: cents(n)}}
	}
	discounts := func() (ds []erpbridge.Discount) {
		for range r.IntN(3) {
			ds = append(ds, erpbridge.Discount{Title: "Off", Amount: cents(r.Int64N(200))})
		}
		return ds
	}
	kinds := []erpbridge.LineKind{erpbridge.Item, erpbridge.Item, erpbridge.GiftCard, erpbridge.Tip, erpbridge.Component}
	for range 1 + r.IntN(6) {
		quantity := []string{"0", "1", "2", "3", "7", "0.5", "1.333"}[r.IntN(7)]
		l := item("MUG-1", "Thing", quantity, "0.00", "EUR")
		l.Kind, l.Unit = kinds[r.IntN(len(kinds))], cents(r.Int64N(5000)*int64(r.IntN(4)))
		if r.IntN(2) == 0 || strings.Contains(quantity, ".") {
			l.Extended = cents(r.Int64N(9000) * int64(r.IntN(4)))
		}
		l.Discounts, l.Taxes = discounts(), taxed()
		o.Lines = append(o.Lines, l)
	}
	for range r.IntN(3) {
		o.Shipping = append(o.Shipping, erpbridge.ShippingLine{Title: "Standard", Price: cents(500 + r.Int64N(900)), Discounts: discounts(), Taxes: taxed()})
	}
	for range r.IntN(4) {
		c := erpbridge.Charge{Kind: []erpbridge.ChargeKind{erpbridge.Duty, erpbridge.Fee, erpbridge.Handling, erpbridge.Wrapping}[r.IntN(4)], Amount: cents(r.Int64N(700)), Taxes: taxed()}
		if r.IntN(4) == 0 {
			c.Amount = c.Amount.Neg()
		}
		o.Charges = append(o.Charges, c)
	}
	o.Discounts = discounts()
	for range r.IntN(3) {
		o.Credits = append(o.Credits, erpbridge.Credit{Kind: []erpbridge.CreditKind{erpbridge.GiftCardCredit, erpbridge.StoreCredit, erpbridge.Points}[r.IntN(3)], Amount: cents(r.Int64N(300))})
	}
	o.TaxTotal = cents(max(0, taxes+int64(r.IntN(3)-1))) // shops round it by themselves
	o.Total = o.Sum()
	o.Outstanding, o.PaymentStatus = o.Total, erpbridge.Unpaid
	return o
}

// Whatever an order that adds up is made of, NetSuite comes to its total, to the cent, or
// is told nothing for a reason that is not "it does not add up".
func TestAnyOrderAddsUp(t *testing.T) {
	e := open(t, "")
	booked, held := 0, map[string]int{}
	for seed := range uint64(4000) {
		o := anyOrder(rand.New(rand.NewPCG(seed, 4)))
		docs, err := e.Translate(event(o))
		if err != nil {
			text := err.Error()
			if erpbridge.KindOf(err) != erpbridge.Held || strings.Contains(text, "does not add up") {
				t.Errorf("seed %d: %v", seed, err)
			}
			held[strings.Join(strings.Fields(text)[:4], " ")]++
			continue
		}
		booked++
		for _, d := range docs {
			if d.Kind != salesOrder {
				continue
			}
			if sum := bookedBy(t, parse(t, d.Body)); !sum.Equal(o.Total) {
				t.Errorf("seed %d: NetSuite would book %s of %s", seed, sum, o.Total)
			}
		}
	}
	if booked < 2000 {
		t.Errorf("only %d orders were booked; held: %v", booked, held)
	}
}

// bookedBy adds up a sales order as NetSuite does.
func bookedBy(t *testing.T, so *etree.Element) erpbridge.Money {
	t.Helper()
	sum := erpbridge.Zero("EUR")
	for _, el := range append(so.FindElements(".//amount"), so.FindElements(".//shippingCost")...) {
		m, err := erpbridge.ParseMoney(el.Text(), "EUR")
		if err != nil {
			t.Fatal(err)
		}
		sum = sum.Add(m)
	}
	return sum
}
