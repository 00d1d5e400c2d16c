package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// A Setting is one of Postgres' settings that the promise rests on.
type Setting struct {
	Name   string
	Value  string
	OK     bool
	Advice string // what to do; empty if OK
}

// Durability reads the settings that decide whether a COMMIT survives a crash.
func (s *Store) Durability(ctx context.Context) ([]Setting, error) {
	var out []Setting
	for _, want := range []struct{ name, bad, advice string }{
		{"fsync", "off", "a power cut can lose or corrupt accepted orders: set fsync = on in postgresql.conf and restart, or, for a development machine only, database.development: true"},
		{"full_page_writes", "off", "a power cut can corrupt tables: set full_page_writes = on"},
		{"synchronous_commit", "off", "a crash can lose orders that were acknowledged: set synchronous_commit = on"},
	} {
		var value string
		if err := s.pool.QueryRow(ctx, `select current_setting($1)`, want.name).Scan(&value); err != nil {
			return nil, fmt.Errorf("reading postgres' settings: %w", err)
		}
		set := Setting{Name: want.name, Value: value, OK: value != want.bad}
		if !set.OK {
			set.Advice = want.advice
		}
		out = append(out, set)
	}
	return out, nil
}

// ServerVersion returns Postgres' version number, such as 150018.
func (s *Store) ServerVersion(ctx context.Context) (int, error) {
	var v int
	if err := s.pool.QueryRow(ctx, `select current_setting('server_version_num')::int`).Scan(&v); err != nil {
		return 0, fmt.Errorf("reaching postgres: %w", err)
	}
	return v, nil
}

// CheckTables proves that the daemon's own role may work with the tables.
func (s *Store) CheckTables(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, t := range []string{"inbox", "stream", "outbox", "attempt", "dead_letter", "alert", "target", "audit", "slot", "throughput", "poll", "poll_found", "confirmation"} {
			var ok bool
			if err := tx.QueryRow(ctx, `select has_table_privilege($1, 'select') and has_table_privilege($1, 'insert')`, schema+"."+t).Scan(&ok); err != nil {
				return fmt.Errorf("table %s: %w", t, err)
			}
			if !ok {
				return fmt.Errorf("table %s: this role may not read and write it: grant select, insert, update on all tables in schema %s", t, schema)
			}
		}
		return nil
	})
}
