package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// message is one of an order's, as a door hands it in.
func message(order string) erpbridge.Message {
	return an{order: order, state: "new"}.decision().Message
}

// writeElsewhere has another process be in the middle of writing m, until the test says so.
func writeElsewhere(t *testing.T, s *Store, m erpbridge.Message) (end func()) {
	t.Helper()
	tx, err := s.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := recording{tx: tx, ctx: t.Context()}
	if err := r.insertInbox([]*row{newRow(erpbridge.Decision{Message: m})}); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if err := tx.Rollback(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// awaitWaiting waits until n messages wait for a writer.
func awaitWaiting(t *testing.T, s *Store, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		s.receiving.mu.Lock()
		waiting := len(s.receiving.waiting)
		s.receiving.mu.Unlock()
		if waiting == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages wait for a writer, not %d", waiting, n)
		}
	}
}

func TestMessagesThatComeTogetherShareATransaction(t *testing.T) {
	s := open(t)
	begun, begin := make(chan struct{}, receiveWriters), make(chan struct{})
	busy := &handed{ctx: t.Context(), done: make(chan error, 1)}
	for range receiveWriters {
		s.receiving.add(busy, func(ctx context.Context, hurry bool, hs ...*handed) error {
			if hs[0] != busy {
				return s.receive(ctx, hurry, hs...)
			}
			begun <- struct{}{}
			<-begin
			return nil
		})
		<-begun
	}
	const n = 3*receiveMost + 1
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := s.Receive(t.Context(), message(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	awaitWaiting(t, s, n)
	close(begin)
	for range receiveWriters {
		if err := <-busy.done; err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	var rows, transactions int
	if err := s.pool.QueryRow(t.Context(), `select count(*), count(distinct xmin::text) from inbox where undigested`).Scan(&rows, &transactions); err != nil {
		t.Fatal(err)
	}
	if rows != n || transactions != 4 {
		t.Errorf("%d messages in %d transactions", rows, transactions)
	}
}

// More of them than there are writers.
func TestWhatIsBeingWrittenElsewhereKeepsNothingBack(t *testing.T) {
	s := open(t)
	var stuck sync.WaitGroup
	var ends []func()
	for i := range 2 * receiveWriters {
		m := message(fmt.Sprint("stuck-", i))
		ends = append(ends, writeElsewhere(t, s, m))
		stuck.Go(func() {
			if err := s.Receive(t.Context(), m); err != nil {
				t.Errorf("a message that was written elsewhere: %v", err)
			}
		})
	}
	defer func() {
		for _, end := range ends {
			end()
		}
		stuck.Wait()
	}()
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if err := s.Receive(t.Context(), message(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait() // the others are still being written
	var rows int
	if err := s.pool.QueryRow(t.Context(), `select count(*) from inbox`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != 100 {
		t.Errorf("%d of 100 are in the inbox", rows)
	}
}

func TestAMessageThatCannotBeStoredKeepsNothingBack(t *testing.T) {
	s := open(t)
	var wg sync.WaitGroup
	for i := range 200 {
		m := message(fmt.Sprint(i))
		bad := i%10 == 0
		if bad {
			m.Type = "orders/\x00" // Postgres has no such text
		}
		wg.Go(func() {
			if err := s.Receive(t.Context(), m); (err != nil) != bad {
				t.Errorf("message %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	var rows int
	if err := s.pool.QueryRow(t.Context(), `select count(*) from inbox`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != 180 {
		t.Errorf("%d of 180 are in the inbox", rows)
	}
}

func TestReceivingEndsWithItsContext(t *testing.T) {
	s := open(t)
	m := message("1")
	end := writeElsewhere(t, s, m)
	defer end()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := s.Receive(ctx, m); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	// What nobody waits for is not written later on either.
	for deadline := time.Now().Add(30 * time.Second); s.door.Stat().AcquiredConns() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("somebody still tries to write it")
		}
	}
	end()
	if err := s.pool.QueryRow(t.Context(), `select from inbox`).Scan(); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("it is in the inbox, and its sender was told otherwise: %v", err)
	}
}

func TestAPanicWhileReceivingIsOneMessages(t *testing.T) {
	var r receiving
	var hs []*handed
	write := func(_ context.Context, _ bool, hs ...*handed) error {
		for _, h := range hs {
			if h.message.ID == "poison" {
				panic("poison")
			}
		}
		return nil
	}
	r.writers = receiveWriters // so that they wait
	for _, id := range []string{"1", "poison", "2"} {
		hs = append(hs, &handed{ctx: t.Context(), message: erpbridge.Message{ID: id}, done: make(chan error, 1)})
		r.add(hs[len(hs)-1], write)
	}
	r.writers = 1
	r.write(write)
	for _, h := range hs {
		if err := <-h.done; (err != nil) != (h.message.ID == "poison") {
			t.Errorf("%s: %v", h.message.ID, err)
		}
	}
	if r.writers != 0 {
		t.Errorf("%d writers are left", r.writers)
	}
}

func TestWhatGoesTogetherIsBounded(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	hand := func(ctx context.Context, size int) *handed {
		return &handed{ctx: ctx, message: erpbridge.Message{Body: make([]byte, size)}}
	}
	var r receiving
	for range 2*receiveMost + 1 {
		r.waiting = append(r.waiting, hand(t.Context(), 1))
	}
	big := hand(t.Context(), receiveBytes+1)
	r.waiting = append(r.waiting, hand(gone, receiveBytes), big, hand(t.Context(), receiveBytes/2), hand(t.Context(), receiveBytes/2), hand(t.Context(), 1), hand(gone, 1))
	r.writers = 1
	for _, want := range []int{receiveMost, receiveMost, 1, 1, 2, 1, 0} {
		if got := r.next(); len(got) != want {
			t.Errorf("%d go together, not %d", len(got), want)
		}
	}
	if r.writers != 0 || r.waiting != nil {
		t.Errorf("%d writers, %d messages are left", r.writers, len(r.waiting))
	}
}

// A connection that went silent keeps writers for as long as the poll waits, which is any
// time; not those who come after it.
func TestAWriterThatHangsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiving
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		write := func(ctx context.Context, _ bool, hs ...*handed) error {
			if slices.ContainsFunc(hs, func(h *handed) bool { return h.message.Via == erpbridge.ViaPoll }) {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		hand := func(ctx context.Context, via erpbridge.Via) <-chan error {
			h := &handed{ctx: ctx, message: erpbridge.Message{Via: via}, done: make(chan error, 1)}
			r.add(h, write)
			return h.done
		}
		for range receiveWriters {
			polled := hand(ctx, erpbridge.ViaPoll)
			wg.Go(func() {
				if err := <-polled; err == nil {
					t.Error("what hung was stored")
				}
			})
			synctest.Wait()
		}
		select {
		case err := <-hand(t.Context(), erpbridge.ViaWebhook):
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Error("nobody writes any more")
		}
		cancel()
		wg.Wait()
	})
}
