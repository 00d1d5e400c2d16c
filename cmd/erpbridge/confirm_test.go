package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters"
)

// A fakeBooker is an ERP that stores what it is sent, and books it when the test says so.
type fakeBooker struct {
	mu    sync.Mutex
	sent  []string
	books map[string]bool // what is booked, by ref
}

func (*fakeBooker) Keyed() bool { return true }

func (*fakeBooker) Translate(e erpbridge.Event) ([]erpbridge.Document, error) {
	return []erpbridge.Document{{
		Key: e.Store + "/" + e.Resource + "/" + e.Version.String(), Target: "erp", Stream: e.Store + "/" + e.Stream, Kind: "ORDERS",
		Record: e.Resource, Version: e.Version, Body: []byte("<order/>"),
	}}, nil
}

func (b *fakeBooker) Deliver(_ context.Context, docs []erpbridge.Document) []erpbridge.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	rs := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		b.sent = append(b.sent, d.Key)
		rs[i].Receipt = erpbridge.Receipt{Ref: d.Record, Accepted: true}
	}
	return rs
}

func (b *fakeBooker) Confirm(_ context.Context, as []erpbridge.Accepted) []erpbridge.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	rs := make([]erpbridge.Result, len(as))
	for i, a := range as {
		rs[i].Receipt = erpbridge.Receipt{Ref: a.Ref, Accepted: !b.books[a.Ref], Warning: "in the queue"}
	}
	return rs
}

// Acknowledge reads "ref" or "ref: reason", with a time behind it.
func (b *fakeBooker) Acknowledge(m erpbridge.Message) ([]erpbridge.Acknowledgement, error) {
	if m.Header.Get("Authorization") != "Basic c2FwOnNhcA==" {
		return nil, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("the password is wrong")}
	}
	text, _, ok := strings.Cut(string(m.Body), "@")
	if !ok {
		return nil, &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("it has no time")}
	}
	a := erpbridge.Acknowledgement{Ref: text}
	if ref, reason, thrown := strings.Cut(text, ": "); thrown {
		a = erpbridge.Acknowledgement{Ref: ref, Result: erpbridge.Result{Err: &erpbridge.Error{Kind: erpbridge.Invalid, Code: "51", Err: errors.New(reason)}}}
	}
	return []erpbridge.Acknowledgement{a}, nil
}

func (b *fakeBooker) book(ref string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.books[ref] = true
}

// withBooker returns a world whose only target is b.
func withBooker(t *testing.T, b *fakeBooker) *world {
	t.Helper()
	adapters.ERPs["booker"] = func(string, func(any) error, erpbridge.CrossReference) (erpbridge.ERP, error) { return b, nil }
	t.Cleanup(func() { delete(adapters.ERPs, "booker") })
	w := newWorld(t)
	text, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "targets:\n")
	w.config = file(t, "erpbridge.yaml", before+`targets:
  - name: erp
    kind: booker
    delivery: {poll: 20ms, confirm: {first: 10ms, max: 50ms, within: 1h}}
`)
	return w
}

func (w *world) confirm(t *testing.T, target, password, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.listen+"/confirmations/"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("sap", password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// An ERP stores three orders. One it says to have booked when it is asked, one it tells
// by itself, and one it throws out; that one an operator follows up.
func TestAcceptedIsNotBooked(t *testing.T) {
	b := &fakeBooker{books: map[string]bool{}}
	w := withBooker(t, b)
	ctx, stop := context.WithCancel(t.Context())
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- execute(ctx, []string{"run", "--config", w.config}, io.Discard, &log) }()
	w.awaitReady(t)
	var refs []string
	for n := range 3 {
		if code := w.send(ctx, fmt.Sprint("d-", n), orderBody(t, n)); code != http.StatusOK {
			t.Fatalf("answered with %d", code)
		}
		refs = append(refs, fmt.Sprint("order/", 7000000000000+n))
	}
	await := func(delivered, unconfirmed, dead int64) {
		t.Helper()
		poll(t, fmt.Sprintf("%d delivered, %d unconfirmed, %d dead", delivered, unconfirmed, dead), 20*time.Second, func() error {
			if st := w.status(t); st.Delivered != delivered || st.Unconfirmed != unconfirmed || st.Dead != dead || !st.Balanced {
				return fmt.Errorf("%+v", st.Ledger)
			}
			return nil
		})
	}
	await(0, 3, 0)
	runs{"status", exitOK, "erp: 3 accepted, waiting for confirmation, oldest since 20"}.check(t, w.config)

	b.book(refs[0])
	await(1, 2, 0)
	for _, c := range []struct {
		target, password, body string
		want                   int
	}{
		{"erp", "wrong", refs[1] + "@1", 401},
		{"nobody", "sap", refs[1] + "@1", 401},
		{"erp", "sap", "nonsense", 400},
		{"erp", "sap", "order/of-somebody-else@1", 200},
		{"erp", "sap", refs[1] + "@1", 200},
		{"erp", "sap", refs[2] + ": period closed@1", 200},
	} {
		if got := w.confirm(t, c.target, c.password, c.body); got != c.want {
			t.Errorf("%s %q: %d, want %d", c.target, c.body, got, c.want)
		}
	}
	await(2, 0, 1)

	runs{"dead list", exitOK, "51: period closed"}.check(t, w.config)
	runs{"dead show 1", exitOK, "erpbridge dead settle 1 --reason"}.check(t, w.config)
	runs{"dead show 1", exitOK, refs[2]}.check(t, w.config)
	runs{"dead replay 1 --dry-run", exitOK, "would be replayed; nothing is sent"}.check(t, w.config)
	runs{"dead replay 1 --render-again", exitFailed, "the ERP has taken this document"}.check(t, w.config)
	runs{"dead replay 1", exitOK, "replayed; nothing is sent, its confirmation is waited for"}.check(t, w.config)
	await(2, 1, 0)
	if got := w.confirm(t, "erp", "sap", refs[2]+": period closed@2"); got != 200 {
		t.Errorf("thrown out once more: %d", got)
	}
	await(2, 0, 1)
	runs{"dead settle 2", exitUsage, "--reason"}.check(t, w.config)
	runs{"dead settle 2 --reason mended --dry-run", exitOK, "would be settled"}.check(t, w.config)
	runs{"dead settle 2 --reason mended --ref SO-1", exitOK, "settled"}.check(t, w.config)
	runs{"dead settle 2 --reason mended", exitFailed, "no open dead letter"}.check(t, w.config)
	await(3, 0, 0)

	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, log.String())
	}
	if len(b.sent) != 3 {
		t.Errorf("sent %q", b.sent)
	}
	for _, secret := range []string{"period closed@", "nonsense", "c2FwOnNhcA"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
