package storefronttest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// unstorable are characters that neither an ERP nor a database can hold.
const unstorable = "\x00\x01\x0b\x1f\ufffe\uffff"

// VerifyAnything is what a fuzzer asks of Verify: whatever m is, only what is genuine is
// taken, what is taken has a name and an ID that can be stored, and the body stays as it
// was. genuine is asked about what Verify made of it.
func VerifyAnything(t *testing.T, shop erpbridge.Storefront, m erpbridge.Message, genuine func(got erpbridge.Message) bool) {
	t.Helper()
	got, err := shop.Verify(m)
	switch kind := erpbridge.KindOf(err); {
	case err == nil || kind == erpbridge.Invalid:
		if !genuine(got) {
			t.Fatalf("taken without proof, as %q: %v", got.Type, m.Header)
		}
		if got.ID == "" || len(got.ID) > 128 || got.Type == "" || len(got.Type) > 100 ||
			!utf8.ValidString(got.ID+got.Type) || strings.ContainsAny(got.ID+got.Type, "\n\x00 ") {
			t.Fatalf("recorded under %q, %q", got.Type, got.ID)
		}
	case kind != erpbridge.Refused:
		t.Fatalf("kind %s: %v", kind, err)
	}
	if !bytes.Equal(got.Body, m.Body) {
		t.Fatal("the body changed")
	}
}

// NormalizeAnything is what a fuzzer asks of Normalize: whatever m is, it is read in one
// way, an error has a kind and a bearable length, and an event can be ordered and stored.
// What Normalize returned is returned, for what an adapter promises beyond that.
func NormalizeAnything(t *testing.T, shop erpbridge.Storefront, m erpbridge.Message) ([]erpbridge.Event, error) {
	t.Helper()
	events, err := shop.Normalize(m)
	again, errAgain := shop.Normalize(m)
	if !cmp.Equal(events, again) || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
		t.Fatalf("the same bytes were read in two ways: %v, and %v", err, errAgain)
	}
	if err != nil {
		kinds := []erpbridge.Kind{erpbridge.Invalid, erpbridge.Ignored, erpbridge.Held}
		if kind := erpbridge.KindOf(err); events != nil || !slices.Contains(kinds, kind) {
			t.Fatalf("kind %s, %d events: %v", kind, len(events), err)
		}
		if len(err.Error()) > 2000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
		return nil, err
	}
	if len(events) == 0 {
		t.Fatal("neither an event nor an error")
	}
	for _, e := range events {
		orderly(t, m, e)
	}
	return events, nil
}

// orderly: the bridge can tell what an event is of, which of two is the later one, what it
// comes to, and can hold its texts.
func orderly(t *testing.T, m erpbridge.Message, e erpbridge.Event) {
	t.Helper()
	if e.Store != m.Store || !slices.Contains(erpbridge.EventTypes, e.Type) || e.Version.At.IsZero() || len(e.Version.Digest) != 64 ||
		!strings.Contains(e.Stream, "/") || !strings.Contains(e.Resource, "/") || strings.ContainsAny(e.Stream+e.Resource, "\x00\n ") || payloads(e) != 1 {
		t.Fatalf("an event nobody can order: %+v", e)
	}
	if o := e.Order; o != nil {
		if o.ID == "" || o.PostingDate == "" {
			t.Fatalf("an order nobody can post: %+v", o)
		}
		o.Sum() // panics if two currencies met
		if o.Presented != nil {
			o.Presented.Sum()
		}
	}
	if r := e.Refund; r != nil {
		r.Sum()
		r.Paid()
		if r.Presented != nil {
			r.Presented.Sum()
			r.Presented.Paid()
		}
	}
	for _, text := range texts(e) {
		if strings.ContainsAny(text, unstorable) || !utf8.ValidString(text) {
			t.Fatalf("a text no ERP can hold: %q", text)
		}
	}
}
