package poll

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// subscriber is a shop's subscriptions.
type subscriber struct {
	subs   []erpbridge.Subscription
	refuse map[string]bool // topics it does not bring back
	asked  []string        // topics it was asked to bring back
}

func (s *subscriber) Subscriptions(context.Context) ([]erpbridge.Subscription, error) {
	return slices.Clone(s.subs), nil
}

func (s *subscriber) Subscribe(_ context.Context, want erpbridge.Subscription) error {
	s.asked = append(s.asked, want.Topic)
	if s.refuse[want.Topic] {
		return &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("no permission")}
	}
	s.set(want.Topic, erpbridge.Subscribed)
	return nil
}

func (s *subscriber) set(topic string, state erpbridge.SubscriptionState) {
	for i := range s.subs {
		if s.subs[i].Topic == topic {
			s.subs[i].State = state
		}
	}
}

func subscribed(topics ...string) *subscriber {
	s := &subscriber{refuse: map[string]bool{}}
	for _, topic := range topics {
		s.subs = append(s.subs, erpbridge.Subscription{Topic: topic, Address: "https://erp.example.com/webhooks/shop", State: erpbridge.Subscribed})
	}
	return s
}

// round makes one round and returns what was told in it.
func round(t *testing.T, p *Poller, b *book) []string {
	t.Helper()
	time.Sleep(p.Settings.Every)
	b.alerts = nil
	if _, err := p.turn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b.alerts
}

// A fault is told once, told again when there is another one, and forgotten when it is over.
func TestFaultsOfSubscriptionsAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sub, b := subscribed("orders/create", "orders/paid"), &book{}
		p := poller(newShop(1), newHouse(), b)
		p.Subscriber = sub
		const first = "shop no longer sends orders/create (missing); the poll fetches what is missing every 15m0s; bring the webhooks back with erpbridge store subscribe --store shop"
		for _, step := range []struct {
			name  string
			topic string
			state erpbridge.SubscriptionState
			want  []string
		}{
			{"all is well", "", "", nil},
			{"one is missing", "orders/create", erpbridge.Gone, []string{first}},
			{"still", "", "", nil},
			{"another is disabled", "orders/paid", erpbridge.Disabled, []string{"shop no longer sends orders/create (missing), orders/paid (disabled); the poll fetches what is missing every 15m0s; bring the webhooks back with erpbridge store subscribe --store shop"}},
			{"the other is back", "orders/paid", erpbridge.Subscribed, nil},
			{"both are back", "orders/create", erpbridge.Subscribed, nil},
			{"it is missing again", "orders/create", erpbridge.Gone, []string{first}},
		} {
			sub.set(step.topic, step.state)
			if diff := cmp.Diff(step.want, round(t, p, b)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
		if len(sub.asked) > 0 {
			t.Errorf("brought back without being told to: %v", sub.asked)
		}
	})
}

func TestSubscriptionsAreBroughtBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sub, b := subscribed("orders/create", "orders/paid"), &book{}
		p := poller(newShop(1), newHouse(), b)
		p.Subscriber, p.Settings.Resubscribe = sub, true
		sub.refuse["orders/paid"] = true
		sub.set("orders/create", erpbridge.Gone)
		sub.set("orders/paid", erpbridge.Disabled)
		want := []string{"shop no longer sends orders/create (missing), orders/paid (disabled); the poll fetches what is missing every 15m0s; " +
			"brought back: orders/create; could not be brought back: orders/paid (no permission)"}
		if diff := cmp.Diff(want, round(t, p, b)); diff != "" {
			t.Error(diff)
		}
		if got := b.subs; got[0].State != erpbridge.Subscribed || got[1].State != erpbridge.Disabled {
			t.Errorf("shown: %+v", got)
		}
		// It is tried again each round, and not told again.
		if diff := cmp.Diff([]string(nil), round(t, p, b)); diff != "" {
			t.Error(diff)
		}
		sub.refuse["orders/paid"] = false
		round(t, p, b)
		round(t, p, b) // finds all well
		if diff := cmp.Diff([]string{"orders/create", "orders/paid", "orders/paid", "orders/paid"}, sub.asked); diff != "" || b.told != "" {
			t.Errorf("%s, told %q", diff, b.told)
		}
		// It is deleted again: that is another outage.
		sub.set("orders/create", erpbridge.Gone)
		if got := round(t, p, b); len(got) != 1 {
			t.Errorf("told %q", got)
		}
	})
}

type subscriberErr struct{ error }

func (s subscriberErr) Subscriptions(context.Context) ([]erpbridge.Subscription, error) {
	return nil, s.error
}
func (s subscriberErr) Subscribe(context.Context, erpbridge.Subscription) error { return s.error }

// What was listed counts although the subscriptions cannot be asked for.
func TestSubscriptionsCannotBeAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{}
		p := poller(newShop(1), newHouse(), b)
		p.Subscriber = subscriberErr{&erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("no scope")}}
		round(t, p, b)
		if len(b.ended) != 1 || !b.ended[0].Complete || !b.ended[0].Grave || b.ended[0].Alert != "shop cannot be asked for its webhook subscriptions: asking for its subscriptions: no scope" {
			t.Errorf("%+v", b.ended)
		}
	})
}
