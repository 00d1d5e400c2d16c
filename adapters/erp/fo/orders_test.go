package fo

import (
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// The orders of the tests, built by hand so that every amount can be followed.

func dec(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func money(amount, code string) erpbridge.Money {
	m, err := erpbridge.ParseMoney(amount, code)
	if err != nil {
		panic(err)
	}
	return m
}

func usd(amount string) erpbridge.Money { return money(amount, "USD") }

func event(o *erpbridge.Order) erpbridge.Event {
	return erpbridge.Event{
		Store:   "shop-us",
		Type:    erpbridge.OrderPlaced,
		Stream:  "order/" + o.ID,
		Version: erpbridge.Version{At: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), Digest: "0123456789abcdef0123456789abcdef"},
		Order:   o,
		Targets: []string{"fo"},
	}
}

// later is a state of the same order, a minute after.
func later(o *erpbridge.Order) erpbridge.Event {
	ev := event(o)
	ev.Type = erpbridge.OrderChanged
	ev.Version = erpbridge.Version{At: ev.Version.At.Add(time.Minute), Digest: "fedcba9876543210fedcba9876543210"}
	return ev
}

func item(sku, title, quantity, unit, code string) erpbridge.Line {
	return erpbridge.Line{
		ID: "l-" + sku, SKU: sku, Title: title, Kind: erpbridge.Item,
		Quantity: dec(quantity), Current: dec(quantity), Unit: money(unit, code),
	}
}

// placed is a plain paid order: two lines, shipping, tax on top.
func placed() *erpbridge.Order {
	address := &erpbridge.Address{
		Name: "Ada Lovelace", Street1: "1 Main St", Street2: "Apt 2", City: "Portland",
		Region: "OR", Postcode: "97201", Country: "US", Phone: "+1 503 555 0100",
	}
	mug := item("MUG-1", "Mug", "2", "10.00", "USD")
	mug.Taxes = []erpbridge.Tax{{Title: "Sales tax", Rate: dec("0.1"), Amount: usd("2.00")}}
	return &erpbridge.Order{
		ID: "5001", Number: "#1001", PlacedAt: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), UpdatedAt: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		PostingDate: "2026-03-14", Currency: "USD", Presentment: "USD",
		Customer: &erpbridge.Customer{ID: "7001", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		Email:    "ada@example.com", BillTo: address, ShipTo: address,
		Lines:    []erpbridge.Line{mug, item("TEE-2", "T-shirt", "1", "19.90", "USD")},
		Shipping: []erpbridge.ShippingLine{{Title: "Express", Code: "EXP", Price: usd("9.95")}},
		TaxTotal: usd("2.00"), Total: usd("51.85"), Outstanding: usd("0.00"), PaymentStatus: erpbridge.Paid, Gateways: []string{"paypal"},
	}
}

// awkward has prices that are no exact numbers, discounts, and everything that is no
// goods.
func awkward() *erpbridge.Order {
	o := placed()
	o.ID, o.Number = "5002", "#1002"
	thirds := item("THREE", "Three for ten", "3", "3.33", "USD")
	thirds.Extended = usd("10.00")
	off := item("TEE-2", "T-shirt", "3", "19.90", "USD")
	off.Discounts = []erpbridge.Discount{{Title: "TEN", Amount: usd("10.00")}}
	card := item("", "Gift card", "1", "25.00", "USD")
	card.ID, card.Kind = "l-card", erpbridge.GiftCard
	tip := item("", "Tip", "1", "3.00", "USD")
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
	o.Lines = []erpbridge.Line{item("MUG-1", "湯のみ", "3", "1200", "JPY")}
	o.Shipping = []erpbridge.ShippingLine{{Title: "Express", Price: money("500", "JPY")}}
	o.TaxTotal, o.Total, o.Outstanding = money("410", "JPY"), money("4510", "JPY"), money("0", "JPY")
	return o
}

// long is an order of n lines.
func long(id string, n int) *erpbridge.Order {
	o := placed()
	o.ID, o.Number = id, "#"+id
	o.Lines, o.Shipping = nil, nil
	for i := range n {
		o.Lines = append(o.Lines, item(fmt.Sprintf("SKU-%02d", i+1), "Thing", "1", "1.00", "USD"))
	}
	o.TaxTotal = usd("0.00")
	o.Total = usd(fmt.Sprintf("%d.00", n))
	return o
}
