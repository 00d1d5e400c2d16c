package erpbridge

import (
	"slices"
	"time"
)

// An Order is the canonical data model of a sale: a superset in which no
// storefront's and no ERP's word appears. Its money is in one currency, the shop's
// (Order.Currency); what the buyer saw is the same order once more in Presented.
// Amounts are as the storefront booked them, never recomputed, and as they were when
// the order was placed unless a field says otherwise.
type Order struct {
	ID      string // the storefront's own id, as text: ids pass 2^53
	Number  string // what customer and merchant call it, such as "#1001"
	PO      string // the buyer's purchase order number
	Channel string // where it was placed, in the storefront's word: "web", "pos"
	Test    bool   // placed for a test; must not be booked unless configured

	PlacedAt     time.Time // with the shop's offset
	UpdatedAt    time.Time
	CancelledAt  time.Time // zero: not cancelled
	CancelReason string
	// PostingDate is the shop's calendar day of the sale, as YYYY-MM-DD.
	PostingDate string

	Currency      string // ISO 4217, the shop's
	Presentment   string // ISO 4217, what the buyer saw and paid in
	TaxesIncluded bool   // prices contain their tax

	Customer *Customer // nil: none given
	Company  *Company  // nil: not a business's order, or not said
	Email    string
	Phone    string
	BillTo   *Address
	ShipTo   *Address

	Lines     []Line
	Shipping  []ShippingLine
	Charges   []Charge   // duties and fees on top of the lines
	Discounts []Discount // of the order as a whole, in no line's discounts
	Credits   []Credit   // what the storefront took off Total although it is a payment
	Taxes     []Tax      // the order's own list; the lines' taxes are in the lines

	TaxTotal    Money // all tax of lines, shipping and charges
	Total       Money // what the storefront says the order comes to
	Outstanding Money // what is still to be paid of it
	// Remaining is what Total is now, after edits, refunds and cancellation; the zero
	// Money where the storefront does not say.
	Remaining Money
	// Rounding is what a cash payment was rounded by, up being positive. It is no part
	// of Total.
	Rounding Money

	PaymentStatus PaymentStatus
	Gateways      []string // payment gateways that took part, failed ones among them
	Payments      []Payment
	Terms         *PaymentTerms // nil: paid at once, or not said

	Note       string
	Attributes []Attribute
	Tags       []string

	// Presented is the order in the currency the buyer saw, with the same lines; nil
	// where that is the shop's currency, or where its amounts are not known. It has no
	// Presented of its own.
	Presented *Order
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
	Parent    string // the ID of the line this one is a component of
	SKU       string
	Barcode   string
	ProductID string
	VariantID string
	Title     string
	Kind      LineKind
	Quantity  Decimal // as ordered
	Current   Decimal // what is left of it after edits, refunds and cancellation
	Unit      Money   // price of one, before discounts; may be finer than the currency
	// Extended is what all of Quantity comes to before discounts. The zero Money stands
	// for Unit times Quantity; a storefront that states it has Unit for information.
	Extended   Money
	Discounts  []Discount
	Taxes      []Tax
	Location   string // the id of the place it ships from, where the storefront says so
	Attributes []Attribute
}

// LineKind is what a line sells.
type LineKind string

// The kinds of line.
const (
	Item      LineKind = "item"
	GiftCard  LineKind = "gift-card" // sold: a liability, not revenue
	Tip       LineKind = "tip"
	Component LineKind = "component" // part of the line named by Parent, which may carry the price
)

// A ShippingLine is one charge for transport.
type ShippingLine struct {
	ID        string
	Title     string
	Code      string
	Carrier   string
	Price     Money // before discounts
	Discounts []Discount
	Taxes     []Tax
}

// A Charge is an amount on top of lines and transport.
type Charge struct {
	Kind   ChargeKind
	Title  string
	Amount Money // negative where the storefront uses a fee as a discount
	Taxes  []Tax
}

// ChargeKind is what is charged for.
type ChargeKind string

// The kinds of charge.
const (
	Duty     ChargeKind = "duty" // import duty
	Fee      ChargeKind = "fee"  // cash on delivery, small order, recycling ...
	Handling ChargeKind = "handling"
	Wrapping ChargeKind = "wrapping"
)

// A Discount is what was taken off a line, or off the order as a whole.
type Discount struct {
	Code   string // what the buyer entered; empty for an automatic discount
	Title  string // the code, or the name of an automatic discount
	Amount Money  // positive
}

// A Credit is a means of payment that the storefront has already taken off the
// order's Total.
type Credit struct {
	Kind   CreditKind
	Title  string
	Amount Money // positive
}

// CreditKind is what was redeemed.
type CreditKind string

// The kinds of credit.
const (
	GiftCardCredit CreditKind = "gift-card"
	StoreCredit    CreditKind = "store-credit"
	Points         CreditKind = "reward-points"
)

// A Tax is one tax on a line or an order.
type Tax struct {
	Title        string
	Rate         Decimal // 0.19 is 19 %
	Amount       Money
	Jurisdiction string // the authority, where the storefront names it
	// Marketplace: the channel collects and remits it; the merchant does not owe it.
	Marketplace bool
}

// A Payment is one transaction at a payment gateway.
type Payment struct {
	ID        string
	Gateway   string
	Kind      PaymentKind
	State     PaymentState
	Amount    Money // positive, also of a refund; may be in another currency than the order
	At        time.Time
	Reference string // the gateway's own id
	// Redeemed: paid with a gift card or store credit. A liability is settled; no money
	// was received.
	Redeemed bool
}

// PaymentKind is what a transaction does.
type PaymentKind string

// The kinds of transaction.
const (
	Authorization PaymentKind = "authorization"
	Capture       PaymentKind = "capture"
	Sale          PaymentKind = "sale" // authorized and captured at once
	Repayment     PaymentKind = "refund"
	Void          PaymentKind = "void"
)

// PaymentState is how a transaction went.
type PaymentState string

// The states of a transaction.
const (
	Succeeded  PaymentState = "success"
	InProgress PaymentState = "pending"
	Failed     PaymentState = "failure"
)

// PaymentTerms say when an order on account is to be paid.
type PaymentTerms struct {
	Name  string // such as "Net 30"
	DueAt time.Time
}

// An Attribute is a name and value the shop attached to an order or a line.
type Attribute struct{ Name, Value string }

// Gross returns what all pieces of the line come to before discounts.
func (l Line) Gross() Money {
	if l.Extended.Currency != "" {
		return l.Extended
	}
	return l.Unit.Times(l.Quantity)
}

// Discount returns the sum of the line's discounts.
func (l Line) Discount() Money { return sumDiscounts(l.Unit.Currency, l.Discounts) }

// Tax returns the sum of the line's taxes.
func (l Line) Tax() Money { return sumTaxes(l.Unit.Currency, l.Taxes) }

// Discount returns the sum of the shipping line's discounts.
func (s ShippingLine) Discount() Money { return sumDiscounts(s.Price.Currency, s.Discounts) }

// Tax returns the sum of the shipping line's taxes.
func (s ShippingLine) Tax() Money { return sumTaxes(s.Price.Currency, s.Taxes) }

// Charged returns the sum of the order's charges of the given kinds, or of all of
// them.
func (o *Order) Charged(kinds ...ChargeKind) Money {
	sum := Zero(o.Currency)
	for _, c := range o.Charges {
		if len(kinds) == 0 || slices.Contains(kinds, c.Kind) {
			sum = sum.Add(c.Amount)
		}
	}
	return sum
}

// Discount returns the sum of the discounts of the order as a whole.
func (o *Order) Discount() Money { return sumDiscounts(o.Currency, o.Discounts) }

// Credited returns the sum of the order's credits.
func (o *Order) Credited() Money {
	sum := Zero(o.Currency)
	for _, c := range o.Credits {
		sum = sum.Add(c.Amount)
	}
	return sum
}

// Sum returns what the parts of the order come to:
//
//	lines - their discounts + shipping - its discounts + charges
//	- the order's own discounts - credits + (taxes included ? 0 : tax)
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
	sum = sum.Add(o.Charged()).Sub(o.Discount()).Sub(o.Credited())
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
