package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge"
)

// A record is a Handler that remembers and answers as told.
type record struct {
	mu      sync.Mutex
	got     map[string][]Delivery // by message id
	batches []int
	answer  func(Delivery) error // nil: always nil
}

func (r *record) handle(_ context.Context, ds []Delivery) []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.got == nil {
		r.got = make(map[string][]Delivery)
	}
	r.batches = append(r.batches, len(ds))
	errs := make([]error, len(ds))
	for i, d := range ds {
		r.got[d.Message.ID] = append(r.got[d.Message.ID], d)
		if r.answer != nil {
			errs[i] = r.answer(d)
		}
	}
	return errs
}

func (r *record) count(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got[id])
}

func (r *record) events() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got)
}

func startConsumer(t *testing.T, cfg Config, h Handler) (_ *Consumer, stop func()) {
	t.Helper()
	c, err := NewConsumer(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	stop = start(t, func(ctx context.Context) error { return c.Consume(ctx, h) })
	eventually(t, "consumer ready", c.Ready)
	return c, stop
}

func publish(t *testing.T, p *Publisher, ms ...erpbridge.Message) {
	t.Helper()
	var wg sync.WaitGroup
	for _, m := range ms {
		wg.Go(func() {
			if err := p.Publish(within(t, 20*time.Second), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func events(from, to int) []erpbridge.Message {
	var ms []erpbridge.Message
	for i := from; i < to; i++ {
		ms = append(ms, event(i))
	}
	return ms
}

// settled ends the consumer and sees that the broker has nothing left: what was
// not acknowledged would be ready again.
func settled(t *testing.T, cfg Config, stop func()) {
	t.Helper()
	stop()
	eventually(t, "the consumer gone", func() bool { return depth(t, cfg).Consumers == 0 })
	if d := depth(t, cfg); d.Events != 0 {
		t.Errorf("left in the broker: %+v", d)
	}
}

func TestConsumeAllOnce(t *testing.T) {
	const n = 2000
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	publish(t, p, events(0, n)...)
	r := &record{}
	c, stop := startConsumer(t, cfg, r.handle)
	eventually(t, "all events", func() bool { return r.events() == n })
	if c.Consumers() != 1 {
		t.Errorf("%d consumers", c.Consumers())
	}
	settled(t, cfg, stop)
	if c.Ready() {
		t.Error("ready after the end")
	}
	for i := range n {
		m := event(i)
		ds := r.got[m.ID]
		if len(ds) != 1 {
			t.Fatalf("%s came %d times", m.ID, len(ds))
		}
		if diff := cmp.Diff(Delivery{Message: m}, ds[0]); diff != "" {
			t.Fatalf("delivery (-want +got):\n%s", diff)
		}
	}
	for _, size := range r.batches {
		if size > 500 {
			t.Errorf("a batch of %d events", size)
		}
	}
}

func TestConsumeBatchesSingleMessages(t *testing.T) {
	const n = 500
	cfg := testConfig(t)
	ch := admin(t, cfg)
	for i := range n {
		publishPartner(t, ch, cfg, func(m *amqp.Publishing) { m.MessageId = fmt.Sprint(i) })
	}
	eventually(t, "all stored", func() bool { return depth(t, cfg).Events == n })
	r := &record{}
	_, stop := startConsumer(t, cfg, r.handle)
	eventually(t, "all events", func() bool { return r.events() == n })
	settled(t, cfg, stop)
	if len(r.batches) > n/5 {
		t.Errorf("%d messages came in %d batches", n, len(r.batches))
	}
}

func publishPartner(t *testing.T, ch *amqp.Channel, cfg Config, change func(*amqp.Publishing)) {
	t.Helper()
	m := amqp.Publishing{
		DeliveryMode: amqp.Persistent, MessageId: "evt-1", Type: "orders/create",
		ContentType: "application/json", Body: []byte(`{"id":1}`),
	}
	change(&m)
	if err := ch.PublishWithContext(t.Context(), cfg.partner(), "shop-eu", true, false, m); err != nil {
		t.Fatal(err)
	}
}

func TestConsumePartner(t *testing.T) {
	cfg := testConfig(t)
	r := &record{}
	_, stop := startConsumer(t, cfg, r.handle)
	ch := admin(t, cfg)
	publishPartner(t, ch, cfg, func(*amqp.Publishing) {})
	publishPartner(t, ch, cfg, func(m *amqp.Publishing) { m.MessageId, m.Body = "", []byte("not even JSON") })
	// A batch, as erpbridge itself would send it, through the wrong door.
	forged := encode(t, event(1))
	publishPartner(t, ch, cfg, func(m *amqp.Publishing) {
		m.MessageId, m.Type, m.ContentType, m.Body = "forged", batchType, batchContentType, forged
	})
	// Garbage through the right door.
	if err := ch.PublishWithContext(t.Context(), cfg.ingest(), "", true, false, amqp.Publishing{
		Type: batchType, ContentType: batchContentType, Body: forged[:len(forged)-1],
	}); err != nil {
		t.Fatal(err)
	}
	garbage := contentID(forged[:len(forged)-1])
	noID := contentID([]byte("not even JSON"))
	eventually(t, "all four", func() bool { return r.events() == 4 })
	settled(t, cfg, stop)
	for id, problem := range map[string]bool{"evt-1": false, noID: true, "forged": true, garbage: true} {
		if r.count(id) != 1 {
			t.Errorf("%s came %d times", id, r.count(id))
			continue
		}
		d := r.got[id][0]
		if (d.Problem != nil) != problem {
			t.Errorf("%s: problem %v", id, d.Problem)
		}
		if id == garbage && !cmp.Equal(d.Message.Body, forged[:len(forged)-1]) {
			t.Error("the garbage lost its bytes")
		}
	}
}

func TestConsumeRetriesWhatFails(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	var fails atomic.Int32
	fails.Store(3)
	r := &record{answer: func(d Delivery) error {
		if d.Message.ID == event(7).ID && fails.Add(-1) >= 0 {
			return errors.New("not now")
		}
		return nil
	}}
	_, stop := startConsumer(t, cfg, r.handle)
	publish(t, p, events(0, 20)...)
	eventually(t, "the failing one tried to the end", func() bool { return r.count(event(7).ID) == 4 })
	settled(t, cfg, stop)
	for i := range 20 {
		want := 1
		if i == 7 {
			want = 4
		}
		if n := r.count(event(i).ID); n != want {
			t.Errorf("event %d came %d times, want %d", i, n, want)
		}
		for _, d := range r.got[event(i).ID] {
			if d.Redeliveries != 0 {
				t.Errorf("event %d went through the broker again", i)
			}
		}
	}
}

// One that can never be stored stays with the broker, and keeps nothing back.
func TestConsumeErrorKeepsTheMessage(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	r := &record{answer: func(d Delivery) error {
		if d.Message.ID == event(0).ID {
			return errors.New("never")
		}
		return nil
	}}
	_, stop := startConsumer(t, cfg, r.handle)
	publish(t, p, event(0))
	eventually(t, "the bad one tried", func() bool { return r.count(event(0).ID) > 0 })
	publish(t, p, events(1, 50)...)
	eventually(t, "all others", func() bool { return r.events() == 50 })
	stop()
	eventually(t, "the consumer gone", func() bool { return depth(t, cfg).Consumers == 0 })
	if d := depth(t, cfg); d.Events != 1 {
		t.Errorf("left in the broker: %+v, want the one message", d)
	}
	// It comes again, counted.
	good := &record{}
	_, stop = startConsumer(t, cfg, good.handle)
	eventually(t, "redelivered", func() bool { return good.count(event(0).ID) == 1 })
	if n := good.got[event(0).ID][0].Redeliveries; n != 1 {
		t.Errorf("%d redeliveries, want 1", n)
	}
	settled(t, cfg, stop)
}

func TestConsumeAcksOnlyAfterTheHandler(t *testing.T) {
	direct := testConfig(t)
	x, cfg := newProxy(t, direct)
	p := startPublisher(t, direct)
	var once sync.Once
	working, release := make(chan struct{}), make(chan struct{})
	_, stop := startConsumer(t, cfg, func(_ context.Context, ds []Delivery) []error {
		once.Do(func() { close(working) })
		<-release
		return make([]error, len(ds))
	})
	publish(t, p, event(1))
	<-working
	if d := depth(t, direct); d.Events != 0 || d.Consumers != 1 {
		t.Errorf("while handled: %+v", d)
	}
	x.cut() // what is not acknowledged comes back
	eventually(t, "the message ready again", func() bool { return depth(t, direct).Events == 1 })
	close(release)
	eventually(t, "the message taken", func() bool { return depth(t, direct).Events == 0 })
	settled(t, direct, stop)
}

// The session dies while the handler works. Nothing of the old session may be
// acknowledged on the new one: its tags name other messages there.
func TestConsumeSessionLostWhileHandling(t *testing.T) {
	direct := testConfig(t)
	x, cfg := newProxy(t, direct)
	cfg.Prefetch = 1 // so that tag 1 of the next session is another message
	p := startPublisher(t, direct)
	publish(t, p, event(1))
	publish(t, p, event(2))
	publish(t, p, event(3))

	var calls atomic.Int32
	working, release := make(chan struct{}), make(chan struct{})
	r := &record{}
	c, stop := startConsumer(t, cfg, func(ctx context.Context, ds []Delivery) []error {
		if calls.Add(1) == 1 {
			close(working)
			<-release
		}
		return r.handle(ctx, ds)
	})
	<-working
	x.cut()
	eventually(t, "noticed", func() bool { return !c.Ready() })
	eventually(t, "broker has all three again", func() bool { return depth(t, direct).Events == 3 })
	close(release)
	eventually(t, "all three", func() bool { return r.events() == 3 })
	eventually(t, "the first once more", func() bool { return r.count(event(1).ID) == 2 })
	settled(t, direct, stop)
	if again := r.got[event(1).ID][1]; again.Redeliveries != 1 {
		t.Errorf("%d redeliveries, want 1", again.Redeliveries)
	}
	for _, i := range []int{2, 3} {
		if n := r.count(event(i).ID); n != 1 {
			t.Errorf("event %d came %d times", i, n)
		}
	}
}

func TestConsumeAgainAfterCancel(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	r := &record{}
	c, _ := startConsumer(t, cfg, r.handle)
	publish(t, p, event(1))
	eventually(t, "first event", func() bool { return r.count(event(1).ID) == 1 })

	ch := admin(t, cfg)
	if _, err := ch.QueueDelete(cfg.events(), false, false, false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "consuming a queue that is there again", func() bool {
		_, err := ch.QueueDeclarePassive(cfg.events(), true, false, false, false, nil)
		if err != nil {
			ch = admin(t, cfg) // the error closed it
		}
		return err == nil && c.Ready()
	})
	publish(t, p, event(2))
	eventually(t, "second event", func() bool { return r.count(event(2).ID) == 1 })
}

func TestConsumePassiveWaitsForTheQueue(t *testing.T) {
	cfg := testConfig(t)
	if _, err := admin(t, cfg).QueueDelete(cfg.events(), false, false, false); err != nil {
		t.Fatal(err)
	}
	cfg.Passive = true
	c, err := NewConsumer(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	r := &record{}
	start(t, func(ctx context.Context) error { return c.Consume(ctx, r.handle) })
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := topology.Declare(t.Context()); err != nil { // the operator
		t.Fatal(err)
	}
	eventually(t, "consumer ready", c.Ready)
}

func TestConsumeStopsWhileHandlerFails(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	r := &record{answer: func(Delivery) error { return errors.New("the store is away") }}
	_, stop := startConsumer(t, cfg, r.handle)
	publish(t, p, events(0, 10)...)
	eventually(t, "all tried", func() bool { return r.events() == 10 })
	stop() // fails the test if Consume does not end
	eventually(t, "all back in the broker", func() bool { return depth(t, cfg).Events > 0 })
}
