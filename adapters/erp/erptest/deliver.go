package erptest

import (
	"context"
	"slices"
	"testing"

	"github.com/hakooi/erpbridge"
)

func (s Suite) deliver(t *testing.T) {
	for _, b := range s.behaviours() {
		t.Run(b.name, func(t *testing.T) {
			url, requests := server(t, b.serve)
			s.attempt(t.Context(), t, url, b.want)
			if n := requests.Load(); n > 1 {
				t.Errorf("%d requests for one attempt", n)
			}
		})
	}
	t.Run("hangs", func(t *testing.T) {
		url, requests := hanging(t)
		s.attempt(within(t), t, url, []erpbridge.Kind{erpbridge.InDoubt})
		if n := requests.Load(); n != 1 {
			t.Errorf("%d requests for one attempt", n)
		}
	})
	t.Run("not there", func(t *testing.T) {
		s.attempt(t.Context(), t, absent(), []erpbridge.Kind{erpbridge.Transient})
	})
	t.Run("over before it began", func(t *testing.T) {
		url, requests := server(t, answering(s.Good))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.attempt(ctx, t, url, []erpbridge.Kind{erpbridge.Transient})
		if requests.Load() != 0 {
			t.Error("a request was sent although the context was over")
		}
	})
	t.Run("good, twice", func(t *testing.T) {
		url, _ := server(t, answering(s.Good))
		erp := s.Open(t, url)
		docs := s.documents(t, erp)
		first := erp.Deliver(t.Context(), docs)
		second := erp.Deliver(t.Context(), docs)
		for i := range docs {
			if first[i].Receipt.Ref != second[i].Receipt.Ref {
				t.Errorf("%s became %s and then %s", docs[i].Key, first[i].Receipt.Ref, second[i].Receipt.Ref)
			}
		}
	})
	t.Run("nothing", func(t *testing.T) {
		url, requests := server(t, answering(s.Good))
		if got := s.Open(t, url).Deliver(t.Context(), nil); len(got) != 0 || requests.Load() != 0 {
			t.Errorf("%d results and %d requests for nothing", len(got), requests.Load())
		}
	})
	t.Run("Retry-After is passed on", func(t *testing.T) {
		url, _ := server(t, answering(tooMany))
		erp := s.Open(t, url)
		for _, r := range erp.Deliver(t.Context(), s.documents(t, erp)) {
			if retryAfter(r.Err) == 0 {
				t.Errorf("nothing of it in %v", r.Err)
			}
		}
	})
}

// attempt makes one attempt and holds its results against the kinds allowed.
func (s Suite) attempt(ctx context.Context, t *testing.T, url string, want []erpbridge.Kind) {
	t.Helper()
	erp := s.Open(t, url)
	docs := s.documents(t, erp)
	check(t, erp.Deliver(ctx, docs), docs, want)
}

// check holds results against the kinds allowed for all of them.
func check(t *testing.T, got []erpbridge.Result, docs []erpbridge.Document, want []erpbridge.Kind) {
	t.Helper()
	if len(got) != len(docs) {
		t.Fatalf("%d results for %d documents", len(got), len(docs))
	}
	for i, r := range got {
		if k := erpbridge.KindOf(r.Err); !slices.Contains(want, k) {
			t.Errorf("%s: kind %q, want one of %q: %v", docs[i].Key, k, want, r.Err)
		}
	}
}
