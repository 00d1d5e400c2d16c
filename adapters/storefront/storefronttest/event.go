package storefronttest

import (
	"testing"

	"github.com/hakooi/erpbridge"
)

// Event normalizes m, which has to give one event.
func Event(t testing.TB, shop erpbridge.Storefront, m erpbridge.Message) erpbridge.Event {
	t.Helper()
	events, err := shop.Normalize(m)
	if err != nil {
		t.Fatalf("%s %s: %v", m.Type, m.ID, err)
	}
	if len(events) != 1 {
		t.Fatalf("%s %s: %d events, want 1", m.Type, m.ID, len(events))
	}
	return events[0]
}
