package partner

import (
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// The words of an order, as the schema lists them.
var (
	paymentStatuses = []erpbridge.PaymentStatus{erpbridge.Unpaid, erpbridge.PartiallyPaid, erpbridge.Paid, erpbridge.Refunded, erpbridge.Voided}
	chargeKinds     = []erpbridge.ChargeKind{erpbridge.Duty, erpbridge.Fee, erpbridge.Handling, erpbridge.Wrapping}
	creditKinds     = []erpbridge.CreditKind{erpbridge.GiftCardCredit, erpbridge.StoreCredit, erpbridge.Points}
)

// ofOrder fills in the event of an order. A cancelled order is one whatever the type
// says: the full state is what counts.
func (in *reading) ofOrder(e *erpbridge.Event, body *order) error {
	o, err := in.order("order.", body)
	if err != nil {
		return err
	}
	switch {
	case in.kind == erpbridge.OrderCancelled && o.CancelledAt.IsZero():
		return fmt.Errorf("order.cancelled_at: is missing, and the type is %s", in.kind)
	case in.kind == erpbridge.OrderPaid && o.PaymentStatus != erpbridge.Paid && o.PaymentStatus != erpbridge.Refunded:
		return fmt.Errorf("order.payment_status: is %s, and the type is %s", o.PaymentStatus, in.kind)
	}
	content := *o
	content.UpdatedAt = time.Time{}
	if o.Presented != nil {
		presented := *o.Presented
		presented.UpdatedAt = time.Time{}
		content.Presented = &presented
	}
	if !o.CancelledAt.IsZero() {
		e.Type = erpbridge.OrderCancelled
	}
	e.Order, e.Stream, e.Resource = o, "order/"+o.ID, "order/"+o.ID
	e.Version, err = version(o.UpdatedAt, rank(o), content)
	return err
}

// rank orders the states of an order within one instant: what was cancelled does not
// come back, and what was paid or refunded does not become unpaid.
func rank(o *erpbridge.Order) int {
	if !o.CancelledAt.IsZero() {
		return cancelledRank
	}
	switch o.PaymentStatus {
	case erpbridge.Refunded:
		return 3
	case erpbridge.Paid:
		return 2
	case erpbridge.PartiallyPaid:
		return 1
	}
	return 0
}

const cancelledRank = 4

// order reads an order, and the same order in the buyer's currency.
func (in *reading) order(at string, body *order) (*erpbridge.Order, error) {
	r := in.reader(body.Currency.Text())
	o := new(erpbridge.Order)
	in.head(r, at, body, o)
	r.parties(at, body, o)
	o.Lines = r.lines(at, body.Lines)
	if body.Lines == nil {
		r.Fail(at, "lines", "is missing")
	}
	r.sums(at, body, o)
	r.paid(at, body, o)
	o.Note = r.text(at, "note", body.Note)
	o.Attributes = r.attributes(at, "attributes", body.Attributes)
	o.Tags = r.texts(at, "tags", body.Tags)
	if body.Presented != nil && r.Err() == nil {
		var err error
		if o.Presented, err = in.presented(at+"presented.", body.Presented, o); err != nil {
			return nil, err
		}
	}
	o.Attributes = append(o.Attributes, r.Stripped()...)
	return o, r.Err()
}

// presented reads the order in the buyer's currency: the same one, with the same lines.
func (in *reading) presented(at string, body *order, shop *erpbridge.Order) (*erpbridge.Order, error) {
	if body.Presented != nil {
		return nil, fmt.Errorf("%spresented: has no place here: this is the presented order already", at)
	}
	o, err := in.order(at, body)
	if err != nil {
		return nil, err
	}
	r := in.reader(o.Currency)
	switch {
	case o.ID != shop.ID:
		r.Fail(at, "id", "is not that of the order")
	case o.Currency != shop.Presentment:
		r.Fail(at, "currency", "is %s, and the order's presentment %s", o.Currency, shop.Presentment)
	case len(o.Lines) != len(shop.Lines):
		r.Fail(at, "lines", "are %d, and the order's %d", len(o.Lines), len(shop.Lines))
	}
	return o, r.Err()
}

// head reads what stands at the top of an order.
func (in *reading) head(r *reader, at string, body *order, o *erpbridge.Order) {
	o.ID = r.needID(at, "id", body.ID)
	o.Number = r.text(at, "number", body.Number)
	o.PO = r.text(at, "po", body.PO)
	o.Channel = r.text(at, "channel", body.Channel)
	o.Test = r.flag(at, "test", body.Test)

	o.PlacedAt = r.needTime(at, "placed_at", body.PlacedAt)
	o.UpdatedAt = r.needTime(at, "updated_at", body.UpdatedAt)
	o.CancelledAt = r.time(at, "cancelled_at", body.CancelledAt)
	o.CancelReason = r.text(at, "cancel_reason", body.CancelReason)
	o.PostingDate = r.day(at, "posting_date", body.PostingDate, o.PlacedAt)

	r.need(at, "currency", body.Currency.Scalar)
	o.Currency = r.currency(at, "currency", body.Currency, "")
	o.Presentment = r.currency(at, "presentment", body.Presentment, o.Currency)
	o.TaxesIncluded = r.flag(at, "taxes_included", body.TaxesIncluded)
}

// sums reads what is charged beside the lines, and what all comes to.
func (r *reader) sums(at string, body *order, o *erpbridge.Order) {
	for i, s := range body.Shipping {
		at := element(at, "shipping", i)
		o.Shipping = append(o.Shipping, erpbridge.ShippingLine{
			ID:        r.id(at, "id", s.ID),
			Title:     r.text(at, "title", s.Title),
			Code:      r.text(at, "code", s.Code),
			Carrier:   r.text(at, "carrier", s.Carrier),
			Price:     r.needAmount(at, "price", s.Price),
			Discounts: r.discounts(at, s.Discounts),
			Taxes:     r.taxes(at, s.Taxes),
		})
	}
	o.Charges = r.charges(at, body.Charges)
	o.Discounts = r.discounts(at, body.Discounts)
	for i, c := range body.Credits {
		at := element(at, "credits", i)
		o.Credits = append(o.Credits, erpbridge.Credit{
			Kind:   needWord(r, at, "kind", c.Kind, creditKinds),
			Title:  r.text(at, "title", c.Title),
			Amount: r.needAmount(at, "amount", c.Amount),
		})
	}
	o.Taxes = r.taxes(at, body.Taxes)
	o.TaxTotal = r.needAmount(at, "tax_total", body.TaxTotal)
	o.Total = r.needAmount(at, "total", body.Total)
	o.Remaining = r.optional(at, "remaining", body.Remaining)
	o.Rounding = r.signed(at, "rounding", body.Rounding)
}

// paid reads how far the order is paid, and by what.
func (r *reader) paid(at string, body *order, o *erpbridge.Order) {
	o.PaymentStatus = choose(r, at, "payment_status", body.PaymentStatus, erpbridge.Unpaid, paymentStatuses)
	o.Outstanding = r.signed(at, "outstanding", body.Outstanding)
	if o.PaymentStatus == erpbridge.PartiallyPaid && !body.Outstanding.Given() {
		r.Fail(at, "outstanding", "is missing, and the order is paid in part")
	}
	o.Gateways = r.texts(at, "gateways", body.Gateways)
	o.Payments = r.payments(at, body.Payments)
	if t := body.Terms; t != nil {
		at := at + "terms."
		o.Terms = filled(erpbridge.PaymentTerms{Name: r.text(at, "name", t.Name), DueAt: r.someday(at, "due_at", t.DueAt)})
	}
}

// charges reads duties and fees. One is negative where a fee serves as a discount, and
// its taxes with it.
func (r *reader) charges(at string, cs list[charge]) []erpbridge.Charge {
	var out []erpbridge.Charge
	for i, c := range cs {
		at := element(at, "charges", i)
		out = append(out, erpbridge.Charge{
			Kind:   needWord(r, at, "kind", c.Kind, chargeKinds),
			Title:  r.text(at, "title", c.Title),
			Amount: r.needSigned(at, "amount", c.Amount),
			Taxes:  r.taxes(at, c.Taxes),
		})
	}
	return out
}

// ofCancellation fills in the event of an order that is gone.
func (in *reading) ofCancellation(e *erpbridge.Event, body *cancellation) error {
	const at = "cancellation."
	r := in.reader("")
	c := &erpbridge.Cancellation{
		OrderID:     r.needID(at, "order_id", body.OrderID),
		OrderNumber: r.text(at, "order_number", body.OrderNumber),
		At:          in.occurred,
		Reason:      r.text(at, "reason", body.Reason),
		Deleted:     r.flag(at, "deleted", body.Deleted),
	}
	if body.At.Given() {
		c.At = r.time(at, "at", body.At)
	}
	if r.Err() != nil {
		return r.Err()
	}
	var err error
	e.Cancellation, e.Stream, e.Resource = c, "order/"+c.OrderID, "order/"+c.OrderID
	e.Version, err = version(in.occurred, cancelledRank, *c)
	return err
}
