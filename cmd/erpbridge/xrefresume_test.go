package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/outbox"
)

// heldFor returns what the held events wait for.
func (w *world) heldFor(t *testing.T) []outbox.HeldEvent {
	t.Helper()
	code, out, errs := command(t, "held", "list", "-o", "json", "--limit", "100000", "-c", w.config)
	if code != exitOK {
		t.Fatal(errs)
	}
	var held []outbox.HeldEvent
	if err := json.Unmarshal([]byte(out), &held); err != nil {
		t.Fatal(err)
	}
	return held
}

// awaitHeld waits until n events are held, each for want of one of the SKUs.
func (w *world) awaitHeld(t *testing.T, n int, sku string) {
	t.Helper()
	poll(t, fmt.Sprintf("%d held events for want of %s", n, sku), 60*time.Second, func() error {
		held := w.heldFor(t)
		if len(held) != n {
			return fmt.Errorf("%d are held", len(held))
		}
		for _, h := range held {
			if !strings.Contains(h.Cause, fmt.Sprintf("%q", sku)) {
				return fmt.Errorf("one waits for %s", h.Cause)
			}
		}
		return nil
	})
}

func (w *world) xref(t *testing.T, args ...string) {
	t.Helper()
	if code, out, errs := command(t, append([]string{"xref", args[0], "-c", w.config}, args[1:]...)...); code != exitOK {
		t.Fatalf("%q: exit %d: %s%s", args, code, out, errs)
	}
}

// runs starts a daemon, and ends it with the test.
func (w *world) runs(t *testing.T) {
	t.Helper()
	daemon := w.start(t)
	t.Cleanup(func() {
		if err := daemon.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := daemon.Wait(); err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
		if log, err := os.ReadFile(w.log); err == nil && t.Failed() {
			t.Logf("the daemon's log ends with\n%s", log[max(0, len(log)-6000):])
		}
	})
	w.awaitReady(t)
}

// logged counts the lines of the daemon's log that have all of texts.
func (w *world) logged(t *testing.T, texts ...string) (n int) {
	t.Helper()
	log, err := os.ReadFile(w.log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		has := true
		for _, text := range texts {
			has = has && strings.Contains(line, text)
		}
		if has {
			n++
		}
	}
	return n
}

// An order that is held for want of two items is delivered when operators have entered
// them, by the daemon that runs. It is tried once for each change that may help, and
// not in between; a dry run and a file that is refused are none.
func TestHeldForAnItemGoesOnByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	withoutItems(t, w)
	w.runs(t)
	if code := w.send(t.Context(), "d-1", orderBody(t, 1)); code != http.StatusOK {
		t.Fatalf("answered with %d", code)
	}
	w.awaitHeld(t, 1, "BP-CNV-OLV")
	for _, args := range [][]string{
		{file(t, "dry.csv", "table,key,value\nitems,BP-CNV-OLV,57\nitems,MUG-EN-12,58\n"), "--dry-run"},
		{file(t, "wrong.csv", "table,key,value\nitems,BP-CNV-OLV,57\nitems,MUG-EN-12,\n")},
	} {
		if _, out, _ := command(t, append([]string{"xref", "import", "-c", w.config}, args...)...); strings.Contains(out, "2 added") && len(args) == 1 {
			t.Fatal(out)
		}
	}
	w.xref(t, "set", "items", "BP-CNV-OLV", "57")
	w.awaitHeld(t, 1, "MUG-EN-12")
	began := time.Now()
	w.xref(t, "set", "items", "MUG-EN-12", "58")
	poll(t, "the order to arrive", 30*time.Second, func() error {
		if st := w.status(t); st.Delivered != 1 || st.Pending != 0 || st.Held != 0 || !st.Balanced {
			return fmt.Errorf("%+v", st.Ledger)
		}
		return nil
	})
	t.Logf("delivered %s after xref set", time.Since(began))
	if records := w.netsuite.Records("salesOrder"); len(records) != 1 || records[0].Total != "121.12" || records[0].Created != 1 || records[0].Updated != 0 {
		t.Errorf("NetSuite holds %+v", records)
	}
	if n := w.logged(t, `"held"`, `"d-1"`); n != 2 {
		t.Errorf("it was held %d times, want 2", n)
	}
	http.DefaultClient.CloseIdleConnections()
}

// Two daemons hold 1,000 states of 500 orders. When the items are there all of them go
// on: every order is in NetSuite once, in its last state.
func TestThousandHeldGoOnAtTwoDaemons(t *testing.T) {
	if testing.Short() {
		t.Skip("1,000 webhooks, two processes")
	}
	t.Parallel()
	const orders = 500
	w := newWorld(t)
	withoutItems(t, w)
	w.runs(t)
	other := besides(t, w)
	other.runs(t)
	state := func(order int, note, updated string) []byte {
		body := strings.ReplaceAll(string(orderBody(t, order)), `"2026-09-14T16:42:07-04:00"`, `"`+updated+`"`)
		return []byte(withNote(t, body, note))
	}
	for i, s := range []struct{ note, updated string }{{"first", "2026-09-14T16:42:07-04:00"}, {"last", "2026-09-14T16:43:07-04:00"}} {
		for n := range orders {
			to := []*world{w, other}[n%2]
			if code := to.send(t.Context(), fmt.Sprintf("d-%d-%d", i, n), state(n, s.note, s.updated)); code != http.StatusOK {
				t.Fatalf("answered with %d", code)
			}
		}
	}
	w.awaitHeld(t, 2*orders, "BP-CNV-OLV")
	began := time.Now()
	w.xref(t, "import", file(t, "items.csv", "table,key,value\nitems,BP-CNV-OLV,57\nitems,MUG-EN-12,58\n"))
	poll(t, "everything to arrive", 2*time.Minute, func() error {
		if st := w.status(t); st.Held != 0 || st.Pending != 0 || st.Dead != 0 || !st.Balanced || st.Delivered+st.Superseded != 2*orders {
			return fmt.Errorf("%+v", st.Ledger)
		}
		return nil
	})
	t.Logf("1,000 delivered %s after xref import", time.Since(began))
	records := w.netsuite.Records("salesOrder")
	if len(records) != orders {
		t.Errorf("NetSuite holds %d orders", len(records))
	}
	for _, r := range records {
		if r.Created != 1 || !strings.HasSuffix(r.Memo, "last") {
			t.Errorf("%s was created %d times and says %q", r.ExternalID, r.Created, r.Memo)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// besides is a world with a second daemon on the same servers.
func besides(t *testing.T, w *world) *world {
	t.Helper()
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	o := *w
	o.listen, o.log = freeAddress(t), filepath.Join(t.TempDir(), "second.log")
	o.config = file(t, "second.yaml", strings.Replace(string(text), w.listen, o.listen, 1))
	return &o
}

// withNote gives an order a note.
func withNote(t *testing.T, body, note string) string {
	t.Helper()
	const none = `"note": null`
	if !strings.Contains(body, none) {
		t.Fatalf("the order has no %s", none)
	}
	return strings.Replace(body, none, fmt.Sprintf(`"note": %q`, note), 1)
}
