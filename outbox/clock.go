package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// A Clock looks after times that cannot be true. All times are Postgres', and its
// clock can be moved: what was scheduled, leased or found in doubt while it ran
// years ahead would sleep for years after it was set right.
type Clock struct {
	Store *Store
	// Longest is the longest wait that anything is ever scheduled for.
	Longest time.Duration
	// Lease is the longest lease.
	Lease time.Duration
	Log   *zap.Logger
}

// Run looks at once, and every half minute until ctx ends.
func (c Clock) Run(ctx context.Context) error {
	for {
		n, err := c.Mend(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			c.Log.Warn("looking for times that cannot be true", zap.Error(err))
		case n > 0:
			c.Log.Warn("times lay further ahead than anything is scheduled for: the database's clock was moved; they are now", zap.Int("rows", n))
		}
		if !sleep(ctx, 30*time.Second) {
			return nil
		}
	}
}

// Mend brings everything that lies further ahead than it can to now, and returns how
// many rows that were. Whoever holds a lease that is cut short is told by its fence.
func (c Clock) Mend(ctx context.Context) (int, error) {
	// As much again, so that nothing that is merely late is touched.
	ahead, lease := 2*c.Longest+time.Hour, 2*c.Lease+time.Minute
	n := 0
	err := inTx(ctx, c.Store.pool, "outbox.clock", func(tx pgx.Tx) error {
		n = 0
		for _, m := range []struct {
			sql string
			d   time.Duration
		}{
			{`update target set resume_at = least(resume_at, now()), next_at = least(next_at, now()), turn_at = least(turn_at, now())
			  where greatest(resume_at, next_at, turn_at) > now() + $1::interval`, ahead},
			{`delete from slot where held_until > now() + $1::interval`, lease},
			{`update stream set lease_until = now() where state = 'leased' and lease_until > now() + $1::interval`, lease},
			{`update stream set due_at = now() where state = 'ready' and due_at > now() + $1::interval`, ahead},
			{`update outbox set next_at = least(next_at, now()), doubt_since = least(doubt_since, now())
			  where state in ('pending', 'sending', 'in_doubt') and (next_at > now() + $1::interval or doubt_since > now() + $1::interval)`, ahead},
			{`update inbox set digest_after = now() where undigested and digest_after > now() + $1::interval`, ahead},
			{`update alert set next_at = now() where sent_at is null and next_at > now() + $1::interval`, ahead},
		} {
			tag, err := tx.Exec(ctx, m.sql, m.d)
			if err != nil {
				return err
			}
			n += int(tag.RowsAffected())
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("mending times: %w", err)
	}
	return n, nil
}
