package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// The database's clock ran ten years ahead for a while and was set right.
func TestNothingSleepsForYears(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	record(t, s, orders(4)...)
	doubt, leased, failed := claimOne(t, s), claimOne(t, s), claimOne(t, s)
	settleAll(t, s, doubt, Verdict{State: InDoubt, At: doubt[0].Now, Cause: kind(erpbridge.InDoubt, 0)})
	settleAll(t, s, failed, Verdict{State: Pending, At: failed[0].Now.Add(time.Minute), Cause: errors.New("?")})
	if err := s.Receive(ctx, an{order: "9", state: "a"}.decision().Message); err != nil {
		t.Fatal(err)
	}
	if err := s.Alert(ctx, "broker-blocked", "x"); err != nil {
		t.Fatal(err)
	}
	c := Clock{Store: s, Longest: time.Hour, Lease: time.Minute, Log: zap.NewNop()}
	if n, err := c.Mend(ctx); err != nil || n != 0 {
		t.Fatalf("%d rows mended of a sound database, %v", n, err)
	}
	for _, sql := range []string{
		`update stream set due_at = due_at + interval '10 years' where state = 'ready'`,
		`update stream set lease_until = lease_until + interval '10 years' where state = 'leased'`,
		`update outbox set next_at = next_at + interval '10 years', doubt_since = doubt_since + interval '10 years'`,
		`update target set resume_at = resume_at + interval '10 years', next_at = next_at + interval '10 years', turn_at = turn_at + interval '10 years'`,
		`update slot set held_until = held_until + interval '10 years'`,
		`update inbox set digest_after = digest_after + interval '10 years'`,
		`update alert set next_at = next_at + interval '10 years'`,
	} {
		if _, err := s.pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if groups := claim(t, s, 10); len(groups) != 0 {
		t.Fatalf("claimed %d groups of a database that sleeps", len(groups))
	}
	if n, err := c.Mend(ctx); err != nil || n == 0 {
		t.Fatalf("%d rows mended, %v", n, err)
	}
	if n, err := c.Mend(ctx); err != nil || n != 0 {
		t.Errorf("then %d more, %v", n, err)
	}
	looked := 0
	groups := claim(t, s, 10)
	for _, g := range groups {
		if g[0].Doubtful {
			looked++
			if g[0].DoubtSince.After(g[0].Now) {
				t.Errorf("in doubt since %s", g[0].DoubtSince)
			}
		}
	}
	if len(groups) != 4 || looked != 2 { // what was in doubt, and what was leased
		t.Errorf("%d groups, %d of them to look up", len(groups), looked)
	}
	if _, err := s.Settle(ctx, []Verdict{{Entry: leased[0], State: Delivered}}); err != nil {
		t.Fatal(err)
	}
	if l := ledger(t, s); l.Delivered != 0 {
		t.Error("a lease that was cut short still settled")
	}
	if us, err := s.ClaimUndigested(ctx, 10, time.Second); err != nil || len(us) != 1 {
		t.Errorf("%d undigested, %v", len(us), err)
	}
	if got := notice(t, s); len(got) != 1 {
		t.Errorf("notices %v", got)
	}
}

// The database's clock was an hour ahead for a while and was set right: nothing lies
// further ahead than it may, and yet everything would sleep for that hour.
func TestNothingSleepsForTheHourTheClockWasSetBack(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	record(t, s, orders(4)...)
	doubt, _, failed := claimOne(t, s), claimOne(t, s), claimOne(t, s)
	settleAll(t, s, doubt, Verdict{State: InDoubt, At: doubt[0].Now, Cause: kind(erpbridge.InDoubt, 0)})
	settleAll(t, s, failed, Verdict{State: Pending, At: failed[0].Now, Cause: errors.New("?")})
	if err := s.Receive(ctx, an{order: "9", state: "a"}.decision().Message); err != nil {
		t.Fatal(err)
	}
	if err := s.Alert(ctx, "broker-blocked", "x"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.TakePoll(ctx, "shop", PollPace{Every: time.Minute, Initial: time.Hour, Hold: time.Minute}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`update stream set due_at = due_at + interval '1 hour', lease_until = lease_until + interval '1 hour'`,
		`update outbox set next_at = next_at + interval '1 hour', doubt_since = doubt_since + interval '1 hour'`,
		`update target set resume_at = resume_at + interval '1 hour', next_at = next_at + interval '1 hour', turn_at = turn_at + interval '1 hour'`,
		`update slot set held_until = held_until + interval '1 hour'`,
		`update inbox set digest_after = digest_after + interval '1 hour'`,
		`update alert set next_at = next_at + interval '1 hour'`,
		`update poll set due_at = due_at + interval '1 hour', held_until = held_until + interval '1 hour'`,
	} {
		if _, err := s.pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	c := Clock{Store: s, Longest: time.Hour, Lease: time.Minute, Log: zap.NewNop()}
	if n, err := c.Mend(ctx); err != nil || n != 4 { // a lease and three permissions: no daemon gives such
		t.Errorf("%d rows mended, %v", n, err)
	}
	if groups := claim(t, s, 10); len(groups) != 0 {
		t.Fatalf("claimed %d groups of a database that sleeps", len(groups))
	}
	if n, err := c.Wake(ctx); err != nil || n == 0 {
		t.Fatalf("%d rows woken, %v", n, err)
	}
	if groups := claim(t, s, 10); len(groups) != 4 {
		t.Errorf("%d groups, want those in doubt, leased, failed and new", len(groups))
	}
	if us, err := s.ClaimUndigested(ctx, 10, time.Second); err != nil || len(us) != 1 {
		t.Errorf("%d undigested, %v", len(us), err)
	}
	if got := notice(t, s); len(got) != 1 {
		t.Errorf("notices %v", got)
	}
	var asleep int
	if err := s.pool.QueryRow(ctx, `
		select (select count(*) from stream where lease_until > now() + interval '61 seconds')
		     + (select count(*) from slot where held_until > now() + interval '61 seconds')
		     + (select count(*) from poll where due_at > now() or held_until > now() + $1)`, pollLease+time.Second).Scan(&asleep); err != nil {
		t.Fatal(err)
	}
	if asleep > 0 {
		t.Errorf("%d leases that no daemon gives", asleep)
	}
}

// A verdict says how long to wait, whatever the clock was when its entry was claimed.
func TestSettleAfterTheClockWasSetBack(t *testing.T) {
	s := open(t)
	record(t, s, orders(2)...)
	ahead, old := claimOne(t, s), claimOne(t, s)
	for i := range ahead {
		ahead[i].Now = ahead[i].Now.Add(time.Hour)
	}
	settleAll(t, s, ahead, Policy{First: time.Millisecond, Max: time.Millisecond, Attempts: 9}.Judge(
		ahead[0], erpbridge.Result{Err: kind(erpbridge.Unknown, 0)}, ahead[0].Now.Add(time.Second)))
	settleAll(t, s, old, Verdict{State: Pending, At: old[0].Now.Add(time.Hour), Cause: errors.New("?")})
	deadline := time.Now().Add(10 * time.Second)
	for {
		groups := claim(t, s, 10)
		if len(groups) > 0 {
			if len(groups) != 1 || groups[0][0].ID != ahead[0].ID {
				t.Errorf("claimed %v", groups)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it sleeps")
		}
	}
}

func TestWatchSeesAClockThatWasSetBack(t *testing.T) {
	at := time.Now()
	first := look{before: at, theirs: day, after: at.Add(time.Second)} // it took its time
	for _, tt := range []struct {
		name string
		next look
		back bool
	}{
		{"both went on", look{before: at.Add(10 * time.Second), theirs: day.Add(10 * time.Second)}, false},
		{"the first look was late, the second one early", look{before: at.Add(10 * time.Second), theirs: day.Add(9 * time.Second)}, false},
		{"set forward", look{before: at.Add(10 * time.Second), theirs: day.Add(time.Hour)}, false},
		{"the machine slept", look{before: at.Add(10 * time.Second), theirs: day.Add(time.Minute)}, false},
		{"set back by a second", look{before: at.Add(10 * time.Second), theirs: day.Add(8 * time.Second)}, true},
		{"set back by an hour", look{before: at.Add(10 * time.Second), theirs: day.Add(10*time.Second - time.Hour)}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.next.behind(first) > tolerance; got != tt.back {
				t.Errorf("set back: %t, %v", got, tt.next.behind(first))
			}
		})
	}
}

// A daemon that starts sees it too: what was written down lies in the future.
func TestWatchSeesAtTheStartThatTheClockWasSetBack(t *testing.T) {
	for _, sql := range []string{
		`update inbox set accepted_at = accepted_at + interval '1 hour'`,
		`insert into throughput (target, minute, requests, delivered) values ('erp', now() + interval '1 hour', 1, 1)`,
	} {
		s := open(t)
		ctx := t.Context()
		record(t, s, orders(1)...)
		looks := func(w *watch) (seen []bool) {
			for range 3 {
				back, err := w.look(ctx, s)
				if err != nil {
					t.Fatal(err)
				}
				seen = append(seen, back)
			}
			return seen
		}
		if diff := cmp.Diff([]bool{false, false, false}, looks(&watch{})); diff != "" {
			t.Errorf("of a sound database: %s", diff)
		}
		if _, err := s.pool.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]bool{true, true, false}, looks(&watch{})); diff != "" {
			t.Errorf("after %s: %s", sql, diff)
		}
	}
}
