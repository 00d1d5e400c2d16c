package outbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

var judgePolicy = Policy{
	First: time.Second, Max: time.Minute, Attempts: 5, Missing: 7, MaxAge: 72 * time.Hour,
	Refusal: 5 * time.Minute, Throttle: 2 * time.Second,
}

func kind(k erpbridge.Kind, after time.Duration) error {
	return &erpbridge.Error{Kind: k, After: after, Err: errors.New("x")}
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tries  int
		age    time.Duration
		err    error
		want   State
		wait   time.Duration // until At
		spared bool
		pause  time.Duration
	}{
		{name: "receipt", tries: 1, want: Delivered},
		{name: "already there", tries: 3, err: kind(erpbridge.Duplicate, 0), want: Delivered},
		{name: "invalid", tries: 1, err: kind(erpbridge.Invalid, 0), want: Dead},
		{name: "ignored by the ERP makes no sense", tries: 1, err: kind(erpbridge.Ignored, 0), want: Dead},
		{name: "away, first time", tries: 1, err: kind(erpbridge.Transient, 0), want: Pending, wait: time.Second},
		{name: "away, fourth time", tries: 4, err: kind(erpbridge.Transient, 0), want: Pending, wait: 8 * time.Second},
		{name: "away for the thousandth time", tries: 1000, age: time.Hour, err: kind(erpbridge.Transient, 0), want: Pending, wait: time.Minute},
		{name: "away, and says for how long", tries: 1, err: kind(erpbridge.Transient, 40*time.Second), want: Pending, wait: 40 * time.Second},
		{name: "away, and says for ever", tries: 1, err: kind(erpbridge.Transient, 1e6*time.Hour), want: Pending, wait: time.Hour},
		{name: "away longer than we wait", tries: 9, age: 72 * time.Hour, err: kind(erpbridge.Transient, 0), want: Dead},
		{name: "cancelled", tries: 1, err: context.Canceled, want: Pending, wait: time.Second},
		{name: "throttled", tries: 400, age: 1000 * time.Hour, err: kind(erpbridge.Throttled, 0), want: Pending, wait: 2 * time.Second, spared: true, pause: 2 * time.Second},
		{name: "throttled, and says how long", tries: 1, err: kind(erpbridge.Throttled, 30*time.Second), want: Pending, wait: 30 * time.Second, spared: true, pause: 30 * time.Second},
		{name: "refused", tries: 400, age: 1000 * time.Hour, err: kind(erpbridge.Refused, 0), want: Pending, wait: 5 * time.Minute, spared: true, pause: 5 * time.Minute},
		{name: "missing", tries: 6, err: kind(erpbridge.Missing, 0), want: Pending, wait: 32 * time.Second},
		{name: "missing for good", tries: 7, err: kind(erpbridge.Missing, 0), want: Dead},
		{name: "nobody understands", tries: 4, err: errors.New("?"), want: Pending, wait: 8 * time.Second},
		{name: "nobody understands, last try", tries: 5, err: errors.New("?"), want: Dead},
		{name: "in doubt is looked up at once", tries: 5, err: kind(erpbridge.InDoubt, 0), want: InDoubt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Entry{Attempt: tt.tries + 2, Spared: 2, Since: day}
			now := day.Add(tt.age)
			v := judgePolicy.Judge(e, erpbridge.Result{Err: tt.err}, now)
			if v.State != tt.want || v.Spared != tt.spared || v.Pause != tt.pause {
				t.Fatalf("state %s, spared %v, pause %s; want %s, %v, %s", v.State, v.Spared, v.Pause, tt.want, tt.spared, tt.pause)
			}
			if (tt.want == Pending || tt.want == InDoubt) && v.At.Sub(now) != tt.wait {
				t.Errorf("wait %s, want %s", v.At.Sub(now), tt.wait)
			}
			if (v.Cause == nil) != (tt.want == Delivered) {
				t.Errorf("cause %v", v.Cause)
			}
		})
	}
}

func TestJudgeLookup(t *testing.T) {
	p := judgePolicy
	p.LookupAfter = 15 * time.Minute
	for _, tt := range []struct {
		name  string
		doubt time.Duration // how long in doubt
		look  int           // how many times it was looked up since, this time included
		err   error
		want  State
		wait  time.Duration
		pause time.Duration
	}{
		{name: "the ERP has it", want: Delivered},
		{name: "not there, but it may still appear", doubt: time.Minute, err: kind(erpbridge.Missing, 0), want: InDoubt, wait: 14 * time.Minute},
		{name: "surely not there", doubt: 15 * time.Minute, err: kind(erpbridge.Missing, 0), want: Pending},
		{name: "look-up failed", doubt: time.Hour, err: kind(erpbridge.Transient, 0), want: InDoubt, wait: time.Second},
		{name: "look-up answered nonsense", doubt: time.Hour, err: errors.New("?"), want: InDoubt, wait: time.Second},
		{name: "look-up throttled", doubt: time.Hour, err: kind(erpbridge.Throttled, 0), want: InDoubt, wait: time.Second, pause: 2 * time.Second},
		{name: "look-up says invalid: that is not an answer", doubt: time.Hour, err: kind(erpbridge.Invalid, 0), want: InDoubt, wait: time.Second},
		{name: "nobody ever could look", doubt: 72 * time.Hour, look: 3, err: kind(erpbridge.Transient, 0), want: Dead},
		{name: "nobody looked before, as in a pause", doubt: 100 * time.Hour, look: 1, err: kind(erpbridge.Transient, 0), want: InDoubt, wait: time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := day.Add(tt.doubt)
			v := p.Judge(Entry{Attempt: 2, Spared: 1, Since: day, DoubtSince: day, Doubtful: true, Looked: tt.look}, erpbridge.Result{Err: tt.err}, now)
			if v.State != tt.want || v.Pause != tt.pause || !v.Spared {
				t.Fatalf("state %s, pause %s, spared %v; want %s, %s, true", v.State, v.Pause, v.Spared, tt.want, tt.pause)
			}
			if (tt.want == Pending || tt.want == InDoubt) && v.At.Sub(now) != tt.wait {
				t.Errorf("wait %s, want %s", v.At.Sub(now), tt.wait)
			}
		})
	}
}

func TestBlindTargetIsSentAgain(t *testing.T) {
	p := judgePolicy
	p.Blind = true
	v := p.Judge(Entry{Attempt: 1, Since: day}, erpbridge.Result{Err: kind(erpbridge.InDoubt, 0)}, day)
	if v.State != Pending || v.At.Sub(day) != time.Second {
		t.Errorf("%s in %s", v.State, v.At.Sub(day))
	}
}

func TestScheduleAsList(t *testing.T) {
	p := judgePolicy
	p.Schedule = []time.Duration{time.Second, time.Minute, time.Hour}
	for tries, want := range map[int]time.Duration{1: time.Second, 2: time.Minute, 3: time.Hour, 9: time.Hour} {
		if got := p.wait(tries); got != want {
			t.Errorf("after %d tries: %s, want %s", tries, got, want)
		}
	}
}

func TestFullJitterStaysWithin(t *testing.T) {
	low, high := time.Hour, time.Duration(0)
	for range 10_000 {
		d := FullJitter(time.Minute)
		low, high = min(low, d), max(high, d)
	}
	if low < 6*time.Second || high > time.Minute || high-low < 30*time.Second {
		t.Errorf("between %s and %s", low, high)
	}
}
