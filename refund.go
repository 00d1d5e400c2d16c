package erpbridge

import "time"

// A Refund is money paid back for an order, goods taken back, or both. Its money is
// in one currency, the shop's, and positive: a refund of 5 is 5.
type Refund struct {
	ID          string
	OrderID     string
	OrderNumber string // "" where the storefront tells the id only
	At          time.Time
	// PostingDate is the shop's calendar day of the refund, as YYYY-MM-DD.
	PostingDate string

	Currency      string // ISO 4217, the shop's
	Presentment   string // ISO 4217, what the buyer is paid back in
	TaxesIncluded bool   // the lines' amounts contain their tax

	Lines       []RefundLine
	Shipping    []RefundedShipping
	Charges     []Charge     // duties and fees paid back
	Adjustments []Adjustment // what makes lines and payments meet
	Payments    []Payment    // of kind Repayment

	Reason string
	Note   string

	// Presented is the refund in the currency the buyer is paid back in; nil where that
	// is the shop's, or where its amounts are not known.
	Presented *Refund
}

// A RefundLine is one line taken back, or paid back.
type RefundLine struct {
	ID        string
	LineID    string // the Line of the order
	SKU       string
	ProductID string
	VariantID string
	Title     string
	Quantity  Decimal
	Amount    Money // of all pieces, after discounts
	Tax       Money // on top of Amount, or contained in it (Refund.TaxesIncluded)
	Restock   Restock
	Location  string // the id of the place the goods came back to
}

// Restock is what becomes of refunded goods.
type Restock string

// The ways of goods.
const (
	NoRestock      Restock = "none"      // money only
	Returned       Restock = "returned"  // back in stock at Location
	NeverShipped   Restock = "cancelled" // taken off the order before it was shipped
	LegacyRestock  Restock = "legacy"    // back in stock, nobody knows where
	UnknownRestock Restock = ""          // the storefront does not say
)

// RefundedShipping is what is paid back of a charge for transport.
type RefundedShipping struct {
	Title  string
	Amount Money
	Tax    Money // as for lines
}

// An Adjustment is the part of a refund that no line explains. A positive one makes
// the refund larger.
type Adjustment struct {
	Reason string
	Amount Money
	Tax    Money
}

// Sum returns what the parts of the refund come to: lines, shipping, charges and
// adjustments, with their tax where it is not contained.
func (r *Refund) Sum() Money {
	sum := Zero(r.Currency)
	add := func(amount, tax Money) {
		sum = sum.Add(amount)
		if !r.TaxesIncluded {
			sum = sum.Add(tax)
		}
	}
	for _, l := range r.Lines {
		add(l.Amount, l.Tax)
	}
	for _, s := range r.Shipping {
		add(s.Amount, s.Tax)
	}
	for _, a := range r.Adjustments {
		add(a.Amount, a.Tax)
	}
	for _, c := range r.Charges {
		add(c.Amount, sumTaxes(r.Currency, c.Taxes))
	}
	return sum
}

// Paid returns what has been paid back in the refund's currency, and whether that is
// all: false while a payment is under way, or is in another currency.
func (r *Refund) Paid() (Money, bool) {
	sum, all := Zero(r.Currency), true
	for _, p := range r.Payments {
		switch {
		case p.Kind != Repayment || p.State == Failed:
		case p.State != Succeeded || p.Amount.Currency != r.Currency:
			all = false
		default:
			sum = sum.Add(p.Amount)
		}
	}
	return sum, all
}
