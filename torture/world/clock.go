package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoClock is returned where PostgreSQL's clock cannot be moved.
var ErrNoClock = errors.New("PostgreSQL's clock cannot be moved")

// A ClockMove is one of PostgreSQL's clock, by our own.
type ClockMove struct {
	Began time.Time     `json:"began"` // it was moved between Began
	Ended time.Time     `json:"ended"` // and Ended
	By    time.Duration `json:"by"`    // forward, or back if it is negative
}

// HasClock reports whether PostgreSQL's clock can be moved, and puts it right.
func (s *Servers) HasClock(ctx context.Context) error {
	if err := s.stack(ctx, "clock", "+0"); err != nil {
		return fmt.Errorf("%w: %w", ErrNoClock, err)
	}
	return nil
}

// MoveClock sets PostgreSQL's clock off by so much, with all its connections and at
// once. It keeps running there, also through a restart.
func (s *Servers) MoveClock(ctx context.Context, off time.Duration) error {
	return s.breaks(clock, s.RightClock, func() error { return s.setClock(ctx, off) })
}

// RightClock puts PostgreSQL's clock right.
func (s *Servers) RightClock(ctx context.Context) error {
	return s.mends(clock, func() error { return s.setClock(ctx, 0) })
}

func (s *Servers) setClock(ctx context.Context, off time.Duration) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	m := ClockMove{Began: time.Now(), By: off - s.off}
	err := s.stack(ctx, "clock", fmt.Sprintf("%+.3f", off.Seconds()))
	if err != nil {
		return err
	}
	m.Ended = time.Now()
	if s.off = off; m.By != 0 {
		s.moves = append(s.moves, m)
	}
	return nil
}

// ClockMoves are all moves of PostgreSQL's clock so far.
func (s *Servers) ClockMoves() []ClockMove {
	s.moving.Lock()
	defer s.moving.Unlock()
	return slices.Clone(s.moves)
}
