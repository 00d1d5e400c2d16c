package shopify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// small is an order with all that is required, and a placeholder for more: tests
// replace members of it or add some.
const small = `{"id":1001,"name":"#1","currency":"EUR","total_price":"10.00","updated_at":"2026-03-01T10:00:00+01:00",` +
	`"cancelled_at":null,"line_items":[{"id":7,"title":"Mug","quantity":2,"price":"5.00"}]}`

// with returns small with members added.
func with(members string) []byte {
	return []byte(strings.TrimSuffix(small, "}") + "," + members + "}")
}

// but returns small with one text replaced.
func but(t testing.TB, old, new string) []byte {
	t.Helper()
	if strings.Count(small, old) != 1 {
		t.Fatalf("%q is not once in the order", old)
	}
	return []byte(strings.Replace(small, old, new, 1))
}

func TestNormalizeEventTypes(t *testing.T) {
	const cancelledAt = `"cancelled_at":"2026-03-01T09:00:00+01:00"`
	tests := map[string]struct {
		topic string
		body  []byte
		want  erpbridge.EventType
	}{
		"create":              {"orders/create", []byte(small), erpbridge.OrderPlaced},
		"paid, status unsaid": {"orders/paid", []byte(small), erpbridge.OrderPaid},
		"paid":                {"orders/paid", with(`"financial_status":"paid"`), erpbridge.OrderPaid},
		"paid, refunded since": {
			"orders/paid", with(`"financial_status":"partially_refunded"`), erpbridge.OrderPaid,
		},
		"updated":             {"orders/updated", []byte(small), erpbridge.OrderChanged},
		"fulfilled":           {"orders/fulfilled", []byte(small), erpbridge.OrderChanged},
		"partially fulfilled": {"orders/partially_fulfilled", []byte(small), erpbridge.OrderChanged},
		"cancelled":           {"orders/cancelled", but(t, `"cancelled_at":null`, cancelledAt), erpbridge.OrderCancelled},
		"created, cancelled since": {
			"orders/create", but(t, `"cancelled_at":null`, cancelledAt), erpbridge.OrderCancelled,
		},
		"paid, cancelled since":   {"orders/paid", but(t, `"cancelled_at":null`, cancelledAt), erpbridge.OrderCancelled},
		"cancelled, time unsaid":  {"orders/cancelled", but(t, `"cancelled_at":null,`, ""), erpbridge.OrderCancelled},
		"forged topic: cancelled": {"orders/cancelled", []byte(small), erpbridge.OrderChanged},
		"forged topic: paid":      {"orders/paid", with(`"financial_status":"pending"`), erpbridge.OrderChanged},
	}
	s := open(t, "")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := s.Normalize(message(tt.topic, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			e := events[0]
			if e.Type != tt.want || e.Stream != "order/1001" || e.Store != "shop-eu" {
				t.Errorf("type %s, stream %s, store %s; want %s", e.Type, e.Stream, e.Store, tt.want)
			}
			if cancelled := !e.Order.CancelledAt.IsZero(); cancelled != (tt.want == erpbridge.OrderCancelled) {
				t.Errorf("the event is %s and the order's cancellation %s", e.Type, e.Order.CancelledAt)
			}
		})
	}
}

func TestNormalizeIgnores(t *testing.T) {
	for topic, want := range map[string]string{
		"orders/edited":         `topic "orders/edited": it carries the edit`,
		"draft_orders/create":   `topic "draft_orders/create": nothing is sold yet`,
		"app/uninstalled":       `topic "app/uninstalled": the shop has uninstalled the app`,
		"locations/create":      `topic "locations/create": the bridge does nothing with it`,
		"ORDERS_CREATE":         `topic "ORDERS_CREATE"`,
		strings.Repeat("x", 99): `xx…"`,
		"":                      `topic ""`,
	} {
		events, err := open(t, "").Normalize(message(topic, []byte(small)))
		if events != nil || erpbridge.KindOf(err) != erpbridge.Ignored || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want it ignored for %q", topic, events, err, want)
		}
	}
	for _, flag := range []string{`true`, `"true"`, `1`} {
		if _, err := open(t, "").Normalize(message("orders/create", with(`"test":`+flag))); erpbridge.KindOf(err) != erpbridge.Ignored {
			t.Errorf("a test order (%s): %v", flag, err)
		}
		if o := order(t, open(t, "test_orders: deliver\n"), "orders/create", with(`"test":`+flag)); !o.Test {
			t.Errorf("a test order (%s) is delivered as a real one", flag)
		}
	}
}

func TestNormalizeHolds(t *testing.T) {
	tests := map[string]struct {
		body     []byte
		want     string
		setting  string
		resolved func(o *erpbridge.Order) bool
	}{
		"no id": {
			but(t, `"id":1001,`, ""), "set without_id: digest", "without_id: digest\n",
			func(o *erpbridge.Order) bool { return strings.HasPrefix(o.ID, "body-") && len(o.ID) == 5+16 },
		},
		"id null": {
			but(t, `"id":1001`, `"id":null`), "set without_id: digest", "without_id: digest\n",
			func(o *erpbridge.Order) bool { return strings.HasPrefix(o.ID, "body-") },
		},
		"no currency": {
			but(t, `"currency":"EUR",`, ""), "set default_currency", "default_currency: CHF\n",
			func(o *erpbridge.Order) bool { return o.Currency == "CHF" && o.Total.String() == "10.00 CHF" },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, "").Normalize(message("orders/create", tt.body))
			if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Normalize = %v, want it held with %q", err, tt.want)
			}
			if o := order(t, open(t, tt.setting), "orders/create", tt.body); !tt.resolved(o) {
				t.Errorf("with %sit reads as %+v", tt.setting, o)
			}
		})
	}
	set := but(t, `"currency":"EUR",`, `"total_price_set":{"shop_money":{"amount":"10.00","currency_code":"SEK"}},`)
	if o := order(t, open(t, "default_currency: CHF\n"), "orders/create", set); o.Currency != "SEK" {
		t.Errorf("the currency is %s, the body names SEK", o.Currency)
	}
}

func TestNormalizeRefuses(t *testing.T) {
	tests := map[string]struct {
		body []byte
		want string
	}{
		"no lines":             {but(t, `"line_items":[{"id":7,"title":"Mug","quantity":2,"price":"5.00"}]`, `"x":0`), "line_items: is missing"},
		"lines null":           {but(t, `[{"id":7,"title":"Mug","quantity":2,"price":"5.00"}]`, `null`), "line_items: is missing"},
		"lines are a text":     {but(t, `[{"id":7,"title":"Mug","quantity":2,"price":"5.00"}]`, `"two mugs"`), "a string stands where an array belongs"},
		"lines in other case":  {but(t, `"line_items"`, `"Line_Items"`), "line_items: is missing"},
		"a line is a number":   {but(t, `{"id":7,"title":"Mug","quantity":2,"price":"5.00"}`, `7`), "/line_items/0"},
		"a line is null":       {but(t, `{"id":7,"title":"Mug","quantity":2,"price":"5.00"}`, `null`), "line_items[0].quantity: is missing"},
		"body is null":         {[]byte("null"), "the document is null"},
		"duplicate total":      {with(`"total_price":"1.00"`), "duplicate object member name"},
		"no total":             {but(t, `"total_price":"10.00",`, ""), "total_price: is missing"},
		"total null":           {but(t, `"10.00"`, `null`), "total_price: is missing"},
		"total an object":      {but(t, `"10.00"`, `{"amount":"10.00"}`), "total_price: "},
		"total true":           {but(t, `"10.00"`, `true`), "total_price: "},
		"total with comma":     {but(t, `"10.00"`, `"10,00"`), `total_price: "10,00" is not a plain decimal`},
		"total with exponent":  {but(t, `"10.00"`, `1e1`), `total_price: "1e1" is not a plain decimal`},
		"total with a sign":    {but(t, `"10.00"`, `"+10.00"`), "total_price: "},
		"total with blank":     {but(t, `"10.00"`, `" 10.00"`), "total_price: "},
		"total with decimals":  {but(t, `"10.00"`, `"10.001"`), "total_price: 10.001 has more decimals than EUR allows"},
		"total of 60 digits":   {but(t, `"10.00"`, strings.Repeat("9", 60)), "has more than 19 digits"},
		"total of 90 in text":  {but(t, `"10.00"`, `"`+strings.Repeat("9", 90)+`"`), "has more than 19 digits"},
		"total negative":       {but(t, `"10.00"`, `"-10.00"`), "total_price: -10.00 EUR is negative"},
		"total NaN":            {but(t, `"10.00"`, `"NaN"`), "total_price: "},
		"price missing":        {but(t, `,"price":"5.00"`, ""), "line_items[0].price: is missing"},
		"price negative":       {but(t, `"5.00"`, `"-5.00"`), "line_items[0].price: -5.00 EUR is negative"},
		"price too fine":       {but(t, `"5.00"`, `"5.0001"`), "line_items[0].price: 5.0001 has more decimals than EUR"},
		"quantity missing":     {but(t, `"quantity":2,`, ""), "line_items[0].quantity: is missing"},
		"quantity negative":    {but(t, `"quantity":2`, `"quantity":-1`), "line_items[0].quantity: -1 is negative"},
		"quantity a word":      {but(t, `"quantity":2`, `"quantity":"two"`), "line_items[0].quantity: "},
		"current negative":     {but(t, `"quantity":2`, `"quantity":2,"current_quantity":-1`), "line_items[0].current_quantity: -1 is negative"},
		"gift card maybe":      {but(t, `"quantity":2`, `"quantity":2,"gift_card":"maybe"`), "line_items[0].gift_card: "},
		"taxes included maybe": {with(`"taxes_included":"perhaps"`), "taxes_included: "},
		"test maybe":           {with(`"test":"perhaps"`), "test: "},
		"allocation missing":   {but(t, `"quantity":2`, `"quantity":2,"discount_allocations":[{}]`), "line_items[0].discount_allocations[0].amount: is missing"},
		"allocation negative":  {but(t, `"quantity":2`, `"quantity":2,"discount_allocations":[{"amount":"-1.00"}]`), "discount_allocations[0].amount: -1.00 EUR is negative"},
		"allocations an object": {
			but(t, `"quantity":2`, `"quantity":2,"discount_allocations":{"amount":"1.00"}`), "an object stands where an array belongs",
		},
		"tax without price":  {but(t, `"quantity":2`, `"quantity":2,"tax_lines":[{"title":"VAT"}]`), "line_items[0].tax_lines[0].price: is missing"},
		"tax rate a word":    {but(t, `"quantity":2`, `"quantity":2,"tax_lines":[{"price":"1.00","rate":"19%"}]`), "line_items[0].tax_lines[0].rate: "},
		"shipping no price":  {with(`"shipping_lines":[{"title":"Post"}]`), "shipping_lines[0].price: is missing"},
		"duties elsewhere":   {with(`"original_total_duties_set":{"shop_money":{"amount":"1.00","currency_code":"CAD"}}`), `original_total_duties_set: shop_money is in "CAD", the rest in EUR`},
		"fees of a word":     {with(`"original_total_additional_fees_set":{"shop_money":{"amount":"x","currency_code":"EUR"}}`), "original_total_additional_fees_set: "},
		"currency unknown":   {but(t, `"EUR"`, `"EURO"`), `currency: "EURO" is not an ISO 4217`},
		"currency lower":     {but(t, `"EUR"`, `"eur"`), `currency: "eur" is not an ISO 4217`},
		"presentment":        {with(`"presentment_currency":"DOLLAR"`), "presentment_currency: "},
		"status unknown":     {with(`"financial_status":"half paid"`), `financial_status: "half paid"`},
		"id a word":          {but(t, `1001`, `"abc"`), `id: "abc" is no id of kind Order`},
		"id of another kind": {but(t, `1001`, `"gid://shopify/DraftOrder/1"`), "id: "},
		"id zero":            {but(t, `1001`, `0`), "id: "},
		"id negative":        {but(t, `1001`, `-5`), "id: "},
		"id with fraction":   {but(t, `1001`, `1.5`), "id: "},
		"id of 21 digits":    {but(t, `1001`, strings.Repeat("9", 21)), "id: "},
		"id an object":       {but(t, `1001`, `{"$oid":"1"}`), "id: "},
		"no time":            {but(t, `"updated_at":"2026-03-01T10:00:00+01:00",`, ""), "updated_at: is missing, and so is created_at"},
		"time without zone":  {but(t, `2026-03-01T10:00:00+01:00`, `2026-03-01T10:00:00`), "updated_at: "},
		"time with a blank":  {but(t, `2026-03-01T10:00:00+01:00`, `2026-03-01 10:00:00+01:00`), "updated_at: "},
		"time as a number":   {but(t, `"2026-03-01T10:00:00+01:00"`, `1772355600`), "updated_at: "},
		"time not there":     {but(t, `2026-03-01T10:00:00+01:00`, `2026-02-30T10:00:00+01:00`), "updated_at: "},
		"time year 9999":     {but(t, `2026-03-01T10:00:00+01:00`, `9999-12-31T23:59:59Z`), "more than a day after the message came"},
		"time in two days":   {but(t, `2026-03-01T10:00:00+01:00`, `2026-11-25T12:00:00Z`), "more than a day after the message came"},
		"time year 1":        {but(t, `2026-03-01T10:00:00+01:00`, `0001-01-01T00:00:00Z`), "too long ago"},
		"leap second at ten": {but(t, `2026-03-01T10:00:00+01:00`, `2026-03-01T10:00:60+01:00`), "updated_at: "},
		"created no zone":    {with(`"created_at":"2026-03-01"`), "created_at: "},
		"processed no zone":  {with(`"processed_at":"2026-03-01T00:00:00"`), "processed_at: "},
		"processed in 9999":  {with(`"processed_at":"9999-03-01T00:00:00Z"`), "processed_at: "},
	}
	s := open(t, "")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := s.Normalize(message("orders/create", tt.body))
			if events != nil || erpbridge.KindOf(err) != erpbridge.Invalid {
				t.Fatalf("Normalize = %v, %v, want it invalid", events, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q lacks %q", err, tt.want)
			}
		})
	}
}

func TestNormalizeOneOrderHasOneID(t *testing.T) {
	for spelled, want := range map[string]string{
		`"id":1001`: "1001", `"id":"1001"`: "1001", `"id":1.001e3`: "1001", `"id":1001.0`: "1001", `"id":"01001"`: "1001",
		`"id":"gid://shopify/Order/1001"`: "1001", `"id":"gid://shopify/Order/1001?key=x"`: "1001",
		`"id":null,"admin_graphql_api_id":"gid://shopify/Order/1001"`:                  "1001",
		`"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/1"`:       "820982911946154508",
		`"id":18446744073709551615`:                                                    "18446744073709551615",
		`"ID":2,"Id":3,"id":1001,"order_id":4,"\u0131d":5,"admin_graphql_api_id":null`: "1001",
	} {
		events, err := open(t, "").Normalize(message("orders/create", but(t, `"id":1001`, spelled)))
		if err != nil {
			t.Errorf("%s: %v", spelled, err)
			continue
		}
		if got := events[0]; got.Order.ID != want || got.Stream != "order/"+want {
			t.Errorf("%s: order %s, stream %s, want %s", spelled, got.Order.ID, got.Stream, want)
		}
	}
}

func TestNormalizeUnwrapsAndAcceptsPartners(t *testing.T) {
	s := open(t, "")
	plain, err := s.Normalize(message("orders/create", []byte(small)))
	if err != nil {
		t.Fatal(err)
	}
	m := erpbridge.Message{Store: "shop-eu", Type: "orders/create", Via: erpbridge.ViaPartner, Body: []byte(`{"order":` + small + `}`)}
	wrapped, err := s.Normalize(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain, wrapped); diff != "" {
		t.Errorf("an order in a wrapper is another order:\n%s", diff)
	}
}

func TestNormalizeWithoutReceivedAtHasNoClock(t *testing.T) {
	m := message("orders/create", but(t, `2026-03-01T10:00:00+01:00`, `9999-12-31T23:59:59Z`))
	m.ReceivedAt = time.Time{}
	if _, err := open(t, "").Normalize(m); err != nil {
		t.Error(err)
	}
	m = message("orders/create", but(t, `2026-03-01T10:00:00+01:00`, received.Add(24*time.Hour).Format(time.RFC3339)))
	if _, err := open(t, "").Normalize(m); err != nil {
		t.Errorf("a day ahead: %v", err)
	}
}
