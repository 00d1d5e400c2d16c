package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
//	                 ├─ transient, throttled ─▶ Postponed, longer each time, for Patience
//	                 ├─ refused ─▶ Postponed, all of the store; somebody is told
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
		mu      sync.Mutex
		settled int
		errs    []error
	)
	for _, w := range ws {
		wg.Go(func() {
			done, err := f.one(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			if done {
				settled++
			}
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return settled, errors.Join(errs...)
}

func (f *Fetching) one(ctx context.Context, w Waiting) (bool, error) {
	body, err := f.fetch(ctx, w.Message)
	if err == nil {
		return true, f.Pointers.Fetched(ctx, w.Message, body)
	}
	if ctx.Err() != nil {
		return false, nil // we are stopping: it comes again
	}
	wait, giveUp := f.judge(w, err)
	if !giveUp {
		if erpbridge.KindOf(err) == erpbridge.Refused {
			f.tell(ctx, err)
		}
		return false, f.Pointers.Postpone(ctx, w.Message, wait, err)
	}
	why := &erpbridge.Error{Op: "pipeline.Fetching", Kind: erpbridge.Invalid, Code: "NOT-FETCHED", Err: fmt.Errorf("what the message points to could not be fetched: %w", err)}
	return true, f.Receiver.Receive(ctx, []Arrival{{Message: w.Message, Problem: why}})[0]
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
	var e *erpbridge.Error
	if errors.As(err, &e) {
		wait = e.After
	}
	wait = max(wait, backOff(w.Tries))
	late := time.Since(w.Message.ReceivedAt) > patience
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
