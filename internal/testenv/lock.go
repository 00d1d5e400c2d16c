package testenv

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
)

// LockTable keeps everybody else from a table of a database until the test ends. waiting
// is an error for as long as nobody waits for it.
func LockTable(t testing.TB, url, table string) (waiting func() error) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("locking %s: %v", table, err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	if _, err := db.Exec(t.Context(), "begin; lock table "+pgx.Identifier{table}.Sanitize()); err != nil {
		t.Fatalf("locking %s: %v", table, err)
	}
	return func() error {
		var waits bool
		err := db.QueryRow(t.Context(), `select exists (select from pg_locks where not granted and relation = $1::regclass)`, table).Scan(&waits)
		if err == nil && !waits {
			err = errors.New("nobody waits for " + table)
		}
		return err
	}
}
