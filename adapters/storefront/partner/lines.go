package partner

import "github.com/hakooi/erpbridge"

var lineKinds = []erpbridge.LineKind{erpbridge.Item, erpbridge.GiftCard, erpbridge.Tip, erpbridge.Component}

// lines reads what was ordered.
func (r *reader) lines(at string, body list[line]) []erpbridge.Line {
	out := make([]erpbridge.Line, 0, len(body))
	ids := make(map[string]bool, len(body))
	for i, b := range body {
		at := element(at, "lines", i)
		l := r.line(at, b)
		if l.ID != "" && ids[l.ID] {
			r.Fail(at, "id", "%q is that of another line", l.ID)
		}
		ids[l.ID] = true
		out = append(out, l)
	}
	for i, l := range out {
		if l.Parent != "" && (!ids[l.Parent] || l.Parent == l.ID) {
			r.Fail(element(at, "lines", i), "parent", "%q is the id of no other line", l.Parent)
		}
	}
	return out
}

func (r *reader) line(at string, b line) erpbridge.Line {
	l := erpbridge.Line{
		ID:         r.id(at, "id", b.ID),
		Parent:     r.id(at, "parent", b.Parent),
		SKU:        r.text(at, "sku", b.SKU),
		Barcode:    r.text(at, "barcode", b.Barcode),
		ProductID:  r.id(at, "product_id", b.ProductID),
		VariantID:  r.id(at, "variant_id", b.VariantID),
		Title:      r.text(at, "title", b.Title),
		Kind:       choose(r, at, "kind", b.Kind, erpbridge.Item, lineKinds),
		Quantity:   r.quantity(at, "quantity", b.Quantity),
		Extended:   r.optional(at, "extended", b.Extended),
		Discounts:  r.discounts(at, b.Discounts),
		Taxes:      r.taxes(at, b.Taxes),
		Location:   r.id(at, "location", b.Location),
		Attributes: r.attributes(at, "attributes", b.Attributes),
	}
	l.Unit = r.unit(at, b, l.Quantity)
	l.Current = l.Quantity
	if b.Current.Given() {
		l.Current = r.quantity(at, "current", b.Current)
	}
	return l
}

// unit reads the price of one. It may be finer than the currency where all pieces come
// to an amount of it, or where extended says what they come to.
func (r *reader) unit(at string, b line, quantity erpbridge.Decimal) erpbridge.Money {
	if !b.Unit.Given() {
		if !b.Extended.Given() {
			r.Fail(at, "unit", "is missing, and so is extended: nothing says what the line comes to")
		}
		return erpbridge.Zero(r.Currency())
	}
	unit := r.Price(at, "unit", b.Unit.Scalar)
	if unit.Amount.IsNeg() {
		r.Fail(at, "unit", "%s is negative", unit)
	}
	if b.Extended.Given() || r.Err() != nil {
		return unit
	}
	digits, _ := erpbridge.Digits(r.Currency())
	if all := unit.Times(quantity).Amount; !all.RoundBank(digits).Equal(all) {
		r.Fail(at, "unit", "%s times %s is no amount of %s: write in extended what all of them come to", quantity, unit.Plain(), r.Currency())
	}
	return unit
}

func (r *reader) discounts(at string, ds list[discount]) []erpbridge.Discount {
	var out []erpbridge.Discount
	for i, d := range ds {
		at := element(at, "discounts", i)
		out = append(out, erpbridge.Discount{
			Code:   r.text(at, "code", d.Code),
			Title:  r.text(at, "title", d.Title),
			Amount: r.needAmount(at, "amount", d.Amount),
		})
	}
	return out
}

// taxes reads taxes. The amounts are the partner's: no rate is applied here.
func (r *reader) taxes(at string, ts list[tax]) []erpbridge.Tax {
	var out []erpbridge.Tax
	for i, t := range ts {
		at := element(at, "taxes", i)
		out = append(out, erpbridge.Tax{
			Title:        r.text(at, "title", t.Title),
			Rate:         r.decimal(at, "rate", t.Rate),
			Amount:       r.needSigned(at, "amount", t.Amount),
			Jurisdiction: r.text(at, "jurisdiction", t.Jurisdiction),
			Marketplace:  r.flag(at, "marketplace", t.Marketplace),
		})
	}
	return out
}
