package outbox

import (
	"testing"

	"github.com/hakooi/erpbridge"
)

func TestWordOf(t *testing.T) {
	for _, tt := range []struct {
		result erpbridge.Result
		want   word
	}{
		{erpbridge.Result{Receipt: erpbridge.Receipt{Ref: "1"}}, booked},
		{erpbridge.Result{Err: kind(erpbridge.Duplicate, 0)}, booked},
		{erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true}}, underWay},
		{erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true}, Err: kind(erpbridge.Duplicate, 0)}, underWay},
		{erpbridge.Result{Err: rejected}, thrown},
		{erpbridge.Result{Receipt: erpbridge.Receipt{Accepted: true}, Err: rejected}, thrown},
		{erpbridge.Result{Err: kind(erpbridge.Missing, 0)}, "missing"},
	} {
		if got := wordOf(tt.result); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.result, got, tt.want)
		}
	}
}

func TestHear(t *testing.T) {
	type outcome struct {
		next State
		h    hearing
	}
	want := map[word]map[State]outcome{
		booked: {
			Accepted: {Delivered, done}, Dead: {Delivered, done}, Pending: {Delivered, done}, InDoubt: {Delivered, done},
			Sending: {Sending, waits}, Delivered: {Delivered, repeated}, Discarded: {Discarded, contradicts}, Superseded: {Superseded, contradicts},
		},
		thrown: {
			Accepted: {Dead, done}, Dead: {Dead, noted}, Delivered: {Delivered, contradicts}, Sending: {Sending, waits}, InDoubt: {InDoubt, waits},
			Pending: {Pending, repeated}, Discarded: {Discarded, repeated}, Superseded: {Superseded, repeated},
		},
		underWay: {
			Accepted: {Accepted, noted}, Dead: {Dead, repeated}, Delivered: {Delivered, repeated}, Sending: {Sending, repeated}, InDoubt: {InDoubt, repeated},
			Pending: {Pending, repeated}, Discarded: {Discarded, repeated}, Superseded: {Superseded, repeated},
		},
	}
	want["missing"] = map[State]outcome{}
	for state := range want[booked] {
		want["missing"][state] = outcome{state, repeated}
	}
	for w, states := range want {
		if len(states) != 8 {
			t.Fatalf("%s: %d states of 8", w, len(states))
		}
		for state, o := range states {
			if next, h := hear(state, w); next != o.next || h != o.h {
				t.Errorf("%s said of %s: %s, %s; want %s, %s", w, state, next, h, o.next, o.h)
			}
		}
	}
}
