package broker

import (
	"context"
	"errors"
	"time"
)

// A gatherer makes batches of parcels. When one parcel comes alone it goes at
// once. When others are already waiting behind it, there is load, and it is worth
// a few milliseconds to let the batch fill: without them an eager consumer takes
// every message by itself, because the library hands them over one by one.
type gatherer struct {
	inbox  <-chan *parcel
	max    int // events
	linger time.Duration

	held   *parcel   // did not fit into the last batch
	failed []*parcel // to be tried again when due
}

var errInboxClosed = errors.New("no more deliveries")

// later keeps parcels until they are due.
func (g *gatherer) later(ps []*parcel) { g.failed = append(g.failed, ps...) }

// next waits for the next batch. What failed and is due goes by itself, so that
// it does not fail what is new.
func (g *gatherer) next(ctx context.Context) ([]*parcel, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if due := g.takeDue(time.Now()); len(due) > 0 {
		return due, nil
	}
	if p := g.held; p != nil {
		g.held = nil
		return g.fill(ctx, p), nil
	}
	var again <-chan time.Time
	if at, ok := g.soonest(); ok {
		t := time.NewTimer(time.Until(at))
		defer t.Stop()
		again = t.C
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-again:
		return g.takeDue(time.Now()), nil
	case p, ok := <-g.inbox:
		if !ok {
			return nil, errInboxClosed
		}
		return g.fill(ctx, p), nil
	}
}

// fill gathers behind first what is there, and what comes within the linger if
// anything was.
func (g *gatherer) fill(ctx context.Context, first *parcel) []*parcel {
	batch, events := []*parcel{first}, len(first.letters)
	if len(g.inbox) == 0 {
		return batch
	}
	t := time.NewTimer(g.linger)
	defer t.Stop()
	for events < g.max {
		var p *parcel
		select {
		case p = <-g.inbox: // nil when it is closed
		default:
			select {
			case p = <-g.inbox:
			case <-t.C:
			case <-ctx.Done():
			}
		}
		if p == nil {
			return batch
		}
		if events+len(p.letters) > g.max {
			g.held = p
			return batch
		}
		batch, events = append(batch, p), events+len(p.letters)
	}
	return batch
}

// takeDue returns failed parcels that are due, as many as make a batch.
func (g *gatherer) takeDue(now time.Time) []*parcel {
	var due, rest []*parcel
	events := 0
	for _, p := range g.failed {
		fits := events == 0 || events+len(p.letters) <= g.max
		if p.due.After(now) || !fits {
			rest = append(rest, p)
			continue
		}
		due, events = append(due, p), events+len(p.letters)
	}
	g.failed = rest
	return due
}

func (g *gatherer) soonest() (time.Time, bool) {
	if len(g.failed) == 0 {
		return time.Time{}, false
	}
	at := g.failed[0].due
	for _, p := range g.failed[1:] {
		if p.due.Before(at) {
			at = p.due
		}
	}
	return at, true
}
