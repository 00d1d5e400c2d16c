package shopsim

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// ordersQuery is a client's.
const ordersQuery = `
# what changed
query Changed($query: String!, $first: Int!, $after: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { key: legacyResourceId note total: totalPriceSet { ...Money } updatedAt lines: lineItems(first: 50) { nodes { id } pageInfo { hasNextPage } } }
    pageInfo { hasNextPage endCursor }
  }
}
fragment Money on MoneyBag { shopMoney { amount } }`

func graphQL(t *testing.T, s *Shop, query, operation string, variables map[string]any) any {
	t.Helper()
	status, _, v := ask(t, s, "POST", "/admin/api/2026-10/graphql.json", map[string]string{"X-Shopify-Access-Token": s.conf.Token},
		map[string]any{"query": query, "operationName": operation, "variables": variables})
	if status != http.StatusOK {
		t.Fatalf("answered with %d", status)
	}
	return v
}

// A page of ids and notes, and how to ask for the following one.
type page struct {
	notes map[string]string
	next  func() *page
}

// firstPage begins a listing in the way of each platform's clients.
func firstPage(t *testing.T, s *Shop) *page {
	t.Helper()
	switch s.conf.Platform {
	case "shopify":
		var from func(after any) *page
		from = func(after any) *page {
			v := graphQL(t, s, ordersQuery, "Changed", map[string]any{"query": "status:any AND updated_at:>='2026-01-01T00:00:00Z'", "first": 7, "after": after})
			p := &page{notes: map[string]string{}}
			for _, n := range list(t, v, "data.orders.nodes") {
				p.notes[at(t, n, "key").(string)] = at(t, n, "note").(string)
			}
			if at(t, v, "data.orders.pageInfo.hasNextPage") == true {
				p.next = func() *page { return from(at(t, v, "data.orders.pageInfo.endCursor")) }
			}
			return p
		}
		return from(nil)
	case "woocommerce":
		return byTime(t, s, 7, func(since time.Time) string {
			return "/wp-json/wc/v3/orders?status=any&dates_are_gmt=true&orderby=modified&order=asc&per_page=7&modified_after=" + since.Add(-time.Second).Format(wooTime)
		}, "", "id", "customer_note", "date_modified_gmt", wooTime)
	case "adobecommerce":
		return byTime(t, s, 7, func(since time.Time) string {
			q := url.Values{}
			q.Set("searchCriteria[filter_groups][0][filters][0][field]", "updated_at")
			q.Set("searchCriteria[filter_groups][0][filters][0][condition_type]", "gteq")
			q.Set("searchCriteria[filter_groups][0][filters][0][value]", since.Format(adobeTime))
			q.Set("searchCriteria[pageSize]", "7")
			return "/rest/default/V1/orders?" + q.Encode()
		}, "items", "entity_id", "customer_note", "updated_at", adobeTime)
	}
	return byTime(t, s, 7, func(since time.Time) string {
		q := url.Values{"min_date_modified": {since.Format(time.RFC1123Z)}, "sort": {"date_modified:asc"}, "limit": {"7"}}
		return "/stores/abc123xyz/v2/orders?" + q.Encode()
	}, "", "id", "customer_message", "date_modified", time.RFC1123Z)
}

// byTime lists by the time of the last one seen.
func byTime(t *testing.T, s *Shop, size int, target func(time.Time) string, below, id, note, updated, layout string) *page {
	t.Helper()
	var from func(since time.Time) *page
	from = func(since time.Time) *page {
		status, _, v := ask(t, s, "GET", target(since), nil, nil)
		p := &page{notes: map[string]string{}}
		if status == http.StatusNoContent {
			return p
		}
		if status != http.StatusOK {
			t.Fatalf("answered with %d: %v", status, v)
		}
		if below != "" {
			v = at(t, v, below)
		}
		orders, _ := v.([]any)
		for _, o := range orders {
			p.notes[fmt.Sprint(at(t, o, id))] = at(t, o, note).(string)
		}
		if len(orders) == size {
			last, err := time.Parse(layout, at(t, orders[size-1], updated).(string))
			if err != nil {
				t.Fatal(err)
			}
			p.next = func() *page { return from(last) }
		}
		return p
	}
	return from(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
}

// Who lists all pages has every order in its last state, though orders move from page
// to page meanwhile; in a list that is not complete they are missing or old.
func TestPaging(t *testing.T) {
	for _, platform := range Platforms {
		t.Run(platform, func(t *testing.T) {
			now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
			s := open(t, Config{Platform: platform, Seed: 5, Now: func() time.Time { now = now.Add(time.Second); return now }, Faults: Faults{Move: 0.5}})
			s.Place(40)
			seen, pages := map[string]string{}, 0
			for p := firstPage(t, s); p != nil; {
				pages++
				for id, note := range p.notes {
					seen[id] = note
				}
				if p.next == nil {
					break
				}
				p = p.next()
			}
			moved := 0
			for _, o := range s.Orders() {
				if o.State > 1 {
					moved++
				}
				if got := seen[fmt.Sprint(o.ID)]; got != o.Note {
					t.Errorf("order %d was listed as %q, is %q", o.ID, got, o.Note)
				}
			}
			if moved == 0 || pages < 6 {
				t.Errorf("%d orders moved over %d pages", moved, pages)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	for _, tt := range []struct{ platform, token, target, header, value string }{
		{"shopify", "shpat_1", "/admin/api/2026-10/graphql.json", "X-Shopify-Access-Token", "shpat_1"},
		{"woocommerce", "ck_1:cs_1", "/wp-json/wc/v3/orders", "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("ck_1:cs_1"))},
		{"adobecommerce", "tok", "/rest/V1/orders", "Authorization", "Bearer tok"},
		{"bigcommerce", "tok", "/stores/abc123xyz/v2/orders", "X-Auth-Token", "tok"},
	} {
		s := open(t, Config{Platform: tt.platform, Token: tt.token})
		method, body := http.MethodGet, any(nil)
		if tt.platform == "shopify" {
			method, body = http.MethodPost, map[string]any{"query": "{ webhookSubscriptions(first: 1) { nodes { id } } }"}
		}
		if status, _, _ := askRaw(t, s, method, tt.target, nil, body); status != http.StatusUnauthorized {
			t.Errorf("%s without credentials: %d", tt.platform, status)
		}
		if status, _, _ := askRaw(t, s, method, tt.target, map[string]string{tt.header: tt.value}, body); status/100 != 2 {
			t.Errorf("%s with them: %d", tt.platform, status)
		}
	}
}

// askRaw asks for what need not be JSON.
func askRaw(t *testing.T, s *Shop, method, target string, header map[string]string, body any) (int, http.Header, string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(string(encode(body))))
	for name, value := range header {
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return w.Code, w.Header(), w.Body.String()
}

func TestThrottle(t *testing.T) {
	for _, tt := range []struct {
		platform, method, target string
		status                   int
	}{
		{"shopify", "POST", "/admin/api/2026-10/graphql.json", 200},
		{"woocommerce", "GET", "/wp-json/wc/v3/orders", 429},
		{"adobecommerce", "GET", "/rest/V1/orders", 429},
		{"bigcommerce", "GET", "/stores/abc123xyz/v2/orders", 429},
	} {
		s := open(t, Config{Platform: tt.platform, Faults: Faults{Throttle: 1}})
		status, header, body := askRaw(t, s, tt.method, tt.target, nil, map[string]any{})
		if status != tt.status || status == 429 && header.Get("Retry-After") == "" || status == 200 && !strings.Contains(body, "THROTTLED") {
			t.Errorf("%s: %d %v %s", tt.platform, status, header, body)
		}
	}
}

// The bucket of Shopify's API empties, and fills again.
func TestBucket(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := open(t, Config{Platform: "shopify", Now: func() time.Time { return now }})
	ask := func() bool {
		v := graphQL(t, s, "{ webhookSubscriptions(first: 1) { nodes { id } } }", "", nil)
		_, failed := v.(map[string]any)["errors"]
		return !failed
	}
	n := 0
	for ; ask(); n++ {
		if n > 1000 {
			t.Fatal("there is no limit")
		}
	}
	if n != bucketSize/queryCost {
		t.Errorf("%d queries at once", n)
	}
	now = now.Add(100 * time.Millisecond)
	if first, second, third := ask(), ask(), ask(); !first || !second || third {
		t.Error("a tenth of a second does not buy two queries")
	}
}

func TestFailCutSlow(t *testing.T) {
	s := open(t, Config{Platform: "woocommerce", Faults: Faults{Fail: 1}})
	if status, _, body := askRaw(t, s, "GET", "/wp-json/wc/v3/orders", nil, nil); status < 500 || json.Valid([]byte(body)) {
		t.Errorf("a broken shop answers %d: %s", status, body)
	}
	s = open(t, Config{Platform: "woocommerce", Faults: Faults{Cut: 1}})
	s.Place(10)
	srv := httptest.NewServer(s.Handler())
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL + "/wp-json/wc/v3/orders")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) == 0 {
		t.Errorf("%d bytes and then %v", len(body), err)
	}
	// Who hangs up on a slow answer is not waited for.
	if err := s.SetFaults(Faults{Slow: 1, SlowBy: time.Hour}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/wp-json/wc/v3/orders", nil)
	s.Handler().ServeHTTP(httptest.NewRecorder(), req)
	kinds := map[string]int{}
	for _, e := range s.Journal(Asked) {
		kinds[e.Fault]++
	}
	if kinds["cut"] != 1 || kinds["slow"] != 1 {
		t.Errorf("the journal knows of %v", kinds)
	}
}

func TestGraphQLRefuses(t *testing.T) {
	s := open(t, Config{Platform: "shopify"})
	s.Place(1)
	for query, want := range map[string]string{
		"{ orders(first: 1) { nodes { total_price } } }":                "Field 'total_price' doesn't exist on type 'Order'",
		"{ orders(first: 1) { nodes { totalPriceSet } } }":              "Field must have selections (field 'totalPriceSet' returns MoneyBag but has no selections)",
		"{ orders(first: 1) { nodes { note { text } } } }":              "selections can't be made on scalars",
		"{ orders(first: 1) { nodes { ...Gone } } }":                    "there is no fragment Gone",
		"{ orders(first: 1) { nodes { lineItems { nodes { id } } } } }": "you must provide one of first or last",
		"{ orders(first: 1) { nodes { id }":                             "a brace that does not close",
		`{ orders(first: 1, after: "nowhere") { nodes { id } } }`:       "Invalid cursor",
		"nonsense":                    "unexpected",
		"query A { a } query B { b }": "there is no operation",
	} {
		if got := string(encode(at(t, graphQL(t, s, query, "", nil), "errors"))); !strings.Contains(got, want) {
			t.Errorf("%s\n\tis answered with %s, want %s", query, got, want)
		}
	}
	v := graphQL(t, s, `{ orders(first: 1) { nodes { a: purchasingEntity { ... on PurchasingCompany { id } } discounts: discountApplications(first: 5) { nodes { index ... on DiscountCodeApplication { code } ... on Other { no } } } } } }`, "", nil)
	if node := at(t, v, "data.orders.nodes.0"); at(t, node, "a") != nil || at(t, node, "discounts.nodes.0.code") != "THIRD" {
		t.Errorf("answered with %v", v)
	}
}

// A list without status:any is of the open orders.
func TestShopifyStatus(t *testing.T) {
	s := open(t, Config{Platform: "shopify"})
	if err := s.Cancel(s.Place(2)[0]); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"": 1, "status:any": 2, "status:any AND updated_at:>='2100-01-01T00:00:00Z'": 0} {
		v := graphQL(t, s, "query Q($q: String) { orders(first: 5, query: $q) { nodes { id } } }", "Q", map[string]any{"q": query})
		if n := len(list(t, v, "data.orders.nodes")); n != want {
			t.Errorf("%q finds %d orders, want %d", query, n, want)
		}
	}
}

func TestSubscribing(t *testing.T) {
	r := receive(t, http.StatusOK)
	t.Run("shopify", func(t *testing.T) {
		s := open(t, Config{Platform: "shopify"})
		const create = `mutation M($topic: WebhookSubscriptionTopic!, $uri: String!) {
			webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) { webhookSubscription { id } userErrors { field message } } }`
		for i, problems := range []int{0, 1} { // the second time it is taken
			v := graphQL(t, s, create, "M", map[string]any{"topic": "ORDERS_PARTIALLY_FULFILLED", "uri": r.url})
			if n := len(list(t, v, "data.webhookSubscriptionCreate.userErrors")); n != problems {
				t.Errorf("time %d: %d problems", i+1, n)
			}
		}
		v := graphQL(t, s, "{ webhookSubscriptions(first: 100) { nodes { id topic uri } pageInfo { hasNextPage } } }", "", nil)
		if at(t, v, "data.webhookSubscriptions.nodes.0.topic") != "ORDERS_PARTIALLY_FULFILLED" || s.Subscriptions()[0].Topic != "orders/partially_fulfilled" {
			t.Errorf("subscribed to %v, that is %+v", v, s.Subscriptions())
		}
	})
	t.Run("woocommerce", func(t *testing.T) {
		s := open(t, Config{Platform: "woocommerce", Webhooks: r.url, Topics: []string{"order.created"}, Secret: "old"})
		status, _, v := ask(t, s, "POST", "/wp-json/wc/v3/webhooks", nil, map[string]any{"topic": "order.updated", "delivery_url": r.url, "secret": "new", "status": "active"})
		if status != http.StatusCreated || at(t, v, "status") != "active" {
			t.Errorf("%d %v", status, v)
		}
		quiet(t, s)
		// The ping is unsigned, and no JSON.
		ping := r.arrivals()[0]
		if want := fmt.Sprintf("webhook_id=%v", at(t, v, "id")); string(ping.body) != want || ping.header.Get("X-WC-Webhook-Signature") != "" {
			t.Errorf("pinged with %s %v", ping.body, ping.header)
		}
		s.DropSubscription()
		_, _, all := ask(t, s, "GET", "/wp-json/wc/v3/webhooks?per_page=100", nil, nil)
		for _, hook := range all.([]any) {
			if at(t, hook, "status") != "disabled" {
				t.Errorf("not disabled: %v", hook)
			}
			if status, _, v := ask(t, s, "PUT", path("/wp-json/wc/v3/webhooks/%v", at(t, hook, "id")), nil, map[string]any{"status": "active"}); status != 200 || at(t, v, "status") != "active" {
				t.Errorf("enabling: %d %v", status, v)
			}
		}
		if status, _, _ := ask(t, s, "PUT", "/wp-json/wc/v3/webhooks/7", nil, map[string]any{}); status != http.StatusNotFound {
			t.Errorf("a webhook that is not there: %d", status)
		}
		s.Place(1)
		quiet(t, s)
		got := r.arrivals()
		if a := got[len(got)-1]; a.header.Get("X-WC-Webhook-Signature") != signature(t, "new", string(a.body)) {
			t.Error("not signed with the new secret")
		}
	})
	t.Run("bigcommerce", func(t *testing.T) {
		s := open(t, Config{Platform: "bigcommerce"})
		status, _, v := ask(t, s, "POST", "/stores/abc123xyz/v3/hooks", nil, map[string]any{"scope": "store/order/created", "destination": r.url, "is_active": true, "headers": map[string]string{"X-T": "1"}})
		if status != http.StatusOK || at(t, v, "data.is_active") != true {
			t.Errorf("%d %v", status, v)
		}
		s.DropSubscription()
		_, _, v = ask(t, s, "GET", "/stores/abc123xyz/v3/hooks?limit=250&page=1", nil, nil)
		hook := at(t, v, "data.0")
		if at(t, hook, "is_active") != false || at(t, v, "meta.pagination.total_pages") != json.Number("1") {
			t.Errorf("dropped: %v", v)
		}
		status, _, _ = ask(t, s, "PUT", path("/stores/abc123xyz/v3/hooks/%v", at(t, hook, "id")), nil, map[string]any{"is_active": true})
		if sub := s.Subscriptions()[0]; status != http.StatusOK || !sub.Active || sub.Header["X-T"] != "1" {
			t.Errorf("%d %+v", status, sub)
		}
	})
}

func TestControl(t *testing.T) {
	var journal strings.Builder
	s := open(t, Config{Platform: "bigcommerce", Journal: &journal})
	do := func(method, target, body string) (int, string) {
		w := httptest.NewRecorder()
		s.Control().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	for _, tt := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"POST", "/control/place?n=2", "", 200, `{"ids":[101,102]}`},
		{"POST", "/control/change?id=101", "", 200, `{"id":101}`},
		{"POST", "/control/refund?id=102", "", 200, `{"id":102}`},
		{"POST", "/control/cancel?id=101", "", 200, `{"id":101}`},
		{"POST", "/control/cancel?id=101", "", 400, "nothing that could be done"},
		{"POST", "/control/cancel?id=x", "", 400, "invalid syntax"},
		{"POST", "/control/faults", `{"lose":0.5}`, 200, `{"lose":0.5}`},
		{"POST", "/control/faults", `{"double":0.1}`, 200, `{"lose":0.5,"double":0.1}`},
		{"POST", "/control/faults", `{"lose":5}`, 400, "no probability"},
		{"GET", "/control/faults", "", 200, `{"lose":0.5,"double":0.1}`},
		{"GET", "/control/subscriptions", "", 200, `[]`},
		{"POST", "/control/drop", "", 200, `[]`},
		{"GET", "/control/orders", "", 200, `"state":3`},
		{"GET", "/control/journal?kind=state", "", 200, `"kind":"state","order":102`},
	} {
		if status, body := do(tt.method, tt.target, tt.body); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s: %d %s, want %d %s", tt.method, tt.target, status, body, tt.status, tt.want)
		}
	}
	if n := strings.Count(journal.String(), "\n"); n != len(s.Journal()) || n != 5 {
		t.Errorf("%d lines of a journal of %d", n, len(s.Journal()))
	}
}
