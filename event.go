package erpbridge

import (
	"strings"
	"time"
)

// An Event is a Message understood: what happened, in the canonical data model. One
// of its pointers is set, and says what it carries.
type Event struct {
	Store string
	Type  EventType
	// Stream names the order, or other thing, in whose order the event stands, such as
	// "order/4711". Documents of one store's stream reach a target in the order of
	// acceptance; streams do not wait for each other.
	Stream string
	// Resource names the thing the event is the state of: "order/4711" again, or
	// "refund/509" in the stream of its order.
	Resource string
	// Version places this event's state among the other states of Resource.
	Version Version
	// ReceivedAt is when the bridge first saw the message.
	ReceivedAt time.Time

	Order        *Order
	Cancellation *Cancellation
	Refund       *Refund
	Fulfilment   *Fulfilment
	Customer     *Customer
	Product      *Product
	Inventory    *InventoryLevel
	Privacy      *PrivacyRequest

	// Targets are the configured names of the ERPs the event goes to. The route
	// stage sets it.
	Targets []string
}

// EventType is what happened, in the bridge's words.
type EventType string

// The events the bridge carries. But for a deletion, each carries the full state of
// its Resource.
const (
	OrderPlaced       EventType = "order.placed"
	OrderPaid         EventType = "order.paid"
	OrderChanged      EventType = "order.changed"
	OrderCancelled    EventType = "order.cancelled" // with a Cancellation where no more is known
	RefundIssued      EventType = "refund.issued"
	FulfilmentChanged EventType = "fulfilment.changed"
	CustomerChanged   EventType = "customer.changed"
	CustomerDeleted   EventType = "customer.deleted"
	ProductChanged    EventType = "product.changed"
	ProductDeleted    EventType = "product.deleted"
	InventoryChanged  EventType = "inventory.changed"
	PrivacyRequested  EventType = "privacy.requested"
)

// EventTypes lists all of them.
var EventTypes = []EventType{
	OrderPlaced, OrderPaid, OrderChanged, OrderCancelled, RefundIssued, FulfilmentChanged, CustomerChanged, CustomerDeleted,
	ProductChanged, ProductDeleted, InventoryChanged, PrivacyRequested,
}

// Number returns what people call the order the event is about, as far as the event
// says so.
func (e Event) Number() string {
	switch {
	case e.Order != nil:
		return e.Order.Number
	case e.Cancellation != nil:
		return e.Cancellation.OrderNumber
	case e.Refund != nil:
		return e.Refund.OrderNumber
	case e.Fulfilment != nil:
		return e.Fulfilment.OrderNumber
	}
	return ""
}

// A Version orders the full states of one thing. At is the storefront's own
// time of the change. Rank says how far along the thing is and orders the states
// of one instant, which a storefront's clock of seconds makes common; 0 where
// nothing is known of it. Digest is a hash of the content an ERP cares about: two
// states of one instant are the same state if their digests are equal.
type Version struct {
	At     time.Time
	Rank   int
	Digest string
}

// Before reports whether v is an older state than w. Of two states neither of which
// is before the other, the one that arrived later counts.
func (v Version) Before(w Version) bool {
	if !v.At.Equal(w.At) {
		return v.At.Before(w.At)
	}
	return v.Rank < w.Rank
}

// String returns the version as it appears in idempotency keys: the instant in
// UTC and the first 12 characters of the digest.
func (v Version) String() string {
	d := v.Digest
	if len(d) > 12 {
		d = d[:12]
	}
	return strings.ToLower(v.At.UTC().Format("20060102T150405.999999999Z")) + "-" + d
}
