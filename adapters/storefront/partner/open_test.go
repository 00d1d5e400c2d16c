package partner_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/partner"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// received is when the messages of the tests came in.
var received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// decode decodes YAML as the daemon does: unknown settings are errors.
func decode(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

// open returns a store with some settings.
func open(t testing.TB, settings string) erpbridge.Storefront {
	t.Helper()
	if settings == "" {
		settings = "{}"
	}
	s, err := partner.New("partner-a", decode(settings))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// message returns a body as a message of the type that the body says, if it says one.
func message(body []byte) erpbridge.Message {
	var head struct {
		Type string `json:"type"`
	}
	_ = json.Unmarshal(body, &head) // a body that cannot be read has no type
	return erpbridge.Message{
		ID: "order-1001-1", Store: "partner-a", Type: head.Type, Via: erpbridge.ViaPartner,
		ContentType: "application/json", Body: body, ReceivedAt: received,
	}
}

// examples returns the names of the example messages.
func examples(t testing.TB) []string {
	t.Helper()
	var names []string
	for _, file := range storefronttest.Files(t, storefronttest.Root(t), "testdata", "partner", "*.json") {
		names = append(names, file.Name)
	}
	return names
}

// example returns one of the example messages.
func example(t testing.TB, name string) []byte {
	t.Helper()
	return storefronttest.Read(t, storefronttest.Root(t), "testdata", "partner", name+".json")
}

// normalize returns the one event of a body.
func normalize(t testing.TB, s erpbridge.Storefront, body []byte) erpbridge.Event {
	t.Helper()
	return storefronttest.Event(t, s, message(body))
}

// but returns an example with one text in it replaced. It must be there.
func but(t testing.TB, name, old, replacement string) []byte {
	t.Helper()
	return storefronttest.Replace(t, example(t, name), old, replacement)
}
