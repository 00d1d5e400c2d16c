package broker

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A death is what the broker tells about why it dead-lettered a message.
type death struct {
	reason   string // the broker's word
	queue    string
	exchange string // the message was published to
	count    int64
}

// lastDeath reads the first entry of x-death: the latest.
func lastDeath(h amqp.Table) death {
	list, _ := h["x-death"].([]any)
	if len(list) == 0 {
		return death{}
	}
	t, _ := list[0].(amqp.Table)
	word := func(key string) string {
		s, _ := t[key].(string)
		return text(s)
	}
	return death{reason: word("reason"), queue: word("queue"), exchange: word("exchange"), count: number(t["count"])}
}

// String is the reason for the dead-letter list.
func (d death) String() string {
	why := d.reason
	switch d.reason {
	case "":
		return "dead-lettered by the broker, which does not say why"
	case "delivery_limit":
		why = "it was delivered again and again and never acknowledged (delivery_limit)"
	case "expired":
		why = "it had an expiry time and nobody took it before (expired)"
	case "rejected":
		why = "a consumer rejected it (rejected)"
	case "maxlen":
		why = "the queue was full (maxlen)"
	}
	return fmt.Sprintf("dead-lettered by the broker out of %s: %s", d.queue, why)
}

// DrainDead moves what the broker gave up to h until ctx ends; reason says why the
// broker did. A message leaves the broker when h has returned nil for each of its
// events; until then h is called again, with back-off.
func (c *Consumer) DrainDead(ctx context.Context, h func(ctx context.Context, d Delivery, reason string) error) error {
	intake := &intake{
		cfg: c.cfg, log: c.log,
		queue: c.cfg.dead(), prefetch: min(drainPrefetch, c.cfg.Prefetch),
		read: c.reader.died,
		points: points{
			consume: "broker.dead.consume", decode: "broker.dead.decode", handle: "broker.dead.record", ack: "broker.dead.ack",
		},
		handle: func(ctx context.Context, ls []letter) []error {
			errs := make([]error, len(ls))
			for i, l := range ls {
				errs[i] = h(ctx, l.Delivery, l.reason)
			}
			return errs
		},
	}
	return c.cfg.supervise(ctx, "erpbridge dead letters", c.log, intake.serve)
}

// drainPrefetch is small: dead letters are few, and nobody waits for them.
const drainPrefetch = 16
