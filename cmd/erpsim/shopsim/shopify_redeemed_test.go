package shopsim

import (
	"slices"
	"testing"
)

// Of an order that was paid in part by gift card, the webhook tells that it was, and what
// is still owed; how much by which only the API tells.
func TestShopifyRedeemed(t *testing.T) {
	const query = `query Q($id: ID!) { order(id: $id) { updatedAt transactions { id kind gateway status amountSet { shopMoney { amount } } } } }`
	s := open(t, Config{Platform: "shopify", Token: "shpat_1"})
	for range 100 {
		if err := s.Step(); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, o := range s.Orders() {
		b := webhook(t, s, "orders/updated", o, nil)
		if _, told := b.(map[string]any)["transactions"]; told {
			t.Fatal("the webhook tells the payments")
		}
		gateways := list(t, b, "payment_gateway_names")
		v := at(t, graphQL(t, s, query, "Q", map[string]any{"id": gid("Order", o.ID)}), "data.order")
		redeemed, received, ids := rat(t, map[string]any{"n": "0"}, "n"), rat(t, map[string]any{"n": "0"}, "n"), []any{}
		for _, tx := range list(t, v, "transactions") {
			ids = append(ids, at(t, tx, "id"))
			amount := rat(t, tx, "amountSet.shopMoney.amount")
			switch gateway, kind := at(t, tx, "gateway"), at(t, tx, "kind"); {
			case !slices.Contains(gateways, gateway):
				t.Errorf("%v is none of %v", gateway, gateways)
			case gateway != "shopify_payments" && kind == "SALE":
				redeemed.Add(redeemed, amount)
			case kind == "CAPTURE":
				received.Add(received, amount)
			}
		}
		slices.SortFunc(ids, func(a, b any) int { return slices.Compare([]byte(a.(string)), []byte(b.(string))) })
		if len(slices.Compact(ids)) != len(list(t, v, "transactions")) {
			t.Errorf("transactions of one id: %v", ids)
		}
		if split := len(gateways) == 2; split != (redeemed.Sign() > 0) {
			t.Errorf("%s redeemed, and paid by %v", redeemed, gateways)
		}
		status := at(t, b, "financial_status").(string)
		if len(gateways) == 2 {
			seen[gateways[0].(string)]++
			seen[status]++
		}
		if !o.Cancelled.IsZero() || len(o.Refunds) > 0 {
			continue
		}
		equal(t, "what was paid and is owed", plus(redeemed, received, rat(t, b, "total_outstanding")), rat(t, b, "total_price"))
	}
	for _, what := range []string{"gift_card", "shopify_store_credit", "partially_paid", "paid", "partially_refunded"} {
		if seen[what] == 0 {
			t.Errorf("no order with %s: %v", what, seen)
		}
	}
	// Where nobody is expected to ask, there is nothing to ask about.
	s = open(t, Config{Platform: "shopify"})
	s.Place(20)
	for _, o := range s.Orders() {
		if n := len(list(t, webhook(t, s, "orders/create", o, nil), "payment_gateway_names")); n != 1 {
			t.Errorf("%d gateways", n)
		}
	}
}
