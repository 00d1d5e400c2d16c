package shopify

import (
	"cmp"
	"strconv"

	"github.com/hakooi/erpbridge"
)

// charges maps what an order comes to, and what is charged beside its lines.
func charges(r *reader, body *order, o *erpbridge.Order) {
	o.Total = r.due("", "total_price", body.TotalPrice, body.TotalPriceSet.V)
	o.TaxTotal, _ = r.charge("", "total_tax", body.TotalTax, body.TotalTaxSet.V)
	// Negative where the buyer paid too much. API versions before 2021 do not
	// tell; zero then says no more than that nothing is known to be open.
	o.Outstanding, _ = r.amount("", "total_outstanding", body.TotalOutstanding, nil)
	o.Taxes = taxes(r, "", body.TaxLines)
	o.Fees, _ = r.only("", "original_total_additional_fees_set", body.FeesSet.V)
	o.Duties = duties(r, body)
}

// duties returns the import duties that come on top of the prices: the order's
// own sum, else that of its lines, and nothing where the prices include them.
func duties(r *reader, body *order) erpbridge.Money {
	if r.flag("", "duties_included", body.DutiesIncluded) {
		return erpbridge.Zero(r.currency)
	}
	if sum, ok := r.only("", "original_total_duties_set", body.DutiesSet.V); ok {
		return sum
	}
	sum := erpbridge.Zero(r.currency)
	for i, item := range body.LineItems {
		for j, d := range item.Duties {
			at := "line_items[" + strconv.Itoa(i) + "].duties[" + strconv.Itoa(j) + "]."
			if d.Shop.V != nil {
				amount, _ := r.only(at, "shop_money", &d.moneySet)
				sum = sum.Add(amount)
				continue
			}
			sum = sum.Add(r.due(at, "price", d.Price, d.PriceSet.V))
		}
	}
	return sum
}

// shipping maps what was charged for transport.
//
// A shipping line that an order edit removed stays in the list with is_removed.
// total_price is what the order came to when it was placed, so a line that was
// there then is still part of it, and one that was added and removed later never
// was. The total tells: the removed lines are left out if, and only if, the order
// adds up without them and not with them.
func shipping(r *reader, body *order, o *erpbridge.Order) {
	var remaining []erpbridge.ShippingLine
	for i, line := range body.ShippingLines {
		at := "shipping_lines[" + strconv.Itoa(i) + "]."
		title, code := r.text(at, "title", line.Title), r.text(at, "code", line.Code)
		s := erpbridge.ShippingLine{
			Title:     cmp.Or(title, code),
			Code:      code,
			Price:     r.due(at, "price", line.Price, line.PriceSet.V),
			Discounts: discounts(r, at, line.Allocations, body),
			Taxes:     taxes(r, at, line.TaxLines),
		}
		o.Shipping = append(o.Shipping, s)
		if !r.flag(at, "is_removed", line.IsRemoved) {
			remaining = append(remaining, s)
		}
	}
	if r.err != nil || len(remaining) == len(o.Shipping) || o.Sum().Equal(o.Total) {
		return
	}
	without := *o
	without.Shipping = remaining
	if without.Sum().Equal(o.Total) {
		o.Shipping = remaining
	}
}
