package salesdoc

import "github.com/hakooi/erpbridge"

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
