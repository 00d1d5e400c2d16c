package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// memory is an outbox of independent entries, in memory.
type memory struct {
	mu      sync.Mutex
	waiting []Entry
	due     map[int64]time.Time
	settled []Verdict
	down    int // the next settles fail
}

func newMemory(n int) *memory {
	m := &memory{due: map[int64]time.Time{}}
	for i := range n {
		m.waiting = append(m.waiting, Entry{ID: int64(i + 1), Since: time.Now(), Document: erpbridge.Document{Stream: fmt.Sprint(i)}})
	}
	return m
}

func (m *memory) Claim(_ context.Context, _ string, n int, _ time.Duration) ([][]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out [][]Entry
	var rest []Entry
	for _, e := range m.waiting {
		if len(out) == n || time.Now().Before(m.due[e.ID]) {
			rest = append(rest, e)
			continue
		}
		e.Attempt++
		e.Now = time.Now()
		out = append(out, []Entry{e})
	}
	m.waiting = rest
	return out, nil
}

func (m *memory) Settle(ctx context.Context, vs []Verdict) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down > 0 {
		m.down--
		return 0, errors.New("postgres is away")
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.settled = append(m.settled, vs...)
	for _, v := range vs {
		e := v.Entry
		if v.Spared {
			e.Spared++
		}
		e.Doubtful = v.State == InDoubt
		if v.State == Pending || v.State == InDoubt {
			m.due[e.ID] = v.At
			if v.Pause > 0 {
				for _, w := range m.waiting {
					m.due[w.ID] = v.At
				}
			}
			m.waiting = append(m.waiting, e)
		}
	}
	return 0, nil
}

func (m *memory) count(s State) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range m.settled {
		if v.State == s {
			n++
		}
	}
	return n
}

// erp is an ERP of two functions.
type erp struct {
	deliver func(ctx context.Context, docs []erpbridge.Document) error
	find    func(docs []erpbridge.Document) error
}

func (e erp) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return e.all(docs, e.deliver(ctx, docs))
}

func (e erp) Find(_ context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return e.all(docs, e.find(docs))
}

func (e erp) all(docs []erpbridge.Document, err error) []erpbridge.Result {
	rs := make([]erpbridge.Result, len(docs))
	for i := range rs {
		rs[i] = erpbridge.Result{Err: err, Receipt: erpbridge.Receipt{Ref: "4711"}}
	}
	return rs
}

func dispatcher(q Queue, e erp) *Dispatcher {
	return &Dispatcher{
		Target: "erp", Queue: q, ERP: e, Finder: e, Concurrency: 3, Batch: 1, Timeout: time.Minute, Lease: 3 * time.Minute,
		Poll: time.Second, Grace: 10 * time.Second, Policy: judgePolicy, Log: zap.NewNop(),
	}
}

// runFor runs the dispatcher for a span of virtual time.
func runFor(t *testing.T, d *Dispatcher, span time.Duration) {
	t.Helper()
	// Stopped as a signal stops it: without a deadline that could be foreseen.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer time.AfterFunc(span, cancel).Stop()
	if err := d.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// A day of outage takes no time at all under synctest.
func TestDispatcherOutlivesAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(100)
		back := time.Now().Add(24 * time.Hour)
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error {
			if time.Now().Before(back) {
				return kind(erpbridge.Transient, 0)
			}
			return nil
		}})
		runFor(t, d, 26*time.Hour)
		if q.count(Delivered) != 100 || q.count(Dead) != 0 {
			t.Errorf("%d delivered, %d dead", q.count(Delivered), q.count(Dead))
		}
	})
}

func TestDispatcherNeverExceedsItsConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(200)
		var mu sync.Mutex
		now, most := 0, 0
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		}})
		runFor(t, d, time.Minute)
		if q.count(Delivered) != 200 || most != 3 {
			t.Errorf("%d delivered, at most %d at once; want 200 and 3", q.count(Delivered), most)
		}
	})
}

func TestDispatcherKeepsItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(100)
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error { return nil }})
		d.Rate = 2
		runFor(t, d, 20*time.Second)
		if n := q.count(Delivered); n < 38 || n > 42 {
			t.Errorf("%d delivered in 20 s at 2 a second", n)
		}
	})
}

func TestDispatcherLooksUpWhatIsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(2)
		var sent []string
		d := dispatcher(q, erp{
			deliver: func(_ context.Context, docs []erpbridge.Document) error {
				sent = append(sent, docs[0].Stream)
				if len(sent) <= 2 {
					return kind(erpbridge.InDoubt, 0)
				}
				return nil
			},
			find: func(docs []erpbridge.Document) error {
				if docs[0].Stream == "0" { // only this one took effect
					return nil
				}
				return kind(erpbridge.Missing, 0)
			},
		})
		d.Concurrency = 1
		runFor(t, d, time.Minute)
		if fmt.Sprint(sent) != "[0 1 1]" || q.count(Delivered) != 2 {
			t.Errorf("sent %v, %d delivered", sent, q.count(Delivered))
		}
	})
}

func TestDispatcherRemembersAnswersWhilePostgresIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(1)
		q.down = 6
		sent := 0
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error { sent++; return nil }})
		runFor(t, d, time.Minute)
		if sent != 1 || q.count(Delivered) != 1 {
			t.Errorf("sent %d, delivered %d", sent, q.count(Delivered))
		}
	})
}

func TestDispatcherSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(1)
		sent := 0
		d := dispatcher(q, erp{
			deliver: func(context.Context, []erpbridge.Document) error {
				if sent++; sent == 1 {
					panic("boom")
				}
				return nil
			},
			find: func([]erpbridge.Document) error { return kind(erpbridge.Missing, 0) },
		})
		runFor(t, d, time.Minute)
		if sent != 2 || q.count(Delivered) != 1 {
			t.Errorf("sent %d, delivered %d", sent, q.count(Delivered))
		}
	})
}

func TestStopFinishesWhatHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(10)
		d := dispatcher(q, erp{deliver: func(ctx context.Context, _ []erpbridge.Document) error {
			select {
			case <-time.After(5 * time.Second):
				return nil
			case <-ctx.Done():
				return kind(erpbridge.InDoubt, 0)
			}
		}})
		runFor(t, d, time.Second)
		if q.count(Delivered) != 3 || len(q.settled) != 3 {
			t.Errorf("%d delivered of %d settled; want the 3 under way, and no new ones", q.count(Delivered), len(q.settled))
		}
	})
}

func TestHardStopLeavesDoubtAndCountsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(3)
		d := dispatcher(q, erp{deliver: func(ctx context.Context, docs []erpbridge.Document) error {
			<-ctx.Done()
			if docs[0].Stream == "0" {
				return ctx.Err()
			}
			return kind(erpbridge.InDoubt, 0)
		}})
		runFor(t, d, time.Second)
		if q.count(InDoubt) != 2 || q.count(Pending) != 1 {
			t.Fatalf("%+v", q.settled)
		}
		for _, v := range q.settled {
			if v.State == Pending && !v.Spared {
				t.Errorf("our own stop was held against document %d", v.Entry.ID)
			}
		}
	})
}

func TestWrongNumberOfResultsIsInDoubt(t *testing.T) {
	d := dispatcher(newMemory(0), erp{})
	d.ERP = tooFew{}
	rs := d.request(t.Context(), []Entry{{ID: 1}, {ID: 2}})
	for _, r := range rs {
		if erpbridge.KindOf(r.Err) != erpbridge.InDoubt {
			t.Errorf("result %v", r.Err)
		}
	}
	if len(rs) != 2 {
		t.Errorf("%d results", len(rs))
	}
}

type tooFew struct{}

func (tooFew) Deliver(context.Context, []erpbridge.Document) []erpbridge.Result {
	return []erpbridge.Result{{}}
}

// A deposit that lacks its order waits behind the order's dead letter and does not
// become one itself.
func TestMissingBehindAFailureWaits(t *testing.T) {
	vs := []Verdict{
		{Entry: Entry{ID: 1, EventID: 1}, State: Delivered},
		{Entry: Entry{ID: 2, EventID: 1}, State: Dead, Cause: kind(erpbridge.Invalid, 0)},
		{Entry: Entry{ID: 3, EventID: 1}, State: Dead, Cause: kind(erpbridge.Missing, 0)},
		{Entry: Entry{ID: 4, EventID: 1}, State: Dead, Cause: kind(erpbridge.Invalid, 0)},
		{Entry: Entry{ID: 5, EventID: 2}, State: Dead, Cause: kind(erpbridge.Missing, 0)},
	}
	behind(vs)
	var got []State
	for _, v := range vs {
		got = append(got, v.State)
	}
	if want := []State{Delivered, Dead, Pending, Dead, Dead}; !slices.Equal(got, want) || !vs[2].Spared {
		t.Errorf("states %v, want %v", got, want)
	}
}
