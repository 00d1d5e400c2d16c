package main

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// A daemon that is told to stop while it is starting has not failed.
func TestStoppedWhileStarting(t *testing.T) {
	w := newWorld(t)
	conf, err := config.Load(w.config, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	waiting := testenv.LockTable(t, conf.Database.URL.Reveal(), "xref_revision")
	daemon := w.start(t)
	poll(t, "the daemon to read the cross-references", 30*time.Second, waiting)
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		log, _ := os.ReadFile(w.log)
		t.Errorf("%v\n%s", err, log)
	}
}
