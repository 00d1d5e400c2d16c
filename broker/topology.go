package broker

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/fault"
)

// Topology looks after the exchanges and queues.
type Topology struct{ cfg Config }

// NewTopology returns the topology that cfg names.
func NewTopology(cfg Config) (*Topology, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Topology{cfg: cfg}, nil
}

// Declare makes what is missing. It changes nothing that is there, and fails when
// something is there with another meaning.
func (t *Topology) Declare(ctx context.Context) error {
	s, err := t.cfg.dial(ctx, "erpbridge declare", 0)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.within(ctx, t.cfg.DialTimeout, func() error { return t.cfg.declare(s.ch) }); err != nil {
		return fmt.Errorf("declaring the topology: %w", err)
	}
	return nil
}

// Missing names what Declare would make.
func (t *Topology) Missing(ctx context.Context) ([]string, error) {
	s, err := t.cfg.dial(ctx, "erpbridge look", 0)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var names []string
	for _, o := range t.cfg.objects() {
		absent, err := t.absent(ctx, s, o)
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", o.name, err)
		}
		if absent {
			names = append(names, o.name)
		}
	}
	return names, nil
}

// Names are those of all that Declare declares, in its order.
func (t *Topology) Names() []string {
	var names []string
	for _, o := range t.cfg.objects() {
		names = append(names, o.name)
	}
	return names
}

// Depth is how much is in the broker.
type Depth struct {
	// Declared: the queues are there. Before the first run they are not, and
	// nothing else is known.
	Declared bool
	// Blocked is why the broker takes nothing from publishers, in its words; empty:
	// it does.
	Blocked string

	Events    int // messages ready in <p>.events; one can hold many events
	Dead      int // messages ready in <p>.dead
	Consumers int // consumers of <p>.events, of all daemons
}

// Depth asks the broker how much it holds.
func (t *Topology) Depth(ctx context.Context) (Depth, error) {
	s, err := t.cfg.dial(ctx, "erpbridge status", 0)
	if err != nil {
		return Depth{}, err
	}
	defer s.close()
	d := Depth{Declared: true}
	err = s.within(ctx, t.cfg.DialTimeout, func() error {
		events, err := s.ch.QueueDeclarePassive(t.cfg.events(), true, false, false, false, nil)
		if err != nil {
			return err
		}
		dead, err := s.ch.QueueDeclarePassive(t.cfg.dead(), true, false, false, false, nil)
		if err != nil {
			return err
		}
		d.Events, d.Dead, d.Consumers = events.Messages, dead.Messages, events.Consumers
		return nil
	})
	switch {
	case code(err) == amqp.NotFound:
		return Depth{}, nil
	case err != nil:
		return Depth{}, fmt.Errorf("counting the broker's messages: %w", err)
	}
	a, err := t.cfg.alarmed(ctx, s)
	if err != nil {
		return Depth{}, fmt.Errorf("asking whether the broker blocks publishers: %w", err)
	}
	d.Blocked = a.why
	return d, nil
}

// code is the broker's code for an error; 0: it is not the broker's.
func code(err error) int {
	var ae *amqp.Error
	if !errors.As(err, &ae) {
		return 0
	}
	return ae.Code
}

// An object is an exchange or a queue, and how to ask the broker about it: whether
// there is one of that name, and whether it means what it must.
type object struct {
	name         string // "queue erpbridge.events"
	exists, same func(*amqp.Channel) error
}

// objects are all of the topology, in the order in which they are declared.
func (c Config) objects() []object {
	var os []object
	for _, e := range c.exchanges() {
		os = append(os, object{
			name: "exchange " + e.name,
			exists: func(ch *amqp.Channel) error {
				return ch.ExchangeDeclarePassive(e.name, e.kind, true, false, false, false, nil)
			},
			same: func(ch *amqp.Channel) error { return declareExchange(ch, e) },
		})
	}
	for _, q := range c.queues() {
		os = append(os, object{
			name: "queue " + q.name,
			exists: func(ch *amqp.Channel) error {
				_, err := ch.QueueDeclarePassive(q.name, true, false, false, false, nil)
				return err
			},
			same: func(ch *amqp.Channel) error { return declareQueue(ch, q) },
		})
	}
	return os
}

// ask puts one question on a channel of its own, because an error closes the channel
// it comes on.
func (t *Topology) ask(ctx context.Context, s *session, question func(*amqp.Channel) error) error {
	return s.within(ctx, t.cfg.DialTimeout, func() error {
		ch, err := s.conn.Channel()
		if err != nil {
			return err
		}
		err = question(ch)
		if closing := ch.Close(); err == nil { // after an error it may be closed already
			err = closing
		}
		return err
	})
}

func (t *Topology) absent(ctx context.Context, s *session, o object) (bool, error) {
	err := t.ask(ctx, s, o.exists)
	if code(err) == amqp.NotFound {
		return true, nil
	}
	return false, err
}

type exchange struct{ name, kind string }

type queue struct {
	name string
	args amqp.Table
	from []exchange // what is bound to it
}

func (c Config) exchanges() []exchange {
	return []exchange{
		{c.dlx(), amqp.ExchangeFanout},
		{c.ingest(), amqp.ExchangeFanout},
		{c.partner(), amqp.ExchangeTopic},
	}
}

// queues are in the order in which they must come to be: the dead-letter queue
// before anything can be dead-lettered.
func (c Config) queues() []queue {
	events := amqp.Table{
		amqp.QueueTypeArg:        amqp.QueueTypeQuorum,
		"x-dead-letter-exchange": c.dlx(),
		"x-dead-letter-strategy": "at-least-once",
		amqp.QueueOverflowArg:    amqp.QueueOverflowRejectPublish, // at-least-once is silently not that without it
		"x-delivery-limit":       int64(c.DeliveryLimit),          // RabbitMQ 4 has 20 where none is given
	}
	if c.MaxLength > 0 {
		events[amqp.QueueMaxLenArg] = int64(c.MaxLength)
	}
	dead := amqp.Table{
		amqp.QueueTypeArg:     amqp.QueueTypeQuorum,
		amqp.QueueOverflowArg: amqp.QueueOverflowRejectPublish,
		// There is nothing behind this queue: the limit would delete. RabbitMQ 3.10
		// takes no word for "none", so it is a number nobody reaches.
		"x-delivery-limit": int64(1_000_000_000),
	}
	return []queue{
		{c.dead(), dead, []exchange{{name: c.dlx()}}},
		{c.events(), events, []exchange{{name: c.ingest()}, {name: c.partner()}}},
	}
}

func (c Config) declare(ch *amqp.Channel) error {
	for _, e := range c.exchanges() {
		if err := declareExchange(ch, e); err != nil {
			return fmt.Errorf("exchange %s: %w", e.name, err)
		}
	}
	for _, q := range c.queues() {
		if err := declareQueue(ch, q); err != nil {
			return fmt.Errorf("queue %s: %w", q.name, err)
		}
		for _, e := range q.from {
			// "#" is every routing key to the topic exchange; the others do not look.
			if err := ch.QueueBind(q.name, "#", e.name, false, nil); err != nil {
				return fmt.Errorf("binding %s to %s: %w", q.name, e.name, err)
			}
		}
	}
	return nil
}

// redeclare declares on a channel of its own: an error closes the channel it comes
// on, and the session's is in use.
func (c Config) redeclare(ctx context.Context, s *session) error {
	return fault.Do("broker.redeclare", func() error {
		return s.within(ctx, c.DialTimeout, func() error {
			ch, err := s.conn.Channel()
			if err != nil {
				return err
			}
			return errors.Join(c.declare(ch), ch.Close())
		})
	})
}

func declareExchange(ch *amqp.Channel, e exchange) error {
	const durable, autoDelete, internal, noWait = true, false, false, false
	return ch.ExchangeDeclare(e.name, e.kind, durable, autoDelete, internal, noWait, nil)
}

func declareQueue(ch *amqp.Channel, q queue) error {
	const durable, autoDelete, exclusive, noWait = true, false, false, false
	_, err := ch.QueueDeclare(q.name, durable, autoDelete, exclusive, noWait, q.args)
	return err
}
