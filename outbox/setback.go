package outbox

import (
	"context"
	"fmt"
	"time"
)

// Wake is for a clock that was set back: nobody can tell any more which times were
// written before that. So whatever waits is tried now, and all leases end within one
// from now. What had to wait for a reason of its own comes early, once: it is told so
// again by whoever it has to wait for. Wake returns how many rows it changed.
func (c Clock) Wake(ctx context.Context) (int, error) {
	n, err := c.bring(ctx, []bringing{
		{`update target set resume_at = least(resume_at, now()), next_at = least(next_at, now()), turn_at = least(turn_at, now())
		  where greatest(resume_at, next_at, turn_at) > now() + $1::interval`, 0},
		{`update slot set held_until = now() + $1::interval where held_until > now() + $1::interval`, c.Lease},
		{`update stream set lease_until = now() + $1::interval where state = 'leased' and lease_until > now() + $1::interval`, c.Lease},
		{`update stream set due_at = now() where state = 'ready' and due_at > now() + $1::interval`, 0},
		{`update outbox set next_at = least(next_at, now()), doubt_since = least(doubt_since, now())
		  where state in ('pending', 'sending', 'in_doubt') and (next_at > now() + $1::interval or doubt_since > now() + $1::interval)`, 0},
		{`update outbox set next_at = least(next_at, now()), accepted_at = least(accepted_at, now()), confirm_since = least(confirm_since, now())
		  where state = 'accepted' and greatest(next_at, accepted_at, confirm_since) > now() + $1::interval`, 0},
		{`update inbox set digest_after = now() where undigested and digest_after > now() + $1::interval`, 0},
		{`update alert set next_at = now() + $1::interval where sent_at is null and next_at > now() + $1::interval`, noticeLease},
		{`update alert set next_at = now() where sent_at is null and attempts = 0 and next_at > now() + $1::interval`, 0},
		{`update poll set due_at = least(due_at, now()) where due_at > now() + $1::interval`, 0},
		{`update poll set held_until = now() + $1::interval where held_until > now() + $1::interval`, pollLease},
		// A minute that has not begun tells the next start that the clock was set back.
		{`delete from throughput where minute > now() + $1::interval`, 0},
	})
	if err != nil {
		return 0, fmt.Errorf("waking what sleeps since the clock was set back: %w", err)
	}
	return n, nil
}

// pollLease is the longest a turn to poll lasts without being kept.
const pollLease = 2 * time.Minute

// tolerance is how far the clock may be set back without anybody noticing: what is
// scheduled comes as much later.
const tolerance = 500 * time.Millisecond

// A watch compares Postgres' clock with this process's own, which nobody can set.
type watch struct {
	last look
	wake bool // to be woken at the next look
}

// A look is one at Postgres' clock, between two at ours.
type look struct{ before, theirs, after time.Time }

// look reports whether Postgres' clock was set back since the last look, or at the
// first one, while no daemon looked. It says so at two looks: a transaction under way
// may still write a time of before.
func (w *watch) look(ctx context.Context, s *Store) (back bool, err error) {
	var l look
	var ahead bool
	first := w.last.theirs.IsZero()
	l.before = time.Now()
	if err := s.pool.QueryRow(ctx, `
		select clock_timestamp(), $1 and (
			coalesce((select accepted_at from inbox order by id desc limit 1) > clock_timestamp() + $2::interval, false)
			or exists (select from throughput where minute > clock_timestamp()))`, first, tolerance).Scan(&l.theirs, &ahead); err != nil {
		return false, fmt.Errorf("looking at the database's clock: %w", err)
	}
	l.after = time.Now()
	moved := ahead || !first && l.behind(w.last) > tolerance
	back = moved || w.wake
	w.last, w.wake = l, moved
	return back, nil
}

// behind is by how much Postgres' clock went on less than ours did since an earlier
// look, at least. Ours stands still while the machine sleeps: it is negative then.
func (l look) behind(earlier look) time.Duration {
	return l.before.Sub(earlier.after) - l.theirs.Sub(earlier.theirs)
}
