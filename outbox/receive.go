package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hakooi/erpbridge"
)

// Receive puts a message into the inbox as it came, for the pipeline to look at
// later. The polls use it, and the webhook gateway while the broker is away. It
// returns nil only when the message is committed, and returns soon after ctx ends.
//
// Messages that come in while others are being committed share the next transaction:
// a flood of them costs a disk its time per COMMIT, not per message. What keeps such a
// transaction from ending, a message that Postgres will not have or one that another
// transaction is writing, keeps none of the others back.
func (s *Store) Receive(ctx context.Context, m erpbridge.Message) error {
	h := &handed{ctx: ctx, message: m, done: make(chan error, 1)}
	s.receiving.add(h, s.receive)
	select {
	case err := <-h.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("receiving into the inbox: %w", ctx.Err())
	}
}

// Together there are at most that many messages in a transaction, of that many bytes
// unless one alone has more; and that many transactions at once.
const (
	receiveMost    = 64
	receiveBytes   = 1 << 20
	receiveWriters = 2
)

// receiveWithin is how long a writer waits for a transaction: the connection may have gone
// silent, and who handed a message in may be willing to wait for any time.
const receiveWithin = 5 * time.Second

// receiving is what waits to be put into the inbox:
//
//	Receive ──▶ waiting ──▶ a writer takes what there is ──▶ one transaction ──▶ answers
//	                              ▲                                │ it failed
//	                              └─ until nothing waits           └──▶ each in one of its own
type receiving struct {
	mu      sync.Mutex
	waiting []*handed
	writers int
}

// handed is a message that was handed to Receive.
type handed struct {
	ctx     context.Context //nolint:containedctx // Receive's own: it lives as long as that call
	message erpbridge.Message
	done    chan error // has room for the answer
}

// A writing writes some of what was handed in. In a hurry it does not wait for other
// transactions for long.
type writing func(ctx context.Context, hurry bool, hs ...*handed) error

// add has write called for h, soon and with others. A writer lives while something waits.
func (r *receiving) add(h *handed, write writing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, h)
	if r.writers < receiveWriters {
		r.writers++
		go r.write(write)
	}
}

func (r *receiving) write(write writing) {
	for hs := r.next(); hs != nil; hs = r.next() {
		err := write.do(true, hs...)
		for _, h := range hs {
			if err == nil || len(hs) == 1 && !hurried(err) {
				h.done <- err
				continue
			}
			go func() { h.done <- write.do(false, h) }() // it may take its time, and the others not
		}
	}
}

// next takes what waits and may go together. What nobody waits for any more is left out:
// its sender was told that it is not safe. It returns nil, and one writer less is there,
// when nothing waits.
func (r *receiving) next() []*handed {
	r.mu.Lock()
	defer r.mu.Unlock()
	var hs []*handed
	size, n := 0, 0
	for _, h := range r.waiting {
		if h.ctx.Err() == nil {
			if size += len(h.message.Body); len(hs) == receiveMost || len(hs) > 0 && size > receiveBytes {
				break
			}
			hs = append(hs, h)
		}
		n++
	}
	if r.waiting = r.waiting[n:]; len(r.waiting) == 0 {
		r.waiting = nil
	}
	if hs == nil {
		r.writers--
	}
	return hs
}

// do writes hs. It ends when nobody waits for them any more.
func (write writing) do(hurry bool, hs ...*handed) (err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if hurry {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, receiveWithin)
		defer end()
	}
	var left atomic.Int32
	left.Store(int32(len(hs))) // #nosec G115 -- receiveMost of them
	for _, h := range hs {
		defer context.AfterFunc(h.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})()
	}
	defer func() {
		if p := recover(); p != nil { // in Receive's goroutine it would end one request; here it would end the daemon
			err = fmt.Errorf("receiving into the inbox: a panic, %T", p)
		}
	}()
	return write(ctx, hurry, hs...)
}

// receive puts hs into the inbox in one transaction.
func (s *Store) receive(ctx context.Context, hurry bool, hs ...*handed) error {
	err := inTx(ctx, s.door, "outbox.receive", func(tx pgx.Tx) error {
		rows := make([]*row, len(hs))
		for i, h := range hs {
			rows[i] = newRow(erpbridge.Decision{Message: h.message})
			rows[i].undigested = true
		}
		if hurry {
			if _, err := tx.Exec(ctx, `set local lock_timeout = '50ms'`); err != nil {
				return err
			}
		}
		r := recording{tx: tx, ctx: ctx}
		return r.insertInbox(rows)
	})
	if err != nil {
		return fmt.Errorf("receiving into the inbox: %w", err)
	}
	return nil
}

// hurried reports whether a transaction was given up for the hurry it was in: another one
// kept it waiting, or it came to no end.
func hurried(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03" || errors.Is(err, context.DeadlineExceeded)
}
