package salesdoc

import (
	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// What rounding leaves is booked where somebody said, or nowhere:
//
//	the parts miss the total       within the tolerance it is an item; the total stands
//	a cash payment was rounded     it is an item, and the document comes to what was paid

// tolerance is the largest difference that passes for rounding. Every item may be half a
// minor unit off.
func (b *building) tolerance() erpbridge.Decimal {
	if t := b.Rounding.Tolerance; t != nil {
		return *t
	}
	units := max(5, (len(b.d.Items)+1)/2)
	return udecimal.MustFromInt64(int64(units), b.d.Digits)
}

// rounded books what the parts of the document miss of its total, of refunds as of orders:
// what is missing is positive.
func (b *building) rounded() error {
	sum := b.d.Sum()
	left := b.d.Total.Sub(sum)
	switch {
	case left.IsZero():
		return nil
	case left.Amount.Abs().GreaterThan(b.tolerance()):
		return b.held("it does not add up: its parts come to %s, the storefront says %s, the difference is %s, more than mapping.rounding.tolerance of target %s lets pass (%s)",
			sum, b.d.Total, left, b.target, b.tolerance())
	case b.Rounding.Code == "":
		return b.held("it does not add up: its parts come to %s, the storefront says %s, the difference is %s: set mapping.rounding.code of target %s, where differences of rounding are booked",
			sum, b.d.Total, left, b.target)
	}
	return b.extra(RoundingItem, b.Rounding.Posting, "Rounding", left, nil, false)
}

// cash books what a cash payment was rounded by, which is no part of the order's total.
func (b *building) cash(o *erpbridge.Order) error {
	if o.Rounding.IsZero() {
		return nil
	}
	if o.Rounding.Currency != b.d.Currency {
		return b.invalid("amounts in several currencies: %s among others in %s", o.Rounding, b.d.Currency)
	}
	p := b.Rounding.Cash
	if p.Code == "" {
		p = b.Rounding.Posting
	}
	if p.Code == "" {
		return nil
	}
	b.d.Total = b.d.Total.Add(o.Rounding)
	return b.extra(RoundingItem, p, "Cash rounding", o.Rounding, nil, false)
}
