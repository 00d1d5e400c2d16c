package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/hakooi/erpbridge/internal/fault"
)

// inTx runs fn in a transaction. It is the one way to hold one here. fn holds
// only SQL: it is run again when Postgres asks for that (deadlock, failed
// serialisation). The rollback does not depend on ctx, which may be what ended fn.
//
// An error may come although the COMMIT took effect (its answer was lost), so
// whatever is done in inTx must be safe to do again.
//
// The step's name, such as "outbox.settle", makes two points for faults:
// "outbox.settle.begin" and "outbox.settle.commit".
func inTx(ctx context.Context, pool *pgxpool.Pool, step string, fn func(pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := once(ctx, pool, step, fn)
		var pg *pgconn.PgError
		if try < 5 && errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001") {
			continue
		}
		return err
	}
}

func once(ctx context.Context, pool *pgxpool.Pool, step string, fn func(pgx.Tx) error) error {
	var tx pgx.Tx
	err := fault.Do(step+".begin", func() (err error) {
		tx, err = pool.Begin(ctx)
		return err
	})
	if tx != nil {
		defer func() {
			rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			// After Commit this is a no-op. Otherwise the pool throws a connection
			// away that could not be rolled back.
			_ = tx.Rollback(rctx)
		}()
	}
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	return fault.Do(step+".commit", func() error { return tx.Commit(ctx) })
}
