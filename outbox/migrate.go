package outbox

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// SchemaVersion is where a database's schema stands.
type SchemaVersion struct {
	Database int64 `json:"database"` // what the database has; 0 if nothing
	Program  int64 `json:"program"`  // what this program was built for
}

// Current reports whether database and program agree.
func (v SchemaVersion) Current() bool { return v.Database == v.Program }

// Migrate brings the schema up to date and returns the versions applied. Several
// programs may call it at once: a session lock of Postgres lets one go first.
func Migrate(ctx context.Context, url string) ([]int64, error) {
	db, err := openSQL(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, `create schema if not exists `+schema); err != nil {
		// Two programs creating the schema at once: one gets a unique violation
		// although the schema is there afterwards.
		if _, again := db.ExecContext(ctx, `create schema if not exists `+schema); again != nil {
			return nil, fmt.Errorf("creating schema %s: %w", schema, again)
		}
	}
	p, err := provider(db)
	if err != nil {
		return nil, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrating: %w", err)
	}
	var applied []int64
	for _, r := range done {
		applied = append(applied, r.Source.Version)
	}
	return applied, nil
}

// ReadSchemaVersion tells where the schema of the database at url stands.
func ReadSchemaVersion(ctx context.Context, url string) (SchemaVersion, error) {
	var v SchemaVersion
	db, err := openSQL(url)
	if err != nil {
		return v, err
	}
	defer func() { _ = db.Close() }()
	p, err := provider(db)
	if err != nil {
		return v, err
	}
	for _, s := range p.ListSources() {
		v.Program = max(v.Program, s.Version)
	}
	// Asked with plain SQL: goose would create its table, and this only looks.
	var there bool
	if err := db.QueryRowContext(ctx, `select to_regclass($1) is not null`, versionTable).Scan(&there); err != nil {
		return v, fmt.Errorf("reading the schema version: %w", err)
	}
	if there {
		err = db.QueryRowContext(ctx, `select coalesce(max(version_id), 0) from `+versionTable+` where is_applied`).Scan(&v.Database)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return v, fmt.Errorf("reading the schema version: %w", err)
		}
	}
	return v, nil
}

const versionTable = schema + ".goose_db_version"

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithTableName(versionTable))
}

func openSQL(url string) (*sql.DB, error) {
	pc, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: not a valid connection string")
	}
	pc.RuntimeParams["search_path"] = schema
	pc.RuntimeParams["application_name"] = "erpbridge migrate"
	return stdlib.OpenDB(*pc), nil
}
