package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"
)

// A Clock looks after times that cannot be true. All times are Postgres', and its
// clock can be moved: what was scheduled, leased or found in doubt while it ran ahead
// would sleep after it was set right, for as long as it was ahead.
//
//	each second       it goes on less far than ours: it was set back ──▶ Wake
//	at the start      something was written later than now: it was set back ──▶ Wake
//	each half minute  something lies further ahead than anything ever does ──▶ Mend
//
// That it was set forward is noticed where something is claimed: see leaps.
type Clock struct {
	Store *Store
	// Longest is the longest wait that anything is ever scheduled for.
	Longest time.Duration
	// Confirm is the longest an ERP may take to book what it accepted.
	Confirm time.Duration
	// Lease is the longest lease.
	Lease time.Duration
	Log   *zap.Logger
}

// Run looks at once, and each second until ctx ends.
func (c Clock) Run(ctx context.Context) error {
	var mended time.Time
	var w watch
	for {
		if mended.IsZero() || time.Since(mended) >= 30*time.Second {
			n, err := c.Mend(ctx)
			c.tell(ctx, n, err, "times lay further ahead than anything is scheduled for: the database's clock was moved; they are now")
			mended = time.Now()
		}
		back, err := w.look(ctx, c.Store)
		n := 0
		if back {
			n, err = c.Wake(ctx)
			w.wake = w.wake || err != nil // it is still to be done
		}
		c.tell(ctx, n, err, "the database's clock was set back; what was scheduled before that is tried now")
		if !sleep(ctx, time.Second) {
			return nil
		}
	}
}

func (c Clock) tell(ctx context.Context, n int, err error, what string) {
	switch {
	case err != nil && ctx.Err() == nil:
		c.Log.Warn("looking after the database's clock", zap.Error(err))
	case n > 0:
		c.Log.Warn(what, zap.Int("rows", n))
	}
}

// Mend brings everything that lies further ahead than it can to now, and returns how
// many rows that were. Whoever holds a lease that is cut short is told by its fence.
func (c Clock) Mend(ctx context.Context) (int, error) {
	// As much again, so that nothing that is merely late is touched.
	ahead, lease, confirm := 2*c.Longest+time.Hour, 2*c.Lease+time.Minute, 2*max(c.Longest, c.Confirm)+time.Hour
	n, err := c.bring(ctx, []bringing{
		{`update target set resume_at = least(resume_at, now()), next_at = least(next_at, now()), turn_at = least(turn_at, now())
		  where greatest(resume_at, next_at, turn_at) > now() + $1::interval`, ahead},
		// Its request may be under way: it is not given back before a lease is over.
		{`update slot set held_until = now() + $1::interval where held_until > now() + $1::interval`, lease},
		{`update stream set lease_until = now() where state = 'leased' and lease_until > now() + $1::interval`, lease},
		{`update stream set due_at = now() where state = 'ready' and due_at > now() + $1::interval`, ahead},
		{`update outbox set next_at = least(next_at, now()), doubt_since = least(doubt_since, now())
		  where state in ('pending', 'sending', 'in_doubt') and (next_at > now() + $1::interval or doubt_since > now() + $1::interval)`, ahead},
		{`update outbox set next_at = least(next_at, now()), accepted_at = least(accepted_at, now()), confirm_since = least(confirm_since, now())
		  where state = 'accepted' and greatest(next_at, accepted_at, confirm_since) > now() + $1::interval`, confirm},
		{`update inbox set digest_after = now() where undigested and digest_after > now() + $1::interval`, ahead},
		{`update alert set next_at = now() where sent_at is null and next_at > now() + $1::interval`, ahead},
	})
	if err != nil {
		return 0, fmt.Errorf("mending times: %w", err)
	}
	return n, nil
}

// A bringing is a statement that brings times nearer, and what it measures them by.
type bringing struct {
	sql string
	d   time.Duration
}

func (c Clock) bring(ctx context.Context, all []bringing) (n int, err error) {
	err = inTx(ctx, c.Store.pool, "outbox.clock", func(tx pgx.Tx) error {
		n = 0
		for _, b := range all {
			tag, err := tx.Exec(ctx, b.sql, b.d)
			if err != nil {
				return err
			}
			n += int(tag.RowsAffected())
		}
		return nil
	})
	return n, err
}
