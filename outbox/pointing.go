package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// ClaimPointing returns up to n messages of a store that only point to what changed,
// oldest first, and keeps them from others for hold. Tries counts how often that was
// done, this time included. What it points to is handed in with Fetched; until then the
// message stays where it is, and comes again when hold is over.
func (s *Store) ClaimPointing(ctx context.Context, store string, n int, hold time.Duration) ([]Undigested, error) {
	us, err := s.claim(ctx, `points and store = $3`, n, hold, store)
	if err != nil {
		return nil, fmt.Errorf("claiming messages to fetch for: %w", err)
	}
	return us, nil
}

// Fetched stores what a message points to. From then on the pipeline has it. Nothing
// changes where another daemon was faster.
func (s *Store) Fetched(ctx context.Context, m erpbridge.Message, body []byte) error {
	_, err := s.pool.Exec(ctx, `
		update inbox set fetched = $4, points = false, digest_tries = 0, digest_after = now(), cause_kind = '', cause = ''
		where store = $1 and type = $2 and message_id = $3 and points and undigested`, m.Store, m.Type, m.ID, body)
	if err != nil {
		return fmt.Errorf("storing what a message points to: %w", err)
	}
	return nil
}

// Postpone keeps a message that points to something from ClaimPointing for wait, and
// says why.
func (s *Store) Postpone(ctx context.Context, m erpbridge.Message, wait time.Duration, why error) error {
	kind, _, cause := causeOf(why)
	_, err := s.pool.Exec(ctx, `
		update inbox set digest_after = now() + $4, cause_kind = $5, cause = $6
		where store = $1 and type = $2 and message_id = $3 and points and undigested`, m.Store, m.Type, m.ID, wait, kind, cause)
	if err != nil {
		return fmt.Errorf("postponing a message: %w", err)
	}
	return nil
}

// ReleasePointing gives to the pipeline what waits to be fetched from none of stores and
// was nobody's for at least unclaimed, and returns how many messages that is: the store is
// no longer configured, or its API is not, and they would wait for ever. The pipeline
// says so of each.
func (s *Store) ReleasePointing(ctx context.Context, stores []string, unclaimed time.Duration) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		update inbox set points = false, digest_tries = 0, digest_after = now()
		where points and undigested and store <> all($1::text[]) and digest_after <= now() - $2::interval`, append([]string{}, stores...), unclaimed)
	if err != nil {
		return 0, fmt.Errorf("releasing what nobody fetches: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// A FetchBacklog is how many messages of a store wait for what they point to.
type FetchBacklog struct {
	Store    string `json:"store"`
	Messages int64  `json:"messages"`
	// Oldest is the age of the oldest in seconds.
	Oldest float64 `json:"oldest_seconds"`
	// Failed of them were asked for in vain at least once; Cause is why, the last time.
	Failed int64  `json:"failed"`
	Cause  string `json:"cause,omitempty"`
}

func readFetchBacklogs(ctx context.Context, tx pgx.Tx) ([]FetchBacklog, error) {
	q, err := tx.Query(ctx, `
		select store, count(*), extract(epoch from now() - min(accepted_at))::float8, count(*) filter (where cause <> ''),
		       coalesce((array_agg(cause order by digest_after desc) filter (where cause <> ''))[1], '')
		from inbox where points and undigested group by store order by store`)
	if err != nil {
		return nil, err
	}
	bs, err := pgx.CollectRows(q, pgx.RowToStructByPos[FetchBacklog])
	return append([]FetchBacklog{}, bs...), err
}
