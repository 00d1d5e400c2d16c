package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/torture/journal"
)

// A Sender hands events in as storefronts and partners do: each until it is
// accepted, at a pace that does not wait for the answers.
//
//	intended time ──▶ [answer to the order's event before] ──▶ journal ──▶ try ──▶ journal ──2xx──▶ done
//	                                                             ▲                    │
//	                                                             └──── pause ◀── any other answer, or none
//
// A slow daemon does not slow the events down: they are late then, and their
// latency counts from when they were meant to be sent. An event that waits for the
// one before it is meant to be sent when that one is done, at the earliest.
//
// A daemon that refuses an event as the storefront's mistake (4xx, but for 408 and
// 429) is asked Refusals times; then the event is given up, and the journal shows it
// as refused and never accepted.
type Sender struct {
	Journal *journal.Writer

	// Daemons are the base URLs, such as http://127.0.0.1:8080. Each event begins
	// with the next of them, and each further try with the one after.
	Daemons []string
	// Store is the configured name of the store, Shop its domain, Secret what it signs
	// with.
	Store, Shop, Secret string

	// AMQP is the broker's URL and Exchange where partners publish. Without a URL
	// partners' events are sent as webhooks.
	AMQP     string
	Exchange string

	// Senders is how many tries are under way at once. Zero: 64.
	Senders int
	// Rate is the events per second. Zero: as fast as the senders can.
	Rate float64
	// Pause is how long an event rests after a try in vain; it doubles up to a second.
	// Zero: 50 ms.
	Pause time.Duration
	// Timeout bounds a try. Zero: 10 s.
	Timeout time.Duration
	// Watch is told of each answer as it comes: through which door, its status, and from
	// when to when it was waited for. May be nil; many call it at once.
	Watch func(door string, status int, sent, answered time.Time)
	// Refusals is how often an event is refused before it is given up. Zero: 5.
	Refusals int
}

// A parcel is an event on its way.
type parcel struct {
	Event
	nr     int
	due    time.Time
	before <-chan struct{} // closed when the order's event before is done; may be nil
	done   chan struct{}
}

// Run sends events and returns when each is accepted or given up. When ctx ends, what
// was not sent is not sent any more, and the events under way stay unknown; the
// error is then ctx's. Any other error is the journal's: without it nothing is sent.
func (s *Sender) Run(ctx context.Context, events []Event) (Report, error) {
	if len(s.Daemons) == 0 {
		return Report{}, errors.New("there is no daemon to send to")
	}
	c := *s
	c.Senders, c.Refusals = cmp.Or(s.Senders, 64), cmp.Or(s.Refusals, 5)
	c.Pause, c.Timeout = cmp.Or(s.Pause, 50*time.Millisecond), cmp.Or(s.Timeout, 10*time.Second)
	shop := newShop(&c)
	defer shop.close()
	partner := newPartner(&c)
	defer partner.close()
	r := &run{Sender: &c, tally: newTally()}
	r.tries = map[string]try{journal.Webhook: shop.try, journal.Partner: partner.try}
	if c.AMQP == "" {
		r.tries[journal.Partner] = shop.try
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	parcels := make(chan parcel)
	var wg sync.WaitGroup
	for range c.Senders {
		wg.Go(func() {
			for p := range parcels {
				if err := r.send(ctx, p); err != nil {
					stop(err)
				}
				close(p.done)
			}
		})
	}
	r.feed(ctx, events, parcels)
	wg.Wait()
	return r.report(), context.Cause(ctx)
}

// A try hands an event to a daemon, or to the broker, and returns the status to be
// journalled.
type try func(ctx context.Context, daemon int, e Event, body []byte) int

// run is one Run.
type run struct {
	*Sender
	*tally
	tries map[string]try
}

// feed gives every event its time and its turn.
func (r *run) feed(ctx context.Context, events []Event, parcels chan<- parcel) {
	defer close(parcels)
	start := time.Now()
	last := make(map[int64]chan struct{})
	for i, e := range events {
		p := parcel{Event: e, nr: i, due: start, done: make(chan struct{})}
		if r.Rate > 0 {
			p.due = start.Add(time.Duration(float64(i) / r.Rate * float64(time.Second)))
		}
		if e.Wait {
			p.before = last[e.OrderID]
		}
		last[e.OrderID] = p.done
		select {
		case parcels <- p:
		case <-ctx.Done():
			return
		}
	}
}

// send brings one event home. The error is the journal's.
func (r *run) send(ctx context.Context, p parcel) error {
	if !await(ctx, p.before) || !sleep(ctx, time.Until(p.due)) {
		return nil
	}
	if p.before != nil {
		p.due = later(p.due, r.doneAt(p.OrderID))
	}
	body := p.Body()
	pause := r.Pause
	for n, refused := 0, 0; ctx.Err() == nil; n++ {
		daemon := (p.nr + n) % len(r.Daemons)
		status, err := r.once(ctx, p, daemon, body)
		switch {
		case err != nil:
			return err
		case status >= 200 && status < 300:
			r.accepted(p)
			return nil
		case isRefusal(status):
			refused++
		}
		if refused >= r.Refusals {
			r.gaveUp(p)
			return nil
		}
		if !sleep(ctx, pause) {
			return nil
		}
		pause = min(2*pause, time.Second)
	}
	return nil
}

// once is one try between its two lines in the journal.
func (r *run) once(ctx context.Context, p parcel, daemon int, body []byte) (int, error) {
	err := r.Journal.Sent(journal.Sent{
		Event: p.ID, Order: p.Order, OrderID: p.OrderID, Version: p.Version, UpdatedAt: p.UpdatedAt,
		Topic: p.Topic, Door: p.Door, Daemon: daemon, Body: string(body), At: time.Now(),
	})
	if err != nil {
		return 0, fmt.Errorf("journalling a try: %w", err)
	}
	tryCtx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	sent := time.Now()
	status := r.tries[p.Door](tryCtx, daemon, p.Event, body)
	answered := time.Now()
	r.answered(status, answered.Sub(p.due), answered.Sub(sent))
	if r.Watch != nil {
		r.Watch(p.Door, status, sent, answered)
	}
	err = r.Journal.Answered(journal.Answered{
		Event: p.ID, Status: status, Millis: float64(answered.Sub(p.due)) / float64(time.Millisecond), At: answered,
	})
	if err != nil {
		return 0, fmt.Errorf("journalling an answer: %w", err)
	}
	return status, nil
}

// isRefusal reports whether the daemon says that the event itself is wrong.
func isRefusal(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

func await(ctx context.Context, done <-chan struct{}) bool {
	if done == nil {
		return true
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
