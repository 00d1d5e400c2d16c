package shopify_test

import (
	"net/http"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

const (
	secret = "a-client-secret-of-the-app"
	shop   = "example.myshopify.com"
	base   = "shop: example.myshopify.com\nsecrets: [a-client-secret-of-the-app]\n"
)

// received is when the messages of the tests came in.
var received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// decode decodes YAML as the daemon does: unknown settings are errors.
func decode(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

// open returns a shop with the settings of base and more.
func open(t testing.TB, more string) erpbridge.Storefront {
	t.Helper()
	s, err := shopify.New("shop-eu", decode(base+more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign returns the signature header's value for a body.
func sign(body []byte, key string) string {
	return storefronttest.MAC(key, body)
}

// signed returns m with the headers Shopify sends.
func signed(m erpbridge.Message, key string) erpbridge.Message {
	m.Header = http.Header{}
	m.Header.Set("X-Shopify-Hmac-Sha256", sign(m.Body, key))
	m.Header.Set("X-Shopify-Shop-Domain", shop)
	m.Header.Set("X-Shopify-Topic", m.Type)
	m.Header.Set("X-Shopify-Webhook-Id", m.ID)
	m.Header.Set("X-Shopify-Event-Id", "98880550-7158-44d4-b7cd-2c97c8a091b5")
	m.Header.Set("X-Shopify-Api-Version", "2026-10")
	m.Header.Set("X-Shopify-Triggered-At", "2026-11-23T11:59:59.123456789Z")
	m.Header.Set("Content-Type", "application/json")
	return m
}

// message returns a body as a message of a topic.
func message(topic string, body []byte) erpbridge.Message {
	return erpbridge.Message{
		ID: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", Store: "shop-eu", Type: topic, Via: erpbridge.ViaWebhook,
		ContentType: "application/json", Body: body, ReceivedAt: received,
	}
}

// fixture returns one of the project's own order bodies.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	return storefronttest.Read(t, storefronttest.Root(t), "testdata", "orders", name)
}

// one normalizes m and returns its one event.
func one(t testing.TB, s erpbridge.Storefront, m erpbridge.Message) erpbridge.Event {
	t.Helper()
	return storefronttest.Event(t, s, m)
}

// order normalizes a body and returns its one order.
func order(t testing.TB, s erpbridge.Storefront, topic string, body []byte) *erpbridge.Order {
	t.Helper()
	e := one(t, s, message(topic, body))
	if e.Order == nil {
		t.Fatalf("%s: no order, but %+v", topic, e)
	}
	return e.Order
}
