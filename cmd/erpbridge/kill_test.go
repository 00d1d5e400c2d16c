package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// Twenty times kill -9 while 1,000 orders come in. The storefront sends each order
// until it is acknowledged, as storefronts do. Nothing is lost, NetSuite holds
// every order once, and the ledger balances at every look.
func TestKillTwentyTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("a process is killed here: the race detector has nothing to see")
	}
	t.Parallel()
	const orders, kills, senders = 1000, 20, 8
	w := newWorld(t)
	// What makes it hard: answers that are lost after the effect.
	for _, m := range []suitetalk.Mode{
		{Kind: suitetalk.EffectThenDrop, Probability: 0.02, Seed: 1},
		{Kind: suitetalk.DropBeforeEffect, Probability: 0.02, Seed: 2},
		{Kind: suitetalk.Slow, Delay: 5 * time.Millisecond},
	} {
		if err := w.netsuite.AddMode(m); err != nil {
			t.Fatal(err)
		}
	}
	daemon := w.start(t)
	defer func() { _ = daemon.Process.Kill() }()
	w.awaitReady(t)

	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var next, acknowledged atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for n := next.Add(1); n <= orders && ctx.Err() == nil; n = next.Add(1) {
				for ctx.Err() == nil && w.send(ctx, fmt.Sprintf("d-%d", n), orderBody(t, int(n))) != http.StatusOK {
					time.Sleep(50 * time.Millisecond)
				}
				acknowledged.Add(1)
				time.Sleep(60 * time.Millisecond) // spread over all the kills
			}
		})
	}
	rnd := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a test
	for range kills {
		time.Sleep(200*time.Millisecond + time.Duration(rnd.IntN(400))*time.Millisecond)
		if err := daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = daemon.Wait()
		if st := w.status(t); !st.Balanced {
			t.Fatalf("not balanced after a kill: %+v", st.Ledger)
		}
		daemon = w.start(t)
	}
	wg.Wait()
	if n := acknowledged.Load(); n != orders {
		t.Fatalf("%d of %d acknowledged", n, orders)
	}
	// A killed daemon's leases end by themselves, in 35 s.
	poll(t, "everything to be delivered", 2*time.Minute, func() error {
		if st := w.status(t); st.Delivered != orders || st.Pending != 0 {
			return fmt.Errorf("%+v", st.Ledger)
		}
		return nil
	})
	st := w.status(t)
	if st.Accepted != orders || !st.Balanced {
		t.Errorf("ledger %+v", st.Ledger)
	}
	records := w.netsuite.Records("salesOrder")
	if len(records) != orders {
		t.Errorf("NetSuite holds %d orders, want %d", len(records), orders)
	}
	repeats := 0
	for _, r := range records {
		if r.Created != 1 {
			t.Errorf("%s was created %d times", r.ExternalID, r.Created)
		}
		if r.Total != "121.12" {
			t.Errorf("%s has total %s", r.ExternalID, r.Total)
		}
		repeats += r.Updated
	}
	// Every state goes out once: what was in doubt was looked up, not sent again.
	if repeats != 0 {
		t.Errorf("%d orders were written again", repeats)
	}
	if most := w.netsuite.State().MaxConcurrency; most > 5 {
		t.Errorf("%d requests at once", most)
	}
}
