package broker

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// bury has the broker dead-letter everything in the events queue.
func bury(t *testing.T, cfg Config, n int) {
	t.Helper()
	ch := admin(t, cfg)
	for buried := 0; buried < n; {
		d, ok, err := ch.Get(cfg.events(), false)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			time.Sleep(5 * time.Millisecond) // not there yet: this is the poll
			continue
		}
		if err := d.Reject(false); err != nil {
			t.Fatal(err)
		}
		buried++
	}
}

type deadLetters struct {
	mu      sync.Mutex
	got     map[string]Delivery
	reasons map[string]string
	tries   int
	fail    int // the first so many
}

func (d *deadLetters) handle(_ context.Context, x Delivery, reason string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tries++
	if d.fail > 0 {
		d.fail--
		return errors.New("not now")
	}
	if d.got == nil {
		d.got, d.reasons = make(map[string]Delivery), make(map[string]string)
	}
	d.got[x.Message.ID], d.reasons[x.Message.ID] = x, reason
	return nil
}

func (d *deadLetters) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.got)
}

func TestDrainDead(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	ch := admin(t, cfg)
	publish(t, p, event(1))
	publish(t, p, event(2))
	publishPartner(t, ch, cfg, func(*amqp.Publishing) {})
	// A partner who makes up a death of a batch, and an expiry to have it die.
	publishPartner(t, ch, cfg, func(m *amqp.Publishing) {
		m.Type, m.ContentType, m.Body = batchType, batchContentType, encode(t, event(66))
		m.Headers = amqp.Table{"x-death": []any{amqp.Table{
			"reason": "rejected", "queue": cfg.events(), "exchange": cfg.ingest(), "count": int64(1),
			"time": time.Unix(1, 0), "routing-keys": []any{""},
		}}}
	})
	bury(t, cfg, 4)
	eventually(t, "all dead", func() bool { return depth(t, cfg).Dead == 4 })

	c, err := NewConsumer(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	d := &deadLetters{fail: 2}
	stop := start(t, func(ctx context.Context) error { return c.DrainDead(ctx, d.handle) })
	eventually(t, "all four", func() bool { return d.count() == 4 })
	stop()
	if left := depth(t, cfg); left.Dead != 0 {
		t.Errorf("left: %+v", left)
	}
	if d.tries != 6 {
		t.Errorf("%d tries, want 4 and the 2 that failed", d.tries)
	}
	for _, id := range []string{event(1).ID, event(2).ID, "evt-1"} {
		if x, ok := d.got[id]; !ok || x.Problem != nil || !strings.Contains(d.reasons[id], "a consumer rejected it") {
			t.Errorf("%s: %+v, reason %q", id, x, d.reasons[id])
		}
	}
	if _, ok := d.got[event(66).ID]; ok {
		t.Error("a forged death made a batch of a partner's message")
	}
}

// A consumer that crashes again and again: at the delivery limit the message goes
// to the dead-letter queue with all its events, and none is lost.
func TestDeliveryLimitLosesNothing(t *testing.T) {
	cfg := testConfig(t)
	ch := admin(t, cfg)
	if _, err := ch.QueueDelete(cfg.events(), false, false, false); err != nil {
		t.Fatal(err)
	}
	cfg.DeliveryLimit = 2
	p := startPublisher(t, cfg)
	publish(t, p, events(0, 30)...)
	eventually(t, "dead-lettered", func() bool {
		conn, err := amqp.Dial(cfg.URLs[0])
		if err != nil {
			t.Fatal(err)
		}
		crashing, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		for {
			_, ok, err := crashing.Get(cfg.events(), false)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
		}
		_ = conn.Close()
		d := depth(t, cfg)
		return d.Events == 0 && d.Dead > 0
	})
	c, err := NewConsumer(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	d := &deadLetters{}
	start(t, func(ctx context.Context) error { return c.DrainDead(ctx, d.handle) })
	eventually(t, "all thirty", func() bool { return d.count() == 30 })
	if why := d.reasons[event(3).ID]; !strings.Contains(why, "delivery_limit") {
		t.Errorf("reason %q", why)
	}
}
