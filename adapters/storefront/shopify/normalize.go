package shopify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// The topics the bridge acts on. Each carries the whole order.
const (
	topicCreate             = "orders/create"
	topicPaid               = "orders/paid"
	topicUpdated            = "orders/updated"
	topicFulfilled          = "orders/fulfilled"
	topicPartiallyFulfilled = "orders/partially_fulfilled"
	topicCancelled          = "orders/cancelled"
)

// reasons say why a topic is ignored, where it is not simply of no interest.
var reasons = map[string]string{
	"orders/edited": "it carries the edit, not the order; orders/updated comes with it",
	"orders/delete": "a deleted order stays in the ERP as it is",
}

// Normalize returns the one event a Shopify message stands for.
func (s *Storefront) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	switch m.Type {
	case topicCreate, topicPaid, topicUpdated, topicFulfilled, topicPartiallyFulfilled, topicCancelled:
	default:
		reason, ok := reasons[m.Type]
		if !ok {
			reason = "the bridge acts on orders only"
		}
		return nil, fail(erpbridge.Ignored, fmt.Errorf("topic %q: %s", clip(m.Type), reason))
	}
	body, err := parse(m.Body)
	if err != nil {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("the body cannot be read: %w", err))
	}
	test, err := body.Test.Bool()
	if err != nil {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("test: %w", err))
	}
	if test && s.conf.TestOrders == ignore {
		return nil, fail(erpbridge.Ignored, errors.New("a test order; set test_orders: deliver to send such orders to the ERP"))
	}
	if body.LineItems == nil {
		return nil, fail(erpbridge.Invalid, errors.New("line_items: is missing; the body is not an order"))
	}
	id, err := s.orderID(body, m.Body)
	if err != nil {
		return nil, err
	}
	order, err := s.order(body, m)
	if err != nil {
		return nil, err
	}
	order.ID = id
	content, err := fingerprint(*order)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	return []erpbridge.Event{{
		Store:   m.Store,
		Type:    eventType(m.Type, body, order),
		Stream:  "order/" + id,
		Version: erpbridge.Version{At: order.UpdatedAt, Rank: rank(order), Digest: content},
		Order:   order,
	}}, nil
}

func fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "shopify.Normalize", Kind: kind, Err: err}
}

// eventType says what happened. The topic is not signed, so it counts only as far
// as the signed body does not contradict it: an order whose cancelled_at is null
// was not cancelled, and a pending one was not paid. Such an event is a mere
// change, and the order's full state is what it carries anyway.
func eventType(topic string, body *order, o *erpbridge.Order) erpbridge.EventType {
	switch {
	case !o.CancelledAt.IsZero():
		return erpbridge.OrderCancelled
	case topic == topicCreate:
		return erpbridge.OrderPlaced
	case topic == topicPaid:
		if !body.FinancialStatus.Given() || o.PaymentStatus == erpbridge.Paid || o.PaymentStatus == erpbridge.Refunded {
			return erpbridge.OrderPaid
		}
	}
	return erpbridge.OrderChanged
}

// rank orders the states of an order within one second, which is as finely as
// Shopify tells the time: what was cancelled does not come back, and what was paid
// or refunded does not become unpaid.
func rank(o *erpbridge.Order) int {
	switch {
	case !o.CancelledAt.IsZero():
		return 3
	case o.PaymentStatus == erpbridge.Refunded:
		return 2
	case o.PaymentStatus == erpbridge.Paid:
		return 1
	}
	return 0
}

// orderID returns the digits of the order's id, which are the order's identity
// everywhere behind this adapter. 1001, "1001", 1.001e3 and
// "gid://shopify/Order/1001" are one order.
func (s *Storefront) orderID(body *order, raw []byte) (string, error) {
	member, given := "id", body.ID
	if !given.Given() {
		member, given = "admin_graphql_api_id", body.GraphQLID
	}
	if given.Given() {
		id, ok := given.Integer()
		if rest, gid := strings.CutPrefix(given.Text(), "gid://shopify/Order/"); gid {
			rest, _, _ = strings.Cut(rest, "?")
			id, ok = rest, rest != "" && strings.Trim(rest, "0123456789") == ""
			id = strings.TrimLeft(id, "0")
		}
		// Twenty digits hold the largest unsigned 64-bit number.
		if !ok || id == "" || id == "0" || len(id) > 20 {
			return "", fail(erpbridge.Invalid, fmt.Errorf("%s: %q is not an order id", member, clip(given.Text())))
		}
		return id, nil
	}
	if s.conf.WithoutID == digest {
		sum := sha256.Sum256(raw)
		return "body-" + hex.EncodeToString(sum[:8]), nil
	}
	return "", fail(erpbridge.Held, errors.New("id: is missing; set without_id: digest to key such orders by their content"))
}

// order maps everything but the id.
func (s *Storefront) order(body *order, m erpbridge.Message) (*erpbridge.Order, error) {
	r := &reader{}
	if !m.ReceivedAt.IsZero() {
		// Clocks differ by minutes. A state from the year 9999 would be newer than
		// every later one, for ever.
		r.latest = m.ReceivedAt.Add(24 * time.Hour)
	}
	r.currency = currencyOf(body)
	if r.currency == "" {
		r.currency = s.conf.DefaultCurrency
	}
	if r.currency == "" {
		return nil, fail(erpbridge.Held, errors.New("currency: is missing; set default_currency to the shop's currency"))
	}
	if _, ok := erpbridge.Digits(r.currency); !ok {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("currency: %q is not an ISO 4217 currency", clip(r.currency)))
	}
	o := &erpbridge.Order{Currency: r.currency}
	s.head(r, body, o)
	s.times(r, body, m.Type, o)
	parties(r, body, o)
	s.lines(r, body, o)
	charges(r, body, o)
	shipping(r, body, o) // last: which shipping lines count is seen from the total
	o.Attributes = append(o.Attributes, r.record()...)
	if r.err != nil {
		return nil, fail(erpbridge.Invalid, r.err)
	}
	return o, nil
}
