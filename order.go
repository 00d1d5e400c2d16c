package erpbridge

import "time"

// An Order is the canonical data model of a sale: a superset in which no
// storefront's and no ERP's word appears. All money is in the shop's currency
// (Order.Currency); amounts are as the storefront booked them, never recomputed.
type Order struct {
	ID     string // the storefront's own id, as text: ids pass 2^53
	Number string // what customer and merchant call it, such as "#1001"
	PO     string // the buyer's purchase order number
	Test   bool   // placed for a test; must not be booked unless configured

	PlacedAt    time.Time // with the shop's offset
	UpdatedAt   time.Time
	CancelledAt time.Time // zero: not cancelled
	// PostingDate is the shop's calendar day of the sale, as YYYY-MM-DD.
	PostingDate string

	Currency      string // ISO 4217, the shop's
	Presentment   string // ISO 4217, what the buyer saw and paid in
	TaxesIncluded bool   // prices contain their tax

	Customer *Customer // nil: none given
	Email    string
	Phone    string
	BillTo   *Address
	ShipTo   *Address

	Lines    []Line
	Shipping []ShippingLine
	Taxes    []Tax // the order's own list; the lines' taxes are in the lines

	Duties      Money // import duties charged on top of the lines
	Fees        Money // other charges on top of the lines
	TaxTotal    Money // all tax of lines, shipping and duties
	Total       Money // what the storefront says the order comes to
	Outstanding Money // what is still to be paid of it

	PaymentStatus PaymentStatus
	Gateways      []string // payment gateways that took part, failed ones among them

	Note       string
	Attributes []Attribute
	Tags       []string
}

// PaymentStatus is how far an order is paid.
type PaymentStatus string

// The payment states.
const (
	Unpaid        PaymentStatus = "unpaid" // pending, authorized, or not said
	PartiallyPaid PaymentStatus = "partially-paid"
	Paid          PaymentStatus = "paid"
	Refunded      PaymentStatus = "refunded" // paid, then paid back in part or whole
	Voided        PaymentStatus = "voided"
)

// A Line is one ordered item.
type Line struct {
	ID        string
	SKU       string
	ProductID string
	VariantID string
	Title     string
	Kind      LineKind
	Quantity  Decimal // as ordered
	Current   Decimal // what is left of it after edits, refunds and cancellation
	Unit      Money   // price of one, before discounts
	Discounts []Discount
	Taxes     []Tax
}

// LineKind is what a line sells.
type LineKind string

// The kinds of line.
const (
	Item     LineKind = "item"
	GiftCard LineKind = "gift-card" // sold: a liability, not revenue
	Tip      LineKind = "tip"
)

// A ShippingLine is one charge for transport.
type ShippingLine struct {
	Title     string
	Code      string
	Price     Money // before discounts
	Discounts []Discount
	Taxes     []Tax
}

// A Discount is the part of a discount that was allocated to a line.
type Discount struct {
	Title  string // a code or the name of an automatic discount
	Amount Money  // positive
}

// A Tax is one tax on a line or an order.
type Tax struct {
	Title  string
	Rate   Decimal // 0.19 is 19 %
	Amount Money
}

// An Attribute is a name and value the shop attached to an order.
type Attribute struct{ Name, Value string }

// A Customer is who bought.
type Customer struct {
	ID        string
	FirstName string
	LastName  string
	Company   string
	Email     string
	Phone     string
	TaxExempt bool
}

// An Address is where goods or invoices go.
type Address struct {
	Name     string
	Company  string
	Street1  string
	Street2  string
	City     string
	Region   string // code where the storefront has one, else name
	Postcode string
	Country  string // ISO 3166-1 alpha-2, or "" where the storefront gave none
	Phone    string
}

// Gross returns price times quantity, before discounts.
func (l Line) Gross() Money { return l.Unit.Times(l.Quantity) }

// Discount returns the sum of the line's discounts.
func (l Line) Discount() Money { return sumDiscounts(l.Unit.Currency, l.Discounts) }

// Tax returns the sum of the line's taxes.
func (l Line) Tax() Money { return sumTaxes(l.Unit.Currency, l.Taxes) }

// Discount returns the sum of the shipping line's discounts.
func (s ShippingLine) Discount() Money { return sumDiscounts(s.Price.Currency, s.Discounts) }

// Tax returns the sum of the shipping line's taxes.
func (s ShippingLine) Tax() Money { return sumTaxes(s.Price.Currency, s.Taxes) }

// Sum returns what the parts of the order come to:
//
//	lines - discounts + shipping - its discounts + duties + fees + (taxes included ? 0 : tax)
//
// An order adds up when Sum equals Total.
func (o *Order) Sum() Money {
	sum := Zero(o.Currency)
	for _, l := range o.Lines {
		sum = sum.Add(l.Gross()).Sub(l.Discount())
	}
	for _, s := range o.Shipping {
		sum = sum.Add(s.Price).Sub(s.Discount())
	}
	sum = sum.Add(o.Duties).Add(o.Fees)
	if !o.TaxesIncluded {
		sum = sum.Add(o.TaxTotal)
	}
	return sum
}

func sumDiscounts(code string, ds []Discount) Money {
	sum := Zero(code)
	for _, d := range ds {
		sum = sum.Add(d.Amount)
	}
	return sum
}

func sumTaxes(code string, ts []Tax) Money {
	sum := Zero(code)
	for _, t := range ts {
		sum = sum.Add(t.Amount)
	}
	return sum
}
