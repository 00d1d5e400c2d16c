package shopify_test

import (
	"bytes"
	"testing"

	"github.com/hakooi/erpbridge"
)

func version(t *testing.T, topic string, body []byte) erpbridge.Version {
	t.Helper()
	events, err := open(t, "").Normalize(message(topic, body))
	if err != nil {
		t.Fatal(err)
	}
	return events[0].Version
}

func TestOneStateIsOneVersion(t *testing.T) {
	body := fixture(t, "taxed.json")
	placed := version(t, "orders/create", body)
	for _, topic := range []string{"orders/paid", "orders/updated", "orders/fulfilled"} {
		if got := version(t, topic, body); got.String() != placed.String() {
			t.Errorf("%s is version %s, orders/create %s", topic, got, placed)
		}
	}
	// Members the bridge does not read, and a compact spelling of the same.
	other := bytes.Replace(body, []byte(`"landing_site": "/"`), []byte(`"landing_site":"/sale"`), 1)
	if bytes.Equal(other, body) {
		t.Fatal("nothing changed")
	}
	if got := version(t, "orders/updated", other); got.String() != placed.String() {
		t.Errorf("a change the ERP cannot see makes version %s of %s", got, placed)
	}
}

func TestAnotherStateIsAnotherVersion(t *testing.T) {
	body := fixture(t, "taxed.json")
	placed := version(t, "orders/create", body)
	paid := bytes.Replace(body, []byte(`"financial_status": "paid"`), []byte(`"financial_status": "pending"`), 1)
	if got := version(t, "orders/create", paid); got.Digest == placed.Digest || !got.At.Equal(placed.At) {
		t.Errorf("another content of one instant: %s and %s", got, placed)
	}
	// updated.json is the next day's state of taxed.json.
	if got := version(t, "orders/updated", fixture(t, "updated.json")); got.Digest == placed.Digest || !got.At.After(placed.At) {
		t.Errorf("a later state: %s after %s", got, placed)
	}
}
