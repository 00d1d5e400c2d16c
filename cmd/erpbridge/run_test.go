package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hakooi/erpbridge/config"
)

// A daemon that is told to stop while it is starting has not failed.
func TestStoppedWhileStarting(t *testing.T) {
	w := newWorld(t)
	conf, err := config.Load(w.config, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgx.Connect(t.Context(), conf.Database.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	if _, err := db.Exec(t.Context(), "begin; lock table xref_revision"); err != nil {
		t.Fatal(err)
	}
	daemon := w.start(t)
	poll(t, "the daemon to wait for the table", 30*time.Second, func() error {
		var waits bool
		if err := db.QueryRow(t.Context(), "select exists (select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database()))").Scan(&waits); err != nil {
			return err
		}
		if !waits {
			return errors.New("nobody waits")
		}
		return nil
	})
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		log, _ := os.ReadFile(w.log)
		t.Errorf("%v\n%s", err, log)
	}
}
