package broker

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A Publisher puts events into the broker and knows when they are there.
type Publisher struct {
	// Alerts is told, once an alarm, that the broker blocks us; nil: nobody is. It
	// is set before Run.
	Alerts Alerter

	cfg      Config
	log      *zap.Logger
	outlet   atomic.Pointer[outlet] // nil: no session
	blockade *blockade
}

// NewPublisher returns a Publisher that takes events while Run runs.
func NewPublisher(cfg Config, log *zap.Logger) (*Publisher, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Publisher{cfg: cfg, log: log, blockade: newBlockade(log)}, nil
}

// Publish returns nil only after the broker has confirmed that m is stored. What
// else it returns is one of the errors of this package. It ends with ctx even
// where the library would hang. m.Body must not be changed afterwards: after a
// deadline it may still be on its way.
func (p *Publisher) Publish(ctx context.Context, m erpbridge.Message) error {
	h, err := encodeHead(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	if n := batchPrelude + frameSize(h, m.Body); n > p.cfg.MaxMessage {
		return fmt.Errorf("%w: %d bytes, of which %d are taken", ErrTooLarge, n, p.cfg.MaxMessage)
	}
	o := p.outlet.Load()
	if o == nil {
		return fmt.Errorf("%w: not connected", ErrUnavailable)
	}
	e := &outgoing{head: h, body: m.Body, answer: make(chan error, 1)}
	if err := o.enter(e); err != nil {
		return err
	}
	select {
	case err := <-e.answer:
		return err
	case <-ctx.Done():
	}
	if o.leave(e) {
		return fmt.Errorf("%w: it had not left yet: %w", ErrBusy, ctx.Err())
	}
	select {
	case err := <-e.answer: // it came in the same instant
		return err
	default:
		return fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())
	}
}

// Ready reports whether Publish has a broker that takes and confirms events.
func (p *Publisher) Ready() bool {
	o := p.outlet.Load()
	return o != nil && o.open()
}

// Trouble says in fixed words, fit for strangers, why Publish would be refused now;
// empty: it would not.
func (p *Publisher) Trouble() string {
	o := p.outlet.Load()
	if o == nil {
		return "not connected"
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.ended:
		return "not connected"
	case o.blocked.on:
		return "blocked by the broker: " + o.blocked.why
	case o.stalled > 0:
		return "the broker does not confirm"
	}
	return ""
}

// Run keeps a session open until ctx ends; then what is in flight has a moment to
// be confirmed.
func (p *Publisher) Run(ctx context.Context) error {
	told := make(chan struct{})
	go func() {
		defer close(told)
		p.blockade.tell(ctx, p.Alerts)
	}()
	err := p.cfg.supervise(ctx, "erpbridge ingest", p.log, p.serve)
	<-told
	return err
}

func (p *Publisher) serve(ctx context.Context, s *session) error {
	if err := s.within(ctx, p.cfg.DialTimeout, func() error { return s.ch.Confirm(false) }); err != nil {
		return fmt.Errorf("asking for confirms: %w", err)
	}
	// The buffer is larger than what can be in flight: see outlet.returned.
	o := newOutlet(p.cfg, s, s.ch.NotifyReturn(make(chan amqp.Return, 8*inFlight)))
	o.confirmed = p.blockade.end
	s.whenBlocked(func(a alarm) {
		o.block(a)
		if a.on {
			p.blockade.begin(a.why)
		} else {
			p.blockade.end()
		}
	})
	var senders [inFlight]chan struct{}
	for i := range senders {
		senders[i] = make(chan struct{})
		go func() {
			defer close(senders[i])
			o.send()
		}()
	}
	p.outlet.Store(o)
	p.log.Info("publishing", zap.String("exchange", p.cfg.ingest()))

	for open := true; open; {
		select {
		case <-ctx.Done():
			open = false
		case <-s.done:
			open = false
		case <-o.lost:
			p.mend(ctx, s)
		}
	}
	p.outlet.Store(nil)
	o.end()
	// Those under way end by their confirm or by the session's end.
	t := time.AfterFunc(closeTimeout, s.cut)
	defer t.Stop()
	for _, sent := range senders {
		<-sent
	}
	if s.over() {
		return s.err
	}
	return ctx.Err()
}

// mend makes the bindings anew, which somebody has taken away: a message came back
// because no queue would have it. Whoever publishes meanwhile gets ErrUnroutable.
func (p *Publisher) mend(ctx context.Context, s *session) {
	if p.cfg.Passive {
		p.log.Error("no queue is bound where events are published: declare the topology again", zap.String("exchange", p.cfg.ingest()))
	} else if err := p.cfg.redeclare(ctx, s); err != nil {
		p.log.Error("no queue was bound where events are published, and declaring the topology again did not work", zap.Error(err))
	} else {
		p.log.Warn("no queue was bound where events are published; the topology is declared again", zap.String("exchange", p.cfg.ingest()))
	}
	select { // where it does not help, it need not be tried for every message
	case <-ctx.Done():
	case <-s.done:
	case <-time.After(time.Second):
	}
}
