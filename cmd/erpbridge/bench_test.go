package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// BenchmarkIdle is one order at a time through an idle house, with the daemon as a
// process of its own: how long the storefront waits for its answer, and how long
// after it the order is at the ERP's door. Run it with -benchtime=300x.
func BenchmarkIdle(b *testing.B) {
	w := newWorld(b)
	daemon := w.start(b)
	defer func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	}()
	w.awaitReady(b)
	n := 0
	one := func() (answer, arrival time.Duration) {
		n++
		body, id := orderBody(b, n), fmt.Sprintf("d-%d", n)
		select { // left by an order before
		case <-w.arrived:
		default:
		}
		sent := time.Now()
		if code := w.send(b.Context(), id, body); code != http.StatusOK {
			b.Fatalf("answered with %d", code)
		}
		answered := time.Now()
		select {
		case at := <-w.arrived:
			return answered.Sub(sent), at.Sub(answered)
		case <-time.After(10 * time.Second):
			b.Fatal("the order did not arrive")
			return 0, 0
		}
	}
	for range 20 {
		one() // connections, caches
	}
	var answers, arrivals []time.Duration
	for b.Loop() {
		answer, arrival := one()
		answers, arrivals = append(answers, answer), append(arrivals, arrival)
	}
	for name, ds := range map[string][]time.Duration{"answer": answers, "arrival": arrivals} {
		slices.Sort(ds)
		for _, p := range []int{50, 99} {
			b.ReportMetric(float64(ds[(len(ds)-1)*p/100].Microseconds())/1000, fmt.Sprintf("ms-%s-p%d", name, p))
		}
	}
}
