package broker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// panicsAllowed is how often an event may panic the handler by itself before it
// is handed in with a Problem instead.
const panicsAllowed = 3

// An intake takes the messages of one queue.
//
//	delivered ──▶ waiting (prefetch bounds it) ──batch──▶ handled ──all nil──▶ acked
//	                                                        │  ▲
//	                                                   some error, due again later
//
// When its session ends, everything not acked is forgotten: the broker delivers
// it again.
type intake struct {
	cfg      Config
	log      *zap.Logger
	queue    string
	prefetch int
	read     func(*amqp.Delivery) []letter
	handle   func(context.Context, []letter) []error
	live     *atomic.Int32 // may be nil
	points   points
	stale    map[uint64]bool // of the planted bug alone
}

// points are the names of an intake's steps in the torture programs.
type points struct{ consume, decode, handle, ack string }

// A parcel is one AMQP message and what of it is not safe yet.
type parcel struct {
	tag     uint64
	letters []letter
	tries   *backoff.ExponentialBackOff // nil: none failed
	due     time.Time                   // of the next try
	alone   bool                        // it was in a batch that panicked: try its letters one by one
	panics  int
	acked   bool // too early, by a planted bug
}

// serve consumes for as long as the session lives.
func (in *intake) serve(ctx context.Context, s *session) error {
	var deliveries <-chan amqp.Delivery
	tag := "erpbridge-" + uuid.NewString()
	err := s.within(ctx, in.cfg.DialTimeout, func() (err error) {
		const perConsumer, exclusive, noLocal, noWait = false, false, false, false
		autoAck := fault.Planted("auto-ack") // planted: the broker forgets what it has sent
		if err := s.ch.Qos(in.prefetch, 0, perConsumer); err != nil {
			return err
		}
		deliveries, err = s.ch.Consume(in.queue, tag, autoAck, exclusive, noLocal, noWait, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("consuming %s: %w", in.queue, err)
	}
	in.log.Info("consuming", zap.String("queue", in.queue))
	if in.live != nil {
		in.live.Add(1)
	}

	// The library's channel is unbuffered, so it cannot tell how much waits. Ours
	// never fills: the broker sends no more than prefetch.
	inbox := make(chan *parcel, in.prefetch)
	quit := make(chan struct{})
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		defer close(inbox)
		if in.live != nil {
			defer in.live.Add(-1)
		}
		for d := range deliveries {
			p, err := in.open(&d)
			if err != nil {
				in.log.Warn("a delivery could not be taken", zap.String("queue", in.queue), zap.Error(err))
				s.cut() // it comes again
				return
			}
			select {
			case inbox <- p:
			case <-quit:
				return
			}
		}
	}()
	err = in.work(ctx, s, inbox)
	in.takeLeave(ctx, s, tag)
	close(quit)
	s.close() // ends the deliveries; once more by whoever opened it does no harm
	<-reading
	return err
}

// open takes a delivery and reads it.
func (in *intake) open(d *amqp.Delivery) (*parcel, error) {
	p := &parcel{tag: d.DeliveryTag}
	if err := fault.Do(in.points.consume, func() error { return nil }); err != nil {
		return nil, err
	}
	return p, fault.Do(in.points.decode, func() error {
		p.letters = in.read(d)
		return nil
	})
}

// takeLeave ends consuming in an orderly way. The broker works acknowledgements off
// in the background and forgets those it has not got to when the channel goes: they
// would only be delivered again, but a planned restart need not cause that.
func (in *intake) takeLeave(ctx context.Context, s *session, tag string) {
	if s.over() {
		return
	}
	err := s.within(context.WithoutCancel(ctx), closeTimeout, func() error {
		if err := s.ch.Cancel(tag, false); err != nil {
			return err
		}
		// Each answer comes after what the channel was busy with.
		_, err := s.ch.QueueDeclarePassive(in.queue, true, false, false, false, nil)
		return err
	})
	if err != nil {
		in.log.Info("consuming ended in haste", zap.String("queue", in.queue), zap.Error(err))
	}
}

// work gathers batches and has them handled until ctx or the session ends.
func (in *intake) work(ctx context.Context, s *session, inbox <-chan *parcel) error {
	w := &gatherer{inbox: inbox, max: in.cfg.BatchEvents, linger: in.cfg.Linger}
	for {
		batch, err := w.next(ctx)
		if err != nil || s.over() {
			return errors.Join(err, in.whyOver(s))
		}
		if err := in.misbehave(s, batch); err != nil {
			return err
		}
		failed := in.attempt(ctx, batch)
		if err := in.acknowledge(s, batch); err != nil {
			return err
		}
		w.later(failed)
	}
}

// acknowledge tells the broker what of batch is safe. Only here is anything
// acknowledged: once, by the session that took it, and never others along with it.
func (in *intake) acknowledge(s *session, batch []*parcel) error {
	for _, p := range batch {
		if len(p.letters) > 0 || p.acked {
			continue
		}
		err := fault.Do(in.points.ack, func() error { return s.ch.Ack(p.tag, false) })
		if err != nil {
			in.remember(batch)
			return fmt.Errorf("acknowledging: %w", errors.Join(err, in.whyOver(s)))
		}
	}
	return nil
}

func (in *intake) whyOver(s *session) error {
	if s.over() {
		return s.err
	}
	return nil
}

// attempt has the letters of batch handled and leaves in each parcel those that
// are not safe yet. It returns the parcels that have some.
func (in *intake) attempt(ctx context.Context, batch []*parcel) []*parcel {
	var together []*parcel
	for _, p := range batch {
		if p.alone {
			in.tryAlone(ctx, p)
		} else {
			together = append(together, p)
		}
	}
	in.tryTogether(ctx, together)

	var failed []*parcel
	for _, p := range batch {
		if len(p.letters) == 0 {
			continue
		}
		if p.tries == nil {
			p.tries = patience(100*time.Millisecond, 30*time.Second)
		}
		p.due = time.Now().Add(p.tries.NextBackOff())
		failed = append(failed, p)
	}
	return failed
}

func (in *intake) tryTogether(ctx context.Context, parcels []*parcel) {
	var ls []letter
	for _, p := range parcels {
		ls = append(ls, p.letters...)
	}
	if len(ls) == 0 {
		return
	}
	errs, panicked := in.call(ctx, ls)
	in.tell(ctx, errs)
	for _, p := range parcels {
		var own []error
		own, errs = errs[:len(p.letters)], errs[len(p.letters):]
		p.letters = unsettled(p.letters, own)
		p.alone = panicked
	}
}

// tryAlone hands the letters in one by one, so that one that panics the handler
// does not hold back its neighbours.
func (in *intake) tryAlone(ctx context.Context, p *parcel) {
	errs := make([]error, len(p.letters))
	var panics int
	for i := range p.letters {
		one, panicked := in.call(ctx, p.letters[i:i+1])
		errs[i] = one[0]
		if !panicked {
			continue
		}
		panics++
		if p.panics+1 >= panicsAllowed && p.letters[i].Problem == nil && !fault.Planted("requeue-poison") {
			p.letters[i].Problem = &erpbridge.Error{Op: "broker.Consume", Kind: erpbridge.Invalid, Err: fmt.Errorf("handling it fails again and again: %w", one[0])}
		}
	}
	if panics > 0 {
		p.panics++
	}
	in.tell(ctx, errs)
	p.letters = unsettled(p.letters, errs)
}

// call is the handler behind a barrier: what it does wrong is an error for every
// letter.
func (in *intake) call(ctx context.Context, ls []letter) (errs []error, panicked bool) {
	all := func(err error) []error {
		errs := make([]error, len(ls))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	defer func() {
		if v := recover(); v != nil {
			in.log.Error("handler panicked", zap.String("panic", fmt.Sprint(v)), zap.Int("events", len(ls)), zap.Stack("stack"))
			errs, panicked = all(errors.New("the handler panicked")), true
		}
	}()
	if err := fault.Do(in.points.handle, func() error {
		errs = in.handle(ctx, ls)
		return nil
	}); err != nil {
		return all(err), false
	}
	if len(errs) != len(ls) {
		return all(fmt.Errorf("the handler answered %d errors for %d deliveries", len(errs), len(ls))), false
	}
	return errs, false
}

// tell logs what failed, once an attempt.
func (in *intake) tell(ctx context.Context, errs []error) {
	var n int
	var first error
	for _, err := range errs {
		if err == nil {
			continue
		}
		n++
		if first == nil {
			first = err
		}
	}
	if n > 0 && ctx.Err() == nil {
		in.log.Warn("events not taken, again later", zap.String("queue", in.queue), zap.Int("events", n), zap.Error(first))
	}
}

// unsettled returns the letters that got an error.
func unsettled(ls []letter, errs []error) []letter {
	var left []letter
	for i, err := range errs {
		if err != nil {
			left = append(left, ls[i])
		}
	}
	return left
}
