package main

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/adapters"
)

// ordersForEachERP is how many orders the shop sells to each simulated ERP: few by
// default, as many as ERPBRIDGE_ERP_ORDERS says otherwise (make erps).
func ordersForEachERP(t *testing.T) int {
	t.Helper()
	text := os.Getenv("ERPBRIDGE_ERP_ORDERS")
	if text == "" {
		return 60
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 10 {
		t.Fatalf("ERPBRIDGE_ERP_ORDERS=%q is not a number of orders from 10", text)
	}
	return n
}

// Against every simulated ERP, with the ways it fails on from the start: a shop sells
// orders, changes some, cancels a few, and the daemon is killed in the middle. In the end
// each order is in the ERP once, in its last state and to the cent, its states never went
// back, each document came under one key however often it came, and the ledger balances
// with nothing left over.
func TestEveryERP(t *testing.T) {
	if testing.Short() {
		t.Skip("a process is killed here: the race detector has nothing to see")
	}
	t.Parallel()
	orders := ordersForEachERP(t)
	rows := map[string]bool{}
	for _, kind := range kindsOfERP {
		rows[kind.kind] = true
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			w := newERPWorld(t, kind)
			w.trade(t, orders)
			w.check(t)
			requests, mishaps, _ := w.erp.figures()
			if len(mishaps) == 0 {
				t.Error("nothing went wrong: nothing was learnt")
			}
			wrong := 0
			for _, n := range mishaps {
				wrong += n
			}
			st := w.status(t)
			t.Logf("%d orders, %d events (%d superseded), %d requests, %d things went wrong %v, %d effects, %.0f s",
				orders, st.Accepted, st.Superseded, requests, wrong, mishaps, len(w.erp.effects()), time.Since(began).Seconds())
		})
	}
	for _, kind := range slices.Sorted(maps.Keys(adapters.ERPs)) {
		if !rows[kind] {
			t.Errorf("targets of the kind %s are not in the table", kind)
		}
	}
}
