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
	Order   *Order
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
// time of the change, Digest a hash of the content an ERP cares about: two
// states of one instant are the same state if their digests are equal.
type Version struct {
	At     time.Time
	Digest string
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
