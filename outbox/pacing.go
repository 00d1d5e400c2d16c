package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hakooi/erpbridge"
)

// turn waits for the target's next turn, for a request's first call of the ERP or for a
// further one.
func (d *Dispatcher) turn(ctx context.Context, further bool) error {
	for d.Limits.Rate > 0 {
		wait, err := d.Queue.Turn(ctx, d.Target, d.Limits, further)
		switch {
		case err != nil:
			return fmt.Errorf("the pace cannot be asked for: %w", err)
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
		err := p.turn(ctx, true)
		if err != nil {
			p.late.Store(true)
		}
		return err
	})
}
