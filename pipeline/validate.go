package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// Validate holds orders and refunds whose parts do not come to their total. The
// difference is named, together with the parts and the lines, so that an operator sees
// which one is off; nothing is guessed.
type Validate struct {
	// Tolerance is the largest difference that passes, in the order's currency.
	// Zero: to the minor unit.
	Tolerance erpbridge.Decimal
}

// tomorrow is how far a storefront's clock may be ahead of ours.
const tomorrow = 24 * time.Hour

// Process returns e, or an error of kind Held or Invalid. Presented amounts that do not
// add up are left out: no ERP can book them, and those in the shop's currency stand.
func (v Validate) Process(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
	if ahead := e.Version.At.Sub(e.ReceivedAt); !e.ReceivedAt.IsZero() && ahead > tomorrow {
		return e, refuse(erpbridge.Invalid, "its state is dated %s, which lies in the future: accepted as it is, it would count as newer than every state to come; correct the shop's clock, and send the order again",
			e.Version.At.UTC().Format(time.RFC3339))
	}
	switch {
	case e.Order != nil:
		return v.order(e)
	case e.Refund != nil:
		return v.refund(e)
	}
	return e, nil
}

func (v Validate) order(e erpbridge.Event) (erpbridge.Event, error) {
	o := e.Order
	if len(o.Lines) == 0 {
		return e, refuse(erpbridge.Held, "the order has no lines")
	}
	if diff := o.Total.Sub(o.Sum()); v.off(diff) {
		return e, refuse(erpbridge.Held, "the order does not add up: its total is %s, its parts come to %s, the difference is %s (%s)",
			o.Total, o.Sum(), diff, parts(o))
	}
	if p := o.Presented; p != nil && v.off(p.Total.Sub(p.Sum())) {
		without := *o // stages share events with nobody, but Order is a pointer
		without.Presented = nil
		e.Order = &without
	}
	return e, nil
}

// refund compares what is refunded with what was paid back. A storefront that tells of
// no payments is believed.
func (v Validate) refund(e erpbridge.Event) (erpbridge.Event, error) {
	r := e.Refund
	if len(r.Payments) == 0 {
		return e, nil
	}
	paid, all := r.Paid()
	if !all && r.Presented != nil {
		// The gateway speaks of the buyer's currency: there the two can be compared.
		r = r.Presented
		paid, all = r.Paid()
	}
	if !all {
		return e, refuse(erpbridge.Held, "the refund of %s is not paid back yet: a payment is under way, or in another currency; check it in the shop, then retry with erpbridge held retry", r.Sum())
	}
	if diff := paid.Sub(r.Sum()); v.off(diff) {
		return e, refuse(erpbridge.Held, "the refund does not add up: %s was paid back, its parts come to %s, the difference is %s (%s)", paid, r.Sum(), diff, refundParts(r))
	}
	return e, nil
}

func (v Validate) off(diff erpbridge.Money) bool { return diff.Amount.Abs().GreaterThan(v.Tolerance) }

func refuse(kind erpbridge.Kind, format string, args ...any) error {
	return &erpbridge.Error{Op: "pipeline.Validate", Kind: kind, Err: fmt.Errorf(format, args...)}
}
