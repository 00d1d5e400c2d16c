package bigcommerce_test

import (
	"fmt"
	"net/http"
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
		_, err := c.Normalize(m)
		if odd := erpbridge.KindOf(err) != ""; odd && m.ID[:len("poll:order/4999")] != "poll:order/4999" {
			t.Errorf("%s: %v", m.ID, err)
		}
	}
}
