package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// Validate holds orders whose parts do not come to their total. The difference is
// named, together with the parts, so that an operator sees which one is off;
// nothing is guessed.
type Validate struct {
	// Tolerance is the largest difference that passes, in the order's currency.
	// Zero: to the minor unit.
	Tolerance erpbridge.Decimal
}

// tomorrow is how far a storefront's clock may be ahead of ours.
const tomorrow = 24 * time.Hour

// Process returns e, or an error of kind Held or Invalid.
func (v Validate) Process(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
	o := e.Order
	if o == nil {
		return e, nil
	}
	refuse := func(kind erpbridge.Kind, err error) (erpbridge.Event, error) {
		return e, &erpbridge.Error{Op: "pipeline.Validate", Kind: kind, Err: err}
	}
	if ahead := e.Version.At.Sub(e.ReceivedAt); !e.ReceivedAt.IsZero() && ahead > tomorrow {
		return refuse(erpbridge.Invalid, fmt.Errorf("its state is dated %s, which lies in the future: accepted as it is, it would count as newer than every state to come; correct the shop's clock, and send the order again",
			e.Version.At.UTC().Format(time.RFC3339)))
	}
	if len(o.Lines) == 0 {
		return refuse(erpbridge.Held, errors.New("the order has no lines"))
	}
	if diff := o.Total.Sub(o.Sum()); diff.Amount.Abs().GreaterThan(v.Tolerance) {
		return refuse(erpbridge.Held, fmt.Errorf("the order does not add up: its total is %s, its parts come to %s, the difference is %s (%s)",
			o.Total, o.Sum(), diff, parts(o)))
	}
	return e, nil
}

// parts lists what Order.Sum adds, for the eye.
func parts(o *erpbridge.Order) string {
	lines, lineDiscounts := erpbridge.Zero(o.Currency), erpbridge.Zero(o.Currency)
	for _, l := range o.Lines {
		lines, lineDiscounts = lines.Add(l.Gross()), lineDiscounts.Add(l.Discount())
	}
	shipping := erpbridge.Zero(o.Currency)
	for _, s := range o.Shipping {
		shipping = shipping.Add(s.Price).Sub(s.Discount())
	}
	list := []string{
		fmt.Sprintf("%d lines %s", len(o.Lines), lines.Plain()),
		"discounts -" + lineDiscounts.Plain(),
		"shipping " + shipping.Plain(),
	}
	if !o.Duties.IsZero() {
		list = append(list, "duties "+o.Duties.Plain())
	}
	if !o.Fees.IsZero() {
		list = append(list, "fees "+o.Fees.Plain())
	}
	if o.TaxesIncluded {
		list = append(list, "tax "+o.TaxTotal.Plain()+" included")
	} else {
		list = append(list, "tax "+o.TaxTotal.Plain())
	}
	return strings.Join(list, ", ")
}
