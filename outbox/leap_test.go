package outbox

import (
	"testing"
	"time"
)

// The database's clock was set forward by an hour: leases ended early, and whoever has
// them is still at work. For as long nobody claims, not even a daemon that started since.
func TestNothingIsClaimedAfterTheClockWasSetForward(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	record(t, s, orders(3)...)
	if len(claimOne(t, s)) == 0 {
		t.Fatal("nothing claimed")
	}
	// As if it had been an hour earlier then.
	last := s.leaps.last["erp"]
	last.theirs = last.theirs.Add(-time.Hour)
	s.leaps.remember("erp", last)
	expire(t, s)
	if groups := claim(t, s, 5); len(groups) != 0 {
		t.Fatalf("claimed %d groups", len(groups))
	}
	fresh, err := Open(ctx, Config{URL: s.url})
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	for _, store := range []*Store{s, fresh} {
		if groups := claim(t, store, 5); len(groups) != 0 {
			t.Errorf("then claimed %d groups", len(groups))
		}
	}
	var rest time.Duration
	if err := s.pool.QueryRow(ctx, `select resume_at - clock_timestamp() from target`).Scan(&rest); err != nil {
		t.Fatal(err)
	}
	if rest <= 0 || rest > plenty(1).Lease {
		t.Errorf("it rests for %v", rest)
	}
	if _, err := s.pool.Exec(ctx, `update target set resume_at = now()`); err != nil {
		t.Fatal(err)
	}
	if groups := claim(t, s, 5); len(groups) != 3 {
		t.Errorf("claimed %d groups after the rest", len(groups))
	}
}

func TestLeaps(t *testing.T) {
	at := time.Now()
	var l leaps
	l.remember("erp", look{before: at, theirs: day, after: at.Add(time.Second)})
	for _, tt := range []struct {
		name  string
		after time.Duration // ours
		their time.Duration
		leapt bool
	}{
		{"both went on", 10 * time.Second, 10 * time.Second, false},
		{"a slow answer", 10 * time.Second, 9 * time.Second, false},
		{"set back", 10 * time.Second, -time.Hour, false},
		{"set forward by a second", 10 * time.Second, 11 * time.Second, true},
		{"set forward by an hour", 10 * time.Second, time.Hour, true},
	} {
		if got := l.ahead("erp", look{after: at.Add(tt.after), theirs: day.Add(tt.their)}) > tolerance; got != tt.leapt {
			t.Errorf("%s: leapt %t", tt.name, got)
		}
	}
	if d := l.ahead("another", look{after: at, theirs: day.Add(time.Hour)}); d != 0 {
		t.Errorf("of a target that was never claimed for: %v", d)
	}
}
