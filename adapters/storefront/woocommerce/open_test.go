package woocommerce_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/woocommerce"
)

const (
	secret = "a-webhook-secret-of-the-shop"
	site   = "https://shop.example.com/"
	base   = "site: https://shop.example.com\nsecrets: [a-webhook-secret-of-the-shop]\n"
)

// received is when the messages of the tests came in.
var received = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// decode decodes YAML as the daemon does: unknown settings are errors.
func decode(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

// open returns a shop with the settings of base and more.
func open(t testing.TB, more string) erpbridge.Storefront {
	t.Helper()
	s, err := woocommerce.New("shop-eu", decode(base+more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign returns the signature header's value for a body.
func sign(body []byte, key string) string {
	return storefronttest.MAC(key, body)
}

// signed returns m with the headers WooCommerce sends.
func signed(m erpbridge.Message, key string) erpbridge.Message {
	resource, event, _ := strings.Cut(m.Type, ".")
	m.Header = http.Header{}
	m.Header.Set("X-WC-Webhook-Signature", sign(m.Body, key))
	m.Header.Set("X-WC-Webhook-Source", site)
	m.Header.Set("X-WC-Webhook-Topic", m.Type)
	m.Header.Set("X-WC-Webhook-Resource", resource)
	m.Header.Set("X-WC-Webhook-Event", event)
	m.Header.Set("X-WC-Webhook-ID", "12")
	m.Header.Set("X-WC-Webhook-Delivery-ID", "5f0b1c6f6b3a2f9d0c1e2d3c4b5a6978")
	m.Header.Set("Content-Type", "application/json")
	return m
}

// message returns a body as a message of a topic.
func message(topic string, body []byte) erpbridge.Message {
	return erpbridge.Message{
		Store: "shop-eu", Type: topic, Via: erpbridge.ViaWebhook, ContentType: "application/json", Body: body, ReceivedAt: received,
	}
}

// fixture returns one of the project's own bodies.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	return storefronttest.Read(t, "testdata", name+".json")
}

// event normalises a body and returns its one event.
func event(t testing.TB, s erpbridge.Storefront, topic string, body []byte) erpbridge.Event {
	t.Helper()
	return storefronttest.Event(t, s, message(topic, body))
}

// changed returns a fixture with one text in place of another, which has to be there.
func changed(t testing.TB, body []byte, old, with string) []byte {
	t.Helper()
	return storefronttest.Replace(t, body, old, with)
}
