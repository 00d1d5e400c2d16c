package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// explain logs all that is known of the order in which the ERP differs from the shop:
// what the shop did, what the bridge wrote down, and what it said meanwhile. The world
// is gone when somebody reads of the failure.
func (w *shopWorld) explain(t *testing.T) {
	t.Helper()
	var d *difference
	if !errors.As(w.differs(), &d) {
		return
	}
	var b strings.Builder
	for _, e := range w.shop.Journal() {
		if e.Order == d.order {
			fmt.Fprintf(&b, "shop    %s %s state %d %s, attempt %d: %d\n", e.At.Format("15:04:05.000000"), e.Kind, e.State, e.Topic, e.Attempt, e.Status)
		}
	}
	ctx := context.WithoutCancel(t.Context())
	rows, err := sql.Open("pgx", w.database)
	if err != nil {
		t.Errorf("looking at the rows: %v", err)
		return
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	resource := fmt.Sprintf("order/%d", d.order)
	for _, query := range []string{
		`
		select format('inbox   %s %s: id %s by %s, %s %s, %s of %s (%s), %s', accepted_at::time, state, id, via, type, message_id,
		              left(version_digest, 12), version_at::time, substring(convert_from(coalesce(fetched, body), 'UTF8') from 'state [0-9]+'), cause)
		from inbox where resource = $1 or undigested order by id`, `
		select format('outbox  %s %s: seq %s.%s %s of event %s, %s of %s rank %s, %s', settled_at::time, state, seq, pos, kind, event_id,
		              left(version_digest, 12), version_at::time, version_rank, cause)
		from outbox where resource = $1 order by target, stream, seq, pos`,
	} {
		if err := eachRow(ctx, rows, &b, query, resource); err != nil {
			t.Errorf("looking at the rows: %v", err)
		}
	}
	log, err := os.ReadFile(w.log)
	if err != nil {
		t.Error(err)
	}
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte(`"order/`+fmt.Sprint(d.order)+`"`)) || bytes.Contains(line, []byte(`"known_until"`)) {
			fmt.Fprintf(&b, "log     %s", line)
		}
	}
	t.Logf("%v:\n%s", d, b.String())
}

// eachRow writes the rows of a query of one column, each as a line.
func eachRow(ctx context.Context, rows *sql.DB, into *strings.Builder, query string, args ...any) (err error) {
	q, err := rows.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	for q.Next() {
		var line string
		if err := q.Scan(&line); err != nil {
			return err
		}
		fmt.Fprintln(into, line)
	}
	return q.Err()
}
