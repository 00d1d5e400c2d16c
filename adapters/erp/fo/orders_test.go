package fo

import (
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
)

func usd(amount string) erpbridge.Money { return erptest.Money(amount, "USD") }

func event(o *erpbridge.Order) erpbridge.Event {
	ev := erptest.MugsPlaced("shop-us", o)
	ev.Targets = []string{"fo"}
	return ev
}

// later is a state of the same order, a minute after.
func later(o *erpbridge.Order) erpbridge.Event {
	ev := event(o)
	ev.Type = erpbridge.OrderChanged
	ev.Version = erpbridge.Version{At: ev.Version.At.Add(time.Minute), Digest: "fedcba9876543210fedcba9876543210"}
	return ev
}

func placed() *erpbridge.Order { return erptest.Mugs("USD") }

// awkward has prices that are no exact numbers, discounts, and everything that is no
// goods.
func awkward() *erpbridge.Order {
	o := placed()
	o.ID, o.Number = "5002", "#1002"
	thirds := erptest.Item("THREE", "Three for ten", "3", "3.33", "USD")
	thirds.Extended = usd("10.00")
	off := erptest.Item("TEE-2", "T-shirt", "3", "19.90", "USD")
	off.Discounts = []erpbridge.Discount{{Title: "TEN", Amount: usd("10.00")}}
	card := erptest.Item("", "Gift card", "1", "25.00", "USD")
	card.ID, card.Kind = "l-card", erpbridge.GiftCard
	tip := erptest.Item("", "Tip", "1", "3.00", "USD")
	tip.ID, tip.Kind = "l-tip", erpbridge.Tip
	o.Lines = []erpbridge.Line{thirds, off, card, tip}
	o.Charges = []erpbridge.Charge{{Kind: erpbridge.Duty, Title: "Duty", Amount: usd("4.40")}, {Kind: erpbridge.Fee, Title: "COD", Amount: usd("1.10")}}
	o.Discounts = []erpbridge.Discount{{Title: "For the wait", Amount: usd("1.00")}}
	o.Credits = []erpbridge.Credit{{Kind: erpbridge.GiftCardCredit, Title: "Card", Amount: usd("5.00")}}
	// 10 + 59.70-10 + 25 + 3 + 9.95 + 4.40 + 1.10 - 1 - 5 + 2
	o.Total = usd("99.15")
	return o
}

func yen() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Currency, o.Presentment = "5003", "#1003", "JPY", "JPY"
	o.Lines = []erpbridge.Line{erptest.Item("MUG-1", "湯のみ", "3", "1200", "JPY")}
	o.Shipping = []erpbridge.ShippingLine{{Title: "Express", Price: erptest.Money("500", "JPY")}}
	o.TaxTotal, o.Total, o.Outstanding = erptest.Money("410", "JPY"), erptest.Money("4510", "JPY"), erptest.Money("0", "JPY")
	return o
}

// long is an order of n lines.
func long(id string, n int) *erpbridge.Order {
	o := placed()
	o.ID, o.Number = id, "#"+id
	o.Lines, o.Shipping = nil, nil
	for i := range n {
		o.Lines = append(o.Lines, erptest.Item(fmt.Sprintf("SKU-%02d", i+1), "Thing", "1", "1.00", "USD"))
	}
	o.TaxTotal = usd("0.00")
	o.Total = usd(fmt.Sprintf("%d.00", n))
	return o
}
