package broker

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Config says where the broker is and how it is used. URLs is required; every
// other field has a default that suits one daemon on a small machine.
type Config struct {
	// URLs are the nodes of the broker, tried one after the other.
	URLs []string
	// User is the name erpbridge logs in by where the URLs do not tell it, as with
	// certificates.
	User string
	// Prefix starts the names of all exchanges and queues; "erpbridge".
	Prefix string
	// Management is the address of the broker's management API, which is asked for
	// policies; empty: they are not looked at. Without a user in it, that of the
	// first URL is taken.
	Management string
	// TLS is used for amqps URLs; nil: as the URL's own parameters say.
	TLS *tls.Config
	// Passive: an operator declares the topology, erpbridge's broker user may
	// not. Otherwise each session declares it, which changes nothing when it is
	// there and heals what somebody deleted.
	Passive bool
	// DeliveryLimit is how often the broker delivers a message again before it
	// dead-letters it; 1000.
	DeliveryLimit int
	// MaxLength bounds the messages in <p>.events; publishers get ErrNacked above
	// it. 0: unbounded.
	MaxLength int

	Heartbeat   time.Duration // 10 s
	DialTimeout time.Duration // for connecting and, again, for setting up; 5 s

	// StallAfter is how long a message may be unconfirmed before Publish answers
	// ErrUnavailable to whoever comes meanwhile; 1 s.
	StallAfter time.Duration
	// ConfirmTimeout is how long a message may be unconfirmed before the session
	// is given up; 5 s.
	ConfirmTimeout time.Duration
	// WaitingEvents and WaitingBytes bound the publisher's waiting room; 8192 and
	// 64 MiB.
	WaitingEvents int
	WaitingBytes  int
	// MaxMessage bounds one message; RabbitMQ 4 takes 16 MiB. 15 MiB.
	MaxMessage int

	// Prefetch is how many messages may be unacknowledged; 200.
	Prefetch int
	// BatchEvents is how many events the Handler is given at most; 500.
	BatchEvents int
	// Linger is how long a busy consumer waits for a batch to fill; 3 ms.
	Linger time.Duration
	// PartnerBody bounds a partner's event; 5 MiB.
	PartnerBody int
}

var prefixRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// withDefaults returns c completed and checked. Its errors never show a URL:
// that has a password in it.
func (c Config) withDefaults() (Config, error) {
	c.Prefix = cmp.Or(c.Prefix, "erpbridge")
	c.DeliveryLimit = cmp.Or(c.DeliveryLimit, 1000)
	c.Heartbeat = cmp.Or(c.Heartbeat, 10*time.Second)
	c.DialTimeout = cmp.Or(c.DialTimeout, 5*time.Second)
	c.StallAfter = cmp.Or(c.StallAfter, time.Second)
	c.ConfirmTimeout = cmp.Or(c.ConfirmTimeout, 5*time.Second)
	c.WaitingEvents = cmp.Or(c.WaitingEvents, 8192)
	c.WaitingBytes = cmp.Or(c.WaitingBytes, 64<<20)
	c.MaxMessage = cmp.Or(c.MaxMessage, 15<<20)
	c.Prefetch = cmp.Or(c.Prefetch, 200)
	c.BatchEvents = cmp.Or(c.BatchEvents, 500)
	c.Linger = cmp.Or(c.Linger, 3*time.Millisecond)
	c.PartnerBody = cmp.Or(c.PartnerBody, 5<<20)

	var errs []error
	if len(c.URLs) == 0 {
		errs = append(errs, errors.New("the broker has no URL"))
	}
	for i, u := range c.URLs {
		if _, err := amqp.ParseURI(u); err != nil {
			errs = append(errs, fmt.Errorf("the broker's URL number %d is not an amqp:// or amqps:// URL, or has an unescaped character in its password", i+1))
		}
	}
	if _, err := c.management(); err != nil {
		errs = append(errs, err)
	}
	if !prefixRule.MatchString(c.Prefix) {
		errs = append(errs, fmt.Errorf("the broker's prefix %q is not a plain name", c.Prefix))
	}
	for _, f := range []struct {
		name  string
		value int64
		least int64
	}{
		{"delivery limit", int64(c.DeliveryLimit), 1},
		{"length limit", int64(c.MaxLength), 0},
		{"heartbeat", int64(c.Heartbeat), int64(time.Second)},
		{"dial timeout", int64(c.DialTimeout), 1},
		{"stall time", int64(c.StallAfter), 1},
		{"confirm timeout", int64(c.ConfirmTimeout), 1},
		{"waiting events", int64(c.WaitingEvents), 1},
		{"waiting bytes", int64(c.WaitingBytes), 1},
		{"largest message", int64(c.MaxMessage), 1},
		{"prefetch", int64(c.Prefetch), 1},
		{"batch size", int64(c.BatchEvents), 1},
		{"linger", int64(c.Linger), 1},
		{"partners' body limit", int64(c.PartnerBody), 1},
	} {
		if f.value < f.least {
			errs = append(errs, fmt.Errorf("the broker's %s is too small", f.name))
		}
	}
	if c.Prefetch > 65535 {
		errs = append(errs, errors.New("the broker's prefetch is larger than 65535"))
	}
	return c, errors.Join(errs...)
}

// The names of the topology.
func (c Config) ingest() string  { return c.Prefix + ".ingest" }
func (c Config) partner() string { return c.Prefix + ".partner" }
func (c Config) events() string  { return c.Prefix + ".events" }
func (c Config) dlx() string     { return c.Prefix + ".dlx" }
func (c Config) dead() string    { return c.Prefix + ".dead" }

// user is the name erpbridge logs in by at a URL; empty: unknown.
func (c Config) user(uri amqp.URI) string {
	if c.User != "" {
		return c.User
	}
	for _, m := range uri.AuthMechanism {
		if strings.EqualFold(m, "EXTERNAL") {
			return ""
		}
	}
	return uri.Username
}

// users are the names erpbridge itself logs in by.
func (c Config) users() map[string]bool {
	users := make(map[string]bool)
	for _, u := range c.URLs {
		if uri, err := amqp.ParseURI(u); err == nil {
			users[c.user(uri)] = true
		}
	}
	delete(users, "")
	return users
}
