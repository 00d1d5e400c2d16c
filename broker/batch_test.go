package broker

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// encode is a batch of ms as the publisher makes it.
func encode(t testing.TB, ms ...erpbridge.Message) []byte {
	t.Helper()
	b := appendPrelude(nil, len(ms))
	for _, m := range ms {
		h, err := encodeHead(m)
		if err != nil {
			t.Fatal(err)
		}
		b = appendFrame(b, h, m.Body)
	}
	return b
}

func TestBatchRoundTrip(t *testing.T) {
	bare := erpbridge.Message{ID: "1", Store: "s", Type: "t", Via: erpbridge.ViaPartner, Body: []byte{}}
	raw := event(2)
	raw.Body = []byte{0xEF, 0xBB, 0xBF, 0, 0xFF, '\r', '\n'} // bytes, not text
	raw.ReceivedAt = time.Date(2026, 11, 23, 9, 0, 0, 123456789, time.FixedZone("", 5*3600+1800))
	raw.Header = http.Header{"A": {"1", "2"}, "B": {""}}
	want := []erpbridge.Message{event(1), bare, raw}
	got, err := decodeBatch(encode(t, want...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	// An appended-to body must not run into its neighbour.
	_ = append(got[0].Body, "overwritten"...)
	if diff := cmp.Diff(want[1:], got[1:]); diff != "" {
		t.Errorf("neighbours of a grown body (-want +got):\n%s", diff)
	}
}

// The format is stored in queues across upgrades: these bytes must stay readable.
func TestBatchStaysReadable(t *testing.T) {
	stored := "EBEV\x01\x00\x01" +
		"\x00\x00\x00\xc4" + `{"id":"b54557e4-bdd9-4b37-8a5f-bf7d70bcd043","store":"shop-eu","type":"orders/paid","via":"webhook","header":{"X-A":["1"]},"content_type":"application/json","received_at":"2026-11-23T08:00:00.5Z"}` +
		"\x00\x00\x00\x0c" + `{"id":4711}` + "\n"
	ms, err := decodeBatch([]byte(stored))
	if err != nil {
		t.Fatal(err)
	}
	want := []erpbridge.Message{{
		ID: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", Store: "shop-eu", Type: "orders/paid", Via: erpbridge.ViaWebhook,
		Header: http.Header{"X-A": {"1"}}, ContentType: "application/json", Body: []byte("{\"id\":4711}\n"),
		ReceivedAt: time.Date(2026, 11, 23, 8, 0, 0, 500_000_000, time.UTC),
	}}
	if diff := cmp.Diff(want, ms); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestBatchRefused(t *testing.T) {
	good := encode(t, event(1), event(2))
	frame := func(head, body string) []byte { return appendFrame(appendPrelude(nil, 1), []byte(head), []byte(body)) }
	const head = `{"id":"1","store":"s","type":"t","via":"webhook","received_at":"2026-11-23T08:00:00Z"`
	if _, err := decodeBatch(frame(head+"}", "")); err != nil {
		t.Fatalf("the head the cases are made of: %v", err)
	}
	edit := func(at int, with ...byte) []byte {
		b := append([]byte(nil), good...)
		copy(b[at:], with)
		return b
	}
	tests := map[string][]byte{
		"empty":           nil,
		"magic alone":     []byte(batchMagic),
		"magic":           edit(0, 'X'),
		"version 0":       edit(4, 0),
		"version 2":       edit(4, 2),
		"no events":       appendPrelude(nil, 0),
		"too many":        appendPrelude(nil, batchCount+1),
		"count above":     edit(5, 0, 3),
		"count below":     edit(5, 0, 1),
		"huge length":     edit(7, 0xFF, 0xFF, 0xFF, 0xFF),
		"cut":             good[:len(good)-1],
		"one byte more":   append(append([]byte(nil), good...), 0),
		"no body length":  append(appendPrelude(nil, 1), frame(head+"}", "")[batchPrelude:len(frame(head+"}", ""))-4]...),
		"large head":      frame(head+strings.Repeat(" ", headLimit)+"}", ""),
		"no json":         frame("x", ""),
		"empty head":      frame("", ""),
		"null":            frame("null", ""),
		"array":           frame("[]", ""),
		"two values":      frame(head+"} {}", ""),
		"unknown field":   frame(head+`,"more":1}`, ""),
		"id as a number":  frame(strings.Replace(head, `"1"`, "1", 1)+"}", ""),
		"no id":           frame(strings.Replace(head, `"1"`, `""`, 1)+"}", ""),
		"no store":        frame(strings.Replace(head, `"s"`, `""`, 1)+"}", ""),
		"no type":         frame(strings.Replace(head, `"t"`, `""`, 1)+"}", ""),
		"other via":       frame(strings.Replace(head, "webhook", "window", 1)+"}", ""),
		"U+0000 in id":    frame(strings.Replace(head, `"1"`, `"1\u0000"`, 1)+"}", ""),
		"time":            frame(strings.Replace(head, "2026-11", "2026-13", 1)+"}", ""),
		"header as text":  frame(head+`,"header":"x"}`, ""),
		"deep":            frame(strings.Repeat("[", 20_000), ""),
		"length of heads": binary.BigEndian.AppendUint32(appendPrelude(nil, 1), 0),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			if ms, err := decodeBatch(b); err == nil {
				t.Errorf("taken as %d events", len(ms))
			}
		})
	}
	// Whatever is cut off anywhere is never taken for less.
	for n := range good {
		if _, err := decodeBatch(good[:n]); err == nil {
			t.Errorf("the first %d of %d bytes taken", n, len(good))
		}
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte(batchMagic))
	f.Add(encode(f, event(1)))
	f.Add(encode(f, event(1), event(2), event(3)))
	f.Add(append(encode(f, event(1)), 0))
	f.Add(appendPrelude(nil, 0xFFFF))
	f.Add(binary.BigEndian.AppendUint32(appendPrelude(nil, 1), 0xFFFFFFFF))
	f.Add(appendFrame(appendPrelude(nil, 1), []byte(`{"id":"1","store":"s","type":"t","via":"partner","received_at":"2026-11-23T08:00:00+05:30"}`), nil))
	f.Add(appendFrame(appendPrelude(nil, 2), []byte(`{"ID":"\ud800","store":"s","type":"t","via":"webhook","header":{"A":null}}`), []byte{0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		ms, err := decodeBatch(b)
		if err != nil {
			if ms != nil {
				t.Errorf("%d events beside the error %v", len(ms), err)
			}
			return
		}
		total := batchPrelude
		for _, m := range ms {
			total += 8 + len(m.Body)
		}
		if total > len(b) {
			t.Fatalf("%d bytes of bodies out of %d", total, len(b))
		}
		// What was understood means the same when it is written again.
		again := appendPrelude(nil, len(ms))
		for _, m := range ms {
			h, err := encodeHead(m)
			if err != nil {
				if strings.Contains(err.Error(), "Time.MarshalJSON") || strings.Contains(err.Error(), "a head of") {
					return // a zone or a year that can be read and not be written; escapes that grow
				}
				t.Fatalf("encoding what was decoded: %v", err)
			}
			again = appendFrame(again, h, m.Body)
		}
		got, err := decodeBatch(again)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := show(ms), show(got); want != got {
			t.Errorf("again:\n%s\n%s", want, got)
		}
	})
}

func show(ms []erpbridge.Message) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, "%q %q %q %q %q %q %q %s\n", m.ID, m.Store, m.Type, m.Via, m.Header, m.ContentType, m.Body, m.ReceivedAt.Format(time.RFC3339Nano))
	}
	return b.String()
}
