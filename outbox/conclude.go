package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge"
)

// A Conclusion is what a request came to for its target: not what became of its
// documents, which Settle records, but how the target did.
type Conclusion struct {
	Target  string
	Slot    string
	Limits  Limits
	Outcome Outcome
	// Pause is how long the target asked to be left alone, or is to be.
	Pause time.Duration
	// Cause is why it did not answer, asked for less or refused.
	Cause error
	// Delivered counts documents.
	Delivered int
	// Busy is how long the target may still be working on the request, which got no
	// answer: its permission stays taken for so long.
	Busy time.Duration
}

// remind is how often a target that stays away, or refuses, is told of again; calm is
// the least time between two tales of one that comes and goes.
const (
	remind = 24 * time.Hour
	calm   = 15 * time.Minute
)

// Conclude gives back the permission of a request and lets the target's standing
// learn from it. It is called when the request is over, whatever became of its
// settling. A target that is away or refuses is told of once, and again each day; one
// that was away and then refuses is told of once more.
func (s *Store) Conclude(ctx context.Context, c Conclusion) error {
	err := inTx(ctx, s.pool, "outbox.conclude", func(tx pgx.Tx) error {
		if c.Busy == 0 {
			over, err := giveUpSlot(ctx, tx, c)
			if err != nil || over {
				return err
			}
		}
		return learn(ctx, tx, c)
	})
	if err != nil {
		return fmt.Errorf("concluding a request to %s: %w", c.Target, err)
	}
	return nil
}

// giveUpSlot ends the permission of a request that taught nothing new: it was never
// made, or it was answered and its target was in the best of health before. That is
// nearly every one, and it does without the lock of the target's row, which Claim
// holds until its COMMIT is on disk. Another request may fail at the same moment;
// then nobody can say which of the two was the last one.
func giveUpSlot(ctx context.Context, tx pgx.Tx, c Conclusion) (over bool, err error) {
	// Nothing here has to survive a crash of Postgres: a slot ends by itself, and
	// how a target is doing is found out again.
	err = tx.QueryRow(ctx, `
		with idle as (select set_config('synchronous_commit', 'off', true)),
		over as (select $3 or $4 and exists (select from target where name = $1 and window_size = 0 and failures = 0) as yes from idle),
		gone as (delete from slot using over where token = $2 and over.yes returning token),
		counted as (
			insert into throughput as t (target, minute, requests, delivered)
			select $1, date_trunc('minute', now()), 1, $5 from gone where not $3
			on conflict (target, minute) do update set requests = t.requests + 1, delivered = t.delivered + excluded.delivered)
		select yes from over`, c.Target, c.Slot, c.Outcome == NothingMet, c.Outcome == Answered && c.Pause == 0, c.Delivered).Scan(&over)
	return over, err
}

func learn(ctx context.Context, tx pgx.Tx, c Conclusion) error {
	var s Standing
	var now time.Time
	// The target's row before the slot's, as Claim does it.
	if err := tx.QueryRow(ctx, `
		select window_size, threshold, failures, resume_at, clock_timestamp() from target where name = $1 for update`, c.Target).
		Scan(&s.Window, &s.Threshold, &s.Failures, &s.ResumeAt, &now); err != nil {
		return err
	}
	end, args := `delete from slot where token = $1`, []any{c.Slot}
	if c.Busy > 0 {
		end, args = `update slot set held_until = clock_timestamp() + $2 where token = $1`, append(args, c.Busy)
	}
	tag, err := tx.Exec(ctx, end, args...)
	if err != nil || tag.RowsAffected() == 0 || c.Outcome == NothingMet {
		// A slot that had ended was counted as ended: its process slept, and what it
		// has to tell is old.
		return err
	}
	before := s
	s = c.Limits.Learn(s, c.Outcome, c.Pause, now)
	var b pgx.Batch
	if s != before || c.Outcome != Answered {
		kind, _, cause := causeOf(c.Cause)
		b.Queue(`
			update target set window_size = $2, threshold = $3, failures = $4, resume_at = $5, kind = $6, reason = $7, changed_at = now(),
			       failing_since = case when $4 = 0 then null else coalesce(failing_since, now()) end
			where name = $1`, c.Target, s.Window, s.Threshold, s.Failures, s.ResumeAt, kind, cause)
	}
	if s.Away() {
		tell, reason := "target-away", fmt.Sprintf("%d requests in a row got no answer; erpbridge probes it with one request at a time and goes on by itself: ", s.Failures)
		if c.Outcome == Refusing {
			tell, reason = "target-refused", ""
		}
		_, _, cause := causeOf(c.Cause)
		// Who was told that it is away was told that it goes on by itself, which it does
		// not once it refuses.
		b.Queue(`
			with due as (
				update target t set told_at = now()
				where name = $1 and (told_at is null or told_at <= now() - case when failing_since > told_at
					or $2 = 'target-refused' and not exists (select from alert where target = t.name and kind = $2 and created_at >= t.failing_since)
					then $5::interval else $4::interval end)
				returning name)
			insert into alert (kind, target, reason) select $2, name, $3 from due`, c.Target, tell, reason+cause, remind, calm)
	}
	b.Queue(`
		insert into throughput as t (target, minute, requests, delivered) values ($1, date_trunc('minute', now()), 1, $2)
		on conflict (target, minute) do update set requests = t.requests + 1, delivered = t.delivered + excluded.delivered`, c.Target, c.Delivered)
	return tx.SendBatch(ctx, &b).Close()
}

// outcome says what a request taught about its target. Documents that were
// refused one by one were still answered for.
func outcome(results []erpbridge.Result, lookup bool) (o Outcome, pause time.Duration, cause error) {
	o = NoAnswer
	for _, r := range results {
		switch erpbridge.KindOf(r.Err) {
		case erpbridge.Throttled:
			return TooMuch, clamp(after(r.Err), 0), r.Err
		case erpbridge.Refused:
			return Refusing, 0, r.Err
		case erpbridge.Transient, erpbridge.InDoubt:
			cause, pause = r.Err, max(pause, clamp(after(r.Err), 0))
		case erpbridge.Unknown:
			cause = r.Err
			if !lookup {
				o = Answered // it said something, which nobody understands
			}
		default:
			o = Answered
		}
	}
	if o == Answered {
		return o, 0, nil
	}
	return o, pause, cause
}
