package outbox

import (
	"testing"
	"time"
)

func TestAdmitIsBoundByConcurrency(t *testing.T) {
	l := Limits{Concurrency: 4}
	for _, tt := range []struct {
		name       string
		s          Standing
		open, want int
		get        int
	}{
		{"healthy", Standing{}, 0, 10, 4},
		{"healthy, some open", Standing{}, 3, 10, 1},
		{"healthy, full", Standing{}, 4, 10, 0},
		{"over the limit after it was lowered", Standing{}, 7, 10, 0},
		{"asks for fewer", Standing{}, 0, 2, 2},
		{"halved", Standing{Window: 2.9}, 0, 10, 2},
		{"slowed down below one", Standing{Window: smallest}, 0, 10, 1},
		{"window above the limit", Standing{Window: 9}, 0, 10, 4},
		{"away", Standing{Failures: tripping, Window: 3}, 0, 10, 1},
		{"away, probe under way", Standing{Failures: tripping}, 1, 10, 0},
		{"failed a few times", Standing{Failures: tripping - 1}, 0, 10, 4},
		{"resting", Standing{ResumeAt: day.Add(1)}, 0, 10, 0},
		{"rested", Standing{ResumeAt: day}, 0, 10, 4},
		{"paused", Standing{Paused: true}, 0, 10, 0},
	} {
		if _, waits := l.Admit(tt.s, tt.open, tt.want, day); len(waits) != tt.get {
			t.Errorf("%s: %d admitted, want %d", tt.name, len(waits), tt.get)
		}
	}
}

func TestAdmitKeepsThePace(t *testing.T) {
	l := Limits{Concurrency: 100, Rate: 4}
	s, waits := l.Admit(Standing{}, 0, 100, day)
	if len(waits) != 5 || waits[0] != 0 || waits[4] != time.Second {
		t.Fatalf("waits %v: want one now and four more within a second", waits)
	}
	// Whoever asks next, in whichever daemon, goes on from there.
	if _, waits = l.Admit(s, 5, 100, day.Add(time.Second)); len(waits) != 4 || waits[0] != 250*time.Millisecond {
		t.Errorf("then %v", waits)
	}
	// A quiet time is not saved up for a burst.
	if _, waits = l.Admit(s, 0, 100, day.Add(time.Hour)); len(waits) != 5 {
		t.Errorf("after an hour %v", waits)
	}
	s.Window = 50 // half of the concurrency: half of the pace
	if _, waits = l.Admit(s, 0, 100, day.Add(time.Hour)); len(waits) != 3 {
		t.Errorf("slowed down %v", waits)
	}
}

func TestThrottlingHalvesThenGrows(t *testing.T) {
	l := Limits{Concurrency: 16}
	s := l.Learn(Standing{}, TooMuch, time.Second, day)
	if l.atOnce(s) != 8 || !s.ResumeAt.Equal(day.Add(time.Second)) {
		t.Fatalf("%+v", s)
	}
	// The others that were open at that moment say the same.
	for range 5 {
		s = l.Learn(s, TooMuch, time.Second, day.Add(10*time.Millisecond))
	}
	if l.atOnce(s) != 8 {
		t.Fatalf("one throttling counted several times: %+v", s)
	}
	s = l.Learn(s, TooMuch, time.Second, day.Add(2*time.Second))
	if l.atOnce(s) != 4 {
		t.Fatalf("a second throttling: %+v", s)
	}
	for range 3 * caution { // less than eight rounds of four
		s = l.Learn(s, Answered, 0, day.Add(4*time.Second))
	}
	if got := l.atOnce(s); got != 4 {
		t.Errorf("after three quarters of eight rounds: %d", got)
	}
	for range 2 * caution {
		s = l.Learn(s, Answered, 0, day.Add(4*time.Second))
	}
	if got := l.atOnce(s); got != 5 {
		t.Errorf("after eight rounds: %d", got)
	}
	for range 5000 {
		s = l.Learn(s, Answered, 0, day.Add(4*time.Second))
	}
	if s.Window != 0 || l.atOnce(s) != 16 {
		t.Errorf("it does not recover: %+v", s)
	}
	for range 100 {
		s = l.Learn(s, TooMuch, 0, day.Add(time.Hour))
	}
	if s.Window != smallest {
		t.Errorf("slowed down to %v", s.Window)
	}
}

func TestFailingInARowProbesThenStartsSlowly(t *testing.T) {
	l := Limits{Concurrency: 8}
	s, now := Standing{}, day
	for i := range tripping {
		if s.Away() {
			t.Fatalf("away after %d failures", i)
		}
		s = l.Learn(s, NoAnswer, 0, now)
	}
	if !s.Away() || s.ResumeAt.Sub(now) != firstProbe {
		t.Fatalf("%+v", s)
	}
	for range 50 { // an outage
		now = s.ResumeAt
		var waits []time.Duration
		if s, waits = l.Admit(s, 0, 100, now); len(waits) != 1 {
			t.Fatalf("%d probes at once", len(waits))
		}
		s = l.Learn(s, NoAnswer, 0, now)
	}
	if s.ResumeAt.Sub(now) != lastProbe {
		t.Errorf("after a long outage the next probe comes in %s", s.ResumeAt.Sub(now))
	}
	now = s.ResumeAt
	var steps []int
	for range 9 {
		s = l.Learn(s, Answered, 0, now)
		steps = append(steps, l.atOnce(s))
	}
	for i, want := range []int{2, 3, 4, 5, 6, 7, 8, 8, 8} { // one more with each answer: twice as many with each round
		if steps[i] != want {
			t.Fatalf("after the outage %v at once", steps)
		}
	}
}

func TestRefusalRestsAndProbes(t *testing.T) {
	l := Limits{Concurrency: 8}
	s := l.Learn(Standing{}, Refusing, 5*time.Minute, day)
	if !s.Away() || !s.ResumeAt.Equal(day.Add(5*time.Minute)) {
		t.Errorf("%+v", s)
	}
}

func TestNothingMetTeachesNothing(t *testing.T) {
	s := Standing{Failures: 3, Window: 2}
	if got := (Limits{Concurrency: 4}).Learn(s, NothingMet, time.Hour, day); got != s {
		t.Errorf("%+v", got)
	}
}
