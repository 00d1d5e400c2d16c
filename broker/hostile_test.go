package broker

import (
	"context"
	"fmt"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// nested is a table that holds a table that holds a table.
func nested(depth int) amqp.Table {
	t := amqp.Table{"end": "here"}
	for range depth {
		t = amqp.Table{"in": t}
	}
	return t
}

// The client library gives up its connection over headers that RabbitMQ takes: one such
// message must not keep all others from being consumed.
func TestHeadersTheLibraryCannotRead(t *testing.T) {
	many := amqp.Table{}
	for i := range 9000 {
		many[fmt.Sprint(i)] = true
	}
	wide := make([]any, 9000)
	for i := range wide {
		wide[i] = true
	}
	for name, headers := range map[string]amqp.Table{
		"nested": nested(40), "many": many, "a long list": {"list": wide},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(t)
			ch := admin(t, cfg)
			publishPartner(t, ch, cfg, func(p *amqp.Publishing) { p.MessageId, p.Headers = "hostile", headers })
			publishPartner(t, ch, cfg, func(p *amqp.Publishing) { p.MessageId = "good" })
			r := &record{}
			_, stop := startConsumer(t, cfg, r.handle)
			eventually(t, "both consumed", func() bool { return r.count("hostile") == 1 && r.count("good") == 1 })
			settled(t, cfg, stop)
		})
	}
}

// Nor is it in the way of others in the dead-letter queue, behind which there is nothing.
// The broker adds x-death there, also to headers that fill a frame, and sends a larger one
// than was agreed on.
func TestHeadersTheLibraryCannotReadAreDrained(t *testing.T) {
	many := amqp.Table{}
	for i := range 903 {
		many[fmt.Sprintf("%03d", i)] = strings.Repeat("x", 136)
	}
	for name, headers := range map[string]amqp.Table{
		"nested": nested(40), "a full frame": {"a": strings.Repeat("x", 131_072-8-120)}, "a frame full of headers": many,
	} {
		t.Run(name, func(t *testing.T) { testDrained(t, headers) })
	}
}

func testDrained(t *testing.T, hostile amqp.Table) {
	cfg := testConfig(t)
	ch := admin(t, cfg)
	for id, headers := range map[string]amqp.Table{"hostile": hostile, "good": nil} {
		publishPartner(t, ch, cfg, func(p *amqp.Publishing) { p.MessageId, p.Headers, p.Expiration = id, headers, "1" })
	}
	eventually(t, "both dead", func() bool { return depth(t, cfg).Dead == 2 })
	c, err := NewConsumer(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	d := &deadLetters{}
	stop := start(t, func(ctx context.Context) error { return c.DrainDead(ctx, d.handle) })
	eventually(t, "both drained", func() bool { return d.count() == 2 })
	stop()
	for _, id := range []string{"hostile", "good"} {
		if x := d.got[id]; x.Problem != nil || !strings.Contains(d.reasons[id], "expired") {
			t.Errorf("%s: %+v, reason %q", id, x, d.reasons[id])
		}
	}
}
