package shopify_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const token = "shpat_a-token-of-the-tests"

// A graph is a shop that answers the adapter's GraphQL operations from the bodies of
// webhooks.
type graph struct {
	t       *testing.T
	orders  []map[string]any // in GraphQL's shape, but for lists
	lines   int              // the most lines a page has; 0: as many as are asked for
	hooks   []map[string]any
	fail    []string // answers that come first
	status  int      // of the first of them; 0: 200
	maxCost int      // of orders × lines; 0: no limit
	// payments are those of orders, by id, in GraphQL's shape.
	payments map[string][]any
	moved    string // when every order changed since, or was as it is told; "gone": there is none any more

	mu   sync.Mutex
	seen []question
}

type question struct {
	Query     string         `json:"query"`
	Operation string         `json:"operationName"`
	Variables map[string]any `json:"variables"`
}

// asked returns the names of the operations that were asked.
func (g *graph) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, q := range g.seen {
		out = append(out, q.Operation)
	}
	return out
}

func (g *graph) serve() string {
	server := httptest.NewServer(http.HandlerFunc(g.answer))
	g.t.Cleanup(server.Close)
	return server.URL
}

func (g *graph) answer(w http.ResponseWriter, r *http.Request) {
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		g.t.Errorf("the request is no JSON: %v", err)
	}
	g.mu.Lock()
	g.seen = append(g.seen, q)
	defer g.mu.Unlock()
	if r.Method != http.MethodPost || r.URL.Path != "/admin/api/2026-10/graphql.json" || r.Header.Get("X-Shopify-Access-Token") != token {
		g.t.Errorf("%s %s with the token %q", r.Method, r.URL.Path, r.Header.Get("X-Shopify-Access-Token"))
	}
	if !strings.Contains(q.Query, q.Operation) {
		g.t.Errorf("the text of %s is that of another operation", q.Operation)
	}
	w.Header().Set("X-Shopify-Api-Version", "2026-07") // older than what was asked for
	if len(g.fail) > 0 {
		answer := g.fail[0]
		g.fail = g.fail[1:]
		if g.status != 0 {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(g.status)
		}
		_, _ = w.Write([]byte(answer))
		return
	}
	data := g.data(q)
	if err := json.NewEncoder(w).Encode(data); err != nil {
		g.t.Error(err)
	}
}

func (g *graph) data(q question) any {
	number := func(name string) int { f, _ := q.Variables[name].(float64); return int(f) }
	if cost := max(number("first"), 1) * number("lines"); g.maxCost > 0 && cost > g.maxCost {
		return map[string]any{"errors": []any{map[string]any{
			"message":    fmt.Sprintf("Query cost is %d, which exceeds the single query max cost limit (%d).", cost, g.maxCost),
			"extensions": map[string]any{"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": g.maxCost},
		}}}
	}
	after := 0
	if cursor, ok := q.Variables["after"].(string); ok {
		after, _ = strconv.Atoi(strings.TrimPrefix(cursor, "after-"))
	}
	var data map[string]any
	switch q.Operation {
	case "ErpbridgeOrders":
		var nodes []any
		for _, o := range g.since(q.Variables["query"].(string)) {
			nodes = append(nodes, g.order(o, number("lines")))
		}
		data = map[string]any{"orders": page(nodes, after, number("first"))}
	case "ErpbridgeLines":
		data = map[string]any{"order": map[string]any{"line_items": page(g.find(q.Variables["id"])["line_items"].([]any), after, g.pageOf(number("lines")))}}
	case "ErpbridgeRefunds":
		o := g.find(q.Variables["id"])
		var refunds []any
		for _, r := range o["refunds"].([]any) {
			copied := shallow(r.(map[string]any))
			copied["refund_line_items"] = page(copied["refund_line_items"].([]any), 0, g.pageOf(number("lines")))
			refunds = append(refunds, copied)
		}
		data = map[string]any{"order": map[string]any{"taxes_included": o["taxes_included"], "refunds": refunds}}
	case "ErpbridgeRefundLines":
		for _, o := range g.orders {
			for _, r := range o["refunds"].([]any) {
				if refund := r.(map[string]any); "gid://shopify/Refund/"+refund["id"].(string) == q.Variables["id"] {
					data = map[string]any{"refund": map[string]any{"refund_line_items": page(refund["refund_line_items"].([]any), after, g.pageOf(number("lines")))}}
				}
			}
		}
	case "ErpbridgePayments":
		data = map[string]any{"order": nil}
		for _, o := range g.orders {
			if id := o["id"].(string); "gid://shopify/Order/"+id == q.Variables["id"] && g.moved != "gone" {
				data["order"] = map[string]any{"updated_at": cmp.Or(g.moved, o["updated_at"].(string)), "transactions": append([]any{}, g.payments[id]...)}
			}
		}
	case "ErpbridgeSubscriptions":
		var nodes []any
		for _, h := range g.hooks {
			nodes = append(nodes, h)
		}
		data = map[string]any{"webhookSubscriptions": page(nodes, after, 2)}
	case "ErpbridgeSubscribe":
		g.hooks = append(g.hooks, map[string]any{"id": "gid://shopify/WebhookSubscription/" + strconv.Itoa(len(g.hooks)+1), "topic": q.Variables["topic"], "uri": q.Variables["uri"]})
		data = map[string]any{"webhookSubscriptionCreate": map[string]any{"userErrors": []any{}}}
	default:
		g.t.Errorf("nobody knows the operation %q", q.Operation)
	}
	g.selected(q, data)
	return map[string]any{"data": data}
}

func (g *graph) pageOf(n int) int {
	if g.lines > 0 {
		return min(n, g.lines)
	}
	return n
}

// selected checks that an answer holds nothing that was not asked for.
func (g *graph) selected(q question, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if !strings.Contains(q.Query, name+":") && !strings.Contains(q.Query, name+" ") && !strings.Contains(q.Query, name+"\n") && !strings.Contains(q.Query, name+"(") {
				g.t.Errorf("%s does not ask for %s", q.Operation, name)
			}
			g.selected(q, member)
		}
	case []any:
		for _, member := range v {
			g.selected(q, member)
		}
	}
}

// since returns the orders that a query of the adapter finds, oldest change first.
func (g *graph) since(query string) []map[string]any {
	text, ok := strings.CutPrefix(query, "status:any AND updated_at:>='")
	since, err := time.Parse("2006-01-02T15:04:05Z'", text)
	if !ok || err != nil {
		g.t.Errorf("asked for %q", query)
	}
	var out []map[string]any
	for _, o := range g.orders {
		if at, err := time.Parse(time.RFC3339, o["updated_at"].(string)); err != nil || !at.Before(since) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b map[string]any) int {
		return strings.Compare(a["updated_at"].(string), b["updated_at"].(string))
	})
	return out
}

func (g *graph) find(id any) map[string]any {
	for _, o := range g.orders {
		if "gid://shopify/Order/"+o["id"].(string) == id {
			return o
		}
	}
	g.t.Errorf("there is no %v", id)
	return nil
}

// order returns an order with a page of its lines, and the ids of its refunds.
func (g *graph) order(o map[string]any, lines int) map[string]any {
	out := shallow(o)
	out["line_items"] = page(o["line_items"].([]any), 0, g.pageOf(lines))
	var refunds []any
	for _, r := range o["refunds"].([]any) {
		refunds = append(refunds, map[string]any{"id": r.(map[string]any)["id"]})
	}
	out["refunds"] = refunds
	return out
}

func shallow(m map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// page returns a part of a list as a connection.
func page(all []any, after, n int) map[string]any {
	end := min(after+n, len(all))
	info := map[string]any{"hasNextPage": end < len(all), "endCursor": nil}
	if end > after {
		info["endCursor"] = "after-" + strconv.Itoa(end)
	}
	return map[string]any{"nodes": append([]any{}, all[min(after, end):end]...), "pageInfo": info}
}
