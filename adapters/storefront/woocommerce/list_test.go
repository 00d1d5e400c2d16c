package woocommerce_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// start is when the shops of these tests begin to sell.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// walk lists everything since a time and returns the messages, page by page checked for
// what a Page promises.
func walk(t *testing.T, front erpbridge.Storefront, since time.Time) []erpbridge.Message {
	t.Helper()
	lister, ok := front.(erpbridge.Lister)
	if !ok {
		t.Fatalf("%T lists nothing", front)
	}
	var all []erpbridge.Message
	var until time.Time
	cursor := ""
	for pages := 0; ; pages++ {
		if pages > 100 {
			t.Fatal("the listing does not end")
		}
		page, err := lister.List(context.Background(), since, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if page.Until.Before(until) && !page.Until.IsZero() {
			t.Errorf("until %s after until %s", page.Until, until)
		}
		until = page.Until
		all = append(all, page.Messages...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// orders returns the ids of the orders that messages are about, once each and sorted.
func orders(messages []erpbridge.Message) string {
	var out []string
	for _, m := range messages {
		if id, ok := strings.CutPrefix(m.ID, "poll:order/"); ok {
			id, _, _ = strings.Cut(id, "@")
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

func TestList(t *testing.T) {
	s := newShop(t)
	s.orders[1000] = &sold{1000, "completed", start.Add(-time.Second), nil} // before since
	s.orders[1001] = &sold{1001, "processing", start, nil}
	s.orders[1002] = &sold{1002, "trash", start.Add(time.Minute), nil}
	s.orders[1003] = &sold{1003, "completed", start.Add(2 * time.Minute), []int{501, 502}}
	front := s.open("", "")
	messages := walk(t, front, start)
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.Type+" "+m.ID)
		if m.Store != "shop-eu" || m.ContentType != "application/json" {
			t.Errorf("%s: store %q, %q", m.ID, m.Store, m.ContentType)
		}
	}
	want := []string{
		"order.updated poll:order/1001@2026-11-23T09:00:00Z", "order.updated poll:order/1002@2026-11-23T09:01:00Z",
		"order.updated poll:order/1003@2026-11-23T09:02:00Z",
		"refund.created poll:refund/501@2026-11-23T09:00:00Z", "refund.created poll:refund/502@2026-11-23T09:00:00Z",
	}
	if !slices.Equal(ids, want) {
		t.Errorf("listed\n%s\nwant\n%s", strings.Join(ids, "\n"), strings.Join(want, "\n"))
	}
	types := []erpbridge.EventType{erpbridge.OrderChanged, erpbridge.OrderCancelled, erpbridge.OrderChanged, erpbridge.RefundIssued, erpbridge.RefundIssued}
	for i, m := range messages {
		m.ReceivedAt = received
		events, err := front.Normalize(m)
		if err != nil || len(events) != 1 || events[0].Type != types[i] {
			t.Errorf("%s: %v, %v, want one %s", m.ID, events, err, types[i])
			continue
		}
		if r := events[0].Refund; r != nil && (r.OrderID != "1003" || r.Currency != "EUR" || r.Payments[0].Gateway != "manual") {
			t.Errorf("%s: %+v", m.ID, r)
		}
		// A webhook about the same state gives the same version.
		hook := signed(message(m.Type, m.Body), "a secret & of the shop")
		hook.Header.Set("X-WC-Webhook-Source", s.URL)
		verified, err := front.Verify(hook)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := front.Normalize(verified); err != nil || again[0].Version != events[0].Version {
			t.Errorf("%s: as a webhook %v, %v, want %s", m.ID, again, err, events[0].Version)
		}
	}
	again := walk(t, front, start)
	for i := range again {
		if again[i].ID != messages[i].ID || string(again[i].Body) != string(messages[i].Body) {
			t.Errorf("%s: the same state has another ID or body the second time", messages[i].ID)
		}
	}
}

// TestListPages walks shops of many orders, of which many changed in one second.
func TestListPages(t *testing.T) {
	for name, tt := range map[string]struct {
		at   func(i int) time.Time
		size int
	}{
		"a second each":         {func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }, 3},
		"three to a second":     {func(i int) time.Time { return start.Add(time.Duration(i/3) * time.Second) }, 3},
		"all in one second":     {func(int) time.Time { return start }, 4},
		"an import in between":  {func(i int) time.Time { return start.Add(time.Duration(min(max(i-5, 0), 1)+max(i-20, 0)) * time.Minute) }, 4},
		"one to a page":         {func(i int) time.Time { return start.Add(time.Duration(i/2) * time.Second) }, 1},
		"exactly full":          {func(i int) time.Time { return start.Add(time.Duration(i/5) * time.Hour) }, 5},
		"one page for everyone": {func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }, 100},
	} {
		for _, strip := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, headers gone %t", name, strip), func(t *testing.T) {
				s := newShop(t)
				s.strip = strip
				var want []string
				for i := range 25 {
					id, status := 1001+i, "processing"
					if i%6 == 5 {
						status = "trash"
					}
					s.orders[id] = &sold{id, status, tt.at(i), nil}
					want = append(want, fmt.Sprint(id))
				}
				got := orders(walk(t, s.open(fmt.Sprintf(", page: %d", tt.size), ""), start))
				if got != strings.Join(want, " ") {
					t.Errorf("listed %s in %d requests", got, len(s.asked))
				}
			})
		}
	}
}

// TestListWhileOrdersChange: an order that changes while pages are read moves to the end,
// and no other is missed for that.
func TestListWhileOrdersChange(t *testing.T) {
	s := newShop(t)
	var want []string
	for i := range 20 {
		s.orders[1001+i] = &sold{1001 + i, "processing", start.Add(time.Duration(i) * time.Second), nil}
		want = append(want, fmt.Sprint(1001+i))
	}
	changes := 0
	s.before = func(string) {
		// The first ones change, one with each request: counted pages would skip as many.
		if changes < 8 {
			s.orders[1001+changes].modified = start.Add(time.Hour + time.Duration(changes)*time.Second)
			changes++
		}
	}
	if got := orders(walk(t, s.open(", page: 3", ""), start)); got != strings.Join(want, " ") {
		t.Errorf("listed %s", got)
	}
}

func TestListEnds(t *testing.T) {
	s := newShop(t)
	s.orders[1001] = &sold{1001, "processing", start, []int{501}}
	front := s.open("", "")
	// The order goes between its listing and that of its refunds.
	s.before = func(path string) {
		if strings.HasSuffix(path, "/refunds") {
			delete(s.orders, 1001)
		}
	}
	if messages := walk(t, front, start); len(messages) != 1 {
		t.Errorf("%d messages of an order that went away", len(messages))
	}
	if messages := walk(t, front, start); len(messages) != 0 {
		t.Errorf("%d messages of an empty shop", len(messages))
	}
}

// TestListAnOldShop: versions that do not know modified_after answer with everything. That
// is more than was asked for, but it ends.
func TestListAnOldShop(t *testing.T) {
	s := newShop(t)
	for i := range 9 {
		s.orders[1001+i] = &sold{1001 + i, "processing", start.Add(time.Duration(i/4-100) * time.Hour), nil}
	}
	s.answer = func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		q.Set("modified_after", "2000-01-01T00:00:00")
		q.Del("modified_before")
		r.URL.RawQuery = q.Encode()
		found := s.find(r)
		s.page(w, r, len(found), func(i int) any { return found[i].body(s.parts[found[i].id]) })
	}
	if got := orders(walk(t, s.open(", page: 2", ""), start)); strings.Count(got, " ") != 8 {
		t.Errorf("listed %s", got)
	}
}

func TestListErrors(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	text := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   erpbridge.Kind
	}{
		"too many":            {status(http.StatusTooManyRequests, "Retry-After", "7"), erpbridge.Throttled},
		"broken":              {status(http.StatusBadGateway), erpbridge.Transient},
		"no rights":           {status(http.StatusForbidden), erpbridge.Refused},
		"no API there":        {status(http.StatusNotFound), erpbridge.Refused},
		"a login page":        {status(http.StatusFound, "Location", "/wp-login.php"), erpbridge.Refused},
		"a maintenance page":  {text("<html>back soon</html>"), erpbridge.Transient},
		"a PHP notice before": {text("<b>Notice</b>: x\n[]"), erpbridge.Transient},
		"an object":           {text(`{"code":"x"}`), erpbridge.Transient},
		"no orders":           {text(`[{"id":"abc"}]`), erpbridge.Transient},
		"nulls":               {text(`[null]`), erpbridge.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.answer = tt.answer
			_, err := s.open("", "").(erpbridge.Lister).List(context.Background(), start, "")
			var e *erpbridge.Error
			if !errors.As(err, &e) || e.Kind != tt.want {
				t.Fatalf("%v, want kind %s", err, tt.want)
			}
			if tt.want == erpbridge.Throttled && e.After != 7*time.Second {
				t.Errorf("after %s", e.After)
			}
			if strings.Contains(err.Error(), "cs_1") {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
	for _, cursor := range []string{"x", "//", "2026-11-23T09:00:00//0", "2026-11-23T09:00:00/x/1", "2026-11-23T09:00:00//1/"} {
		if _, err := newShop(t).open("", "").(erpbridge.Lister).List(context.Background(), start, cursor); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}
