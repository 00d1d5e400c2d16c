package broker

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge"
)

func TestPublishConfirmed(t *testing.T) {
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	m := event(1)
	if err := p.Publish(within(t, 10*time.Second), m); err != nil {
		t.Fatal(err)
	}
	got, ok, err := admin(t, cfg).Get(cfg.events(), true)
	if err != nil || !ok {
		t.Fatalf("Get: %v %v", ok, err)
	}
	if got.DeliveryMode != amqp.Persistent || got.Exchange != cfg.ingest() || got.Type != batchType || got.ContentType != batchContentType {
		t.Errorf("published %+v", got)
	}
	ms, err := decodeBatch(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]erpbridge.Message{m}, ms); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestPublishWithoutSession(t *testing.T) {
	p, err := NewPublisher(Config{URLs: []string{"amqp://127.0.0.1:1/"}}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	start(t, p.Run)
	// A context without end: the answer must not wait for one.
	if err := p.Publish(context.Background(), event(1)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if p.Ready() {
		t.Error("ready without a broker")
	}
}

func TestPublishUnroutable(t *testing.T) {
	cfg := testConfig(t)
	cfg.Passive = true // otherwise the binding is made again: TestPublisherMendsTheBinding
	p := startPublisher(t, cfg)
	ch := admin(t, cfg)
	if err := ch.QueueUnbind(cfg.events(), "#", cfg.ingest(), nil); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 100)
	for i := range errs {
		wg.Go(func() { errs[i] = p.Publish(within(t, 10*time.Second), event(i)) })
	}
	wg.Wait()
	for i, err := range errs {
		if !errors.Is(err, ErrUnroutable) {
			t.Fatalf("event %d: got %v, want ErrUnroutable", i, err)
		}
	}
	if err := ch.QueueBind(cfg.events(), "#", cfg.ingest(), false, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(within(t, 10*time.Second), event(1)); err != nil {
		t.Errorf("bound again: %v", err)
	}
}

func TestPublishNacked(t *testing.T) {
	cfg := testConfig(t)
	ch := admin(t, cfg)
	if _, err := ch.QueueDelete(cfg.events(), false, false, false); err != nil {
		t.Fatal(err)
	}
	cfg.MaxLength = 2
	p := startPublisher(t, cfg)
	// The limit is a soft one: the queue takes a few more.
	for i := range 50 {
		err := p.Publish(within(t, 10*time.Second), event(i))
		if errors.Is(err, ErrNacked) {
			return
		}
		if err != nil {
			t.Fatalf("event %d: got %v, want ErrNacked", i, err)
		}
	}
	t.Error("a full queue took 50 events")
}

func TestPublishTooLarge(t *testing.T) {
	cfg := testConfig(t)
	cfg.MaxMessage = 4 << 20
	p := startPublisher(t, cfg)
	large := event(1)
	large.Body = bytes.Repeat([]byte("x"), 3<<20) // more than a batch, less than a message
	if err := p.Publish(within(t, 10*time.Second), large); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*erpbridge.Message){
		"body":     func(m *erpbridge.Message) { m.Body = bytes.Repeat([]byte("x"), 4<<20) },
		"head":     func(m *erpbridge.Message) { m.Header = map[string][]string{"X": {strings.Repeat("x", headLimit)}} },
		"no id":    func(m *erpbridge.Message) { m.ID = "" },
		"no store": func(m *erpbridge.Message) { m.Store = "" },
		"no type":  func(m *erpbridge.Message) { m.Type = "" },
		"no via":   func(m *erpbridge.Message) { m.Via = "" },
		"year":     func(m *erpbridge.Message) { m.ReceivedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(name, func(t *testing.T) {
			m := event(1)
			change(&m)
			err := p.Publish(within(t, 10*time.Second), m)
			if !errors.Is(err, ErrTooLarge) || erpbridge.KindOf(err) != erpbridge.Invalid {
				t.Errorf("got %v, want ErrTooLarge", err)
			}
		})
	}
}

// The confirm is lost on its way: the event is stored and nobody says so.
func TestPublishUnknownWhenCut(t *testing.T) {
	direct := testConfig(t)
	x, cfg := newProxy(t, direct)
	p := startPublisher(t, cfg)
	x.hold(false, true)
	answer := make(chan error, 1)
	go func() { answer <- p.Publish(context.Background(), event(1)) }()
	eventually(t, "event stored", func() bool { return depth(t, direct).Events == 1 })
	x.hold(false, false)
	x.cut()
	if err := <-answer; err != nil && !errors.Is(err, ErrUnknown) {
		// nil: the confirm slipped through between hold and cut
		t.Errorf("got %v, want ErrUnknown", err)
	}
	eventually(t, "publishing again", func() bool {
		return p.Publish(within(t, 10*time.Second), event(2)) == nil
	})
}

func TestPublishUnknownAtDeadline(t *testing.T) {
	x, cfg := newProxy(t, testConfig(t))
	p := startPublisher(t, cfg)
	x.hold(true, true)
	err := p.Publish(within(t, 200*time.Millisecond), event(1))
	if !errors.Is(err, ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want ErrUnknown at the deadline", err)
	}
	x.hold(false, false)
	eventually(t, "publishing again", func() bool {
		return p.Publish(within(t, 10*time.Second), event(2)) == nil
	})
}

// A broker that takes and never confirms: whoever comes is soon told at once, the
// session is given up, and a publish that hangs in the library ends with it.
func TestPublishBlackHole(t *testing.T) {
	x, cfg := newProxy(t, testConfig(t))
	cfg.StallAfter, cfg.ConfirmTimeout = 100*time.Millisecond, time.Second
	p := startPublisher(t, cfg)
	x.hold(true, true)
	big := event(1)
	big.Body = bytes.Repeat([]byte("x"), 14<<20) // more than the sockets' buffers take
	var wg sync.WaitGroup
	errs := make([]error, inFlight+2)
	for i := range errs {
		wg.Go(func() { errs[i] = p.Publish(context.Background(), big) })
	}
	eventually(t, "told at once", func() bool {
		return errors.Is(p.Publish(within(t, 10*time.Second), event(2)), ErrUnavailable)
	})
	if p.Ready() {
		t.Error("ready with a broker that does not confirm")
	}
	wg.Wait() // by the session's end alone
	for _, err := range errs {
		if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnknown or ErrUnavailable", err)
		}
	}
	x.hold(false, false)
	x.cut()
	eventually(t, "publishing again", func() bool {
		return p.Publish(within(t, 10*time.Second), event(3)) == nil
	})
}

func TestPublishBlockedByAlarm(t *testing.T) {
	direct := testConfig(t)
	x, cfg := newProxy(t, direct)
	cfg.ConfirmTimeout = 2 * time.Second
	p := startPublisher(t, cfg)

	x.hold(true, false)
	under := make(chan error, 1)
	go func() { under <- p.Publish(context.Background(), event(1)) }()
	eventually(t, "one in flight", func() bool {
		o := p.outlet.Load()
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.flying) == 1
	})
	session := p.outlet.Load().session
	x.alarm(t, true)
	if err := <-under; !errors.Is(err, ErrUnknown) {
		t.Errorf("in flight: got %v, want ErrUnknown", err)
	}
	if err := p.Publish(context.Background(), event(2)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("during the alarm: got %v, want ErrUnavailable", err)
	}
	if p.Ready() {
		t.Error("ready during an alarm")
	}
	// Longer than ConfirmTimeout: the session must outlive it.
	for end := time.Now().Add(5 * cfg.ConfirmTimeout / 2); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if session.over() {
			t.Fatalf("the session ended during the alarm: %v", session.err)
		}
	}
	x.alarm(t, false)
	eventually(t, "publishing again", func() bool {
		return p.Publish(within(t, 10*time.Second), event(3)) == nil
	})
	if p.outlet.Load().session != session {
		t.Error("another session after the alarm")
	}
	eventually(t, "what was in flight is stored after all", func() bool { return depth(t, direct).Events >= 2 })
}

func TestPublishWaitingRoomIsBounded(t *testing.T) {
	x, cfg := newProxy(t, testConfig(t))
	cfg.WaitingEvents = 5
	cfg.StallAfter = time.Hour
	p := startPublisher(t, cfg)
	x.hold(true, true)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	fly := func(n int) {
		wg.Go(func() {
			if err := p.Publish(ctx, event(n)); !errors.Is(err, ErrUnknown) {
				t.Errorf("in flight: got %v, want ErrUnknown", err)
			}
		})
	}
	o := p.outlet.Load()
	for i := range inFlight {
		fly(i)
		eventually(t, "in flight", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return len(o.flying) == i+1 })
	}
	for range cfg.WaitingEvents {
		wg.Go(func() {
			if err := p.Publish(ctx, event(9)); !errors.Is(err, ErrBusy) {
				t.Errorf("waiting: got %v, want ErrBusy", err)
			}
		})
	}
	eventually(t, "room full", func() bool { o.mu.Lock(); defer o.mu.Unlock(); return o.events == cfg.WaitingEvents })
	if err := p.Publish(context.Background(), event(10)); !errors.Is(err, ErrBusy) {
		t.Errorf("full: got %v, want ErrBusy", err)
	}
	cancel()
	wg.Wait()
	if o.events != 0 || o.bytes != 0 {
		t.Errorf("%d events, %d bytes counted in an empty room", o.events, o.bytes)
	}
}

func TestPublishCoalesces(t *testing.T) {
	const n = 1000
	cfg := testConfig(t)
	p := startPublisher(t, cfg)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := p.Publish(within(t, 20*time.Second), event(i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()

	ch := admin(t, cfg)
	got := make(map[string]erpbridge.Message)
	messages := 0
	for {
		d, ok, err := ch.Get(cfg.events(), true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		messages++
		ms, err := decodeBatch(d.Body)
		if err != nil {
			t.Fatal(err)
		}
		if len(ms) > coalesce {
			t.Errorf("%d events in a message", len(ms))
		}
		for _, m := range ms {
			got[m.ID] = m
		}
	}
	if messages > n/4 {
		t.Errorf("%d events took %d messages", n, messages)
	}
	want := make(map[string]erpbridge.Message)
	for i := range n {
		want[event(i).ID] = event(i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A batch is bounded in bytes too.
func TestCutBatchBytes(t *testing.T) {
	o := newOutlet(Config{MaxMessage: 15 << 20, WaitingEvents: 100, WaitingBytes: 1 << 30}, nil, nil)
	for range 5 {
		e := &outgoing{head: []byte("{}"), body: make([]byte, 400<<10), answer: make(chan error, 1)}
		if err := o.enter(e); err != nil {
			t.Fatal(err)
		}
	}
	giant := &outgoing{head: []byte("{}"), body: make([]byte, 3<<20), answer: make(chan error, 1)}
	if err := o.enter(giant); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for len(o.queue) > 0 {
		sizes = append(sizes, len(o.cutBatch()))
	}
	if diff := cmp.Diff([]int{2, 2, 1, 1}, sizes); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

// The confirms are cut at random while events stream: what was answered nil is in
// the broker, and everything was answered.
func TestPublishNothingConfirmedIsLost(t *testing.T) {
	const n, rounds = 300, 5
	direct := testConfig(t)
	x, cfg := newProxy(t, direct)
	p := startPublisher(t, cfg)
	var mu sync.Mutex
	confirmed := make(map[string]bool)
	for round := range rounds {
		eventually(t, "ready", p.Ready)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				m := event(round*n + i)
				if err := p.Publish(within(t, 10*time.Second), m); err == nil {
					mu.Lock()
					defer mu.Unlock()
					confirmed[m.ID] = true
				}
			})
		}
		eventually(t, "some confirmed", func() bool { mu.Lock(); defer mu.Unlock(); return len(confirmed) > round*20 })
		x.cut()
		wg.Wait()
	}
	stored := make(map[string]bool)
	ch := admin(t, direct)
	for {
		d, ok, err := ch.Get(cfg.events(), true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		ms, err := decodeBatch(d.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ms {
			stored[m.ID] = true
		}
	}
	for id := range confirmed {
		if !stored[id] {
			t.Errorf("%s was confirmed and is not there", id)
		}
	}
}
