package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge/internal/fault"
)

// Turn takes the next turn at a target's pace, for a request that is about to be
// sent. If it has not come yet, wait says when to ask again.
//
// Admit spaces requests when they are claimed; between then and the sending a busy
// machine delays some of them and lets others catch up. So the pace is kept once
// more, right before a request leaves: a turn comes each 1/rate seconds, and one that
// was missed may be made up for, one only. In any second no more than rate + 2
// requests leave, of all daemons together.
//
// A further turn is for what was admitted as one request and takes several. It is said
// when it is asked for the first time: those that are admitted from then on wait for it,
// and at the pace of admission. If they only waited once it has come, more and more would
// be under way that take the turns from each other, and none be done in time.
func (s *Store) Turn(ctx context.Context, target string, l Limits, further bool) (wait time.Duration, err error) {
	if l.Rate <= 0 || fault.Planted("rate-per-process") {
		return 0, nil
	}
	var b pgx.Batch
	// One implicit transaction. Its outcome need not survive a crash of Postgres: to
	// start anew it takes longer than a turn.
	b.Queue(`select set_config('synchronous_commit', 'off', true)`)
	if further {
		b.Queue(`
			update target set next_at = greatest(next_at, clock_timestamp())
				+ $2::interval * case when window_size > 0 then greatest($3::float8 / window_size, 1) else 1 end
			where name = $1`, target, l.interval(Standing{}), float64(l.Concurrency))
	}
	b.Queue(`
		with turn as (
			update target set turn_at = greatest(turn_at, clock_timestamp() - $2::interval) + $2::interval
			where name = $1 and turn_at <= clock_timestamp() returning name)
		select case when exists (select from turn) then interval '0' else greatest(turn_at - clock_timestamp(), interval '1 ms') end
		from target where name = $1`, target, l.interval(Standing{}))
	results := s.pool.SendBatch(ctx, &b)
	defer func() { err = errors.Join(err, results.Close()) }()
	if further {
		if _, err := results.Exec(); err != nil {
			return 0, fmt.Errorf("asking for a turn at %s: %w", target, err)
		}
	}
	if _, err := results.Exec(); err != nil {
		return 0, fmt.Errorf("taking a turn at %s: %w", target, err)
	}
	if err := results.QueryRow().Scan(&wait); err != nil {
		return 0, fmt.Errorf("taking a turn at %s: %w", target, err)
	}
	return wait, nil
}
