package outbox

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// Hints passes on what Postgres notifies about: that something became due for a
// target. Hints can be lost, so nobody may rely on them.
type Hints struct {
	url string
	log *zap.Logger
	to  map[string]chan struct{}
}

// NewHints returns hints for the given targets.
func (s *Store) NewHints(log *zap.Logger, targets ...string) *Hints {
	h := &Hints{url: s.url, log: log, to: map[string]chan struct{}{}}
	for _, t := range targets {
		h.to[t] = make(chan struct{}, 1)
	}
	return h
}

// For returns the channel that hints at target; nil if there is none.
func (h *Hints) For(target string) <-chan struct{} { return h.to[target] }

// Run listens until ctx ends, on a connection of its own that comes back.
func (h *Hints) Run(ctx context.Context) error {
	b := backoff.NewExponentialBackOff(backoff.WithInitialInterval(100*time.Millisecond), backoff.WithMaxInterval(5*time.Second), backoff.WithMaxElapsedTime(0))
	_ = backoff.RetryNotify(func() error {
		return h.listen(ctx, b.Reset)
	}, backoff.WithContext(b, ctx), func(err error, wait time.Duration) {
		h.log.Warn("listening for hints, polling goes on", zap.Error(err), zap.Duration("again_in", wait))
	})
	return nil // ctx ended
}

func (h *Hints) listen(ctx context.Context, listening func()) error {
	conn, err := pgx.Connect(ctx, h.url)
	if err != nil {
		return err
	}
	defer func() {
		cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(cctx)
	}()
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	listening()
	for t := range h.to { // what was notified while nobody listened
		h.hint(t)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if ctx.Err() != nil {
			return backoff.Permanent(ctx.Err())
		}
		if err != nil {
			return err
		}
		h.hint(n.Payload)
	}
}

func (h *Hints) hint(target string) {
	select {
	case h.to[target] <- struct{}{}:
	default: // hinted already, or a target of another daemon: a nil channel
	}
}
