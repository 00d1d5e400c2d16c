package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// An Act is a line of the audit log: what somebody did, in the transaction in which it
// was done. The log is only ever added to.
type Act struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`  // who, as the command line knows it; "erpbridge" for the daemon itself
	Action string    `json:"action"` // such as replayed
	Object string    `json:"object"` // such as "dead letter 17"
	Detail string    `json:"detail"` // the reason or note that was given
}

// An AuditFilter chooses acts. Empty fields match everything.
type AuditFilter struct {
	Actor, Object string
	Since         time.Time
	Limit         int // 0: 100
}

// Acts lists acts, newest first.
func (s *Store) Acts(ctx context.Context, f AuditFilter) ([]Act, error) {
	if f.Limit == 0 {
		f.Limit = 100
	}
	q, err := s.pool.Query(ctx, `
		select id, at, actor, action, object, detail from audit
		where $1 in ('', actor) and $2 in ('', object) and at >= $3
		order by id desc limit $4`, f.Actor, f.Object, f.Since, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	acts, err := pgx.CollectRows(q, pgx.RowToStructByPos[Act])
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return acts, nil
}

// Audit writes down what an operator did.
func (s *Store) Audit(ctx context.Context, actor, action, object, detail string) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return writeAudit(ctx, tx, actor, action, object, detail) })
	if err != nil {
		return fmt.Errorf("writing to the audit log: %w", err)
	}
	return nil
}

// writeAudit adds a line to the audit log.
func writeAudit(ctx context.Context, tx pgx.Tx, actor, action, object, detail string) error {
	_, err := tx.Exec(ctx, `insert into audit (actor, action, object, detail) values ($1, $2, $3, $4)`,
		clean(actor), action, object, clean(detail))
	return err
}
