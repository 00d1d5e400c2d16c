package netsuite

import (
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// The orders of the tests, built by hand so that every amount can be followed.

var berlin = time.FixedZone("CET", 3600)

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

func eur(amount string) erpbridge.Money { return money(amount, "EUR") }

func event(o *erpbridge.Order) erpbridge.Event {
	return erpbridge.Event{
		Store:   "shop-eu",
		Type:    erpbridge.OrderPlaced,
		Stream:  "order/" + o.ID,
		Version: erpbridge.Version{At: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), Digest: "0123456789abcdef0123456789abcdef"},
		Order:   o,
		Targets: []string{"ns"},
	}
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
	taxed := item("MUG-1", "Mug", "2", "10.00", "EUR")
	taxed.Taxes = []erpbridge.Tax{{Title: "VAT", Rate: dec("0.1"), Amount: eur("2.00")}}
	return &erpbridge.Order{
		ID: "5001", Number: "#1001",
		PlacedAt: time.Date(2026, 3, 14, 10, 26, 53, 0, berlin), UpdatedAt: time.Date(2026, 3, 14, 10, 26, 53, 0, berlin),
		PostingDate: "2026-03-14", Currency: "EUR", Presentment: "EUR",
		Customer: &erpbridge.Customer{ID: "7001", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.com", Phone: "+1 503 555 0100"},
		Email:    "ada@example.com",
		BillTo:   address, ShipTo: address,
		Lines:         []erpbridge.Line{taxed, item("TEE-2", "T-shirt", "1", "19.90", "EUR")},
		Shipping:      []erpbridge.ShippingLine{{Title: "Express", Code: "EXP", Price: eur("9.95")}},
		TaxTotal:      eur("2.00"),
		Total:         eur("51.85"),
		Outstanding:   eur("0.00"),
		PaymentStatus: erpbridge.Paid,
		Gateways:      []string{"bogus", "paypal"},
		Note:          "Leave at the door",
	}
}

// taxIncluded has prices with their tax in them, a discount on a line and on
// the shipping, and a total tax that differs from the sum of its parts.
func taxIncluded() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.TaxesIncluded = "5002", "#1002", true
	o.Lines = []erpbridge.Line{item("MUG-1", "Mug", "3", "11.90", "EUR")}
	o.Lines[0].Discounts = []erpbridge.Discount{{Title: "WELCOME", Amount: eur("3.57")}, {Title: "Loyal", Amount: eur("1.00")}}
	o.Lines[0].Taxes = []erpbridge.Tax{{Title: "MwSt", Rate: dec("0.19"), Amount: eur("4.97")}}
	o.Shipping = []erpbridge.ShippingLine{{
		Title: "Standard", Price: eur("5.95"),
		Discounts: []erpbridge.Discount{{Title: "HALF", Amount: eur("2.97")}},
		Taxes:     []erpbridge.Tax{{Title: "MwSt", Rate: dec("0.19"), Amount: eur("0.48")}},
	}}
	o.TaxTotal, o.Total = eur("5.44"), eur("34.11")
	return o
}

func partlyPaid() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.PO = "5003", "#1003", "PO-77/2026"
	o.PaymentStatus, o.Outstanding = erpbridge.PartiallyPaid, eur("31.85")
	return o
}

// everything has duties, fees, a tip and a gift card, for a company.
func everything() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.PaymentStatus = "5004", "#1004", erpbridge.Unpaid
	o.Customer = &erpbridge.Customer{ID: "7002", Company: "Analytical Engines Ltd", Email: "orders@engines.example"}
	o.BillTo = &erpbridge.Address{Company: "Analytical Engines Ltd", Name: "Accounts", Street1: "12 St James's Sq", City: "London", Postcode: "SW1Y 4JH", Country: "GB"}
	card := item("", "Gift card 25", "1", "25.00", "EUR")
	card.Kind = erpbridge.GiftCard
	tip := item("", "Tip", "1", "3.00", "EUR")
	tip.Kind = erpbridge.Tip
	o.Lines = append(o.Lines, card, tip)
	o.Charges = []erpbridge.Charge{{Kind: erpbridge.Duty, Amount: eur("4.40")}, {Kind: erpbridge.Fee, Amount: eur("1.10")}}
	o.Total, o.Outstanding = eur("85.35"), eur("85.35")
	return o
}

// deducted has what is taken off an order as a whole, charges with tax in them, and a
// line that is part of another.
func deducted() *erpbridge.Order {
	o := taxIncluded()
	o.ID, o.Number = "5006", "#1006"
	part := item("", "Lid", "3", "0.00", "EUR")
	part.Kind, part.Parent = erpbridge.Component, "l-MUG-1"
	thirds := item("TEE-2", "Three for ten", "3", "3.33", "EUR")
	thirds.Extended = eur("10.00")
	o.Lines = append(o.Lines, part, thirds)
	o.Charges = []erpbridge.Charge{
		{Kind: erpbridge.Handling, Title: "Packing", Amount: eur("2.38"), Taxes: []erpbridge.Tax{{Title: "MwSt", Rate: dec("0.19"), Amount: eur("0.38")}}},
		{Kind: erpbridge.Fee, Title: "Recycling", Amount: eur("0.10")},
	}
	o.Discounts = []erpbridge.Discount{{Title: "For the wait", Amount: eur("1.00")}}
	o.Credits = []erpbridge.Credit{
		{Kind: erpbridge.GiftCardCredit, Title: "Card ...4711", Amount: eur("5.00")},
		{Kind: erpbridge.Points, Amount: eur("0.59")},
	}
	o.TaxTotal, o.Total = eur("5.82"), eur("40.00")
	return o
}

func yen() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Currency, o.Presentment = "5005", "#1005", "JPY", "USD"
	o.Lines = []erpbridge.Line{item("MUG-1", "湯のみ", "3", "1200", "JPY")}
	o.Shipping = []erpbridge.ShippingLine{{Title: "Express", Price: money("500", "JPY")}}
	o.TaxTotal, o.Total, o.Outstanding = money("410", "JPY"), money("4510", "JPY"), money("0", "JPY")
	return o
}

func dinar() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Currency = "5006", "#1006", "KWD"
	o.Lines = []erpbridge.Line{item("MUG-1", "Mug", "1.5", "3.725", "KWD")}
	o.Lines[0].Quantity = dec("2")
	o.Shipping = nil
	o.TaxTotal, o.Total, o.Outstanding = money("0.000", "KWD"), money("7.450", "KWD"), money("0", "KWD")
	return o
}

func withoutCustomer() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Customer, o.Email, o.Phone = "5007", "#1007", nil, "", ""
	o.BillTo, o.ShipTo = nil, nil
	return o
}

func byEmail() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Customer, o.Email, o.Phone = "5008", "#1008", nil, " Ada@Example.com ", "112"
	return o
}

func cancelled() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.CancelledAt = "5009", "#1009", time.Date(2026, 3, 15, 8, 0, 0, 0, berlin)
	return o
}

func large() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.Shipping = "5010", "#1010", nil
	o.Lines = nil
	for i := range 250 {
		o.Lines = append(o.Lines, item("MUG-1", fmt.Sprintf("Mug number %d", i+1), "1", "0.10", "EUR"))
	}
	o.TaxTotal, o.Total = eur("0.00"), eur("25.00")
	return o
}

// free is an order that costs nothing, with a line of three for ten that has no
// exact price of one.
func free() *erpbridge.Order {
	o := placed()
	o.ID, o.Number, o.TaxesIncluded = "5011", "#1011", true
	o.Lines = []erpbridge.Line{item("MUG-1", "Mug", "3", "4.00", "EUR")}
	o.Lines[0].Taxes = []erpbridge.Tax{{Title: "MwSt", Amount: eur("2.00")}}
	o.Lines[0].Discounts = []erpbridge.Discount{{Amount: eur("12.00")}}
	o.Shipping = []erpbridge.ShippingLine{{Title: "Pickup", Price: eur("0.00")}}
	o.TaxTotal, o.Total = eur("2.00"), eur("0.00")
	return o
}

// unfit has texts that do not fit, and characters XML is careful about.
func unfit() *erpbridge.Order {
	o := placed()
	o.ID, o.Number = "5012", "#1012"
	family := "👩‍👩‍👧‍👦"
	o.Customer = &erpbridge.Customer{ID: "7003", FirstName: strings.Repeat("é", 31) + family, LastName: "</record>&<x/>", Email: "a@example.com", Phone: "+49 (0) 30 / 1234 5678 ext. 99"}
	o.ShipTo = &erpbridge.Address{
		Name: "A]]>B", Street1: strings.Repeat("Hauptstraße ", 20), City: " lead\ttrail ", Region: strings.Repeat("ä", 31),
		Country: "DE", Postcode: "01067", Phone: "call me, I am always at home",
	}
	o.BillTo = nil
	o.Lines[0].Title = "one\r\ntwo\rthree"
	o.Note = "line 1\r\nline 2 " + strings.Repeat("n", 1200)
	return o
}

// cases are all of them by name.
func cases() map[string]*erpbridge.Order {
	return map[string]*erpbridge.Order{
		"placed": placed(), "tax-included": taxIncluded(), "partly-paid": partlyPaid(), "everything": everything(),
		"deducted": deducted(), "yen": yen(), "dinar": dinar(), "without-customer": withoutCustomer(), "by-email": byEmail(),
		"cancelled": cancelled(), "large": large(), "free": free(), "unfit": unfit(),
	}
}

const settings = `
account: 1234567_SB1
consumer_key: consumer-key-canary
consumer_secret: consumer-secret-canary
token: token-canary
token_secret: token-secret-canary
subsidiary: "1"
changes: overwrite
update_customers: true
currencies: {EUR: "4", JPY: "5", KWD: "6"}
customer: {default: "99"}
items:
  by_sku: {MUG-1: "57", TEE-2: "58"}
discount_item: "88"
tax_item: "89"
gift_card_item: "90"
credit_item: "95"
tip_item: "91"
duty_item: "92"
fee_item: "93"
rounding_item: "94"
shipping: {default: "21", by_title: {Express: "22"}}
payment_methods: {by_gateway: {paypal: "31", stripe: "32"}, default: "30"}
undeposited_funds: true
location: "3"
`
