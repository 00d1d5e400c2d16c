package adobecommerce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/adobecommerce"
)

// A thing is what a shop lists, as far as listing it goes.
type thing struct {
	ID        int    `json:"entity_id"`
	UpdatedAt string `json:"updated_at"`
}

// A shop answers the API as Adobe Commerce does: a page beyond the last one is the last
// one again.
type shop struct {
	things map[string][]thing // by resource
	asked  int
	answer func(http.ResponseWriter) // instead, if there is one
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	if s.answer != nil {
		s.answer(w)
		return
	}
	q := r.URL.Query()
	const c = "searchCriteria"
	size, _ := strconv.Atoi(q.Get(c + "[pageSize]"))
	page, _ := strconv.Atoi(q.Get(c + "[currentPage]"))
	if r.Header.Get("Authorization") != "Bearer abcdefghijklmnop" || q.Get(c+"[filter_groups][0][filters][0][field]") != "updated_at" ||
		q.Get(c+"[filter_groups][0][filters][0][condition_type]") != "gteq" || q.Get(c+"[sortOrders][0][field]") != "updated_at" ||
		q.Get(c+"[sortOrders][0][direction]") != "ASC" || q.Get(c+"[sortOrders][1][field]") != "entity_id" || size != 100 || page < 1 {
		http.Error(w, r.URL.String(), http.StatusBadRequest)
		return
	}
	resource, ok := strings.CutPrefix(r.URL.Path, "/rest/V1/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	var found []thing
	for _, one := range s.things[resource] {
		if one.UpdatedAt >= q.Get(c+"[filter_groups][0][filters][0][value]") {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b thing) int {
		if a.UpdatedAt != b.UpdatedAt {
			return strings.Compare(a.UpdatedAt, b.UpdatedAt)
		}
		return a.ID - b.ID
	})
	last := max(1, (len(found)+size-1)/size)
	from := (min(page, last) - 1) * size
	_ = json.NewEncoder(w).Encode(map[string]any{"items": found[from:min(from+size, len(found))], "total_count": len(found)})
}

// lister opens a shop that is polled.
func lister(t *testing.T, s *shop) erpbridge.Lister {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	opened, err := adobecommerce.New("shop-eu", decode(berlin+"api: {url: \""+server.URL+"\", access_token: abcdefghijklmnop, rate: 1000}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return opened.(erpbridge.Lister)
}

// listAll returns the IDs of everything that changed since.
func listAll(t *testing.T, l erpbridge.Lister, since time.Time) []string {
	t.Helper()
	var ids []string
	seen := map[string]bool{}
	for cursor := ""; ; {
		page, err := l.List(t.Context(), since, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			ids = append(ids, m.ID)
		}
		if page.Next == "" {
			return ids
		}
		if seen[page.Next] {
			t.Fatalf("the cursors go in circles at %s", page.Next)
		}
		seen[page.Next], cursor = true, page.Next
	}
}

func at(sec int) string {
	return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC).Add(time.Duration(sec) * time.Second).Format(time.DateTime)
}

// TestListEverythingOnce: whatever the number of things, and however many of them
// changed in one second, each is listed once, in the order of change.
func TestListEverythingOnce(t *testing.T) {
	for name, second := range map[string]func(i int) int{
		"each in its own second": func(i int) int { return i },
		"all in one":             func(int) int { return 7 },
		"seventy in each":        func(i int) int { return i / 70 },
		"a hundred in each":      func(i int) int { return i / 100 },
		"most in one":            func(i int) int { return min(i, 50) },
	} {
		for _, n := range []int{0, 1, 99, 100, 101, 200, 350} {
			s := &shop{things: map[string][]thing{"shipments": {{9, at(3)}}}}
			var want []string
			for i := range n {
				s.things["orders"] = append(s.things["orders"], thing{i + 1, at(second(i))})
				want = append(want, fmt.Sprintf("poll:order/%d@%s", i+1, strings.Replace(at(second(i)), " ", "T", 1)+"Z"))
			}
			want = append(want, "poll:shipment/9@2026-11-23T10:00:03Z")
			got := listAll(t, lister(t, s), time.Date(2026, 11, 23, 10, 0, 0, 5e8, time.UTC))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %d of them: %s", name, n, diff)
			}
			if s.asked > 3+n/50+3 {
				t.Errorf("%s, %d of them: %d requests", name, n, s.asked)
			}
		}
	}
}

func TestListSince(t *testing.T) {
	s := &shop{things: map[string][]thing{"orders": {{1, at(0)}, {2, at(5)}}, "creditmemos": {{1, at(4)}, {3, at(6)}}}}
	got := listAll(t, lister(t, s), time.Date(2026, 11, 23, 11, 0, 5, 9e8, time.FixedZone("", 3600)))
	want := []string{"poll:order/2@2026-11-23T10:00:05Z", "poll:creditmemo/3@2026-11-23T10:00:06Z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestListed: what is listed is understood, and is the version its event was.
func TestListed(t *testing.T) {
	fixtures := map[string]string{"orders": "order", "creditmemos": "creditmemo", "shipments": "shipment"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := fixtures[strings.TrimPrefix(r.URL.Path, "/shop/rest/de/V1/")]
		_, _ = fmt.Fprintf(w, `{"items":[%s],"search_criteria":{},"total_count":1}`, fixture(t, name+".json"))
	}))
	t.Cleanup(server.Close)
	opened, err := adobecommerce.New("shop-eu", decode(berlin+"api: {url: \""+server.URL+"/shop/\", access_token: abcdefghijklmnop, store_code: de}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for cursor := ""; ; {
		page, err := opened.(erpbridge.Lister).List(t.Context(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			m.Via, m.ReceivedAt = erpbridge.ViaPoll, received
			events, err := opened.Normalize(m)
			if err != nil {
				t.Fatal(err)
			}
			types = append(types, m.Type)
			if want := told(t, open(t, ""), m.Type+"-event.json"); events[0].Version != want.Version || events[0].Store != "shop-eu" {
				t.Errorf("%s is %v, its event was %v", m.ID, events[0].Version, want.Version)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"order", "creditmemo", "shipment"}, types); diff != "" {
		t.Error(diff)
	}
}

func TestListErrors(t *testing.T) {
	status := func(code int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { http.Error(w, `{"message":"no"}`, code) }
	}
	text := func(body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { _, _ = w.Write([]byte(body)) }
	}
	s := &shop{}
	l := lister(t, s)
	for _, test := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   erpbridge.Kind
	}{
		{"token", status(http.StatusUnauthorized), erpbridge.Refused},
		{"rights", status(http.StatusForbidden), erpbridge.Refused},
		{"too many", status(http.StatusTooManyRequests), erpbridge.Throttled},
		{"away", status(http.StatusServiceUnavailable), erpbridge.Transient},
		{"not JSON", text("<html>"), erpbridge.Invalid},
		{"no count", text(`{"items":[]}`), erpbridge.Invalid},
		{"no id", text(`{"items":[{"updated_at":"2026-11-23 10:00:00"}],"total_count":1}`), erpbridge.Invalid},
		{"no time", text(`{"items":[{"entity_id":1}],"total_count":1}`), erpbridge.Invalid},
		{"nothing", text(`{"items":[null,{"entity_id":1,"updated_at":"2026-11-23 10:00:00"}],"total_count":2}`), erpbridge.Invalid},
		{"none", text(`{"items":null,"total_count":0}`), ""},
	} {
		s.answer = test.answer
		if _, err := l.List(t.Context(), received, ""); erpbridge.KindOf(err) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, cursor := range []string{"x", "orders|||1", "orders|a|b|c|1", "invoices|" + at(0) + "|" + at(0) + "||1", "orders|" + at(0) + "|" + at(0) + "||0", "orders|" + at(0) + "|" + at(0) + "|x|1"} {
		if _, err := l.List(t.Context(), received, cursor); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%q: %v", cursor, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.List(ctx, received, ""); erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("without time: %v", err)
	}
}
