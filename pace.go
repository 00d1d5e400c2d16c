package erpbridge

import (
	"context"
	"fmt"
)

// paceKey is where a context carries its pace.
type paceKey struct{}

// WithPace returns a context in which Pace asks turn.
func WithPace(ctx context.Context, turn func(context.Context) error) context.Context {
	return context.WithValue(ctx, paceKey{}, turn)
}

// Pace waits until the target's pace, delivery.rate, has room for one more request. An
// adapter calls it before each request that it makes of its ERP, so that the pace counts
// those and not its own attempts: some of them look something up before they write. What
// goes to others, such as who gives out tokens, is not counted, nor are the legs of a
// handshake.
//
// An error is of kind Transient: the request must not be made, and nothing of it has left.
// Without a pace in ctx there is nothing to wait for.
func Pace(ctx context.Context) error {
	turn, ok := ctx.Value(paceKey{}).(func(context.Context) error)
	if !ok {
		return nil
	}
	if err := turn(ctx); err != nil {
		return &Error{Op: "erpbridge.Pace", Kind: Transient, Err: fmt.Errorf("not sent: %w", err)}
	}
	return nil
}
