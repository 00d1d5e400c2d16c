package fo

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
)

func noDelay() dmf.Config { return dmf.Config{} }

// everyFault is every way the simulated F&O can fail, each of them now and then.
func everyFault() []dmf.Mode {
	var modes []dmf.Mode
	for i, m := range []dmf.Mode{
		// Those that befall a call, 14 of them.
		{Kind: dmf.DropBefore},
		{Kind: dmf.DropAfter},
		{Kind: dmf.CutAnswer},
		{Kind: dmf.Throttle, RetryAfter: "0"},
		{Kind: dmf.Busy, RetryAfter: "0"},
		{Kind: dmf.Fail, Message: "A deadlock occurred."},
		{Kind: dmf.Fail, Message: "Something else."},
		{Kind: dmf.FailAfter},
		{Kind: dmf.HTML},
		{Kind: dmf.HTMLAfter},
		{Kind: dmf.Login},
		{Kind: dmf.Forbidden},
		{Kind: dmf.Empty},
		{Kind: dmf.ExpireTokens},
		{Kind: dmf.Slow, Delay: 2 * time.Millisecond},
		// Those that befall the import of an order.
		{Kind: dmf.DropLine},
		{Kind: dmf.DropLine, Line: 1},
		{Kind: dmf.LoseLine, Line: 2},
		{Kind: dmf.HeaderOnly},
		{Kind: dmf.FailImport},
		{Kind: dmf.Cancel},
		{Kind: dmf.BlobGone},
		{Kind: dmf.FalseAlarm},
		{Kind: dmf.UnknownFirst, Delay: 20 * time.Millisecond},
		{Kind: dmf.Late, Delay: 5 * time.Millisecond},
		{Kind: dmf.NoErrors},
	} {
		m.Probability, m.Seed = 0.03, uint64(i+1)
		if i < 14 {
			m.Probability = 0.01 // of each call, of which a delivery makes six or more
		}
		modes = append(modes, m)
	}
	return modes
}

// 200 orders, 100 by each interface, in two states each, with every way to fail, through a loop that does what
// the outbox does: each order is there once, with every line, in its last state, and comes
// to what the shop said.
func TestManyOrders(t *testing.T) {
	const workers, tries = 6, 5000 // so many is never, not slowly
	orders := 100
	if testing.Short() {
		orders = 10 // the race detector needs no more
	}
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			sim, e := environment(t, dmf.Config{Queue: time.Millisecond, Work: time.Millisecond, PageSize: 3, Modes: everyFault()}, mode+"unknown_after: 60ms\n")
			want := map[string]*erpbridge.Order{}
			work := make(chan *erpbridge.Order)
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					for o := range work {
						first, err := e.Translate(event(o))
						second, more := e.Translate(later(o))
						if err != nil || more != nil {
							t.Error(err, more)
							continue
						}
						for _, d := range slices.Concat(first, second) {
							if err := outbox(t, e, d, tries); err != nil {
								t.Errorf("order %s: %v", o.Number, err)
							}
						}
					}
				})
			}
			for i := range orders {
				o := awkward()
				if i%3 == 0 {
					o = placed()
				}
				o.ID, o.Number = fmt.Sprint(9000+i), fmt.Sprintf("#%d", 9000+i)
				want["W"+o.Number[1:]] = o
				work <- o
			}
			close(work)
			wg.Wait()
			sim.Settle()

			lines := 0
			for _, got := range sim.Orders() {
				o := want[got.Number]
				if o == nil {
					t.Errorf("order %s was never sent", got.Number)
					continue
				}
				delete(want, got.Number)
				docs, err := e.Translate(later(o))
				if err != nil {
					t.Fatal(err)
				}
				sent, err := e.read(docs[0])
				if err != nil {
					t.Fatal(err)
				}
				lines += len(sent.lines)
				if got.Reference != sent.reference() || len(got.Lines) != len(sent.lines) {
					t.Errorf("order %s: %s with %d lines, want %s with %d", got.Number, got.Reference, len(got.Lines), sent.reference(), len(sent.lines))
				}
				total, _ := new(big.Rat).SetString(got.Total())
				if should, _ := new(big.Rat).SetString(o.Total.Plain()); total.Cmp(should) != 0 {
					t.Errorf("order %s comes to %s, want %s", got.Number, got.Total(), o.Total)
				}
			}
			if len(want) > 0 {
				t.Errorf("not there: %v", slices.Sorted(maps.Keys(want)))
			}
			c := sim.Counts()
			if c.Creates != orders+lines {
				t.Errorf("%d records made, want %d", c.Creates, orders+lines)
			}
			if c.Parallel != 0 || c.Followed != 0 {
				t.Errorf("%+v", c)
			}
			for _, m := range sim.Modes() {
				if m.Fired == 0 && orders == 100 && (name == "package" || m.Kind != dmf.BlobGone) {
					t.Errorf("%s never happened", m.Kind)
				}
			}
		})
	}
}

// outbox does with a document what the outbox does, without its patience.
func outbox(t *testing.T, e *ERP, d erpbridge.Document, tries int) error {
	ref := ""
	doubt := false
	since := time.Now()
	var last error
	for range tries {
		var r erpbridge.Result
		switch {
		case ref != "":
			r = e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: ref, Since: since}})[0]
		case doubt:
			r = e.Find(t.Context(), []erpbridge.Document{d})[0]
		default:
			r = e.Deliver(t.Context(), []erpbridge.Document{d})[0]
		}
		last = r.Err
		switch k := erpbridge.KindOf(r.Err); {
		case r.Err == nil && !r.Receipt.Accepted:
			return nil
		case r.Err == nil && ref == "":
			ref, since, doubt = r.Receipt.Ref, time.Now(), false
		case r.Err == nil: // not over yet
			// The outbox's pause between two questions: without one, the questions that
			// tries allows are used up before the simulated import has had its time.
			time.Sleep(time.Millisecond)
		case k == erpbridge.InDoubt:
			doubt = true
		case k == erpbridge.Missing && doubt:
			doubt = false
		case k == erpbridge.Invalid, k == erpbridge.Missing: // dead; somebody sends it again
			ref, doubt = "", false
		case k == erpbridge.Transient, k == erpbridge.Throttled, k == erpbridge.Refused, k == erpbridge.Unknown:
		default:
			return fmt.Errorf("nobody knows what to do with %s: %w", k, r.Err)
		}
	}
	return fmt.Errorf("not done after %d tries: %w", tries, last)
}
