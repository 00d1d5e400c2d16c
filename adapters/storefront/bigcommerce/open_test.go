package bigcommerce_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

const (
	secret = "a-client-secret-of-the-app"
	hash   = "k3m9x2ab7q"
	base   = "store_hash: k3m9x2ab7q\nsecrets: [a-client-secret-of-the-app]\n"
)

// received is when the messages of the tests came in.
var received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// decode decodes YAML as the daemon does: unknown settings are errors.
func decode(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

// open returns a store with the settings of base and more.
func open(t testing.TB, more string) erpbridge.Storefront {
	t.Helper()
	s, err := bigcommerce.New("shop-us", decode(base+more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign returns one signature of the Standard Webhooks scheme.
func sign(id, stamp string, body []byte, key string) string {
	return "v1," + storefronttest.MAC(key, []byte(id+"."+stamp+"."), body)
}

// signed returns m with the headers the store sends, and the time of its receipt.
func signed(m erpbridge.Message, key string) erpbridge.Message {
	const id = "msg_2Vn4Q8rTzW"
	stamp := strconv.FormatInt(received.Unix()-2, 10)
	m.ReceivedAt = received
	m.Header = http.Header{}
	m.Header.Set("Webhook-Id", id)
	m.Header.Set("Webhook-Timestamp", stamp)
	m.Header.Set("Webhook-Signature", sign(id, stamp, m.Body, key))
	m.Header.Set("Content-Type", "application/json")
	return m
}

// fixture returns one of the bodies of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	return storefronttest.Read(t, "testdata", name)
}

// message returns a body as Normalize is given it.
func message(scope string, body []byte) erpbridge.Message {
	return erpbridge.Message{ID: "1", Store: "shop-us", Type: scope, Via: erpbridge.ViaWebhook, Body: body, ReceivedAt: received}
}

// scopeOf returns the scope a document's or an envelope's fixture is of.
func scopeOf(t testing.TB, body []byte) string {
	t.Helper()
	var d struct {
		Scope    string
		Envelope struct{ Scope string }
	}
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	if d.Scope != "" {
		return d.Scope
	}
	return d.Envelope.Scope
}

// envelopeIn returns the envelope of a document, which is what the webhook had as its
// body, or the body itself if it is one.
func envelopeIn(t testing.TB, body []byte) []byte {
	t.Helper()
	var d struct{ Envelope json.RawMessage }
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	if d.Envelope == nil {
		return body
	}
	return d.Envelope
}

// event normalizes a body that stands for one event.
func event(t testing.TB, s erpbridge.Storefront, body []byte) erpbridge.Event {
	t.Helper()
	return storefronttest.Event(t, s, message(scopeOf(t, body), body))
}

// changed returns a fixture with texts replaced, each of which has to be there.
func changed(t testing.TB, body []byte, pairs ...string) []byte {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(body, []byte(pairs[i])) {
			t.Fatalf("the fixture has no %q", pairs[i])
		}
		body = bytes.ReplaceAll(body, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	return body
}

// wants fails unless err is of a kind, from this room, and says so.
func wants(t testing.TB, err error, kind erpbridge.Kind, says string) {
	t.Helper()
	var e *erpbridge.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Op == "" || !strings.Contains(err.Error(), says) {
		t.Errorf("%v (kind %s), want kind %s and %q", err, erpbridge.KindOf(err), kind, says)
	}
}
