package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// of is an's decision, for a store and targets of one's choice.
func (a an) of(store string, targets ...string) erpbridge.Decision {
	d := a.decision()
	d.Message.Store = store
	if len(targets) == 0 {
		return d
	}
	docs := d.Documents
	d.Documents = nil
	for _, t := range targets {
		for _, doc := range docs {
			doc.Target = t
			d.Documents = append(d.Documents, doc)
		}
	}
	return d
}

func recordAll(t *testing.T, s *Store, ds ...erpbridge.Decision) {
	t.Helper()
	if err := s.Record(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// impatient begins a transaction that gives up where it would have to wait for
// another one's lock.
func impatient(t *testing.T, s *Store) pgx.Tx {
	t.Helper()
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	if _, err := tx.Exec(t.Context(), `set local lock_timeout = '2s'`); err != nil {
		t.Fatal(err)
	}
	return tx
}

// An event for two targets whose documents both die at the same moment: neither
// worker waits for the other, which would be a deadlock.
func TestTwoTargetsBuryOneEventAtOnce(t *testing.T) {
	s := open(t)
	recordAll(t, s, an{order: "1", state: "a"}.of("shop", "erp", "two"))
	var dead [][]Verdict
	for _, target := range []string{"erp", "two"} {
		d := plenty(1)
		d.Target = target
		e := requests(t, s, d)[0].Entries[0]
		dead = append(dead, []Verdict{{Entry: e, State: Dead, Cause: kind(erpbridge.Invalid, 0)}})
	}
	one, two := impatient(t, s), impatient(t, s)
	if err := buryDocument(t.Context(), two, dead[1][0].Entry.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := settle(t.Context(), one, dead[0]); err != nil {
		t.Fatalf("one waits for the other, who may wait for him: %v", err)
	}
}

// A message that is told again, while its event is being delivered: whoever records
// it holds nothing that the delivery waits for.
func TestToldAgainDoesNotHoldUpDelivery(t *testing.T) {
	s := open(t)
	a := an{order: "1", state: "a"}
	record(t, s, a)
	es := claimOne(t, s)
	telling, settling := impatient(t, s), impatient(t, s)
	r := recording{tx: telling, ctx: t.Context()}
	if err := r.insertInbox([]*row{newRow(a.decision())}); err != nil {
		t.Fatal(err)
	}
	if _, err := settle(t.Context(), settling, []Verdict{{Entry: es[0], State: Delivered}}); err != nil {
		t.Fatalf("settling waits for the recording, which may wait for the stream: %v", err)
	}
}

// A process that slept for minutes concludes while another one claims: the claim,
// which holds the target's row, does not wait for the slot that is being given back
// by somebody who may wait for the target's row.
func TestClaimDoesNotWaitForAnEndedSlot(t *testing.T) {
	s := open(t)
	record(t, s, orders(2)...)
	r := requests(t, s, plenty(1))[0]
	if _, err := s.pool.Exec(t.Context(), `update slot set held_until = now() - interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	sleeper, claimer := impatient(t, s), impatient(t, s)
	if _, err := sleeper.Exec(t.Context(), `delete from slot where token = $1`, r.Slot); err != nil {
		t.Fatal(err)
	}
	c := claiming{ctx: t.Context(), tx: claimer, store: s, Demand: plenty(1)}
	if rs, err := c.run(); err != nil || len(rs) != 1 {
		t.Fatalf("%d requests, %v", len(rs), err)
	}
}

// With one hand, each claim is for one request. The stores take turns all the same:
// ten orders of a small one do not wait for the thousands that came before.
func TestStoresTakeTurnsFromClaimToClaim(t *testing.T) {
	s := open(t)
	record(t, s, orders(30)...)
	var late []erpbridge.Decision
	for i := range 3 {
		late = append(late, an{order: fmt.Sprint("late", i), state: "a"}.of("small"), an{order: fmt.Sprint("later", i), state: "a"}.of("tiny"))
	}
	recordAll(t, s, late...)
	var got []string
	for range 10 {
		got = append(got, requests(t, s, plenty(1))[0].Entries[0].Order)
	}
	for _, want := range []string{"#late2", "#later2"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among the first ten: %v", want, got)
		}
	}
}

// One event of a batch takes the process down. The others, which travelled with it,
// are not buried for that.
func TestCrashLoopTakesNoCompanyAlong(t *testing.T) {
	s := open(t)
	record(t, s, orders(6)...)
	p := judgePolicy
	p.Lost = 3
	d := plenty(10)
	d.Batch.Events = 6
	for range 40 {
		for _, r := range requests(t, s, d) {
			down := slices.ContainsFunc(r.Entries, func(e Entry) bool { return e.Stream == "shop/order/3" && !e.Doubtful })
			if down {
				continue // nobody ends this one
			}
			var vs []Verdict
			for _, e := range r.Entries {
				res := erpbridge.Result{}
				if e.Doubtful {
					res.Err = kind(erpbridge.Missing, 0)
				}
				v := p.Judge(e, res, e.Now)
				v.At = e.Now
				vs = append(vs, v)
			}
			if _, err := s.Settle(t.Context(), vs); err != nil {
				t.Fatal(err)
			}
		}
		expire(t, s)
	}
	wantLedger(t, s, Ledger{Accepted: 6, Delivered: 5, Dead: 1})
}

// A document died because nobody could look up whether its last attempt had taken
// effect. Replayed, it is looked up first, and not sent blindly.
func TestReplayOfWhatIsInDoubtLooksUpFirst(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	es := claimOne(t, s)
	settleAll(t, s, es, Verdict{State: InDoubt, At: es[0].Now, Cause: kind(erpbridge.InDoubt, 0)})
	es = claimOne(t, s)
	e := es[0]
	e.DoubtSince, e.Looked = e.Now.Add(-judgePolicy.MaxAge), fewest
	v := judgePolicy.Judge(e, erpbridge.Result{Err: kind(erpbridge.Transient, 0)}, e.Now)
	if v.State != Dead {
		t.Fatalf("judged %s", v.State)
	}
	settleAll(t, s, es, v)
	ds, err := s.DeadLetters(t.Context(), DeadLetterFilter{})
	if err != nil || len(ds) != 1 {
		t.Fatal(ds, err)
	}
	if err := s.ReplayDeadLetter(t.Context(), ds[0].ID, Replay{Actor: "me"}); err != nil {
		t.Fatal(err)
	}
	ledger(t, s)
	es = claimOne(t, s)
	if !es[0].Doubtful {
		t.Error("it is sent again although it may be there")
	}
	// Looked up and not found, it has its tries again.
	v = judgePolicy.Judge(es[0], erpbridge.Result{Err: kind(erpbridge.Missing, 0)}, es[0].Now)
	if v.State != Pending {
		t.Errorf("judged %s: %v", v.State, v.Cause)
	}
}

// A document may be old before its first try: it waited behind a pause, or behind a
// dead one, or was replayed. One bad minute of the ERP does not bury it.
func TestAgeAloneBuriesNothing(t *testing.T) {
	p := judgePolicy
	old := Entry{Attempt: 1, Since: day}
	now := day.Add(2 * p.MaxAge)
	if v := p.Judge(old, erpbridge.Result{Err: kind(erpbridge.Transient, 0)}, now); v.State != Pending {
		t.Errorf("%s at its first failure", v.State)
	}
	old.Attempt = p.Attempts
	if v := p.Judge(old, erpbridge.Result{Err: kind(erpbridge.Transient, 0)}, now); v.State != Dead {
		t.Errorf("%s although tries and age are spent", v.State)
	}
	old.Attempt, old.Doubtful, old.DoubtSince = 3, true, now
	if v := p.Judge(old, erpbridge.Result{Err: kind(erpbridge.Missing, 0)}, now); v.State != Pending {
		t.Errorf("%s after its second attempt in doubt", v.State)
	}
}

// What is never answered for is not sent for ever to a target that cannot look up:
// each time may have been one more effect.
func TestBlindTargetIsNotSentForEver(t *testing.T) {
	p := judgePolicy
	p.Blind = true
	e := Entry{Attempt: p.Attempts, Since: day}
	r := erpbridge.Result{Err: kind(erpbridge.InDoubt, 0)}
	if v := p.Judge(e, r, day.Add(time.Hour)); v.State != Pending {
		t.Errorf("%s within an hour", v.State)
	}
	if v := p.Judge(e, r, day.Add(p.MaxAge)); v.State != Dead {
		t.Errorf("%s with tries and age spent", v.State)
	}
}

// However long an ERP asks to be left alone, it is asked again within the hour.
func TestTargetRestsNoLongerThanBelievable(t *testing.T) {
	for _, k := range []erpbridge.Kind{erpbridge.Throttled, erpbridge.Transient} {
		_, pause, _ := outcome([]erpbridge.Result{{Err: kind(k, 1000*time.Hour)}}, false)
		if pause != longestAfter {
			t.Errorf("%s: rests for %s", k, pause)
		}
	}
}

// An ERP that is busy and says for how long means all of its documents.
func TestBusyTargetIsLeftAlone(t *testing.T) {
	one := erpbridge.Result{Err: kind(erpbridge.Transient, 40*time.Second)}
	if o, pause, _ := outcome([]erpbridge.Result{one}, false); o != NoAnswer || pause != 40*time.Second {
		t.Errorf("%s, rests for %s", o, pause)
	}
	if o, pause, _ := outcome([]erpbridge.Result{one, {}}, false); o != Answered || pause != 0 {
		t.Errorf("%s, rests for %s: one record was busy, not the ERP", o, pause)
	}
}

// stopping is a queue whose daemon is stopped while it claims.
type stopping struct {
	*memory
	stop func()
	err  error
}

func (q *stopping) Claim(ctx context.Context, d Demand) ([]Request, error) {
	q.stop()
	q.err = errors.Join(q.err, ctx.Err())
	return q.memory.Claim(ctx, d)
}

// A stop does not cut a claim short: its COMMIT may have taken effect, and then
// documents that nobody sent wait for their lease to end, in doubt.
func TestStopLetsAClaimEnd(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	q := &stopping{memory: newMemory(1), stop: stop}
	d := dispatcher(q.memory, erp{deliver: func(context.Context, []erpbridge.Document) error { return nil }})
	d.Queue = q
	if err := d.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if q.err != nil {
		t.Errorf("the claim was cut short: %v", q.err)
	}
	if q.count(Pending) != 1 || len(q.slots) != 0 {
		t.Errorf("not given back: %v, %d slots", q.settled, len(q.slots))
	}
}

// A request that waits for its turn while its target asks for less is not sent.
func TestRestBeginsAtOnce(t *testing.T) {
	s := open(t)
	record(t, s, orders(2)...)
	d := plenty(2)
	d.Limits = Limits{Concurrency: 2}
	rs := requests(t, s, d)
	if left, err := s.Held(t.Context(), rs[1]); err != nil || left == 0 {
		t.Fatalf("held for %s, %v", left, err)
	}
	conclude(t, s, d, rs[0].Slot, TooMuch, time.Minute, kind(erpbridge.Throttled, time.Minute))
	if left, err := s.Held(t.Context(), rs[1]); err != nil || left != 0 {
		t.Errorf("it may be sent, for %s: %v", left, err)
	}
}
