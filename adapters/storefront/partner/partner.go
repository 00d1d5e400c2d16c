// Package partner understands messages that partners publish themselves on AMQP: the
// canonical data model as JSON, by the contract of docs/PARTNERS.md and its schema,
// docs/partner-message.schema.json.
//
// # What is promised
//
// The schema is ours and has a version, so nothing about a message is guessed. A member
// that is not in it is refused, not passed over: what a partner misspells would
// otherwise be lost without a word. Every field of the canonical model can be said, and
// each in one way.
//
//	webhook ──Verify──▶ Refused, always: such a store sends none
//
//	message ──Normalize──▶ one Event
//	            ├─▶ Ignored  a test order
//	            └─▶ Invalid  not JSON; of a version that is not known here; a type that is
//	                         unknown, or not that of the AMQP property; a member that is
//	                         unknown, missing, or cannot be meant. It is named
//
// # Which state is newer
//
// That of the thing's own updated_at, however and whenever the message came. What has no
// such time in the model, a refund, a cancellation, a privacy request, is as old as the
// message's occurred_at. No clock of ours is asked.
//
// # What is never done
//
// No amount is computed, rounded or converted. Whether the parts of an order come to its
// total (Order.Sum) is for the pipeline to check. No text is changed but for characters
// that neither XML 1.0 nor Postgres can hold; an attribute on the order says so, and the
// raw message keeps them.
package partner

import (
	"errors"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Storefront is one store whose messages a partner publishes. It implements
// erpbridge.Storefront, and is safe for use by many goroutines.
type Storefront struct {
	conf Config
	zone *time.Location // nil: the offset each time carries
}

var _ erpbridge.Storefront = (*Storefront)(nil)

// New returns the store configured under name. Its errors name the setting and what to
// write there.
func New(name string, decode func(into any) error) (erpbridge.Storefront, error) {
	var conf Config
	if err := decode(&conf); err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	s, err := open(conf)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	return s, nil
}

// nobody is a key nobody signs with.
var nobody = [][]byte{make([]byte, 32)}

// Verify refuses m, as it would refuse a bad signature: a store of this kind has no
// webhooks.
func (*Storefront) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	// What it says does not matter, only how long it takes: an answer that came at once
	// would tell a stranger which stores are of this kind.
	_ = signed.Proof(m.Header, "Webhook-Signature", m.Body, nobody)
	return m, &erpbridge.Error{
		Op: "partner.Verify", Kind: erpbridge.Refused,
		Err: errors.New("this store's messages are published on AMQP; it has no webhooks"),
	}
}
