package broker

import (
	"context"
	"sync/atomic"

	"go.uber.org/zap"
)

// A Handler is given deliveries and returns one error for each, in their order.
// Nil means that the event is safe elsewhere and may be acknowledged; an error
// leaves it with the broker and has it handed in again later. The same event can
// come more than once. A Handler is not called by two goroutines at once.
//
// A panic counts as an error for all of ds. An event that panics by itself too is
// at last handed in with a Problem.
type Handler func(ctx context.Context, ds []Delivery) []error

// A Consumer takes events out of the broker.
type Consumer struct {
	cfg    Config
	log    *zap.Logger
	reader reader
	live   atomic.Int32
}

// NewConsumer returns a Consumer that takes events while Consume runs.
func NewConsumer(cfg Config, log *zap.Logger) (*Consumer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Consumer{cfg: cfg, log: log, reader: newReader(cfg)}, nil
}

// Consume hands events to h, in batches, until ctx ends; the call of h that is
// under way then has ended when Consume returns.
func (c *Consumer) Consume(ctx context.Context, h Handler) error {
	intake := &intake{
		cfg: c.cfg, log: c.log,
		queue: c.cfg.events(), prefetch: c.cfg.Prefetch,
		read: c.reader.live,
		live: &c.live,
		points: points{
			consume: "broker.consume", decode: "broker.decode", handle: "broker.handle", ack: "broker.ack",
		},
		handle: func(ctx context.Context, ls []letter) []error {
			ds := make([]Delivery, len(ls))
			for i, l := range ls {
				ds[i] = l.Delivery
			}
			return h(ctx, ds)
		},
	}
	return c.cfg.supervise(ctx, "erpbridge consume", c.log, intake.serve)
}

// Consumers is how many consumers of the events this Consumer has at the broker:
// one while Consume has a session, else none.
func (c *Consumer) Consumers() int { return int(c.live.Load()) }

// Ready reports whether events are being consumed.
func (c *Consumer) Ready() bool { return c.Consumers() > 0 }
