package bigcommerce_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
)

// raw is a JSON object whose members are kept.
type raw = map[string]json.RawMessage

// store simulates the part of BigCommerce's API that the adapter asks.
type store struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string                 // every request, without its host
	orders map[int]raw              // of V2
	parts  map[string]string        // path below the store to what is answered; absent lists are 204
	before func(path string)        // called before an answer is made
	fail   map[string]http.Response // by path: answered instead
	hooks  []raw
	// answers are bodies answered instead, by path.
	answers map[string]string
}

const token = "an-access-token-of-the-store"

func newStore(t *testing.T) *store {
	s := &store{orders: map[int]raw{}, parts: map[string]string{}, fail: map[string]http.Response{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

// open returns an adapter that asks the store.
func (s *store) open(t *testing.T, more string) *bigcommerce.Connected {
	t.Helper()
	c, ok := open(t, fmt.Sprintf("default_currency: USD\napi: {url: %q, token: %s, rate: 10000}\n%s", s.URL+"/stores/"+hash, token, more)).(*bigcommerce.Connected)
	if !ok {
		t.Fatal("the adapter cannot fetch")
	}
	return c
}

// add puts a document's order and what belongs to it into the store.
func (s *store) add(t testing.TB, document []byte) int {
	t.Helper()
	var d struct {
		Order                    raw
		Products, Coupons, Taxes json.RawMessage
		Addresses                json.RawMessage `json:"shipping_addresses"`
		Transactions, Refunds    json.RawMessage
	}
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(string(d.Order["id"]))
	if err != nil {
		t.Fatal(err)
	}
	s.orders[id] = d.Order
	at := fmt.Sprintf("/v2/orders/%d", id)
	for path, part := range map[string]json.RawMessage{
		at + "/products": d.Products, at + "/coupons": d.Coupons, at + "/shipping_addresses": d.Addresses, at + "/taxes": d.Taxes,
	} {
		if len(part) > 2 {
			s.parts[path] = string(part)
		}
	}
	for path, part := range map[string]json.RawMessage{"transactions": d.Transactions, "payment_actions/refunds": d.Refunds} {
		if len(part) > 2 {
			s.parts[fmt.Sprintf("/v3/orders/%d/%s", id, path)] = `{"data":` + string(part) + `,"meta":{}}`
		}
	}
	return id
}

// touch gives an order another time of change.
func (s *store) touch(id int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := raw{}
	for k, v := range s.orders[id] {
		order[k] = v
	}
	order["date_modified"], _ = json.Marshal(at.UTC().Format(time.RFC1123Z))
	s.orders[id] = order
}

func (s *store) answer(w http.ResponseWriter, r *http.Request) {
	path, ours := strings.CutPrefix(r.URL.Path, "/stores/"+hash)
	if !ours || r.Header.Get("X-Auth-Token") != token || r.Header.Get("Accept") != "application/json" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/stores/"+hash))
	before := s.before
	s.mu.Unlock()
	if before != nil {
		before(path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if failure, ok := s.fail[path]; ok {
		for k, v := range failure.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(failure.StatusCode)
		return
	}
	if body, ok := s.answers[path]; ok {
		_, _ = w.Write([]byte(body))
		return
	}
	id, isOrder := strings.CutPrefix(path, "/v2/orders/")
	n, err := strconv.Atoi(id)
	switch {
	case path == "/v2/orders":
		s.list(w, r.URL.Query())
	case isOrder && err == nil && s.orders[n] != nil:
		_ = json.NewEncoder(w).Encode(s.orders[n])
	case strings.HasPrefix(path, "/v3/hooks"):
		s.hook(w, r, path)
	case s.parts[path] != "":
		s.page(w, s.parts[path], r.URL.Query())
	case isOrder && err != nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// page answers one page of a list, or a thing as it is.
func (s *store) page(w http.ResponseWriter, body string, q url.Values) {
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(body), &all); err != nil || !q.Has("page") {
		_, _ = w.Write([]byte(body))
		return
	}
	page, _ := strconv.Atoi(q.Get("page"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	from := min((page-1)*limit, len(all))
	if all = all[from:min(from+limit, len(all))]; len(all) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	_ = json.NewEncoder(w).Encode(all)
}

func modified(o raw) time.Time {
	var text string
	_ = json.Unmarshal(o["date_modified"], &text)
	at, _ := time.Parse(time.RFC1123Z, text)
	return at
}

// list answers GET /v2/orders as far as the adapter uses it.
func (s *store) list(w http.ResponseWriter, q url.Values) {
	limit, _ := strconv.Atoi(q.Get("limit"))
	minID, _ := strconv.Atoi(q.Get("min_id"))
	var ids []int
	for id, o := range s.orders {
		from, errFrom := time.Parse(time.RFC1123Z, q.Get("min_date_modified"))
		to, errTo := time.Parse(time.RFC1123Z, q.Get("max_date_modified"))
		if q.Has("min_date_modified") && errFrom != nil || q.Has("max_date_modified") && errTo != nil || q.Get("page") != "1" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if id >= minID && !modified(o).Before(from) && (errTo != nil || !modified(o).After(to)) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b int) int {
		if q.Get("sort") == "date_modified:asc" {
			if c := modified(s.orders[a]).Compare(modified(s.orders[b])); c != 0 {
				return c
			}
			return b - a // within a second in no order to rely on
		}
		return a - b
	})
	if len(ids) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var out []raw
	for _, id := range ids[:min(limit, len(ids))] {
		out = append(out, s.orders[id])
	}
	_ = json.NewEncoder(w).Encode(out)
}

// hook keeps webhook subscriptions.
func (s *store) hook(w http.ResponseWriter, r *http.Request, path string) {
	var sent raw
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	id := strings.TrimPrefix(path, "/v3/hooks/")
	switch r.Method {
	case http.MethodGet:
		_ = json.NewEncoder(w).Encode(map[string]any{"data": s.hooks, "meta": raw{}})
		return
	case http.MethodPost:
		sent["id"] = json.RawMessage(strconv.Itoa(len(s.hooks) + 1))
		s.hooks = append(s.hooks, sent)
	case http.MethodPut:
		i := slices.IndexFunc(s.hooks, func(h raw) bool { return string(h["id"]) == id })
		if i < 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		sent["id"] = s.hooks[i]["id"]
		s.hooks[i] = sent
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": sent})
}

// requests returns what was asked since the last call.
func (s *store) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

// fetched returns a message with what Fetch returned beside its envelope.
func fetched(t *testing.T, c *bigcommerce.Connected, document []byte) erpbridge.Message {
	t.Helper()
	m := message(scopeOf(t, document), envelopeIn(t, document))
	if !c.Points(m) {
		t.Fatalf("%s points to nothing", m.Type)
	}
	var err error
	if m.Fetched, err = c.Fetch(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if c.Points(m) {
		t.Errorf("%s still points to something", m.Type)
	}
	return m
}
