package woocommerce_test

import (
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

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/woocommerce"
)

// A shop is as much of WooCommerce's REST API as the bridge asks.
type shop struct {
	t *testing.T
	*httptest.Server

	mu       sync.Mutex
	orders   map[int]*sold
	webhooks []map[string]any
	asked    []string          // path and query of each request
	before   func(path string) // called before each answer, with the shop locked
	answer   http.HandlerFunc  // instead of the shop's own, where it is set
	got      []map[string]any  // bodies of writes
	strip    bool              // a proxy takes the headers away
	parts    map[int]int       // the orders that are part of another one, and of which
}

// A sold order, and when it changed.
type sold struct {
	id       int
	status   string
	modified time.Time
	refunds  []int
}

const instant = "2006-01-02T15:04:05"

func newShop(t *testing.T) *shop {
	s := &shop{t: t, orders: map[int]*sold{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// open returns the bridge's side of the shop, with more settings of its api and others.
func (s *shop) open(api, more string) erpbridge.Storefront {
	s.t.Helper()
	front, err := woocommerce.New("shop-eu", decode("site: "+s.URL+"\nsecrets: ['a secret &amp; of the shop']\n"+
		"api: {consumer_key: ck_1, consumer_secret: cs_1, rate: 10000"+api+"}\n"+more))
	if err != nil {
		s.t.Fatal(err)
	}
	return front
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
	if user, key, _ := r.BasicAuth(); user != "ck_1" || key != "cs_1" {
		http.Error(w, `{"code":"woocommerce_rest_cannot_view"}`, http.StatusUnauthorized)
		return
	}
	if s.before != nil {
		s.before(r.URL.Path)
	}
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/wp-json/wc/v3/")
	var id int
	switch {
	case r.Method != http.MethodGet:
		s.write(w, r, path)
	case path == "webhooks":
		s.page(w, r, len(s.webhooks), func(i int) any { return s.webhooks[i] })
	case path == "orders":
		found := s.find(r)
		s.page(w, r, len(found), func(i int) any { return found[i].body(s.parts[found[i].id]) })
	default:
		if n, err := fmt.Sscanf(path, "orders/%d/refunds", &id); n != 1 || err != nil || s.orders[id] == nil {
			http.Error(w, `{"code":"woocommerce_rest_invalid_order_id"}`, http.StatusNotFound)
			return
		}
		refunds := s.orders[id].refunds
		s.page(w, r, len(refunds), func(i int) any { return refundBody(refunds[i]) })
	}
}

// find returns the orders a query asks for, as WordPress finds them: both instants are left
// out, "any" is not the trash, and ids order what changed in one second.
func (s *shop) find(r *http.Request) []*sold {
	q := r.URL.Query()
	if q.Get("dates_are_gmt") != "true" || q.Get("orderby") != "modified" || q.Get("order") != "asc" {
		s.t.Errorf("asked for %s", r.URL.RawQuery)
	}
	after, err := time.Parse(instant, q.Get("modified_after"))
	if err != nil {
		s.t.Error(err)
	}
	before := time.Now().AddDate(1, 0, 0)
	if text := q.Get("modified_before"); text != "" {
		if before, err = time.Parse(instant, text); err != nil {
			s.t.Error(err)
		}
	}
	var found []*sold
	for _, o := range s.orders {
		if o.modified.After(after) && o.modified.Before(before) && (o.status == "trash") == (q.Get("status") == "trash") {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *sold) int {
		if c := a.modified.Compare(b.modified); c != 0 {
			return c
		}
		return a.id - b.id
	})
	return found
}

// page answers with a page of n things.
func (s *shop) page(w http.ResponseWriter, r *http.Request, n int, thing func(int) any) {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		s.t.Error(err)
	}
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	if err != nil || size < 1 || size > 100 {
		s.t.Errorf("per_page %d, %v", size, err)
		size = 1
	}
	list := []any{}
	for i := (number - 1) * size; i < min(number*size, n); i++ {
		list = append(list, thing(i))
	}
	w.Header().Set("X-WP-TotalPages", strconv.Itoa((n+size-1)/size))
	if s.strip {
		w.Header().Del("X-WP-TotalPages")
	}
	if err := json.NewEncoder(w).Encode(list); err != nil {
		s.t.Error(err)
	}
}

// write takes a webhook.
func (s *shop) write(w http.ResponseWriter, r *http.Request, path string) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		s.t.Error(err)
	}
	s.got = append(s.got, body)
	if path == "webhooks" {
		body["id"] = len(s.webhooks) + 1
		s.webhooks = append(s.webhooks, body)
		w.WriteHeader(http.StatusCreated)
		return
	}
	for _, hook := range s.webhooks {
		if path == fmt.Sprintf("webhooks/%v", hook["id"]) {
			hook["status"] = body["status"]
			return
		}
	}
	http.Error(w, `{"code":"woocommerce_rest_shop_webhook_invalid_id"}`, http.StatusNotFound)
}

func (o *sold) body(of int) any {
	refunds := []any{}
	for _, id := range o.refunds {
		refunds = append(refunds, map[string]any{"id": id, "reason": "", "total": "-1.00"})
	}
	at := o.modified.Format(instant)
	return map[string]any{
		"id": o.id, "parent_id": of, "number": strconv.Itoa(o.id), "status": o.status, "currency": "EUR", "total": "10.00", "total_tax": "0.00", "payment_method": "bacs",
		"date_created": at, "date_created_gmt": at, "date_modified": at, "date_modified_gmt": at, "date_paid_gmt": at,
		"line_items": []any{map[string]any{"id": 1, "name": "x", "quantity": 1, "total": "10.00", "subtotal": "10.00", "total_tax": "0.00"}},
		"refunds":    refunds,
	}
}

func refundBody(id int) any {
	return map[string]any{"id": id, "date_created_gmt": "2026-11-23T09:00:00", "amount": "1.00", "reason": "", "line_items": []any{}}
}
