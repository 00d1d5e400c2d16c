package outbox

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// memory is an outbox of independent entries, in memory, with the same limits.
type memory struct {
	mu       sync.Mutex
	ready    []Entry
	later    byTime
	settled  map[State]int
	verdicts []Verdict // the first of them
	standing Standing
	slots    map[string]time.Time
	tokens   int
	told     int           // alerts about the target
	down     int           // the next settles fail
	lost     bool          // leases are somebody else's by now
	wait     time.Duration // for a turn
}

func newMemory(n int) *memory {
	m := &memory{settled: map[State]int{}, slots: map[string]time.Time{}}
	for i := range n {
		m.ready = append(m.ready, Entry{ID: int64(i + 1), EventID: int64(i + 1), Since: time.Now(), Document: erpbridge.Document{Stream: fmt.Sprint(i)}})
	}
	return m
}

// byTime are entries that wait for their time.
type byTime []waiting

type waiting struct {
	Entry
	due time.Time
}

func (b byTime) Len() int           { return len(b) }
func (b byTime) Less(i, j int) bool { return b[i].due.Before(b[j].due) }
func (b byTime) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b *byTime) Push(x any)        { *b = append(*b, x.(waiting)) }
func (b *byTime) Pop() any {
	last := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return last
}

func (m *memory) Claim(_ context.Context, d Demand) ([]Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for len(m.later) > 0 && !m.later[0].due.After(now) {
		m.ready = append(m.ready, heap.Pop(&m.later).(waiting).Entry)
	}
	open := 0
	for slot, until := range m.slots {
		if until.After(now) {
			open++
		} else {
			delete(m.slots, slot)
		}
	}
	standing, waits := d.Limits.Admit(m.standing, open, min(d.Requests, len(m.ready)), now)
	m.standing = standing
	var out []Request
	for _, wait := range waits {
		e := m.ready[0]
		m.ready = m.ready[1:]
		e.Attempt++
		e.Now, e.Away = now, m.standing.Away()
		m.tokens++
		r := Request{Slot: fmt.Sprint(m.tokens), Wait: wait, Entries: []Entry{e}}
		m.slots[r.Slot] = now.Add(r.Wait + d.Hold)
		out = append(out, r)
	}
	return out, nil
}

func (m *memory) Held(context.Context, Request) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lost {
		return 0, nil
	}
	return time.Hour, nil
}

func (m *memory) Turn(context.Context, string, Limits, bool) (time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wait, nil
}

func (m *memory) Conclude(_ context.Context, c Conclusion) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.slots, c.Slot); c.Busy > 0 {
		m.slots[c.Slot] = time.Now().Add(c.Busy)
	}
	before := m.standing.Away()
	m.standing = c.Limits.Learn(m.standing, c.Outcome, c.Pause, time.Now())
	if m.standing.Away() && !before {
		m.told++
	}
	return nil
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
	for _, v := range vs {
		m.settled[v.State]++
		if len(m.verdicts) < 1000 {
			m.verdicts = append(m.verdicts, v)
		}
		e := v.Entry
		if v.Spared {
			e.Spared++
		}
		if e.Doubtful = v.State == InDoubt; e.Doubtful && e.DoubtSince.IsZero() {
			e.DoubtSince = time.Now()
		}
		if v.State == Pending || v.State == InDoubt {
			heap.Push(&m.later, waiting{e, v.At})
		}
	}
	return 0, nil
}

func (m *memory) count(s State) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.settled[s]
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
		Target: "erp", Queue: q, ERP: e, Finder: e, Limits: Limits{Concurrency: 3}, Batch: Batch{Events: 1}, Timeout: time.Minute, Lease: 3 * time.Minute,
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
		d.Limits.Rate = 2
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
		d.Limits.Concurrency = 1
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
		if q.count(Delivered) != 3 || len(q.verdicts) != 3 {
			t.Errorf("%d delivered of %d settled; want the 3 under way, and no new ones", q.count(Delivered), len(q.verdicts))
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
			t.Fatalf("%+v", q.verdicts)
		}
		for _, v := range q.verdicts {
			if v.State == Pending && !v.Spared {
				t.Errorf("our own stop was held against document %d", v.Entry.ID)
			}
		}
	})
}

func TestWrongNumberOfResultsIsInDoubt(t *testing.T) {
	d := dispatcher(newMemory(0), erp{})
	d.ERP = tooFew{}
	rs := d.request(t.Context(), Request{Entries: []Entry{{ID: 1}, {ID: 2}}})
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

// An hour of outage with 50,000 orders waiting, through 20 restarts of the daemon:
// the ERP never sees more requests at once than it may, it is probed and not
// hammered, nobody's tries are spent, one alert is raised, and afterwards the
// backlog drains at the configured pace.
func TestAnHourOfOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const backlog, pace, atOnce = 50_000, 50, 8
		q := newMemory(backlog)
		began := time.Now()
		back := began.Add(time.Hour)
		var mu sync.Mutex
		now, most, probes := 0, 0, 0
		e := erp{deliver: func(ctx context.Context, _ []erpbridge.Document) error {
			mu.Lock()
			now++
			most = max(most, now)
			away := time.Now().Before(back)
			if away {
				probes++
			}
			mu.Unlock()
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
			time.Sleep(20 * time.Millisecond)
			if away {
				return kind(erpbridge.Transient, 0)
			}
			return nil
		}}
		for range 20 { // restarts
			d := dispatcher(q, e)
			d.Limits = Limits{Concurrency: atOnce, Rate: pace}
			runFor(t, d, 3*time.Minute)
		}
		if most > atOnce || probes > 500 || q.told != 1 || q.count(Dead) != 0 {
			t.Fatalf("during the outage: %d at once, %d requests, %d alerts, %d dead", most, probes, q.told, q.count(Dead))
		}
		d := dispatcher(q, e)
		d.Limits = Limits{Concurrency: atOnce, Rate: pace}
		span := time.Duration(backlog / pace * 1.05 * float64(time.Second))
		runFor(t, d, span+lastProbe)
		if n := q.count(Delivered); n != backlog {
			t.Errorf("%d of %d delivered in %s at %d a second", n, backlog, span+lastProbe, pace)
		}
		if most > atOnce || q.told != 1 {
			t.Errorf("%d at once, %d alerts", most, q.told)
		}
	})
}

func TestThrottlingSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(2_000)
		var mu sync.Mutex
		now, throttled := 0, 0
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error {
			mu.Lock()
			now++
			much := now > 3 // fewer than the operator wrote down
			if much {
				throttled++
			}
			mu.Unlock()
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
			time.Sleep(100 * time.Millisecond)
			if much {
				return kind(erpbridge.Throttled, 0)
			}
			return nil
		}})
		d.Limits.Concurrency = 16
		runFor(t, d, 10*time.Minute)
		if q.count(Delivered) != 2_000 || q.count(Dead) != 0 {
			t.Errorf("%d delivered, %d dead", q.count(Delivered), q.count(Dead))
		}
		if throttled > 300 {
			t.Errorf("%d requests for 2,000 documents were throttled", throttled)
		}
	})
}

func TestNothingIsSentInAMaintenanceWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight UTC
		q := newMemory(10)
		var sent []time.Time
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error {
			sent = append(sent, time.Now().UTC())
			return nil
		}})
		d.Limits.Concurrency = 1
		d.Closed = Calendar{{From: 23 * time.Hour, To: 2 * time.Hour, Zone: time.UTC}}
		runFor(t, d, 3*time.Hour)
		if len(sent) != 10 || sent[0].Hour() != 2 {
			t.Errorf("sent at %v", sent)
		}
	})
}

// An ERP that takes longer than we wait still works on what we gave up on. It must not
// get more than it takes because of that.
func TestWhatIsGivenUpOnStillCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(40)
		var mu sync.Mutex
		now, most := 0, 0
		d := dispatcher(q, erp{
			deliver: func(ctx context.Context, _ []erpbridge.Document) error {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.AfterFunc(90*time.Second, func() { // what the ERP needs; we wait for 60 s
					mu.Lock()
					now--
					mu.Unlock()
				})
				<-ctx.Done()
				return kind(erpbridge.InDoubt, 0)
			},
			find: func([]erpbridge.Document) error { return nil },
		})
		runFor(t, d, 2*time.Hour)
		if most > 3 || q.count(Delivered) != 40 {
			t.Errorf("%d at once at the ERP, the limit is 3; %d delivered", most, q.count(Delivered))
		}
	})
}

// A process that slept past its lease wakes up and sends nothing.
func TestZombieSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newMemory(1)
		q.lost = true
		sent := 0
		d := dispatcher(q, erp{deliver: func(context.Context, []erpbridge.Document) error { sent++; return nil }})
		runFor(t, d, time.Minute)
		if sent != 0 || q.count(Pending) == 0 {
			t.Errorf("sent %d", sent)
		}
		for _, v := range q.verdicts {
			if !v.Spared {
				t.Error("it was held against the document")
			}
		}
	})
}
