package broker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"
)

// told returns the finding about a subject that contains the words.
func told(t *testing.T, fs []Finding, words string) Finding {
	t.Helper()
	for _, f := range fs {
		if strings.Contains(f.Subject, words) {
			return f
		}
	}
	t.Fatalf("no finding about %s: %v", words, fs)
	return Finding{}
}

// Without a daemon the probes are taken out again: nothing stays behind.
func TestProbesLeaveNothing(t *testing.T) {
	cfg := testConfig(t)
	fs := check(t, cfg)
	for _, exchange := range []string{cfg.ingest(), cfg.partner(), cfg.dlx()} {
		if f := told(t, fs, "way "+exchange+" "); f.Grave || f.Detail != "a probe arrived" {
			t.Errorf("%s", f)
		}
	}
	if d := depth(t, cfg); d.Events != 0 || d.Dead != 0 {
		t.Errorf("left: %+v", d)
	}
}

// Messages that wait are neither taken nor moved by a check.
func TestProbesDoNotDisturb(t *testing.T) {
	const n = 20
	cfg := testConfig(t)
	ch := admin(t, cfg)
	var want []string
	for i := range n {
		id := fmt.Sprint(i)
		want = append(want, id)
		for _, exchange := range []string{cfg.dlx(), cfg.partner()} {
			if err := ch.PublishWithContext(t.Context(), exchange, "shop-eu", true, false, amqp.Publishing{
				MessageId: id, DeliveryMode: amqp.Persistent, ContentType: "application/json", Body: []byte("{}"),
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, "all stored", func() bool { d := depth(t, cfg); return d.Events == n && d.Dead == n })
	for range 3 {
		if bad := grave(check(t, cfg)); len(bad) > 0 {
			t.Fatalf("found %v", bad)
		}
	}
	eventually(t, "all back", func() bool { d := depth(t, cfg); return d.Events == n && d.Dead == n })
	for _, queue := range []string{cfg.dead(), cfg.events()} {
		var got []string
		for range n {
			d, ok, err := ch.Get(queue, true)
			if err != nil || !ok {
				t.Fatalf("Get: %v %v", ok, err)
			}
			got = append(got, d.MessageId)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", queue, diff)
		}
	}
}

// More dead letters than may be held for a look are left alone, and it is said.
func TestProbeBehindALongQueue(t *testing.T) {
	cfg := testConfig(t)
	ch := admin(t, cfg)
	for range window {
		if err := ch.PublishWithContext(t.Context(), cfg.dlx(), "", true, false, amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all stored", func() bool { return depth(t, cfg).Dead == window })
	f := told(t, check(t, cfg), cfg.dlx())
	if f.Grave || !strings.Contains(f.Detail, "not seen to arrive") {
		t.Errorf("%s", f)
	}
	first, ok, err := ch.Get(cfg.dead(), true)
	if err != nil || !ok || first.Redelivered {
		t.Errorf("the first was taken: %v %v %v", first.Redelivered, ok, err)
	}
}

// A daemon that takes from both queues never hands a probe on.
func TestProbesAreNoEventsAndNoDeadLetters(t *testing.T) {
	cfg := testConfig(t)
	r, d := &record{}, &deadLetters{}
	c, stop := startConsumer(t, cfg, r.handle)
	stopDraining := start(t, func(ctx context.Context) error { return c.DrainDead(ctx, d.handle) })
	for range 3 {
		fs := check(t, cfg)
		if bad := grave(fs); len(bad) > 0 {
			t.Fatalf("found %v", bad)
		}
		if f := told(t, fs, cfg.dlx()); f.Detail != "a probe arrived" {
			t.Errorf("%s", f)
		}
	}
	// One that the broker itself has dead-lettered, and one of whoever.
	ch := admin(t, cfg)
	for _, p := range []amqp.Publishing{probe("a"), probe("b")} {
		p.Expiration = "1"
		for _, exchange := range []string{cfg.ingest(), cfg.partner(), cfg.dlx()} {
			if err := ch.PublishWithContext(t.Context(), exchange, "", true, false, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := startPublisher(t, cfg)
	publish(t, p, event(1)) // behind them all
	eventually(t, "the event", func() bool { return r.events() == 1 })
	eventually(t, "nothing dead", func() bool { return depth(t, cfg).Dead == 0 })
	stopDraining()
	settled(t, cfg, stop)
	if r.events() != 1 || d.tries != 0 {
		t.Errorf("%d events, %d dead letters", r.events(), d.tries)
	}
}

// What says probe and has a body is somebody's message.
func TestAProbeHasNoBody(t *testing.T) {
	cfg := testConfig(t)
	r := &record{}
	_, stop := startConsumer(t, cfg, r.handle)
	publishPartner(t, admin(t, cfg), cfg, func(m *amqp.Publishing) {
		m.Type, m.ContentType = probeType, probeContentType
	})
	eventually(t, "handed on", func() bool { return r.count("evt-1") == 1 })
	settled(t, cfg, stop)
}

func TestCheckFindsMissingBindings(t *testing.T) {
	for _, way := range []func(Config) way{
		func(c Config) way { return c.ways()[0] }, func(c Config) way { return c.ways()[1] }, func(c Config) way { return c.ways()[2] },
	} {
		cfg := testConfig(t)
		w := way(cfg)
		if err := admin(t, cfg).QueueUnbind(w.queue, "#", w.exchange, nil); err != nil {
			t.Fatal(err)
		}
		bad := grave(check(t, cfg))
		if len(bad) != 1 || !strings.Contains(bad[0], w.exchange) || !strings.Contains(bad[0], "came back") {
			t.Errorf("%s: found %v", w.exchange, bad)
		}
	}
}

// A dead-letter exchange that leads elsewhere is seen by effect alone.
func TestCheckFindsDeadLettersGoingElsewhere(t *testing.T) {
	cfg := testConfig(t)
	ch := admin(t, cfg)
	if err := ch.QueueUnbind(cfg.dead(), "#", cfg.dlx(), nil); err != nil {
		t.Fatal(err)
	}
	q, err := ch.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.QueueBind(q.Name, "", cfg.dlx(), false, nil); err != nil {
		t.Fatal(err)
	}
	bad := grave(check(t, cfg))
	if len(bad) != 1 || !strings.Contains(bad[0], "did not come out") {
		t.Errorf("found %v", bad)
	}
}

// The binding is taken away under load: what is not in the broker was refused, and
// without anybody's help events find their way again.
func TestPublisherMendsTheBinding(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	ch := admin(t, cfg)
	confirmed, refused := 0, 0
	for i := 0; refused == 0 || confirmed < 100; i++ {
		if i == 30 {
			if err := ch.QueueUnbind(cfg.events(), "#", cfg.ingest(), nil); err != nil {
				t.Fatal(err)
			}
		}
		switch err := p.Publish(within(t, 20*time.Second), event(i)); {
		case err == nil:
			confirmed++
		case strings.Contains(err.Error(), ErrUnroutable.Error()):
			refused++
		default:
			t.Fatal(err)
		}
		if i > 100_000 {
			t.Fatalf("%d confirmed, %d refused", confirmed, refused)
		}
	}
	eventually(t, "each confirmed one stored", func() bool { return depth(t, cfg).Events == confirmed })
}

// A publisher whose queue was deleted makes it again, with nobody consuming.
func TestPublisherMendsTheQueue(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	if _, err := admin(t, cfg).QueueDelete(cfg.events(), false, false, false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "publishing again", func() bool {
		return p.Publish(within(t, 20*time.Second), event(1)) == nil
	})
	if d := depth(t, cfg); d.Events != 1 {
		t.Errorf("stored: %+v", d)
	}
}
