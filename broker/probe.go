package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

// A probe is a message that says nothing but that it is one. It proves that a way is
// open by going it. Whoever of erpbridge meets it acknowledges and forgets it: it is
// in no ledger and in no list. It has no body, so a stranger's that looks like one is
// no loss either.
const (
	probeContentType = "application/vnd.erpbridge.probe"
	probeType        = "erpbridge.probe.v1"
)

func isProbe(d *amqp.Delivery) bool {
	return d.Type == probeType && d.ContentType == probeContentType && len(d.Body) == 0
}

const (
	// arrival is how long a confirmed probe may take to come out of its queue.
	arrival = 3 * time.Second
	// window is how many messages of others are held to see a probe behind them. They
	// go back to their places; a longer queue is not disturbed.
	window = 64
	// first has the broker hand a probe to whoever sent it, and not to a daemon.
	first = int32(1000)
)

var (
	errUnbound = errors.New("it came back: no queue is bound")
	errRefused = errors.New("the broker refused it: the queue is full")
	errUnseen  = errors.New("it was confirmed, and did not come out of the queue")
)

// alarmed asks whether the broker blocks publishers, which it tells only to those who
// publish. What is published here is in a transaction and taken back. After an alarm
// the session is of no more use.
func (c Config) alarmed(ctx context.Context, s *session) (alarm, error) {
	heard := make(chan alarm, 1)
	s.whenBlocked(func(a alarm) {
		if !a.on {
			return
		}
		select {
		case heard <- a:
		default:
		}
	})
	asked := make(chan error, 1)
	go func() {
		asked <- s.within(ctx, c.DialTimeout, func() error {
			ch, err := s.conn.Channel()
			if err != nil {
				return err
			}
			if err := ch.Tx(); err != nil {
				return err
			}
			if err := ch.PublishWithContext(ctx, c.ingest(), "", false, false, probe("")); err != nil {
				return err
			}
			// A broker that blocks has stopped reading, and does not answer this.
			if err := ch.TxRollback(); err != nil {
				return err
			}
			return ch.Close()
		})
	}()
	select {
	case a := <-heard:
		s.cut()
		<-asked //nolint:errcheck // what we cut off ourselves
		return a, nil
	case err := <-asked:
		return alarm{}, err
	}
}

func probe(id string) amqp.Publishing {
	return amqp.Publishing{
		ContentType: probeContentType, Type: probeType, DeliveryMode: amqp.Persistent,
		MessageId: id, AppId: "erpbridge", Headers: amqp.Table{"x-erpbridge-probe": true},
	}
}

// A way is one that messages must be able to go.
type way struct {
	exchange, queue string
	// watched: a probe is seen to come out, even if a daemon takes from the queue too.
	watched bool
}

func (c Config) ways() []way {
	return []way{
		{exchange: c.ingest(), queue: c.events()},
		{exchange: c.partner(), queue: c.events()},
		{exchange: c.dlx(), queue: c.dead(), watched: true},
	}
}

// travel sends a probe and reports whether it was seen to arrive.
//
// Where a daemon attends to the queue, the probe is left to that. Otherwise, and where the way
// must be watched, the probe is taken out here: by a consumer that comes before all
// others, and acknowledges nothing but the probe. What else it was handed goes back,
// to the front of the queue and in its order.
func (w way) travel(ctx context.Context, ch *amqp.Channel, attended bool) (seen bool, err error) {
	q, err := ch.QueueDeclarePassive(w.queue, true, false, false, false, nil)
	if err != nil {
		return false, err
	}
	seen = q.Messages < window && (w.watched || !attended)

	id := uuid.NewString()
	var deliveries <-chan amqp.Delivery
	if seen {
		if err := ch.Qos(window, 0, false); err != nil {
			return false, err
		}
		deliveries, err = ch.Consume(w.queue, id, false, false, false, false, amqp.Table{"x-priority": first})
		if err != nil {
			return false, err
		}
	}
	if err := w.send(ctx, ch, id); err != nil || !seen {
		return false, err
	}
	if err := await(ctx, deliveries, id); err != nil {
		return false, err
	}
	if err := ch.Cancel(id, false); err != nil {
		return false, err
	}
	// Its answer comes after the acknowledgement was worked off.
	_, err = ch.QueueDeclarePassive(w.queue, true, false, false, false, nil)
	return true, err
}

func (w way) send(ctx context.Context, ch *amqp.Channel, id string) error {
	returns := ch.NotifyReturn(make(chan amqp.Return, 1))
	if err := ch.Confirm(false); err != nil {
		return err
	}
	const mandatory, immediate = true, false
	confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, w.exchange, "", mandatory, immediate, probe(id))
	if err != nil {
		return err
	}
	acked, err := confirm.WaitContext(ctx)
	if err != nil {
		return err
	}
	select {
	case _, ok := <-returns: // comes before the confirm
		if ok {
			return errUnbound
		}
	default:
	}
	if !acked {
		return errRefused
	}
	return nil
}

// await takes the probe out of what is delivered.
func await(ctx context.Context, deliveries <-chan amqp.Delivery, id string) error {
	late := time.NewTimer(arrival)
	defer late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return errUnseen
		case d, ok := <-deliveries:
			switch {
			case !ok:
				return errors.New("the broker ended the consumer")
			case d.MessageId == id && isProbe(&d):
				return d.Ack(false)
			}
		}
	}
}

// examine sends a probe along each way, unless the broker takes none.
func (t *Topology) examine(ctx context.Context, s *session) []Finding {
	a, err := t.cfg.alarmed(ctx, s)
	switch {
	case a.on:
		return []Finding{{
			Subject: "alarm", Grave: true, Detail: "the broker takes nothing from publishers: " + a.why + "; the ways of messages were not tried",
			Remedy: "give the broker memory or disk; webhooks are stored in Postgres meanwhile, partners wait",
		}}
	case err != nil:
		return []Finding{explain("publishing", err)}
	}
	// Asked before the first probe: a consumer of our own counts for a while after its
	// end.
	var attended bool
	if err := t.ask(ctx, s, func(ch *amqp.Channel) error {
		q, err := ch.QueueDeclarePassive(t.cfg.events(), true, false, false, false, nil)
		attended = q.Consumers > 0
		return err
	}); err != nil {
		return []Finding{explain("queue "+t.cfg.events(), err)}
	}
	var found []Finding
	for _, w := range t.cfg.ways() {
		found = append(found, t.try(ctx, s, w, attended))
	}
	return found
}

func (t *Topology) try(ctx context.Context, s *session, w way, attended bool) Finding {
	subject := fmt.Sprintf("way %s to %s", w.exchange, w.queue)
	var seen bool
	err := t.ask(ctx, s, func(ch *amqp.Channel) (err error) {
		seen, err = w.travel(ctx, ch, attended)
		return err
	})
	switch {
	case err == nil && seen:
		return Finding{Subject: subject, Detail: "a probe arrived"}
	case err == nil && w.watched:
		return Finding{
			Subject: subject, Detail: fmt.Sprintf("a probe was routed; it was not seen to arrive, behind %d messages or more that nobody takes", window),
			Remedy: "start erpbridge, which moves them into the dead-letter list",
		}
	case err == nil:
		return Finding{Subject: subject, Detail: "a probe was routed and confirmed"}
	case errors.Is(err, errUnbound):
		return Finding{
			Subject: subject, Grave: true, Detail: "a probe came back: no queue is bound to the exchange",
			Remedy: "run erpbridge migrate, which binds it again",
		}
	case errors.Is(err, errRefused):
		return Finding{
			Subject: subject, Grave: true, Detail: "a probe was refused: the queue is full",
			Remedy: "see why nobody takes from it, and whether a policy bounds its length",
		}
	case errors.Is(err, errUnseen):
		return Finding{
			Subject: subject, Grave: true, Detail: fmt.Sprintf("a probe was confirmed, and did not come out of the queue within %s", arrival),
			Remedy: "see what is bound to the exchange, whether a policy lets messages expire, and who else takes from the queue",
		}
	}
	return explain(subject, err)
}

// explain tells which permission is missing, if it is that.
func explain(subject string, err error) Finding {
	f := diagnose(subject, err)
	if code(err) == amqp.AccessRefused {
		f.Remedy = "erpbridge's broker user needs configure on all of <prefix>.*, write on <prefix>.ingest, .partner, .dlx, .events and .dead, and read on all of them (rabbitmqctl set_permissions)"
	}
	return f
}
