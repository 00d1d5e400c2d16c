// Package recorder is the storefront of the torture: it makes events from a seed,
// sends them until they are accepted, and writes down what it said and was told. It
// is never killed; what it knows is what the daemon must have.
//
//	Plan ──Events──▶ Event ──Sender──▶ journal, then the daemon's door ──▶ journal
//
// A Plan of one seed is the same list of events each time, byte by byte. Each order
// goes through full states, its versions, and version V has V pieces of its one
// article, so that whoever looks at the ERP sees which state is there. On top:
//
//   - the same message again, as storefronts repeat what they think was lost;
//   - the same state in another message, also in other bytes;
//   - an older state after a newer one;
//   - a cancellation at the end;
//   - messages over AMQP, as partners send them;
//   - poison: orders with an article the ERP does not know.
//
// The bodies are hard to carry: amounts that a float64 gets wrong by a cent, texts
// with control characters, emoji, CRLF and "]]>", and a spelling (blanks, order of
// members, escapes) that no JSON encoder reproduces, so that a signature over
// anything but the very bytes fails.
package recorder

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hakooi/erpbridge/torture/journal"
)

// PoisonSKU is the article of poison orders, unless the plan names another. The
// daemon's configuration has to map it to an item that the simulated ERP has not.
const PoisonSKU = "TORTURE-POISON"

// A Plan says what to send. Shares are parts of one. A Plan made by New has the
// shares of the torture; the zero value sends each order's versions in order and
// nothing else.
type Plan struct {
	Seed   uint64
	Orders int
	// Events is how many there are in all, spread evenly over the orders. What is
	// not a repetition is a version.
	Events int

	Redelivered float64 // of events: the same message once more
	Retold      float64 // of events: the same state under another id
	Shuffled    float64 // of versions: changes places with the one before
	Impatient   float64 // of events: does not wait for the answer to the one before
	Bursts      float64 // of picks: an order's next three events directly after another
	Cancelled   float64 // of orders: the last version is a cancellation
	Partner     float64 // of events: over AMQP
	Poison      int     // so many orders

	// FirstOrder is the number of the first order. Zero: 1001. Two plans against one
	// ERP need numbers of their own.
	FirstOrder int
	// PoisonSKU is the article of poison orders. Empty: the constant of that name.
	PoisonSKU string
	// Start is when the first order was placed. Zero: a day in 2026.
	Start time.Time
}

// New returns the plan of the torture: everything a storefront does, and no poison.
func New(seed uint64, orders, events int) Plan {
	return Plan{
		Seed: seed, Orders: orders, Events: events,
		Redelivered: 0.05, Retold: 0.05, Shuffled: 0.05, Impatient: 0.10, Bursts: 0.15, Cancelled: 0.10, Partner: 0.05,
	}
}

// An Event is one message of a storefront.
type Event struct {
	ID        string // of the message; a redelivery has the same
	Order     string // "1001"
	OrderID   int64
	Version   int
	UpdatedAt time.Time
	Topic     string
	Door      string // journal.Webhook or journal.Partner
	// Wait asks to send it only when the order's event before it was answered with
	// a 2xx, or given up.
	Wait bool

	Redelivery bool // the very message was there before
	Retelling  bool // its state was there before under another id
	Late       bool // a newer state was there before

	order    *order
	spelling uint64
}

// Body returns the bytes of the message, the same each time. They are made on
// demand: half a million of them would not fit.
func (e Event) Body() []byte { return e.order.body(e.Version, e.spelling) }

// Shapes names what is special about an event, for those who count.
func (e Event) Shapes() []string {
	var shapes []string
	for _, s := range []struct {
		name string
		is   bool
	}{
		{"redelivered", e.Redelivery},
		{"retold", e.Retelling},
		{"late", e.Late},
		{"partner", e.Door == journal.Partner},
		{"cancelled", e.order.isCancelled(e.Version)},
		{"paid", e.order.isPaid(e.Version)},
		{"poison", e.order.poison},
		{"taxed", e.order.tax > 0},
		{"huge", e.order.price > huge},
		{"long-note", e.order.longNote},
		{"company", e.order.company != ""},
		{"first", e.Version == 1},
	} {
		if s.is {
			shapes = append(shapes, s.name)
		}
	}
	return shapes
}

func (p Plan) check() error {
	var errs []error
	if p.Orders < 1 || p.Events < p.Orders {
		errs = append(errs, fmt.Errorf("%d events of %d orders: each order has at least one", p.Events, p.Orders))
	}
	if p.Poison < 0 || p.Poison > p.Orders {
		errs = append(errs, fmt.Errorf("%d poison orders of %d", p.Poison, p.Orders))
	}
	if p.FirstOrder < 0 {
		errs = append(errs, fmt.Errorf("the first order has the number %d", p.FirstOrder))
	}
	for _, share := range []float64{p.Redelivered, p.Retold, p.Shuffled, p.Impatient, p.Bursts, p.Cancelled, p.Partner} {
		if share < 0 || share > 1 {
			errs = append(errs, fmt.Errorf("%v is no share", share))
		}
	}
	return errors.Join(errs...)
}

// chance is a random decision of the plan.
func chance(r *rand.Rand, share float64) bool { return r.Float64() < share }
