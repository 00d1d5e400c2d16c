package outbox

import (
	"math"
	"time"
)

// Limits are what an ERP survives. They belong to the target: they hold across all
// daemons and all restarts, because the Standing they are applied to is a row in
// Postgres.
type Limits struct {
	Concurrency int     // requests at once
	Rate        float64 // requests a second, evenly spaced; 0: no limit
}

// A Standing is how a target is doing. Its zero value is a target in the best of
// health. The arithmetic is TCP's: what an ERP takes is found out the same way as
// what a network takes.
type Standing struct {
	// Window is how many requests may be open at once at present; 0: as many as the
	// limits allow. Under Threshold it grows by one with every success, above it by
	// one with every eight rounds of successes.
	Window    float64
	Threshold float64
	// Failures counts the requests in a row that came to nothing. From tripping on,
	// there is one request at a time, to probe.
	Failures int
	// ResumeAt is when the target may be asked again, NextAt when the pace allows the
	// next request.
	ResumeAt time.Time
	NextAt   time.Time
	// Paused: by an operator.
	Paused bool
}

// tripping is how many requests in a row have to fail until a target counts as
// away.
const tripping = 5

// horizon bounds how far ahead requests are admitted: what is admitted is claimed,
// and nobody else's to deliver while it waits for its turn.
const horizon = time.Second

// probing are the waits between the probes of a target that is away.
const (
	firstProbe = time.Second
	lastProbe  = 10 * time.Second
)

// caution is how many rounds of successes one more request at once takes where less
// was asked for before: an ERP is asked too much more seldom than a network, because
// it has to say so.
const caution = 8

// smallest bounds how far throttling slows a target down: to a sixteenth of the
// pace, one request at a time.
const smallest = 1. / 16

// Away reports whether the target has failed so often in a row that it is only
// probed.
func (s Standing) Away() bool { return s.Failures >= tripping }

// Admit says when up to want more requests may begin, as waits from now, while open
// ones are under way. It returns the standing after that.
func (l Limits) Admit(s Standing, open, want int, now time.Time) (Standing, []time.Duration) {
	if s.Paused || s.ResumeAt.After(now) {
		return s, nil
	}
	want = min(want, l.atOnce(s)-open)
	var waits []time.Duration
	for range want {
		at := now
		if l.Rate > 0 {
			if s.NextAt.After(now) {
				at = s.NextAt
			}
			if at.Sub(now) > horizon {
				break
			}
			s.NextAt = at.Add(l.interval(s))
		}
		waits = append(waits, at.Sub(now))
	}
	return s, waits
}

// atOnce is how many requests may be open.
func (l Limits) atOnce(s Standing) int {
	switch {
	case s.Away():
		return 1
	case s.Window == 0:
		return max(l.Concurrency, 1)
	}
	return max(1, min(int(s.Window), l.Concurrency))
}

// interval is the time between the beginnings of two requests.
func (l Limits) interval(s Standing) time.Duration {
	pace := l.Rate
	if s.Window > 0 && s.Window < float64(l.Concurrency) {
		pace *= s.Window / float64(l.Concurrency)
	}
	return time.Duration(math.Ceil(float64(time.Second) / pace))
}

// An Outcome is what a request taught about the target, not about the documents
// in it.
type Outcome string

// The outcomes.
const (
	Answered   Outcome = "answered"  // understood and answered, whatever it said about the documents
	TooMuch    Outcome = "throttled" // it asked for less
	Refusing   Outcome = "refused"   // credentials or configuration
	NoAnswer   Outcome = "no answer" // away, or not understood
	NothingMet Outcome = "not asked" // nothing left for it
)

// Learn returns the standing after a request that came to o at now. pause is how
// long the target asked to be left alone, or is to be.
func (l Limits) Learn(s Standing, o Outcome, pause time.Duration, now time.Time) Standing {
	resting := s.ResumeAt.After(now)
	switch o {
	case NothingMet:
		return s
	case Answered:
		s.Failures = 0
		s = l.grow(s)
	case TooMuch:
		s.Failures = 0
		// Requests that were open together are throttled together: that is once.
		if !resting {
			s.Window = max(smallest, l.window(s)/2)
			s.Threshold = s.Window
		}
	case NoAnswer, Refusing:
		s.Failures++
		if o == Refusing {
			s.Failures = max(s.Failures, tripping)
		}
		if s.Away() {
			s.Window, s.Threshold = 1, float64(l.Concurrency)
			pause = max(pause, probeAfter(s.Failures))
		}
	}
	if at := now.Add(pause); pause > 0 && at.After(s.ResumeAt) {
		s.ResumeAt = at
	}
	return s
}

// window is Window, with the limit where there is none.
func (l Limits) window(s Standing) float64 {
	if s.Window == 0 {
		return float64(l.Concurrency)
	}
	return s.Window
}

func (l Limits) grow(s Standing) Standing {
	switch {
	case s.Window == 0:
		return s
	case s.Window < 1:
		s.Window *= 2
	case s.Window < s.Threshold:
		s.Window++
	default:
		s.Window += 1 / (caution * s.Window)
	}
	if s.Window >= float64(l.Concurrency) {
		s.Window, s.Threshold = 0, 0
	}
	return s
}

// probeAfter is the wait before the next probe after so many failures in a row.
func probeAfter(failures int) time.Duration {
	n := min(failures-tripping, 10)
	return min(firstProbe<<n, lastProbe)
}
