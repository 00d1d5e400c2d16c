package shopsim

import (
	"context"
	"errors"
	"time"
)

// Trade places n orders, one each time every has passed, and does something to an
// earlier one after each: see Step. It returns when it is done, or with the error of
// ctx.
func (s *Shop) Trade(ctx context.Context, n int, every time.Duration) error {
	tick := time.NewTicker(max(every, time.Millisecond))
	defer tick.Stop()
	for range n {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := s.Step(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Step places an order, and does something to one of those there are: most often it
// changes, one time in eight a part of it is paid back, one time in sixteen it is
// cancelled.
func (s *Shop) Step() error {
	s.Place(1)
	s.mu.Lock()
	id, roll := s.orders[s.choices.IntN(len(s.orders))].ID, s.choices.IntN(16)
	s.mu.Unlock()
	var err error
	switch {
	case roll == 0:
		err = s.Cancel(id)
	case roll < 3:
		err = s.Refund(id)
	default:
		err = s.Change(id)
	}
	if errors.Is(err, ErrNothing) { // cancelled before, or paid back altogether
		err = s.Change(id)
	}
	return err
}
