package pipeline

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// A Releasing gives the pipeline what waits to be fetched from a shop that no Fetching
// asks any more: the store was taken out of the configuration, or its API was. The
// pipeline then says what is missing, as a held event or a dead letter; nothing waits
// for ever without a word.
type Releasing struct {
	// Stores are those with a Fetching.
	Stores []string
	// Release releases what is of none of them and was not claimed for a while.
	Release func(ctx context.Context, stores []string, unclaimed time.Duration) (int, error)
	Every   time.Duration // look so often; 0: every minute
	Log     *zap.Logger
}

// unclaimed is longer than a Fetching that is alive leaves a message alone: in the middle
// of an upgrade another daemon may have one.
const unclaimed = longestWait

// Run works until ctx ends.
func (r *Releasing) Run(ctx context.Context) error {
	every := r.Every
	if every <= 0 {
		every = time.Minute
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		n, err := r.Release(ctx, r.Stores, unclaimed)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			r.Log.Error("looking for what nobody fetches", zap.Error(err))
		case n > 0:
			r.Log.Warn("messages point to what nobody fetches any more: the pipeline decides about them as they are", zap.Int("messages", n))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
