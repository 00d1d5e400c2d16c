package poll

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

func TestSift(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	said := func(word string) erpbridge.Message {
		return erpbridge.Message{ID: word, Type: "orders/updated", Body: []byte(word)}
	}
	old := change{id: 1, at: now.Add(-time.Hour), n: 1}
	fresh := change{id: 2, at: now.Add(-time.Minute), n: 1}
	h := newHouse()
	h.states["order/1"] = old.version()
	s := Sieve{Store: "shop", Normalizer: plain{}, Known: h}
	got, err := s.Sift(t.Context(), []erpbridge.Message{
		said("ignored"), old.message(erpbridge.ViaPoll), said("invalid"), fresh.message(erpbridge.ViaPoll), fresh.message(erpbridge.ViaPoll), said("held"), said("panic"),
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Known != 1 || got.Ignored != 1 || !got.Last.Equal(fresh.at) {
		t.Errorf("%+v", got)
	}
	type item struct {
		ID, Store string
		Via       erpbridge.Via
		Received  time.Time
		Kind      erpbridge.Kind
		Found     []Found
	}
	var items []item
	for _, i := range got.Missing {
		items = append(items, item{i.Message.ID, i.Message.Store, i.Message.Via, i.Message.ReceivedAt, erpbridge.KindOf(i.Cause), i.Found})
	}
	id := fresh.message(erpbridge.ViaPoll).ID
	want := []item{
		{"invalid", "shop", erpbridge.ViaPoll, now, erpbridge.Invalid, nil},
		{id, "shop", erpbridge.ViaPoll, now, "", []Found{{"orders/updated", id, erpbridge.OrderChanged, "order/2", fresh.version()}}},
		{"held", "shop", erpbridge.ViaPoll, now, erpbridge.Held, nil},
		{"panic", "shop", erpbridge.ViaPoll, now, erpbridge.Invalid, nil},
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// several is a Normalizer whose messages tell of two things.
type several struct{}

func (several) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	return []erpbridge.Event{
		{Type: erpbridge.OrderChanged, Resource: "order/1", Version: erpbridge.Version{Digest: "a"}},
		{Type: erpbridge.RefundIssued, Resource: "refund/1", Version: erpbridge.Version{Digest: "b"}},
	}, nil
}

// A message of two events is fed when one of them is missing, and only that one counts.
func TestSiftAMessageOfTwoEvents(t *testing.T) {
	h := newHouse()
	s := Sieve{Store: "shop", Normalizer: several{}, Known: h}
	h.states["order/1"] = erpbridge.Version{Digest: "a"}
	ms := []erpbridge.Message{{ID: "1", Type: "x"}}
	got, err := s.Sift(t.Context(), ms, time.Now())
	if err != nil || len(got.Missing) != 1 || len(got.Missing[0].Found) != 1 || got.Missing[0].Found[0].Event != erpbridge.RefundIssued {
		t.Errorf("%+v, %v", got, err)
	}
	h.states["refund/1"] = erpbridge.Version{Digest: "b"}
	if got, err = s.Sift(t.Context(), ms, time.Now()); err != nil || got.Known != 1 || len(got.Missing) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

type knownFunc func() ([]Answer, error)

func (f knownFunc) Known(context.Context, string, []State) ([]Answer, error) { return f() }

func TestSiftErrors(t *testing.T) {
	away := errors.New("postgres is away")
	m := change{id: 1, at: time.Now(), n: 1}.message(erpbridge.ViaPoll)
	for name, tt := range map[string]struct {
		known knownFunc
		m     erpbridge.Message
	}{
		"who knows is away":      {func() ([]Answer, error) { return nil, away }, m},
		"an answer too few":      {func() ([]Answer, error) { return nil, nil }, m},
		"a message without name": {func() ([]Answer, error) { return []Answer{{Known: true}}, nil }, erpbridge.Message{Type: "x", Body: m.Body}},
	} {
		s := Sieve{Store: "shop", Normalizer: plain{}, Known: tt.known}
		if got, err := s.Sift(t.Context(), []erpbridge.Message{tt.m}, time.Now()); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Of two states of one second the one the shop lists stands, whichever came last.
func TestSiftSettlesATie(t *testing.T) {
	over := time.Date(2026, 3, 1, 10, 0, 5, 0, time.UTC)
	m := change{id: 1, at: over, n: 1}.message(erpbridge.ViaPoll)
	s := Sieve{Store: "shop", Normalizer: plain{}, Known: knownFunc(func() ([]Answer, error) { return []Answer{{Over: over}}, nil })}
	got, err := s.Sift(t.Context(), []erpbridge.Message{m}, time.Now())
	if err != nil || len(got.Missing) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	const at = "2026-03-01T10:00:05.000001Z"
	if fed := got.Missing[0].Message; fed.ID != m.ID+"+"+at || fed.Header.Get(erpbridge.Settles) != at {
		t.Errorf("fed as %q with %v", fed.ID, fed.Header)
	}
	if m.Header.Get(erpbridge.Settles) != "" {
		t.Error("the adapter's message was changed")
	}
}
