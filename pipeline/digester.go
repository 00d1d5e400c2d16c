package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// Inbox is where events wait that nobody has decided about yet: those that came
// while the broker was away, those whose hold may be over, and replayed ones.
type Inbox interface {
	// Next claims up to n of them, with the number of times that was done.
	Next(ctx context.Context, n int) ([]Waiting, error)
	// ResumeHeld makes events wait again that are held under none of the present mappings.
	ResumeHeld(ctx context.Context, present ...string) (int, error)
	// ResumeOutdated makes up to n events wait again, oldest first, that are held under
	// an earlier revision of a present mapping.
	ResumeOutdated(ctx context.Context, present []string, n int) (int, error)
	// GiveBack takes back a try at an event that it is not to blame for: the store could
	// not be written to.
	GiveBack(ctx context.Context, m erpbridge.Message) error
}

// Waiting is one event in the Inbox.
type Waiting struct {
	Message erpbridge.Message
	Tries   int
}

// A Digester takes what waits in the inbox through the receiver.
type Digester struct {
	Inbox    Inbox
	Receiver *Receiver
	Every    time.Duration // look so often; 0: every second
	Batch    int           // 0: 100
	Log      *zap.Logger
}

// mostTries is how often the pipeline begins on one message before it is taken
// for what brings the process down.
const mostTries = 5

// Run works until ctx ends. What is held is tried again at the start, if the
// configuration's mapping is another one: that can only have changed while the daemon
// was not running. What is held for want of an entry in a cross-reference table is tried
// again when the target's tables were changed, some at a time and whenever nothing else
// waits; what is still missing holds it until they are changed once more.
func (d *Digester) Run(ctx context.Context) error {
	if d.Every <= 0 {
		d.Every = time.Second
	}
	if d.Batch <= 0 {
		d.Batch = 100
	}
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	for resumed := false; ; {
		if !resumed {
			n, err := d.Inbox.ResumeHeld(ctx, d.Receiver.Pipeline.mappings()...)
			if err == nil && n > 0 {
				d.Log.Info("the mapping changed: held events are tried again", zap.Int("events", n))
			}
			resumed = err == nil
			d.tell(ctx, err)
		}
		n, err := d.once(ctx)
		if n == 0 && err == nil {
			n, err = d.resume(ctx)
		}
		d.tell(ctx, err)
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

// once takes one batch and returns its size. Events nobody began on before go
// together: should one of them bring the process down, the inbox gives each of them
// out alone from then on. An event that was begun on goes alone.
func (d *Digester) once(ctx context.Context) (int, error) {
	ws, err := d.Inbox.Next(ctx, d.Batch)
	if err != nil {
		return 0, err
	}
	var fresh []Arrival
	var failed []error
	var back []erpbridge.Message
	take := func(as ...Arrival) {
		for i, err := range d.Receiver.Receive(ctx, as) {
			if err != nil {
				failed = append(failed, fmt.Errorf("event %s of %s stays in the inbox: %w", as[i].Message.ID, as[i].Message.Store, err))
				back = append(back, as[i].Message)
			}
		}
	}
	for _, w := range ws {
		a := Arrival{Message: w.Message}
		switch {
		case w.Tries > mostTries:
			a.Problem = crashLoop(w.Tries - 1)
			take(a)
		case w.Tries > 1:
			take(a)
		default:
			fresh = append(fresh, a)
		}
	}
	if len(fresh) > 0 {
		take(fresh...)
	}
	if len(failed) > 0 {
		// Of a hundred that failed for one reason, one says it.
		return len(ws), errors.Join(failed[0], d.giveBack(ctx, back))
	}
	return len(ws), nil
}

// giveBack takes back tries that brought nothing down, also when the daemon is being
// stopped.
func (d *Digester) giveBack(ctx context.Context, ms []erpbridge.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for _, m := range ms {
		if err := d.Inbox.GiveBack(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// resume gives some of what is held back, if there is reason to hope.
func (d *Digester) resume(ctx context.Context) (int, error) {
	if d.Receiver.Pipeline.References == nil {
		return 0, nil
	}
	n, err := d.Inbox.ResumeOutdated(ctx, d.Receiver.Pipeline.mappings(), 5*d.Batch)
	if n > 0 {
		d.Log.Info("the cross-reference tables changed: held events are tried again", zap.Int("events", n))
	}
	return n, err
}

func (d *Digester) tell(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		d.Log.Error("working on the inbox", zap.Error(err))
	}
}
