package woocommerce_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestFixturesAddUp: the parts of every order come to its total, and nothing but the gift
// card's does not.
func TestFixturesAddUp(t *testing.T) {
	s := open(t, "test_orders: deliver\n")
	for name, off := range map[string]string{
		"order-coupon": "", "order-two-rates": "", "order-subtotal-rounding": "", "order-kwd": "", "order-jpy": "", "order-bundle": "",
		"order-refunded-in-part": "", "order-gift-card": "-25.00", "order-cancelled": "", "order-test-mode": "", "order-hostile-text": "",
	} {
		e := event(t, s, "order.updated", fixture(t, name))
		if got := storefronttest.Off(e); got != off {
			t.Errorf("%s: off by %q, want %q", name, got, off)
		}
		if taxes := taxesOf(e.Order); !taxes.Equal(e.Order.TaxTotal) && name != "order-gift-card" {
			t.Errorf("%s: the taxes of all lines come to %s, not %s", name, taxes, e.Order.TaxTotal)
		}
	}
}

// taxesOf returns what the taxes of an order's parts come to.
func taxesOf(o *erpbridge.Order) erpbridge.Money {
	sum := erpbridge.Zero(o.Currency)
	for _, l := range o.Lines {
		sum = sum.Add(l.Tax())
	}
	for _, sh := range o.Shipping {
		sum = sum.Add(sh.Tax())
	}
	for _, c := range o.Charges {
		for _, tax := range c.Taxes {
			sum = sum.Add(tax.Amount)
		}
	}
	return sum
}

func TestOrder(t *testing.T) {
	s := open(t, "attributes: [_erp, gift, none]\npo_number_meta: _po_number\ntax_id_meta: _vat\n")
	o := event(t, s, "order.created", fixture(t, "order-coupon")).Order
	eur := func(amount string) erpbridge.Money { return money(t, amount, "EUR") }
	berlin := time.FixedZone("", 3600)
	vat := erpbridge.Tax{Title: "MwSt.", Rate: decimal(t, "0.19"), Jurisdiction: "DE-MWST-1"}
	reduced := erpbridge.Tax{Title: "MwSt. ermäßigt", Rate: decimal(t, "0.07"), Jurisdiction: "DE-MWST-RED-1"}
	of := func(tax erpbridge.Tax, amount string) []erpbridge.Tax {
		tax.Amount = eur(amount)
		return []erpbridge.Tax{tax}
	}
	paidAt := time.Date(2026, 11, 23, 0, 30, 40, 0, berlin)
	want := &erpbridge.Order{
		ID: "1101", Number: "WEB-1101", PO: "4500/7", Channel: "checkout",
		PlacedAt: time.Date(2026, 11, 23, 0, 30, 0, 0, berlin), UpdatedAt: time.Date(2026, 11, 23, 0, 31, 10, 0, berlin),
		PostingDate: "2026-11-23", Currency: "EUR", Presentment: "EUR",
		Customer: &erpbridge.Customer{
			ID: "31", FirstName: "Jördis", LastName: "Öztürk", Company: "Lichtblick & Söhne",
			Email: "joerdis@example.com", Phone: "+49 555 0111", TaxID: "DE123456789",
		},
		Email: "joerdis@example.com", Phone: "+49 555 0111",
		BillTo: &erpbridge.Address{
			Name: "Jördis Öztürk", Company: "Lichtblick & Söhne", Street1: "Am Markt 3", City: "Görlitz", Postcode: "02826", Country: "DE", Phone: "+49 555 0111",
		},
		ShipTo: &erpbridge.Address{Name: "Lager Süd", Street1: "Tor 2", City: "Görlitz", Postcode: "02826", Country: "DE"},
		Lines: []erpbridge.Line{
			{
				ID: "11", SKU: "SKU-11", ProductID: "511", VariantID: "777", Title: "Lampe &amp; Schirm", Kind: erpbridge.Item,
				Quantity: decimal(t, "2"), Current: decimal(t, "2"), Unit: eur("30"), Extended: eur("60"),
				Discounts: []erpbridge.Discount{{Code: "herbst10", Title: "herbst10", Amount: eur("6")}}, Taxes: of(vat, "10.26"),
				Attributes: []erpbridge.Attribute{{Name: "Farbe", Value: "rot"}},
			},
			{
				ID: "12", SKU: "SKU-12", ProductID: "512", Title: "Buch", Kind: erpbridge.Item,
				Quantity: decimal(t, "1"), Current: decimal(t, "1"), Unit: eur("10"), Extended: eur("10"), Taxes: of(reduced, "0.70"),
			},
		},
		Shipping: []erpbridge.ShippingLine{{ID: "13", Title: "DHL", Code: "flat_rate", Price: eur("4.90"), Taxes: of(vat, "0.93")}},
		Charges:  []erpbridge.Charge{{Kind: erpbridge.Fee, Title: "Nachnahme", Amount: eur("2"), Taxes: of(vat, "0.38")}},
		Taxes:    append(of(vat, "11.57"), of(reduced, "0.70")...),
		TaxTotal: eur("12.27"), Total: eur("83.17"), Outstanding: eur("0"),
		PaymentStatus: erpbridge.Paid, Gateways: []string{"stripe"},
		Payments: []erpbridge.Payment{{
			ID: "pi_77", Gateway: "stripe", Kind: erpbridge.Sale, State: erpbridge.Succeeded, Amount: eur("83.17"), At: paidAt, Reference: "pi_77",
		}},
		Note: "bitte klingeln", Attributes: []erpbridge.Attribute{{Name: "_erp", Value: "x"}},
	}
	if diff := cmp.Diff(want, o, cmp.Comparer(func(a, b erpbridge.Decimal) bool { return a.Equal(b) }), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("the order:\n%s", diff)
	}
}

func decimal(t *testing.T, text string) erpbridge.Decimal {
	t.Helper()
	d, err := erpbridge.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func money(t *testing.T, text, currency string) erpbridge.Money {
	t.Helper()
	return erpbridge.Money{Amount: decimal(t, text), Currency: currency}
}

func TestTaxes(t *testing.T) {
	s := open(t, "")
	o := event(t, s, "order.updated", fixture(t, "order-two-rates")).Order
	if got := o.Lines[0].Taxes; len(got) != 2 || got[0].Amount.Plain() != "1.87" || got[1].Amount.Plain() != "0.68" || got[0].Rate.String() != "0.0625" {
		t.Errorf("two rates on one line: %v", got)
	}
	o = event(t, s, "order.updated", fixture(t, "order-subtotal-rounding")).Order
	if o.TaxTotal.Plain() != "1.01" || o.Lines[0].Tax().Plain() != "0.34" || o.Lines[2].Tax().Plain() != "0.33" {
		t.Errorf("rounded at the subtotal: %s of %s and %s", o.TaxTotal, o.Lines[0].Tax(), o.Lines[2].Tax())
	}
	// Where neither sum makes the total, the lines' own counts.
	body := changed(t, fixture(t, "order-subtotal-rounding"), `"total": "6.29"`, `"total": "6.99"`)
	if o = event(t, s, "order.updated", body).Order; o.TaxTotal.Plain() != "1.02" || storefronttest.Off(event(t, s, "order.updated", body)) != "0.69" {
		t.Errorf("an order that does not add up: %s of tax", o.TaxTotal)
	}
	// Parts that are not the sum's: the sum, without them.
	body = changed(t, fixture(t, "order-cancelled"), `"taxes": []`, `"taxes": [{"id": 1, "total": "9.99"}]`)
	if o = event(t, s, "order.updated", body).Order; len(o.Lines[0].Taxes) != 1 || o.Lines[0].Tax().Plain() != "2.28" {
		t.Errorf("parts of another sum: %v", o.Lines[0].Taxes)
	}
}

func TestLines(t *testing.T) {
	o := event(t, open(t, ""), "order.updated", fixture(t, "order-bundle")).Order
	for i, want := range []struct {
		parent string
		kind   erpbridge.LineKind
	}{{"", erpbridge.Item}, {"51", erpbridge.Component}, {"51", erpbridge.Item}, {"", erpbridge.Item}, {"54", erpbridge.Item}, {"", erpbridge.GiftCard}} {
		if l := o.Lines[i]; l.Parent != want.parent || l.Kind != want.kind {
			t.Errorf("%s: a %s of %q, want a %s of %q", l.Title, l.Kind, l.Parent, want.kind, want.parent)
		}
	}
	if o.Charges[0].Amount.Plain() != "-9.00" {
		t.Errorf("a fee that takes off: %s", o.Charges[0].Amount)
	}
	// A price typed over the product's is no negative discount.
	body := changed(t, fixture(t, "order-kwd"), `"subtotal": "1.250"`, `"subtotal": "1.000"`)
	o = event(t, open(t, ""), "order.updated", body).Order
	if l := o.Lines[0]; l.Gross().Plain() != "1.250" || len(l.Discounts) != 0 || l.Unit.Plain() != "10.000" {
		t.Errorf("%s less %v, %s each", l.Gross(), l.Discounts, l.Unit)
	}
	body = changed(t, fixture(t, "order-coupon"), `"coupon_lines": [`, `"coupon_lines": [{"code": "erster"},`)
	if d := event(t, open(t, ""), "order.updated", body).Order.Lines[0].Discounts[0]; d.Code != "" || d.Title != "erster, herbst10" {
		t.Errorf("of two coupons: %+v", d)
	}
}

func TestAmountsFinerThanTheCurrency(t *testing.T) {
	s := open(t, "")
	for name, change := range map[string][2]string{
		"line_items[0].total": {`"total": "54.00"`, `"total": "54.0042"`}, "line_items[0].total_tax": {`"total_tax": "10.26"`, `"total_tax": "10.2601"`},
		"shipping_lines[0].total": {`"total": "4.90"`, `"total": "4.901"`}, "fee_lines[0].total": {`"total": "2.00"`, `"total": "2.0001"`},
		"total": {`"total": "83.17"`, `"total": "83.1701"`},
	} {
		_, err := s.Normalize(message("order.updated", changed(t, fixture(t, "order-coupon"), change[0], change[1])))
		if erpbridge.KindOf(err) != erpbridge.Invalid || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Zeros are no decimals.
	if o := event(t, s, "order.updated", changed(t, fixture(t, "order-coupon"), `"total": "54.00"`, `"total": "54.0000"`)).Order; storefronttest.Off(erpbridge.Event{Order: o}) != "" {
		t.Error("54.0000 is not 54.00")
	}
}

// A marketplace's order and its vendors' orders have the same goods.
func TestChildOrders(t *testing.T) {
	for _, c := range []struct {
		setting, parent string
		want            erpbridge.Kind
	}{
		{"", "0", ""},
		{"", `"0"`, ""},
		{"", "null", ""},
		{"", `""`, ""},
		{"", "17", erpbridge.Held},
		{"", `"17"`, erpbridge.Held},
		{"child_orders: ignore\n", "17", erpbridge.Ignored},
		{"child_orders: ignore\n", "0", ""},
		{"child_orders: deliver\n", "17", ""},
	} {
		body := bytes.Replace(fixture(t, "order-gift-card"), []byte(`"parent_id": 0`), []byte(`"parent_id": `+c.parent), 1)
		_, err := open(t, "gift_cards: credit\n"+c.setting).Normalize(message("order.updated", body))
		if got := erpbridge.KindOf(err); got != c.want {
			t.Errorf("%q with a parent_id of %s: %q, want %q: %v", c.setting, c.parent, got, c.want, err)
		}
	}
}

// What was paid back of a vendor's order goes the way of that order.
func TestRefundsOfChildOrders(t *testing.T) {
	s := newShop(t)
	s.orders[1001] = &sold{1001, "completed", start, []int{501}}
	s.orders[1002] = &sold{1002, "completed", start, []int{502}}
	s.parts = map[int]int{1002: 1001}
	for setting, want := range map[string]erpbridge.Kind{"": erpbridge.Held, "child_orders: ignore\n": erpbridge.Ignored, "child_orders: deliver\n": ""} {
		front := s.open("", setting)
		for _, m := range walk(t, front, start) {
			want := want
			if strings.Contains(m.ID, "/1001@") || strings.Contains(m.ID, "/501@") {
				want = ""
			}
			m.ReceivedAt = received
			if _, err := front.Normalize(m); erpbridge.KindOf(err) != want {
				t.Errorf("%q: %s: %v, want %q", setting, m.ID, err, want)
			}
		}
	}
}

func TestGiftCards(t *testing.T) {
	o := event(t, open(t, "gift_cards: credit\n"), "order.updated", fixture(t, "order-gift-card")).Order
	if storefronttest.Off(erpbridge.Event{Order: o}) != "" || o.Credited().Plain() != "25.00" || o.Credits[0].Title != "gift card 7" {
		t.Errorf("%s of %s, credits %v", o.Sum(), o.Total, o.Credits)
	}
	if o = event(t, open(t, ""), "order.updated", fixture(t, "order-gift-card")).Order; len(o.Credits) != 0 {
		t.Errorf("by default: %v", o.Credits)
	}
}

func TestStatuses(t *testing.T) {
	s := open(t, "statuses: {wc-packed: open, handed-over: paid, lost: cancelled, quote: ignored, failed: ignored}\n")
	const open, dated, unsaid = `null`, `"2026-11-22T23:30:40"`, ""
	tests := []struct {
		status, paidGMT string
		kind            erpbridge.Kind
		payment         erpbridge.PaymentStatus
		becomes         erpbridge.EventType
	}{
		{"pending", open, "", erpbridge.Unpaid, erpbridge.OrderPlaced},
		{"on-hold", open, "", erpbridge.Unpaid, erpbridge.OrderPlaced},
		{"processing", open, "", erpbridge.Unpaid, erpbridge.OrderPlaced}, // cash on delivery
		{"processing", dated, "", erpbridge.Paid, erpbridge.OrderPlaced},
		{"processing", unsaid, "", erpbridge.Paid, erpbridge.OrderPlaced},
		{"completed", dated, "", erpbridge.Paid, erpbridge.OrderPlaced},
		{"pending", unsaid, "", erpbridge.Unpaid, erpbridge.OrderPlaced},
		{"refunded", dated, "", erpbridge.Refunded, erpbridge.OrderPlaced},
		{"cancelled", open, "", erpbridge.Voided, erpbridge.OrderCancelled},
		{"cancelled", dated, "", erpbridge.Paid, erpbridge.OrderCancelled},
		{"trash", open, "", erpbridge.Voided, erpbridge.OrderCancelled},
		{"wc-packed", open, "", erpbridge.Unpaid, erpbridge.OrderPlaced},
		{"packed", dated, "", erpbridge.Paid, erpbridge.OrderPlaced},
		{"handed-over", open, "", erpbridge.Paid, erpbridge.OrderPlaced},
		{"lost", open, "", erpbridge.Voided, erpbridge.OrderCancelled},
		{"quote", open, erpbridge.Ignored, "", ""},
		{"failed", open, erpbridge.Ignored, "", ""},
		{"auto-draft", open, erpbridge.Ignored, "", ""},
		{"checkout-draft", open, erpbridge.Ignored, "", ""},
		{"on-the-moon", open, erpbridge.Held, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.status+" "+tt.paidGMT, func(t *testing.T) {
			body := changed(t, fixture(t, "order-two-rates"), `"status": "on-hold"`, `"status": "`+tt.status+`"`)
			body = changed(t, body, `"date_paid_gmt": null,`, "")
			body = changed(t, body, `"date_paid": null,`, "")
			if tt.paidGMT != unsaid {
				body = changed(t, body, `"id": 1102,`, `"id": 1102, "date_paid_gmt": `+tt.paidGMT+",")
			}
			events, err := s.Normalize(message("order.created", body))
			if erpbridge.KindOf(err) != tt.kind {
				t.Fatalf("%v, want kind %q", err, tt.kind)
			}
			if tt.kind == erpbridge.Held && !strings.Contains(err.Error(), "say in statuses") {
				t.Errorf("the error does not name the setting: %v", err)
			}
			if err != nil {
				return
			}
			if o := events[0].Order; o.PaymentStatus != tt.payment || events[0].Type != tt.becomes || o.CancelledAt.IsZero() == (tt.becomes == erpbridge.OrderCancelled) {
				t.Errorf("%s, %s, cancelled %s", events[0].Type, o.PaymentStatus, o.CancelledAt)
			}
			if o := events[0].Order; o.PaymentStatus == erpbridge.Unpaid && !o.Outstanding.Equal(o.Total) || o.PaymentStatus != erpbridge.Unpaid && !o.Outstanding.IsZero() {
				t.Errorf("%s, and %s outstanding", o.PaymentStatus, o.Outstanding)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	const local, utc = `"date_created": "2026-11-23T00:30:00"`, `"date_created_gmt": "2026-11-22T23:30:00"`
	tests := map[string]struct {
		settings, local, utc string
		day                  string // or the error
	}{
		"the twin's day":          {"", local, utc, "2026-11-23"},
		"the setting's":           {"time_zone: America/New_York\n", local, utc, "2026-11-22"},
		"no twin":                 {"", `"x": 1`, utc, "2026-11-22"},
		"UTC only, zone":          {"time_zone: Asia/Tokyo\n", `"x": 1`, utc, "2026-11-23"},
		"local only, zone":        {"time_zone: Europe/Berlin\n", local, `"y": 1`, "2026-11-23"},
		"local only, no zone":     {"", local, `"y": 1`, "set time_zone"},
		"half an hour":            {"", `"date_created": "2026-11-23T05:00:00"`, utc, "2026-11-23"},
		"with zones":              {"", `"date_created": "2026-11-23T00:30:00+01:00"`, `"date_created_gmt": "2026-11-22T23:30:00Z"`, "2026-11-23"},
		"twins of two days":       {"", `"date_created": "2026-11-25T00:30:00"`, utc, "which no zone is"},
		"no time":                 {"", local, `"date_created_gmt": "yesterday"`, "date_created_gmt: "},
		"far ahead":               {"", local, `"date_created_gmt": "9999-01-01T00:00:00"`, "more than a day after"},
		"posted when paid":        {"posting_date: paid\n", local, utc, "2026-11-23"},
		"the WordPress zero date": {"", local, `"date_created_gmt": "0000-00-00T00:00:00"`, "set time_zone"},
		"the zero date, zone":     {"time_zone: Europe/Berlin\n", local, `"date_created_gmt": "0000-00-00T00:00:00"`, "2026-11-23"},
		"twins seconds apart":     {"", `"date_created": "2026-11-23T00:30:02"`, utc, "2026-11-23"},
		"twins of nowhere, zone":  {"time_zone: Europe/Berlin\n", `"date_created": "2026-11-25T00:30:00"`, utc, "2026-11-23"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := changed(t, changed(t, fixture(t, "order-coupon"), local, tt.local), utc, tt.utc)
			events, err := open(t, tt.settings).Normalize(message("order.created", body))
			if err != nil {
				if strings.HasPrefix(tt.day, "2026-") || !strings.Contains(err.Error(), tt.day) || strings.Contains(err.Error(), "set time_zone") != (erpbridge.KindOf(err) == erpbridge.Held) {
					t.Errorf("%v, want %s", err, tt.day)
				}
				return
			}
			if got := events[0].Order.PostingDate; got != tt.day {
				t.Errorf("posted on %s, want %s", got, tt.day)
			}
		})
	}
}

// TestTimesKeepTheShopsOffset: the configured zone's, else that of the twins.
func TestTimesKeepTheShopsOffset(t *testing.T) {
	for settings, want := range map[string]string{
		"":                              "2026-11-23T00:30:00+01:00",
		"time_zone: America/New_York\n": "2026-11-22T18:30:00-05:00",
	} {
		if got := event(t, open(t, settings), "order.created", fixture(t, "order-coupon")).Order.PlacedAt.Format(time.RFC3339); got != want {
			t.Errorf("%q: placed at %s, want %s", settings, got, want)
		}
	}
}

// TestVersions: what is written back to an order changes its time and nothing an ERP cares
// about.
func TestVersions(t *testing.T) {
	s := open(t, "")
	for _, name := range []string{"order-coupon", "order-cancelled", "order-refunded-in-part"} {
		first := event(t, s, "order.created", fixture(t, name))
		body := changed(t, fixture(t, name), `"date_modified": "2026-11-23T00:31:10"`, `"date_modified": "2026-11-23T01:00:00"`)
		body = changed(t, body, `"date_modified_gmt": "2026-11-22T23:31:10"`, `"date_modified_gmt": "2026-11-23T00:00:00"`)
		body = changed(t, body, `"meta_data": [`, `"meta_data": [{"id": 99, "key": "_erp_number", "value": "SO-1"},`)
		body = []byte(strings.Replace(string(body), "},]", "}]", 1))
		again := event(t, s, "order.updated", body)
		if !first.Version.Before(again.Version) || first.Version.Digest != again.Version.Digest {
			t.Errorf("%s: %s, and after a write-back %s", name, first.Version, again.Version)
		}
	}
	placed := event(t, s, "order.created", fixture(t, "order-coupon")).Version
	cancelled := event(t, s, "order.created", changed(t, fixture(t, "order-coupon"), `"processing"`, `"cancelled"`)).Version
	if !placed.Before(cancelled) || placed.Digest == cancelled.Digest {
		t.Errorf("cancelled within the second: %s, then %s", placed, cancelled)
	}
}

func TestTestMode(t *testing.T) {
	_, err := open(t, "").Normalize(message("order.created", fixture(t, "order-test-mode")))
	if erpbridge.KindOf(err) != erpbridge.Ignored || !strings.Contains(err.Error(), "test_orders") {
		t.Error(err)
	}
	if o := event(t, open(t, "test_orders: deliver\n"), "order.created", fixture(t, "order-test-mode")).Order; !o.Test {
		t.Error("it does not say that it is a test")
	}
}

func TestCurrencies(t *testing.T) {
	body := changed(t, fixture(t, "order-coupon"), `"currency": "EUR"`, `"currency": ""`)
	if _, err := open(t, "").Normalize(message("order.created", body)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "default_currency") {
		t.Errorf("no currency: %v", err)
	}
	if o := event(t, open(t, "default_currency: CHF\n"), "order.created", body).Order; o.Total.String() != "83.17 CHF" {
		t.Errorf("the default: %s", o.Total)
	}
	body = changed(t, fixture(t, "order-coupon"), `"currency": "EUR"`, `"currency": "XYZ"`)
	if _, err := open(t, "").Normalize(message("order.created", body)); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("no currency of this world: %v", err)
	}
}
