package recorder

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/hakooi/erpbridge/torture/journal"
)

// List returns the plan's events in the order in which they are meant to be sent.
// Orders are interleaved over the whole of it, so that whatever happens meanwhile
// meets orders in every state.
func (p Plan) List() ([]Event, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	p.FirstOrder = cmp.Or(p.FirstOrder, 1001)
	p.PoisonSKU = cmp.Or(p.PoisonSKU, PoisonSKU)
	if p.Start.IsZero() {
		p.Start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	}
	r := rand.New(rand.NewPCG(p.Seed, 0)) // #nosec G404 -- to be repeated, not to be secret
	poison := map[int]bool{}
	for _, n := range r.Perm(p.Orders)[:p.Poison] {
		poison[n] = true
	}
	orders := make([][]Event, p.Orders)
	for n := range orders {
		count := p.Events / p.Orders
		if n < p.Events%p.Orders {
			count++
		}
		orders[n] = p.history(n, count, poison[n])
	}
	return p.interleave(r, orders), nil
}

// history returns the events of one order, in their order.
func (p Plan) history(n, count int, poison bool) []Event {
	r := rand.New(rand.NewPCG(p.Seed, uint64(n)+1)) // #nosec G404,G115 -- to be repeated, not to be secret; n is an index
	versions, redelivered, retold := count, 0, 0
	for range count {
		if versions == 1 {
			break
		}
		switch {
		case chance(r, p.Redelivered):
			redelivered, versions = redelivered+1, versions-1
		case chance(r, p.Retold):
			retold, versions = retold+1, versions-1
		}
	}
	o := p.newOrder(r, n, versions, poison)
	events := make([]Event, 0, count)
	for v := 1; v <= versions; v++ {
		events = append(events, p.tell(r, o, v, 0))
	}
	for i := 1; i < len(events); i++ {
		if chance(r, p.Shuffled) {
			events[i-1], events[i] = events[i], events[i-1]
		}
	}
	// A repetition comes anywhere behind what it repeats.
	behind := func(i int, e Event) {
		events = slices.Insert(events, i+1+r.IntN(len(events)-i), e)
	}
	for k := range retold {
		i := r.IntN(len(events))
		e := p.tell(r, o, events[i].Version, k+1)
		if chance(r, 0.5) {
			e.spelling = events[i].spelling
		}
		e.Retelling = true
		behind(i, e)
	}
	for range redelivered {
		i := r.IntN(len(events))
		e := events[i]
		e.Redelivery, e.Wait = true, !chance(r, p.Impatient)
		behind(i, e)
	}
	newest := 0
	for i := range events {
		events[i].Late = events[i].Version < newest
		newest = max(newest, events[i].Version)
	}
	return events
}

// tell returns a message about a version: the telling-th beside the first.
func (p Plan) tell(r *rand.Rand, o *order, version, telling int) Event {
	e := Event{
		ID:    fmt.Sprintf("%016x-%d-%d-%d", p.Seed, o.number, version, telling),
		Order: strconv.Itoa(o.number), OrderID: o.id,
		Version: version, UpdatedAt: o.updatedAt(version),
		Topic: o.topic(version, telling > 0), Door: journal.Webhook, Wait: !chance(r, p.Impatient),
		order: o, spelling: r.Uint64(),
	}
	if chance(r, p.Partner) {
		e.Door = journal.Partner
	}
	return e
}

// interleave shuffles the orders into each other and leaves each order's own order
// as it is.
func (p Plan) interleave(r *rand.Rand, orders [][]Event) []Event {
	picks := make([]int, 0, p.Events)
	for n, events := range orders {
		for range events {
			picks = append(picks, n)
		}
	}
	r.Shuffle(len(picks), func(i, j int) { picks[i], picks[j] = picks[j], picks[i] })
	list := make([]Event, 0, p.Events)
	for _, n := range picks {
		count := min(1, len(orders[n])) // a burst may have taken it already
		if chance(r, p.Bursts) {
			count = min(3, len(orders[n]))
		}
		list = append(list, orders[n][:count]...)
		orders[n] = orders[n][count:]
	}
	return list
}
