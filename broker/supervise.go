package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge/internal/fault"
)

// steady is how long a session must have lived for the next pause to be short
// again. Without it a broker that lets us in and throws us out is hammered.
const steady = 3 * time.Second

// supervise keeps a session open until ctx ends: it dials, sets up, has serve use
// the session, and starts anew when that is over. serve is never running twice.
func (c Config) supervise(ctx context.Context, name string, log *zap.Logger, serve func(context.Context, *session) error) error {
	pauses := patience(100*time.Millisecond, 5*time.Second)
	for turn := 0; ; turn++ {
		began := time.Now()
		err := c.once(ctx, name, turn, serve)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > steady {
			pauses.Reset()
		}
		pause := pauses.NextBackOff()
		log.Warn("broker session ended", zap.String("connection", name), zap.Error(err), zap.Duration("again_in", pause))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// once is one session from dialling to its end.
func (c Config) once(ctx context.Context, name string, turn int, serve func(context.Context, *session) error) error {
	var s *session
	err := fault.Do("broker.dial", func() (err error) {
		s, err = c.dial(ctx, name, turn)
		return err
	})
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return err
	}
	// A broker can be replaced while we run: what is true of its version is asked of
	// each connection.
	if f := server(s.conn.Properties); f.Refuse {
		return errors.New(f.String())
	}
	if !c.Passive {
		err := fault.Do("broker.declare", func() error {
			return s.within(ctx, c.DialTimeout, func() error { return c.declare(s.ch) })
		})
		if err != nil {
			return fmt.Errorf("declaring the topology: %w", err)
		}
	}
	return serve(ctx, s)
}

// patience is a schedule of growing pauses that never ends: left alone the
// library's gives up after 15 minutes.
func patience(first, last time.Duration) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(first),
		backoff.WithMaxInterval(last),
		backoff.WithMaxElapsedTime(0),
	)
}
