package salesdoc

import (
	"slices"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// spread takes a discount off the items, by their amounts, each to the minor unit: what
// rounding leaves over is taken off the largest. No item goes below nought. Gift cards and
// tips are spared while there is enough else: they are owed to somebody in full.
func (b *building) spread(off erpbridge.Money) error {
	lessened, total := b.lessened(false)
	if off.Amount.GreaterThan(total.Amount) {
		lessened, total = b.lessened(true)
	}
	if off.Amount.GreaterThan(total.Amount) {
		return b.held("a discount of %s is more than the items it could be taken off: book the order by hand", off)
	}
	parts, err := b.portions(off, lessened, total)
	if err != nil {
		return err
	}
	for i, it := range lessened {
		part := erpbridge.Money{Amount: parts[i], Currency: b.d.Currency}
		if b.Discounts.Lines == LineDiscount {
			it.Discount = it.Discount.Add(part)
		} else {
			it.Gross = it.Gross.Sub(part)
		}
		it.Amount = it.Amount.Sub(part)
	}
	return nil
}

// taxByAmounts takes a tax that is told for the order alone out of the prices that
// contain it, by their amounts: no item says how much of it is its own.
func (b *building) taxByAmounts(tax erpbridge.Money) error {
	taxed, total := b.lessened(false)
	if tax.Amount.GreaterThan(total.Amount) {
		return b.held("a tax of %s is more than the items it could be in: book the order by hand", tax)
	}
	parts, err := b.portions(tax, taxed, total)
	if err != nil {
		return err
	}
	for i, it := range taxed {
		it.Tax = erpbridge.Money{Amount: parts[i], Currency: b.d.Currency}
		it.Gross, it.Amount = it.Gross.Sub(it.Tax), it.Amount.Sub(it.Tax)
	}
	return nil
}

// discountItems puts a discount of the order on the document as a negative item. Where the
// ERP works out the tax it is one for each tax code of what it is taken off, by the amounts
// as the shop has its prices: a discount without tax would leave the ERP taxing what nobody
// paid.
func (b *building) discountItems(p Posting, text string, off erpbridge.Money, included bool) error {
	if b.Tax.Mode != RecomputeTax {
		return b.extra(DiscountItem, p, text, off.Neg(), nil, included)
	}
	codes, err := b.byTaxCode(off, included)
	if err != nil {
		return err
	}
	for _, it := range codes {
		it.Kind, it.Posting, it.Description = DiscountItem, p, text
		if err := b.add(it); err != nil {
			return err
		}
	}
	return nil
}

// byTaxCode divides a discount by the tax codes of the goods, or of all there is where it
// is more than they come to, to the minor unit: what is left over goes to those whose share
// was cut most. The items returned have no more than their tax and their negative amount.
func (b *building) byTaxCode(off erpbridge.Money, included bool) ([]Item, error) {
	bases, total := b.worths(included, func(it Item) bool { return it.Kind == GoodsItem })
	if off.Amount.GreaterThan(total.Amount) {
		bases, total = b.worths(included, func(it Item) bool { return it.Kind != GiftCardItem && it.Kind != TipItem })
	}
	if off.Amount.GreaterThan(total.Amount) {
		bases, total = b.worths(included, func(Item) bool { return true })
	}
	if off.Amount.GreaterThan(total.Amount) {
		return nil, b.held("a discount of %s is more than the items whose tax it could lessen: book the order by hand", off)
	}
	left, cut := off.Amount, make([]erpbridge.Decimal, len(bases))
	for i, base := range bases {
		part, err := off.Amount.Mul(base.Amount.Amount).Div(total.Amount)
		if err != nil {
			return nil, b.invalid("dividing %s by %s: %w", off, total, err)
		}
		whole := part.Trunc(b.d.Digits)
		cut[i], left = part.Sub(whole), left.Sub(whole)
		bases[i].Gross = erpbridge.Money{Amount: whole.Neg(), Currency: b.d.Currency}
	}
	unit := udecimal.MustFromInt64(1, b.d.Digits)
	for ; left.IsPos(); left = left.Sub(unit) {
		most := 0
		for i := range cut {
			if cut[i].GreaterThan(cut[most]) {
				most = i
			}
		}
		cut[most] = erpbridge.Decimal{}
		bases[most].Gross.Amount = bases[most].Gross.Amount.Sub(least(erpbridge.Money{Amount: unit}, erpbridge.Money{Amount: left}).Amount)
	}
	return slices.DeleteFunc(bases, func(it Item) bool { return it.Gross.IsZero() }), nil
}

// worths returns what the positive items of some kinds come to in the shop's own prices,
// by their tax codes and rates, and all in all.
func (b *building) worths(included bool, of func(Item) bool) (bases []Item, total erpbridge.Money) {
	none := erpbridge.Zero(b.d.Currency)
	total = none
	for _, it := range b.d.Items {
		if !it.Amount.Amount.IsPos() || !of(it) {
			continue
		}
		worth := it.Amount
		switch {
		case included && !b.d.PricesIncludeTax:
			worth = worth.Add(it.Tax)
		case !included && b.d.PricesIncludeTax:
			worth = worth.Sub(it.Tax)
		}
		total = total.Add(worth)
		i := slices.IndexFunc(bases, func(base Item) bool { return base.TaxCode == it.TaxCode && base.TaxRate.Equal(it.TaxRate) })
		if i < 0 {
			i, bases = len(bases), append(bases, Item{TaxCode: it.TaxCode, TaxRate: it.TaxRate, Amount: none, Discount: none, Tax: none})
		}
		bases[i].Amount = bases[i].Amount.Add(worth)
	}
	return bases, total
}

// portions divides an amount, which is not more than total, the sum of the items, by
// their amounts.
func (b *building) portions(off erpbridge.Money, lessened []*Item, total erpbridge.Money) ([]erpbridge.Decimal, error) {
	parts := make([]erpbridge.Decimal, len(lessened))
	left := off.Amount
	for i, it := range lessened {
		part, err := off.Amount.Mul(it.Amount.Amount).Div(total.Amount)
		if err != nil {
			return nil, b.invalid("spreading %s over %s: %w", off, total, err)
		}
		parts[i] = part.Trunc(b.d.Digits)
		left = left.Sub(parts[i])
	}
	for left.IsPos() {
		most := 0
		for i, it := range lessened {
			if it.Amount.Amount.Sub(parts[i]).GreaterThan(lessened[most].Amount.Amount.Sub(parts[most])) {
				most = i
			}
		}
		more := lessened[most].Amount.Amount.Sub(parts[most])
		if more.GreaterThan(left) {
			more = left
		}
		parts[most], left = parts[most].Add(more), left.Sub(more)
	}
	return parts, nil
}

// lessened returns the items that a discount can be taken off, and what they come to.
func (b *building) lessened(all bool) (items []*Item, total erpbridge.Money) {
	total = erpbridge.Zero(b.d.Currency)
	for i := range b.d.Items {
		it := &b.d.Items[i]
		if it.Amount.Amount.IsPos() && (all || it.Kind != GiftCardItem && it.Kind != TipItem) {
			items, total = append(items, it), total.Add(it.Amount)
		}
	}
	return items, total
}
