package main

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
)

// check holds the ERP against the shop.
func (w *erpWorld) check(t *testing.T) {
	t.Helper()
	if given := w.shop.Journal(shopsim.GivenUp); len(given) > 0 {
		t.Errorf("the shop gave up %d webhooks", len(given))
	}
	_, _, bad := w.erp.figures()
	for _, b := range bad[:min(len(bad), 5)] {
		t.Errorf("a request that no such ERP takes (%d in all): %s", len(bad), b)
	}
	created := w.checkEffects(t)
	w.checkKeys(t)
	w.checkRefunds(t)
	booked := w.erp.booked()
	orders := w.shop.Orders()
	for _, o := range orders {
		id := fmt.Sprint(o.ID)
		b, there := booked[id]
		delete(booked, id)
		if err := w.differs(o, b, there, created[id]); err != nil {
			t.Errorf("order %s (%d states, cancelled %t): %v", id, o.State, !o.Cancelled.IsZero(), err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(booked)) {
		t.Errorf("the ERP has an order %s, and the shop has not", id)
	}
}

// checkRefunds sees that each refund is booked once and in full.
func (w *erpWorld) checkRefunds(t *testing.T) {
	t.Helper()
	if w.erp.refunds == nil {
		return
	}
	booked, n := w.erp.refunds(), 0
	for _, o := range w.shop.Orders() {
		for _, r := range o.Refunds {
			n++
			id, want := fmt.Sprint(r.ID), worth(o, r)
			if totals := booked[id]; len(totals) != 1 || !sameAmount(totals[0], want) {
				t.Errorf("refund %s of order %d comes to %s %s, and there to %q", id, o.ID, want, o.Currency, totals)
			}
			delete(booked, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(booked)) {
		t.Errorf("the ERP has a refund %s, and the shop has not", id)
	}
	if n == 0 {
		t.Error("nothing was paid back: nothing was learnt about refunds")
	}
}

// worth returns what a refund pays back, as a decimal.
func worth(o *shopsim.Order, r shopsim.Refund) string {
	sum := r.Shipping
	for _, l := range r.Lines {
		sum += l.Amount
	}
	if !o.TaxIncluded {
		sum += r.Tax
		for _, l := range r.Lines {
			sum += l.Tax
		}
	}
	digits, _ := erpbridge.Digits(o.Currency)
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return new(big.Rat).SetFrac(big.NewInt(sum), unit).FloatString(int(digits))
}

// differs says how an order in the ERP differs from what was to become of it.
func (w *erpWorld) differs(o *shopsim.Order, b booking, there bool, created int) error {
	cancelled := !o.Cancelled.IsZero()
	switch {
	case !there && cancelled && w.kind.cancels != told:
		return nil // it never came to be
	case !there:
		return errors.New("it is not there")
	case created != 1:
		return fmt.Errorf("it was created %d times", created)
	case b.cancelled != (cancelled && w.kind.cancels == marked):
		return fmt.Errorf("it is cancelled there: %t", b.cancelled)
	}
	if !sameAmount(b.total, o.Total()) {
		return fmt.Errorf("it comes to %s %s, and there to %s", o.Total(), o.Currency, b.total)
	}
	last := w.kind.changes && (!cancelled || w.kind.cancels == told)
	if b.state != 0 && (last && b.state != o.State || b.state > o.State) {
		return fmt.Errorf("it is in state %d there", b.state)
	}
	if last && b.street != "" && b.street != o.Buyer.Street {
		return fmt.Errorf("it goes to %s, and there to %s", o.Buyer.Street, b.street)
	}
	if last && b.state == 0 && b.street == "" {
		return errors.New("it does not say which state it is in")
	}
	return nil
}

func sameAmount(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, too := new(big.Rat).SetString(b)
	return ok && too && x.Cmp(y) == 0
}

// checkEffects sees that states never go back, and returns how often each order was
// created.
func (w *erpWorld) checkEffects(t *testing.T) map[string]int {
	t.Helper()
	created, at := map[string]int{}, map[string]int{}
	for _, e := range w.erp.effects() {
		if e.create {
			created[e.order]++
		}
		if e.state != 0 && e.state < at[e.order] {
			t.Errorf("order %s went back from state %d to %d", e.order, at[e.order], e.state)
		}
		at[e.order] = max(at[e.order], e.state)
	}
	return created
}

// checkKeys sees that a document comes under one key however often it comes, and another
// document under another.
func (w *erpWorld) checkKeys(t *testing.T) {
	t.Helper()
	if w.erp.attempts == nil {
		return
	}
	keys, whats := map[string]string{}, map[string]string{}
	repeated := 0
	for _, a := range w.erp.attempts() {
		what := a.order + " " + a.what
		if a.order == "" || a.key == "" {
			t.Errorf("a document without a key, or of no order: %+v", a)
			continue
		}
		if key, known := keys[what]; known {
			repeated++
			if key != a.key {
				t.Errorf("%s came under the key %s and under %s", what, key, a.key)
			}
		}
		if of, known := whats[a.key]; known && of != what {
			t.Errorf("the key %s is that of %s and of %s", a.key, of, what)
		}
		keys[what], whats[a.key] = a.key, what
	}
	if repeated == 0 && !w.kind.once {
		t.Error("no document came twice: nothing was learnt about keys")
	}
}

// What the table is to find, it finds.
func TestDiffers(t *testing.T) {
	at := time.Unix(1763600000, 0)
	order := func(state int, cancelled time.Time) *shopsim.Order {
		return &shopsim.Order{
			ID: 1, State: state, Currency: "EUR", Cancelled: cancelled, Buyer: shopsim.Buyer{Street: "1 Example Road"},
			Lines: []shopsim.Line{{Quantity: 2, Unit: 500}},
		}
	}
	good := booking{state: 3, total: "10.00"}
	tests := []struct {
		name    string
		kind    kindOfERP
		order   *shopsim.Order
		booked  booking
		absent  bool
		created int
		differs bool
	}{
		{"as it should be", kindOfERP{changes: true}, order(3, time.Time{}), good, false, 1, false},
		{"not there", kindOfERP{changes: true}, order(3, time.Time{}), booking{}, true, 0, true},
		{"created twice", kindOfERP{changes: true}, order(3, time.Time{}), good, false, 2, true},
		{"a cent too much", kindOfERP{changes: true}, order(3, time.Time{}), booking{state: 3, total: "10.01"}, false, 1, true},
		{"no amount", kindOfERP{changes: true}, order(3, time.Time{}), booking{state: 3}, false, 1, true},
		{"an older state", kindOfERP{changes: true}, order(4, time.Time{}), good, false, 1, true},
		{"an older state, which it stays in", kindOfERP{}, order(4, time.Time{}), good, false, 1, false},
		{"a state that never was", kindOfERP{}, order(2, time.Time{}), good, false, 1, true},
		{"going elsewhere", kindOfERP{changes: true}, order(3, time.Time{}), booking{street: "2 Example Road", total: "10.00"}, false, 1, true},
		{"in no state", kindOfERP{changes: true}, order(3, time.Time{}), booking{total: "10.00"}, false, 1, true},
		{"cancelled, and there not", kindOfERP{changes: true, cancels: marked}, order(3, at), good, false, 1, true},
		{"cancelled, there too", kindOfERP{changes: true, cancels: marked}, order(3, at), booking{state: 2, total: "10", cancelled: true}, false, 1, false},
		{"cancelled there alone", kindOfERP{changes: true, cancels: marked}, order(3, time.Time{}), booking{state: 3, total: "10", cancelled: true}, false, 1, true},
		{"cancelled before it came", kindOfERP{cancels: marked}, order(3, at), booking{}, true, 0, false},
		{"cancelled like any state", kindOfERP{changes: true, cancels: told}, order(3, at), booking{}, true, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &erpWorld{kind: tt.kind}
			if err := w.differs(tt.order, tt.booked, !tt.absent, tt.created); (err != nil) != tt.differs {
				t.Errorf("%v", err)
			}
		})
	}
}
