package woocommerce

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// orderEvents returns the event of an order's state, and those of the full refunds in it.
func (s *Storefront) orderEvents(m erpbridge.Message, id string, body *resource) ([]erpbridge.Event, error) {
	state, ok := s.stateOf(body.Status)
	switch {
	case !ok:
		return nil, fail(erpbridge.Held, fmt.Errorf("status: %q is not WooCommerce's own; say in statuses what it means: open, paid, refunded, cancelled or ignored", signed.Clip(body.Status.Text())))
	case state == stateIgnored:
		return nil, fail(erpbridge.Ignored, fmt.Errorf("an order of status %q is not placed yet", signed.Clip(body.Status.Text())))
	case s.conf.TestOrders == ignore && inTestMode(body.Meta):
		return nil, fail(erpbridge.Ignored, errors.New("paid in the payment plugin's test mode; set test_orders: deliver to send such orders to the ERP"))
	}
	if err := s.part("", body.ParentID); err != nil {
		return nil, err
	}
	currency, err := s.currency(body.Currency)
	if err != nil {
		return nil, err
	}
	r := s.reader(currency, m)
	o := s.order(r, id, state, body, m)
	if err := r.fault(); err != nil {
		return nil, err
	}
	e := erpbridge.Event{Store: m.Store, Type: eventType(m.Type, o), Stream: "order/" + id, Resource: "order/" + id, Order: o}
	events, err := finish(e, timeless(*o, m.ReceivedAt), o.UpdatedAt, rankOf(o))
	if err != nil {
		return nil, err
	}
	for i := range body.Refunds {
		if !body.Refunds[i].full() {
			continue
		}
		of := parent{id: id, number: o.Number, currency: currency, gateway: body.PaymentMethod}
		more, err := s.refundEvents(m, "refunds["+strconv.Itoa(i)+"].", of, &body.Refunds[i])
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

// part returns what stands against an order that is part of another one, and against its
// refunds, or nil: both may have the same goods.
func (s *Storefront) part(at string, of scalar) error {
	whole, ok := of.Integer()
	switch {
	case !ok || whole == "0" || s.conf.ChildOrders == deliver:
		return nil
	case s.conf.ChildOrders == ignore:
		return fail(erpbridge.Ignored, fmt.Errorf("%sparent_id: it is part of order %s, and child_orders is ignore", at, whole))
	}
	return fail(erpbridge.Held, fmt.Errorf("%sparent_id: it is part of order %s, which may have the same goods; set child_orders to ignore, or to deliver if the ERP is to have both", at, whole))
}

// timeless returns what of an order is no time of a change. WooCommerce does not say when
// an order was cancelled, so CancelledAt is that of the last change, too: what is written
// back to a cancelled order must not make it another one. Nor must its arrival, by which
// an order without any time is dated.
func timeless(o erpbridge.Order, received time.Time) erpbridge.Order {
	o.UpdatedAt = time.Time{}
	if o.PlacedAt.Equal(received) {
		o.PlacedAt, o.PostingDate = time.Time{}, ""
	}
	if !o.CancelledAt.IsZero() {
		o.CancelledAt = time.Unix(0, 0)
	}
	return o
}

// eventType says what happened, as far as the body bears it out.
func eventType(topic string, o *erpbridge.Order) erpbridge.EventType {
	switch {
	case !o.CancelledAt.IsZero():
		return erpbridge.OrderCancelled
	case topic == "order.created":
		return erpbridge.OrderPlaced
	}
	return erpbridge.OrderChanged
}

func rankOf(o *erpbridge.Order) int {
	switch {
	case !o.CancelledAt.IsZero():
		return rankCancelled
	case o.PaymentStatus == erpbridge.Refunded:
		return rankRefunded
	case o.PaymentStatus == erpbridge.Paid:
		return rankPaid
	}
	return 0
}

// inTestMode reports whether a payment plugin says that no money moved.
func inTestMode(all metas) bool {
	switch metaOf(all, "_wcpay_mode").Text() {
	case "test", "dev":
		return true
	}
	return metaOf(all, "_ppcp_paypal_payment_mode").Text() == "sandbox"
}

// order maps everything.
func (s *Storefront) order(r *reader, id, state string, body *resource, m erpbridge.Message) *erpbridge.Order {
	o := &erpbridge.Order{
		ID: id, Number: cmp.Or(r.word("", "number", body.Number), id),
		PO:      r.Text("", "meta_data."+s.conf.PONumberMeta, metaOf(body.Meta, s.conf.PONumberMeta)),
		Channel: r.Text("", "created_via", body.CreatedVia),
		Test:    inTestMode(body.Meta),
		// WooCommerce has one currency per order: what the buyer saw is what is booked.
		Currency: r.Currency(), Presentment: r.Currency(),
		Note: r.Text("", "customer_note", body.CustomerNote),
	}
	s.times(r, body, m, state, o)
	s.parties(r, body, o)
	s.amounts(r, body, o)
	s.payment(r, state, body, o)
	if state == stateCancelled {
		for i := range o.Lines {
			o.Lines[i].Current = erpbridge.Decimal{}
		}
	}
	for _, key := range s.conf.Attributes {
		if value := metaOf(body.Meta, key); value.Given() {
			o.Attributes = append(o.Attributes, erpbridge.Attribute{Name: key, Value: r.Text("", "meta_data."+key, value)})
		}
	}
	o.Attributes = append(o.Attributes, r.Stripped()...)
	return o
}

// times maps the order's times and its posting date.
func (s *Storefront) times(r *reader, body *resource, m erpbridge.Message, state string, o *erpbridge.Order) {
	createdAt := r.instant("", "date_created", body.Created, body.CreatedGMT)
	modifiedAt := r.instant("", "date_modified", body.Modified, body.ModifiedGMT)
	paidAt := r.instant("", "date_paid", body.Paid, body.PaidGMT)
	received := m.ReceivedAt.UTC()
	if s.zone != nil {
		received = received.In(s.zone)
	}
	o.UpdatedAt = normalizer.First(modifiedAt, createdAt, paidAt, received)
	o.PlacedAt = normalizer.First(createdAt, paidAt, modifiedAt, received)
	if o.UpdatedAt.IsZero() {
		r.Fail("", "date_modified_gmt", "is missing, and nothing else says which state of the order this is")
	}
	posted := o.PlacedAt
	if s.conf.PostingDate == paid {
		posted = normalizer.First(paidAt, o.PlacedAt)
	}
	o.PostingDate = normalizer.Day(posted, s.zone)
	if state == stateCancelled {
		o.CancelledAt, o.CancelReason = o.UpdatedAt, r.Text("", "status", body.Status)
	}
}

// amounts maps what an order comes to. See "Money" in the package's comment.
func (s *Storefront) amounts(r *reader, body *resource, o *erpbridge.Order) {
	l := newLedger(r, body.TaxLines)
	o.Total = r.Due("", "total", body.Total)
	o.Lines = lines(l, body)
	for i := range body.ShippingLines {
		item, at := &body.ShippingLines[i], "shipping_lines["+strconv.Itoa(i)+"]."
		price := l.charge(at, item)
		o.Shipping = append(o.Shipping, erpbridge.ShippingLine{
			ID:    r.ID(at, "id", item.ID),
			Title: r.Text(at, "method_title", item.MethodTitle),
			Code:  r.Text(at, "method_id", item.MethodID),
			Price: price, Taxes: l.taxes(at, item),
		})
	}
	for i := range body.FeeLines {
		item, at := &body.FeeLines[i], "fee_lines["+strconv.Itoa(i)+"]."
		amount := l.charge(at, item)
		o.Charges = append(o.Charges, erpbridge.Charge{
			Kind: erpbridge.Fee, Title: r.Text(at, "name", item.Name), Amount: amount, Taxes: l.taxes(at, item),
		})
	}
	o.Taxes = orderTaxes(r, body.TaxLines)
	o.Credits = s.credits(r, body.GiftCards)
	stated, _ := r.Amount("", "total_tax", body.TotalTax)
	o.TaxTotal = l.settle(stated, o.Total.Add(o.Credited()))
	o.Remaining = remaining(r, body.Refunds, o.Total)
}

// credits maps the gift cards that were redeemed, without their codes: who has a code has
// the money.
func (s *Storefront) credits(r *reader, cards list[giftCard]) []erpbridge.Credit {
	var out []erpbridge.Credit
	if s.conf.GiftCards != credit {
		return nil
	}
	for i, card := range cards {
		at := "gift_cards[" + strconv.Itoa(i) + "]."
		out = append(out, erpbridge.Credit{
			Kind: erpbridge.GiftCardCredit, Title: "gift card " + r.ID(at, "id", card.ID), Amount: r.Due(at, "amount", card.Amount),
		})
	}
	return out
}

// remaining returns what is left of the total after the refunds, or the zero Money if there
// are none.
func remaining(r *reader, refunds list[refund], total erpbridge.Money) erpbridge.Money {
	if len(refunds) == 0 {
		return erpbridge.Money{}
	}
	for i, f := range refunds {
		at := "refunds[" + strconv.Itoa(i) + "]."
		amount, ok := r.Amount(at, "total", f.Total) // negative
		if !ok {
			amount, _ = r.Amount(at, "amount", f.Amount)
		}
		total = total.Sub(erpbridge.Money{Amount: amount.Amount.Abs(), Currency: amount.Currency})
	}
	return total
}

// payment maps how far an order is paid, and by what. WooCommerce knows one payment: an
// order is paid in whole or not at all.
func (s *Storefront) payment(r *reader, state string, body *resource, o *erpbridge.Order) {
	o.PaymentStatus = paymentStatus(state, body, o)
	o.Outstanding = erpbridge.Zero(o.Currency)
	if o.PaymentStatus == erpbridge.Unpaid {
		o.Outstanding = o.Total
	}
	gateway := cmp.Or(r.word("", "payment_method", body.PaymentMethod), r.Text("", "payment_method_title", body.PaymentMethodTitle))
	if gateway != "" {
		o.Gateways = []string{gateway}
	}
	at := r.instant("", "date_paid", body.Paid, body.PaidGMT)
	if at.IsZero() || o.Total.IsZero() {
		return
	}
	reference := r.Text("", "transaction_id", body.TransactionID)
	o.Payments = []erpbridge.Payment{{
		ID: reference, Gateway: gateway, Kind: erpbridge.Sale, State: erpbridge.Succeeded, Amount: o.Total, At: at, Reference: reference,
	}}
}
