package woocommerce_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

const address = "https://bridge.example.com/hooks/shop-eu"

func TestSubscriptions(t *testing.T) {
	s := newShop(t)
	hook := func(id int, topic, url, status string) map[string]any {
		return map[string]any{"id": id, "topic": topic, "delivery_url": url, "status": status}
	}
	s.webhooks = []map[string]any{
		hook(1, "order.created", address, "active"),
		hook(2, "order.updated", address, "disabled"),
		hook(3, "order.deleted", address, "paused"),
		hook(4, "order.deleted", "https://elsewhere.example.com/", "active"),
		hook(5, "customer.created", address, "active"),
	}
	for i := range 100 { // so that there is a second page
		s.webhooks = append(s.webhooks, hook(100+i, "coupon.created", "https://elsewhere.example.com/", "active"))
	}
	s.webhooks = append(s.webhooks, hook(300, "order.updated", address, "active"))
	front, ok := s.open("", "webhooks: {address: '"+address+"'}\n").(erpbridge.Subscriber)
	if !ok {
		t.Fatal("nobody looks after the webhooks")
	}
	got, err := front.Subscriptions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []erpbridge.Subscription{
		{ID: "1", Topic: "order.created", Address: address, State: erpbridge.Subscribed},
		{ID: "300", Topic: "order.updated", Address: address, State: erpbridge.Subscribed},
		{ID: "3", Topic: "order.deleted", Address: address, State: erpbridge.Disabled, Detail: "paused by somebody in WooCommerce"},
		{Topic: "order.restored", Address: address, State: erpbridge.Gone, Detail: "no webhook sends this topic here"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subscriptions:\n%s", diff)
	}
	for _, sub := range got[2:] {
		if err := front.Subscribe(context.Background(), sub); err != nil {
			t.Error(err)
		}
	}
	// The secret goes as it was configured: the shop decodes it as the bridge does.
	const key = "a secret &amp; of the shop"
	wrote := []map[string]any{
		{"status": "active", "secret": key},
		{"status": "active", "secret": key, "name": "erpbridge order.restored", "topic": "order.restored", "delivery_url": address, "id": 107},
	}
	if diff := cmp.Diff(wrote, s.got); diff != "" {
		t.Errorf("written:\n%s", diff)
	}
	if got, err = front.Subscriptions(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, sub := range got {
		if sub.State != erpbridge.Subscribed {
			t.Errorf("%s is %s after all", sub.Topic, sub.State)
		}
	}
	if err := front.Subscribe(context.Background(), erpbridge.Subscription{ID: "999", Topic: "order.updated"}); erpbridge.KindOf(err) != erpbridge.Missing {
		t.Errorf("a webhook that went away: %v", err)
	}
}
