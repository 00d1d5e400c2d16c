package salesdoc

import (
	"github.com/hakooi/erpbridge"
)

// Tax that a marketplace collects and remits is part of what the buyer paid, and none that
// the merchant owes. Where the rules say so it leaves the parts of the document, prices
// that contain it included, and stands on it once:
//
//	        part 1   part 2         part 1   part 2   marketplace
//	amount    10       20     ──▶     10       20          2
//	own        1        1              1        1          -
//	remitted   1        1              -        -          -
//
// The document comes to the same.

// divide tells an item's own taxes from those a marketplace remits, and keeps count of
// the latter. Of a refund no storefront tells whose its taxes are: they are all one or the
// other.
func (b *building) divide(ts []erpbridge.Tax) (own []erpbridge.Tax, remitted erpbridge.Money) {
	remitted = erpbridge.Zero(b.d.Currency)
	rule, refund := b.Tax.Marketplace.Mode, b.d.Refund != nil
	if refund {
		rule = b.Tax.Marketplace.Refunds
	}
	if rule != RemittedItem {
		return ts, remitted
	}
	for _, t := range ts {
		if t.Marketplace || refund {
			remitted = remitted.Add(t.Amount)
		} else {
			own = append(own, t)
		}
	}
	remitted = b.share(remitted)
	b.remitted = b.remitted.Add(remitted)
	return own, remitted
}

// remittedTax holds an order with tax of a marketplace where the rules say so, and takes
// up such tax that is told for the order alone.
func (b *building) remittedTax(o *erpbridge.Order) error {
	all := erpbridge.Zero(b.d.Currency)
	told := false
	for ts := range taxLists(o) {
		for _, t := range ts {
			told = told || !t.Amount.IsZero()
			if t.Marketplace {
				all = all.Add(t.Amount)
			}
		}
	}
	if !told {
		for _, t := range o.Taxes {
			if t.Marketplace {
				all = all.Add(t.Amount)
			}
		}
	}
	switch {
	case all.IsZero() || b.Tax.Marketplace.Mode == OwnTax:
		return nil
	case b.Tax.Marketplace.Mode == HoldRemitted:
		return b.held("a marketplace collected %s of its tax: book the order by hand, or set mapping.tax.marketplace of target %s", b.share(all), b.target)
	case told:
		return nil
	case o.TaxesIncluded:
		return b.held("a marketplace collected %s of its tax, which is in its prices and told for the order alone: book the order by hand", b.share(all))
	}
	b.remitted, b.alone = b.share(all), true
	return nil
}

// taxLists yields the taxes of all parts of an order.
func taxLists(o *erpbridge.Order) func(yield func([]erpbridge.Tax) bool) {
	return func(yield func([]erpbridge.Tax) bool) {
		for _, l := range o.Lines {
			if !yield(l.Taxes) {
				return
			}
		}
		for _, s := range o.Shipping {
			if !yield(s.Taxes) {
				return
			}
		}
		for _, c := range o.Charges {
			if !yield(c.Taxes) {
				return
			}
		}
	}
}

// ownTax returns what is the merchant's of an order's tax. Where he has none, what
// rounding leaves over is the marketplace's.
func (b *building) ownTax(total erpbridge.Money, included bool) (erpbridge.Money, error) {
	if b.remitted.IsZero() {
		return total, nil
	}
	own, parts := total.Sub(b.remitted), erpbridge.Zero(b.d.Currency)
	for _, it := range b.d.Items {
		parts = parts.Add(it.Tax)
	}
	if !parts.IsZero() || own.IsZero() || b.alone {
		return own, nil
	}
	if err := b.tolerable(total, b.remitted); err != nil {
		return own, err
	}
	if !included { // what prices contain was taken out of them to the minor unit
		b.remitted = total
	}
	return erpbridge.Zero(b.d.Currency), nil
}

// remittedItem puts what a marketplace remits on the document.
func (b *building) remittedItem() error {
	if b.remitted.IsZero() {
		return nil
	}
	p, err := b.post(b.Tax.Marketplace.Posting, "tax.marketplace", "tax that a marketplace collected,", b.remitted)
	if err != nil {
		return err
	}
	return b.add(Item{
		Kind: TaxItem, Posting: p, Description: "Marketplace tax", Gross: b.remitted,
		Discount: erpbridge.Zero(b.d.Currency), Tax: erpbridge.Zero(b.d.Currency), TaxCode: b.Tax.Exempt,
	})
}

// taxOfRefund holds a refund with tax where somebody has to say whose it is.
func (b *building) taxOfRefund(r *erpbridge.Refund) error {
	if b.Tax.Marketplace.Refunds != HoldRemitted {
		return nil
	}
	tax := erpbridge.Zero(r.Currency)
	for _, l := range r.Lines {
		tax = tax.Add(l.Tax)
	}
	for _, s := range r.Shipping {
		tax = tax.Add(s.Tax)
	}
	for _, a := range r.Adjustments {
		tax = tax.Add(a.Tax)
	}
	for _, c := range r.Charges {
		tax = tax.Add(sum(r.Currency, c.Taxes))
	}
	if tax.IsZero() {
		return nil
	}
	return b.held("nobody tells whether a marketplace collected the refund's tax of %s: book it by hand, or set mapping.tax.marketplace.refunds of target %s to own or item", tax, b.target)
}
