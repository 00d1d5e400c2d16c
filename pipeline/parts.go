package pipeline

import (
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge"
)

// most lines are listed one by one.
const most = 10

// parts lists what Order.Sum adds, for the eye.
func parts(o *erpbridge.Order) string {
	lines, discounts := erpbridge.Zero(o.Currency), o.Discount()
	for _, l := range o.Lines {
		lines, discounts = lines.Add(l.Gross()), discounts.Add(l.Discount())
	}
	shipping := erpbridge.Zero(o.Currency)
	for _, s := range o.Shipping {
		shipping = shipping.Add(s.Price).Sub(s.Discount())
	}
	noun := "lines"
	if len(o.Lines) == 1 {
		noun = "line"
	}
	list := []string{fmt.Sprintf("%d %s %s", len(o.Lines), noun, lines.Plain())}
	if !discounts.IsZero() {
		list = append(list, "discounts -"+discounts.Plain())
	}
	list = append(list, "shipping "+shipping.Plain())
	duties := o.Charged(erpbridge.Duty)
	if !duties.IsZero() {
		list = append(list, "duties "+duties.Plain())
	}
	if fees := o.Charged().Sub(duties); !fees.IsZero() {
		list = append(list, "fees "+fees.Plain())
	}
	if credits := o.Credited(); !credits.IsZero() {
		list = append(list, "gift cards and credits -"+credits.Plain())
	}
	tax := "tax " + o.TaxTotal.Plain()
	if o.TaxesIncluded {
		tax += " included"
	}
	list = append(list, tax)
	for i, l := range o.Lines {
		if i == most {
			list = append(list, "…")
			break
		}
		list = append(list, fmt.Sprintf("line %d: %s x %s", i+1, l.Quantity, l.Unit.Plain()))
		if gross := l.Gross(); !gross.Equal(l.Unit.Times(l.Quantity)) {
			list[len(list)-1] += " = " + gross.Plain()
		}
		if off := l.Discount(); !off.IsZero() {
			list[len(list)-1] += " - " + off.Plain()
		}
	}
	return strings.Join(list, ", ")
}

// refundParts lists what Refund.Sum adds.
func refundParts(r *erpbridge.Refund) string {
	var list []string
	add := func(what string, amount, tax erpbridge.Money) {
		text := what + " " + amount.Plain()
		if !tax.IsZero() {
			text += " and tax " + tax.Plain()
		}
		if r.TaxesIncluded && !tax.IsZero() {
			text += " included"
		}
		list = append(list, text)
	}
	for i, l := range r.Lines {
		if i == most {
			list = append(list, "…")
			break
		}
		add(fmt.Sprintf("line %d: %s pieces", i+1, l.Quantity), l.Amount, l.Tax)
	}
	for _, s := range r.Shipping {
		add("shipping", s.Amount, s.Tax)
	}
	for _, a := range r.Adjustments {
		add("adjustment", a.Amount, a.Tax)
	}
	for _, c := range r.Charges {
		add(string(c.Kind), c.Amount, erpbridge.Zero(r.Currency))
	}
	for _, p := range r.Payments {
		list = append(list, fmt.Sprintf("payment %s %s", p.Amount, p.State))
	}
	return strings.Join(list, ", ")
}
