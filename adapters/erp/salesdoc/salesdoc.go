// Package salesdoc makes of an event the sales document that an ERP is to book, in no
// ERP's words yet (Canonical Data Model, after mapping):
//
//	Event ──▶ Translator ──▶ Document ──▶ an adapter renders it
//	              ▲
//	   mapping of the target and store, cross-reference tables
//
// It knows whose the document is (Party), what is on it (Item) and what it comes to. The
// names in it are the ERP's own: items, accounts, customers, tax codes. What is promised:
//
//   - The items of a Document add up to its Total (see Document.Sum), which is what the
//     storefront says, to the minor unit of the currency; or there is no Document, and
//     the error is of kind Held and names the difference. Nothing is guessed. Where the
//     mapping makes items of what was redeemed, or of the rounding of a cash payment, the
//     Total is that much less or more.
//   - A name that the mapping does not know holds the event too. The reason names the
//     setting and the cross-reference table where it belongs.
//   - The same event, settings and cross-references come to the same Document.
//
// An adapter says what its ERP can express (Can) and embeds Mapping in its settings. It
// renders texts by rules that it keeps in one table, see Rule.
package salesdoc

import (
	"time"

	"github.com/hakooi/erpbridge"
)

// Kind is what a sales document does.
type Kind string

// The kinds of sales document.
const (
	Order        Kind = "order"
	Cancellation Kind = "cancellation" // of an order of which no more is known than its id
	ReturnOrder  Kind = "return-order" // goods come back
	CreditMemo   Kind = "credit-memo"  // money only
)

// A Document is a sales document after mapping.
type Document struct {
	Kind  Kind
	Event erpbridge.Event // what it was made of
	// Order or Refund is the canonical content, in the currency of the document; both are
	// nil in a Cancellation.
	Order  *erpbridge.Order
	Refund *erpbridge.Refund

	ID      string // the storefront's id of the order or refund
	OrderID string // the storefront's id of the order
	// Number is the document's number, prefix included; "" where the ERP numbers, and in a
	// Cancellation that does not know it.
	Number    string
	Reference string // our reference in the ERP: the prefix and the id; unique in its Kind
	// OrderReference is the Reference of the order.
	OrderReference string
	PO             string // the buyer's order number, or the shop's

	Date     string // posting date, YYYY-MM-DD, the shop's calendar day
	Currency string // ISO 4217
	Digits   uint8  // its decimals
	// PricesIncludeTax: the items' amounts contain their tax.
	PricesIncludeTax bool
	Taxes            Taxes

	Buyer  Party
	BillTo *Address
	ShipTo *Address

	Items []Item
	// HeaderDiscount is taken off the document as a whole, positive.
	HeaderDiscount erpbridge.Money
	TaxTotal       erpbridge.Money // of all items
	Total          erpbridge.Money // what the document comes to
	// Paid is the money that was received for it: no more than Total, nothing that was
	// redeemed, and not lessened by what went back later.
	Paid erpbridge.Money
	// Redeemed is what gift cards and store credit paid of it: nothing was received. Where
	// the mapping makes it items of the document, Total is without it already.
	Redeemed erpbridge.Money
	// PaidUnknown says, as an error of kind Held, why the storefront's amounts do not tell
	// Paid and Redeemed, which are nought then. Whoever books Paid returns it.
	PaidUnknown error

	PaymentMethod string // the ERP's; "" where none is configured
	PaymentTerms  string
	DueDate       string // YYYY-MM-DD, or ""
	ShipMethod    string
	Location      string // the header's warehouse

	// Cancelled: the order does not stand any more; Cancel says what is to become of it.
	Cancelled bool
	Cancel    Cancel

	Notes []string // what the ERP's people should read, most important first
}

// A Party is whose the document is.
type Party struct {
	// Number is the ERP's own for a customer it has. "" if Create is set.
	Number string
	// Create asks for a customer under Reference, with the data below.
	Create    bool
	Reference string

	ID        string // the storefront's
	FirstName string
	LastName  string
	Company   string
	Email     string
	Phone     string
	TaxID     string
	TaxExempt bool
	Locale    string
}

// Name returns the party's name on one line: the company, or the person.
func (p Party) Name() string {
	if p.Company != "" {
		return p.Company
	}
	switch {
	case p.FirstName == "":
		return p.LastName
	case p.LastName == "":
		return p.FirstName
	}
	return p.FirstName + " " + p.LastName
}

// An Address is an address with the ERP's country and region.
type Address struct {
	erpbridge.Address
	ISO string // the country as the storefront told it, ISO 3166-1 alpha-2
}

// ItemKind is what an item of a document is.
type ItemKind string

// The kinds of item.
const (
	GoodsItem      ItemKind = "goods"
	ShippingItem   ItemKind = "shipping"
	ChargeItem     ItemKind = "charge"
	TipItem        ItemKind = "tip"
	GiftCardItem   ItemKind = "gift-card" // sold
	RedeemedItem   ItemKind = "redeemed"  // a gift card or credit, negative
	DiscountItem   ItemKind = "discount"  // negative
	TaxItem        ItemKind = "tax"
	RoundingItem   ItemKind = "rounding"   // of sums, or of a cash payment
	AdjustmentItem ItemKind = "adjustment" // what no line of a refund explains
)

// An Item is one line of a document.
type Item struct {
	Kind ItemKind
	Posting
	LineID      string // the storefront's, of goods
	SKU         string
	Description string
	Quantity    erpbridge.Decimal // in Unit; 1 where there are no pieces; never nought
	Unit        string            // "" where the ERP's own for the item stands

	Gross    erpbridge.Money // of all pieces, before Discount
	Discount erpbridge.Money // positive
	// Amount is Gross less Discount: what the item adds to the document. It is never finer
	// than the currency.
	Amount  erpbridge.Money
	Tax     erpbridge.Money // contained in Amount, or on top of it (PricesIncludeTax)
	TaxCode string
	TaxRate erpbridge.Decimal // 0.19 is 19 %; nought where none or several

	Location string
	Restock  erpbridge.Restock // of goods of a refund
	// ReturnTo is where goods come back to.
	Notes []string
}

// Sum returns what the items come to:
//
//	amounts - header discount + (prices include tax ? 0 : their taxes)
func (d *Document) Sum() erpbridge.Money {
	sum := erpbridge.Zero(d.Currency).Sub(d.HeaderDiscount)
	for _, it := range d.Items {
		sum = sum.Add(it.Amount)
		if !d.PricesIncludeTax {
			sum = sum.Add(it.Tax)
		}
	}
	return sum
}

// Price returns the price of one unit of the item before its discount with at most the
// given number of decimals, and whether it is exact: whether Quantity times the price
// is Gross.
func (it Item) Price(places uint8) (price erpbridge.Decimal, exact bool) {
	return ratio(it.Gross, it.Quantity, places)
}

// NetPrice is Price after the discount.
func (it Item) NetPrice(places uint8) (price erpbridge.Decimal, exact bool) {
	return ratio(it.Amount, it.Quantity, places)
}

func ratio(m erpbridge.Money, quantity erpbridge.Decimal, places uint8) (erpbridge.Decimal, bool) {
	q, err := m.Amount.Div(quantity)
	if err != nil {
		return erpbridge.Decimal{}, false
	}
	q = q.RoundBank(places)
	return q, q.Mul(quantity).Equal(m.Amount)
}

// Key returns the idempotency key of a record of the document's event. record is the
// ERP's own word for it.
func (d *Document) Key(record string) string {
	return d.Event.Store + "/" + d.Event.Stream + "/" + d.Event.Version.String() + "/" + record
}

// Stream returns Document.Stream of everything the event comes to.
func (d *Document) Stream() string { return d.Event.Store + "/" + d.Event.Stream }

// day returns the calendar day of a posting date or, failing that, of an instant.
func day(posting string, at time.Time) string {
	if posting == "" && !at.IsZero() {
		return at.Format(time.DateOnly)
	}
	return posting
}
