package bigcommerce_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
)

// listAll lists until the end, calling between before each page but the first.
func listAll(t *testing.T, c *bigcommerce.Connected, since time.Time, between func(n int)) []erpbridge.Message {
	t.Helper()
	var all []erpbridge.Message
	cursor := ""
	for n := range 100 {
		if n > 0 && between != nil {
			between(n)
		}
		page, err := c.List(t.Context(), since, cursor)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Messages...)
		if cursor = page.Next; cursor == "" {
			return all
		}
		if page.Until.IsZero() {
			t.Error("a page that is not the last does not say until when it is whole")
		}
	}
	t.Fatal("a list without an end")
	return nil
}

// TestListSameVersions: what the poll lists is the same state as what a webhook made be
// fetched.
func TestListSameVersions(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	webhooks := map[string]erpbridge.Version{}
	for _, name := range []string{
		"documents/exclusive.json", "documents/inclusive.json", "documents/kit.json", "documents/refund-line.json", "documents/refund-shipping.json", "documents/shipment.json",
	} {
		e := event(t, c, fixture(t, name))
		webhooks[e.Resource] = e.Version
		if e.Order != nil {
			s.add(t, fixture(t, name))
		}
	}
	var d raw
	if err := json.Unmarshal(fixture(t, "documents/shipment.json"), &d); err != nil {
		t.Fatal(err)
	}
	s.parts["/v2/orders/4715/shipments"] = "[" + string(d["shipment"]) + "]"
	s.requests()
	polled := map[string]erpbridge.Version{}
	ids := map[string]string{}
	for _, m := range listAll(t, c, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), nil) {
		if c.Points(m) {
			t.Errorf("%s points to something", m.ID)
		}
		m.ReceivedAt = received
		events, err := c.Normalize(m)
		if err != nil {
			t.Fatalf("%s: %v", m.ID, err)
		}
		polled[events[0].Resource] = events[0].Version
		ids[m.ID] = m.Type
		if m.Store != "shop-us" || m.ContentType != "application/json" {
			t.Errorf("%s is of %q, %q", m.ID, m.Store, m.ContentType)
		}
	}
	if diff := cmp.Diff(webhooks, polled); diff != "" {
		t.Errorf("the poll has other versions:\n%s", diff)
	}
	want := map[string]string{
		"poll:order/4711@2026-11-23T10:00:00Z":    "store/order/updated",
		"poll:order/4712@2026-11-23T10:00:00Z":    "store/order/updated",
		"poll:order/4715@2026-11-23T10:30:00Z":    "store/order/updated",
		"poll:refund/3@2026-11-23T10:30:00Z":      "store/order/refund/created",
		"poll:refund/4@2026-11-23T10:30:00Z":      "store/order/refund/created",
		"poll:fulfilment/12@2026-11-23T10:30:00Z": "store/shipment/updated",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("the messages are other ones:\n%s", diff)
	}
	first := s.requests()[0]
	if first != "GET /v2/orders?include=fees&limit=10&min_date_modified=Mon%2C+23+Nov+2026+09%3A00%3A00+%2B0000&page=1&sort=date_modified%3Aasc" {
		t.Errorf("asked %s", first)
	}
}

// TestListIsWhole lists stores of many orders, some of them of one second, while orders
// change, and misses none.
func TestListIsWhole(t *testing.T) {
	since := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		orders  int
		second  func(i int) int
		changes bool
	}{
		"none":                 {0, func(i int) int { return i }, false},
		"one page":             {9, func(i int) int { return i }, false},
		"exactly one page":     {10, func(i int) int { return i }, false},
		"one page and one":     {11, func(i int) int { return i }, false},
		"many":                 {47, func(i int) int { return i }, false},
		"all of one second":    {35, func(int) int { return 0 }, false},
		"a full second":        {20, func(int) int { return 0 }, false},
		"a busy second within": {60, func(i int) int { return min(i, 12) + max(0, i-40) }, false},
		"pairs":                {33, func(i int) int { return i / 2 }, false},
		"while they change":    {47, func(i int) int { return i }, true},
		"a second that moves":  {40, func(i int) int { return i / 25 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			c := s.open(t, "")
			document := fixture(t, "documents/by-hand.json")
			for i := range tt.orders {
				s.touch(s.add(t, changed(t, document, `"id": 4713`, fmt.Sprintf(`"id": %d`, i+1))), since.Add(time.Duration(tt.second(i))*time.Second))
			}
			seen := map[string]bool{}
			messages := listAll(t, c, since, func(n int) {
				if tt.changes && n*3 < tt.orders {
					// One that was listed, and one that was not, move to the end.
					s.touch(n, since.Add(time.Hour+time.Duration(n)*time.Second))
					s.touch(tt.orders-n, since.Add(time.Hour+time.Duration(n)*time.Second))
				}
			})
			for _, m := range messages {
				if seen[m.ID] {
					t.Errorf("%s is listed twice", m.ID)
				}
				seen[m.ID] = true
			}
			for id := range tt.orders {
				at := modified(s.orders[id+1]).Format(time.RFC3339)
				if !seen[fmt.Sprintf("poll:order/%d@%s", id+1, at)] {
					t.Errorf("order %d of %s is not listed", id+1, at)
				}
			}
			if !tt.changes && len(messages) != tt.orders {
				t.Errorf("%d messages of %d orders", len(messages), tt.orders)
			}
		})
	}
}

// TestListLeavesToLater: an incomplete order is not listed, nor one that changes while
// it is read: it will be at its new time.
func TestListLeavesToLater(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	s.add(t, changed(t, fixture(t, "documents/inclusive.json"), `"status_id": 11`, `"status_id": 0`))
	id := s.add(t, fixture(t, "documents/exclusive.json"))
	moved := false
	s.before = func(path string) {
		if strings.HasSuffix(path, "/coupons") && !moved {
			moved = true
			s.touch(id, time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC))
		}
	}
	if messages := listAll(t, c, time.Time{}, nil); len(messages) != 0 {
		t.Errorf("listed %v", messages)
	}
	messages := listAll(t, c, time.Time{}, nil)
	if len(messages) != 1 || messages[0].ID != "poll:order/4711@2026-11-23T11:00:00Z" {
		t.Errorf("listed %v", messages)
	}
}

func TestListFails(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	for _, cursor := range []string{"yesterday", "2026-11-23T10:00:00Z/", "2026-11-23T10:00:00Z/-1", "/7", "2026-11-23T10:00:00Z/7/8"} {
		_, err := c.List(t.Context(), time.Time{}, cursor)
		wants(t, err, erpbridge.Invalid, "cursor")
	}
	if len(s.requests()) != 0 {
		t.Error("the store was asked for nonsense")
	}
}
