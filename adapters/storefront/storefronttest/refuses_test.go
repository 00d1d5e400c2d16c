package storefronttest_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// deaf is a toy whose messages come by another way, unless it hears webhooks after all.
type deaf struct {
	toy
	hears bool
}

func (d *deaf) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	if d.hears {
		return m, nil
	}
	return m, &erpbridge.Error{Op: "deaf.Verify", Kind: erpbridge.Refused, Err: errors.New("no webhooks")}
}

func (d *deaf) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	events, err := d.toy.Normalize(m)
	for i := range events {
		events[i].Resource = events[i].Stream
	}
	return events, err
}

// TestDeaf passes, or fails in the process TestSuiteSeesWebhooks starts for that.
func TestDeaf(t *testing.T) {
	hears := os.Getenv(breakage) == "hears webhooks"
	storefronttest.Run(t, storefronttest.Suite{
		Open:       func(*testing.T) erpbridge.Storefront { return &deaf{hears: hears} },
		Messages:   []erpbridge.Message{{ID: "1", Type: "order", Store: "toys", Body: []byte(`{"id":4711,"name":"12.50"}`)}},
		NoWebhooks: true,
	})
}

func TestSuiteSeesWebhooks(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDeaf$")
	cmd.Env = append(os.Environ(), breakage+"=hears webhooks")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "TestDeaf/Refuses") {
		t.Errorf("the suite passes an adapter that hears webhooks (%v):\n%s", err, out)
	}
}
