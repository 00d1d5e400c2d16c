package shopify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// TestListGoesOn: what cannot be read of one order or refund becomes a dead letter with its
// reason, is the same one whenever it is listed, and everything else is listed.
func TestListGoesOn(t *testing.T) {
	sound := func(id, more string) string {
		return `{"id":"` + id + `","updated_at":"2026-03-01T10:00:00Z","line_items":{"nodes":[],"pageInfo":{"hasNextPage":false}}` + more + `}`
	}
	cut := `{"nodes":[{}],"pageInfo":{"hasNextPage":true}}`
	gift := sound("1", `,"currency":"EUR","financial_status":"PAID","payment_gateway_names":["gift_card","paypal"]`)
	denied := `{"errors":[{"message":"Variable $id of type ID! was provided invalid value","extensions":{"code":"INVALID_VARIABLE"}}]}`
	order, refund := "poll:order/1@2026-03-01T10:00:00Z", "poll:refund/7@2026-03-01T10:00:00Z"
	tests := map[string]struct {
		node    string
		answers []string // to what is asked about it
		ids     []string // of its messages
		why     string
	}{
		"no object":           {`7`, nil, []string{"poll:unread/order@"}, "cannot be read"},
		"no id":               {`{"updated_at":"2026-03-01T10:00:00Z"}`, nil, []string{"poll:unread/order@"}, "order without an id"},
		"no time":             {`{"id":"1"}`, nil, []string{"poll:unread/order/1@"}, "updated_at"},
		"refunds are no list": {sound("1", `,"refunds":7`), nil, []string{"poll:unread/order@"}, "cannot be read"},
		"a list that is cut":  {sound("1", `,"shipping_lines":`+cut), nil, []string{"poll:unread/order/1@"}, "nothing says where they begin"},
		"a list inside":       {sound("1", `,"payment_terms":{"payment_schedules":`+cut+`}`), nil, []string{"poll:unread/order/1@"}, "nothing says where they begin"},
		"no list of payments": {gift, []string{`{"data":{"order":{"updated_at":"2026-03-01T10:00:00Z","transactions":null}}}`}, []string{"poll:unread/order/1@"}, "transactions: there is no list"},
		"payments refused":    {gift, []string{denied}, []string{"poll:unread/order/1@"}, "INVALID_VARIABLE"},
		"refunds refused":     {sound("1", `,"refunds":[{"id":"7"}]`), []string{denied}, []string{order, "poll:unread/refunds/1@"}, "INVALID_VARIABLE"},
		"a refund is none": {
			sound("1", `,"refunds":[{"id":"7"},{}]`),
			[]string{`{"data":{"order":{"refunds":[null,{"order_id":"1"},{"id":"7","transactions":[]}]}}}`},
			[]string{order, "poll:unread/refund@", "poll:unread/refund@", refund},
			"a refund of order 1",
		},
		"a refund that is cut": {
			sound("1", `,"refunds":[{"id":"7"}]`),
			[]string{`{"data":{"order":{"refunds":[{"id":"7","order_adjustments":` + cut + `}]}}}`},
			[]string{order, "poll:unread/refund@"},
			"nothing says where they begin",
		},
		"an order that is cut, and its refund": {
			sound("1", `,"refunds":[{"id":"7"}],"shipping_lines":`+cut),
			[]string{`{"data":{"order":{"refunds":[{"id":"7","transactions":[]}]}}}`},
			[]string{"poll:unread/order/1@", refund},
			"nothing says where they begin",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var before []erpbridge.Message
			for range 2 {
				g := &graph{t: t, fail: append([]string{`{"data":{"orders":{"nodes":[` + tt.node + `,` + sound("2", "") + `],"pageInfo":{"hasNextPage":false}}}}`}, tt.answers...)}
				s := connect(t, g.serve(), "")
				page, err := s.(erpbridge.Lister).List(t.Context(), long, "")
				if err != nil {
					t.Fatal(err)
				}
				if !page.Until.Equal(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)) || page.Next != "" {
					t.Errorf("until %s, next %q", page.Until, page.Next)
				}
				var ids []string
				for _, m := range page.Messages {
					id, _, unread := strings.Cut(m.ID, "sha256:")
					ids = append(ids, id)
					if !unread {
						continue
					}
					m.ReceivedAt = received
					_, err := s.Normalize(m)
					if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), tt.why) {
						t.Errorf("%s: %v; want invalid with %q", m.ID, err, tt.why)
					}
					if s.(erpbridge.Fetcher).Points(m) || m.Store != "shop-eu" {
						t.Errorf("%s of %q points to something", m.ID, m.Store)
					}
				}
				if diff := cmp.Diff(append(tt.ids, "poll:order/2@2026-03-01T10:00:00Z"), ids); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if before != nil && !cmp.Equal(before, page.Messages) {
					t.Error("listed again, it is another message")
				}
				before = page.Messages
			}
		})
	}
}

// TestListGoesOnWhereItIsBusy: a page that ends behind what cannot be read goes on there,
// and one that nothing else was had of is asked for again.
func TestListGoesOnWhereItIsBusy(t *testing.T) {
	const (
		orders = `{"data":{"orders":{"nodes":[%,{"id":"2","updated_at":"2026-03-01T10:00:00Z","line_items":[],"refunds":[{"id":"7"}]}],"pageInfo":{"hasNextPage":false}}}}`
		busy   = `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`
		found  = `{"data":{"order":{"refunds":[{"id":"7","transactions":[]}]}}}`
	)
	for node, next := range map[string]string{`{"id":"1"}`: " 1", `{}`: ""} {
		page := strings.Replace(orders, "%", node, 1)
		s := connect(t, (&graph{t: t, fail: []string{page, busy, page, found}}).serve(), "").(erpbridge.Lister)
		got, err := s.List(t.Context(), long, "")
		if got.Next != next || (erpbridge.KindOf(err) == erpbridge.Throttled) != (next == "") {
			t.Errorf("%s: next %q, %v", node, got.Next, err)
		}
		want := 2
		if next == "" {
			want = 3
		}
		if rest, err := s.List(t.Context(), long, got.Next); err != nil || len(rest.Messages) != want {
			t.Errorf("%s: then %d messages, %v; want %d", node, len(rest.Messages), err, want)
		}
	}
}
