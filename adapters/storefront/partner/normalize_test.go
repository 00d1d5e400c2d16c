package partner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// TestEvents says what every example comes to.
func TestEvents(t *testing.T) {
	type event struct {
		Type             erpbridge.EventType
		Stream, Resource string
		At               string
		Rank             int
		Number           string
	}
	want := map[string]event{
		"order-placed":       {erpbridge.OrderPlaced, "order/A-1001", "order/A-1001", "2026-03-01T09:00:00Z", 2, "#1001"},
		"order-minimal":      {erpbridge.OrderPlaced, "order/1002", "order/1002", "2026-03-01T10:05:00Z", 0, ""},
		"order-paid":         {erpbridge.OrderPaid, "order/A-1003", "order/A-1003", "2026-03-03T13:30:00Z", 2, "#1003"},
		"order-changed":      {erpbridge.OrderChanged, "order/A-1004", "order/A-1004", "2026-03-04T08:00:00.25Z", 1, "#1004"},
		"order-cancelled":    {erpbridge.OrderCancelled, "order/A-1005", "order/A-1005", "2026-03-05T11:00:00Z", 4, ""},
		"order-gone":         {erpbridge.OrderCancelled, "order/1006", "order/1006", "2026-03-06T11:00:00Z", 4, "#1006"},
		"refund-issued":      {erpbridge.RefundIssued, "order/A-1004", "refund/R-1", "2026-03-10T14:00:00Z", 1, "#1004"},
		"fulfilment-changed": {erpbridge.FulfilmentChanged, "order/A-1001", "fulfilment/F-1", "2026-03-04T16:00:00Z", 1, "#1001"},
		"customer-changed":   {erpbridge.CustomerChanged, "customer/501", "customer/501", "2026-03-07T08:00:00Z", 0, ""},
		"customer-deleted":   {erpbridge.CustomerDeleted, "customer/501", "customer/501", "2026-03-08T08:00:00Z", 1, ""},
		"product-changed":    {erpbridge.ProductChanged, "product/P-1", "product/P-1", "2026-02-20T09:00:00Z", 0, ""},
		"product-deleted":    {erpbridge.ProductDeleted, "product/77", "product/77", "2026-02-21T09:00:00Z", 1, ""},
		"inventory-changed":  {erpbridge.InventoryChanged, "inventory/I-1@WH-1", "inventory/I-1@WH-1", "2026-03-04T15:30:00Z", 0, ""},
		"privacy-requested":  {erpbridge.PrivacyRequested, "privacy/9001", "privacy/9001", "2026-03-09T09:00:00Z", 0, ""},
	}
	s := open(t, "")
	for _, name := range examples(t) {
		e := normalize(t, s, example(t, name))
		got := event{e.Type, e.Stream, e.Resource, e.Version.At.UTC().Format(time.RFC3339Nano), e.Version.Rank, e.Number()}
		if diff := cmp.Diff(want[name], got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestOrder says what the canonical order of an example is, member by member.
func TestOrder(t *testing.T) {
	eur := func(amount string) erpbridge.Money { return erpbridge.Money{Amount: decimal(amount), Currency: "EUR"} }
	cet := time.FixedZone("", 3600)
	want := &erpbridge.Order{
		ID: "A-1001", Number: "#1001",
		PlacedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, cet), UpdatedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, cet), PostingDate: "2026-03-01",
		Currency: "EUR", Presentment: "EUR", TaxesIncluded: true, Email: "mieke@example.org",
		ShipTo: &erpbridge.Address{Name: "Mieke Jansen", Street1: "Prinsengracht 263", City: "Amsterdam", Postcode: "1016 GV", Country: "NL"},
		Lines: []erpbridge.Line{{
			ID: "1", SKU: "MUG-01", Title: "Enamel mug", Kind: erpbridge.Item, Quantity: decimal("2"), Current: decimal("2"), Unit: eur("12.50"),
		}},
		Shipping: []erpbridge.ShippingLine{{Title: "Parcel", Price: eur("4.95")}},
		TaxTotal: eur("5.20"), Total: eur("29.95"), Outstanding: eur("0"), Rounding: eur("0"), PaymentStatus: erpbridge.Paid,
	}
	if diff := cmp.Diff(want, normalize(t, open(t, ""), example(t, "order-placed")).Order); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestSpellings: what a partner's language makes of a value does not matter where it
// says the same.
func TestSpellings(t *testing.T) {
	s := open(t, "")
	want := normalize(t, s, example(t, "order-placed"))
	for _, change := range [][2]string{
		{`"29.95"`, `29.95`},
		{`"29.95"`, `29.9500`},
		{`"29.95"`, `2995e-2`},
		{`"29.95"`, `"29.950"`},
		{`"quantity": 2`, `"quantity": "2"`},
		{`"quantity": 2`, `"quantity": 2.0`},
		{`"id": "1"`, `"id": 1`},
		{`"id": "1"`, `"id": 1.0`},
		{`"version": "1"`, `"version": 1`},
		{`"email"`, `"note": "", "tags": null, "test": null, "company": null, "remaining": null, "email"`},
		{`"email"`, `"\u0065mail"`},
		{`  `, ``},
	} {
		got := normalize(t, s, but(t, "order-placed", change[0], change[1]))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not %s:\n%s", change[1], change[0], diff)
		}
	}
}

func TestVersions(t *testing.T) {
	s := open(t, "")
	for _, tt := range []struct {
		name, example, old, replacement string
		later, same                     bool
	}{
		{"a later state", "order-placed", `"updated_at": "2026-03-01T10:00:00+01:00"`, `"updated_at": "2026-03-01T10:00:01+01:00"`, true, true},
		{"the same instant elsewhere", "order-placed", `"updated_at": "2026-03-01T10:00:00+01:00"`, `"updated_at": "2026-03-01T09:00:00Z"`, false, true},
		{"a later message of one state", "order-placed", `"occurred_at": "2026-03-01T10:00:00+01:00"`, `"occurred_at": "2026-03-01T12:00:00+01:00"`, false, true},
		{"another content", "order-placed", `"street1": "Prinsengracht 263"`, `"street1": "Prinsengracht 265"`, false, false},
		{"a later presented state", "order-changed", `"updated_at": "2026-03-04T09:00:00.250+01:00",
      "currency": "GBP"`, `"updated_at": "2026-03-04T09:00:00.251+01:00", "currency": "GBP"`, false, true},
		{"cancelled in that instant", "order-minimal", `"currency"`, `"cancelled_at": "2026-03-01T10:05:00Z", "currency"`, true, false},
		{"paid in that instant", "order-minimal", `"currency"`, `"payment_status": "paid", "currency"`, true, false},
		{"a later word on a refund", "refund-issued", `"occurred_at": "2026-03-10T15:00:00+01:00"`, `"occurred_at": "2026-03-10T15:00:01+01:00"`, true, true},
		{"a shipment that failed", "fulfilment-changed", `"shipped"`, `"failed"`, true, false},
		{"a later level", "inventory-changed", `"updated_at": "2026-03-04T16:30:00+01:00"`, `"updated_at": "2026-03-04T16:30:01+01:00"`, true, true},
		{"a later product", "product-changed", `"updated_at": "2026-02-20T09:00:00Z"`, `"updated_at": "2026-02-20T09:00:01Z"`, true, true},
		{"a later customer", "customer-changed", `"updated_at": "2026-03-07T09:00:00+01:00"`, `"updated_at": "2026-03-07T09:00:01+01:00"`, true, true},
	} {
		was := normalize(t, s, example(t, tt.example)).Version
		is := normalize(t, s, but(t, tt.example, tt.old, tt.replacement)).Version
		if later := was.Before(is); later != tt.later || is.Before(was) {
			t.Errorf("%s: %s (rank %d) after %s (rank %d) is %v", tt.name, is, is.Rank, was, was.Rank, later)
		}
		if same := is.Digest == was.Digest; same != tt.same {
			t.Errorf("%s: one content is %v", tt.name, same)
		}
	}
}

// The deletion of the moment of a change comes after it.
func TestDeletionIsLast(t *testing.T) {
	s := open(t, "")
	deleted := normalize(t, s, but(t, "product-deleted", `"updated_at": "2026-02-21T09:00:00Z"`, `"updated_at": "2026-02-20T09:00:00Z"`))
	if changed := normalize(t, s, example(t, "product-changed")); !changed.Version.Before(deleted.Version) {
		t.Errorf("%v is not before %v", changed.Version, deleted.Version)
	}
	if !deleted.Product.Deleted || !normalize(t, s, example(t, "customer-deleted")).Customer.Deleted {
		t.Error("what is deleted does not say so")
	}
}

func TestDefaults(t *testing.T) {
	s := open(t, "")
	for _, tt := range []struct {
		name  string
		body  []byte
		holds func(e erpbridge.Event) bool
	}{
		{"a line is an item, and all of it is left", example(t, "order-minimal"), func(e erpbridge.Event) bool {
			l := e.Order.Lines[0]
			return l.Kind == erpbridge.Item && l.Current.Equal(l.Quantity)
		}},
		{"an order is unpaid, and nothing is known of what remains", example(t, "order-minimal"), func(e erpbridge.Event) bool {
			return e.Order.PaymentStatus == erpbridge.Unpaid && e.Order.Remaining == (erpbridge.Money{}) && e.Order.Outstanding.Currency == "JPY"
		}},
		{"a payment is in the order's currency", example(t, "order-changed"), func(e erpbridge.Event) bool {
			return e.Order.Payments[0].Amount.String() == "43.00 GBP" && e.Order.Payments[1].Amount.String() == "20.00 EUR"
		}},
		{"a line may have extended alone", but(t, "order-minimal", `"unit": "400"`, `"extended": "1200"`), func(e erpbridge.Event) bool {
			return e.Order.Lines[0].Gross().String() == "1200 JPY" && e.Order.Sum().Equal(e.Order.Total)
		}},
		{"a unit may be finer where all come to an amount", but(t, "order-placed", `"12.50"`, `"12.505"`), func(e erpbridge.Event) bool {
			return e.Order.Lines[0].Gross().String() == "25.01 EUR"
		}},
		{"stock is not counted", but(t, "inventory-changed", `"available": 12,`, ``), func(e erpbridge.Event) bool { return !e.Inventory.Known }},
		{"stock is counted, and none is there", but(t, "inventory-changed", `12`, `0`), func(e erpbridge.Event) bool { return e.Inventory.Known }},
		{"more was sold than there was", but(t, "inventory-changed", `12`, `-3`), func(e erpbridge.Event) bool { return e.Inventory.Available.String() == "-3" }},
		{"a shop of one place", but(t, "inventory-changed", `"location": "WH-1",`, ``), func(e erpbridge.Event) bool { return e.Resource == "inventory/I-1" }},
		{"a cancellation is of the moment", but(t, "order-gone", `"at": "2026-03-06T11:59:00+01:00",`, ``), func(e erpbridge.Event) bool {
			return e.Cancellation.At.Equal(e.Version.At)
		}},
		{"an order that is cancelled is that under any type", but(t, "order-cancelled", `order.cancelled`, `order.changed`), func(e erpbridge.Event) bool {
			return e.Type == erpbridge.OrderCancelled
		}},
		{"terms may be due later", but(t, "order-changed", `"due_at": "2026-03-18T00:00:00+01:00"`, `"due_at": "2031-03-18T00:00:00+01:00"`), func(e erpbridge.Event) bool {
			return e.Order.Terms.DueAt.Year() == 2031
		}},
		{"a leading zero of an id stays", but(t, "order-placed", `"A-1001"`, `"001001"`), func(e erpbridge.Event) bool { return e.Order.ID == "001001" }},
		{"an id past 2^53 stays", but(t, "order-minimal", `1002`, `18446744073709551615`), func(e erpbridge.Event) bool {
			return e.Order.ID == "18446744073709551615"
		}},
		{"an empty object is one left out", but(t, "order-minimal", `"currency"`, `"customer": {}, "company": {"id": null}, "bill_to": {"name": ""}, "ship_to": {}, "terms": {}, "currency"`), func(e erpbridge.Event) bool {
			o := e.Order
			return o.Customer == nil && o.Company == nil && o.BillTo == nil && o.ShipTo == nil && o.Terms == nil
		}},
		{"a currency that is retired", but(t, "order-placed", `"EUR"`, `"HRK"`), func(e erpbridge.Event) bool { return e.Order.Total.String() == "29.95 HRK" }},
	} {
		if e := normalize(t, s, tt.body); !tt.holds(e) {
			t.Errorf("not so: %s", tt.name)
		}
	}
}

func TestPostingDate(t *testing.T) {
	late := but(t, "order-placed", `"placed_at": "2026-03-01T10:00:00+01:00"`, `"placed_at": "2026-03-01T23:30:00Z"`)
	for settings, want := range map[string]string{"": "2026-03-01", "time_zone: Europe/Amsterdam\n": "2026-03-02"} {
		if got := normalize(t, open(t, settings), late).Order.PostingDate; got != want {
			t.Errorf("with %q the posting date is %s, want %s", settings, got, want)
		}
	}
	given := normalize(t, open(t, "time_zone: Asia/Tokyo\n"), example(t, "order-paid")).Order
	if given.PostingDate != "2026-03-02" {
		t.Errorf("the posting date that is given became %s", given.PostingDate)
	}
}

func TestTestOrders(t *testing.T) {
	body := but(t, "order-placed", `"currency"`, `"test": true, "currency"`)
	if _, err := open(t, "").Normalize(message(body)); erpbridge.KindOf(err) != erpbridge.Ignored || !strings.Contains(err.Error(), "test_orders: deliver") {
		t.Errorf("%v", err)
	}
	if e := normalize(t, open(t, "test_orders: deliver\n"), body); !e.Order.Test {
		t.Error("a test order does not say so")
	}
}

// TestInvalid refuses what is sound by the schema and cannot be meant.
func TestInvalid(t *testing.T) {
	placed := func(old, replacement string) []byte { return but(t, "order-placed", old, replacement) }
	for name, tt := range map[string]struct {
		body []byte
		want string
	}{
		"more decimals than the currency": {placed(`"29.95"`, `"29.955"`), `order.total: 29.955 has more decimals than EUR allows (2)`},
		"a yen in half":                   {but(t, "order-minimal", `"1320"`, `"1320.5"`), `order.total: 1320.5 has more decimals than JPY allows (0)`},
		"a currency nobody has":           {placed(`"EUR"`, `"EUX"`), `order.currency: "EUX" is not an ISO 4217 currency`},
		"a payment in such": {but(t, "order-changed", `"currency": "GBP",
        "at"`, `"currency": "GBX", "at"`), `order.payments[0].currency: "GBX" is not`},
		"pieces that come to no amount": {placed(`"quantity": 2`, `"quantity": 0.333`), `order.lines[0].unit: 0.333 times 12.50 is no amount of EUR: write in extended`},
		"the year 9999":                 {placed(`"updated_at": "2026-03-01T10:00:00+01:00"`, `"updated_at": "9999-03-01T10:00:00+01:00"`), `order.updated_at: 9999-03-01T10:00:00+01:00 is more than a day after the message came`},
		"occurred in two days":          {placed(`"occurred_at": "2026-03-01T10:00:00+01:00"`, `"occurred_at": "2026-11-25T12:00:00Z"`), `occurred_at: 2026-11-25T12:00:00Z is more than a day after`},
		"the year 1":                    {placed(`"placed_at": "2026-03-01T10:00:00+01:00"`, `"placed_at": "0001-01-01T00:00:00Z"`), `order.placed_at: 0001-01-01T00:00:00Z is too long ago`},
		"terms due in the year 1":       {but(t, "order-changed", `"due_at": "2026-03-18T00:00:00+01:00"`, `"due_at": "0001-01-01T00:00:00Z"`), `order.terms.due_at: `},
		"posted in the future":          {but(t, "order-paid", `"2026-03-02",`, `"9999-12-31",`), `order.posting_date: 9999-12-31T00:00:00Z is more than a day after`},
		"a second line of one id":       {placed(`"unit": "12.50"}`, `"unit": "12.50"}, {"id": "1", "quantity": 1, "unit": "1"}`), `order.lines[1].id: "1" is that of another line`},
		"a component of nothing":        {placed(`"id": "1"`, `"id": "1", "parent": "7"`), `order.lines[0].parent: "7" is the id of no other line`},
		"a component of itself":         {placed(`"id": "1"`, `"id": "1", "parent": "1"`), `order.lines[0].parent: "1" is the id of no other line`},
		"presented in another currency": {but(t, "order-changed", `"presentment": "GBP"`, `"presentment": "USD"`), `order.presented.currency: is GBP, and the order's presentment USD`},
		"presented with another id": {but(t, "order-changed", `"presented": {
      "id": "A-1004"`, `"presented": {"id": "A-1005"`), `order.presented.id: is not that of the order`},
		"presented with fewer lines": {but(t, "order-changed", `,
        {"id": "L3", "kind": "gift-card", "quantity": 1, "unit": "21.50"}`, ``), `order.presented.lines: are 2, and the order's 3`},
		"an amount of a presented line":   {but(t, "order-changed", `"21.50"`, `"21.505"`), `order.presented.lines[2].unit: 1 times 21.505 is no amount of GBP`},
		"a presented refund of another":   {but(t, "refund-issued", `"id": "R-1", "order_id"`, `"id": "R-2", "order_id"`), `refund.presented.id: and order_id are not those of the refund`},
		"a refund presented elsewhere":    {but(t, "refund-issued", `"presentment": "GBP"`, `"presentment": "USD"`), `refund.presented.currency: is GBP`},
		"a refund of a day that is none":  {but(t, "refund-issued", `"2026-03-10",`, `"2026-03-32",`), `refund.posting_date: "2026-03-32" is not a day`},
		"a stock without an item":         {but(t, "inventory-changed", `"I-1"`, `null`), `inventory.item_id: is missing`},
		"an id of 101 letters":            {placed(`A-1001`, strings.Repeat("x", 101)), `order.id: is not an id: 1 to 100 letters`},
		"a type the AMQP message has not": {placed(`"2026-03-01T10:00:00+01:00",`, `"2026-03-01T10:00:00+01:00", "type": "order.paid",`), `duplicate object member name`},
		"a weight below nothing":          {but(t, "product-changed", `"2.4"`, `-2.4`), `product.variants[0].weight: -2.4 is negative`},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := open(t, "").Normalize(message(tt.body))
			if events != nil || erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Normalize = %v, %v, want it invalid for %s", events, err, tt.want)
			}
		})
	}
}

// The type stands in two places; a message that says two things is not believed.
func TestTypesAgree(t *testing.T) {
	for property, want := range map[string]string{
		"order.paid":    `type: "order.placed" here, and "order.paid" in the property type of the AMQP message; they must agree`,
		"":              `and "" in the property type`,
		"orders/create": `and "orders/create" in the property type`,
		"ORDER.PLACED":  `and "ORDER.PLACED" in the property type`,
	} {
		m := message(example(t, "order-placed"))
		m.Type = property
		if _, err := open(t, "").Normalize(m); erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", property, err)
		}
	}
}

// Errors are logged and mailed: they name the place, and nobody.
func TestErrorsNameNobody(t *testing.T) {
	for _, body := range [][]byte{
		but(t, "customer-changed", `501`, `"soren@example.org"`),
		but(t, "customer-changed", `501`, `"Søren Østergård"`),
		but(t, "order-placed", `"email": "mieke@example.org"`, `"email": ["mieke@example.org"]`),
		but(t, "order-placed", `"Mieke Jansen"`, `{"first": "Mieke"}`),
	} {
		_, err := open(t, "").Normalize(message(body))
		if err == nil {
			t.Error("taken")
			continue
		}
		for _, name := range []string{"soren", "Søren", "ieke"} {
			if strings.Contains(err.Error(), name) {
				t.Errorf("%q tells a name", err)
			}
		}
	}
}

// TestStripped: what neither XML nor Postgres can hold is left out, and an order says so.
func TestStripped(t *testing.T) {
	s := open(t, "")
	o := normalize(t, s, but(t, "order-placed", `"Enamel mug"`, `"Enamel\u0000 \u0007mug\uffff"`)).Order
	want := []erpbridge.Attribute{{Name: "erpbridge.stripped-characters", Value: "3 in order.lines[0].title"}}
	if diff := cmp.Diff(want, o.Attributes); diff != "" || o.Lines[0].Title != "Enamel mug" {
		t.Errorf("%q:\n%s", o.Lines[0].Title, diff)
	}
	if c := normalize(t, s, but(t, "customer-changed", `"wholesale"`, `"whole\u0000sale"`)).Customer; c.Group != "wholesale" {
		t.Errorf("%q", c.Group)
	}
}

func TestClock(t *testing.T) {
	m := message(but(t, "order-placed", `"updated_at": "2026-03-01T10:00:00+01:00"`, `"updated_at": "9999-03-01T10:00:00Z"`))
	m.ReceivedAt = time.Time{}
	if _, err := open(t, "").Normalize(m); err != nil {
		t.Errorf("without a time of receipt there is none to compare with: %v", err)
	}
}
