package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A PollState is how the poll of a store is doing, across all daemons.
type PollState struct {
	Store string `json:"store"`
	// KnownUntil: all that the shop changed before is known here. CompleteAt is when a
	// listing last came to its end; nil: none has.
	KnownUntil *time.Time `json:"known_until"`
	CompleteAt *time.Time `json:"complete_at"`
	// Lag is how old KnownUntil is, in seconds.
	Lag     float64    `json:"lag_seconds"`
	BeganAt *time.Time `json:"began_at"`
	EndedAt *time.Time `json:"ended_at"`
	DueAt   *time.Time `json:"due_at"`
	// Running: a daemon is listing now.
	Running bool `json:"running"`
	// Listed is how many messages the last round listed, Found how many states among
	// them the inbox did not have, and Lost how many of those no webhook brought either.
	// Waiting are found, and not judged yet.
	Listed     int   `json:"listed_last"`
	Found      int   `json:"found_last"`
	FoundTotal int64 `json:"found_total"`
	Lost       int   `json:"lost_last"`
	LostTotal  int64 `json:"lost_total"`
	Waiting    int   `json:"waiting"`
	// Error is why the last round failed, and ErrorSince since when rounds fail.
	ErrorKind       string             `json:"error_kind,omitempty"`
	Error           string             `json:"error,omitempty"`
	ErrorSince      *time.Time         `json:"error_since,omitempty"`
	Subscriptions   []PollSubscription `json:"subscriptions"`
	SubscriptionsAt *time.Time         `json:"subscriptions_at,omitempty"`
}

// Polls returns how the polls of the stores are doing that were ever polled, by store.
func (s *Store) Polls(ctx context.Context) ([]PollState, error) {
	q, err := s.pool.Query(ctx, `
		select store, known_until, complete_at, extract(epoch from greatest(now() - known_until, interval '0'))::float8, began_at, ended_at, due_at,
		       coalesce(held_until > now(), false), listed_last, found_last, found_total, lost_last, lost_total,
		       (select count(*) from poll_found f where f.store = poll.store), error_kind, error, failing_since, subscriptions, subscriptions_at
		from poll order by store`)
	if err != nil {
		return nil, fmt.Errorf("reading the polls: %w", err)
	}
	ps, err := pgx.CollectRows(q, pgx.RowToStructByPos[PollState])
	if err != nil {
		return nil, fmt.Errorf("reading the polls: %w", err)
	}
	return ps, nil
}
