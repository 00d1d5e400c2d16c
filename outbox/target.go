package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A TargetState is how a target is doing, across all daemons.
type TargetState struct {
	Name string `json:"name"`
	// PausedBy is the operator who paused it, empty if nobody did. A pause without an
	// end waits for erpbridge target resume.
	PausedBy    string     `json:"paused_by,omitempty"`
	PauseReason string     `json:"pause_reason,omitempty"`
	PausedAt    *time.Time `json:"paused_at,omitempty"`
	PausedUntil *time.Time `json:"paused_until,omitempty"`
	// RestsUntil is when it may be asked again, by its own word or ours, and
	// RestReason why.
	RestsUntil *time.Time `json:"rests_until,omitempty"`
	RestReason string     `json:"rest_reason,omitempty"`
	// Failures counts the requests in a row that came to nothing. From some on it
	// counts as away and is probed with one request at a time.
	Failures     int        `json:"failures_in_a_row"`
	Away         bool       `json:"away"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
	// Window is how many requests may be open at once at present, less than
	// configured after throttling or an outage; 0: as many as configured.
	Window float64 `json:"window"`
	// Open is how many requests are open now, of all daemons.
	Open int `json:"open_requests"`
}

// Targets returns how the targets are doing that were ever claimed for or paused,
// by name.
func (s *Store) Targets(ctx context.Context) ([]TargetState, error) {
	ts, err := readTargetStates(ctx, s.pool)
	if err != nil {
		return nil, fmt.Errorf("reading the targets: %w", err)
	}
	return ts, nil
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func readTargetStates(ctx context.Context, db querier) ([]TargetState, error) {
	q, err := db.Query(ctx, `
		select name, paused_by, pause_reason, paused_at, paused_until, case when resume_at > now() then resume_at end, reason, failures, failing_since, window_size,
		       (select count(*) from slot where target = name and held_until > now()), now()
		from target order by name`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(q, func(r pgx.CollectableRow) (TargetState, error) {
		var t TargetState
		var now time.Time
		if err := r.Scan(&t.Name, &t.PausedBy, &t.PauseReason, &t.PausedAt, &t.PausedUntil, &t.RestsUntil, &t.RestReason, &t.Failures, &t.FailingSince, &t.Window, &t.Open, &now); err != nil {
			return t, err
		}
		if t.PausedUntil != nil && !t.PausedUntil.After(now) {
			t.PausedBy, t.PauseReason, t.PausedAt, t.PausedUntil = "", "", nil, nil
		}
		if t.RestsUntil == nil {
			t.RestReason = ""
		}
		t.Away = t.Failures >= tripping
		return t, nil
	})
}

// A Pause is an operator's word that nothing is to be sent to a target.
type Pause struct {
	Actor  string
	Reason string
	// For is how long; 0: until it is resumed.
	For time.Duration
}

// ErrPaused is returned for a target that is paused already, ErrNotPaused for one
// that neither is paused nor rests.
var (
	ErrPaused    = errors.New("it is paused already; resume it first to pause it for another reason or time")
	ErrNotPaused = errors.New("it is neither paused nor resting")
)

// PauseTarget keeps all daemons from claiming for a target. Requests under way end
// as they do. It is written to the audit log.
func (s *Store) PauseTarget(ctx context.Context, name string, p Pause) error {
	err := inTx(ctx, s.pool, "outbox.pause", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `insert into target (name) values ($1) on conflict do nothing`, name); err != nil {
			return err
		}
		var until *time.Time
		tag, err := tx.Exec(ctx, `
			update target set paused_by = $2, pause_reason = $3, paused_at = now(), paused_until = case when $4 > interval '0' then now() + $4 end
			where name = $1 and (paused_by = '' or paused_until <= now())`, name, clean(p.Actor), clean(p.Reason), p.For)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrPaused
		}
		if err := tx.QueryRow(ctx, `select paused_until from target where name = $1`, name).Scan(&until); err != nil {
			return err
		}
		detail := clean(p.Reason)
		if until != nil {
			detail += fmt.Sprintf(" (until %s)", until.UTC().Format(time.RFC3339))
		}
		return writeAudit(ctx, tx, p.Actor, "paused", "target "+name, detail)
	})
	if err != nil {
		return fmt.Errorf("pausing %s: %w", name, err)
	}
	return nil
}

// ResumeTarget ends a pause, and a rest that the target's failures or refusals
// brought about: it is asked again at once, with one request first. It is written to
// the audit log.
func (s *Store) ResumeTarget(ctx context.Context, name, actor, reason string) error {
	err := inTx(ctx, s.pool, "outbox.unpause", func(tx pgx.Tx) error {
		var idle bool
		err := tx.QueryRow(ctx, `select paused_by = '' and resume_at <= now() from target where name = $1 for update`, name).Scan(&idle)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && idle {
			return ErrNotPaused
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update target set resume_at = now() where name = $1`, name); err != nil {
			return err
		}
		return resume(ctx, tx, name, actor, reason)
	})
	if err != nil {
		return fmt.Errorf("resuming %s: %w", name, err)
	}
	return nil
}

// resume ends a pause. The target's row is locked.
func resume(ctx context.Context, tx pgx.Tx, name, actor, reason string) error {
	if _, err := tx.Exec(ctx, `
		update target set paused_by = '', pause_reason = '', paused_at = null, paused_until = null where name = $1`, name); err != nil {
		return err
	}
	if err := writeAudit(ctx, tx, actor, "resumed", "target "+name, reason); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `select pg_notify($1, $2)`, channel, name)
	return err
}
