package bigcommerce_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
)

func TestSubscriptions(t *testing.T) {
	const address = "https://bridge.example/hooks/shop"
	s := newStore(t)
	shop, err := bigcommerce.New("shop-us", decode(fmt.Sprintf(`store_hash: %s
headers: {X-Bridge-Token: a-token-nobody-can-guess}
api: {url: %q, token: %s, rate: 10000}
webhooks: {address: %s, topics: [store/order/created, store/order/updated, store/order/statusUpdated, store/order/refund/created]}
`, hash, s.URL+"/stores/"+hash, token, address)))
	if err != nil {
		t.Fatal(err)
	}
	c, ok := shop.(*bigcommerce.Subscribed)
	if !ok {
		t.Fatal("the adapter does not look after its webhooks")
	}
	const good = `{"X-Bridge-Token":"a-token-nobody-can-guess"}`
	for i, h := range []string{
		`{"scope":"store/order/created","destination":"https://elsewhere.example/","is_active":true,"headers":` + good + `}`,
		`{"scope":"store/order/created","destination":"` + address + `/","is_active":true,"headers":` + good + `}`,
		`{"scope":"store/order/updated","destination":"` + address + `","is_active":false,"headers":` + good + `}`,
		`{"scope":"store/order/statusUpdated","destination":"` + address + `","is_active":true,"headers":{"X-Bridge-Token":"an-old-token-of-the-bridge"}}`,
	} {
		var hook raw
		if err := json.Unmarshal([]byte(h), &hook); err != nil {
			t.Fatal(err)
		}
		hook["id"] = json.RawMessage(fmt.Sprint(i + 1))
		s.hooks = append(s.hooks, hook)
	}
	states := func() map[string]string {
		subs, err := c.Subscriptions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, sub := range subs {
			out[sub.Topic] = sub.ID + " " + string(sub.State)
			if (sub.Detail == "") != (sub.State == erpbridge.Subscribed) || sub.Address != address {
				t.Errorf("%+v", sub)
			}
		}
		return out
	}
	want := map[string]string{
		"store/order/created": "2 active", "store/order/updated": "3 disabled", "store/order/statusUpdated": "4 disabled", "store/order/refund/created": " missing",
	}
	if diff := cmp.Diff(want, states()); diff != "" {
		t.Fatal(diff)
	}
	subs, err := c.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range subs {
		if sub.State == erpbridge.Subscribed {
			continue
		}
		if err := c.Subscribe(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
	}
	want = map[string]string{
		"store/order/created": "2 active", "store/order/updated": "3 active", "store/order/statusUpdated": "4 active", "store/order/refund/created": "5 active",
	}
	if diff := cmp.Diff(want, states()); diff != "" {
		t.Error(diff)
	}
	if err := c.Subscribe(t.Context(), erpbridge.Subscription{ID: "../orders", Topic: "store/order/created", Address: address}); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("an ID that is none: %v", err)
	}
}
