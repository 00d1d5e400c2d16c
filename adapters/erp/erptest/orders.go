package erptest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// The orders that adapters are tried with, built by hand so that every amount can be
// followed. An adapter's tests change in them what its ERP is particular about.

// Dec reads a number that is in a test's text.
func Dec(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Money reads an amount that is in a test's text.
func Money(amount, code string) erpbridge.Money {
	m, err := erpbridge.ParseMoney(amount, code)
	if err != nil {
		panic(err)
	}
	return m
}

// Item is a line of goods.
func Item(sku, title, quantity, unit, code string) erpbridge.Line {
	return erpbridge.Line{
		ID: "l-" + sku, SKU: sku, Title: title, Kind: erpbridge.Item,
		Quantity: Dec(quantity), Current: Dec(quantity), Unit: Money(unit, code),
	}
}

// Mugs is a plain paid order of 51.85: two mugs at 10.00 with 2.00 of tax on top, a shirt
// at 19.90, and 9.95 for shipping.
func Mugs(code string) *erpbridge.Order {
	address := &erpbridge.Address{
		Name: "Ada Lovelace", Street1: "1 Main St", Street2: "Apt 2", City: "Portland",
		Region: "OR", Postcode: "97201", Country: "US", Phone: "+1 503 555 0100",
	}
	at := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	mug := Item("MUG-1", "Mug", "2", "10.00", code)
	mug.Taxes = []erpbridge.Tax{{Title: "VAT", Rate: Dec("0.1"), Amount: Money("2.00", code)}}
	return &erpbridge.Order{
		ID: "5001", Number: "#1001", PlacedAt: at, UpdatedAt: at, PostingDate: "2026-03-14", Currency: code, Presentment: code,
		Customer: &erpbridge.Customer{ID: "7001", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com"},
		Email:    "ada@example.com", BillTo: address, ShipTo: address,
		Lines:    []erpbridge.Line{mug, Item("TEE-2", "T-shirt", "1", "19.90", code)},
		Shipping: []erpbridge.ShippingLine{{Title: "Express", Code: "EXP", Price: Money("9.95", code)}},
		TaxTotal: Money("2.00", code), Total: Money("51.85", code), Outstanding: Money("0.00", code),
		PaymentStatus: erpbridge.Paid, Gateways: []string{"paypal"},
	}
}

// MugsPlaced is the event of an order such as Mugs, on its day, from a store.
func MugsPlaced(store string, o *erpbridge.Order) erpbridge.Event {
	return erpbridge.Event{
		Store: store, Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID, Order: o,
		Version: erpbridge.Version{At: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), Digest: "0123456789abcdef0123456789abcdef"},
	}
}

// Pens is an order of 59.73 dollars whose second line has a price no decimal can say, 10.00
// for three, and whose texts have what XML and ASCII are particular about. Its first line
// is of the item sku.
func Pens(id, sku string) *erpbridge.Order {
	usd := func(amount string) erpbridge.Money { return Money(amount, "USD") }
	return &erpbridge.Order{
		ID: id, Number: "#" + id, PostingDate: "2026-11-20", Currency: "USD", Email: "ada@example.com",
		ShipTo: &erpbridge.Address{Name: "Ada Løvelace", Company: "Engines & Co", Street1: "1 Loop", Street2: "Gate 2", City: "Ulm", Region: "BW", Postcode: "89073", Country: "DE"},
		Lines: []erpbridge.Line{
			{ID: "11", SKU: sku, Title: "Memory", Quantity: Dec("2"), Unit: usd("19.90")},
			{ID: "12", SKU: "PEN", Title: "Pens <blue>", Quantity: Dec("3"), Unit: usd("4.00"), Discounts: []erpbridge.Discount{{Title: "bulk", Amount: usd("2.00")}}},
		},
		Shipping:  []erpbridge.ShippingLine{{Title: "Ground", Price: usd("9.95")}},
		Discounts: []erpbridge.Discount{{Title: "LOYAL", Amount: usd("5.00")}},
		TaxTotal:  usd("4.98"), Total: usd("59.73"), PaymentStatus: erpbridge.Paid,
	}
}

// Placed is the event of an order's state that came after so many seconds, from the store
// "shop".
func Placed(o *erpbridge.Order, seconds int) erpbridge.Event {
	return erpbridge.Event{
		Store: "shop", Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID, Resource: "order/" + o.ID, Order: o,
		Version: erpbridge.Version{At: time.Unix(int64(1763600000+seconds), 0), Digest: fmt.Sprintf("%064d", seconds)},
	}
}

// One translates an event and returns the document it makes; it ends the test where it
// makes none, or several.
func One(t testing.TB, erp erpbridge.ERP, ev erpbridge.Event) erpbridge.Document {
	t.Helper()
	docs, err := erp.Translate(ev)
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	return docs[0]
}
