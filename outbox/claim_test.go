package outbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func TestClaimWritesTheAttemptFirst(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a", docs: 3})
	es := claimOne(t, s)
	if len(es) != 3 || es[0].Kind != "Kind1" || es[2].Kind != "Kind3" {
		t.Fatalf("documents of one event travel together, in order: %+v", es)
	}
	var open int
	if err := s.pool.QueryRow(t.Context(), `select count(*) from attempt where ended_at is null and action = 'deliver'`).Scan(&open); err != nil || open != 3 {
		t.Errorf("%d attempts written, want 3 (%v)", open, err)
	}
	if es[0].Attempt != 1 || es[0].Tries() != 1 || es[0].Doubtful || es[0].Order != "#1" || es[0].Now.IsZero() {
		t.Errorf("entry %+v", es[0])
	}
	if again := claim(t, s, 5); len(again) != 0 {
		t.Errorf("claimed twice: %+v", again)
	}
}

func TestEndedLeaseIsInDoubt(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a", docs: 2})
	zombie := claimOne(t, s)
	expire(t, s)
	heir := claimOne(t, s)
	if !heir[0].Doubtful || heir[0].Attempt != 2 || heir[0].DoubtSince.IsZero() {
		t.Fatalf("heir: %+v", heir[0])
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1, InDoubt: 1})

	// The zombie wakes up and changes nothing.
	var vs []Verdict
	for _, e := range zombie {
		vs = append(vs, Verdict{Entry: e, State: Delivered})
	}
	if late, err := s.Settle(t.Context(), vs); err != nil || late != 2 {
		t.Errorf("late %d, err %v", late, err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Pending: 1, InDoubt: 1})

	settleAll(t, s, heir[:2], Verdict{State: Delivered, Spared: true, Receipt: erpbridge.Receipt{Ref: "7"}})
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
	// The zombie again, after its heir is done.
	if late, err := s.Settle(t.Context(), vs); err != nil || late != 2 {
		t.Errorf("late %d, err %v", late, err)
	}
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
}

func TestDoubtfulAreLookedUpBeforeTheRestGoes(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a", docs: 3})
	es := claimOne(t, s)
	vs := []Verdict{{Entry: es[0], State: Delivered}, {Entry: es[1], State: InDoubt, At: es[1].Now}, {Entry: es[2], State: Pending, At: es[2].Now}}
	if late, err := s.Settle(t.Context(), vs); err != nil || late != 0 {
		t.Fatal(late, err)
	}
	find := claimOne(t, s)
	if len(find) != 1 || !find[0].Doubtful || find[0].Kind != "Kind2" {
		t.Fatalf("claimed %+v", find)
	}
	settleAll(t, s, find, Verdict{State: Pending, At: find[0].Now, Spared: true})
	rest := claimOne(t, s)
	if len(rest) != 2 || rest[0].Doubtful || rest[0].Tries() != 2 {
		t.Fatalf("claimed %+v", rest)
	}
	settleAll(t, s, rest, Verdict{State: Delivered})
	wantLedger(t, s, Ledger{Accepted: 1, Delivered: 1})
}

func TestLaterIsNotClaimedEarlier(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	es := claimOne(t, s)
	settleAll(t, s, es, Verdict{State: Pending, At: es[0].Now.Add(time.Hour), Cause: errors.New("away")})
	if groups := claim(t, s, 1); len(groups) != 0 {
		t.Errorf("claimed before its time: %+v", groups)
	}
}

// Eight workers deliver 40 orders of 5 events each, with random failures, ended
// leases and late settles. Every order's states take effect in their order, each
// once.
func TestOrderIsKeptWithManyWorkers(t *testing.T) {
	s := open(t)
	const orders, events, workers = 40, 5, 8
	var all []erpbridge.Decision
	for i := range events {
		for o := range orders {
			d := an{order: fmt.Sprint(o), state: fmt.Sprint(i), at: time.Duration(i) * time.Second}.decision()
			d.Documents[0].Record = "" // deltas: nothing supersedes them
			all = append(all, d)
		}
	}
	if err := s.Record(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	effects := map[string][]string{}
	effect := func(e Entry) {
		mu.Lock()
		defer mu.Unlock()
		effects[e.Stream] = append(effects[e.Stream], e.Version.Digest)
	}
	has := func(e Entry) bool {
		mu.Lock()
		defer mu.Unlock()
		for _, v := range effects[e.Stream] {
			if v == e.Version.Digest {
				return true
			}
		}
		return false
	}
	var wg sync.WaitGroup
	deadline := time.Now().Add(time.Minute)
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 2)) // #nosec G404 -- a test
			for time.Now().Before(deadline) {
				requests, err := s.Claim(t.Context(), plenty(1+rnd.IntN(4)))
				if err != nil {
					t.Errorf("claim: %v", err)
					return
				}
				var vs []Verdict
				for _, r := range requests {
					e := r.Entries[0]
					v := Verdict{Entry: e, State: Delivered}
					switch {
					case e.Doubtful:
						if !has(e) {
							v.State, v.At, v.Spared = Pending, e.Now, true
						}
					case rnd.IntN(4) == 0:
						v.State, v.At = Pending, e.Now
					case rnd.IntN(6) == 0: // effect, and no answer
						effect(e)
						v.State, v.At = InDoubt, e.Now
					default:
						effect(e)
					}
					vs = append(vs, v)
				}
				if late, err := s.Settle(t.Context(), vs); err != nil || late > 0 {
					t.Errorf("settle: late %d, %v", late, err)
					return
				}
				var open int
				if err := s.pool.QueryRow(t.Context(), `select count(*) from inbox where state = 'pending'`).Scan(&open); err != nil || open == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	wantLedger(t, s, Ledger{Accepted: orders * events, Delivered: orders * events})
	for stream, got := range effects {
		if len(got) != events {
			t.Errorf("%s: %d effects, want %d", stream, len(got), events)
		}
		for i := 1; i < len(got); i++ {
			if got[i-1] >= got[i] {
				t.Errorf("%s: effects out of order: %v", stream, got)
			}
		}
	}
}

// A document that takes the process down with it ends in the dead-letter list, with
// the evidence, and not in a loop.
func TestCrashLoopEndsInADeadLetter(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	p := judgePolicy
	p.Lost = 4
	for i := range 100 {
		es := claimOne(t, s)
		if !es[0].Doubtful {
			expire(t, s) // the process went down in it
			continue
		}
		v := p.Judge(es[0], erpbridge.Result{Err: kind(erpbridge.Missing, 0)}, es[0].Now)
		settleAll(t, s, es, v)
		if v.State == Dead {
			if es[0].Lost != 4 {
				t.Errorf("dead after %d lost attempts", es[0].Lost)
			}
			break
		}
		if i == 99 {
			t.Fatal("it never ends")
		}
		if _, err := s.pool.Exec(t.Context(), `update outbox set next_at = now(); update stream set due_at = now()`); err != nil {
			t.Fatal(err)
		}
	}
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 || ds[0].CauseCode != "CRASH-LOOP" {
		t.Errorf("%+v, %v", ds, err)
	}
}

// Sixteen events travel together, one of them spoils every request it is in. The
// others are delivered, each with at most one attempt held against it.
func TestBisectFindsTheCulprit(t *testing.T) {
	s := open(t)
	record(t, s, orders(16)...)
	d := plenty(1)
	d.Batch.Events = 16
	calls := 0
	for ; calls < 40; calls++ {
		rs := requests(t, s, d)
		if len(rs) == 0 {
			break
		}
		spoilt := false
		for _, e := range rs[0].Entries {
			spoilt = spoilt || e.Stream == "shop/order/11"
		}
		var vs []Verdict
		for _, e := range rs[0].Entries {
			r := erpbridge.Result{}
			if spoilt {
				r.Err = whole(erpbridge.Invalid)
			}
			vs = append(vs, judgePolicy.Judge(e, r, e.Now))
			if e.Tries() != 1 {
				t.Errorf("%s: %d tries", e.Stream, e.Tries())
			}
		}
		bisect(vs)
		if _, err := s.Settle(t.Context(), vs); err != nil {
			t.Fatal(err)
		}
	}
	wantLedger(t, s, Ledger{Accepted: 16, Delivered: 15, Dead: 1})
	if calls > 10 {
		t.Errorf("%d requests for one culprit of 16", calls)
	}
	var bound int
	if err := s.pool.QueryRow(t.Context(), `select count(*) from stream where state = 'idle' and together <> 0`).Scan(&bound); err != nil || bound != 0 {
		t.Errorf("%d delivered streams still travel in small company, %v", bound, err)
	}
}

// One store's flood does not keep another store's order waiting.
func TestStoresTakeTurns(t *testing.T) {
	s := open(t)
	record(t, s, orders(50)...)
	late := an{order: "late", state: "a"}.decision()
	late.Message.Store = "small"
	if err := s.Record(t.Context(), []erpbridge.Decision{late}); err != nil {
		t.Fatal(err)
	}
	for _, r := range requests(t, s, plenty(2)) {
		if r.Entries[0].Stream == "shop/order/late" {
			return
		}
	}
	t.Error("the order of the small store waits behind the flood of the other")
}

func TestLinger(t *testing.T) {
	s := open(t)
	record(t, s, orders(2)...)
	d := plenty(5)
	d.Batch = Batch{Events: 3, Linger: time.Hour}
	if rs := requests(t, s, d); len(rs) != 0 {
		t.Fatalf("%d requests: two of three are there, and an hour to wait for the third", len(rs))
	}
	record(t, s, an{order: "third", state: "a"})
	if rs := requests(t, s, d); len(rs) != 1 || len(rs[0].Entries) != 3 {
		t.Fatalf("%+v", rs)
	}
	record(t, s, an{order: "fourth", state: "a"})
	if _, err := s.pool.Exec(t.Context(), `update stream set due_at = due_at - interval '2 hours' where state = 'ready'`); err != nil {
		t.Fatal(err)
	}
	if rs := requests(t, s, d); len(rs) != 1 || len(rs[0].Entries) != 1 {
		t.Errorf("%+v: it waited long enough", rs)
	}
}

// How often it was looked up is counted from when it fell into doubt, and anew after a
// replay.
func TestLookUpsAreCounted(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	look := func(want int) {
		t.Helper()
		for n := 1; n <= want; n++ {
			e := claimOne(t, s)[0]
			if !e.Doubtful || e.Looked != n {
				t.Errorf("look-up %d: doubtful %t, the %d.", n, e.Doubtful, e.Looked)
			}
			v := Verdict{Entry: e, State: InDoubt, At: e.Now, Spared: true, Cause: kind(erpbridge.Transient, 0)}
			if n == want {
				v.State, v.Cause = Dead, kind(erpbridge.InDoubt, 0)
			}
			settle1(t, s, v)
		}
	}
	e := claimOne(t, s)[0]
	if e.Looked != 0 {
		t.Errorf("looked up %d times before it was sent", e.Looked)
	}
	settle1(t, s, Verdict{Entry: e, State: InDoubt, At: e.Now, Cause: kind(erpbridge.InDoubt, 0)})
	look(3)
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 {
		t.Fatalf("%v, %v", ds, err)
	}
	if err := s.ReplayDeadLetter(t.Context(), ds[0].ID, Replay{Actor: "olga", Note: "it is back"}); err != nil {
		t.Fatal(err)
	}
	look(2)
}
