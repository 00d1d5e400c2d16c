package broker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge"
)

// Unnamed stands for the store or the type of a message that does not tell it. No
// configured store can have this name.
const Unnamed = "(unnamed)"

// A Delivery is one event out of the broker.
type Delivery struct {
	Message erpbridge.Message
	// Problem says why the message must not be interpreted: it breaks the
	// partners' contract, or its content is not what erpbridge writes. Message
	// then still has an ID, a Store and a Type to record it under, and its raw
	// bytes as Body; kind Invalid.
	Problem error
	// Redeliveries is how often the broker has delivered it before without an
	// acknowledgement. Many of them suggest that it crashes whoever handles it.
	Redeliveries int
}

// A letter is a Delivery and, out of the dead-letter queue, why it is there.
type letter struct {
	Delivery
	reason string
}

// A reader makes letters of AMQP messages; none of a probe.
type reader struct {
	cfg   Config
	users map[string]bool
	now   func() time.Time
}

func newReader(cfg Config) reader {
	return reader{cfg: cfg, users: cfg.users(), now: time.Now}
}

// live reads what comes out of <p>.events. Which door a message came in by is
// told by its exchange, which the broker writes.
func (r reader) live(d *amqp.Delivery) []letter {
	if isProbe(d) {
		return nil
	}
	switch d.Exchange {
	case r.cfg.ingest():
		return r.batch(d)
	case r.cfg.partner():
		return []letter{r.partner(d)}
	default:
		return []letter{r.problem(d, erpbridge.ViaPartner, fmt.Errorf("published to exchange %q, where nothing is taken from", text(d.Exchange)))}
	}
}

// died reads what comes out of <p>.dead. Its exchange is the dead-letter exchange;
// the first one stands in a header that RabbitMQ 3 lets a publisher forge. So a
// batch must also carry our own user's name, which the broker does not let others
// use. Otherwise a partner could have events taken for a store that is not his.
func (r reader) died(d *amqp.Delivery) []letter {
	if isProbe(d) {
		return nil
	}
	last := lastDeath(d.Headers)
	var ls []letter
	switch {
	case last.exchange == r.cfg.ingest() && r.users[d.UserId]:
		ls = r.batch(d)
	case last.exchange == r.cfg.partner():
		ls = []letter{r.partner(d)}
	default:
		ls = []letter{r.problem(d, erpbridge.ViaPartner, fmt.Errorf("dead-lettered, and not known to have come in by %s or %s", r.cfg.ingest(), r.cfg.partner()))}
	}
	for i := range ls {
		ls[i].reason = last.String()
	}
	return ls
}

func (r reader) batch(d *amqp.Delivery) []letter {
	if d.Type != batchType || d.ContentType != batchContentType {
		return []letter{r.problem(d, erpbridge.ViaWebhook, fmt.Errorf("type %q, content type %q: not a batch of events", text(d.Type), text(d.ContentType)))}
	}
	ms, err := decodeBatch(d.Body)
	if err != nil {
		return []letter{r.problem(d, erpbridge.ViaWebhook, err)}
	}
	ls := make([]letter, len(ms))
	for i, m := range ms {
		ls[i].Message = m
		ls[i].Redeliveries = redeliveries(d)
	}
	return ls
}

// problem is a message that can only be kept, under what it tells of itself. The
// hash as ID lets a redelivery be known as one.
func (r reader) problem(d *amqp.Delivery, via erpbridge.Via, why error) letter {
	return letter{Delivery: Delivery{
		Message: erpbridge.Message{
			ID:          contentID(d.Body),
			Store:       Unnamed,
			Type:        named(d.Type),
			Via:         via,
			ContentType: text(d.ContentType),
			Body:        d.Body,
			ReceivedAt:  r.now(),
		},
		Problem:      &erpbridge.Error{Op: "broker.Consume", Kind: erpbridge.Invalid, Err: why},
		Redeliveries: redeliveries(d),
	}}
}

func contentID(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// plain reports whether s can stand as a name anywhere: 1 to 200 printable
// characters.
func plain(s string) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= 200 &&
		strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}

// text is s if it can be shown and stored, else nothing.
func text(s string) string {
	if plain(s) {
		return s
	}
	return ""
}

func named(s string) string {
	if plain(s) {
		return s
	}
	return Unnamed
}

// redeliveries reads the broker's count. RabbitMQ 4.3 counts in x-delivery-count
// only what failed, and everything in x-acquired-count.
func redeliveries(d *amqp.Delivery) int {
	n := max(number(d.Headers["x-delivery-count"]), number(d.Headers["x-acquired-count"]))
	if n == 0 && d.Redelivered {
		return 1
	}
	return int(min(max(n, 0), 1<<30))
}

func number(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case int32:
		return int64(n)
	case int16:
		return int64(n)
	case int8:
		return int64(n)
	case uint8:
		return int64(n)
	case uint16:
		return int64(n)
	case uint32:
		return int64(n)
	}
	return 0
}
