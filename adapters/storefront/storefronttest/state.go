package storefronttest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// orderOfArrival: whichever state of a thing arrives first, its versions say which is
// the newer one.
func (s Suite) orderOfArrival(t *testing.T) {
	if s.Histories == nil {
		t.Log("Suite.Histories is not set: nothing shows that a later state has a later version")
		return
	}
	for _, history := range s.Histories {
		if len(history) < 2 {
			t.Fatal("a history of one state proves nothing")
		}
		shop := s.Open(t)
		events := map[int]erpbridge.Event{}
		for i := range slices.Backward(history) { // the last one arrives first
			events[i] = Event(t, shop, history[i])
		}
		for i := 1; i < len(history); i++ {
			older, newer := events[i-1], events[i]
			if older.Resource != newer.Resource || older.Stream != newer.Stream {
				t.Errorf("a history is of one thing: %s in %s, and %s in %s", older.Resource, older.Stream, newer.Resource, newer.Stream)
			}
			if !older.Version.Before(newer.Version) || newer.Version.Before(older.Version) {
				t.Errorf("%s: the state %d has version %s (rank %d), which is not before %s (rank %d) of the state %d", newer.Resource,
					i-1, older.Version, older.Version.Rank, newer.Version, newer.Version.Rank, i)
			}
			if older.Version.Digest == newer.Version.Digest {
				t.Errorf("%s: the states %d and %d differ, and have one digest", newer.Resource, i-1, i)
			}
		}
	}
}

// toldTwice: what a storefront tells under two topics, or by webhook and by its API, is
// one state, and goes out once.
func (s Suite) toldTwice(t *testing.T) {
	if s.Twice == nil {
		t.Log("Suite.Twice is not set: nothing shows that one state told twice is one version")
		return
	}
	for _, pair := range s.Twice {
		a, b := Event(t, s.Open(t), pair[0]), Event(t, s.Open(t), pair[1])
		if a.Resource != b.Resource || a.Stream != b.Stream || !a.Version.At.Equal(b.Version.At) || a.Version.Rank != b.Version.Rank || a.Version.Digest != b.Version.Digest {
			t.Errorf("one state is two:\n%s %s: %s in %s, version %s, rank %d\n%s %s: %s in %s, version %s, rank %d\n%s",
				pair[0].Type, pair[0].ID, a.Resource, a.Stream, a.Version, a.Version.Rank,
				pair[1].Type, pair[1].ID, b.Resource, b.Stream, b.Version, b.Version.Rank, cmp.Diff(a, b))
		}
	}
}

// minimal: what may be missing is missed by nobody, and nothing is made up for it.
func (s Suite) minimal(t *testing.T) {
	if s.Minimal == nil {
		t.Log("Suite.Minimal is not set: nothing shows that what is optional is optional")
		return
	}
	for _, m := range s.Minimal {
		e := Event(t, s.Open(t), m)
		if e.Stream == "" || e.Resource == "" || e.Version.At.IsZero() || e.Version.Digest == "" || payloads(e) != 1 {
			t.Errorf("%s %s: the event lacks what the bridge orders by: %+v", m.Type, m.ID, e)
		}
		if o := e.Order; o != nil {
			o.Sum() // panics where two currencies met
			if o.Customer != nil && cmp.Equal(*o.Customer, erpbridge.Customer{}) || o.BillTo != nil && *o.BillTo == (erpbridge.Address{}) {
				t.Errorf("%s %s: an empty customer or address was made up", m.Type, m.ID)
			}
		}
		if r := e.Refund; r != nil {
			r.Sum()
			r.Paid()
		}
	}
}
