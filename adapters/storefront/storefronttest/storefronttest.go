// Package storefronttest is the conformance suite every storefront adapter
// passes. An adapter's test tells it how to open the adapter and how the platform
// signs, and the suite holds both methods to the duties of erpbridge.Storefront:
//
//	Verify     a signature is over the bytes, under the right secret, or Refused
//	           the same delivery has the same ID; the caller's message stays as it was
//	Normalize  pure: same bytes, same events; from many goroutines at once
//	           a number may be a string and a string a number
//	           a truncated body is an error, never a panic and never an event
//	           a later state has a later version, and one state told twice has one
//	           nothing optional is needed; a megabyte is read in bounded memory
//	           any text comes back unchanged, or without what nothing can hold
//
// Beside the suite stand the published corpora, which are read here and nowhere else. What
// becomes of them is a table in each adapter's own tests:
//
//	Samples      what storefronts send, and whether the index says that it adds up
//	Hostile      bodies that lie in wait for a parser; HostileBodies without the judging
//	OrderFields  texts that break exports and XML
//	HMAC         signatures of senders and of attackers; KnownAnswer is a platform's own
//	Files, Read  fixtures, and every other file that a test needs to be there
//
// and what every fuzzer asks of the two methods: VerifyAnything and NormalizeAnything.
package storefronttest

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// Suite tells the tests how to meet one adapter.
type Suite struct {
	// Open returns the adapter, configured for the secret Sign uses.
	Open func(t *testing.T) erpbridge.Storefront
	// Sign adds to m.Header what the platform sends with m.Body, signature
	// included.
	Sign func(m erpbridge.Message) erpbridge.Message
	// Forge does the same under a secret the adapter does not know.
	Forge func(m erpbridge.Message) erpbridge.Message
	// Messages are understood by the adapter and give at least one event each.
	// Type and ID are what Verify has to find.
	Messages []erpbridge.Message
	// Fetch returns a message with what it points to as its body, for a platform whose
	// webhooks do not carry it; Normalize is asked about that. nil: they carry it.
	Fetch func(m erpbridge.Message) erpbridge.Message
	// NoWebhooks: the adapter's messages come by another way than HTTP, and Verify
	// refuses all of them. Sign and Forge are not needed then.
	NoWebhooks bool

	// What follows may be left out; the test that needs it then says so in its log. The
	// messages are as Normalize gets to see them: fetched, where a platform's have to be.

	// Histories are the states of one thing each, older ones first.
	Histories [][]erpbridge.Message
	// Twice are messages that tell one state each under two types, or in two spellings.
	Twice [][2]erpbridge.Message
	// Minimal are messages with nothing in their bodies that may be missing.
	Minimal []erpbridge.Message
	// Huge returns a message whose body has about n bytes.
	Huge func(t testing.TB, n int) erpbridge.Message
	// Texts puts a text, which is no JSON yet, into every place of a body that people
	// write into: names, notes, titles.
	Texts func(t *testing.T, text string) erpbridge.Message
}

// Run runs the suite.
func Run(t *testing.T, s Suite) {
	t.Helper()
	if len(s.Messages) == 0 {
		t.Fatal("a suite without messages proves nothing")
	}
	if s.NoWebhooks {
		t.Run("Refuses", s.refuses)
		s.Sign = func(m erpbridge.Message) erpbridge.Message { return m }
	} else {
		t.Run("Signature", s.signature)
		t.Run("Redelivery", s.redelivery)
	}
	t.Run("Deterministic", s.deterministic)
	t.Run("Concurrent", s.concurrent)
	t.Run("Truncated", s.truncated)
	t.Run("NumbersAndStrings", s.numbersAndStrings)
	t.Run("OrderOfArrival", s.orderOfArrival)
	t.Run("ToldTwice", s.toldTwice)
	t.Run("Minimal", s.minimal)
	t.Run("Huge", s.huge)
	t.Run("HostileText", s.hostileText)
}

func (s Suite) signature(t *testing.T) {
	shop := s.Open(t)
	for _, m := range s.Messages {
		signed := s.Sign(bare(m))
		got, err := shop.Verify(signed)
		if err != nil {
			t.Fatalf("%s: a good signature is refused: %v", m.ID, err)
		}
		if got.ID != m.ID || got.Type != m.Type || got.Store != m.Store || !bytes.Equal(got.Body, m.Body) {
			t.Errorf("Verify returned ID %q, Type %q, Store %q, want %q, %q, %q and the body unchanged", got.ID, got.Type, got.Store, m.ID, m.Type, m.Store)
		}
		refused := func(how string, m erpbridge.Message) {
			t.Helper()
			if _, err := shop.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
				t.Errorf("%s: Verify = %v, want an error of kind refused", how, err)
			}
		}
		refused("unsigned", bare(m))
		refused("wrong secret", s.Forge(bare(m)))
		for i := range samples(len(signed.Body)) {
			tampered := signed
			tampered.Body = bytes.Clone(signed.Body)
			tampered.Body[i] ^= 1
			refused("a flipped bit", tampered)
		}
		longer, shorter := signed, signed
		longer.Body = append(bytes.Clone(signed.Body), '\n')
		shorter.Body = signed.Body[:len(signed.Body)-1]
		refused("a newline more", longer)
		refused("a byte less", shorter)
		// Ten thousand letters in every header: refused or taken, but no panic, and
		// nothing of that size kept.
		long := signed
		long.Header = http.Header{}
		for name := range signed.Header {
			long.Header.Set(name, string(bytes.Repeat([]byte("x"), 10_000)))
		}
		if got, err := shop.Verify(long); err == nil {
			t.Errorf("10,000 letters in every header were taken for a signature: %v", got.Type)
		}
	}
}

func (s Suite) redelivery(t *testing.T) {
	shop := s.Open(t)
	ids := map[[2]string]bool{}
	for _, m := range s.Messages {
		signed := s.Sign(bare(m))
		before := signed.Header.Clone()
		first, err := shop.Verify(signed)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Open(t).Verify(s.Sign(bare(m))) // another process, after a restart
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("a redelivery is another message:\n%s", diff)
		}
		if diff := cmp.Diff(before, signed.Header); diff != "" {
			t.Errorf("Verify changed the caller's headers:\n%s", diff)
		}
		key := [2]string{first.Type, first.ID}
		if first.ID == "" || ids[key] {
			t.Errorf("the ID %q of %s is empty or that of another message", first.ID, first.Type)
		}
		ids[key] = true
	}
}

func (s Suite) deterministic(t *testing.T) {
	for _, m := range s.fetched() {
		body := bytes.Clone(m.Body)
		first, err := s.Open(t).Normalize(m)
		if err != nil {
			t.Fatalf("%s: %v", m.ID, err)
		}
		if len(first) == 0 {
			t.Fatalf("%s: neither an event nor an error", m.ID)
		}
		for _, e := range first {
			if e.Store != m.Store || e.Stream == "" || e.Resource == "" || e.Version.At.IsZero() || e.Version.Digest == "" || !slices.Contains(erpbridge.EventTypes, e.Type) {
				t.Errorf("%s: an event lacks what the bridge orders by: store %q, type %q, stream %q, resource %q, version %s", m.ID, e.Store, e.Type, e.Stream, e.Resource, e.Version)
			}
			if n := payloads(e); n != 1 {
				t.Errorf("%s: a %s carries %d things, want one", m.ID, e.Type, n)
			}
		}
		again, err := s.Open(t).Normalize(m)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s: the same bytes gave other events:\n%s", m.ID, diff)
		}
		if !bytes.Equal(body, m.Body) {
			t.Errorf("%s: Normalize changed the body", m.ID)
		}
	}
}

// concurrent is for the race detector, and for state that leaks between calls.
func (s Suite) concurrent(t *testing.T) {
	shop := s.Open(t)
	want := make([][]erpbridge.Event, len(s.Messages))
	for i, m := range s.fetched() {
		var err error
		if want[i], err = shop.Normalize(m); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, m := range s.fetched() {
				got, err := shop.Normalize(m)
				if err != nil || !cmp.Equal(want[i], got) {
					t.Errorf("%s: other events beside other goroutines (%v)", m.ID, err)
				}
				if _, err := shop.Verify(s.Sign(bare(s.Messages[i]))); (err != nil) != s.NoWebhooks {
					t.Errorf("%s: another verdict beside other goroutines: %v", m.ID, err)
				}
			}
		})
	}
	wg.Wait()
}

func (s Suite) truncated(t *testing.T) {
	shop := s.Open(t)
	for _, m := range s.fetched() {
		whole := bytes.TrimSpace(m.Body)
		for n := range samples(len(whole)) {
			cut := m
			cut.Body = whole[:n]
			events, err := shop.Normalize(cut)
			if erpbridge.KindOf(err) != erpbridge.Invalid || events != nil {
				t.Fatalf("%s cut to %d of %d bytes: %d events, %v; want an error of kind invalid", m.ID, n, len(whole), len(events), err)
			}
			var e *erpbridge.Error
			if !errors.As(err, &e) || e.Op == "" {
				t.Fatalf("%s cut to %d bytes: the error does not say where it is from: %#v", m.ID, n, err)
			}
		}
	}
}

func (s Suite) numbersAndStrings(t *testing.T) {
	shop := s.Open(t)
	changed := map[string]bool{}
	for _, m := range s.fetched() {
		if !jsontext.Value(m.Body).IsValid() {
			continue
		}
		want, err := shop.Normalize(m)
		if err != nil {
			t.Fatal(err)
		}
		for how, change := range map[string]func(jsontext.Token) jsontext.Value{
			"numbers as strings": quoted, "strings as numbers": unquoted,
		} {
			other := m
			other.Body = rewrite(t, m.Body, change)
			if bytes.Equal(other.Body, m.Body) {
				continue
			}
			changed[how] = true
			got, err := shop.Normalize(other)
			if err != nil {
				t.Errorf("%s, %s: %v", m.ID, how, err)
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s make other events:\n%s", m.ID, how, diff)
			}
		}
	}
	if len(changed) < 2 {
		t.Fatalf("no message has both a number and a string that is spelled like one (%v), so this proves nothing", changed)
	}
}

// fetched returns the messages as Normalize gets to see them.
func (s Suite) fetched() []erpbridge.Message {
	if s.Fetch == nil {
		return s.Messages
	}
	var out []erpbridge.Message
	for _, m := range s.Messages {
		out = append(out, s.Fetch(m))
	}
	return out
}

// payloads counts what an event carries.
func payloads(e erpbridge.Event) (n int) {
	for _, carried := range []bool{
		e.Order != nil, e.Cancellation != nil, e.Refund != nil, e.Fulfilment != nil, e.Customer != nil, e.Product != nil,
		e.Inventory != nil, e.Privacy != nil,
	} {
		if carried {
			n++
		}
	}
	return n
}

// bare returns m as it comes in: nothing known of it yet but the body.
func bare(m erpbridge.Message) erpbridge.Message {
	m.Header = http.Header{}
	return m
}

// samples returns about 300 numbers below n, the first and last ones among them.
func samples(n int) map[int]struct{} {
	out := map[int]struct{}{}
	for i := 0; i < n; i += max(1, n/250) {
		out[i] = struct{}{}
	}
	for i := range min(n, 25) {
		out[i], out[n-1-i] = struct{}{}, struct{}{}
	}
	return out
}
