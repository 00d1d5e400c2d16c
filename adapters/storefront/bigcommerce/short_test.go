package bigcommerce_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// A store that cannot answer for one order now is listed up to that one, and from it on
// when it can: nothing is lost, and no page is begun from its start again and again.
func TestListEndsThePageWhereTheStoreIsBusy(t *testing.T) {
	since := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for name, second := range map[string]func(i int) int{
		"one after the other": func(i int) int { return i },
		"pairs":               func(i int) int { return i / 2 },
		"one second":          func(int) int { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			const orders = 25
			s := newStore(t)
			c := s.open(t, "")
			document := fixture(t, "documents/by-hand.json")
			for i := range orders {
				s.touch(s.add(t, changed(t, document, `"id": 4713`, fmt.Sprintf(`"id": %d`, i+1))), since.Add(time.Duration(second(i))*time.Second))
			}
			for _, n := range []int{1, 5, 14, 25} {
				s.fail[fmt.Sprintf("/v2/orders/%d/products", n)] = http.Response{StatusCode: http.StatusServiceUnavailable}
			}
			seen, failed, position := map[string]int{}, 0, ""
			for range 100 {
				page, err := c.List(t.Context(), since, position)
				if err != nil {
					if erpbridge.KindOf(err) != erpbridge.Transient {
						t.Fatal(err)
					}
					failed++
					clear(s.fail) // it has recovered
					continue
				}
				for _, m := range page.Messages {
					seen[m.ID]++
				}
				if position = page.Next; position == "" {
					break
				}
			}
			if failed != 1 {
				t.Errorf("failed %d times, want once: before the first order", failed)
			}
			if len(seen) != orders {
				t.Errorf("%d of %d orders are listed", len(seen), orders)
			}
		})
	}
}

// A page that fails half way ends there: the first orders are had, and the position is
// that of the one which could not be read.
func TestListShortPage(t *testing.T) {
	since := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	s := newStore(t)
	c := s.open(t, "")
	document := fixture(t, "documents/by-hand.json")
	for i := range 8 {
		s.touch(s.add(t, changed(t, document, `"id": 4713`, fmt.Sprintf(`"id": %d`, i+1))), since.Add(time.Duration(i/2)*time.Second))
	}
	s.fail["/v2/orders/6/products"] = http.Response{StatusCode: http.StatusTooManyRequests}
	page, err := c.List(t.Context(), since, "")
	// Order 6 is of the second of order 5, and takes it along.
	if want := since.Add(2 * time.Second); err != nil || len(page.Messages) != 4 || page.Next != want.Format(time.RFC3339) || !page.Until.Equal(want) {
		t.Errorf("%d messages, next %q, until %s, %v", len(page.Messages), page.Next, page.Until, err)
	}
}

// An order of a shape nobody knows is listed all the same: what is wrong with it is said
// of it alone.
func TestListPassesWhatItCannotRead(t *testing.T) {
	s := newStore(t)
	c := s.open(t, "")
	s.add(t, fixture(t, "documents/exclusive.json"))
	id := s.add(t, changed(t, fixture(t, "documents/by-hand.json"), `"id": 4713`, `"id": 4999`))
	s.parts[fmt.Sprintf("/v3/orders/%d/payment_actions/refunds", id)] = `{"data":[{"id":"x"}],"meta":{}}`
	messages := listAll(t, c, time.Time{}, nil)
	if len(messages) != 2 {
		t.Fatalf("listed %v", messages)
	}
	for _, m := range messages {
		m.ReceivedAt = received
		_, err := c.Normalize(m)
		if want := map[bool]erpbridge.Kind{true: erpbridge.Invalid}[m.ID == "poll:unread/order/4999@2026-11-23T10:00:00Z"]; erpbridge.KindOf(err) != want {
			t.Errorf("%s: %v", m.ID, err)
		}
	}
}

// What is listed and is no order, or none that can be placed, is listed all the same, and
// those beside it are. A list without any order that can is none, nor is what is null.
func TestListPassesWhatHasNoName(t *testing.T) {
	const sound = `{"id":4711,"status_id":0,"date_modified":"Mon, 23 Nov 2026 10:00:00 +0000"}`
	const head = `{"id":4712,"status_id":11,"date_modified":"Mon, 23 Nov 2026 11:00:00 +0000"`
	for odd, id := range map[string]string{
		`7`: "", `[]`: "", `{}`: "", `{"id":"x","date_modified":"Mon, 23 Nov 2026 10:00:00 +0000"}`: "", `{"id":7,"total_inc_tax":"0.00"}`: "",
		`{"id":9223372036854775808,"date_modified":"Mon, 23 Nov 2026 10:00:00 +0000"}`: "",
		head + `,"fees":"x"}`: "/4712@2026-11-23T11:00:00Z", head + `,"billing_address":[1]}`: "/4712@2026-11-23T11:00:00Z",
	} {
		s := newStore(t)
		c := s.open(t, "")
		s.answers = map[string]string{"/v2/orders": "[" + sound + "," + odd + "]"}
		page, err := c.List(t.Context(), time.Time{}, "")
		if err != nil || len(page.Messages) != 1 || page.Next != "" || page.Until.IsZero() {
			t.Errorf("%s: %v, next %q, until %s, %v", odd, page.Messages, page.Next, page.Until, err)
			continue
		}
		m := page.Messages[0]
		m.ReceivedAt = received
		_, err = c.Normalize(m)
		if erpbridge.KindOf(err) != erpbridge.Invalid || c.Points(m) || m.Store != "shop-us" || !strings.HasPrefix(m.ID, "poll:unread/order"+cmp.Or(id, "@sha256:")) {
			t.Errorf("%s: %s of %q: %v", odd, m.ID, m.Store, err)
		}
		if id == "" {
			s.answers["/v2/orders"] = "[" + odd + "]"
			_, err = c.List(t.Context(), time.Time{}, "")
			wants(t, err, erpbridge.Transient, "another shape")
		}
	}
	s := newStore(t)
	c := s.open(t, "")
	s.answers = map[string]string{"/v2/orders": "[" + sound + ",null]"}
	_, err := c.List(t.Context(), time.Time{}, "")
	wants(t, err, erpbridge.Transient, "another shape")
	// A page that is full goes on, whatever of it can be placed.
	s.answers["/v2/orders"] = "[{}" + strings.Repeat(","+sound, 8) + "," + strings.Replace(sound, "10:00:00", "11:00:00", 1) + "]"
	if page, err := c.List(t.Context(), time.Time{}, ""); err != nil || page.Next != "2026-11-23T11:00:00Z" || len(page.Messages) != 1 {
		t.Errorf("%v, next %q, %v", page.Messages, page.Next, err)
	}
}
