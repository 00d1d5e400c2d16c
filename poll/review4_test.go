package poll

import (
	"testing"
	"testing/synctest"

	"github.com/hakooi/erpbridge"
)

// A shop that drops what was brought back before each round is one fault, and one mail.
func TestSubscriptionDroppedEachTimeIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sub, b := subscribed("orders/create", "orders/paid"), &book{}
		p := poller(newShop(1), newHouse(), b)
		p.Subscriber, p.Settings.Resubscribe = sub, true
		told := 0
		for range 20 {
			sub.set("orders/create", erpbridge.Gone)
			told += len(round(t, p, b))
		}
		if told != 1 || len(sub.asked) != 20 {
			t.Errorf("told %d times, brought back %d times, want 1 and 20", told, len(sub.asked))
		}
		round(t, p, b) // all is well
		if b.told != "" {
			t.Errorf("still told: %q", b.told)
		}
		sub.set("orders/create", erpbridge.Gone)
		if got := round(t, p, b); len(got) != 1 {
			t.Errorf("after it was over: told %q", got)
		}
	})
}
