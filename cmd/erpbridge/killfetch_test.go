package main

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
)

// Ten times kill -9 while messages wait for what they point to: a shop that sends
// envelopes sells 120 orders and changes as many. There is no poll that would find what
// was lost. In the end the ERP has every order once, in its last state, and the ledger
// balances at every look.
func TestKillWhileMessagesWaitToBeFetched(t *testing.T) {
	if testing.Short() {
		t.Skip("a process is killed here: the race detector has nothing to see")
	}
	t.Parallel()
	const orders, kills = 120, 10
	kind := kindsOfShop[len(kindsOfShop)-1]
	if kind.platform != "bigcommerce" {
		t.Fatalf("%s does not send envelopes", kind.platform)
	}
	// One for an order, one for each change of it; and nobody looks after them.
	kind.topics, kind.watched = []string{"store/order/created", "store/order/updated"}, false
	w := newShopWorld(t, kind, shopsim.Config{
		Seed: 15, Pace: 5 * time.Millisecond,
		// So that questions are open whenever the daemon is killed.
		Faults: shopsim.Faults{Double: 0.1, Slow: 0.3, SlowBy: 50 * time.Millisecond, Fail: 0.005, Cut: 0.005},
	}, true, "every: 0s")
	daemon := w.start(t)
	defer func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	}()
	w.awaitReady(t)

	traded := make(chan error, 1)
	go func() { traded <- w.shop.Trade(t.Context(), orders, 30*time.Millisecond) }()
	dice := rand.New(rand.NewPCG(15, 2)) // #nosec G404 -- a test
	waiting := 0
	for range kills {
		time.Sleep(300*time.Millisecond + time.Duration(dice.IntN(500))*time.Millisecond)
		if err := daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = daemon.Wait()
		st := w.status(t)
		if !st.Balanced {
			t.Fatalf("not balanced after a kill: %+v", st.Ledger)
		}
		if len(st.Fetching) > 0 && st.Fetching[0].Messages > 0 {
			waiting++
		}
		daemon = w.start(t)
	}
	if waiting < kills/2 {
		t.Errorf("only at %d of %d kills something waited to be fetched", waiting, kills)
	}
	if err := <-traded; err != nil {
		t.Fatal(err)
	}
	defer func() {
		if t.Failed() {
			st := w.status(t)
			t.Logf("ledger %+v, to be fetched %+v, quiet %t, given up %v, subscriptions %+v", st.Ledger, st.Fetching, w.shop.Quiet(), w.shop.Journal(shopsim.GivenUp), w.shop.Subscriptions())
		}
	}()
	// What a killed daemon was fetching is its own for 90 s.
	poll(t, "the ERP to have what the shop has", 4*time.Minute, func() error {
		if !w.shop.Quiet() {
			return errors.Join(errors.New("the shop is still sending"), w.settled(t))
		}
		return w.settled(t)
	})
	if st := w.status(t); !st.Balanced || len(st.Fetching) > 0 {
		t.Errorf("ledger %+v, to be fetched %+v", st.Ledger, st.Fetching)
	}
	if n := len(w.shop.Orders()); n != orders {
		t.Errorf("the shop sold %d orders", n)
	}
	if given := w.shop.Journal(shopsim.GivenUp); len(given) > 0 {
		t.Errorf("the shop gave up %d webhooks: nobody acknowledged them", len(given))
	}
	if most := w.netsuite.State().MaxConcurrency; most > 5 {
		t.Errorf("%d requests at once", most)
	}
}
