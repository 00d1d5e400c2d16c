package adobecommerce

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// order returns the event of an order.
func (s *Storefront) order(n note, body *orderBody) (erpbridge.Event, error) {
	id, err := orderID(body)
	if err != nil {
		return erpbridge.Event{}, invalid(err)
	}
	if body.Items == nil {
		return erpbridge.Event{}, invalid(errors.New("items: is missing; the body is not an order, or its event is not subscribed to the field"))
	}
	books, shown, err := s.tills(n, body.currencies)
	if err != nil {
		return erpbridge.Event{}, err
	}
	o := &erpbridge.Order{ID: id, Currency: books.Currency(), Presentment: books.Currency()}
	s.head(books, n, body, o)
	parties(books, body, o)
	how := s.amounts(books, body, o, nil)
	if shown != nil {
		o.Presentment = shown.Currency()
		o.Presented = s.presented(*shown, body, o, how)
	}
	o.Attributes = append(o.Attributes, books.Stripped()...)
	if books.Err() != nil {
		return erpbridge.Event{}, invalid(books.Err())
	}
	if shown != nil && shown.Err() != nil {
		// The shop calculates with two decimals, whatever the currency: what 1,234.56 yen
		// are, nobody knows, and the books do not need it.
		o.Presented = nil
	}
	v, err := version(o.UpdatedAt, rank(o, body.state()), content(*o))
	if err != nil {
		return erpbridge.Event{}, err
	}
	return erpbridge.Event{
		Type:   eventType(o),
		Stream: "order/" + id, Resource: "order/" + id,
		Version: v, Order: o,
	}, nil
}

// orderID returns the order's entity_id, or what stands for it in the things the order
// is made of.
func orderID(body *orderBody) (string, error) {
	if body.EntityID.Given() {
		id, ok := identity(body.EntityID)
		if !ok {
			return "", fmt.Errorf("entity_id: %q is not an order's id", signed.Clip(body.EntityID.Text()))
		}
		return id, nil
	}
	var found string
	var err error
	see := func(name string, s scalar) {
		id, ok := identity(s)
		switch {
		case !s.Given() || err != nil:
		case !ok:
			err = fmt.Errorf("%s: %q is not an order's id", name, signed.Clip(s.Text()))
		case found != "" && found != id:
			err = fmt.Errorf("%s: is %s, another part of the order says %s", name, id, found)
		default:
			found = id
		}
	}
	for _, item := range body.Items {
		see("items[].order_id", item.OrderID)
	}
	if p := body.Payment.V; p != nil {
		see("payment.parent_id", p.ParentID)
	}
	for _, a := range body.Addresses {
		see("addresses[].parent_id", a.ParentID)
	}
	for _, a := range []*addressBody{body.BillingAddress.V, body.ShippingAddress.V} {
		if a != nil {
			see("billing_address.parent_id", a.ParentID)
		}
	}
	if err == nil && found == "" {
		err = errors.New("entity_id: is missing, and no item, payment or address names its order; if the body is an order, subscribe its event to entity_id")
	}
	return found, err
}

// head maps what stands at the top of an order, but for money.
func (s *Storefront) head(t till, n note, body *orderBody, o *erpbridge.Order) {
	o.Number = cmp.Or(t.Text("", "increment_id", body.IncrementID), o.ID)
	o.Channel = storeView(t, body.StoreName)
	o.Note = t.Text("", "customer_note", body.CustomerNote)

	placed := t.instant("created_at", body.CreatedAt)
	o.UpdatedAt = changed(t, n, body.UpdatedAt, body.CreatedAt)
	if o.UpdatedAt.IsZero() {
		t.Fail("", "updated_at", "is missing, and so is created_at: nothing says which state of the order this is")
		return
	}
	o.PlacedAt = normalizer.First(placed, o.UpdatedAt).In(s.zone)
	o.UpdatedAt = o.UpdatedAt.In(s.zone)
	o.PostingDate = normalizer.Day(o.PlacedAt, s.zone)
	if body.state() == "canceled" {
		// The shop does not tell when. It was at this change, or before it.
		o.CancelledAt = o.UpdatedAt
	}
}

// state returns the order's state. An event may be subscribed to the status only, whose
// words a shop may add to: those it comes with begin as the states.
func (o *orderBody) state() string {
	return strings.ToLower(cmp.Or(o.State.Text(), o.Status.Text()))
}

// storeView returns the last part of "Website\nStore\nStore View".
func storeView(t till, name scalar) string {
	view := ""
	for line := range strings.Lines(name.Text()) {
		view = cmp.Or(strings.TrimSpace(line), view)
	}
	return t.Clean("", "store_name", view)
}

// content returns what of an order makes one state differ from another: not its times of
// change, so that saving it again changes nothing, and not what only the API tells and
// other amounts imply.
func content(o erpbridge.Order) erpbridge.Order {
	o.UpdatedAt = time.Time{}
	if !o.CancelledAt.IsZero() {
		o.CancelledAt = o.PlacedAt
	}
	o.Taxes, o.Company = nil, nil
	if o.Presented != nil {
		shown := content(*o.Presented)
		o.Presented = &shown
	}
	return o
}

// atOnce is how long after its creation an order's first state is saved.
const atOnce = time.Minute

// eventType says what happened. The shop has one event for all, so that an order that
// nobody touched since it was made is a new one.
func eventType(o *erpbridge.Order) erpbridge.EventType {
	switch {
	case !o.CancelledAt.IsZero():
		return erpbridge.OrderCancelled
	case o.PaymentStatus != erpbridge.Refunded && o.UpdatedAt.Sub(o.PlacedAt) < atOnce:
		return erpbridge.OrderPlaced
	}
	return erpbridge.OrderChanged
}

// rank orders the states of an order within one second, which is as finely as the shop
// tells the time.
func rank(o *erpbridge.Order, state string) int {
	switch {
	case !o.CancelledAt.IsZero():
		return 5
	case state == "closed":
		return 4
	case o.PaymentStatus == erpbridge.Refunded:
		return 3
	case state == "complete":
		return 2
	case o.PaymentStatus == erpbridge.Paid:
		return 1
	}
	return 0
}

// presented returns the order in the buyer's currency, or nil where the body does not
// tell what it comes to there.
func (s *Storefront) presented(t till, body *orderBody, books *erpbridge.Order, how *reading) *erpbridge.Order {
	if !body.GrandTotal.Given() {
		return nil
	}
	o := *books
	o.Currency, o.Presented = t.Currency(), nil
	o.Lines, o.Shipping, o.Charges, o.Discounts, o.Credits, o.Taxes, o.Payments = nil, nil, nil, nil, nil, nil, nil
	o.PaymentStatus = ""
	s.amounts(t, body, &o, how)
	return &o
}
