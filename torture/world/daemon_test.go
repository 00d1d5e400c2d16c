package world

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stub is a daemon whose program is a shell script.
func stub(t *testing.T, script string) *Daemon {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "daemon"), []byte("#!/bin/sh\n"+script), 0o700); err != nil { // #nosec G306 -- a program
		t.Fatal(err)
	}
	return &Daemon{Number: 1, Log: filepath.Join(dir, "log"), world: &World{conf: Config{Bin: dir, Program: "daemon"}}}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := poll(ctx, 5*time.Millisecond, func() error {
		if ok() {
			return nil
		}
		return errors.New("not yet")
	})
	if err != nil {
		t.Fatalf("waited in vain for %s", what)
	}
}

// A daemon that is killed is started again; one that is stopped is not.
func TestSupervision(t *testing.T) {
	d := stub(t, "trap 'exit 0' TERM\necho up\nwhile :; do sleep 0.01; done\n")
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(); err == nil {
		t.Error("it was started twice")
	}
	up := 0
	for n := range 3 {
		eventually(t, "it to be up", func() bool { up = strings.Count(tail(d.Log), "up"); return up == n+1 })
		if err := d.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the next start", func() bool { return d.Counts().Starts == n+2 })
	}
	// The signal must not come before the trap is set: there is a line of each start.
	eventually(t, "the last one to be up", func() bool { return strings.Count(tail(d.Log), "up") == up+1 })
	if err := d.Stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if c := d.Counts(); c.Kills != 3 || c.Starts != 4 || c.Exits != 0 {
		t.Errorf("%+v", c)
	}
}

// A daemon that ends by itself is counted, and a panic is told.
func TestPanicIsTold(t *testing.T) {
	d := stub(t, "echo 'panic: oh no'; echo 'goroutine 1 [running]:'; exit 2\n")
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second start", func() bool { return d.Counts().Exits >= 1 })
	if err := d.Dead(); err != nil {
		t.Fatal(err)
	}
	if len(d.Panics()) == 0 {
		t.Error("nobody was told of the panic")
	}
}
