package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A HeldEvent waits for a mapping or for a decision. It goes on by itself under
// another mapping; an operator can have it tried again before, or give it up.
type HeldEvent struct {
	Event   int64     `json:"event"`
	Since   time.Time `json:"since"`
	Store   string    `json:"store"`
	Type    string    `json:"type"` // the storefront's topic
	Message string    `json:"message"`
	Order   string    `json:"order,omitempty"`
	Stream  string    `json:"stream,omitempty"`
	Cause   string    `json:"cause"`
}

// ErrNotHeld is returned for an event that does not exist or is not held.
var ErrNotHeld = errors.New("no held event of that number")

// HeldEvents lists the held events of a store and of an order, or of all where
// these are empty, oldest first.
func (s *Store) HeldEvents(ctx context.Context, store, order string, limit int) ([]HeldEvent, error) {
	q, err := s.pool.Query(ctx, `
		select id, accepted_at, store, type, message_id, order_number, stream, cause from inbox
		where state = 'held' and $1 in ('', store) and $2 in ('', order_number) order by id limit $3`, store, order, limit)
	if err != nil {
		return nil, fmt.Errorf("listing held events: %w", err)
	}
	hs, err := pgx.CollectRows(q, pgx.RowToStructByPos[HeldEvent])
	if err != nil {
		return nil, fmt.Errorf("listing held events: %w", err)
	}
	return hs, nil
}

// RetryHeld gives a held event back to the pipeline. What is still missing holds it
// again. What a message points to is fetched anew: it may have been mended in the shop.
func (s *Store) RetryHeld(ctx context.Context, event int64, actor, note string) error {
	return s.decideHeld(ctx, event, "tried again", actor, note, `
		update inbox set state = 'pending', undigested = true, digest_after = now(), digest_tries = 0,
		       points = points or fetched is not null, cause_kind = '', cause = ''
		where id = $1 and state = 'held'`)
}

// DiscardHeld gives a held event up, by the word of actor and for the reason in
// note.
func (s *Store) DiscardHeld(ctx context.Context, event int64, actor, note string) error {
	return s.decideHeld(ctx, event, "discarded", actor, note, `update inbox set state = 'discarded' where id = $1 and state = 'held'`)
}

// decideHeld changes a held event, with a line in the audit log. The row's state
// decides who of several operators acts.
func (s *Store) decideHeld(ctx context.Context, event int64, action, actor, note, change string) error {
	err := inTx(ctx, s.pool, "outbox.held.decide", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, change, event)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotHeld
		}
		return writeAudit(ctx, tx, actor, action, fmt.Sprintf("held event %d", event), note)
	})
	if err != nil {
		return fmt.Errorf("event %d: %w", event, err)
	}
	return nil
}
