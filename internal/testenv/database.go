package testenv

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database makes an empty database on the server of DATABASE_URL and returns its
// URL. It is dropped when the test ends, with whatever is still connected to it.
func Database(t testing.TB) string {
	t.Helper()
	// A copy of template1 would fail while anybody else is connected to that.
	url, err := database(t, server(t, "DATABASE_URL"), "template0")
	if err != nil {
		t.Fatalf("making a database: %v", err)
	}
	return url
}

// database makes a copy of a template for the time of a test, and returns its URL.
// How it is copied is left to the server: through the log (the default since
// PostgreSQL 15), which takes half as long as file by file with two checkpoints.
func database(t testing.TB, admin, template string) (string, error) {
	t.Helper()
	name := unique()
	url, err := onServer(admin, name)
	if err != nil {
		return "", err
	}
	if err := execute(admin, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return "", err
	}
	t.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return url, nil
}

// execute runs one statement on a connection of its own: cleaning up must not
// depend on what the test did to another.
func execute(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}
	return err
}
