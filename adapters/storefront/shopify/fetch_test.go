package shopify_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// whole returns m as the pipeline has it: fetched, where it points.
func whole(t *testing.T, s erpbridge.Storefront, m erpbridge.Message) erpbridge.Message {
	t.Helper()
	f := s.(erpbridge.Fetcher)
	if !f.Points(m) {
		return m
	}
	body, err := f.Fetch(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	m.Fetched = body
	if f.Points(m) {
		t.Error("what was fetched points to something")
	}
	return m
}

// payment is a transaction of an order as GraphQL tells it, of a shop whose currency is
// the buyer's.
func payment(id int, gateway, kind, status, amount, currency string) map[string]any {
	return presentedPayment(id, gateway, kind, status, amount, currency, amount, currency)
}

func presentedPayment(id int, gateway, kind, status, amount, currency, presented, presentment string) map[string]any {
	return map[string]any{
		"id": "gid://shopify/OrderTransaction/" + strings.Repeat("9", id), "kind": kind, "gateway": gateway, "status": status, "test": false,
		"created_at": "2026-03-01T09:00:00Z", "processed_at": "2026-03-01T09:00:00Z", "authorization": nil, "payment_id": "c1.1",
		"amount": only(only(presented)), "currency": only(only(presentment)),
		"amount_set": map[string]any{
			"shop_money":        map[string]any{"amount": amount, "currency_code": currency},
			"presentment_money": map[string]any{"amount": presented, "currency_code": presentment},
		},
	}
}

const split = `"financial_status":"paid","payment_gateway_names":["gift_card","shopify_payments"],"total_outstanding":"0.00"`

// TestPoints: an order is asked for where it does not tell how much was redeemed, and
// where somebody can be asked; no other message costs a request.
func TestPoints(t *testing.T) {
	wrapped := `{"order":` + string(with(split)) + `}`
	tests := map[string]struct {
		topic string
		body  string
		want  bool
	}{
		"gift card and card":           {"orders/create", string(with(split)), true},
		"paid":                         {"orders/paid", string(with(split)), true},
		"updated":                      {"orders/updated", string(with(split)), true},
		"cancelled":                    {"orders/cancelled", string(with(split)), true},
		"fulfilled":                    {"orders/fulfilled", string(with(split)), true},
		"partially fulfilled":          {"orders/partially_fulfilled", string(with(split)), true},
		"an order that says deleted":   {"orders/delete", string(with(split)), true},
		"wrapped":                      {"orders/create", wrapped, true},
		"authorized":                   {"orders/create", string(with(`"financial_status":"authorized","payment_gateway_names":["shopify_payments","gift_card"]`)), true},
		"store credit and card":        {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":["shopify_store_credit","paypal"]`)), true},
		"both of them":                 {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":["shopify_store_credit","gift_card"]`)), true},
		"alone, refunded in part":      {"orders/updated", string(with(`"financial_status":"partially_refunded","payment_gateway_names":["gift_card"],"total_outstanding":"0.00"`)), true},
		"alone, partly, unsaid":        {"orders/create", string(with(`"financial_status":"partially_paid","payment_gateway_names":["gift_card"]`)), true},
		"alone, partly, two money":     {"orders/create", string(with(`"financial_status":"partially_paid","payment_gateway_names":["gift_card"],"total_outstanding":"4.00","presentment_currency":"USD"`)), true},
		"capitals":                     {"orders/updated", string(with(`"financial_status":"PARTIALLY_REFUNDED","payment_gateway_names":["gift_card"]`)), true},
		"an old body":                  {"orders/updated", string(with(`"financial_status":"refunded","gateway":"gift_card"`)), true},
		"by its gid":                   {"orders/create", strings.Replace(string(with(split)), `"id":1001`, `"admin_graphql_api_id":"gid://shopify/Order/1001"`, 1), true},
		"alone":                        {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":["gift_card"],"total_outstanding":"0.00"`)), false},
		"alone, twice":                 {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":["gift_card","","gift_card"],"total_outstanding":"0.00"`)), false},
		"alone, partly":                {"orders/create", string(with(`"financial_status":"partially_paid","payment_gateway_names":["gift_card"],"total_outstanding":"4.00","presentment_currency":"EUR"`)), false},
		"alone, nothing paid":          {"orders/create", string(with(`"financial_status":"pending","payment_gateway_names":["gift_card"]`)), false},
		"voided":                       {"orders/create", string(with(`"financial_status":"voided","payment_gateway_names":["gift_card","paypal"]`)), false},
		"card":                         {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":["shopify_payments"]`)), false},
		"no gateway":                   {"orders/create", small, false},
		"another gateway of that kind": {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":["Gift Card","my_gift_card","paypal"]`)), false},
		"of a partner":                 {"orders/create", string(with(split + `,"transactions":[]`)), false},
		"of a partner, null":           {"orders/create", string(with(split + `,"transactions":null`)), false},
		"a test":                       {"orders/create", string(with(split + `,"test":true`)), false},
		"no id":                        {"orders/create", strings.Replace(string(with(split)), `"id":1001,`, ``, 1), false},
		"an id of nothing":             {"orders/create", strings.Replace(string(with(split)), `"id":1001`, `"id":"../shop"`, 1), false},
		"no lines":                     {"orders/create", `{"id":1001,` + split + `}`, false},
		"deleted":                      {"orders/delete", `{"id":1001}`, false},
		"an unknown status":            {"orders/create", string(with(`"financial_status":"maybe","payment_gateway_names":["gift_card","paypal"]`)), false},
		"edited":                       {"orders/edited", string(with(split)), false},
		"a refund":                     {"refunds/create", refunded, false},
		"a name twice":                 {"orders/create", string(with(split + `,"id":1002`)), false},
		"gateways of another kind":     {"orders/create", string(with(`"financial_status":"paid","payment_gateway_names":"gift_card"`)), false},
		"wrapped with more":            {"orders/create", strings.TrimSuffix(wrapped, "}") + `,"x":1}`, false},
		"cut":                          {"orders/create", string(with(split))[:200], false},
		"nothing":                      {"orders/create", ``, false},
		"null":                         {"orders/create", `null`, false},
		"a list":                       {"orders/create", `[]`, false},
	}
	g := &graph{t: t}
	f := connect(t, g.serve(), "").(erpbridge.Fetcher)
	for name, tt := range tests {
		if got := f.Points(message(tt.topic, []byte(tt.body))); got != tt.want {
			t.Errorf("%s points: %v", name, got)
		}
	}
	if delivers := connect(t, g.serve(), "test_orders: deliver\n").(erpbridge.Fetcher); !delivers.Points(message("orders/create", with(split+`,"test":true`))) {
		t.Error("a test order that is delivered does not point")
	}
	if _, ok := open(t, "").(erpbridge.Fetcher); ok {
		t.Error("a shop without api is a Fetcher")
	}
	if asked := g.asked(); len(asked) > 0 {
		t.Errorf("asked %q", asked)
	}
}

// TestFetch: what is fetched is the webhook's body, byte for byte, with the payments.
func TestFetch(t *testing.T) {
	g := &graph{t: t, payments: map[string][]any{"1001": {
		payment(1, "gift_card", "SALE", "SUCCESS", "4.0", "EUR"),
		payment(2, "shopify_payments", "AUTHORIZATION", "SUCCESS", "6.0", "EUR"),
		payment(3, "shopify_payments", "CAPTURE", "SUCCESS", "6.0", "EUR"),
		payment(4, "gift_card", "SALE", "FAILURE", "9.0", "EUR"),
		payment(5, "shopify_payments", "CHANGE", "SUCCESS", "1.0", "EUR"),
	}}}
	g.orders = append(g.orders, graphQL(t, []byte(small)))
	s := connect(t, g.serve(), "")
	// Numbers and texts as nobody would write them again.
	odd := strings.Replace(string(with(split+`,"x":1.50e+01,"y":"\u00fc\/"`)), `{`, "{ \n", 1) + "\r\n "
	for _, body := range []string{odd, `{"order":` + odd + `}`} {
		m := whole(t, s, message("orders/create", []byte(body)))
		want := strings.TrimSuffix(strings.TrimSpace(odd), "}") + `,"transactions":[`
		if !strings.HasPrefix(string(m.Fetched), want) || !strings.HasSuffix(string(m.Fetched), "]}") {
			t.Errorf("fetched\n%s\nof\n%s", m.Fetched, body)
		}
		o := one(t, s, m).Order
		var got []string
		for _, p := range o.Payments {
			redeemed := ""
			if p.Redeemed {
				redeemed = " redeemed"
			}
			got = append(got, string(p.Kind)+" "+string(p.State)+" "+p.Gateway+" "+p.Amount.String()+redeemed)
		}
		if diff := cmp.Diff([]string{
			"sale success gift_card 4.00 EUR redeemed", "authorization success shopify_payments 6.00 EUR", "capture success shopify_payments 6.00 EUR",
			"sale failure gift_card 9.00 EUR redeemed",
		}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	// A shop whose api was taken away since understands what was fetched before.
	m := whole(t, s, message("orders/create", []byte(odd)))
	if o := one(t, open(t, ""), m).Order; len(o.Payments) != 4 {
		t.Errorf("without api, %d payments", len(o.Payments))
	}
}

// TestFetchInBothCurrencies: each side of an order has its payments in its own currency.
func TestFetchInBothCurrencies(t *testing.T) {
	body := bytes.Replace(fixture(t, "presentment-eur-shop-usd.json"), []byte(`"shopify_payments"`), []byte(`"gift_card", "shopify_payments"`), 1)
	g := &graph{t: t, orders: []map[string]any{graphQL(t, body)}}
	id := g.orders[0]["id"].(string)
	g.payments = map[string][]any{id: {presentedPayment(1, "gift_card", "SALE", "SUCCESS", "21.7", "USD", "20.0", "EUR")}}
	s := connect(t, g.serve(), "")
	o := one(t, s, whole(t, s, message("orders/create", body))).Order
	if len(o.Payments) != 1 || o.Payments[0].Amount.String() != "21.70 USD" {
		t.Errorf("in the shop's currency %+v", o.Payments)
	}
	if o.Presented == nil || len(o.Presented.Payments) != 1 || o.Presented.Payments[0].Amount.String() != "20.00 EUR" {
		t.Errorf("in the buyer's %+v", o.Presented)
	}
}

// TestFetchLate: a message that waited for days for its shop has younger payments.
func TestFetchLate(t *testing.T) {
	late := payment(1, "gift_card", "SALE", "SUCCESS", "4.0", "EUR")
	late["created_at"] = received.Add(70 * time.Hour).UTC().Format(time.RFC3339)
	g := &graph{t: t, moved: late["created_at"].(string), payments: map[string][]any{"1001": {late}}}
	g.orders = append(g.orders, graphQL(t, []byte(small)))
	s := connect(t, g.serve(), "")
	if o := one(t, s, whole(t, s, message("orders/create", with(split)))).Order; len(o.Payments) != 1 {
		t.Errorf("%+v", o.Payments)
	}
}

func TestFetchFails(t *testing.T) {
	tests := map[string]struct {
		body, answer string
		moved        string
		kind         erpbridge.Kind
		after        time.Duration
		want         string
	}{
		"gone":            {answer: `{"data":{"order":null}}`, kind: erpbridge.Missing, want: "read_all_orders"},
		"not yet":         {moved: "2026-03-01T08:59:59Z", kind: erpbridge.Missing, want: "as it was at 2026-03-01T08:59:59Z, and its webhook is of 2026-03-01T09:00:00Z"},
		"throttled":       {answer: `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":52,"throttleStatus":{"currentlyAvailable":2,"restoreRate":10}}}}`, kind: erpbridge.Throttled, after: 5 * time.Second},
		"access denied":   {answer: `{"errors":[{"message":"Access denied for transactions field.","extensions":{"code":"ACCESS_DENIED"}}]}`, kind: erpbridge.Refused},
		"another schema":  {answer: `{"errors":[{"message":"Field 'amountRoundingSet' doesn't exist on type 'OrderTransaction'","path":["fragment Transaction","amountRoundingSet"],"extensions":{"code":"undefinedField","typeName":"OrderTransaction","fieldName":"amountRoundingSet"}}]}`, kind: erpbridge.Refused, want: "check api.version"},
		"not this order":  {answer: `{"errors":[{"message":"Variable $id of type ID! was provided invalid value","extensions":{"code":"INVALID_VARIABLE"}}]}`, kind: erpbridge.Invalid},
		"internal":        {answer: `{"errors":[{"message":"Internal error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, kind: erpbridge.Transient},
		"no JSON":         {answer: `<html>`, kind: erpbridge.Transient},
		"no list":         {answer: `{"data":{"order":{"updated_at":"2026-03-01T09:00:00Z","transactions":null}}}`, kind: erpbridge.Invalid, want: "transactions: there is no list"},
		"no time":         {answer: `{"data":{"order":{"transactions":[]}}}`, kind: erpbridge.Invalid, want: "updated_at"},
		"too costly":      {answer: `{"errors":[{"message":"Query cost is 2000","extensions":{"code":"MAX_COST_EXCEEDED","cost":2000,"maxCost":1000}}]}`, kind: erpbridge.Invalid},
		"no order":        {body: `{"id":1001}`, kind: erpbridge.Invalid, want: "no order"},
		"payments twice":  {body: string(with(split + `,"transactions":[]`)), kind: erpbridge.Invalid, want: "transactions: "},
		"cannot be read":  {body: `{`, kind: erpbridge.Invalid},
		"another's order": {body: strings.Replace(string(with(split)), `1001`, `1002`, 1), kind: erpbridge.Missing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := &graph{t: t, moved: tt.moved, orders: []map[string]any{graphQL(t, []byte(small))}}
			if tt.answer != "" {
				g.fail = []string{tt.answer}
			}
			body := with(split)
			if tt.body != "" {
				body = []byte(tt.body)
			}
			got, err := connect(t, g.serve(), "").(erpbridge.Fetcher).Fetch(t.Context(), message("orders/paid", body))
			if erpbridge.KindOf(err) != tt.kind || got != nil || afterOf(err) != tt.after || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), token) {
				t.Errorf("Fetch = %s, %v; want %s after %s with %q", got, err, tt.kind, tt.after, tt.want)
			}
			if len(g.asked()) > 1 {
				t.Errorf("asked %q", g.asked())
			}
		})
	}
}

// TestFetchFromAClosedShop: what the shop as a whole answers says nothing of an order. It
// waits, and somebody is told; it is no dead letter.
func TestFetchFromAClosedShop(t *testing.T) {
	for status, want := range map[int]erpbridge.Kind{
		401: erpbridge.Refused, 403: erpbridge.Refused, // the token
		402: erpbridge.Refused,                         // frozen: not paid for
		404: erpbridge.Refused, 410: erpbridge.Refused, // another address, or closed
		423: erpbridge.Refused, 430: erpbridge.Refused, // locked, not trusted
		429: erpbridge.Throttled, 500: erpbridge.Transient, 503: erpbridge.Transient, 540: erpbridge.Transient,
		400: erpbridge.Invalid,
	} {
		g := &graph{t: t, fail: []string{`{"errors":"Not Found"}`, `{"errors":"Not Found"}`}, status: status}
		s := connect(t, g.serve(), "")
		_, err := s.(erpbridge.Fetcher).Fetch(t.Context(), message("orders/paid", with(split)))
		if erpbridge.KindOf(err) != want || !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Errorf("%d: Fetch: %v, want %s", status, err, want)
		}
		if _, err := s.(erpbridge.Lister).List(t.Context(), long, ""); erpbridge.KindOf(err) == erpbridge.Missing {
			t.Errorf("%d: List: %v", status, err)
		}
	}
}

// TestListAsksForPayments asks for those of the orders that a webhook would be fetched
// for, and for no others; an order that changed meanwhile waits for its next turn.
func TestListAsksForPayments(t *testing.T) {
	g := &graph{t: t, payments: map[string][]any{"1001": {payment(1, "gift_card", "SALE", "SUCCESS", "4.0", "EUR")}}}
	body := with(split)
	g.orders = append(g.orders, graphQL(t, bytes.Replace([]byte(small), []byte("1001"), []byte("1000"), 1)), graphQL(t, body))
	s := connect(t, g.serve(), "")
	messages := listed(t, s, long)
	if got := strings.Join(g.asked(), " "); got != "ErpbridgeOrders ErpbridgePayments" {
		t.Errorf("asked %s", got)
	}
	webhook := one(t, s, whole(t, s, message("orders/paid", body)))
	for _, m := range messages {
		if s.(erpbridge.Fetcher).Points(m) {
			t.Errorf("%s points to something", m.ID)
		}
	}
	if poll := one(t, s, messages[1]); poll.Version.String() != webhook.Version.String() || len(poll.Order.Payments) != 1 {
		t.Errorf("listed it is another state:\n%s", cmp.Diff(webhook.Order, poll.Order, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })))
	}
	move := func(to string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.moved = to
	}
	for _, to := range []string{"2026-03-01T09:00:01Z", "gone"} {
		move(to)
		page, err := s.(erpbridge.Lister).List(t.Context(), long, "")
		if err != nil || len(page.Messages) != 1 || page.Next == "" {
			t.Fatalf("%s: %d messages, next %q, %v", to, len(page.Messages), page.Next, err)
		}
		if _, err := s.(erpbridge.Lister).List(t.Context(), long, page.Next); erpbridge.KindOf(err) != erpbridge.Transient {
			t.Errorf("%s: the order is listed: %v", to, err)
		}
		move("")
		if rest, err := s.(erpbridge.Lister).List(t.Context(), long, page.Next); err != nil || len(rest.Messages) != 1 {
			t.Errorf("%s: the rest: %v, %v", to, rest.Messages, err)
		}
	}
}

// TestPaymentsAreOneState: in whatever order the shop tells them, and whatever is set on
// the order meanwhile; a payment that came is another state.
func TestPaymentsAreOneState(t *testing.T) {
	gift, card := payment(1, "gift_card", "SALE", "SUCCESS", "4.0", "EUR"), payment(2, "shopify_payments", "SALE", "SUCCESS", "6.0", "EUR")
	digest := func(tags string, payments ...any) string {
		g := &graph{t: t, payments: map[string][]any{"1001": payments}, orders: []map[string]any{graphQL(t, []byte(small))}}
		s := connect(t, g.serve(), "")
		return one(t, s, whole(t, s, message("orders/updated", with(split+`,"tags":"`+tags+`"`)))).Version.Digest
	}
	both := digest("", gift, card)
	if got := digest("booked", card, gift); got != both {
		t.Errorf("%s and %s are one state", got, both)
	}
	declined := payment(3, "shopify_payments", "SALE", "FAILURE", "6.0", "EUR")
	authorized := payment(4, "shopify_payments", "AUTHORIZATION", "SUCCESS", "6.0", "EUR")
	named := payment(2, "shopify_payments", "SALE", "SUCCESS", "6.0", "EUR")
	named["authorization"] = "A-7"
	if got := digest("", gift, declined, authorized, named); got != both {
		t.Errorf("%s and %s are one state: no money moved", got, both)
	}
	if got := digest("", gift); got == both {
		t.Error("a payment more makes no other state")
	}
}

func BenchmarkPoints(b *testing.B) {
	body := fixture(b, "lines-250.json")
	f := open(b, "time_zone: Europe/Berlin\napi: {access_token: "+token+"}\n").(erpbridge.Fetcher)
	m := message("orders/create", body)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if f.Points(m) {
			b.Fatal("points")
		}
	}
}
