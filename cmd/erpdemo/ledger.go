package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (s *story) balance(ctx context.Context) error {
	var l ledger
	if err := s.house.wait(ctx, "the outbox to drain", func(ctx context.Context) error {
		var err error
		if l, err = s.status(ctx); err != nil {
			return err
		}
		if l.Pending > 0 || l.Unsent > 0 {
			return fmt.Errorf("%+v", l)
		}
		return nil
	}); err != nil {
		return err
	}
	out, err := s.house.cli(ctx, "status")
	if err != nil {
		return err
	}
	show(out)
	// The privacy request waits, and the order that was mended was closed.
	if d := l.since(s.before); !l.Balanced || d.Held != 1 || d.Discarded != 1 || d.Dead != 0 || d.Delivered < len(s.sent) {
		return fmt.Errorf("the ledger does not balance: %+v", d)
	}
	if err := s.count(ctx); err != nil {
		return err
	}
	tellf("NetSuite holds %d orders: %s; each exactly once, each with its shop's total", len(s.sent), s.perStore())
	tellf("where to look next: README.md, erpbridge --help, docs/; the configuration of this story: cmd/erpdemo/erpbridge.yaml.tmpl")
	return nil
}

// perStore counts the orders of each store.
func (s *story) perStore() string {
	counts := map[string]int{}
	for _, o := range s.sent {
		counts[o.store]++
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, fmt.Sprintf("%d of %s", counts[name], name))
	}
	return strings.Join(list, ", ")
}

// count holds what NetSuite has against what the shops sent.
func (s *story) count(ctx context.Context) error {
	var records []struct {
		ExternalID string `json:"externalId"`
		Total      string `json:"total"`
		Memo       string `json:"memo"`
		Created    int    `json:"created"`
	}
	if err := ask(ctx, s.house.sim.ControlURL+"/records?type=salesOrder", &records); err != nil {
		return err
	}
	missing := maps.Clone(s.sent)
	for _, r := range records {
		o, ok := missing[r.ExternalID]
		switch {
		case !ok:
			return fmt.Errorf("NetSuite holds %s, which nobody sent, or holds it twice", r.ExternalID)
		case r.Created != 1:
			return fmt.Errorf("NetSuite created %s %d times", o.number, r.Created)
		case !sameAmount(r.Total, o.total):
			return fmt.Errorf("NetSuite has %s with %s, its shop said %s", o.number, r.Total, o.total)
		case !strings.HasSuffix(r.Memo, o.note):
			return fmt.Errorf("NetSuite has %s in an earlier state: %q, not %q", o.number, r.Memo, o.note)
		}
		delete(missing, r.ExternalID)
	}
	if len(missing) > 0 {
		return fmt.Errorf("NetSuite does not hold the orders %v", slices.Sorted(maps.Keys(missing)))
	}
	return nil
}

// arrive waits until NetSuite holds all that was sent and all that the simulated shops
// hold, in its last state.
func (s *story) arrive(ctx context.Context) error {
	for _, shop := range s.house.shops() {
		orders, err := shop.orders(ctx)
		if err != nil {
			return err
		}
		for _, o := range orders {
			one := order{store: shop.name, id: fmt.Sprint(o.ID), number: o.Number, total: o.Total(), money: o.Currency, note: o.Note}
			s.sent[one.key()] = one
		}
	}
	return s.house.wait(ctx, "the orders to arrive", s.count)
}

// sameAmount compares two plain decimals, whatever their trailing zeros.
func sameAmount(a, b string) bool {
	trim := func(s string) string {
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	return trim(a) == trim(b)
}
