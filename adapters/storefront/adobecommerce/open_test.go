package adobecommerce_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/adobecommerce"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

const (
	client   = "5f2c9e0b7d6a4c1fb0e3a8d97c615e42"
	codeSave = "com.adobe.commerce.observer.sales_order_save_commit_after"
	keyPath1 = "/prod/keys/pub-key-Hq7sW2xLm0.pem"
	keyPath2 = "/prod/keys/pub-key-c9_Zt-41Aa.pem"
)

// received is when the messages of the tests came in.
var received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// The keys that the adapter knows and does not know, made for these tests. They are the
// same in every process, so that what a fuzzer found once is found again.
var (
	adobes    = sync.OnceValue(func() *rsa.PrivateKey { return readKey("known") })
	strangers = sync.OnceValue(func() *rsa.PrivateKey { return readKey("stranger") })
)

func readKey(name string) *rsa.PrivateKey {
	text, err := os.ReadFile(filepath.Join("testdata", "key-"+name+".pem"))
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key.(*rsa.PrivateKey)
}

// public returns a key's public half in PEM.
func public(t testing.TB, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// decode decodes YAML as the daemon does: unknown settings are errors.
func decode(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

// settings returns those of a shop in Berlin whose events are signed by adobes.
func settings(t testing.TB) string {
	text, err := json.Marshal(public(t, adobes())) // a JSON string is a YAML string
	if err != nil {
		t.Fatal(err)
	}
	return "client_id: " + client + "\ntime_zone: Europe/Berlin\nkeys: [{pem: " + string(text) + "}]\n"
}

// open returns a shop with settings and more.
func open(t testing.TB, more string) erpbridge.Storefront {
	t.Helper()
	s, err := adobecommerce.New("shop-eu", decode(settings(t)+more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign returns the value of a signature header.
func sign(body []byte, key *rsa.PrivateKey) string {
	sum := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is too short for SHA-256
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// delivered returns m with the headers Adobe sends.
func delivered(m erpbridge.Message, key *rsa.PrivateKey) erpbridge.Message {
	m.Header = http.Header{}
	m.Header.Set("x-adobe-event-id", m.ID)
	m.Header.Set("x-adobe-event-code", m.Type)
	m.Header.Set("x-adobe-delivery-id", "6f0f1b63-6a5c-4b53-9a4e-2e5d3c1b0a99")
	m.Header.Set("x-adobe-provider", "commerce_events_di_event_provider@example")
	m.Header.Set("x-adobe-digital-signature-1", sign(m.Body, strangers()))
	m.Header.Set("x-adobe-public-key1-path", keyPath1)
	m.Header.Set("x-adobe-digital-signature-2", sign(m.Body, key))
	m.Header.Set("x-adobe-public-key2-path", keyPath2)
	m.Header.Set("Content-Type", "application/json")
	return m
}

// message returns a body as a message of a type.
func message(typ string, body []byte) erpbridge.Message {
	return erpbridge.Message{
		ID: "c1d8a4b6-2e3f-4f57-9b60-7a8e5d4c3101", Store: "shop-eu", Type: typ, Via: erpbridge.ViaWebhook,
		ContentType: "application/json", Body: body, ReceivedAt: received,
	}
}

// fixture returns one of the bodies of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	return storefronttest.Read(t, "testdata", name)
}

// typeOf returns the type of a message whose body is a fixture: what its event says, or
// what the name begins with.
func typeOf(t testing.TB, name string) (typ, id string) {
	t.Helper()
	var e struct {
		Type    string
		EventID string `json:"event_id"`
	}
	if err := json.Unmarshal(fixture(t, name), &e); err != nil {
		t.Fatal(err)
	}
	if e.Type == "" {
		e.Type, _, _ = strings.Cut(strings.TrimSuffix(name, ".json"), "-")
	}
	return e.Type, e.EventID
}

// one normalizes a body and returns its event.
func one(t testing.TB, s erpbridge.Storefront, typ string, body []byte) erpbridge.Event {
	t.Helper()
	return storefronttest.Event(t, s, message(typ, body))
}

// told normalizes a fixture.
func told(t testing.TB, s erpbridge.Storefront, name string) erpbridge.Event {
	t.Helper()
	typ, _ := typeOf(t, name)
	return one(t, s, typ, fixture(t, name))
}
