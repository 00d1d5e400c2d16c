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
	// Grave: something is wrong. Otherwise it is for information.
	Grave bool
	// Refuse: messages can be lost like this, so erpbridge does not start. Nor does it
	// wait for what can pass by itself.
	Refuse bool
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

// unreachable is the subject of the one finding there is without a connection.
const unreachable = "connection"

// oldest is the first RabbitMQ that dead-letters at least once; newest is the last
// major version whose meaning of our queues is known.
var (
	oldest = [2]int{3, 10}
	newest = 4
)

// Check looks at the broker: its version, its alarm, whether exchanges and queues
// exist and mean what they must, whether messages find their ways, and, where
// Config.Management is set, which policies override them. It declares nothing. On
// the ways it sends probes, which erpbridge drops where it meets them and Check takes
// out again where it can.
func (t *Topology) Check(ctx context.Context) []Finding {
	s, err := t.cfg.dial(ctx, "erpbridge check", 0)
	if err != nil {
		return []Finding{{
			Subject: unreachable, Grave: true, Detail: err.Error(),
			Remedy: "see that the broker runs and that URL, user, password and virtual host are right",
		}}
	}
	defer s.close()
	found := []Finding{server(s.conn.Properties)}
	objects, whole := t.inspect(ctx, s)
	found = append(found, objects...)
	if whole {
		found = append(found, t.examine(ctx, s)...)
	}
	return append(found, t.policies(ctx)...)
}

// inspect compares exchanges and queues with what they must be, and reports whether
// all of them are there and are that.
func (t *Topology) inspect(ctx context.Context, s *session) (found []Finding, whole bool) {
	var absent []string
	for _, o := range t.cfg.objects() {
		missing, err := t.absent(ctx, s, o)
		if missing {
			absent = append(absent, o.name)
			continue
		}
		if err == nil {
			// The broker answers this with an error where the two differ.
			err = t.ask(ctx, s, o.same)
		}
		if err != nil {
			found = append(found, diagnose(o.name, err))
		}
	}
	switch len(absent) {
	case 0:
		return found, len(found) == 0
	case len(t.cfg.objects()):
		return append(found, Finding{
			Subject: "topology", Grave: true,
			Detail: fmt.Sprintf("the broker has no exchanges and queues of ours yet (%s.*)", t.cfg.Prefix),
			Remedy: "run erpbridge migrate",
		}), false
	}
	return append(found, Finding{
		Subject: "topology", Grave: true, Detail: "not there: " + strings.Join(absent, ", "),
		Remedy: "run erpbridge migrate, which makes what is missing",
	}), false
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
	case amqp.PreconditionFailed:
		f.Refuse = true
		f.Remedy = "it was declared with another meaning: use another prefix, or empty it, delete it and run erpbridge migrate"
	case amqp.AccessRefused:
		f.Remedy = "give erpbridge's broker user the permission to configure, write and read it (rabbitmqctl set_permissions)"
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
		f.Grave, f.Refuse = true, true
		f.Detail = fmt.Sprintf("%q is not a RabbitMQ whose version is known", f.Detail)
		f.Remedy = "use RabbitMQ 3.10 to 4.x"
	case at[0] > newest:
		f.Grave, f.Refuse = true, true
		f.Detail += " is newer than what this erpbridge knows: its queues may mean something else there"
		f.Remedy = "use RabbitMQ 3.10 to 4.x, or a newer erpbridge"
	case at[0] < oldest[0] || at[0] == oldest[0] && at[1] < oldest[1]:
		f.Grave, f.Refuse = true, true
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
