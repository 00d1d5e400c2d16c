package testenv

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Migrated makes a database as Database does, with what migrate makes of an empty
// one. To run migrations is slow and to copy a database is not, so migrate runs once
// for a server and a fingerprint: on a template, of which every test gets a copy.
// The fingerprint has to be another one whenever migrate would do another thing:
// Fingerprint gives one.
//
//	nothing --migrate--> template_<hash>_making --rename--> template_<hash> --copy--> the test's own
//
// The rename is the only way to a template's name, so that nobody copies what a
// killed test left half made: whoever comes next drops it and begins again. A lock of
// the server lets one process do that at a time. Templates stay with the server; a
// private one takes them along.
func Migrated(t testing.TB, fingerprint string, migrate func(url string) error) string {
	t.Helper()
	admin := server(t, "DATABASE_URL")
	template := templateOf(fingerprint)
	copied, err := database(t, admin, template)
	if isUndefinedDatabase(err) {
		if err := makeTemplate(admin, template, migrate); err != nil {
			t.Fatalf("making the template of migrated databases: %v", err)
		}
		copied, err = database(t, admin, template)
	}
	if err != nil {
		t.Fatalf("copying the template of migrated databases: %v", err)
	}
	return copied
}

// Fingerprint returns one of a tree of migrations: of the names of its files, whatever
// folder they are in, and what is in them.
func Fingerprint(t testing.TB, migrations fs.FS) string {
	t.Helper()
	hash, files := sha256.New(), 0
	err := fs.WalkDir(migrations, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations, name)
		files++
		hash.Write(fmt.Appendf(nil, "%s %d %s\n", path.Base(name), len(content), content))
		return err
	})
	if err != nil {
		t.Fatalf("reading the migrations: %v", err)
	}
	if files == 0 {
		t.Fatal("there are no migrations")
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// templateOf returns the name of a fingerprint's template.
func templateOf(fingerprint string) string {
	hash := sha256.Sum256([]byte(fingerprint))
	return "template_" + hex.EncodeToString(hash[:8])
}

// migrating bounds what one process does under the lock, and so what others wait.
const migrating = 2 * time.Minute

// makeTemplate makes a template unless another process has done so meanwhile.
func makeTemplate(admin, template string, migrate func(url string) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), migrating)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	// Whatever happens to this process, the lock ends with its session.
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	hash := sha256.Sum256([]byte(template))
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(binary.BigEndian.Uint64(hash[:]))); err != nil {
		return fmt.Errorf("waiting for another process that makes it: %w", err)
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", template).Scan(&there); err != nil || there {
		return err
	}

	making := template + "_making"
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+making+" WITH (FORCE)"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+making+" TEMPLATE template0"); err != nil {
		return err
	}
	empty, err := onServer(admin, making)
	if err != nil {
		return err
	}
	if err := migrate(empty); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	// A template somebody is connected to can't be copied.
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+making+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+making+" RENAME TO "+template)
	return err
}

// onServer returns the URL of another database of the same server.
func onServer(admin, name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		// Not err itself: it repeats the URL, and with it the password.
		return "", errors.New("DATABASE_URL is not a URL")
	}
	u.Path = "/" + name
	return u.String(), nil
}

func isUndefinedDatabase(err error) bool {
	pg := (*pgconn.PgError)(nil)
	return errors.As(err, &pg) && pg.Code == "3D000"
}
