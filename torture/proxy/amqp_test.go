package proxy

import (
	"context"
	"strconv"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// channel opens a connection and a channel of it that confirms. Both end with the
// test, if not before.
func channel(t *testing.T, url string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.DialConfig(url, amqp.Config{Heartbeat: 10 * time.Second, Dial: amqp.DefaultDial(10 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // cut already, most of them
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	return ch
}

func queue(t *testing.T, ch *amqp.Channel, prefix string) string {
	t.Helper()
	q, err := ch.QueueDeclare(prefix+".events", true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	if err != nil {
		t.Fatal(err)
	}
	return q.Name
}

// publish publishes and returns whether it was confirmed.
func publish(t *testing.T, ch *amqp.Channel, queue, id string, mandatory bool) bool {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	c, err := ch.PublishWithDeferredConfirmWithContext(ctx, "", queue, mandatory, false, amqp.Publishing{
		MessageId: id, DeliveryMode: amqp.Persistent, Body: []byte("an order"),
	})
	if err != nil {
		t.Fatal(err)
	}
	acked, err := c.WaitContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return acked
}

// stored takes all messages off a queue and returns how often each id was there.
func stored(t *testing.T, ch *amqp.Channel, queue string) map[string]int {
	t.Helper()
	ids := make(map[string]int)
	for {
		d, ok, err := ch.Get(queue, true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return ids
		}
		ids[d.MessageId]++
	}
}

// A hundred times over, the broker has the message and its publisher does not know.
func TestEveryConfirmCut(t *testing.T) {
	direct, prefix := testenv.AMQP(t)
	p, url := through(t, direct, AMQP)
	own := channel(t, direct)
	q := queue(t, own, prefix)
	arm(t, p, Confirm, 100, 1)
	for i := range 100 {
		if publish(t, channel(t, url), q, strconv.Itoa(i), true) {
			t.Fatalf("publish %d was confirmed", i)
		}
	}
	if n := p.Counts(); n.Seen != 100 || n.Cut != 100 || n.Unread != 0 {
		t.Fatalf("%+v", n)
	}
	if !publish(t, channel(t, url), q, "100", true) {
		t.Fatal("after the last cut a publish was not confirmed")
	}
	ids := stored(t, own, q)
	for i := range 101 {
		if ids[strconv.Itoa(i)] != 1 {
			t.Errorf("message %d is in the queue %d times", i, ids[strconv.Itoa(i)])
		}
	}
}

// Of many publishes on their way at once those confirmed before the cut are known.
func TestConfirmsBeforeTheCutArrive(t *testing.T) {
	direct, prefix := testenv.AMQP(t)
	p, url := through(t, direct, AMQP)
	own := channel(t, direct)
	q := queue(t, own, prefix)
	arm(t, p, Confirm, 1, 5)
	ch := channel(t, url)
	for i := range 4 {
		if !publish(t, ch, q, strconv.Itoa(i), false) {
			t.Fatalf("publish %d was not confirmed", i)
		}
	}
	if publish(t, ch, q, "4", false) {
		t.Fatal("the fifth was confirmed")
	}
	if n := p.Counts(); n.Seen != 5 || n.Cut != 1 {
		t.Fatalf("%+v", n)
	}
}

func TestReturnCut(t *testing.T) {
	direct, prefix := testenv.AMQP(t)
	p, url := through(t, direct, AMQP)
	arm(t, p, Return, 1, 1)
	ch := channel(t, url)
	returned := ch.NotifyReturn(make(chan amqp.Return, 1))
	if publish(t, ch, prefix+".nowhere", "1", true) {
		t.Fatal("it was confirmed")
	}
	if r, ok := <-returned; ok {
		t.Fatalf("it was returned: %s", r.ReplyText)
	}
	if r, c := p.CountsAt(Return), p.CountsAt(Confirm); r.Seen != 1 || r.Cut != 1 || c.Seen != 0 {
		t.Fatalf("%+v %+v", r, c)
	}
	// Not cut, a return comes before its confirm, and consumers' deliveries pass.
	ch = channel(t, url)
	returned = ch.NotifyReturn(make(chan amqp.Return, 1))
	if !publish(t, ch, prefix+".nowhere", "2", true) {
		t.Fatal("it was not confirmed")
	}
	if r := <-returned; r.MessageId != "2" {
		t.Fatalf("%+v", r)
	}
}

// A large message comes in many frames, and passes like a small one.
func TestDeliveriesPass(t *testing.T) {
	direct, prefix := testenv.AMQP(t)
	p, url := through(t, direct, AMQP)
	ch := channel(t, url)
	q := queue(t, ch, prefix)
	big := make([]byte, 1<<20)
	copy(big, "\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x00\x50") // looks like a confirm, and is none
	c, err := ch.PublishWithDeferredConfirm("", q, true, false, amqp.Publishing{Body: big})
	if err != nil || !c.Wait() {
		t.Fatalf("%v", err)
	}
	d, ok, err := ch.Get(q, false)
	if err != nil || !ok || len(d.Body) != len(big) || d.Body[10] != big[10] {
		t.Fatalf("%v %v, %d bytes", ok, err, len(d.Body))
	}
	if err := d.Ack(false); err != nil {
		t.Fatal(err)
	}
	if n := p.Counts(); n.Seen != 1 {
		t.Fatalf("%+v", n)
	}
}
