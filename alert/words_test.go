package alert

import (
	"strings"
	"testing"
)

// TestSendingAgainIsAdvisedWhereItHelps: an ERP that takes a document once, for ever,
// makes nothing of one that is sent by force.
func TestSendingAgainIsAdvisedWhereItHelps(t *testing.T) {
	for _, once := range []bool{false, true} {
		a := Alert{Kind: Unconfirmed, DeadLetter: 7, TakenOnce: once}
		forced := false
		for _, c := range a.Commands() {
			forced = forced || strings.Contains(c.Line, "--force")
		}
		if forced == once {
			t.Errorf("taken once: %t, and --force is advised: %t", once, forced)
		}
	}
}

// TestNothingWaitsBehindWhatBecameNoDocument: only a dead document parks its order.
func TestNothingWaitsBehindWhatBecameNoDocument(t *testing.T) {
	for _, c := range []struct {
		name   string
		cause  cause
		parked bool
	}{
		{"a document", cause{Kind: DeadLetter, Target: "netsuite", Store: ""}, true},
		{"an event", cause{Kind: DeadLetter, Store: "shop-eu"}, false},
	} {
		if got := strings.Contains(c.cause.Done(), "wait behind it"); got != c.parked {
			t.Errorf("%s: %q", c.name, c.cause.Done())
		}
	}
}

// TestEveryCommandSaysWhatItDoes: whoever reads the mail knows which of them is for him.
func TestEveryCommandSaysWhatItDoes(t *testing.T) {
	for _, a := range []Alert{
		{Kind: DeadLetter, DeadLetter: 1},
		{Kind: Unconfirmed, DeadLetter: 2},
		{Kind: Held},
		{Kind: TargetRefused, Target: "erp"},
		{Kind: TargetAway, Target: "erp"},
		{Kind: BrokerUnsafe},
		{Kind: BrokerBlocked},
		{Kind: PollFailing, Store: "shop-eu"},
		{Kind: SubscriptionLost, Store: "shop-eu"},
		{Kind: EventsNotSent, Store: "shop-eu"},
		{Kind: StoreRefused},
	} {
		var d digest
		d.add(a)
		m, err := d.mail("[erpbridge]", a.At)
		if err != nil {
			t.Fatal(err)
		}
		cs := a.Commands()
		if len(cs) == 0 {
			t.Errorf("%s: no command", a.Kind)
		}
		for _, c := range cs {
			if !strings.Contains(m.Text, "# "+c.Effect+"\n    $ "+c.Line) {
				t.Errorf("%s: the mail does not say that %q is for %q:\n%s", a.Kind, c.Line, c.Effect, m.Text)
			}
		}
	}
}
