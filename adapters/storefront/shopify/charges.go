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
	if now, ok := r.amount("", "current_total_price", body.CurrentTotal, body.CurrentTotalSet.V); ok {
		o.Remaining = now
	}
	if rounded, _ := r.only("", "total_cash_rounding_payment_adjustment_set", body.PaymentRoundedSet.V); !rounded.IsZero() {
		o.Rounding = rounded
	}
	o.Outstanding = outstanding(r, body, o.Total)
	o.Taxes = taxes(r, "", body.TaxLines)

	if amount, taxed := duties(r, body); !amount.IsZero() {
		o.Charges = append(o.Charges, erpbridge.Charge{Kind: erpbridge.Duty, Amount: amount, Taxes: taxed})
	}
	if fees, _ := r.only("", "original_total_additional_fees_set", body.FeesSet.V); !r.positive("", "original_total_additional_fees_set", fees).IsZero() {
		o.Charges = append(o.Charges, erpbridge.Charge{Kind: erpbridge.Fee, Amount: fees})
	}
}

// outstanding returns what is still to be paid. It is negative where the buyer paid too
// much. API versions before 2021 do not tell; zero then says no more than that nothing
// is known to be open. It is told in the shop's currency only: nothing is nothing and
// everything is everything in the buyer's too, and what is between is not known.
func outstanding(r *reader, body *order, total erpbridge.Money) erpbridge.Money {
	if !r.presentment {
		m, _ := r.amount("", "total_outstanding", body.TotalOutstanding, nil)
		return m
	}
	open, err := erpbridge.ParseDecimal(cmp.Or(body.TotalOutstanding.Text(), "0"))
	if err != nil {
		return erpbridge.Money{} // the shop's reader says what is wrong with it
	}
	all, err := erpbridge.ParseDecimal(cmp.Or(body.TotalPrice.Text(), shopText(body.TotalPriceSet.V)))
	switch {
	case open.IsZero():
		return erpbridge.Zero(r.Currency())
	case err == nil && open.Equal(all):
		return total
	}
	return erpbridge.Money{}
}

// duties returns the import duties that come on top of the prices, and their taxes: the
// order's own sum, else that of its lines, and nothing where the prices include them.
func duties(r *reader, body *order) (erpbridge.Money, []erpbridge.Tax) {
	sum := erpbridge.Zero(r.Currency())
	if r.Flag("", "duties_included", body.DutiesIncluded) {
		return sum, nil
	}
	var taxed []erpbridge.Tax
	for i, item := range body.LineItems {
		for j, d := range item.Duties {
			at := "line_items[" + strconv.Itoa(i) + "].duties[" + strconv.Itoa(j) + "]."
			taxed = append(taxed, taxes(r, at, d.TaxLines)...)
			amount, ok := r.only(at, "shop_money", &d.moneySet)
			if !ok {
				amount = r.due(at, "price", d.Price, d.PriceSet.V)
			}
			sum = sum.Add(r.positive(at, "price", amount))
		}
	}
	if whole, ok := r.only("", "original_total_duties_set", body.DutiesSet.V); ok {
		sum = r.positive("", "original_total_duties_set", whole)
	}
	return sum, taxed
}

// shipping maps what was charged for transport, and returns it without the lines that
// an order edit removed.
func shipping(r *reader, body *order, o *erpbridge.Order) []erpbridge.ShippingLine {
	var remaining []erpbridge.ShippingLine
	for i, line := range body.ShippingLines {
		at := "shipping_lines[" + strconv.Itoa(i) + "]."
		title, code := r.Text(at, "title", line.Title), r.Text(at, "code", line.Code)
		s := erpbridge.ShippingLine{
			ID:        r.ID(at, "id", line.ID),
			Title:     cmp.Or(title, code),
			Code:      code,
			Carrier:   r.Text(at, "carrier_identifier", line.Carrier),
			Price:     r.due(at, "price", line.Price, line.PriceSet.V),
			Discounts: discounts(r, at, line.Allocations, body),
			Taxes:     taxes(r, at, line.TaxLines),
		}
		o.Shipping = append(o.Shipping, s)
		if !r.Flag(at, "is_removed", line.IsRemoved) {
			remaining = append(remaining, s)
		}
	}
	return remaining
}

// wasNeverSold reports whether the shipping lines that an order edit removed are to be
// left out.
//
// A removed line stays in the list with is_removed. total_price is what the order came
// to when it was placed, so a line that was there then is still part of it, and one
// that was added and removed later never was. The total tells: the removed lines are
// left out if, and only if, the order adds up without them and not with them.
func wasNeverSold(o *erpbridge.Order, remaining []erpbridge.ShippingLine) bool {
	if len(remaining) == len(o.Shipping) || o.Sum().Equal(o.Total) {
		return false
	}
	without := *o
	without.Shipping = remaining
	return without.Sum().Equal(o.Total)
}
