package shopify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// connect returns a shop whose API is at url.
func connect(t *testing.T, url, more string) erpbridge.Storefront {
	t.Helper()
	return open(t, "time_zone: Europe/Berlin\napi: {url: '"+url+"', access_token: "+token+", rate: 1000}\n"+more)
}

// listed returns everything a shop lists, page by page.
func listed(t *testing.T, s erpbridge.Storefront, since time.Time) []erpbridge.Message {
	t.Helper()
	var out []erpbridge.Message
	var until time.Time
	for cursor, pages := "", 0; ; pages++ {
		page, err := s.(erpbridge.Lister).List(t.Context(), since, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if page.Until.Before(until) {
			t.Errorf("until %s, after %s", page.Until, until)
		}
		until = page.Until
		for i := range page.Messages {
			page.Messages[i].ReceivedAt = received
		}
		out = append(out, page.Messages...)
		if cursor = page.Next; cursor == "" {
			return out
		}
		if pages > 100 {
			t.Fatal("the list has no end")
		}
	}
}

var long = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// TestListTellsWhatTheWebhookTold lists every fixture: each is the state, and the
// version, that its webhook was.
func TestListTellsWhatTheWebhookTold(t *testing.T) {
	g := &graph{t: t, payments: map[string][]any{
		"6800001119990": {payment(2, "shopify_payments", "SALE", "SUCCESS", "97.74", "CAD"), payment(1, "gift_card", "SALE", "SUCCESS", "40.0", "CAD")},
	}}
	webhooks := map[string]erpbridge.Event{}
	s := connect(t, g.serve(), "test_orders: deliver\n")
	bodies := [][]byte{[]byte(everything)}
	for _, file := range storefronttest.Files(t, storefronttest.Root(t), "testdata", "orders", "*.json") {
		if file.Name != "updated" { // a later state of another
			bodies = append(bodies, file.Body)
		}
	}
	for _, body := range bodies {
		g.orders = append(g.orders, graphQL(t, body))
		e := one(t, s, whole(t, s, message("orders/create", body)))
		webhooks[e.Resource] = e
	}
	messages := listed(t, s, long)
	seen := 0
	for _, m := range messages {
		if m.Type != "orders/updated" {
			continue
		}
		seen++
		e := one(t, s, m)
		want := webhooks[e.Resource]
		if e.Version.String() != want.Version.String() || e.Version.Digest != want.Version.Digest || e.Version.Rank != want.Version.Rank {
			t.Errorf("%s is another version than its webhook:\n%s", m.ID, cmp.Diff(want.Order, e.Order, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })))
		}
		if got := m.Header.Get("X-Shopify-Api-Version"); got != "2026-07" {
			t.Errorf("%s was answered by version %q", m.ID, got)
		}
		if want := "poll:" + e.Resource + "@" + e.Version.At.UTC().Format(time.RFC3339); m.ID != want || m.Store != "shop-eu" {
			t.Errorf("%s of %s, want %s", m.ID, m.Store, want)
		}
	}
	if seen != len(bodies) {
		t.Errorf("%d of %d orders were listed", seen, len(bodies))
	}
	for _, m := range messages {
		if m.Type == "orders/updated" && strings.Contains(string(m.Body), `"nodes"`) {
			t.Errorf("%s still has the shape of GraphQL", m.ID)
		}
	}
	again := listed(t, s, long)
	if diff := cmp.Diff(messages, again); diff != "" {
		t.Errorf("the same state is listed in two ways:\n%s", diff)
	}
}

func TestListPages(t *testing.T) {
	g := &graph{t: t}
	for i := range 25 {
		body := strings.Replace(small, `"id":1001`, `"id":`+string(rune('1'+i/10))+string(rune('0'+i%10)), 1)
		body = strings.Replace(body, "10:00:00+01:00", "10:00:"+string(rune('0'+i/10))+string(rune('0'+i%10))+"+01:00", 1)
		g.orders = append(g.orders, graphQL(t, []byte(body)))
	}
	slices.Reverse(g.orders)
	s := connect(t, g.serve(), "").(erpbridge.Lister)
	page, err := s.List(t.Context(), long, "")
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	if len(page.Messages) != 10 || page.Next == "" || !page.Until.Equal(first.Add(9*time.Second)) {
		t.Errorf("%d messages, next %q, until %s", len(page.Messages), page.Next, page.Until)
	}
	if got := listed(t, s.(erpbridge.Storefront), first.Add(5*time.Second)); len(got) != 20 {
		t.Errorf("%d changes since the sixth, want 20", len(got))
	}
	if got := listed(t, s.(erpbridge.Storefront), first.Add(time.Hour)); len(got) != 0 {
		t.Errorf("%d changes since, want none", len(got))
	}
}

// TestListFollowsLines: an order with more lines than a page has is listed whole.
func TestListFollowsLines(t *testing.T) {
	g := &graph{t: t, lines: 40}
	g.orders = append(g.orders, graphQL(t, fixture(t, "lines-250.json")))
	messages := listed(t, connect(t, g.serve(), ""), long)
	o := one(t, open(t, "time_zone: Europe/Berlin\n"), messages[0]).Order
	if len(o.Lines) != 250 || !o.Sum().Equal(o.Total) {
		t.Errorf("%d lines of 250, which come to %s of %s", len(o.Lines), o.Sum(), o.Total)
	}
	if got := len(g.asked()); got != 7 { // the order with 40 lines, and 210 more
		t.Errorf("%d requests: %v", got, g.asked())
	}
}

// TestListRefunds: refunds are messages of their own, and the version of the webhook.
func TestListRefunds(t *testing.T) {
	g := &graph{t: t, lines: 1}
	order := strings.TrimSuffix(small, "}") + `,"refunds":[` + refunded + "," + strings.Replace(refunded, `"id": 509, `, `"id": 510, `, 1) + "]}"
	g.orders = append(g.orders, graphQL(t, []byte(order)))
	s := connect(t, g.serve(), "")
	messages := listed(t, s, long)
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.Type+" "+m.ID)
	}
	want := []string{
		"orders/updated poll:order/1001@2026-03-01T09:00:00Z", "refunds/create poll:refund/509@2026-03-01T09:00:00Z", "refunds/create poll:refund/510@2026-03-01T09:00:00Z",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	webhook, poll := one(t, s, message("refunds/create", []byte(refunded))), one(t, s, messages[1])
	if webhook.Version.Digest != poll.Version.Digest || !webhook.Version.At.Equal(poll.Version.At) || webhook.Version.Rank != poll.Version.Rank || webhook.Stream != poll.Stream {
		t.Errorf("listed, a refund is another than by webhook:\n%s", cmp.Diff(webhook, poll))
	}
	if e := one(t, s, messages[0]); e.Order == nil || strings.Contains(string(messages[0].Body), "refund") {
		t.Errorf("the order's message: %s", messages[0].Body)
	}
	if got := g.asked(); !slices.Contains(got, "ErpbridgeRefundLines") {
		t.Errorf("the refund's second line was not asked for: %v", got)
	}
}

func TestListErrors(t *testing.T) {
	tests := map[string]struct {
		status int
		answer string
		kind   erpbridge.Kind
		after  time.Duration
	}{
		"throttled": {
			0, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":752,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":102,"restoreRate":100.0}}}}`,
			erpbridge.Throttled, 7 * time.Second,
		},
		"throttled, no cost":   {0, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, erpbridge.Throttled, time.Second},
		"throttled for ever":   {0, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":1e9,"throttleStatus":{"currentlyAvailable":0,"restoreRate":1}}}}`, erpbridge.Throttled, time.Minute},
		"access denied":        {0, `{"data":{"orders":null},"errors":[{"message":"Access denied for orders field.","extensions":{"code":"ACCESS_DENIED"}}]}`, erpbridge.Refused, 0},
		"a part of an answer":  {0, `{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":false}}},"errors":[{"message":"Access denied for company","extensions":{"code":"ACCESS_DENIED"}}]}`, erpbridge.Refused, 0},
		"not understood":       {0, `{"errors":[{"message":"Field 'dutiesIncluded' doesn't exist on type 'Order'","extensions":{"code":"undefinedField"}}]}`, erpbridge.Refused, 0},
		"not of this question": {0, `{"errors":[{"message":"Variable $after of type String was provided invalid value","extensions":{"code":"INVALID_VARIABLE"}}]}`, erpbridge.Invalid, 0},
		"no code":              {0, `{"errors":[{"message":"Invalid cursor for current pagination sort."}]}`, erpbridge.Invalid, 0},
		"internal":             {0, `{"errors":[{"message":"Internal error. Looks like something went wrong on our end.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, erpbridge.Transient, 0},
		"errors are a text":    {0, `{"errors":"Not found"}`, erpbridge.Invalid, 0},
		"no data":              {0, `{"data":null}`, erpbridge.Transient, 0},
		"no JSON":              {0, `<html>`, erpbridge.Transient, 0},
		"another shape":        {0, `{"data":{"orders":[]}}`, erpbridge.Invalid, 0},
		"more and no cursor":   {0, `{"data":{"orders":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":null}}}}`, erpbridge.Invalid, 0},
		"nothing":              {0, `{"data":{"orders":{"nodes":[null,{"id":"1","updated_at":"2026-03-01T10:00:00Z"}],"pageInfo":{"hasNextPage":false}}}}`, erpbridge.Invalid, 0},
		"unauthorized":         {401, `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`, erpbridge.Refused, 0},
		"too many requests":    {429, `{}`, erpbridge.Throttled, 7 * time.Second},
		"away":                 {503, `{}`, erpbridge.Transient, 7 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := &graph{t: t, fail: []string{tt.answer}, status: tt.status}
			page, err := connect(t, g.serve(), "").(erpbridge.Lister).List(t.Context(), long, "")
			if erpbridge.KindOf(err) != tt.kind || page.Messages != nil {
				t.Fatalf("List = %v, %v; want %s", page, err, tt.kind)
			}
			if after := afterOf(err); after != tt.after {
				t.Errorf("after %s, want %s", after, tt.after)
			}
			if strings.Contains(err.Error(), token) {
				t.Errorf("the error tells the token: %v", err)
			}
			if len(g.asked()) != 1 {
				t.Errorf("asked %d times", len(g.asked()))
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connect(t, (&graph{t: t}).serve(), "").(erpbridge.Lister).List(ctx, long, ""); erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("after the end: %v", err)
	}
}

// TestListAsksForLess: a question that costs too much is asked again for less, and stays
// small; one that cannot be smaller is an error.
func TestListAsksForLess(t *testing.T) {
	g := &graph{t: t, maxCost: 30}
	for _, name := range []string{"taxed.json", "lines-250.json", "kwd.json"} {
		g.orders = append(g.orders, graphQL(t, fixture(t, name)))
	}
	s := connect(t, g.serve(), "")
	if got := listed(t, s, long); len(got) != 3 {
		t.Fatalf("%d orders of 3", len(got))
	}
	before := len(g.asked())
	if got := listed(t, s, long); len(got) != 3 {
		t.Fatalf("%d orders of 3", len(got))
	}
	if first, second := before, len(g.asked())-before; second >= first {
		t.Errorf("%d requests, and then %d: it was not learnt what a question may cost", first, second)
	}
	g = &graph{t: t, maxCost: -1, fail: slices.Repeat([]string{`{"errors":[{"message":"Query cost is 3","extensions":{"code":"MAX_COST_EXCEEDED"}}]}`}, 100)}
	if _, err := connect(t, g.serve(), "").(erpbridge.Lister).List(t.Context(), long, ""); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("a question that is always too costly: %v", err)
	}
}

func TestSubscriptions(t *testing.T) {
	const address = "https://bridge.example.com/webhooks/shop-eu"
	g := &graph{t: t, hooks: []map[string]any{
		{"id": "gid://shopify/WebhookSubscription/1", "topic": "ORDERS_CREATE", "uri": address},
		{"id": "gid://shopify/WebhookSubscription/2", "topic": "ORDERS_PAID", "uri": "https://other.example.com/"},
		{"id": "gid://shopify/WebhookSubscription/3", "topic": "ORDERS_PARTIALLY_FULFILLED", "uri": address},
	}}
	shop := connect(t, g.serve(), "webhooks: {address: '"+address+"', topics: [orders/create, orders/paid, refunds/create, orders/partially_fulfilled]}\n")
	s := shop.(erpbridge.Subscriber)
	got, err := s.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []erpbridge.Subscription{
		{ID: "gid://shopify/WebhookSubscription/1", Topic: "orders/create", Address: address, State: erpbridge.Subscribed},
		{Topic: "orders/paid", Address: address, State: erpbridge.Gone, Detail: "Shopify sends it to another address only"},
		{Topic: "refunds/create", Address: address, State: erpbridge.Gone, Detail: "Shopify has no subscription to it"},
		{ID: "gid://shopify/WebhookSubscription/3", Topic: "orders/partially_fulfilled", Address: address, State: erpbridge.Subscribed},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	for _, sub := range got {
		if sub.State != erpbridge.Gone {
			continue
		}
		if err := s.Subscribe(t.Context(), sub); err != nil {
			t.Fatal(err)
		}
	}
	got, err = s.Subscriptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, sub := range got {
		if sub.State != erpbridge.Subscribed || sub.ID == "" || sub.Detail != "" {
			t.Errorf("after Subscribe: %+v", sub)
		}
	}
	if _, ok := shop.(erpbridge.Lister); !ok {
		t.Error("a Subscriber is no Lister")
	}
}

func TestSubscribeErrors(t *testing.T) {
	sub := erpbridge.Subscription{Topic: "orders/create", Address: "https://bridge.example.com/"}
	for answer, want := range map[string]erpbridge.Kind{
		`{"data":{"webhookSubscriptionCreate":{"userErrors":[{"field":["webhookSubscription","uri"],"message":"Address for this topic has already been taken"}]}}}`: "",
		`{"data":{"webhookSubscriptionCreate":{"userErrors":[{"field":["topic"],"message":"You cannot create a webhook subscription with the specified topic"}]}}}`: erpbridge.Refused,
		`{"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED"}}]}`:                                                                            erpbridge.Refused,
	} {
		g := &graph{t: t, fail: []string{answer}}
		s := connect(t, g.serve(), "webhooks: {address: 'https://bridge.example.com/'}\n").(erpbridge.Subscriber)
		if err := s.Subscribe(t.Context(), sub); erpbridge.KindOf(err) != want {
			t.Errorf("%s: %v", answer, err)
		}
	}
	g := &graph{t: t, fail: []string{`{"errors":[{"message":"x","extensions":{"code":"THROTTLED"}}]}`}}
	if _, err := connect(t, g.serve(), "webhooks: {address: 'https://bridge.example.com/'}\n").(erpbridge.Subscriber).Subscriptions(t.Context()); erpbridge.KindOf(err) != erpbridge.Throttled {
		t.Errorf("throttled: %v", err)
	}
}

func TestWithoutAPINobodyIsAsked(t *testing.T) {
	if _, ok := open(t, "").(erpbridge.Lister); ok {
		t.Error("a shop without api is a Lister")
	}
	if _, ok := connect(t, "http://127.0.0.1:1", "").(erpbridge.Subscriber); ok {
		t.Error("a shop without webhooks.address is a Subscriber")
	}
}

func TestNewRefusesAPI(t *testing.T) {
	const good = base + "time_zone: Europe/Berlin\n"
	tests := map[string]struct{ yaml, want string }{
		"no zone":            {base + "api: {access_token: x}\n", "time_zone: is not set; with api it has to be"},
		"no token":           {good + "api: {url: 'https://example.myshopify.com'}\n", "api: access_token: is not set"},
		"an old version":     {good + "api: {access_token: x, version: 2024-01}\n", `api: version: "2024-01" is not a version from 2025-10 on`},
		"no version":         {good + "api: {access_token: x, version: latest}\n", `api: version: "latest" is not`},
		"in the clear":       {good + "api: {access_token: x, url: 'http://shop.example.com'}\n", "api: url: "},
		"no address":         {good + "api: {access_token: x}\nwebhooks: {topics: [orders/create]}\n", "webhooks: address: is not set"},
		"address in clear":   {good + "api: {access_token: x}\nwebhooks: {address: 'http://a'}\n", "webhooks: address: is not an address that begins with https://"},
		"a privacy topic":    {good + "api: {access_token: x}\nwebhooks: {address: 'https://a', topics: [shop/redact]}\n", `"shop/redact" is set in the app's own configuration`},
		"no topic":           {good + "api: {access_token: x}\nwebhooks: {address: 'https://a', topics: [ORDERS_CREATE]}\n", `"ORDERS_CREATE" is not a topic`},
		"webhooks alone":     {good + "webhooks: {address: 'https://a'}\n", "webhooks: nobody can ask"},
		"an unknown setting": {good + "api: {access_token: x, tokn: y}\n", "tokn"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := shopify.New("shop-eu", decode(tt.yaml))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// afterOf returns how long an error asks to wait.
func afterOf(err error) time.Duration {
	var e *erpbridge.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.After
}
