package pipeline

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// A Reloading keeps the cross-reference tables in memory up to date:
//
//	Latest differs from what was loaded ──▶ wait until it stays the same ──▶ Load
//	                                         for a second, ten at the most
//
// Whoever fills a table entry by entry does not have it read again for each of them.
// While the tables cannot be read, the last ones stay in force.
type Reloading struct {
	// Latest returns a number that grows with every change to the tables.
	Latest func(ctx context.Context) (int64, error)
	// Load reads the tables, and returns the number that Latest has for them.
	Load func(ctx context.Context) (int64, error)
	// Loaded is the number of the tables that were read before Run.
	Loaded int64
	Every  time.Duration // look so often; 0: every second
	Log    *zap.Logger

	seen  int64
	since time.Time // when a change was first seen that is not loaded yet
	away  bool
}

// patience is how long changes are waited for to end.
const patience = 10 * time.Second

// Run works until ctx ends.
func (r *Reloading) Run(ctx context.Context) error {
	every := r.Every
	if every <= 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		r.tell(ctx, r.once(ctx))
	}
}

// once looks for changes, and loads them when they came to rest.
func (r *Reloading) once(ctx context.Context) error {
	latest, err := r.Latest(ctx)
	if err != nil {
		return err
	}
	if latest == r.Loaded {
		r.since = time.Time{}
		return nil
	}
	if r.since.IsZero() {
		r.since = time.Now()
	}
	moves := latest != r.seen
	r.seen = latest
	if moves && time.Since(r.since) < patience {
		return nil
	}
	began := time.Now()
	loaded, err := r.Load(ctx)
	if err != nil {
		return err
	}
	r.Loaded, r.since = loaded, time.Time{}
	r.Log.Info("the cross-reference tables were changed and read anew", zap.Int64("revision", loaded), zap.Duration("took", time.Since(began)))
	return nil
}

// tell writes that the tables cannot be read, and that they can be again, once each.
func (r *Reloading) tell(ctx context.Context, err error) {
	switch {
	case err != nil && ctx.Err() == nil && !r.away:
		r.Log.Error("reading the cross-reference tables: the last ones stay in force", zap.Error(err))
		r.away = true
	case err == nil && r.away:
		r.Log.Info("the cross-reference tables can be read again")
		r.away = false
	}
}
