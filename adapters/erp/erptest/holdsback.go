package erptest

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/hakooi/erpbridge"
)

// HoldsBack holds an adapter to the order of delivery. The outbox hands all documents of an
// event over at once; one that was not taken keeps back those after it in its stream: an
// order whose customer is missing is thrown out, or booked to somebody else. ev must come
// to several documents of one stream.
//
//	the first document    answered with Fault: FaultKind
//	those after it        of the same request as the first: FaultKind too;
//	                      else Transient or Missing, and not sent
//
// It is for adapters that send each document in requests of its own, and look nothing up
// before.
func (s Suite) HoldsBack(t *testing.T, ev erpbridge.Event) {
	t.Helper()
	var arrived atomic.Int32
	url, requests := server(t, answering(func(w http.ResponseWriter, request []byte) {
		if arrived.Add(1) == 1 {
			s.Fault(w, request)
			return
		}
		s.Good(w, request)
	}))
	erp := s.Open(t, url)
	docs, err := erp.Translate(ev)
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) < 2 || slices.ContainsFunc(docs, func(d erpbridge.Document) bool { return d.Stream != docs[0].Stream }) {
		t.Fatalf("the event comes to %d documents, wanted are several of one stream", len(docs))
	}
	got := erp.Deliver(t.Context(), docs)
	check(t, got[:1], docs[:1], []erpbridge.Kind{s.FaultKind})
	check(t, got[1:], docs[1:], []erpbridge.Kind{s.FaultKind, erpbridge.Transient, erpbridge.Missing})
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests, and the first was not taken", n)
	}
}
