package erptest

import (
	"context"
	"testing"

	"github.com/hakooi/erpbridge"
)

// find holds a Finder to its contract. A look-up has no effect, so nothing is
// in doubt after it; and what was not learnt is never taken for found or for
// missing.
func (s Suite) find(t *testing.T) {
	look := func(ctx context.Context, t *testing.T, url string) ([]erpbridge.Result, []erpbridge.Document) {
		t.Helper()
		erp := s.Open(t, url)
		finder, ok := erp.(erpbridge.Finder)
		if !ok {
			t.Skip("the adapter is no Finder: it promises no look-ups, and the bridge asks it for none")
		}
		docs := s.documents(t, erp)
		got := finder.Find(ctx, docs)
		if len(got) != len(docs) {
			t.Fatalf("%d results for %d documents", len(got), len(docs))
		}
		return got, docs
	}
	unknown := func(t *testing.T, got []erpbridge.Result) {
		t.Helper()
		for _, r := range got {
			switch k := erpbridge.KindOf(r.Err); k {
			case "", erpbridge.Missing, erpbridge.InDoubt, erpbridge.Duplicate, erpbridge.Invalid:
				t.Errorf("nothing was learnt, and the look-up says %q: %v", k, r.Err)
			}
		}
	}
	for _, b := range s.behaviours() {
		if b.name == "good" {
			continue // an answer to a delivery
		}
		t.Run(b.name, func(t *testing.T) {
			url, _ := server(t, b.serve)
			got, _ := look(t.Context(), t, url)
			unknown(t, got)
		})
	}
	t.Run("hangs", func(t *testing.T) {
		url, _ := hanging(t)
		got, _ := look(within(t), t, url)
		unknown(t, got)
	})
	t.Run("not there", func(t *testing.T) {
		got, _ := look(t.Context(), t, absent())
		unknown(t, got)
	})
	t.Run("absent", func(t *testing.T) {
		url, _ := server(t, answering(s.Absent))
		got, docs := look(t.Context(), t, url)
		check(t, got, docs, []erpbridge.Kind{erpbridge.Missing})
	})
}

// probe holds a Prober to its contract.
func (s Suite) probe(t *testing.T) {
	ask := func(ctx context.Context, t *testing.T, url string) error {
		t.Helper()
		prober, ok := s.Open(t, url).(erpbridge.Prober)
		if !ok {
			t.Skip("the adapter is no Prober: it promises no probes, and the bridge asks it for none")
		}
		return prober.Probe(ctx)
	}
	t.Run("alive", func(t *testing.T) {
		url, _ := server(t, answering(s.Alive))
		if err := ask(t.Context(), t, url); err != nil {
			t.Error(err)
		}
	})
	for _, b := range s.behaviours() {
		if b.name == "good" {
			continue // an answer to a delivery
		}
		t.Run(b.name, func(t *testing.T) {
			url, _ := server(t, b.serve)
			if k := erpbridge.KindOf(ask(t.Context(), t, url)); k == "" || k == erpbridge.InDoubt {
				t.Errorf("kind %q", k)
			}
		})
	}
	t.Run("hangs", func(t *testing.T) {
		url, _ := hanging(t)
		if err := ask(within(t), t, url); err == nil {
			t.Error("alive although it hangs")
		}
	})
}
