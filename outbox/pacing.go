package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hakooi/erpbridge"
)

// turn waits for the target's next turn, for a request's first call of the ERP or for a
// further one.
func (d *Dispatcher) turn(ctx context.Context, further bool) error {
	for d.Limits.Rate > 0 {
		wait, err := d.Queue.Turn(ctx, d.Target, d.Limits, further)
		further = false
		switch {
		case err != nil:
			return fmt.Errorf("%w: the pace cannot be asked for: %w", errNoTurn, err)
		case wait <= 0:
			return nil
		case !sleep(ctx, wait):
			return errNoTurn
		}
	}
	return nil
}

// errNoTurn is the error of a turn that did not come in time.
var errNoTurn = errors.New("its turn at the target's pace did not come in time")

// pacing is what erpbridge.Pace asks in the course of one request: ready has waited for the
// turn of its first call, and each further one has to wait for its own.
type pacing struct {
	*Dispatcher
	begun atomic.Bool
	late  atomic.Bool // a further call was not made for want of its turn: nothing is learnt of the target
}

// during returns the context of the request.
func (p *pacing) during(ctx context.Context) context.Context {
	if p.Limits.Rate <= 0 {
		return ctx
	}
	return erpbridge.WithPace(ctx, func(ctx context.Context) error {
		if !p.begun.Swap(true) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err // its time went by with calls that were made
		}
		err := p.turn(ctx, true)
		if err != nil {
			p.late.Store(true)
		}
		return err
	})
}

// outcome is that of a request as far as its calls were made.
func (p *pacing) outcome(results []erpbridge.Result, lookup bool) (o Outcome, pause time.Duration, cause error) {
	o, pause, cause = outcome(results, lookup)
	if o != NoAnswer || !p.late.Load() {
		return o, pause, cause
	}
	made := slices.DeleteFunc(slices.Clone(results), func(r erpbridge.Result) bool { return errors.Is(r.Err, errNoTurn) })
	if len(made) == 0 || len(made) == len(results) { // or the adapter does not say which
		return NothingMet, 0, cause
	}
	return outcome(made, lookup)
}

// noTurn reports whether nothing of a document left for want of a turn.
func noTurn(r erpbridge.Result) bool {
	return errors.Is(r.Err, errNoTurn) && erpbridge.KindOf(r.Err) == erpbridge.Transient
}
