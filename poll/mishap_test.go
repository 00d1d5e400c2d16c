package poll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// bomb is a shop whose answer an adapter cannot bear.
type bomb struct{}

func (bomb) List(context.Context, time.Time, string) (erpbridge.Page, error) {
	var pages []erpbridge.Page
	return pages[0], nil
}

func (bomb) Subscriptions(context.Context) ([]erpbridge.Subscription, error) {
	panic("no subscriptions")
}

func (bomb) Subscribe(context.Context, erpbridge.Subscription) error { return nil }

// An answer that an adapter panics over ends the round, and not the daemon with all other
// stores in it.
func TestAPanicEndsTheRoundAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{}
		p := poller(bomb{}, newHouse(), b)
		p.Subscriber = bomb{}
		round(t, p, b)
		if len(b.ended) != 1 {
			t.Fatalf("ended %+v", b.ended)
		}
		o := b.ended[0]
		if o.Complete || o.Again != soon || o.Alert == "" || erpbridge.KindOf(o.Cause) != erpbridge.Unknown {
			t.Errorf("ended %+v", o)
		}
	})
	f, err := Backfill{Lister: bomb{}, Tell: func(Filled) {}, Log: zap.NewNop()}.Run(t.Context())
	if err == nil || f.Done {
		t.Errorf("filled %+v, %v", f, err)
	}
}

// moody is a shop that cannot be asked once it was told to send again, or during that.
type moody struct {
	*subscriber
	stop func()
}

func (m moody) Subscribe(ctx context.Context, s erpbridge.Subscription) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.stop != nil {
		m.stop()
	}
	return m.subscriber.Subscribe(ctx, s)
}

func (m moody) Subscriptions(ctx context.Context) ([]erpbridge.Subscription, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(m.asked) > 0 {
		return nil, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("not now")}
	}
	return m.subscriber.Subscriptions(ctx)
}

// What was brought back is not seen to be lost by the next round: so it is told in this
// one, whatever comes after.
func TestALostSubscriptionIsToldWhateverComesAfter(t *testing.T) {
	const lost = "shop no longer sends orders/create (missing), orders/paid (missing); the poll fetches what is missing every 15m0s; "
	for _, tt := range []struct {
		name    string
		stopped bool
		want    string
	}{
		{"the shop does not answer", false, lost + "brought back: orders/create, orders/paid"},
		{"the daemon is stopped", true, lost + "brought back: orders/create; not brought back yet: orders/paid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sub, b := subscribed("orders/create", "orders/paid"), &book{}
				p := poller(newShop(1), newHouse(), b)
				p.Settings.Resubscribe = true
				sub.set("orders/create", erpbridge.Gone)
				sub.set("orders/paid", erpbridge.Gone)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				m := moody{subscriber: sub}
				if tt.stopped {
					m.stop = stop
				}
				p.Subscriber = m
				if _, err := p.turn(ctx); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{tt.want}, b.alerts); diff != "" || b.told == "" {
					t.Errorf("remembered %q, told (-want +got):\n%s", b.told, diff)
				}
			})
		})
	}
}
