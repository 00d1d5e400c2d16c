package bigcommerce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// order normalizes a fixture with texts replaced.
func order(t testing.TB, s erpbridge.Storefront, name string, pairs ...string) *erpbridge.Order {
	t.Helper()
	e := event(t, s, changed(t, fixture(t, name), pairs...))
	if e.Order == nil {
		t.Fatalf("%s is a %s", name, e.Type)
	}
	return e.Order
}

// TestFixturesSayWhatTheirNamesSay keeps the fixtures what other tests take them for.
func TestFixturesSayWhatTheirNamesSay(t *testing.T) {
	s := open(t, "")
	for name, holds := range map[string]func(o *erpbridge.Order) bool{
		"documents/exclusive.json": func(o *erpbridge.Order) bool {
			return !o.TaxesIncluded && o.TaxTotal.Plain() == "6.19" && o.Lines[0].Discounts[0].Code == "TEN" && o.Discounts == nil &&
				o.Lines[0].Taxes[0].Rate.String() == "0.1" && o.Customer.ID == "31" && o.Note == "Please ring twice" && o.ShipTo != nil
		},
		"documents/inclusive.json": func(o *erpbridge.Order) bool {
			return o.TaxesIncluded && o.Customer == nil && o.Email != "" && o.Currency == "EUR" && o.Presentment == "EUR" && o.Presented == nil &&
				o.Charged(erpbridge.Handling).Plain() == "2.50" && o.Charged(erpbridge.Wrapping).Plain() == "4.00" && o.Charged(erpbridge.Fee).Plain() == "3.00" && len(o.Credits) == 0
		},
		"documents/by-hand.json": func(o *erpbridge.Order) bool {
			return o.TaxesIncluded && o.PaymentStatus == erpbridge.Unpaid && len(o.Discounts) == 2 && o.Discounts[0].Code == "FOUR"
		},
		"documents/cancelled-yen.json": func(o *erpbridge.Order) bool {
			return o.Currency == "JPY" && o.Total.Plain() == "1650" && !o.CancelledAt.IsZero() && o.PaymentStatus == erpbridge.Voided && o.Lines[0].Current.IsZero()
		},
		"documents/kit.json": func(o *erpbridge.Order) bool {
			return o.Lines[1].Kind == erpbridge.Component && o.Lines[1].Parent == "141" && o.Lines[2].Kind == erpbridge.GiftCard &&
				o.Lines[0].Current.IsZero() && len(o.Shipping) == 2 && o.Discount().Plain() == "10.00" && o.PaymentStatus == erpbridge.Refunded
		},
	} {
		if o := order(t, s, name); !holds(o) {
			t.Errorf("%s does not say what its name says: %+v", name, o)
		}
	}
}

// TestHalves: which half of the amounts counts is seen from what comes to the total, the
// declared one first.
func TestHalves(t *testing.T) {
	s := open(t, "")
	const name = "documents/exclusive.json"
	for what, tt := range map[string]struct {
		pairs    []string
		included bool
		off      string
		says     string
	}{
		"declared": {nil, false, "0.00", ""},
		"neither adds up: declared, with its difference": {[]string{`"total_inc_tax": "68.1000"`, `"total_inc_tax": "68.1100"`}, false, "0.01", ""},
		"declared wrongly":                                  {[]string{`"is_tax_inclusive_pricing": false`, `"is_tax_inclusive_pricing": true`}, false, "0.00", ""},
		"finer, and the other half does not add up":         {[]string{`"total_ex_tax": "9.9000"`, `"total_ex_tax": "9.8989"`}, true, "-0.60", ""},
		"trailing zeros are no digits":                      {[]string{`"9.9000"`, `"9.90000000"`}, false, "0.00", ""},
		"finer in both halves: the declared one is named":   {[]string{`"total_ex_tax": "9.9000"`, `"total_ex_tax": "9.8989"`, `"total_inc_tax": "10.8900"`, `"total_inc_tax": "10.8888"`}, false, "", "products[1].total_ex_tax: 9.8989 has more decimals than USD allows"},
		"a total finer than the currency":                   {[]string{`"total_inc_tax": "68.1000"`, `"total_inc_tax": "68.1001"`}, false, "", "total_inc_tax: 68.1001 has more decimals"},
		"no total":                                          {[]string{`"total_inc_tax": "68.1000"`, `"total_inc_tax": ""`}, false, "", "total_inc_tax: is missing"},
		"a negative amount":                                 {[]string{`"total_ex_tax": "9.9000"`, `"total_ex_tax": "-9.9000"`, `"total_inc_tax": "10.8900"`, `"total_inc_tax": "-10.8900"`}, false, "", "is negative"},
		"the flag says neither":                             {[]string{`"is_tax_inclusive_pricing": false`, `"is_tax_inclusive_pricing": "maybe"`}, false, "", "is_tax_inclusive_pricing"},
		"a total that a unit price cannot give":             {[]string{`"price_ex_tax": "9.9000"`, `"price_ex_tax": "9.89995"`}, false, "0.00", ""},
		"no line totals: the price of one times the pieces": {[]string{`"total_ex_tax": "50.0000"`, `"total_ex_tax": null`}, false, "0.00", ""},
		"no line totals, and a price that gives none":       {[]string{`"total_ex_tax": "50.0000"`, `"total_ex_tax": null`, `"price_ex_tax": "25.0000"`, `"price_ex_tax": "25.0001"`, `"total_inc_tax": "55.0000"`, `"total_inc_tax": "x"`}, false, "", "products[0].total_ex_tax: is missing, and 2 pieces"},
		"a store without the member (before it was)":        {[]string{`"is_tax_inclusive_pricing": false,`, ``}, false, "0.00", ""},
	} {
		body := changed(t, fixture(t, name), tt.pairs...)
		events, err := s.Normalize(message("store/order/statusUpdated", body))
		if tt.says != "" {
			if err == nil || !strings.Contains(err.Error(), tt.says) || erpbridge.KindOf(err) != erpbridge.Invalid {
				t.Errorf("%s: %v, want %q", what, err, tt.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		o := events[0].Order
		if off := o.Total.Sub(o.Sum()); off.Plain() != tt.off || o.TaxesIncluded != tt.included {
			t.Errorf("%s: off by %s, tax included %v; want %s, %v", what, off, o.TaxesIncluded, tt.off, tt.included)
		}
	}
}

// TestStatuses maps every status BigCommerce has.
func TestStatuses(t *testing.T) {
	s := open(t, "")
	for id, want := range map[string]string{
		"0": "ignored", "1": "order.changed", "2": "order.changed", "3": "order.changed", "4": "order.changed refunded", "5": "order.cancelled",
		"6": "order.cancelled", "7": "order.changed", "8": "order.changed", "9": "order.changed", "10": "order.changed", "11": "order.changed",
		"12": "order.changed", "13": "order.changed", "14": "order.changed refunded", "15": "invalid", "-1": "invalid", "null": "order.changed",
	} {
		body := changed(t, fixture(t, "documents/by-hand.json"), `"status_id": 7`, `"status_id": `+id)
		events, err := s.Normalize(message("store/order/updated", body))
		got := string(erpbridge.KindOf(err))
		if err == nil {
			got = string(events[0].Type)
			if events[0].Order.PaymentStatus == erpbridge.Refunded {
				got += " refunded"
			}
			if (events[0].Order.CancelReason != "") != (events[0].Type == erpbridge.OrderCancelled) {
				t.Errorf("status %s: cancelled because of %q", id, events[0].Order.CancelReason)
			}
		}
		if got != want {
			t.Errorf("status %s: %s (%v), want %s", id, got, err, want)
		}
	}
}

func TestPaymentStatuses(t *testing.T) {
	s := open(t, "")
	for word, want := range map[string]erpbridge.PaymentStatus{
		"": erpbridge.Unpaid, "authorized": erpbridge.Unpaid, "capture pending": erpbridge.Unpaid, "declined": erpbridge.Unpaid, "held for review": erpbridge.Unpaid,
		"pending": erpbridge.Unpaid, "void pending": erpbridge.Unpaid, "captured": erpbridge.Paid, "Paid": erpbridge.Paid,
		"partially refunded": erpbridge.Refunded, "refunded": erpbridge.Refunded, "void": erpbridge.Voided,
	} {
		if o := order(t, s, "documents/exclusive.json", `"payment_status": "captured"`, `"payment_status": "`+word+`"`); o.PaymentStatus != want {
			t.Errorf("%q is %s", word, o.PaymentStatus)
		}
	}
	_, err := s.Normalize(message("", changed(t, fixture(t, "documents/exclusive.json"), `"captured"`, `"in limbo"`)))
	wants(t, err, erpbridge.Invalid, `payment_status: "in limbo"`)
}

// TestEventTypes: what happened follows from the scope, as far as the order's state does
// not contradict it.
func TestEventTypes(t *testing.T) {
	s := open(t, "")
	for what, tt := range map[string]struct {
		name, scope string
		pairs       []string
		want        erpbridge.EventType
	}{
		"created complete":        {"documents/inclusive.json", "store/order/created", nil, erpbridge.OrderPlaced},
		"out of incomplete":       {"documents/exclusive.json", "store/order/statusUpdated", nil, erpbridge.OrderPlaced},
		"out of awaiting payment": {"documents/exclusive.json", "store/order/statusUpdated", []string{`"previous_status_id": 0`, `"previous_status_id": 7`}, erpbridge.OrderPaid},
		"out of it, still unpaid": {"documents/exclusive.json", "store/order/statusUpdated", []string{`"previous_status_id": 0`, `"previous_status_id": 7`, `"captured"`, `"pending"`}, erpbridge.OrderChanged},
		"shipped":                 {"documents/exclusive.json", "store/order/statusUpdated", []string{`"previous_status_id": 0`, `"previous_status_id": 9`}, erpbridge.OrderChanged},
		"updated":                 {"documents/by-hand.json", "store/order/updated", nil, erpbridge.OrderChanged},
		"created and cancelled":   {"documents/inclusive.json", "store/order/created", []string{`"status_id": 11`, `"status_id": 6`}, erpbridge.OrderCancelled},
		"cancelled":               {"documents/cancelled-yen.json", "store/order/statusUpdated", nil, erpbridge.OrderCancelled},
	} {
		events, err := s.Normalize(message(tt.scope, changed(t, fixture(t, tt.name), tt.pairs...)))
		if err != nil || events[0].Type != tt.want {
			t.Errorf("%s: %v, %v, want %s", what, events, err, tt.want)
		}
	}
}

// TestVersions: what an ERP would not see differently has one digest.
func TestVersions(t *testing.T) {
	s := open(t, "")
	first := event(t, s, fixture(t, "documents/cancelled-yen.json")).Version
	later := event(t, s, changed(t, fixture(t, "documents/cancelled-yen.json"), "10:00:00 +0000", "10:05:00 +0000")).Version
	if first.Digest != later.Digest || !first.Before(later) {
		t.Errorf("a touched order is another one: %s, %s", first, later)
	}
	other := event(t, s, changed(t, fixture(t, "documents/cancelled-yen.json"), `"筆"`, `"筆 2"`)).Version
	if first.Digest == other.Digest || first.Before(other) || other.Before(first) {
		t.Errorf("a changed order is the same: %s, %s", first, other)
	}
	paid, unpaid := event(t, s, fixture(t, "documents/exclusive.json")).Version, event(t, s, changed(t, fixture(t, "documents/exclusive.json"), `"captured"`, `"pending"`)).Version
	if !unpaid.Before(paid) {
		t.Errorf("of one second, %s is not before %s", unpaid, paid)
	}
}

func TestTimes(t *testing.T) {
	for settings, want := range map[string]string{
		"":                                 "2026-11-22",
		"time_zone: Pacific/Auckland\n":    "2026-11-23",
		"time_zone: America/Los_Angeles\n": "2026-11-22",
		"posting_date: shipped\n":          "2026-11-23",
		"posting_date: created\n":          "2026-11-22",
	} {
		o := order(t, open(t, settings), "documents/exclusive.json", `"date_shipped": ""`, `"date_shipped": "Mon, 23 Nov 2026 08:00:00 +0000"`,
			"Mon, 23 Nov 2026 09:14:02", "Sun, 22 Nov 2026 22:14:02")
		if o.PostingDate != want {
			t.Errorf("%q: posted on %s, want %s", settings, o.PostingDate, want)
		}
	}
	if o := order(t, open(t, "posting_date: shipped\n"), "documents/exclusive.json"); o.PostingDate != "2026-11-23" {
		t.Errorf("not shipped yet: posted on %s", o.PostingDate)
	}
}

func TestDates(t *testing.T) {
	s := open(t, "")
	for text, want := range map[string]string{
		"Mon, 23 Nov 2026 10:00:00 +0000":         "2026-11-23T10:00:00Z",
		"Mon, 3 Nov 2026 10:00:00 -0500":          "2026-11-03T10:00:00-05:00",
		"23 Nov 2026 10:00:00 GMT":                "2026-11-23T10:00:00Z",
		"2026-11-23T10:00:00+01:00":               "2026-11-23T10:00:00+01:00",
		"Mon, 23 Nov 2026 10:00:00":               "",
		"Mon, 23 Nov 2026 10:00:00 EST":           "",
		"Mon, 23 Nov 2026 10:00:00 +0000 (+0500)": "",
		"2026-11-23 10:00:00":                     "",
		"1795428000":                              "",
		"Fri, 01 Jan 9999 00:00:00 +0000":         "",
		"Mon, 23 Nov 1826 10:00:00 +0000":         "",
		strings.Repeat("x", 100):                  "",
	} {
		events, err := s.Normalize(message("store/order/updated", changed(t, fixture(t, "documents/by-hand.json"), "Mon, 23 Nov 2026 10:00:00 +0000", text)))
		if want == "" {
			wants(t, err, erpbridge.Invalid, "date_modified: ")
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := events[0].Order.UpdatedAt.Format(time.RFC3339); got != want {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// TestRefusals: what cannot be understood says which member is to blame.
func TestRefusals(t *testing.T) {
	for what, tt := range map[string]struct {
		scope, name string
		pairs       []string
		kind        erpbridge.Kind
		says        string
	}{
		"an unknown scope":                 {"store/theme/updated", "documents/exclusive.json", nil, erpbridge.Ignored, "the bridge acts on"},
		"a cart":                           {"store/cart/created", "documents/exclusive.json", nil, erpbridge.Ignored, "a cart is no order yet"},
		"a message":                        {"store/order/message/created", "documents/exclusive.json", nil, erpbridge.Ignored, "a message about an order"},
		"a transaction":                    {"store/order/transaction/created", "documents/exclusive.json", nil, erpbridge.Ignored, "store/order/statusUpdated"},
		"archived":                         {"store/order/archived", "envelopes/archived.json", nil, erpbridge.Ignored, "out of sight"},
		"another scope inside":             {"store/order/created", "documents/exclusive.json", nil, erpbridge.Invalid, `scope: is "store/order/statusUpdated"`},
		"no order id":                      {"", "documents/exclusive.json", []string{`"id": 4711,`, `"id": "../4711",`}, erpbridge.Invalid, "id: "},
		"an order without lines":           {"", "documents/exclusive.json", []string{`"products": [`, `"goods": [`}, erpbridge.Invalid, "products: is missing"},
		"no currency":                      {"", "documents/exclusive.json", []string{`"default_currency_code": "USD"`, `"default_currency_code": ""`, `"currency_code": "USD"`, `"currency_code": null`}, erpbridge.Held, "set default_currency"},
		"an unknown currency":              {"", "documents/exclusive.json", []string{`"default_currency_code": "USD"`, `"default_currency_code": "XXQ"`}, erpbridge.Invalid, "is not an ISO 4217 currency"},
		"a test order":                     {"", "documents/exclusive.json", []string{`"test": false`, `"test": true`}, erpbridge.Ignored, "set test_orders: deliver"},
		"a test gateway":                   {"", "documents/exclusive.json", []string{`"payment_method": "Credit Card"`, `"payment_method": "Test Payment Gateway"`}, erpbridge.Ignored, "set test_orders: deliver"},
		"a test order's refund":            {"", "documents/refund-line.json", []string{`"payment_method": "Credit Card"`, `"payment_method": "Test Payment Gateway"`}, erpbridge.Ignored, "set test_orders: deliver"},
		"a payment in no currency":         {"", "documents/exclusive.json", []string{`"currency": "USD"`, `"currency": "string"`}, erpbridge.Invalid, "transactions[0].amount: "},
		"a negative payment":               {"", "documents/exclusive.json", []string{`"amount": 68.1,`, `"amount": -68.1,`}, erpbridge.Invalid, "transactions[0].amount: "},
		"refunded too much":                {"", "documents/exclusive.json", []string{`"quantity_refunded": 0`, `"quantity_refunded": 3`}, erpbridge.Invalid, "products[0].quantity_refunded: "},
		"fees as an object":                {"", "documents/exclusive.json", []string{`"fees": []`, `"fees": {"id":1}`}, erpbridge.Invalid, "an object stands where an array belongs"},
		"a refund of a payment for a test": {"", "documents/refund-line.json", []string{`"refunds": [`, `"transactions": [{"test": true}], "refunds": [`}, erpbridge.Ignored, "a refund of a test order"},
		"a refund that is not there":       {"", "documents/refund-line.json", []string{`"refund_id": 3`, `"refund_id": 5`}, erpbridge.Invalid, "refunds: "},
		"a refund without time":            {"", "documents/refund-line.json", []string{`"2026-11-23T10:29:59+00:00"`, `null`}, erpbridge.Invalid, "refunds[0].created: "},
		"a refund without amount":          {"", "documents/refund-line.json", []string{`"total_amount": 80.85`, `"total_amount": null`}, erpbridge.Invalid, "refunds[0].total_amount: "},
		"another shipment":                 {"", "documents/shipment.json", []string{`"orderId": 4715`, `"orderId": 4716`}, erpbridge.Invalid, "shipment.order_id: is 4715"},
		"a shipment without time":          {"", "documents/shipment.json", []string{`"Mon, 23 Nov 2026 10:10:00 +0000"`, `""`}, erpbridge.Invalid, "shipment.date_created: "},
		"a customer without time":          {"", "documents/customer.json", []string{`"date_created"`, `"x"`, `"date_modified"`, `"y"`}, erpbridge.Invalid, "customer.date_modified: "},
		"a product without time":           {"", "documents/product.json", []string{`"date_created"`, `"x"`, `"date_modified"`, `"y"`}, erpbridge.Invalid, "product.date_modified: "},
		"stock of nothing":                 {"", "envelopes/stock-absolute.json", []string{`"inventory": {`, `"stock": {`}, erpbridge.Invalid, "data.inventory: is missing"},
		"stock that is no number":          {"", "envelopes/stock-absolute.json", []string{`"value": 14`, `"value": "many"`}, erpbridge.Invalid, "data.inventory.value: "},
		"an event of the future":           {"", "envelopes/customer-deleted.json", []string{"1795428000", "9795428000"}, erpbridge.Invalid, "created_at: "},
	} {
		t.Run(what, func(t *testing.T) {
			body := changed(t, fixture(t, tt.name), tt.pairs...)
			scope := tt.scope
			if scope == "" {
				scope = scopeOf(t, body)
			}
			events, err := open(t, "").Normalize(message(scope, body))
			wants(t, err, tt.kind, tt.says)
			if events != nil {
				t.Errorf("and %d events", len(events))
			}
		})
	}
	_, err := open(t, "").Normalize(message("", []byte(strings.Replace(string(fixture(t, "documents/exclusive.json")), `"id": 4711`, `"id": 4799`, 1))))
	wants(t, err, erpbridge.Invalid, "order.id: is 4711, and the envelope points to 4799")
}

// TestUnfetched: a message that points to something is held where nothing can be
// fetched, and says which setting is missing.
func TestUnfetched(t *testing.T) {
	s := open(t, "")
	for name, body := range fixtures(t) {
		if !strings.HasPrefix(name, "documents/") {
			continue
		}
		_, err := s.Normalize(message(scopeOf(t, body), envelopeIn(t, body)))
		wants(t, err, erpbridge.Held, "set api:")
	}
	for _, body := range []string{`{}`, `{"id":218,"total_inc_tax":"5.00"}`} {
		for _, scope := range []string{"store/order/updated", "store/order/refund/created", "store/shipment/created", "store/customer/deleted", "store/product/updated", "store/product/deleted", "store/sku/inventory/updated", "store/shipment/deleted"} {
			_, err := s.Normalize(message(scope, []byte(body)))
			wants(t, err, erpbridge.Invalid, "is missing")
		}
	}
}

// TestPartnerDocuments: a document without an envelope is of its message's type.
func TestPartnerDocuments(t *testing.T) {
	s := open(t, "")
	for _, name := range []string{"documents/exclusive.json", "documents/refund-line.json", "documents/shipment.json", "documents/customer.json", "documents/product.json"} {
		body := fixture(t, name)
		want := event(t, s, body)
		events, err := s.Normalize(message(scopeOf(t, body), changed(t, body, `"envelope": {`, `"ignored": {`)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want.Version, events[0].Version); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestOptional: members that stores leave out.
func TestOptional(t *testing.T) {
	s := open(t, "default_currency: USD\n")
	minimal := `{"order":{"id":1,"date_created":"Mon, 23 Nov 2026 09:00:00 +0000","status_id":11,"total_inc_tax":"5"},"products":[{"quantity":1,"total_ex_tax":5}]}`
	o := event(t, s, []byte(`{"envelope":{"scope":"store/order/updated","data":{"id":1}},`+minimal[1:])).Order
	if !o.Sum().Equal(o.Total) || o.BillTo != nil || o.ShipTo != nil || o.Customer != nil || len(o.Shipping) != 0 {
		t.Errorf("%+v", o)
	}
	for _, empty := range []string{`{}`, `""`, `null`, `[]`} {
		body := changed(t, fixture(t, "documents/inclusive.json"), `"coupons": []`, `"coupons": `+empty, `"refunds": []`, `"refunds": `+empty, `"product_options": []`, `"product_options": `+empty)
		if o := event(t, s, body).Order; !o.Sum().Equal(o.Total) {
			t.Errorf("%s for an empty list: %s", empty, o.Sum())
		}
	}
	fees := order(t, s, "documents/exclusive.json", `"fees": []`, `"fees": {"url":"https://api.example/fees","resource":"/orders/4711/fees"}`)
	if len(fees.Charges) != 0 {
		t.Errorf("a link is a charge: %v", fees.Charges)
	}
}

func TestCatalog(t *testing.T) {
	p := event(t, open(t, ""), fixture(t, "documents/product.json")).Product
	if p.Variants[0].Price.Currency != "" || !p.Variants[0].Price.IsZero() {
		t.Errorf("a price without a currency: %s", p.Variants[0].Price)
	}
	s := open(t, "default_currency: USD\n")
	p = event(t, s, changed(t, fixture(t, "documents/product.json"), `"variants": [`, `"others": [`)).Product
	if len(p.Variants) != 1 || p.Variants[0].SKU != "MUG" || p.Variants[0].Price.Plain() != "25.00" {
		t.Errorf("%+v", p.Variants)
	}
	level := event(t, s, changed(t, fixture(t, "documents/stock-relative.json"), `"inventory_tracking": "variant"`, `"inventory_tracking": "none"`)).Inventory
	if level.Known || level.SKU != "MUG-RED" {
		t.Errorf("what is not counted is known: %+v", level)
	}
	level = event(t, s, changed(t, fixture(t, "envelopes/stock-absolute.json"), `"value": 14`, `"value": -2`)).Inventory
	if !level.Known || level.Available.String() != "-2" {
		t.Errorf("oversold: %+v", level)
	}
}

// TestTexts: what neither XML nor Postgres can hold is left out, and the order says so.
func TestTexts(t *testing.T) {
	o := order(t, open(t, ""), "documents/exclusive.json", `"Please ring twice"`, `"a\u0000b 😀 <&>"`, `"Tea Towel"`, `"Tea\u0001Towel"`)
	if o.Note != "ab 😀 <&>" || o.Lines[1].Title != "TeaTowel" {
		t.Errorf("%q, %q", o.Note, o.Lines[1].Title)
	}
	last := o.Attributes[len(o.Attributes)-1]
	if last.Name != "erpbridge.stripped-characters" || !strings.HasPrefix(last.Value, "2 in ") {
		t.Errorf("%v", o.Attributes)
	}
}
