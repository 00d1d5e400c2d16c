package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// Pointers is where messages wait that only point to what changed.
type Pointers interface {
	// NextPointing claims up to n of a store's, with the number of times that was done.
	NextPointing(ctx context.Context, store string, n int) ([]Waiting, error)
	// Fetched stores what a message points to: the pipeline has it from then on.
	Fetched(ctx context.Context, m erpbridge.Message, body []byte) error
	// Postpone keeps a message from NextPointing for a while.
	Postpone(ctx context.Context, m erpbridge.Message, wait time.Duration, why error) error
}

// A Fetching asks one shop for what its messages point to (Content Enricher), so that
// neither the broker nor other stores wait for it.
//
//	NextPointing ──Fetch──▶ Fetched ─▶ the Digester has it
//	                 ├─ transient ─▶ Postponed, longer each time, for Patience
//	                 ├─ throttled, refused ─▶ likewise, and nothing else is asked for
//	                 │                        meanwhile; of a refusal somebody is told
//	                 ├─ missing ─▶ Postponed some times: it may not be there yet
//	                 └─ invalid, or given up ─▶ a dead letter with the reason
//
// A crash between Fetch and Fetched costs one more question.
type Fetching struct {
	Store    string
	Fetcher  erpbridge.Fetcher
	Pointers Pointers
	Receiver *Receiver
	// Tell tells a person that the shop refuses our credentials.
	Tell func(ctx context.Context, kind, reason string) error
	// AtOnce is how many questions may be open; 0: 4. Each may take Within; 0: 1 min.
	AtOnce int
	Within time.Duration
	// Patience is how long a shop that is away is waited for, from the message's
	// arrival; 0: 72 h.
	Patience time.Duration
	Every    time.Duration // look so often; 0: every second
	Log      *zap.Logger

	told time.Time
	rest time.Time // until then the shop is not asked for anything
}

const (
	longestWait  = 10 * time.Minute
	mostMissing  = 8 // times, about 8 minutes
	refusalWait  = 5 * time.Minute
	refusalTold  = 6 * time.Hour // how often the same refusal is told
	fetchPatient = 72 * time.Hour
)

// Run works until ctx ends.
func (f *Fetching) Run(ctx context.Context) error {
	every := f.Every
	if every <= 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := f.once(ctx)
		if err != nil && ctx.Err() == nil {
			f.Log.Error("fetching what messages point to", zap.String("store", f.Store), zap.Error(err))
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// once works on one batch and returns how many of it were settled one way or the
// other. What was only postponed does not count: there is nothing more to do now.
func (f *Fetching) once(ctx context.Context) (int, error) {
	if time.Now().Before(f.rest) {
		return 0, nil
	}
	atOnce := f.AtOnce
	if atOnce <= 0 {
		atOnce = 4
	}
	ws, err := f.Pointers.NextPointing(ctx, f.Store, atOnce)
	if err != nil {
		return 0, err
	}
	var (
		wg      sync.WaitGroup
		settled int
		refused error
	)
	answers := make([]asked, len(ws))
	for i, w := range ws {
		wg.Go(func() { answers[i] = f.one(ctx, w) })
	}
	wg.Wait()
	errs := make([]error, len(ws))
	for i, a := range answers {
		if errs[i] = a.err; a.settled {
			settled++
		}
		switch erpbridge.KindOf(a.why) {
		case erpbridge.Throttled:
			f.restFor(after(a.why))
		case erpbridge.Refused:
			refused = a.why
			if !forbidden(a.why) {
				f.restFor(max(refusalWait, after(a.why)))
			}
		}
	}
	if refused != nil {
		f.tell(ctx, refused)
	}
	return settled, errors.Join(errs...)
}

// asked is what one question came to.
type asked struct {
	settled bool  // one way or the other
	why     error // it was postponed
	err     error // of the inbox
}

// forbidden reports whether a refusal may be of this one thing only: a right that the
// token lacks for customers keeps nobody from asking for orders.
func forbidden(err error) bool {
	var e *erpbridge.Error
	return errors.As(err, &e) && e.Code == strconv.Itoa(http.StatusForbidden)
}

// restFor keeps the shop from being asked for a while: thousands may wait, and each
// question with a wrong password, or too many, makes it worse.
func (f *Fetching) restFor(wait time.Duration) {
	if until := time.Now().Add(wait); until.After(f.rest) {
		f.rest = until
	}
}

func (f *Fetching) one(ctx context.Context, w Waiting) asked {
	body, err := f.fetch(ctx, w.Message)
	if err == nil {
		return asked{settled: true, err: f.Pointers.Fetched(ctx, w.Message, body)}
	}
	if ctx.Err() != nil {
		return asked{} // we are stopping: it comes again
	}
	wait, giveUp := f.judge(w, err)
	if !giveUp {
		return asked{why: err, err: f.Pointers.Postpone(ctx, w.Message, wait, err)}
	}
	why := &erpbridge.Error{Op: "pipeline.Fetching", Kind: erpbridge.Invalid, Code: "NOT-FETCHED", Err: fmt.Errorf("what the message points to could not be fetched: %w", err)}
	return asked{settled: true, err: f.Receiver.Receive(ctx, []Arrival{{Message: w.Message, Problem: why}})[0]}
}

func (f *Fetching) fetch(ctx context.Context, m erpbridge.Message) (body []byte, err error) {
	within := f.Within
	if within <= 0 {
		within = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = &erpbridge.Error{Op: "pipeline.Fetching", Kind: erpbridge.Invalid, Code: "PANIC", Err: fmt.Errorf("fetching panicked: %v", v)}
		}
	}()
	body, err = f.Fetcher.Fetch(ctx, m)
	if err == nil && body == nil {
		body = []byte{} // nil is: not asked
	}
	return body, err
}

// judge says how long to wait, or that there is no point in waiting.
func (f *Fetching) judge(w Waiting, err error) (wait time.Duration, giveUp bool) {
	patience := f.Patience
	if patience <= 0 {
		patience = fetchPatient
	}
	wait = max(after(err), backOff(w.Tries))
	// What an operator replays is late from the first question on, and gets some all the same.
	late := time.Since(w.Message.ReceivedAt) > patience && w.Tries >= mostMissing
	switch erpbridge.KindOf(err) {
	case erpbridge.Throttled, erpbridge.Transient:
		return wait, late
	case erpbridge.Refused:
		return max(wait, refusalWait), late
	case erpbridge.Missing:
		return wait, w.Tries >= mostMissing
	case erpbridge.Unknown:
		return wait, w.Tries >= mostMissing
	default:
		return 0, true
	}
}

// after is how long the shop asked to be left alone for.
func after(err error) time.Duration {
	var e *erpbridge.Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

// backOff doubles from 2 s, with half of it left to chance.
func backOff(tries int) time.Duration {
	wait := min(2*time.Second<<min(max(tries-1, 0), 20), longestWait)
	return wait/2 + rand.N(wait/2+1) // #nosec G404 -- spreads load, hides nothing
}

func (f *Fetching) tell(ctx context.Context, err error) {
	f.Log.Error("the shop refuses to be asked", zap.String("store", f.Store), zap.Error(err))
	if f.Tell == nil || time.Since(f.told) < refusalTold {
		return
	}
	f.told = time.Now()
	reason := fmt.Sprintf("store %s: the shop refuses to be asked for what its webhooks point to (%v). They wait, and are asked for again every %s: correct the api settings", f.Store, err, refusalWait)
	if err := f.Tell(ctx, "store-refused", reason); err != nil {
		f.Log.Error("telling of it", zap.Error(err))
	}
}
