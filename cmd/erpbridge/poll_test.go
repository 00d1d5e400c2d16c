package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
)

// A shop of each kind loses a fifth of its webhooks, sends others twice, late and out
// of order, and drops its subscription half way; its API throttles, fails and hangs up,
// and what it lists moves. In the end the ERP has every order once, in its last state,
// and somebody was told.
func TestPollFindsWhatWebhooksLose(t *testing.T) {
	if testing.Short() {
		t.Skip("the daemon is a process: the race detector has nothing to see")
	}
	t.Parallel()
	for i, kind := range kindsOfShop {
		t.Run(kind.platform, func(t *testing.T) {
			t.Parallel()
			webhooks := shopsim.Faults{Lose: 0.2, Double: 0.1, Shuffle: 0.1, Late: 0.05, LateBy: time.Second}
			faults := webhooks
			faults.Throttle, faults.Fail, faults.Cut, faults.Slow, faults.SlowBy, faults.Move = 0.02, 0.02, 0.02, 0.1, 50*time.Millisecond, 0.1
			w := newShopWorld(t, kind, shopsim.Config{Seed: uint64(i) + 1, Faults: faults, Pace: 10 * time.Millisecond, SameSecond: true}, true,
				fmt.Sprintf("every: 1s, overlap: 1m, grace: 2s, resubscribe: %t", kind.resubscribe))
			w.run(t)
			if err := w.shop.Trade(t.Context(), 30, 60*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			w.shop.DropSubscription()
			if err := w.shop.Trade(t.Context(), 30, 60*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			// What the API lists stands still now; webhooks are lost as before.
			if err := w.shop.SetFaults(webhooks); err != nil {
				t.Fatal(err)
			}
			poll(t, "the ERP to have what the shop has", 90*time.Second, func() error { return w.settled(t) })
			w.checkTold(t, kind)
			if lost := len(w.shop.Journal(shopsim.Lost)); lost == 0 {
				t.Error("the shop lost no webhook")
			}
			// More rounds find nothing and change nothing.
			before := w.netsuite.State().Effects
			w.awaitRound(t)
			w.awaitRound(t)
			if err := w.settled(t); err != nil {
				t.Error(err)
			}
			if after := w.netsuite.State().Effects; after != before {
				t.Errorf("%d more effects in the ERP after everything was there", after-before)
			}
		})
	}
}

// checkTold checks what was mailed, and what became of the subscriptions.
func (w *shopWorld) checkTold(t *testing.T, kind kindOfShop) {
	t.Helper()
	poll(t, "the mail about lost events", 30*time.Second, func() error { return w.mailed("shop did not send", "fetched by the poll") })
	if !kind.watched {
		return
	}
	if !kind.resubscribe {
		poll(t, "the mail about the subscription", 30*time.Second, func() error {
			return w.mailed("shop no longer sends", kind.topics[0], "erpbridge store subscribe --store shop")
		})
		if subs := w.shop.Subscriptions(); len(subs) != 0 {
			t.Errorf("nobody asked for %+v", subs)
		}
		var done []subscribed
		w.cli(t, &done, "store", "subscribe", "--store", "shop")
		w.allActive(t, kind)
		return
	}
	poll(t, "the mail about the subscription", 30*time.Second, func() error {
		return w.mailed("shop no longer sends", kind.topics[0], "brought back")
	})
	w.allActive(t, kind)
}

func (w *shopWorld) allActive(t *testing.T, kind kindOfShop) {
	t.Helper()
	active := map[string]int{}
	for _, sub := range w.shop.Subscriptions() {
		if sub.Active {
			active[sub.Topic]++
		}
	}
	for _, topic := range kind.topics {
		if active[topic] != 1 {
			t.Errorf("%s is subscribed to %d times", topic, active[topic])
		}
	}
}

// awaitRound waits for a poll that began after now to come to its end. The one before
// may still be waiting, as long as a poll's patience lasts, for a shop that failed.
func (w *shopWorld) awaitRound(t *testing.T) {
	t.Helper()
	now := time.Now()
	poll(t, "a poll", 150*time.Second, func() error {
		var lines []storeLine
		w.cli(t, &lines, "store", "list")
		if len(lines) != 1 || lines[0].Poll == nil || lines[0].Poll.CompleteAt == nil {
			return errors.New("never polled")
		}
		if p := lines[0].Poll; p.BeganAt == nil || p.BeganAt.Before(now) || p.Running {
			return fmt.Errorf("the last one began at %v", p.BeganAt)
		}
		return nil
	})
}

// Backfill alone feeds a whole shop: once, and not at all if it is only asked what it
// would do.
func TestBackfillFeedsAWholeShop(t *testing.T) {
	if testing.Short() {
		t.Skip("the daemon is a process: the race detector has nothing to see")
	}
	t.Parallel()
	for i, kind := range kindsOfShop {
		t.Run(kind.platform, func(t *testing.T) {
			t.Parallel()
			w := newShopWorld(t, kind, shopsim.Config{Seed: uint64(i) + 10}, false, "every: 0s")
			w.run(t)
			for range 50 {
				if err := w.shop.Step(); err != nil {
					t.Fatal(err)
				}
			}
			since := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
			backfill := func(more ...string) (r filledReport) {
				w.cli(t, &r, append([]string{"backfill", "--store", "shop", "--since", since}, more...)...)
				return r
			}
			dry := backfill("--dry-run")
			if st := w.status(t); st.Accepted != 0 || len(w.netsuite.Records("salesOrder")) != 0 {
				t.Errorf("a dry run fed %+v", st.Ledger)
			}
			first := backfill()
			if !first.Done || first.Missing < 50 || first.Missing != dry.Missing || first.NotUnderstood != 0 || !dry.DryRun || first.DryRun {
				t.Errorf("fed %+v, and would have %+v", first, dry)
			}
			refunds, orders := 0, 0
			for _, o := range w.shop.Orders() {
				refunds += len(o.Refunds)
			}
			for event, n := range dry.ByType {
				if strings.HasPrefix(string(event), "order.") {
					orders += n
				}
			}
			if orders != 50 || dry.ByType["refund.issued"] != refunds || refunds == 0 {
				t.Errorf("missing are %v of 50 orders and %d refunds", dry.ByType, refunds)
			}
			poll(t, "the ERP to have what the shop has", 60*time.Second, func() error { return w.settled(t) })
			accepted, effects := w.status(t).Accepted, w.netsuite.State().Effects
			if second := backfill(); !second.Done || second.Missing != 0 || second.Known+second.Ignored != second.Listed {
				t.Errorf("the second time %+v", second)
			}
			if st := w.status(t); st.Accepted != accepted || w.netsuite.State().Effects != effects {
				t.Errorf("fed twice: %+v", st.Ledger)
			}
		})
	}
}

// What webhooks have brought is known to the listing: both tell the same states. Only
// WooCommerce has no webhook about refunds.
func TestBackfillKnowsWhatWebhooksBrought(t *testing.T) {
	if testing.Short() {
		t.Skip("the daemon is a process: the race detector has nothing to see")
	}
	t.Parallel()
	for i, kind := range kindsOfShop {
		t.Run(kind.platform, func(t *testing.T) {
			t.Parallel()
			w := newShopWorld(t, kind, shopsim.Config{Seed: uint64(i) + 20}, true, "every: 0s")
			w.run(t)
			if kind.platform == "adobecommerce" {
				if err := w.shop.Challenge(t.Context(), "http://"+w.listen+"/webhooks/shop"); err != nil {
					t.Error(err)
				}
			}
			if err := w.shop.Trade(t.Context(), 40, 20*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			poll(t, "the ERP to have what the shop has", 60*time.Second, func() error { return w.settled(t) })
			poll(t, "the last webhooks", 30*time.Second, func() error {
				if st := w.status(t); !w.shop.Quiet() || st.Pending != 0 {
					return fmt.Errorf("%+v", st.Ledger)
				}
				return nil
			})
			var r filledReport
			w.cli(t, &r, "backfill", "--store", "shop", "--since", "1h", "--dry-run")
			for event, n := range r.ByType {
				if n > 0 && (event != "refund.issued" || kind.platform != "woocommerce") {
					t.Errorf("%d %s are missing, such as %+v", n, event, r.Examples)
				}
			}
			if !r.Done || r.Listed < 40 || r.NotUnderstood != 0 {
				t.Errorf("listed %+v", r)
			}
		})
	}
}
