package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// chatty is an ERP whose adapter makes three calls for each document.
type chatty struct {
	mu        sync.Mutex
	calls     []time.Time
	delivered int
}

func (c *chatty) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	rs := make([]erpbridge.Result, len(docs))
	for i := range docs {
		for range 3 {
			if rs[i].Err = erpbridge.Pace(ctx); rs[i].Err != nil {
				break
			}
			c.mu.Lock()
			c.calls = append(c.calls, time.Now())
			c.mu.Unlock()
		}
		rs[i].Receipt.Ref = docs[i].Key
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivered += len(docs)
	return rs
}

func (c *chatty) soFar() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.delivered
}

// The pace is one of calls: two daemons whose adapters make three for each document make
// no more of them than the ERP is to bear.
func TestPaceCountsCalls(t *testing.T) {
	s := open(t)
	const n, rate = 40, 40
	record(t, s, orders(n)...)
	erp := &chatty{}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for _, daemon := range []*Store{s, again(t, s)} {
		d := &Dispatcher{
			Target: "erp", Queue: daemon, ERP: erp, Limits: Limits{Concurrency: 4, Rate: rate}, Batch: Batch{Events: 1},
			Timeout: 10 * time.Second, Lease: 30 * time.Second, Poll: 50 * time.Millisecond, Log: zap.NewNop(),
		}
		wg.Go(func() { _ = d.Run(ctx) })
	}
	for end := time.Now().Add(time.Minute); erp.soFar() < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d are delivered", erp.soFar(), n)
		}
	}
	cancel()
	wg.Wait()
	if len(erp.calls) != 3*n {
		t.Errorf("%d calls for %d documents", len(erp.calls), n)
	}
	// Of the first two one may have been made up for. A slow machine may be late with the
	// first, and half a second is left for that; one turn for each document were one second.
	took := slices.MaxFunc(erp.calls, time.Time.Compare).Sub(slices.MinFunc(erp.calls, time.Time.Compare))
	if least := (3*n-2)*time.Second/rate - 500*time.Millisecond; took < least {
		t.Errorf("%d calls took %s, at %d/s they take %s", 3*n, took, rate, least)
	}
}

// A call that was not made for want of its turn says nothing about the target.
func TestNoTurnIsNotTheTargetsFailure(t *testing.T) {
	m := newMemory(0)
	d := &Dispatcher{Target: "erp", Queue: m, Limits: Limits{Concurrency: 1, Rate: 1}}
	p := &pacing{Dispatcher: d}
	ctx, cancel := context.WithCancel(t.Context())
	paced := p.during(ctx)
	if err := erpbridge.Pace(paced); err != nil {
		t.Fatalf("the first call's turn was taken before: %v", err)
	}
	if err := erpbridge.Pace(paced); err != nil || p.late.Load() {
		t.Fatalf("it is its turn: %v", err)
	}
	m.wait = time.Hour
	time.AfterFunc(10*time.Millisecond, cancel) // while it waits
	err := erpbridge.Pace(paced)
	if erpbridge.KindOf(err) != erpbridge.Transient || !errors.Is(err, errNoTurn) || !p.late.Load() {
		t.Errorf("%v, late %t", err, p.late.Load())
	}
	d.Limits.Rate = 0
	if free := p.during(ctx); erpbridge.Pace(free) != nil {
		t.Error("without a rate there is something to wait for")
	}
}

// An ERP that lets a call hang until the attempt is over is away, however many calls its
// adapter would have made after it.
func TestHangingIsNoWantOfATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(100)
		d := dispatcher(q, erp{deliver: func(ctx context.Context, _ []erpbridge.Document) error {
			if err := erpbridge.Pace(ctx); err != nil {
				return err
			}
			<-ctx.Done() // the first call
			return erpbridge.Pace(ctx)
		}})
		d.Limits.Rate = 10
		runFor(t, d, 20*time.Minute)
		if !q.standing.Away() || q.told != 1 {
			t.Errorf("%d failures in a row, told %d times", q.standing.Failures, q.told)
		}
	})
}

// A call whose turn did not come is held against nobody: neither the target nor the
// document, however old it is.
func TestWantOfATurnCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(3)
		d := dispatcher(q, erp{deliver: func(ctx context.Context, _ []erpbridge.Document) error {
			if err := erpbridge.Pace(ctx); err != nil {
				return err
			}
			q.mu.Lock()
			q.wait = time.Hour // for the next ones
			q.mu.Unlock()
			err := erpbridge.Pace(ctx)
			q.mu.Lock()
			q.wait = 0
			q.mu.Unlock()
			return err
		}})
		d.Limits = Limits{Concurrency: 1, Rate: 10}
		d.Policy.MaxAge, d.Policy.Attempts = time.Minute, 3
		runFor(t, d, 2*time.Hour)
		if q.count(Dead) != 0 || q.count(Pending) == 0 || q.standing.Failures != 0 {
			t.Errorf("%d dead, %d tried again, %d failures of the target", q.count(Dead), q.count(Pending), q.standing.Failures)
		}
	})
}
