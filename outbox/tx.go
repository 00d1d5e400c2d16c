package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// inTx runs fn in a transaction. It is the one way to hold one here. fn holds
// only SQL: it is run again when Postgres asks for that (deadlock, failed
// serialisation). The rollback does not depend on ctx, which may be what ended fn.
//
// An error may come although the COMMIT took effect (its answer was lost), so
// whatever is done in inTx must be safe to do again.
func inTx(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := once(ctx, pool, fn)
		var pg *pgconn.PgError
		if try < 5 && errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001") {
			continue
		}
		return err
	}
}

func once(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		// After Commit this is a no-op. Otherwise the pool throws a connection
		// away that could not be rolled back.
		_ = tx.Rollback(rctx)
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
