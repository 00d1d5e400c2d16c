package poll

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A Poller polls one store, in turns with the Pollers of other daemons.
type Poller struct {
	Lister erpbridge.Lister
	// Subscriber is nil where the shop's subscriptions are not to be looked at.
	Subscriber erpbridge.Subscriber
	Sieve      Sieve
	Feed       Feed
	Book       Book
	Settings   Settings
	Log        *zap.Logger

	away bool // the book; said once
}

// Settings is how a store is polled.
type Settings struct {
	Every   time.Duration
	Overlap time.Duration
	Initial time.Duration
	Grace   time.Duration
	// AlertOver is how many lost events are no alert.
	AlertOver   int
	Resubscribe bool
}

const (
	// hold is how long a turn outlives its daemon.
	hold = 2 * time.Minute
	// patience is how long a round waits for a shop that is busy or away.
	patience = 2 * time.Minute
	// soon is when a round that failed is due again, if Every is not sooner.
	soon = time.Minute
	// look is how often finds are looked at that wait to be judged, and idle how often
	// the book is asked when there is nothing to do.
	look, idle = 5 * time.Second, time.Minute
)

// Run polls until ctx ends.
func (p *Poller) Run(ctx context.Context) error {
	for sleep(ctx, p.once(ctx)) {
	}
	return nil
}

// once makes a round if one is due, judges finds, and returns how long there is nothing
// to do.
func (p *Poller) once(ctx context.Context) time.Duration {
	wait, err := p.turn(ctx)
	if err != nil {
		return p.without(ctx, err)
	}
	waiting, lost, err := p.Book.Settle(ctx, p.Sieve.Store, p.Settings.Grace, p.tellLost)
	if err != nil {
		return p.without(ctx, err)
	}
	p.away = false
	if len(lost) > 0 {
		p.Log.Warn("the shop did not send events; the poll fetched them", p.store(), zap.Int("events", len(lost)),
			zap.Time("first_change", lost[0].Version.At), zap.Time("last_change", lost[len(lost)-1].Version.At))
	}
	if waiting > 0 {
		wait = min(wait, look)
	}
	return min(wait, idle)
}

// without says once that the book is away, and returns when to ask for it again.
func (p *Poller) without(ctx context.Context, err error) time.Duration {
	if !p.away && ctx.Err() == nil {
		p.Log.Warn("nothing is polled while it cannot be written down", p.store(), zap.Error(err))
		p.away = true
	}
	return look
}

// turn makes a round if one is due, and returns how long none is.
func (p *Poller) turn(ctx context.Context) (time.Duration, error) {
	r, wait, err := p.Book.Take(ctx, p.Sieve.Store, Pace{Every: p.Settings.Every, Initial: p.Settings.Initial, Hold: hold})
	if err != nil || wait > 0 {
		return wait, err
	}
	t, listErr, subErr := p.held(ctx, r)
	o := p.outcome(listErr, subErr)
	stopped := ctx.Err() != nil
	if stopped {
		o = Outcome{Stopped: true} // by ourselves: another daemon may go on at once
	}
	p.tell(r, t, o, stopped)
	if errors.Is(listErr, ErrLate) {
		return look, nil
	}
	// The turn is given back even when the daemon is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return 0, p.Book.End(ctx, r, o)
}

// held makes a round while the turn is kept, and stops it when the turn is lost.
func (p *Poller) held(ctx context.Context, r Round) (t tally, listErr, subErr error) {
	ctx, stop := context.WithCancelCause(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { p.keep(ctx, r, stop) })
	t, listErr = p.list(ctx, r)
	if p.Subscriber != nil && ctx.Err() == nil {
		subErr = p.subscriptions(ctx, r)
	}
	late := context.Cause(ctx)
	stop(nil)
	keeper.Wait()
	if errors.Is(late, ErrLate) {
		listErr = late
	}
	return t, listErr, subErr
}

// keep keeps the turn until ctx ends, and ends it when the turn is lost or may be.
func (p *Poller) keep(ctx context.Context, r Round, stop context.CancelCauseFunc) {
	kept := time.Now()
	for sleep(ctx, hold/4) {
		began := time.Now()
		err := p.Book.Keep(ctx, r, Progress{})
		if err == nil {
			kept = began
		}
		if errors.Is(err, ErrLate) || time.Since(kept) >= hold/2 {
			stop(ErrLate)
		}
	}
}

// tally counts what a round came to.
type tally struct {
	Pages, Listed, Known, Ignored, Fed, NotUnderstood int
}

// list makes everything known that changed since the position.
func (p *Poller) list(ctx context.Context, r Round) (tally, error) {
	var t tally
	l := Listing{Lister: p.Lister, Patience: patience, Log: p.Log.With(p.store())}
	err := l.Walk(ctx, r.KnownUntil.Add(-p.Settings.Overlap), r.Began, func(ctx context.Context, page erpbridge.Page) error {
		sifted, err := p.Sieve.Sift(ctx, page.Messages, time.Now())
		if err != nil {
			return err
		}
		progress := Progress{Until: page.Until, Listed: len(page.Messages)}
		for _, item := range sifted.Missing {
			if err := p.Feed.Feed(ctx, item.Message); err != nil {
				return fmt.Errorf("handing in what was missing: %w", err)
			}
			t.Fed++
			if item.Cause != nil {
				t.NotUnderstood++
			}
			progress.Found = append(progress.Found, item.Found...)
		}
		t.Pages++
		t.Listed += len(page.Messages)
		t.Known += sifted.Known
		t.Ignored += sifted.Ignored
		return p.Book.Keep(ctx, r, progress)
	})
	return t, err
}

// outcome says what an error means for the next round.
func (p *Poller) outcome(listErr, subErr error) Outcome {
	o := Outcome{Complete: listErr == nil, Again: p.Settings.Every, Cause: errors.Join(listErr, subErr)}
	if o.Cause == nil {
		return o
	}
	o.Grave = erpbridge.KindOf(listErr) == erpbridge.Refused || erpbridge.KindOf(subErr) == erpbridge.Refused
	o.Alert = fmt.Sprintf("%s cannot be polled: %v. Events that its webhooks lose are not found until this is mended", p.Sieve.Store, o.Cause)
	if listErr == nil {
		o.Alert = fmt.Sprintf("%s cannot be asked for its webhook subscriptions: %v", p.Sieve.Store, o.Cause)
	}
	switch erpbridge.KindOf(listErr) {
	case "", erpbridge.Refused, erpbridge.Invalid:
		// Asking more often does not help.
	default:
		o.Again = min(o.Again, max(soon, after(listErr)))
	}
	return o
}

// tell writes a round's one line.
func (p *Poller) tell(r Round, t tally, o Outcome, stopped bool) {
	fields := []zap.Field{
		p.store(), zap.Time("known_until", r.KnownUntil), zap.Int("pages", t.Pages), zap.Int("listed", t.Listed), zap.Int("known", t.Known),
		zap.Int("ignored", t.Ignored), zap.Int("missing", t.Fed), zap.Int("not_understood", t.NotUnderstood),
	}
	switch {
	case stopped:
		p.Log.Info("the poll is stopped half way, and goes on at the position", fields...)
	case o.Cause != nil:
		p.Log.Warn("the poll failed, and goes on at the position", append(fields, zap.Duration("again_in", o.Again), zap.Error(o.Cause))...)
	case r.Failing:
		p.Log.Info("polled; it works again", fields...)
	case t.Fed > 0:
		p.Log.Info("polled", fields...)
	default:
		p.Log.Debug("polled", fields...)
	}
}

func (p *Poller) store() zap.Field { return zap.String("store", p.Sieve.Store) }
