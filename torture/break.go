package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hakooi/erpbridge/torture/nemesis"
	"github.com/hakooi/erpbridge/torture/proxy"
)

// unleash lets a nemesis loose: for count actions, or until the events are sent if
// that is 0.
func unleash(seed uint64, count int, least, most time.Duration, actions ...nemesis.Action) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		f, err := os.OpenFile(filepath.Join(r.dir, "nemesis.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.nemesis = &nemesis.Nemesis{World: r.world, Seed: seed, Actions: actions, Least: least, Most: most, Log: f}
		r.mu.Unlock()
		return errors.Join(r.nemesis.Run(ctx, count), f.Close())
	}
}

// cutting cuts n answers or a few more at each of some points, at all daemons, and does
// not end before they were cut.
func cutting(n int, at ...proxy.Point) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		for _, p := range at {
			if p == proxy.Confirm {
				// A daemon that loses its connection over and over comes back ever more slowly;
				// partners do not. So most of the confirms are theirs.
				if err := r.world.Partners.Cut(n*85/100, 2); err != nil {
					return err
				}
				for _, d := range r.world.Daemons {
					if err := d.Broker.Cut(n, 1); err != nil {
						return err
					}
				}
				continue
			}
			for _, d := range r.world.Daemons {
				if err := nemesis.ProxyOf(d, p).CutAt(p, n, 2); err != nil {
					return err
				}
			}
		}
		// What was sent is delivered for a while yet.
		var over <-chan time.Time
		sent := r.sent
		for ended := false; !ended && ctx.Err() == nil; {
			left := 0
			for _, p := range at {
				left += max(0, n-r.cuts(p))
				if p == proxy.Confirm {
					left += max(0, n/10-r.cuts(p)+r.world.Partners.Counts().Cut)
				}
			}
			if left == 0 {
				break
			}
			select {
			case <-sent:
				sent, over = nil, time.After(20*time.Second)
			case <-over:
				ended = true
			case <-time.After(100 * time.Millisecond):
			}
		}
		for _, p := range at {
			r.fact("%d cut at %s", r.cuts(p), p)
			if p == proxy.Confirm {
				ours := r.cuts(p) - r.world.Partners.Counts().Cut
				r.fact("%d of them of the daemons", ours)
				r.enough("confirms of the daemons' own were cut", ours, n/10)
			}
			if got := r.cuts(p); got < n {
				r.wrong("the torture fell short: %d of %d answers were cut at %s", got, n, p)
			}
		}
		return nil
	}
}

// enough fails a run in which fewer kills were made than it is to prove something by.
func (r *run) enough(what string, got, want int) {
	if got < want {
		r.wrong("the torture fell short: %d of %d %s", got, want, what)
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// within runs do with a deadline and says what was waited for.
func within(ctx context.Context, d time.Duration, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
