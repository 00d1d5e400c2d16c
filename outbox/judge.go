package outbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// Policy is how often and how long one target is tried.
type Policy struct {
	First    time.Duration   // wait after the first failure; doubles from there
	Max      time.Duration   // longest wait
	Schedule []time.Duration // if given: the waits instead, the last one repeating

	Attempts int           // for errors nobody understands; then dead
	Missing  int           // for references that are not there yet; then dead
	MaxAge   time.Duration // for an ERP that is away, once Attempts are spent too: an outage is not the document's fault

	// Lost is how many attempts in a row may go down with their process; then dead.
	Lost int

	// Refusal is how long a target rests after refused credentials, Throttle after
	// asking for less without saying for how long.
	Refusal  time.Duration
	Throttle time.Duration

	// LookupAfter is the ERP's longest processing time: before it has passed, not to
	// find a document does not mean that it will not appear. 0 where the ERP has a
	// unique key.
	LookupAfter time.Duration
	// Blind targets cannot look up. What is in doubt is sent again under the same
	// key: at least once, where the key is not unique there.
	Blind bool

	// Confirm is how an ERP is waited for that books later than it takes.
	Confirm Confirm

	// Jitter spreads a wait, so that what failed together does not come back
	// together. Nil leaves it as it is.
	Jitter func(time.Duration) time.Duration
}

// longestAfter bounds what another side can make us wait.
const longestAfter = time.Hour

// Judge decides what becomes of e after an attempt, or a look-up if e is doubtful,
// that came to r at now. Every rule of delivery is in it. It is pure but for
// p.Jitter.
func (p Policy) Judge(e Entry, r erpbridge.Result, now time.Time) Verdict {
	v := Verdict{Entry: e, Now: now, Receipt: r.Receipt, Cause: r.Err}
	kind := erpbridge.KindOf(r.Err)
	switch {
	case e.Taken != nil:
		return p.judgeConfirmation(e, v, kind, now)
	case (r.Err == nil || kind == erpbridge.Duplicate) && r.Receipt.Accepted:
		return p.judgeAcceptance(e, v, now)
	case r.Err == nil || kind == erpbridge.Duplicate:
		v.State, v.Cause = Delivered, nil
		v.Spared = e.Doubtful
		return v
	case e.Doubtful:
		return p.judgeLookup(e, v, kind, now)
	}
	switch kind {
	case erpbridge.Throttled:
		v.State, v.Spared = Pending, true
		v.Pause = p.spread(clamp(after(r.Err), p.Throttle))
		v.At = now.Add(v.Pause)
	case erpbridge.Refused:
		v.State, v.Spared = Pending, true
		v.Pause, v.At = p.Refusal, now.Add(p.Refusal)
	case erpbridge.InDoubt:
		v.State = InDoubt
		v.At = now.Add(p.LookupAfter)
		if p.Blind || fault.Planted("unknown-failed") { // planted: unknown counts as failed
			// Each try may be one more effect: also the probe of a target that is away.
			p.again(&v, now, p.spent(e, now))
		}
		if fault.Planted("unknown-sent") { // planted: unknown counts as sent
			v.State, v.Cause = Delivered, nil
		}
	case erpbridge.Invalid, erpbridge.Ignored, erpbridge.Held:
		v.State = Dead
	case erpbridge.Missing:
		if e.Behind {
			// What it misses is what the ERP has not booked yet: it is not held against it.
			v.State, v.At, v.Spared = Pending, now.Add(p.wait(e.Attempt)), true
			break
		}
		p.again(&v, now, e.Tries() >= p.Missing)
	case erpbridge.Transient:
		if e.Away {
			// The probe of a target that is away for everybody: it is the target that
			// waits, and the document is neither late nor guilty.
			v.State, v.At, v.Spared = Pending, now, true
			break
		}
		p.again(&v, now, p.spent(e, now))
	default:
		p.again(&v, now, e.Tries() >= p.Attempts)
	}
	return v
}

// judgeLookup judges the look-up of a document in doubt. A look-up is never held
// against the document.
func (p Policy) judgeLookup(e Entry, v Verdict, kind erpbridge.Kind, now time.Time) Verdict {
	v.Spared = true
	switch {
	case kind == erpbridge.Missing && p.Lost > 0 && e.Lost >= p.Lost:
		v.State = Dead
		v.Cause = &erpbridge.Error{
			Op: "outbox.Judge", Kind: erpbridge.Unknown, Code: "CRASH-LOOP",
			Err: fmt.Errorf("the process went down in each of the last %d attempts to send it, and the ERP does not have it: see the attempts' daemons and their logs", e.Lost),
		}
	case kind == erpbridge.Missing && now.Sub(e.DoubtSince) >= p.LookupAfter && now.Sub(e.Since) >= p.MaxAge && e.Tries() > p.Attempts:
		v.State = Dead
		v.Cause = &erpbridge.Error{
			Op: "outbox.Judge", Kind: erpbridge.InDoubt,
			Err: fmt.Errorf("for %s no attempt got an answer that could be understood, and the ERP does not have it", now.Sub(e.Since).Round(time.Second)),
		}
	case kind == erpbridge.Missing && now.Sub(e.DoubtSince) >= p.LookupAfter:
		// The ERP surely does not have it: it may be sent (again); the first time at
		// once, then at the pace of what fails, since that is what it does.
		v.State, v.At = Pending, now
		if tries := e.Tries() - 1; tries > 1 {
			v.At = now.Add(p.wait(tries - 1))
		}
		v.Cause = &erpbridge.Error{
			Op: "outbox.Judge", Kind: erpbridge.Missing,
			Err: errors.New("looked up after an attempt in doubt: the ERP does not have it; sending it again"),
		}
	case kind == erpbridge.Missing:
		v.State, v.At = InDoubt, e.DoubtSince.Add(p.LookupAfter)
	case e.Away && kind != erpbridge.Missing:
		v.State, v.At = InDoubt, now // it is the target that waits, see Judge
		if kind == erpbridge.Refused {
			v.Pause = p.Refusal
		}
	case now.Sub(e.DoubtSince) >= p.MaxAge && e.Looked >= fewest:
		// Age alone says little: nobody may have looked, in a pause of days.
		v.State = Dead
		v.Cause = &erpbridge.Error{
			Op: "outbox.Judge", Kind: erpbridge.InDoubt,
			Err: fmt.Errorf("an attempt in doubt could not be looked up for %s: look in the ERP whether it has it: %w", now.Sub(e.DoubtSince).Round(time.Second), v.Cause),
		}
	default:
		v.State, v.At = InDoubt, now.Add(p.wait(e.Tries()))
		switch kind {
		case erpbridge.Throttled:
			v.Pause = p.spread(clamp(after(v.Cause), p.Throttle))
		case erpbridge.Refused:
			v.Pause = p.Refusal
		}
	}
	return v
}

// spent reports whether both tries and age are. Age alone says little: a document may
// have waited behind a pause or a dead one, or was replayed.
func (p Policy) spent(e Entry, now time.Time) bool {
	return now.Sub(e.Since) >= p.MaxAge && e.Tries() >= p.Attempts
}

// again is one more try after a wait, or the end if that was the last.
func (p Policy) again(v *Verdict, now time.Time, last bool) {
	if last {
		v.State = Dead
		return
	}
	wait := p.wait(v.Entry.Tries())
	v.State, v.At = Pending, now.Add(max(wait, clamp(after(v.Cause), 0)))
}

// wait is the pause after the given number of tries. The arithmetic is backoff's;
// its state and its clock, which would give up after 15 minutes, are not used: a
// fresh value is stepped from the start each time.
func (p Policy) wait(tries int) time.Duration {
	if n := len(p.Schedule); n > 0 {
		return p.spread(p.Schedule[min(max(tries, 1), n)-1])
	}
	return p.spread(doubled(p.First, p.Max, tries))
}

// doubled is first, doubled with each try after the first one, up to longest.
func doubled(first, longest time.Duration, tries int) time.Duration {
	b := backoff.ExponentialBackOff{
		InitialInterval: first, Multiplier: 2, MaxInterval: longest,
		RandomizationFactor: 0, MaxElapsedTime: 0, Stop: backoff.Stop, Clock: backoff.SystemClock,
	}
	b.Reset()
	d := b.NextBackOff()
	for i := 1; i < tries && d < longest; i++ {
		d = b.NextBackOff()
	}
	return min(d, longest)
}

func (p Policy) spread(d time.Duration) time.Duration {
	if p.Jitter == nil || fault.Planted("no-jitter") { // planted: what failed together comes back together
		return d
	}
	return p.Jitter(d)
}

// after is what the other side asked us to wait, 0 if it did not say.
func after(err error) time.Duration {
	var e *erpbridge.Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

// clamp bounds what another side asks us to wait.
func clamp(d, least time.Duration) time.Duration { return min(max(d, least), longestAfter) }
