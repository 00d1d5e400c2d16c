package shopify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The topics of orders. Each carries the whole order.
const (
	topicCreate    = "orders/create"
	topicPaid      = "orders/paid"
	topicUpdated   = "orders/updated"
	topicCancelled = "orders/cancelled"
	topicDeleted   = "orders/delete"
	topicRefund    = "refunds/create"
)

// wholeOrder reports whether messages of a topic carry an order.
func wholeOrder(topic string) bool {
	switch topic {
	case topicCreate, topicPaid, topicUpdated, topicCancelled, "orders/fulfilled", "orders/partially_fulfilled":
		return true
	}
	return false
}

// Normalize returns the one event a Shopify message stands for.
func (s *Storefront) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	event, err := s.event(m)
	if err != nil {
		return nil, err
	}
	event.Store = m.Store
	return []erpbridge.Event{event}, nil
}

// event reads m as what its topic says it is.
func (s *Storefront) event(m erpbridge.Message) (erpbridge.Event, error) {
	if wholeOrder(m.Type) {
		return s.orderEvent(m)
	}
	switch m.Type {
	case topicDeleted:
		return s.orderDeleted(m)
	case topicRefund:
		return s.refundEvent(m)
	case "fulfillments/create", "fulfillments/update":
		return s.fulfilmentEvent(m)
	case "customers/create", "customers/update":
		return s.customerEvent(m)
	case "customers/delete":
		return s.customerDeleted(m)
	case "products/create", "products/update":
		return s.productEvent(m)
	case "products/delete":
		return s.productDeleted(m)
	case "inventory_levels/update":
		return s.inventoryEvent(m)
	case topicUnread:
		return erpbridge.Event{}, notRead(m)
	case topicDataRequest, topicRedactCustomer, topicRedactShop:
		return s.privacyEvent(m)
	}
	return erpbridge.Event{}, fail(erpbridge.Ignored, fmt.Errorf("topic %q: %s", signed.Clip(m.Type), unread(m.Type)))
}

// reasons say why a topic is ignored, where it is not simply of no interest.
var reasons = map[string]string{
	"orders/edited":               "it carries the edit, not the order; orders/updated comes with it",
	"order_transactions/create":   "payments come with the order's state and with refunds",
	"fulfillment_events/create":   "a parcel's way is followed at its carrier",
	"fulfillment_events/delete":   "a parcel's way is followed at its carrier",
	"inventory_levels/connect":    "inventory_levels/update tells the quantity",
	"inventory_levels/disconnect": "a place that no longer stocks an item has nothing to count",
	"app/uninstalled":             "the shop has uninstalled the app, and sends nothing any more",
}

func unread(topic string) string {
	if reason, ok := reasons[topic]; ok {
		return reason
	}
	resource, _, _ := strings.Cut(topic, "/")
	switch resource {
	case "draft_orders", "checkouts", "carts":
		return "nothing is sold yet"
	}
	return "the bridge does nothing with it"
}

func fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "shopify.Normalize", Kind: kind, Err: err}
}

// unreadable is the error about a body that is no JSON, or not of the shape it has to be.
func unreadable(err error) error {
	return fail(erpbridge.Invalid, fmt.Errorf("the body cannot be read: %w", err))
}

// orderEvent reads an order.
func (s *Storefront) orderEvent(m erpbridge.Message) (erpbridge.Event, error) {
	body, err := parse(told(m), "order", func(o *order) bool { return o.LineItems != nil || o.ID.Given() })
	if err != nil {
		return erpbridge.Event{}, unreadable(err)
	}
	return s.orderOf(body, m)
}

func (s *Storefront) orderOf(body *order, m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	test, err := body.Test.Bool()
	if err != nil {
		return none, fail(erpbridge.Invalid, fmt.Errorf("test: %w", err))
	}
	if test && s.conf.TestOrders == ignore {
		return none, fail(erpbridge.Ignored, errors.New("a test order; set test_orders: deliver to send such orders to the ERP"))
	}
	if body.LineItems == nil {
		return none, fail(erpbridge.Invalid, errors.New("line_items: is missing; the body is not an order"))
	}
	if body.AbandonedURL.Given() {
		return none, fail(erpbridge.Invalid, errors.New("abandoned_checkout_url: is there; the body is a checkout, and not an order"))
	}
	id, err := s.orderID(body, m.Body)
	if err != nil {
		return none, err
	}
	order, err := s.order(body, m)
	if err != nil {
		return none, err
	}
	order.ID = id
	if order.Presented != nil {
		order.Presented.ID = id
	}
	content, err := fingerprint(*order)
	if err != nil {
		return none, fail(erpbridge.Invalid, err)
	}
	return erpbridge.Event{
		Type:   eventType(m.Type, body, order),
		Stream: "order/" + id, Resource: "order/" + id,
		Version: erpbridge.Version{At: order.UpdatedAt, Rank: rank(order), Digest: content},
		Order:   order,
	}, nil
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
// Shopify tells the time: what was cancelled does not come back, and money that came, or
// went back, does not do so again. An order that is cancelled and paid back at once has
// states that differ in the money only, so both count.
func rank(o *erpbridge.Order) int {
	rank := 0
	switch o.PaymentStatus {
	case erpbridge.PartiallyPaid, erpbridge.Voided:
		rank = 1
	case erpbridge.Paid:
		rank = 2
	case erpbridge.Refunded:
		rank = 3
		if o.Remaining.Currency != "" && o.Remaining.IsZero() {
			rank = 4
		}
	}
	if !o.CancelledAt.IsZero() {
		rank += 4
	}
	return rank
}

// gone is the rank of what was deleted: nothing comes after it.
const gone = 9

// orderID returns the order's id.
func (s *Storefront) orderID(body *order, raw []byte) (string, error) {
	id, err := identity("Order", body.ID, body.GraphQLID)
	switch {
	case err != nil:
		return "", fail(erpbridge.Invalid, err)
	case id != "":
		return id, nil
	case s.conf.WithoutID == digest:
		sum := sha256.Sum256(raw)
		return "body-" + hex.EncodeToString(sum[:8]), nil
	}
	return "", fail(erpbridge.Held, errors.New("id: is missing; set without_id: digest to key such orders by their content"))
}

// orderDeleted reads what Shopify says of a deleted order: its id, and nothing else. A
// whole order under this topic is an order: the topic is not signed.
func (s *Storefront) orderDeleted(m erpbridge.Message) (erpbridge.Event, error) {
	body, err := parse(told(m), "order", func(o *order) bool { return o.LineItems != nil || o.ID.Given() })
	if err != nil {
		return erpbridge.Event{}, unreadable(err)
	}
	if body.LineItems != nil {
		return s.orderOf(body, m)
	}
	id, err := required("Order", body.ID, body.GraphQLID)
	if err != nil {
		return erpbridge.Event{}, err
	}
	c := erpbridge.Cancellation{OrderID: id, At: m.ReceivedAt, Reason: "deleted", Deleted: true}
	return finish(erpbridge.Event{
		Type: erpbridge.OrderCancelled, Stream: "order/" + id, Resource: "order/" + id,
		Version: erpbridge.Version{At: m.ReceivedAt, Rank: gone}, Cancellation: &c,
	}, erpbridge.Cancellation{OrderID: id, Reason: c.Reason, Deleted: true})
}

// required is identity where there has to be one.
func required(kind string, id, gid scalar) (string, error) {
	got, err := identity(kind, id, gid)
	if err == nil && got == "" {
		err = errors.New("id: is missing")
	}
	if err != nil {
		return "", fail(erpbridge.Invalid, err)
	}
	return got, nil
}

// finish adds to an event the digest of content, which is what it carries without the
// time of the change.
func finish(e erpbridge.Event, content any) (erpbridge.Event, error) {
	sum, err := normalizer.Fingerprint(content)
	if err != nil {
		return erpbridge.Event{}, fail(erpbridge.Invalid, err)
	}
	e.Version.Digest = sum
	return e, nil
}

// sorted returns words in an order of their own.
func sorted(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return words
}
