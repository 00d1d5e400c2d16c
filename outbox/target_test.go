package outbox

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// again opens a second store on the same database: another daemon.
func again(t *testing.T, s *Store) *Store {
	t.Helper()
	other, err := Open(t.Context(), Config{URL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	return other
}

// conclude ends a request as it may have ended.
func conclude(t *testing.T, s *Store, d Demand, slot string, o Outcome, pause time.Duration, cause error) {
	t.Helper()
	if err := s.Conclude(t.Context(), Conclusion{Target: d.Target, Slot: slot, Limits: d.Limits, Outcome: o, Pause: pause, Cause: cause}); err != nil {
		t.Fatal(err)
	}
}

func requests(t *testing.T, s *Store, d Demand) []Request {
	t.Helper()
	rs, err := s.Claim(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func notice(t *testing.T, s *Store) []string {
	t.Helper()
	ns, err := s.DueNotices(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, n := range ns {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

func orders(n int) (as []an) {
	for i := range n {
		as = append(as, an{order: fmt.Sprint(i), state: "a"})
	}
	return as
}

func TestRefusedTargetRestsAndTellsOnce(t *testing.T) {
	s := open(t)
	record(t, s, orders(3)...)
	refused := &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("credentials")}
	d := plenty(1)
	r := requests(t, s, d)[0]
	settleAll(t, s, r.Entries, Verdict{State: Pending, At: r.Entries[0].Now, Cause: refused, Spared: true})
	conclude(t, s, d, r.Slot, Refusing, time.Hour, refused)
	if rs := requests(t, s, plenty(5)); len(rs) != 0 {
		t.Errorf("claimed from a target that rests: %+v", rs)
	}
	if got := notice(t, s); len(got) != 1 || got[0] != "target-refused" {
		t.Errorf("notices %v", got)
	}
	// The operator mends the credentials and says so: one probe goes out.
	if err := s.ResumeTarget(t.Context(), "erp", "olga", "new token"); err != nil {
		t.Fatal(err)
	}
	rs := requests(t, s, plenty(5))
	if len(rs) != 1 || !rs[0].Entries[0].Away {
		t.Fatalf("%d requests to a target that may still refuse", len(rs))
	}
	settleAll(t, s, rs[0].Entries, Verdict{State: Pending, At: rs[0].Entries[0].Now, Cause: refused, Spared: true})
	conclude(t, s, d, rs[0].Slot, Refusing, time.Hour, refused)
	if got := notice(t, s); len(got) != 0 {
		t.Errorf("a second refusal in a row told again: %v", got)
	}
}

func TestAwayTargetIsProbedAndToldOfOnce(t *testing.T) {
	s := open(t)
	record(t, s, orders(20)...)
	d := plenty(10)
	d.Limits.Concurrency = 10
	away := kind(erpbridge.Transient, 0)
	rs := requests(t, s, d)
	if len(rs) != 10 {
		t.Fatalf("%d requests", len(rs))
	}
	for _, r := range rs {
		settleAll(t, s, r.Entries, Verdict{State: Pending, At: r.Entries[0].Now, Cause: away})
		conclude(t, s, d, r.Slot, NoAnswer, 0, away)
	}
	if rs := requests(t, s, d); len(rs) != 0 {
		t.Errorf("%d requests without a rest", len(rs))
	}
	for range 3 {
		if _, err := s.pool.Exec(t.Context(), `update target set resume_at = now()`); err != nil {
			t.Fatal(err)
		}
		rs := requests(t, again(t, s), d) // a daemon that was just started knows it too
		if len(rs) != 1 {
			t.Fatalf("%d probes", len(rs))
		}
		if more := requests(t, s, d); len(more) != 0 {
			t.Fatalf("%d more beside the probe", len(more))
		}
		settleAll(t, s, rs[0].Entries, Verdict{State: Pending, At: rs[0].Entries[0].Now, Cause: away, Spared: true})
		conclude(t, s, d, rs[0].Slot, NoAnswer, 0, away)
	}
	if got := notice(t, s); len(got) != 1 || got[0] != "target-away" {
		t.Errorf("notices %v", got)
	}
	// It answers again: a slow start.
	for _, want := range []int{1, 2} {
		if _, err := s.pool.Exec(t.Context(), `update target set resume_at = now()`); err != nil {
			t.Fatal(err)
		}
		rs := requests(t, s, d)
		if len(rs) != want {
			t.Fatalf("%d requests, want %d", len(rs), want)
		}
		for _, r := range rs {
			settleAll(t, s, r.Entries, Verdict{State: Delivered})
			conclude(t, s, d, r.Slot, Answered, 0, nil)
		}
	}
	ts, err := s.Targets(t.Context())
	if err != nil || len(ts) != 1 || ts[0].Away || ts[0].Failures != 0 || ts[0].Window == 0 {
		t.Errorf("%+v, %v", ts, err)
	}
}

// Three daemons with twenty free hands each, and an ERP that survives four
// requests at once.
func TestConcurrencyHoldsAcrossDaemons(t *testing.T) {
	s := open(t)
	record(t, s, orders(120)...)
	d := plenty(20)
	d.Limits.Concurrency = 4
	var now, most, done atomic.Int64
	var wg sync.WaitGroup
	for range 3 {
		daemon := again(t, s)
		wg.Go(func() {
			for done.Load() < 120 && t.Context().Err() == nil {
				rs, err := daemon.Claim(t.Context(), d)
				if err != nil {
					t.Error(err)
					return
				}
				var calls sync.WaitGroup
				for _, r := range rs {
					calls.Go(func() {
						n := now.Add(1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
						}
						time.Sleep(5 * time.Millisecond)
						now.Add(-1)
						if _, err := daemon.Settle(t.Context(), []Verdict{{Entry: r.Entries[0], State: Delivered}}); err != nil {
							t.Error(err)
						}
						if err := daemon.Conclude(t.Context(), Conclusion{Target: "erp", Slot: r.Slot, Limits: d.Limits, Outcome: Answered}); err != nil {
							t.Error(err)
						}
						done.Add(1)
					})
				}
				calls.Wait()
			}
		})
	}
	wg.Wait()
	if most.Load() != 4 {
		t.Errorf("at most %d at once, want 4: no more, and no less", most.Load())
	}
	wantLedger(t, s, Ledger{Accepted: 120, Delivered: 120})
}

func TestRateHoldsAcrossDaemons(t *testing.T) {
	s := open(t)
	record(t, s, orders(40)...)
	d := plenty(40)
	d.Limits.Rate = 0.01 // the next one is more than a minute away, however slow this machine
	var waits []time.Duration
	for range 4 {
		for _, r := range requests(t, again(t, s), d) {
			waits = append(waits, r.Wait)
		}
	}
	if len(waits) != 1 {
		t.Errorf("%d requests admitted by four daemons: %v, want one", len(waits), waits)
	}
}

func TestSlotOfADaemonThatWentDownEnds(t *testing.T) {
	s := open(t)
	record(t, s, orders(3)...)
	d := plenty(5)
	d.Limits.Concurrency, d.Hold = 1, time.Minute
	if rs := requests(t, s, d); len(rs) != 1 {
		t.Fatalf("%d requests", len(rs))
	}
	other := again(t, s)
	if rs := requests(t, other, d); len(rs) != 0 {
		t.Fatalf("%d requests beside one that may still be with the ERP", len(rs))
	}
	if _, err := s.pool.Exec(t.Context(), `update slot set held_until = now() - interval '1 ms'`); err != nil {
		t.Fatal(err)
	}
	if rs := requests(t, other, d); len(rs) != 1 {
		t.Errorf("%d requests after the slot's end", len(rs))
	}
}

func TestPauseAndResume(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	record(t, s, orders(4)...)
	under := requests(t, s, plenty(1))[0]
	if err := s.PauseTarget(ctx, "erp", Pause{Actor: "olga", Reason: "month-end close"}); err != nil {
		t.Fatal(err)
	}
	if err := s.PauseTarget(ctx, "erp", Pause{Actor: "ivan", Reason: "me too"}); !errors.Is(err, ErrPaused) {
		t.Errorf("a second pause: %v", err)
	}
	if rs := requests(t, s, plenty(5)); len(rs) != 0 {
		t.Errorf("claimed from a paused target: %d", len(rs))
	}
	// What was claimed and not yet sent is not sent.
	if left, err := s.Held(ctx, under); err != nil || left != 0 {
		t.Errorf("held for %s, %v", left, err)
	}
	ts, err := s.Targets(ctx)
	if err != nil || len(ts) != 1 || ts[0].PausedBy != "olga" || ts[0].PauseReason != "month-end close" || ts[0].PausedUntil != nil {
		t.Errorf("%+v, %v", ts, err)
	}
	if err := s.ResumeTarget(ctx, "erp", "olga", "closed"); err != nil {
		t.Fatal(err)
	}
	if err := s.ResumeTarget(ctx, "erp", "olga", "closed"); !errors.Is(err, ErrNotPaused) {
		t.Errorf("a second resume: %v", err)
	}
	if left, err := s.Held(ctx, under); err != nil || left <= 0 {
		t.Errorf("held for %s, %v", left, err)
	}
	if rs := requests(t, s, plenty(5)); len(rs) != 3 {
		t.Errorf("%d requests after resuming", len(rs))
	}
	var log []string
	rows, err := s.pool.Query(ctx, `select actor || ' ' || action || ' ' || object || ': ' || detail from audit order by id`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		log = append(log, line)
	}
	if fmt.Sprint(log) != "[olga paused target erp: month-end close olga resumed target erp: closed]" {
		t.Errorf("audit %v", log)
	}
}

func TestPauseWithAnEndEndsByItself(t *testing.T) {
	s := open(t)
	record(t, s, orders(1)...)
	if err := s.PauseTarget(t.Context(), "erp", Pause{Actor: "olga", Reason: "restart", For: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if rs := requests(t, s, plenty(1)); len(rs) != 0 {
		t.Fatal("claimed from a paused target")
	}
	if _, err := s.pool.Exec(t.Context(), `update target set paused_until = now()`); err != nil {
		t.Fatal(err)
	}
	if rs := requests(t, s, plenty(1)); len(rs) != 1 {
		t.Error("the pause did not end")
	}
	var by, action string
	if err := s.pool.QueryRow(t.Context(), `select actor, action from audit order by id desc limit 1`).Scan(&by, &action); err != nil || by != "erpbridge" || action != "resumed" {
		t.Errorf("audit: %s %s, %v", by, action, err)
	}
}

func TestHeldSeesAnotherOwner(t *testing.T) {
	s := open(t)
	record(t, s, orders(1)...)
	d := plenty(1)
	r := requests(t, s, d)[0]
	if left, err := s.Held(t.Context(), r); err != nil || left < 50*time.Second || left > time.Minute {
		t.Errorf("held for %s, %v", left, err)
	}
	expire(t, s)
	if left, err := s.Held(t.Context(), r); err != nil || left != 0 {
		t.Errorf("after the lease's end: held for %s, %v", left, err)
	}
	second := requests(t, again(t, s), d)
	if len(second) != 1 || !second[0].Entries[0].Doubtful {
		t.Fatalf("%+v", second)
	}
	if left, err := s.Held(t.Context(), r); err != nil || left != 0 {
		t.Errorf("somebody else's: held for %s, %v", left, err)
	}
}

// A target that comes and goes is told of at most every quarter of an hour, and once
// more when it stays away longer than that.
func TestFlappingTargetIsNotToldOfEachTime(t *testing.T) {
	s := open(t)
	record(t, s, orders(60)...)
	d := plenty(1)
	away := kind(erpbridge.Transient, 0)
	turn := func(o Outcome, n int) {
		t.Helper()
		for range n {
			if _, err := s.pool.Exec(t.Context(), `update target set resume_at = now()`); err != nil {
				t.Fatal(err)
			}
			rs := requests(t, s, d)
			if len(rs) != 1 {
				t.Fatalf("%d requests", len(rs))
			}
			settleAll(t, s, rs[0].Entries, Verdict{State: Pending, At: rs[0].Entries[0].Now.Add(time.Hour), Cause: away})
			conclude(t, s, d, rs[0].Slot, o, 0, away)
		}
	}
	told := 0
	for range 4 {
		turn(NoAnswer, tripping)
		told += len(notice(t, s))
		turn(Answered, 1)
	}
	if told != 1 {
		t.Errorf("told %d times of four short absences", told)
	}
	turn(NoAnswer, tripping)
	if _, err := s.pool.Exec(t.Context(), `update target set told_at = now() - interval '20 minutes', failing_since = now() - interval '16 minutes'`); err != nil {
		t.Fatal(err)
	}
	turn(NoAnswer, 3)
	if got := notice(t, s); len(got) != 1 {
		t.Errorf("an absence that lasts was told of %d times", len(got))
	}
}

// What got no answer stays open for the ERP, whatever else came of its request.
func TestBusyKeepsThePermission(t *testing.T) {
	for _, o := range []Outcome{Answered, NoAnswer, NothingMet} {
		s := open(t)
		record(t, s, orders(2)...)
		d := plenty(1)
		d.Limits.Concurrency = 1
		slot := requests(t, s, d)[0].Slot
		if err := s.Conclude(t.Context(), Conclusion{Target: d.Target, Slot: slot, Limits: d.Limits, Outcome: o, Busy: time.Hour}); err != nil {
			t.Fatal(err)
		}
		if n := len(requests(t, s, d)); n != 0 {
			t.Errorf("%s: %d more at once", o, n)
		}
	}
}

// A target that was away and then refuses is told of once more: of the one it was said that
// it goes on by itself, and this does not.
func TestRefusalAfterAnAbsenceIsTold(t *testing.T) {
	s := open(t)
	record(t, s, orders(60)...)
	d := plenty(1)
	turn := func(o Outcome, n int) {
		t.Helper()
		cause := kind(erpbridge.Transient, 0)
		if o == Refusing {
			cause = kind(erpbridge.Refused, 0)
		}
		for range n {
			execute(t, s, `update target set resume_at = now()`)
			r := requests(t, s, d)[0]
			settleAll(t, s, r.Entries, Verdict{State: Pending, At: r.Entries[0].Now.Add(time.Hour), Cause: cause})
			conclude(t, s, d, r.Slot, o, 0, cause)
		}
	}
	turn(NoAnswer, tripping)
	if got := notice(t, s); len(got) != 1 || got[0] != "target-away" {
		t.Errorf("notices %v", got)
	}
	execute(t, s, `update target set told_at = now() - interval '1 hour', failing_since = now() - interval '61 minutes'`)
	turn(Refusing, 3)
	if got := notice(t, s); len(got) != 1 || got[0] != "target-refused" {
		t.Errorf("notices %v", got)
	}
	execute(t, s, `update target set told_at = now() - interval '1 hour'`)
	turn(NoAnswer, 1)
	turn(Refusing, 3)
	if got := notice(t, s); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
}
