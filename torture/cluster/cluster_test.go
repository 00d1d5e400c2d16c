package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// whole is a cluster for one test.
func whole(t *testing.T) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("a cluster takes minutes: not with -short")
	}
	began := time.Now()
	c, err := Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("whole after %v; nodes can be separated: %v", time.Since(began).Round(time.Second), c.Broker.Separable())
	return c
}

// The two need nothing of each other: they are broken at the same time.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	c := whole(t)
	t.Run("group", func(t *testing.T) {
		t.Run("confirmed messages", func(t *testing.T) {
			t.Parallel()
			brokerKeeps(t, c.Broker)
		})
		t.Run("committed inserts", func(t *testing.T) {
			t.Parallel()
			databaseKeeps(t, c.Database)
			onlyWhatBothHave(t, c.Database)
		})
	})
}

// brokerKeeps publishes while each node is killed and the leader cut off, and looks
// for each confirmed message then.
func brokerKeeps(t *testing.T, b *Broker) {
	const queue, least = "kept", 2000
	declare(t, b, queue)
	var members []int
	err := poll(t.Context(), 500*time.Millisecond, func() error {
		qs, err := b.Queues(t.Context())
		if err == nil && (len(qs) == 0 || len(qs[0].Members) == 0) {
			err = errors.New("no queue is known yet")
		}
		if err != nil {
			return err
		}
		members = qs[0].Members
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2, 3}, members); diff != "" {
		t.Fatalf("a quorum queue that asks for no size is not on all nodes:\n%s", diff)
	}

	p := &publisher{urls: b.URLs(), queue: queue, confirmed: map[string]bool{}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var publishing sync.WaitGroup
	publishing.Go(func() { p.run(ctx) })
	defer publishing.Wait()
	steps := []Step{b.KillNode(1, time.Second), b.KillNode(2, time.Second), b.KillNode(3, time.Second), b.PartitionLeader(queue, cutOff)}
	for _, s := range steps {
		began := time.Now()
		p.resetStall()
		if err := s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: whole again after %v, longest stall %v", s.Name, time.Since(began).Round(100*time.Millisecond), p.stall().Round(10*time.Millisecond))
	}
	for p.count() < least {
		if err := pause(t.Context(), 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	publishing.Wait()

	there := drain(t, b, queue)
	lost := 0
	for id := range p.confirmed {
		if there[id] == 0 {
			lost++
		}
	}
	doubled := 0
	for _, n := range there {
		doubled += n - 1
	}
	t.Logf("%d confirmed, %d in doubt, %d lost, %d in the queue, %d of them twice", len(p.confirmed), p.unknown, lost, len(there), doubled)
	if lost > 0 {
		t.Errorf("%d confirmed messages are lost", lost)
	}
}

func declare(t *testing.T, b *Broker, queue string) {
	t.Helper()
	conn, err := amqp.Dial(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDeclare(queue, true, false, false, false, amqp.Table{"x-queue-type": "quorum"}); err != nil {
		t.Fatal(err)
	}
}

// drain takes all there is out of a queue and counts it by id.
func drain(t *testing.T, b *Broker, queue string) map[string]int {
	t.Helper()
	conn, err := amqp.Dial(b.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]int{}
	for {
		m, ok, err := ch.Get(queue, true)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return there
		}
		there[m.MessageId]++
	}
}

// A publisher publishes one message after the other, at whichever node takes it.
type publisher struct {
	urls  []string
	queue string

	mu        sync.Mutex
	confirmed map[string]bool
	unknown   int
	last      time.Time // of the last confirm
	longest   time.Duration
}

func (p *publisher) run(ctx context.Context) {
	for turn := 0; ctx.Err() == nil; turn++ {
		_ = p.session(ctx, turn) // the next node then
		_ = pause(ctx, 50*time.Millisecond)
	}
}

// session publishes at one node until that fails. What was not confirmed then is in
// doubt, and is not sent again.
func (p *publisher) session(ctx context.Context, turn int) error {
	conn, err := amqp.DialConfig(p.urls[turn%len(p.urls)], amqp.Config{Dial: amqp.DefaultDial(3 * time.Second), Heartbeat: 5 * time.Second})
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseDeadline(time.Now().Add(time.Second)) }()
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := ch.Confirm(false); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
		id := fmt.Sprintf("%d-%d", turn, n)
		if err := p.publish(ch, id); err != nil {
			p.mu.Lock()
			p.unknown++
			p.mu.Unlock()
			return err
		}
		p.confirm(id)
	}
}

func (p *publisher) publish(ch *amqp.Channel, id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	confirm, err := ch.PublishWithDeferredConfirmWithContext(ctx, "", p.queue, true, false,
		amqp.Publishing{MessageId: id, DeliveryMode: amqp.Persistent, Body: make([]byte, 512)})
	if err != nil {
		return err
	}
	ok, err := confirm.WaitContext(ctx)
	if err == nil && !ok {
		err = errors.New("nacked")
	}
	return err
}

func (p *publisher) confirm(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirmed[id] = true
	now := time.Now()
	if !p.last.IsZero() {
		p.longest = max(p.longest, now.Sub(p.last))
	}
	p.last = now
}

func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.confirmed)
}

func (p *publisher) resetStall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.longest = 0
}

func (p *publisher) stall() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.longest
}

// databaseKeeps inserts through two fail-overs, by the address that names both, and
// looks for each acknowledged row then.
func databaseKeeps(t *testing.T, d *Database) {
	const least, writers = 5000, 4
	ctx := t.Context()
	pool, err := pgxpool.New(ctx, d.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, `create table kept (id bigint primary key)`); err != nil {
		t.Fatal(err)
	}

	writing, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var last, longest time.Duration // between two acknowledgements
	var next atomic.Int64
	acknowledged := make([][]int64, writers)
	var count, unknown atomic.Int64
	began := time.Now()
	var tasks sync.WaitGroup
	defer tasks.Wait()
	for w := range writers {
		tasks.Go(func() {
			for writing.Err() == nil {
				id := next.Add(1)
				// A cancelled commit is one that might have happened: only time ends it.
				limited, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				_, err := pool.Exec(limited, `insert into kept values ($1)`, id)
				cancel()
				if err != nil {
					unknown.Add(1)
					_ = pause(writing, 50*time.Millisecond)
					continue
				}
				acknowledged[w] = append(acknowledged[w], id)
				count.Add(1)
				now := time.Since(began)
				mu.Lock()
				longest, last = max(longest, now-last), now
				mu.Unlock()
			}
		})
	}
	for n := range 2 {
		for want := int64(n+1) * 1000; count.Load() < want; {
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		mu.Lock()
		longest = 0
		mu.Unlock()
		from, at := d.Primary(), time.Now()
		if err := d.FailOver(time.Second).Run(ctx); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		stall := longest
		mu.Unlock()
		t.Logf("failed over from %s to %s: in step again after %v, longest stall %v", from, d.Primary(),
			time.Since(at).Round(100*time.Millisecond), stall.Round(10*time.Millisecond))
	}
	for count.Load() < least {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	tasks.Wait()

	rows, err := pool.Query(ctx, `select id from kept`)
	if err != nil {
		t.Fatal(err)
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	found := map[int64]bool{}
	for _, id := range there {
		found[id] = true
	}
	acked := slices.Concat(acknowledged...)
	lost := slices.DeleteFunc(slices.Clone(acked), func(id int64) bool { return found[id] })
	t.Logf("%d acknowledged, %d in doubt, %d lost, %d in the table", len(acked), unknown.Load(), len(lost), len(there))
	if len(lost) > 0 {
		t.Errorf("%d acknowledged inserts are lost: %v", len(lost), lost[:min(20, len(lost))])
	}
}

// onlyWhatBothHave takes the standby away and then the primary: what was acknowledged
// between is lost, so nothing may have been. A primary that waits for nobody shows that
// this would be seen.
func onlyWhatBothHave(t *testing.T, d *Database) {
	for _, waits := range []bool{true, false} {
		ctx := t.Context()
		if !waits {
			if err := d.follow(ctx, d.now(), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.KillStandby(); err != nil {
			t.Fatal(err)
		}
		mark := fmt.Sprintf("alone %v", waits)
		acknowledged := d.do(withTimeout(t, 3*time.Second), d.now(), d.user, "create table \""+mark+"\" ()") == nil
		if acknowledged == waits {
			t.Errorf("waits for its standby: %v, and acknowledged without it: %v", waits, acknowledged)
		}
		if err := errors.Join(d.KillPrimary(), d.StartStandby(ctx), d.Promote(ctx), d.Rebuild(ctx)); err != nil {
			t.Fatal(err)
		}
		if err := d.do(ctx, d.now(), d.user, "table \""+mark+"\""); err == nil {
			t.Errorf("waits for its standby: %v, and the standby has what it never got", waits)
		}
	}
}

func withTimeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func pause(ctx context.Context, d time.Duration) error {
	sleep(ctx, d)
	return ctx.Err()
}
