package erpbridge

import (
	"strings"
	"time"
)

// An Event is a Message understood: what happened, in the canonical data model.
type Event struct {
	Store string
	Type  EventType
	// Stream names the thing the event is about, such as "order/4711". Documents
	// of one store's stream reach a target in the order of acceptance; streams do
	// not wait for each other.
	Stream string
	// Version places this event's full state among the other states of the same
	// stream.
	Version Version
	// ReceivedAt is when the bridge first saw the message.
	ReceivedAt time.Time
	Order      *Order
	// Targets are the configured names of the ERPs the event goes to. The route
	// stage sets it.
	Targets []string
}

// EventType is what happened, in the bridge's words.
type EventType string

// The events the bridge carries. Each carries the order's full state.
const (
	OrderPlaced    EventType = "order.placed"
	OrderPaid      EventType = "order.paid"
	OrderChanged   EventType = "order.changed"
	OrderCancelled EventType = "order.cancelled"
)

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
