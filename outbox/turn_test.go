package outbox

import (
	"testing"
	"time"
)

// Turns are counted in Postgres' time, by moving it: the test does not wait.
func TestTurnsHoldAcrossDaemons(t *testing.T) {
	s := open(t)
	record(t, s, an{order: "1", state: "a"})
	claim(t, s, 1) // makes the target's row
	other := again(t, s)
	l := Limits{Concurrency: 10, Rate: 0.01} // a turn in 100 seconds
	pass := func(span string) {
		t.Helper()
		if _, err := s.pool.Exec(t.Context(), `update target set turn_at = turn_at - $1::interval`, span); err != nil {
			t.Fatal(err)
		}
	}
	taken := func() (n int) {
		t.Helper()
		for _, daemon := range []*Store{s, other, s, other, s} {
			wait, err := daemon.Turn(t.Context(), "erp", l, false)
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				n++
			} else if wait > 100*time.Second {
				t.Errorf("told to wait %s", wait)
			}
		}
		return n
	}
	pass("1 hour")
	if n := taken(); n != 2 {
		t.Errorf("after a quiet hour %d turns, want 2: one, and one that is made up for", n)
	}
	for range 3 {
		pass("100 seconds")
		if n := taken(); n != 1 {
			t.Errorf("%d turns in the time of one", n)
		}
	}
	pass("50 seconds")
	if n := taken(); n != 0 {
		t.Errorf("%d turns in half of its time", n)
	}
	if wait, err := s.Turn(t.Context(), "erp", Limits{Concurrency: 10}, false); wait != 0 || err != nil {
		t.Errorf("without a rate: %s, %v", wait, err)
	}
}

// What takes more requests than it was admitted for holds back what is admitted next.
func TestFurtherTurnsSlowAdmissionDown(t *testing.T) {
	s := open(t)
	record(t, s, orders(20)...)
	d := plenty(20)
	d.Limits.Rate = 0.01
	if n := len(requests(t, s, d)); n != 1 {
		t.Fatalf("%d requests admitted at first", n)
	}
	pass := func(span string) {
		t.Helper()
		if _, err := s.pool.Exec(t.Context(), `update target set turn_at = turn_at - $1::interval, next_at = next_at - $1::interval`, span); err != nil {
			t.Fatal(err)
		}
	}
	pass("1 hour") // nothing was sent in it
	if wait, err := s.Turn(t.Context(), "erp", d.Limits, true); wait != 0 || err != nil {
		t.Fatalf("%s, %v", wait, err)
	}
	if n := len(requests(t, s, d)); n != 0 {
		t.Errorf("%d requests admitted in the time of a further turn", n)
	}
	pass("101 seconds")
	if n := len(requests(t, s, d)); n != 1 {
		t.Errorf("%d requests admitted after it, want 1", n)
	}
}

// It does so from when it is asked for, or what is admitted meanwhile takes its turns away
// and none of them comes to its end. And at the pace of a target that asked for less.
func TestFurtherTurnsHoldAdmissionBackBeforeTheyCome(t *testing.T) {
	s := open(t)
	record(t, s, orders(20)...)
	d := plenty(20)
	d.Limits = Limits{Concurrency: 8, Rate: 0.01}
	if n := len(requests(t, s, d)); n != 1 {
		t.Fatalf("%d requests admitted at first", n)
	}
	ahead := func() time.Duration {
		t.Helper()
		var ahead time.Duration
		if err := s.pool.QueryRow(t.Context(), `select next_at - clock_timestamp() from target`).Scan(&ahead); err != nil {
			t.Fatal(err)
		}
		return ahead
	}
	ask := func(further bool) {
		t.Helper()
		execute(t, s, `update target set turn_at = clock_timestamp() + interval '1 hour'`)
		if wait, err := s.Turn(t.Context(), "erp", d.Limits, further); wait == 0 || err != nil {
			t.Fatalf("%s, %v", wait, err)
		}
	}
	ask(true)
	if a := ahead(); a < 150*time.Second || a > 200*time.Second {
		t.Errorf("the next request is admitted in %s, want the time of two", a)
	}
	ask(false) // once more
	if a := ahead(); a > 200*time.Second {
		t.Errorf("the next request is admitted in %s: a turn was counted twice", a)
	}
	execute(t, s, `update target set window_size = 2`)
	ask(true)
	if a := ahead(); a < 550*time.Second || a > 600*time.Second {
		t.Errorf("the next request is admitted in %s, want four times as much on top", a)
	}
}
