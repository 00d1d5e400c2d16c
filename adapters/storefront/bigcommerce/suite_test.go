package bigcommerce_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// fixtures lists the bodies Normalize understands, documents and envelopes.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, folder := range []string{"documents", "envelopes"} {
		for _, file := range storefronttest.Files(t, "testdata", folder, "*.json") {
			if file.Name != "archived" {
				out[folder+"/"+file.Name+".json"] = file.Body
			}
		}
	}
	if len(out) < 15 {
		t.Fatalf("%d fixtures", len(out))
	}
	return out
}

func TestSuite(t *testing.T) {
	documents := map[string][]byte{}
	var messages []erpbridge.Message
	for _, body := range fixtures(t) {
		var e struct {
			Hash      string
			CreatedAt int64 `json:"created_at"`
		}
		envelope := envelopeIn(t, body)
		if err := json.Unmarshal(envelope, &e); err != nil {
			t.Fatal(err)
		}
		m := message(scopeOf(t, body), envelope)
		m.ID = e.Hash + "@" + strconv.FormatInt(e.CreatedAt, 10)
		messages = append(messages, m)
		documents[m.ID] = body
	}
	storefronttest.Run(t, storefronttest.Suite{
		Open:     func(t *testing.T) erpbridge.Storefront { return open(t, "default_currency: USD\n") },
		Sign:     func(m erpbridge.Message) erpbridge.Message { return signed(m, secret) },
		Forge:    func(m erpbridge.Message) erpbridge.Message { return signed(m, "another-client-secret-of-an-app") },
		Messages: messages,
		Fetch: func(m erpbridge.Message) erpbridge.Message {
			m.Body = bytes.Clone(documents[m.ID])
			return m
		},
	})
}

// TestFetchedIsRead reads the same document beside the envelope and as the body.
func TestFetchedIsRead(t *testing.T) {
	s := open(t, "default_currency: USD\n")
	for name, body := range fixtures(t) {
		m := message(scopeOf(t, body), envelopeIn(t, body))
		m.Fetched = body
		got, err := s.Normalize(m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]erpbridge.Event{event(t, s, body)}, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestOrdersAddUp: every order of the fixtures comes to its total, and every refund to
// what was paid.
func TestOrdersAddUp(t *testing.T) {
	s := open(t, "")
	orders, refunds := 0, 0
	for name, body := range fixtures(t) {
		e := event(t, s, body)
		if o := e.Order; o != nil {
			orders++
			if !o.Sum().Equal(o.Total) {
				t.Errorf("%s: parts come to %s, the total is %s", name, o.Sum(), o.Total)
			}
		}
		if r := e.Refund; r != nil {
			refunds++
			paid, all := r.Paid()
			if !all || !r.Sum().Equal(paid) {
				t.Errorf("%s: parts come to %s, paid back were %s (all: %v)", name, r.Sum(), paid, all)
			}
		}
	}
	if orders < 5 || refunds < 2 {
		t.Errorf("%d orders, %d refunds", orders, refunds)
	}
}
