package erptest

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

func (s Suite) translate(t *testing.T) {
	erp := s.Open(t, absent())
	other := s.Open(t, absent()) // a daemon started anew
	keys := map[string]string{}
	for i, ev := range s.Events {
		docs, err := erp.Translate(ev)
		if err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if len(docs) == 0 {
			t.Errorf("event %d: no documents", i)
		}
		for _, d := range docs {
			complete(t, ev, d)
			if first, ok := keys[d.Target+"\x00"+d.Key]; ok && first != string(d.Body) {
				t.Errorf("two documents with the key %s", d.Key)
			}
			keys[d.Target+"\x00"+d.Key] = string(d.Body)
		}
		s.deterministic(t, erp, other, ev, docs)
		follow(t, erp, ev, docs)
	}
}

// complete holds a Document against what every one must say.
func complete(t *testing.T, ev erpbridge.Event, d erpbridge.Document) {
	t.Helper()
	for name, v := range map[string]string{"Key": d.Key, "Target": d.Target, "Stream": d.Stream, "Kind": d.Kind, "Body": string(d.Body)} {
		if v == "" {
			t.Errorf("a document without %s: %+v", name, d)
		}
	}
	if want := ev.Store + "/" + ev.Stream; d.Stream != want {
		t.Errorf("stream %q, want %q", d.Stream, want)
	}
	if d.Mapping != "" {
		t.Error("Mapping is not the adapter's to fill")
	}
	// The digest may be of what the document says instead of what the event does.
	if d.Record != "" && (!d.Version.At.Equal(ev.Version.At) || d.Version.Rank != ev.Version.Rank || d.Version.Digest == "") {
		t.Errorf("%s has another version than the event", d.Record)
	}
}

// deterministic translates the event again, from many goroutines and by another
// instance: the same event and configuration give the same documents, and the
// event is as it was.
func (s Suite) deterministic(t *testing.T, erp, other erpbridge.ERP, ev erpbridge.Event, want []erpbridge.Document) {
	t.Helper()
	before := snapshot(t, ev)
	var wg sync.WaitGroup
	for _, e := range []erpbridge.ERP{erp, erp, erp, other} {
		wg.Go(func() {
			got, err := e.Translate(ev)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Errorf("the same event gives other documents: %s", diff)
			}
		})
	}
	wg.Wait()
	if after := snapshot(t, ev); !bytes.Equal(before, after) {
		t.Errorf("translating changed the event: %s", cmp.Diff(string(before), string(after)))
	}
}

// follow translates a later state of the same thing: other keys, same records.
func follow(t *testing.T, erp erpbridge.ERP, ev erpbridge.Event, docs []erpbridge.Document) {
	t.Helper()
	later := ev
	later.Version = erpbridge.Version{At: ev.Version.At.Add(time.Second), Digest: "f00d" + ev.Version.Digest}
	next, err := erp.Translate(later)
	if err != nil || len(next) != len(docs) {
		t.Fatalf("a later version of the same state: %d documents instead of %d, %v", len(next), len(docs), err)
	}
	for i := range docs {
		if docs[i].Key == next[i].Key {
			t.Errorf("two versions with the key %s", docs[i].Key)
		}
		if docs[i].Record != next[i].Record || docs[i].Stream != next[i].Stream {
			t.Errorf("another version is another record: %s and %s", docs[i].Record, next[i].Record)
		}
	}
}

func snapshot(t *testing.T, ev erpbridge.Event) []byte {
	t.Helper()
	b, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
