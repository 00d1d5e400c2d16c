package outbox

import (
	"errors"
	"testing"
	"time"

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
