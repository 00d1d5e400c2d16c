package broker

import (
	"context"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"
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

// Depth is how much is in the broker.
type Depth struct {
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
	var d Depth
	err = s.within(ctx, t.cfg.DialTimeout, func() error {
		events, err := s.ch.QueueDeclarePassive(t.cfg.events(), true, false, false, false, nil)
		if err != nil {
			return err
		}
		dead, err := s.ch.QueueDeclarePassive(t.cfg.dead(), true, false, false, false, nil)
		if err != nil {
			return err
		}
		d = Depth{Events: events.Messages, Dead: dead.Messages, Consumers: events.Consumers}
		return nil
	})
	if err != nil {
		return Depth{}, fmt.Errorf("counting the broker's messages: %w", err)
	}
	return d, nil
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

func declareExchange(ch *amqp.Channel, e exchange) error {
	const durable, autoDelete, internal, noWait = true, false, false, false
	return ch.ExchangeDeclare(e.name, e.kind, durable, autoDelete, internal, noWait, nil)
}

func declareQueue(ch *amqp.Channel, q queue) error {
	const durable, autoDelete, exclusive, noWait = true, false, false, false
	_, err := ch.QueueDeclare(q.name, durable, autoDelete, exclusive, noWait, q.args)
	return err
}
