package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/outbox"
)

// An erpWorld is a world with a simulated shop on one side and a simulated ERP on the
// other.
type erpWorld struct {
	*shopWorld
	kind   kindOfERP
	erp    *simulatedERP
	target string
	// arrived is how many requests came to the ERP by HTTP.
	arrived atomic.Int64
}

func newERPWorld(t *testing.T, kind kindOfERP) *erpWorld {
	t.Helper()
	url, prefix := testenv.AMQP(t)
	w := &erpWorld{kind: kind, target: "erp", shopWorld: &shopWorld{world: &world{
		secret: "a-secret-for-this-test-alone", listen: freeAddress(t), log: filepath.Join(t.TempDir(), "daemon.log"),
	}}}
	w.database = migrated(t)
	w.openShop(t, shopsim.Config{
		Platform: "shopify", Secret: w.secret, Seed: 5, Timeout: time.Minute,
		Webhooks: publicAddress + "/webhooks/shop", Reach: map[string]string{publicAddress: w.balancer(t)},
	})
	w.erp = kind.open(t, w)
	refunds := "\n  - {store: shop, type: refund.issued, ignore: true}"
	if w.erp.refunds != nil {
		refunds = ""
	}
	w.configure(t, fmt.Sprintf(`
database: {url: %q, development: true}
broker: {url: %q, prefix: %s}
http: {listen: "%s"}
stores:
  - name: shop
    kind: shopify
    shop: test.myshopify.com
    secrets: [%s]
    time_zone: Africa/Lagos
targets:
  - name: %s
    kind: %s
%s
    delivery:
      concurrency: %d
      batch: %d
      timeout: 2s
      lease: 4s
      poll: 50ms
      lookup_after: 20ms
      retry: {first: 20ms, max: 500ms, attempts: 60, age: 1h}
      missing: {attempts: 60}
      confirm: {first: 50ms, max: 500ms, within: 10s}
routes:%s
  - {store: shop, targets: [%s]}
`, w.database, url, prefix, w.listen, w.secret, w.target, kind.kind, indented(w.erp.section), cmp.Or(kind.concurrency, 4), max(kind.batch, 1), refunds, w.target))
	return w
}

// indented puts settings under a target.
func indented(section string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(section), "\n", "\n    ")
}

// balancer stands before the daemon and holds what comes while the daemon is away, as a
// merchant's load balancer does. It returns its address.
func (w *erpWorld) balancer(t *testing.T) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		for r.Context().Err() == nil {
			req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+w.listen+r.URL.Path, bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header = r.Header.Clone()
			res, err := client.Do(req)
			if err != nil {
				time.Sleep(20 * time.Millisecond) // the daemon was killed and is being started
				continue
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			rw.WriteHeader(res.StatusCode)
			return
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// during repeats what an ERP does by itself until the test ends.
func during(t *testing.T, pause time.Duration, f func() error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := f(); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
}

// trade sells orders, changes and cancels some, kills the daemon when the ERP has half of
// them, and waits until everything is where it belongs.
func (w *erpWorld) trade(t *testing.T, orders int) {
	t.Helper()
	daemon := w.start(t)
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
		w.tell(t)
	})
	w.awaitReady(t)
	traded := make(chan error, 1)
	go func() { traded <- w.shop.Trade(t.Context(), orders, 10*time.Millisecond) }()
	patience := time.Minute + time.Duration(orders)*500*time.Millisecond
	await(t, "the ERP to have half of the orders", patience, func() error {
		if n := len(w.erp.booked()); n < orders/2 {
			return fmt.Errorf("it has %d; %+v", n, w.status(t).Ledger)
		}
		return nil
	})
	if err := daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = daemon.Wait()
	if st := w.status(t); !st.Balanced {
		t.Errorf("not balanced after the kill: %+v", st.Ledger)
	}
	daemon = w.start(t)
	if err := <-traded; err != nil {
		t.Fatal(err)
	}
	await(t, "everything to be settled", patience, func() error {
		if !w.shop.Quiet() {
			return errors.New("the shop is still sending")
		}
		st := w.status(t)
		if w.kind.unconfirmable && st.Dead > 0 {
			w.settleCancelled(t)
			return errors.New("the operator settled something")
		}
		switch {
		case !st.Balanced:
			t.Fatalf("not balanced: %+v", st.Ledger)
		case st.Dead > 0:
			t.Fatalf("%d dead letters", st.Dead)
		case st.Held > 0:
			t.Fatalf("%d events are held", st.Held)
		case st.Pending > 0 || st.Broker == nil || st.Broker.Messages > 0:
			return fmt.Errorf("%+v, with the broker %+v", st.Ledger, st.Broker)
		}
		return nil
	})
}

// await is poll at a pace that does not slow down what is waited for: each look reads all
// that was ever accepted.
func await(t *testing.T, what string, most time.Duration, ok func() error) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(most); ; <-tick.C {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %v", what, err)
		}
	}
}

// settleCancelled does what an operator does about cancellations that the ERP takes and
// never confirms, because it has no such order. Any other dead letter is one too many.
func (w *erpWorld) settleCancelled(t *testing.T) {
	t.Helper()
	var letters []outbox.DeadLetter
	w.cli(t, &letters, "dead", "list")
	booked := w.erp.booked()
	byStream := map[string]*shopsim.Order{}
	for _, o := range w.shop.Orders() {
		byStream[fmt.Sprintf("order/%d", o.ID)] = o
	}
	for _, l := range letters {
		o := byStream[strings.TrimPrefix(l.Stream, "shop/")]
		if o == nil || o.Cancelled.IsZero() || l.CauseCode != "NOT-CONFIRMED" {
			t.Fatalf("a dead letter nobody expected: %+v", l)
		}
		if _, there := booked[fmt.Sprint(o.ID)]; there {
			t.Fatalf("the ERP has the order of a cancellation it did not confirm: %+v", l)
		}
		var done any
		w.cli(t, &done, "dead", "settle", fmt.Sprint(l.ID), "--reason", "it was cancelled before the ERP had it")
	}
}

// tell logs what is known of a world in which something went wrong.
func (w *erpWorld) tell(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	var letters []outbox.DeadLetter
	w.cli(t, &letters, "dead", "list")
	for _, l := range letters[:min(len(letters), 5)] {
		t.Logf("dead: %s %s %s %s: %s", l.Order, l.Kind, l.CauseKind, l.CauseCode, l.Cause)
	}
	var held []struct{ Order, Cause string }
	w.cli(t, &held, "held", "list")
	for _, h := range held[:min(len(held), 5)] {
		t.Logf("held: %s: %s", h.Order, h.Cause)
	}
	requests, mishaps, bad := w.erp.figures()
	t.Logf("ledger %+v; %d requests, mishaps %v, not fit to be taken %q", w.status(t).Ledger, requests, mishaps, bad)
	log, err := os.ReadFile(w.log)
	if err != nil {
		t.Error(err)
	}
	t.Logf("the daemon's log ends with\n%s", log[max(0, len(log)-1500):])
	if len(letters) == 0 {
		return
	}
	var story strings.Builder
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, `"`+letters[0].Stream+`"`) {
			story.WriteString(line)
		}
	}
	t.Logf("the daemon on %s:\n%s", letters[0].Stream, story.String())
}
