package testenv

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestDatabaseIsOnesOwnAndGoesWithTheTest(t *testing.T) {
	var first, second string
	r := record(func(t testing.TB) {
		first, second = Database(t), Database(t)
		// Left open on purpose: the drop must not mind.
		run(t, connect(t, first), "CREATE TABLE mark (x int)")
	})
	if r.failed {
		t.Fatal(r.said)
	}
	if first == second {
		t.Error("two tests were given the same database")
	}
	wantNoDatabase(t, first)
	wantNoDatabase(t, second)
}

func TestMigratedIsACopyOfWhatMigrateMakes(t *testing.T) {
	fingerprint := forgotten(t)
	calls := 0
	migrate := func(url string) error { calls++; return mark(url) }
	var urls []string
	r := record(func(t testing.TB) {
		for range 3 {
			url := Migrated(t, fingerprint, migrate)
			// Found as migrate left it, whatever other tests did to theirs.
			conn := connect(t, url)
			wantMarks(t, conn, 1)
			run(t, conn, "INSERT INTO mark VALUES (2)")
			urls = append(urls, url)
		}
	})
	if r.failed {
		t.Fatal(r.said)
	}
	if calls != 1 {
		t.Errorf("migrated %d times, want once", calls)
	}
	for _, url := range urls {
		wantNoDatabase(t, url)
	}
	r = record(func(t testing.TB) { Migrated(t, fingerprint+" of another schema", migrate) })
	forgetTemplate(t, fingerprint+" of another schema")
	if r.failed || calls != 2 {
		t.Errorf("after a change of the schema: %q, migrated %d times in all, want 2", r.said, calls)
	}
}

// Many processes ask at once; to the server these are as good.
func TestMigratedAtOnceMakesOneTemplate(t *testing.T) {
	fingerprint := forgotten(t)
	var calls atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			r := record(func(t testing.TB) {
				wantMarks(t, connect(t, Migrated(t, fingerprint, func(url string) error { calls.Add(1); return mark(url) })), 1)
			})
			if r.failed {
				t.Error(r.said)
			}
		})
	}
	wg.Wait()
	if n := calls.Load(); n != 1 {
		t.Errorf("migrated %d times, want once", n)
	}
}

func TestHalfMadeTemplateIsNotUsed(t *testing.T) {
	fingerprint := forgotten(t)
	var left *pgx.Conn
	r := record(func(t testing.TB) {
		Migrated(t, fingerprint, func(url string) error {
			// As a killed process leaves it: with some of the schema, and connected.
			left = connect(t, url)
			run(t, left, "CREATE TABLE mark (x int)")
			return errors.New("killed")
		})
	})
	if !r.failed || !strings.Contains(r.said, "killed") {
		t.Fatalf("failed %t with %q", r.failed, r.said)
	}
	r = record(func(t testing.TB) { wantMarks(t, connect(t, Migrated(t, fingerprint, mark)), 1) })
	if r.failed {
		t.Error(r.said)
	}
}

func TestFingerprint(t *testing.T) {
	tree := func(files ...string) fs.FS {
		m := fstest.MapFS{}
		for i := 0; i < len(files); i += 2 {
			m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
		}
		return m
	}
	one := Fingerprint(t, tree("1.sql", "a", "2.sql", "b"))
	if inFolder := Fingerprint(t, tree("migrations/1.sql", "a", "migrations/2.sql", "b")); inFolder != one {
		t.Error("the folder makes a difference")
	}
	for name, other := range map[string]fs.FS{
		"content":   tree("1.sql", "a", "2.sql", "c"),
		"name":      tree("1.sql", "a", "3.sql", "b"),
		"one more":  tree("1.sql", "a", "2.sql", "b", "3.sql", ""),
		"one less":  tree("1.sql", "a"),
		"the seams": tree("1.sql", "a\n2.sql 1 b"),
	} {
		if Fingerprint(t, other) == one {
			t.Errorf("%s makes no difference", name)
		}
	}
	if r := record(func(t testing.TB) { Fingerprint(t, tree()) }); !r.failed {
		t.Error("no migrations have a fingerprint")
	}
}

// mark is a migration: a table with one row.
func mark(url string) error {
	if err := execute(url, "CREATE TABLE mark (x int)"); err != nil {
		return err
	}
	return execute(url, "INSERT INTO mark VALUES (1)")
}

func wantMarks(t testing.TB, conn *pgx.Conn, want int) {
	t.Helper()
	var n int
	if err := conn.QueryRow(context.Background(), "SELECT count(*) FROM mark").Scan(&n); err != nil || n != want {
		t.Errorf("%d rows, %v; want %d", n, err, want)
	}
}

// forgotten returns a fingerprint of which the server keeps no template.
func forgotten(t *testing.T) string {
	t.Helper()
	fingerprint := unique()
	t.Cleanup(func() { forgetTemplate(t, fingerprint) })
	return fingerprint
}

func forgetTemplate(t *testing.T, fingerprint string) {
	t.Helper()
	for _, name := range []string{templateOf(fingerprint), templateOf(fingerprint) + "_making"} {
		if err := execute(server(t, "DATABASE_URL"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	}
}

// connect opens a connection that is left to the end of its database.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func run(t testing.TB, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

func wantNoDatabase(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err == nil {
		err = conn.Close(t.Context())
		t.Errorf("a database is still there after its test (closing it: %v)", err)
		return
	}
	if pg := (*pgconn.PgError)(nil); !errors.As(err, &pg) || pg.Code != "3D000" {
		t.Errorf("got %v, want: database does not exist", err)
	}
}
