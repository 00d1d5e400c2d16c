package bc

import (
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// price returns unit price and line discount of an item such that what the ERP makes of
// them is the item's amount, exactly:
//
//	round(quantity * price, digits of the currency) - discount = amount
//
// The price is rounded up where it must be rounded; what that is too much goes into the
// discount. The third value is false where no such price exists: a negative item of so
// many pieces that its price is too coarse.
func price(it salesdoc.Item, digits, decimals uint8) (unit, discount erpbridge.Decimal, ok bool) {
	q := it.Quantity
	unit, err := it.Gross.Amount.Div(q)
	if err != nil {
		return unit, discount, false
	}
	unit = unit.RoundHAZ(decimals)
	discount = round(q.Mul(unit), digits).Sub(it.Amount.Amount)
	if discount.IsNeg() {
		unit = unit.Add(step(decimals))
		discount = round(q.Mul(unit), digits).Sub(it.Amount.Amount)
	}
	if it.Amount.Amount.IsNeg() && !discount.IsZero() {
		return unit, discount, false // the ERP takes no discount off what is negative
	}
	return unit, discount, !discount.IsNeg()
}

// round is the ERP's rounding of amounts: to the nearest, halves away from nought.
func round(d erpbridge.Decimal, digits uint8) erpbridge.Decimal { return d.RoundHAZ(digits) }

// step is the smallest difference between two prices.
func step(decimals uint8) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal("0." + strings.Repeat("0", int(decimals)-1) + "1")
	if err != nil {
		panic(err) // it is made of digits
	}
	return d
}

// offTotal tells where the amount of a line is not what its price, quantity and discount
// come to: the ERP has priced it by rules of its own. Pages that do not show the amount
// tell nothing.
func (e *ERP) offTotal(theirs, ours []*etree.Element) string {
	theirs, ours = booked(theirs), booked(ours)
	for i, o := range ours {
		if i >= len(theirs) || value(theirs[i], "Line_Amount") == "" {
			return ""
		}
		got, err := erpbridge.ParseDecimal(value(theirs[i], "Line_Amount"))
		if err != nil {
			return "a line's amount is " + value(theirs[i], "Line_Amount")
		}
		q, unit, off := number(o, "Quantity"), number(o, "Unit_Price"), number(o, "Line_Discount_Amount")
		want := q.Mul(unit).Sub(off)
		if got.Sub(want).Abs().GreaterThan(q.Abs().Mul(step(e.conf.PriceDecimals))) {
			return "line " + value(o, "No") + " comes to " + got.String() + " in the ERP, sent was " + want.String()
		}
	}
	return ""
}

func number(line *etree.Element, name string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(orNought(value(line, name)))
	if err != nil {
		return erpbridge.Decimal{}
	}
	return d
}
