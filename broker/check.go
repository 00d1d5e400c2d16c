package broker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A Finding is something an operator should know about the broker.
type Finding struct {
	// Subject is what it is about: "connection", "server", "queue erpbridge.events".
	Subject string
	// Grave: erpbridge must not run like this. Otherwise it is for information.
	Grave bool
	// Detail says what is, Remedy what to do about it.
	Detail string
	Remedy string
}

func (f Finding) String() string {
	if f.Remedy == "" {
		return f.Subject + ": " + f.Detail
	}
	return f.Subject + ": " + f.Detail + "; " + f.Remedy
}

// oldest is the first RabbitMQ that dead-letters at least once.
var oldest = [2]int{3, 10}

// Check looks at the broker without changing anything there. It sees whether the
// exchanges and queues exist and mean what they must. It cannot see bindings,
// which AMQP has no question for (each session makes them anew, and a publish
// without one is ErrUnroutable), nor policies, which can shorten a queue.
func (t *Topology) Check(ctx context.Context) []Finding {
	s, err := t.cfg.dial(ctx, "erpbridge check", 0)
	if err != nil {
		return []Finding{{
			Subject: "connection", Grave: true, Detail: err.Error(),
			Remedy: "see that the broker runs and that URL, user, password and virtual host are right",
		}}
	}
	defer s.close()
	found := []Finding{server(s.conn.Properties)}
	for _, e := range t.cfg.exchanges() {
		found = append(found, t.inspect(ctx, s, "exchange "+e.name,
			func(ch *amqp.Channel) error {
				return ch.ExchangeDeclarePassive(e.name, e.kind, true, false, false, false, nil)
			},
			func(ch *amqp.Channel) error { return declareExchange(ch, e) })...)
	}
	for _, q := range t.cfg.queues() {
		found = append(found, t.inspect(ctx, s, "queue "+q.name,
			func(ch *amqp.Channel) error {
				_, err := ch.QueueDeclarePassive(q.name, true, false, false, false, nil)
				return err
			},
			func(ch *amqp.Channel) error { return declareQueue(ch, q) })...)
	}
	return found
}

// inspect asks whether something exists and then, only if it does, declares it
// again as it should be: the broker answers that with an error when it differs.
func (t *Topology) inspect(ctx context.Context, s *session, subject string, exists, same func(*amqp.Channel) error) []Finding {
	for _, ask := range []func(*amqp.Channel) error{exists, same} {
		err := s.within(ctx, t.cfg.DialTimeout, func() error {
			ch, err := s.conn.Channel() // an error closes the channel it comes on
			if err != nil {
				return err
			}
			return errors.Join(ask(ch), ch.Close())
		})
		if err != nil {
			return []Finding{diagnose(subject, err)}
		}
	}
	return nil
}

func diagnose(subject string, err error) Finding {
	f := Finding{Subject: subject, Grave: true, Detail: err.Error()}
	var ae *amqp.Error
	if !errors.As(err, &ae) {
		f.Remedy = "try again when the broker answers"
		return f
	}
	f.Detail = ae.Reason
	switch ae.Code {
	case amqp.NotFound:
		f.Detail = "does not exist"
		f.Remedy = "start erpbridge with a broker user that may configure, or declare it by hand"
	case amqp.PreconditionFailed:
		f.Remedy = "it was declared with another meaning: use another prefix, or empty it, delete it and have erpbridge declare it"
	case amqp.AccessRefused:
		f.Remedy = "give erpbridge's broker user the permission to configure, write and read it"
	default:
		f.Remedy = "see the broker's log"
	}
	return f
}

func server(properties amqp.Table) Finding {
	product, _ := properties["product"].(string)
	version, _ := properties["version"].(string)
	f := Finding{Subject: "server", Detail: strings.TrimSpace(product + " " + version)}
	at, ok := majorMinor(version)
	switch {
	case product != "RabbitMQ" || !ok:
		f.Grave = true
		f.Detail = fmt.Sprintf("%q is not a RabbitMQ whose version is known", f.Detail)
		f.Remedy = "use RabbitMQ 3.10 or newer"
	case at[0] < oldest[0] || at[0] == oldest[0] && at[1] < oldest[1]:
		f.Grave = true
		f.Remedy = fmt.Sprintf("use RabbitMQ %d.%d or newer: older ones can lose what they dead-letter", oldest[0], oldest[1])
	case at[0] < 4:
		f.Remedy = "fine, but RabbitMQ 3 gets no more fixes from its makers"
	}
	return f
}

func majorMinor(version string) ([2]int, bool) {
	var at [2]int
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return at, false
	}
	for i := range at {
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return at, false
		}
		at[i] = n
	}
	return at, true
}
