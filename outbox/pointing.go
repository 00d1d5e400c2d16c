package outbox

import (
	"context"
	"fmt"
	"time"

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
		where store = $1 and type = $2 and message_id = $3 and points`, m.Store, m.Type, m.ID, body)
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
		where store = $1 and type = $2 and message_id = $3 and points`, m.Store, m.Type, m.ID, wait, kind, cause)
	if err != nil {
		return fmt.Errorf("postponing a message: %w", err)
	}
	return nil
}
