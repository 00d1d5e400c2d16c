package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A DeadLetterFilter chooses dead letters. Empty fields match everything.
type DeadLetterFilter struct {
	Store, Target, Order string
	CauseKind, CauseCode string
	All                  bool // closed ones too
	Limit                int  // of a list; 0: 1000
}

// chosen is the condition of a filter on dead_letter d, of the arguments $1 to $6.
const chosen = `
	where ($1 or d.state = 'open') and $2 in ('', d.store) and $3 in ('', d.target) and $4 in ('', d.order_number)
	and $5 in ('', d.cause_kind) and $6 in ('', d.cause_code) `

func (f DeadLetterFilter) args(more ...any) []any {
	return append([]any{f.All, f.Store, f.Target, f.Order, f.CauseKind, f.CauseCode}, more...)
}

// DeadLetters lists dead letters, oldest first.
func (s *Store) DeadLetters(ctx context.Context, f DeadLetterFilter) ([]DeadLetter, error) {
	if f.Limit == 0 {
		f.Limit = 1000
	}
	q, err := s.pool.Query(ctx, selectDeadLetters+chosen+`order by d.id limit $7`, f.args(f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("listing dead letters: %w", err)
	}
	ds, err := pgx.CollectRows(q, scanDeadLetter)
	if err != nil {
		return nil, fmt.Errorf("listing dead letters: %w", err)
	}
	return ds, nil
}

// DeadLetterNumbers returns the numbers of all dead letters that f chooses, whatever its
// Limit, oldest first.
func (s *Store) DeadLetterNumbers(ctx context.Context, f DeadLetterFilter) ([]int64, error) {
	q, err := s.pool.Query(ctx, `select d.id from dead_letter d`+chosen+`order by d.id`, f.args()...)
	if err != nil {
		return nil, fmt.Errorf("choosing dead letters: %w", err)
	}
	ids, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("choosing dead letters: %w", err)
	}
	return ids, nil
}

// A DeadLetterGroup is the dead letters of one store and target that have one reason, as
// far as its kind and the ERP's code tell.
type DeadLetterGroup struct {
	Store     string    `json:"store"`
	Target    string    `json:"target,omitempty"` // empty: they never became documents
	CauseKind string    `json:"cause_kind"`
	CauseCode string    `json:"cause_code,omitempty"`
	Count     int64     `json:"count"`
	Orders    int64     `json:"orders"`
	First     time.Time `json:"first_at"`
	Last      time.Time `json:"last_at"`
	// Cause is what the newest of them says.
	Cause string `json:"cause"`
}

// DeadLetterGroups groups the dead letters that f chooses, whatever its Limit; the
// largest group comes first.
func (s *Store) DeadLetterGroups(ctx context.Context, f DeadLetterFilter) ([]DeadLetterGroup, error) {
	q, err := s.pool.Query(ctx, `
		select d.store, d.target, d.cause_kind, d.cause_code, count(*), count(distinct nullif(d.order_number, '')),
		       min(d.created_at), max(d.created_at), (array_agg(d.cause order by d.id desc))[1]
		from dead_letter d`+chosen+`
		group by d.store, d.target, d.cause_kind, d.cause_code order by count(*) desc, min(d.id)`, f.args()...)
	if err != nil {
		return nil, fmt.Errorf("grouping dead letters: %w", err)
	}
	gs, err := pgx.CollectRows(q, pgx.RowToStructByPos[DeadLetterGroup])
	if err != nil {
		return nil, fmt.Errorf("grouping dead letters: %w", err)
	}
	return gs, nil
}
