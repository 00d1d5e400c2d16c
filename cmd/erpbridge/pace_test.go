package main

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// However an adapter talks to its ERP, and whatever goes wrong: no request arrives there
// that the pace was not asked for.
func TestPaceIsAskedForEachRequest(t *testing.T) {
	t.Parallel()
	for _, kind := range kindsOfERP {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			w := newERPWorld(t, kind)
			opt := &options{config: w.config}
			_, n, err := opt.loadAll()
			if err != nil {
				t.Fatal(err)
			}
			erp := n.targets[w.target]
			var asked atomic.Int64
			ctx := erpbridge.WithPace(t.Context(), func(context.Context) error {
				asked.Add(1)
				return nil
			})
			calls := 0
			for order := range 10 {
				calls += work(ctx, t, erp, n.stores["shop"], order)
			}
			switch arrived := w.arrived.Load(); {
			case arrived > asked.Load():
				t.Errorf("%d requests arrived, and the pace was asked for %d", arrived, asked.Load())
			case arrived == 0 && asked.Load() > 0:
				t.Errorf("a file is no request: the pace was asked for %d", asked.Load())
			default:
				t.Logf("%d calls of the adapter, the pace was asked for %d requests, %d arrived", calls, asked.Load(), arrived)
			}
		})
	}
}

// work has an adapter deliver an order, look it up and ask what became of it, a few times
// each, and returns how many calls that were.
func work(ctx context.Context, t *testing.T, erp erpbridge.ERP, shop erpbridge.Storefront, order int) (calls int) {
	t.Helper()
	events, err := shop.Normalize(erpbridge.Message{Store: "shop", Type: "orders/create", Body: orderBody(t, order), ReceivedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := erp.Translate(events[0])
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, doc := range docs {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			result := erp.Deliver(ctx, []erpbridge.Document{doc})[0]
			calls++
			if finder, ok := erp.(erpbridge.Finder); ok {
				finder.Find(ctx, []erpbridge.Document{doc})
				calls++
			}
			if confirmer, ok := erp.(erpbridge.Confirmer); ok && result.Err == nil && result.Receipt.Accepted {
				confirmer.Confirm(ctx, []erpbridge.Accepted{{Document: doc, Ref: result.Receipt.Ref, Since: time.Now()}})
				calls++
			}
			cancel()
		}
	}
	return calls
}
