package testenv

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database makes an empty database on the server of DATABASE_URL and returns its
// URL. It is dropped when the test ends, with whatever is still connected to it.
func Database(t testing.TB) string {
	t.Helper()
	admin := server(t, "DATABASE_URL")
	u, err := url.Parse(admin)
	if err != nil {
		// Not err itself: it repeats the URL, and with it the password.
		t.Fatal("DATABASE_URL is not a URL")
	}
	name := unique()
	u.Path = "/" + name

	// A copy of template1 would fail while anybody else is connected to that.
	if err := execute(admin, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test's database: %v", err)
		}
	})
	return u.String()
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
