package salesdoc

import (
	"github.com/hakooi/erpbridge"
)

// share returns an item's tax to the minor unit. Storefronts that tell finer amounts
// round their total; what is left over is settled by taxes.
func (b *building) share(tax erpbridge.Money) erpbridge.Money {
	return erpbridge.Money{Amount: tax.Amount.RoundHAZ(b.d.Digits), Currency: b.d.Currency}
}

// taxes settles the tax of the whole document when all its items are there.
//
//	pass, recompute   the items' taxes; what the storefront's total differs by is
//	                  rounding, or an item of its own where no line says anything
//	item              one item; the others carry none
//
// Tax that prices contain and that is told for the order alone is taken out of them by
// their amounts.
//
// What a marketplace remits is apart from all this: see divide.
func (b *building) taxes(o *erpbridge.Order) error {
	own, err := b.ownTax(erpbridge.Zero(b.d.Currency).Add(o.TaxTotal), o.TaxesIncluded)
	if err != nil {
		return err
	}
	if err := b.settleTax(own, o.TaxesIncluded); err != nil {
		return err
	}
	return b.remittedItem()
}

func (b *building) settleTax(total erpbridge.Money, included bool) error {
	d := b.d
	parts := erpbridge.Zero(d.Currency)
	for _, it := range d.Items {
		parts = parts.Add(it.Tax)
	}
	if included && !d.PricesIncludeTax && parts.IsZero() && total.Amount.IsPos() {
		if err := b.taxByAmounts(total); err != nil {
			return err
		}
		parts = total
	}
	if b.Tax.Mode == ItemTax {
		var rounding erpbridge.Money
		if included {
			rounding = parts.Sub(total) // it was taken out of the prices part by part
			if err := b.tolerable(total, parts); err != nil {
				return err
			}
		}
		for i := range d.Items {
			d.Items[i].Tax, d.Items[i].TaxCode, d.Items[i].TaxRate = erpbridge.Zero(d.Currency), b.Tax.Exempt, erpbridge.Decimal{}
		}
		if err := b.taxItem(total); err != nil || rounding.IsZero() {
			return err
		}
		p, err := b.post(b.Rounding.Posting, "rounding", "a difference of rounding", rounding)
		if err != nil {
			return err
		}
		return b.extra(RoundingItem, p, "Rounding", rounding, nil, false)
	}
	if included {
		// Prices have their tax in them: the total stands, whatever the tax is. Without it
		// they are told only where each part says how much of it is tax.
		if d.PricesIncludeTax {
			return nil
		}
		return b.tolerable(total, parts)
	}
	left := total.Sub(parts)
	switch {
	case left.IsZero():
		return nil
	case parts.IsZero():
		return b.taxItem(left) // told for the order as a whole only
	}
	if err := b.tolerable(total, parts); err != nil {
		return err
	}
	// A cent of tax belongs to the item with the largest tax: no ERP minds which.
	largest := -1
	for i, it := range d.Items {
		if largest < 0 || it.Tax.Amount.GreaterThan(d.Items[largest].Tax.Amount) {
			largest = i
		}
	}
	it := &d.Items[largest]
	it.Tax = it.Tax.Add(left)
	if d.PricesIncludeTax {
		it.Gross, it.Amount = it.Gross.Add(left), it.Amount.Add(left)
	}
	return nil
}

// tolerable holds an order whose taxes differ from its tax by more than rounding.
func (b *building) tolerable(total, parts erpbridge.Money) error {
	left := total.Sub(parts)
	if !left.Amount.Abs().GreaterThan(b.tolerance()) {
		return nil
	}
	return b.held("the tax does not add up: the storefront says %s, its parts come to %s, the difference is %s, more than mapping.rounding.tolerance of target %s",
		total, parts, left, b.target)
}

func (b *building) taxItem(amount erpbridge.Money) error {
	if amount.IsZero() {
		return nil
	}
	p, err := b.post(b.Tax.Item, "tax.item", "tax", amount)
	if err != nil {
		return err
	}
	return b.add(Item{
		Kind: TaxItem, Posting: p, Description: "Tax", Gross: amount,
		Discount: erpbridge.Zero(b.d.Currency), Tax: erpbridge.Zero(b.d.Currency), TaxCode: b.Tax.Exempt,
	})
}

// taxCode returns the ERP's code for an item's taxes, and their rate where there is one.
func (b *building) taxCode(ts []erpbridge.Tax) (string, erpbridge.Decimal, error) {
	var rate erpbridge.Decimal
	charged := 0
	var tax erpbridge.Tax
	for _, t := range ts {
		if t.Amount.IsZero() && t.Rate.IsZero() {
			continue
		}
		charged++
		rate = rate.Add(t.Rate)
		if charged == 1 {
			tax = t
		}
	}
	if charged == 0 || b.Tax.Mode == ItemTax {
		return b.Tax.Exempt, rate, nil
	}
	tax.Rate = rate // several taxes of one item are one code, by their first title and their sum
	for _, key := range []string{
		tax.Title + "|" + tax.Rate.String() + "|" + b.country,
		tax.Title + "|" + tax.Rate.String(),
		"|" + tax.Rate.String() + "|" + b.country,
		"|" + tax.Rate.String(),
		tax.Title,
	} {
		if code, ok := b.crossed(TaxCodeTable, key); ok && !b.nameless(tax) {
			return code, rate, nil
		}
	}
	for _, c := range b.Tax.Codes {
		if (c.Title == "" || c.Title == tax.Title) && (c.Rate == nil || c.Rate.Equal(tax.Rate) && !b.nameless(tax)) && (c.Country == "" || c.Country == b.country) {
			return c.Code, rate, nil
		}
	}
	code, err := b.unknownTax(tax)
	return code, rate, err
}

func sum(code string, ts []erpbridge.Tax) erpbridge.Money {
	total := erpbridge.Zero(code)
	for _, t := range ts {
		total = total.Add(t.Amount)
	}
	return total
}
