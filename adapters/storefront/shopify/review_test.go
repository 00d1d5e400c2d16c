package shopify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// answering returns the address of an Admin API that answers each operation with what
// answer returns: the data, or a text that is the whole answer.
func answering(t *testing.T, answer func(operation string, vars map[string]any) any) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Operation string         `json:"operationName"`
			Query     string         `json:"query"`
			Variables map[string]any `json:"variables"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		// An unused fragment is an error in GraphQL, and so is one that is not there.
		for _, line := range strings.Split(q.Query, "\n") {
			if name, ok := strings.CutPrefix(line, "fragment "); ok {
				name, _, _ = strings.Cut(name, " ")
				if !strings.Contains(q.Query, "..."+name+" ") {
					t.Errorf("%s does not use the fragment %s", q.Operation, name)
				}
			}
		}
		for _, part := range strings.Split(q.Query, "...")[1:] {
			if name, _, _ := strings.Cut(part, " "); name != "" && !strings.Contains(q.Query, "fragment "+name+" on ") {
				t.Errorf("%s has no fragment %s", q.Operation, name)
			}
		}
		data := answer(q.Operation, q.Variables)
		if text, ok := data.(string); ok {
			_, _ = w.Write([]byte(text))
			return
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"data": data}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// tell reads JSON.
func tell(t *testing.T, format string, args ...any) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(fmt.Appendf(nil, format, args...), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

const onlyPage = `{"hasNextPage":false,"endCursor":null}`

// TestListFollowsEveryList: an order or refund one of whose lists is longer than its first
// page is listed whole, and so are the orders around it.
func TestListFollowsEveryList(t *testing.T) {
	const eur = `{"shop_money":{"amount":"%s","currency_code":"EUR"}}`
	amount := func(s string) string { return fmt.Sprintf(eur, s) }
	plain := func(id, second string) string {
		return `{"id":"` + id + `","currency":"EUR","total_price_set":` + amount("10.0") + `,"updated_at":"2026-03-01T10:00:0` + second + `Z","cancelled_at":null,
			"line_items":{"nodes":[{"id":"gid://shopify/LineItem/7","quantity":2,"price_set":` + amount("5.0") + `}],"pageInfo":` + onlyPage + `},"refunds":[]}`
	}
	long := `{"id":"2","currency":"EUR","total_price_set":` + amount("21.0") + `,"updated_at":"2026-03-01T10:00:02Z","cancelled_at":null,
		"payment_terms":{"payment_terms_name":"Net","payment_schedules":{"nodes":[{"due_at":"2027-01-01T00:00:00Z"}],"pageInfo":{"hasNextPage":true,"endCursor":"p1"}}},
		"discount_applications":{"nodes":[{"index":0,"code":"ONE"}],"pageInfo":{"hasNextPage":true,"endCursor":"d1"}},
		"shipping_lines":{"nodes":[{"id":"gid://shopify/ShippingLine/1","title":"A","price_set":` + amount("4.0") + `}],"pageInfo":{"hasNextPage":true,"endCursor":"s1"}},
		"line_items":{"nodes":[{"id":"gid://shopify/LineItem/7","quantity":2,"price_set":` + amount("5.0") + `}],"pageInfo":{"hasNextPage":true,"endCursor":"l1"}},
		"refunds":[{"id":"509"}]}`
	s := connect(t, answering(t, func(op string, vars map[string]any) any {
		switch after := fmt.Sprint(vars["after"]); op + " " + after {
		case "ErpbridgeOrders <nil>":
			return tell(t, `{"orders":{"nodes":[%s,%s,%s],"pageInfo":%s}}`, plain("1", "1"), long, plain("3", "3"), onlyPage)
		case "ErpbridgeSchedules p1":
			return tell(t, `{"order":{"payment_terms":{"payment_schedules":{"nodes":[{"due_at":"2027-02-01T00:00:00Z"}],"pageInfo":%s}}}}`, onlyPage)
		case "ErpbridgeApplications d1":
			return tell(t, `{"order":{"discount_applications":{"nodes":[{"index":1,"code":"TWO"}],"pageInfo":%s}}}`, onlyPage)
		case "ErpbridgeShippingLines s1":
			return tell(t, `{"order":{"shipping_lines":{"nodes":[{"id":"gid://shopify/ShippingLine/2","title":"B","price_set":%s}],"pageInfo":{"hasNextPage":true,"endCursor":"s2"}}}}`, amount("3.0"))
		case "ErpbridgeShippingLines s2":
			return tell(t, `{"order":{"shipping_lines":{"nodes":[{"id":"gid://shopify/ShippingLine/3","title":"C","price_set":%s}],"pageInfo":%s}}}`, amount("2.0"), onlyPage)
		case "ErpbridgeLines l1":
			return tell(t, `{"order":{"line_items":{"nodes":[{"id":"gid://shopify/LineItem/8","quantity":1,"price_set":%s,
				"discount_allocations":[{"amount_set":%s,"discount_application_index":{"only":1}}]}],"pageInfo":%s}}}`, amount("3.0"), amount("1.0"), onlyPage)
		case "ErpbridgeRefunds <nil>":
			return tell(t, `{"order":{"taxes_included":false,"refunds":[{"id":"509","order_id":{"only":"2"},"created_at":"2026-03-01T10:00:02Z",
				"refund_line_items":{"nodes":[],"pageInfo":%s},
				"refund_shipping_lines":{"nodes":[{"subtotal_amount_set":%s}],"pageInfo":{"hasNextPage":true,"endCursor":"rs"}},
				"order_adjustments":{"nodes":[{"reason":"A","amount_set":%s}],"pageInfo":{"hasNextPage":true,"endCursor":"ra"}},
				"transactions":{"nodes":[{"id":1,"kind":"REFUND","status":"SUCCESS","amount":"4.00","currency":"EUR"}],"pageInfo":{"hasNextPage":true,"endCursor":"rt"}}}]}}`,
				onlyPage, amount("4.0"), amount("-1.0"))
		case "ErpbridgeRefundShippingLines rs":
			return tell(t, `{"refund":{"refund_shipping_lines":{"nodes":[{"subtotal_amount_set":%s}],"pageInfo":%s}}}`, amount("3.0"), onlyPage)
		case "ErpbridgeAdjustments ra":
			return tell(t, `{"refund":{"order_adjustments":{"nodes":[{"reason":"B","amount_set":%s}],"pageInfo":%s}}}`, amount("-2.0"), onlyPage)
		case "ErpbridgeTransactions rt":
			return tell(t, `{"refund":{"transactions":{"nodes":[{"id":2,"kind":"REFUND","status":"SUCCESS","amount":"6.00","currency":"EUR"}],"pageInfo":%s}}}`, onlyPage)
		default:
			t.Errorf("nobody should ask for %s behind %s", op, after)
			return tell(t, `{}`)
		}
	}), "")
	page, err := s.(erpbridge.Lister).List(t.Context(), time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range page.Messages {
		m.ReceivedAt = received
		e := one(t, s, m)
		ids = append(ids, e.Resource)
		if o := e.Order; o != nil && !o.Sum().Equal(o.Total) {
			t.Errorf("%s: parts come to %s of %s", e.Resource, o.Sum(), o.Total)
		}
		switch e.Resource {
		case "order/2":
			if len(e.Order.Shipping) != 3 || len(e.Order.Lines) != 2 || e.Order.Lines[1].Discounts[0].Code != "TWO" || e.Order.Terms.DueAt.Month() != time.February {
				t.Errorf("the long order: %+v", e.Order)
			}
		case "refund/509":
			if paid, all := e.Refund.Paid(); !all || !paid.Equal(e.Refund.Sum()) || paid.Plain() != "10.00" {
				t.Errorf("the long refund comes to %s, and %s was paid", e.Refund.Sum(), paid)
			}
		}
	}
	if diff := cmp.Diff([]string{"order/1", "order/2", "refund/509", "order/3"}, ids); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestListGoesOnWhereItWasThrottled: a page whose follow-up questions cost more than the
// shop gives at once is listed in parts, and never from its beginning again.
func TestListGoesOnWhereItWasThrottled(t *testing.T) {
	var nodes []string
	for i := range 5 {
		nodes = append(nodes, fmt.Sprintf(`{"id":"%d","currency":"EUR","total_price":"0.00","updated_at":"2026-03-01T10:00:0%dZ","line_items":[],"refunds":[{"id":"1"}]}`, i+1, i))
	}
	budget, asked := 2, 0
	s := connect(t, answering(t, func(op string, vars map[string]any) any {
		if op == "ErpbridgeOrders" {
			asked++
			if vars["after"] != nil {
				t.Errorf("asked from %v", vars["after"])
			}
			return tell(t, `{"orders":{"nodes":[%s],"pageInfo":%s}}`, strings.Join(nodes, ","), onlyPage)
		}
		if budget--; budget < 0 {
			budget = 2
			return `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`
		}
		return tell(t, `{"order":{"refunds":[{"id":"%s","order_id":1,"created_at":"2026-03-01T10:00:00Z","refund_line_items":[]}]}}`,
			strings.TrimPrefix(vars["id"].(string), "gid://shopify/Order/"))
	}), "").(erpbridge.Lister)
	var got []string
	var until time.Time
	cursor := ""
	for range 10 {
		page, err := s.List(t.Context(), time.Time{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		if page.Until.Before(until) {
			t.Errorf("until %s, after %s", page.Until, until)
		}
		until = page.Until
		for _, m := range page.Messages {
			id, _, _ := strings.Cut(m.ID, "@")
			got = append(got, strings.TrimPrefix(id, "poll:"))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	want := []string{"order/1", "refund/1", "order/2", "refund/2", "order/3", "refund/3", "order/4", "refund/4", "order/5", "refund/5"}
	if diff := cmp.Diff(want, got); diff != "" || asked != 3 {
		t.Errorf("asked for the page %d times, -want +got:\n%s", asked, diff)
	}
	budget, nodes = 100, nodes[1:] // the first one changes while its page is listed in parts
	page, err := s.List(t.Context(), time.Time{}, " 1")
	if err != nil || len(page.Messages) != 8 {
		t.Errorf("%d messages, %v", len(page.Messages), err)
	}
}

// TestEveryMemberMayBeAnything: whatever stands in place of a member, and where it is left
// out, nothing panics, an error has a kind that says what to do, and an event is one that
// the bridge can order, check and tell again.
func TestEveryMemberMayBeAnything(t *testing.T) {
	bodies := [][2]string{
		{"orders/updated", everything},
		{"refunds/create", refunded},
		{"fulfillments/create", shipment},
		{"customers/update", person},
		{"products/update", thing},
		{"inventory_levels/update", level},
		{"customers/data_request", dataRequest},
		{"customers/redact", redactCustomer},
	}
	s := open(t, "")
	for _, b := range bodies {
		storefronttest.AnyMember(t, s, []byte(b[1]), func(mutant []byte) erpbridge.Message { return message(b[0], mutant) }, nil)
	}
}

// TestRefundSaysWhetherTaxIsContained: a line of a few cents, whose tax is right in both
// readings, does not keep the others from telling, and neither does a payment in another
// currency.
func TestRefundSaysWhetherTaxIsContained(t *testing.T) {
	const item = `{"id":%d,"quantity":1,"subtotal":%s,"total_tax":%s,"subtotal_set":{"shop_money":{"amount":"%[2]s","currency_code":"EUR"},"presentment_money":{"amount":"%[2]s","currency_code":"%[5]s"}},
		"total_tax_set":{"shop_money":{"amount":"%[3]s","currency_code":"EUR"},"presentment_money":{"amount":"%[3]s","currency_code":"%[5]s"}},"line_item":{"tax_lines":[%[4]s]}}`
	const vat = `{"rate":0.19}`
	refund := func(payments string, items ...string) []byte {
		return []byte(`{"id":1,"order_id":2,"created_at":"2026-03-01T10:00:00Z","refund_line_items":[` + strings.Join(items, ",") + `],"transactions":[` + payments + `]}`)
	}
	paid := func(amount, code, status string) string {
		return `{"id":1,"kind":"refund","status":"` + status + `","amount":"` + amount + `","currency":"` + code + `"}`
	}
	tests := map[string]struct {
		body []byte
		want bool
	}{
		"contained, with a line of five cents": {refund(paid("119.05", "EUR", "pending"),
			fmt.Sprintf(item, 1, "119.00", "19.00", vat, "EUR"), fmt.Sprintf(item, 2, "0.05", "0.01", vat, "EUR")), true},
		"on top, with a line of five cents": {refund(paid("119.06", "EUR", "pending"),
			fmt.Sprintf(item, 1, "100.00", "19.00", vat, "EUR"), fmt.Sprintf(item, 2, "0.05", "0.01", vat, "EUR")), false},
		"contained, as a payment in another currency says": {refund(paid("119.00", "USD", "success"),
			fmt.Sprintf(item, 1, "119.00", "19.00", "", "USD")), true},
		"on top, as a payment in another currency says": {refund(paid("119.00", "USD", "success"),
			fmt.Sprintf(item, 1, "100.00", "19.00", "", "USD")), false},
	}
	for name, tt := range tests {
		r := one(t, open(t, ""), message("refunds/create", tt.body)).Refund
		if r.TaxesIncluded != tt.want || r.Presented != nil && r.Presented.TaxesIncluded != tt.want {
			t.Errorf("%s: %t", name, r.TaxesIncluded)
		}
	}
}

// TestWritingBackIsNoChange: what apps and ERPs write back to an order, and what Shopify
// counts beside it, makes no other version but for the time; what an ERP books does.
func TestWritingBackIsNoChange(t *testing.T) {
	s := open(t, "")
	const members = `"tags":"a","note_attributes":[{"name":"slot","value":"3"}],"payment_gateway_names":["manual","gift_card"],"financial_status":"paid","customer":{"id":4,"orders_count":1}`
	before := one(t, s, message("orders/updated", with(members))).Version
	for name, change := range map[string][2]string{
		"a tag":                 {`"tags":"a"`, `"tags":"a, exported"`},
		"an attribute":          {`"value":"3"}]`, `"value":"3"},{"name":"erp_synced_at","value":"2026-03-01T10:00:00Z"}]`},
		"order of gateways":     {`["manual","gift_card"]`, `["gift_card","manual"]`},
		"customer's statistics": {`"orders_count":1`, `"orders_count":2,"total_spent":"9.00","last_order_id":3,"tags":"vip","note":"called","updated_at":"2026-03-01T10:00:00Z","metafield":{}`},
		"being shipped":         {`"tags"`, `"fulfillment_status":"fulfilled","closed_at":"2026-03-01T10:00:00Z","fulfillments":[{"id":1,"tracking_number":"1Z"}],"metafields":[1],"tags"`},
	} {
		body := strings.Replace(string(with(members)), change[0], change[1], 1)
		if got := one(t, s, message("orders/updated", []byte(body))).Version; got.Digest != before.Digest || got.Rank != before.Rank {
			t.Errorf("%s makes another version", name)
		}
	}
	for name, change := range map[string][2]string{
		"a note":        {`"tags"`, `"note":"ring twice","tags"`},
		"an amount due": {`"tags"`, `"total_outstanding":"3.00","tags"`},
		"what remains":  {`"tags"`, `"current_total_price":"5.00","tags"`},
		"an address":    {`"tags"`, `"shipping_address":{"city":"Graz"},"tags"`},
		"a quantity":    {`"quantity":2`, `"quantity":2,"current_quantity":1`},
		"a property":    {`"quantity":2`, `"quantity":2,"properties":[{"name":"text","value":"Z"}]`},
		"a PO number":   {`"tags"`, `"po_number":"4500","tags"`},
		"the payment":   {`"financial_status":"paid"`, `"financial_status":"partially_paid"`},
	} {
		body := strings.Replace(string(with(members)), change[0], change[1], 1)
		if got := one(t, s, message("orders/updated", []byte(body))).Version; got.Digest == before.Digest {
			t.Errorf("%s makes no other version", name)
		}
	}
}

// TestOneSecond: however many states of an order share a second, the last of them is the
// newest, whichever comes first.
func TestOneSecond(t *testing.T) {
	s := open(t, "")
	const cancelled = `"cancelled_at":"2026-03-01T09:00:00Z"`
	state := func(members string) erpbridge.Version {
		body := string(with(members))
		if strings.Contains(members, "cancelled_at") {
			body = strings.Replace(body, `"cancelled_at":null,`, "", 1)
		}
		return one(t, s, message("orders/updated", []byte(body))).Version
	}
	history := []erpbridge.Version{
		state(`"financial_status":"pending","current_total_price":"10.00"`),
		state(`"financial_status":"partially_paid","current_total_price":"10.00"`),
		state(`"financial_status":"paid","current_total_price":"10.00"`),
		state(`"financial_status":"partially_refunded","current_total_price":"5.00"`),
		state(`"financial_status":"refunded","current_total_price":"0.00"`),
		state(`"financial_status":"paid","current_total_price":"10.00",` + cancelled),
		state(`"financial_status":"partially_refunded","current_total_price":"4.00",` + cancelled),
		state(`"financial_status":"refunded","current_total_price":"0.00",` + cancelled),
	}
	for i := 1; i < len(history); i++ {
		if !history[i-1].Before(history[i]) || history[i-1].Digest == history[i].Digest {
			t.Errorf("the state %d, rank %d, is not before rank %d", i-1, history[i-1].Rank, history[i].Rank)
		}
	}
}
