package woocommerce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestTopics(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	tests := []struct {
		topic, body string
		becomes     string // an event's type, or an error's kind
	}{
		{"order.created", "order-coupon", "order.placed"},
		{"order.updated", "order-coupon", "order.changed"},
		{"order.restored", "order-coupon", "order.changed"},
		{"order.deleted", "order-deleted", "order.cancelled"},
		{"order.deleted", "order-coupon", "order.changed"}, // a captured body under another topic
		{"order.updated", "order-deleted", "invalid"},
		{"order.updated", "product", "invalid"},
		{"order.deleted", "customer", "invalid"},
		{"refund.created", "refund", "refund.issued"},
		{"refund.created", "refund-enveloped", "refund.issued"},
		{"refund.created", "order-coupon", "invalid"},
		{"customer.created", "customer", "customer.changed"},
		{"customer.updated", "customer", "customer.changed"},
		{"customer.updated", "order-coupon", "invalid"},
		{"customer.deleted", "order-deleted", "customer.deleted"},
		{"customer.deleted", "customer", "customer.changed"},
		{"product.created", "product", "product.changed"},
		{"product.updated", "product-variable", "product.changed"},
		{"product.restored", "product", "product.changed"},
		{"product.deleted", "order-deleted", "product.deleted"},
		{"product.deleted", "order-coupon", "invalid"},
		{"coupon.created", "order-coupon", "ignored"},
		{"coupon.deleted", "order-deleted", "ignored"},
		{"action.woocommerce_order_refunded", "order-deleted", "ignored"},
		{"order.exported", "order-coupon", "ignored"},
		{"order", "order-coupon", "ignored"},
		{"unknown", "order-coupon", "ignored"},
		{"subscription.renewed", "order-coupon", "ignored"},
	}
	for _, tt := range tests {
		t.Run(tt.topic+" "+tt.body, func(t *testing.T) {
			events, err := s.Normalize(message(tt.topic, fixture(t, tt.body)))
			got := string(erpbridge.KindOf(err))
			if err == nil {
				got = string(events[0].Type)
			}
			if got != tt.becomes {
				t.Errorf("%s (%v), want %s", got, err, tt.becomes)
			}
		})
	}
}

func TestDeletion(t *testing.T) {
	s := open(t, "")
	e := event(t, s, "order.deleted", []byte(`{"id":"1101"}`))
	want := &erpbridge.Cancellation{OrderID: "1101", At: received, Deleted: true}
	if diff := cmp.Diff(want, e.Cancellation); diff != "" || e.Stream != "order/1101" || e.Resource != "order/1101" || !e.Version.At.Equal(received) {
		t.Errorf("%s %s %s\n%s", e.Stream, e.Resource, e.Version, diff)
	}
	// The same deletion, seen by two webhooks, is one state.
	later := message("order.deleted", []byte(`{"id":1101}`))
	later.ReceivedAt = received.Add(time.Second)
	events, err := s.Normalize(later)
	if err != nil || events[0].Version.Digest != e.Version.Digest {
		t.Errorf("seen again: %v, %v", events, err)
	}
	if !event(t, s, "order.updated", fixture(t, "order-coupon")).Version.Before(e.Version) {
		t.Error("a deletion is older than the order it deletes")
	}
	for _, body := range []string{`{}`, `{"id":0}`, `{"id":-1}`, `{"id":1.5}`, `{"id":"abc"}`, `{"id":123456789012345678901}`, `{"id":{}}`} {
		if _, err := s.Normalize(message("order.deleted", []byte(body))); erpbridge.KindOf(err) != erpbridge.Invalid || !strings.HasPrefix(err.Error(), "id: ") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestShapes: plugins write nothing in many ways.
func TestShapes(t *testing.T) {
	s := open(t, "")
	want := event(t, s, "order.updated", fixture(t, "order-jpy"))
	for _, change := range [][2]string{
		{`"tax_lines": []`, `"tax_lines": null`},
		{`"tax_lines": []`, `"tax_lines": {}`},
		{`"tax_lines": []`, `"tax_lines": ""`},
		{`"shipping_lines": []`, `"y": 1`},
		{`"fee_lines": []`, `"fee_lines": null`},
		{`"coupon_lines": []`, `"coupon_lines": {}`},
		{`"refunds": []`, `"refunds": null`},
		{`"taxes": []`, `"taxes": {}`},
		{`"taxes": []`, `"taxes": ""`},
		{`"customer_id": 0`, `"customer_id": ""`},
		{`"parent_name": null`, `"composite_children": [1]`},
		{`"variation_id": 0`, `"variation_id": null`},
		{`"subtotal": "3000.00"`, `"z": 1`},
		{`"meta_data": []`, `"meta_data": [{"id": 1, "key": "_x", "value": {"a": [1]}}, {"key": null}]`},
		{`"price": 1500.0`, `"price": "1500.000000000000000000001"`},
	} {
		got := event(t, s, "order.updated", changed(t, fixture(t, "order-jpy"), change[0], change[1]))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: another order:\n%s", change[1], diff)
		}
	}
}

func TestMissingMembers(t *testing.T) {
	s := open(t, "")
	least := `{"id":1,"currency":"EUR","total":"5.00","date_created_gmt":"2026-11-23T00:00:00","line_items":[{"quantity":1,"total":"5.00"}]}`
	e := event(t, s, "order.created", []byte(least))
	if storefronttest.Off(e) != "" || e.Order.Number != "1" || e.Order.PaymentStatus != erpbridge.Unpaid {
		t.Errorf("%+v", e.Order)
	}
	for member, body := range map[string]string{
		"total: ":                  strings.Replace(least, `"total":"5.00",`, "", 1),
		"line_items[0].total: ":    strings.Replace(least, `,"total":"5.00"}`, "}", 1),
		"line_items[0].quantity: ": strings.Replace(least, `"quantity":1,`, "", 1),
		"id: ":                     strings.Replace(least, `"id":1,`, "", 1),
	} {
		if _, err := s.Normalize(message("order.created", []byte(body))); erpbridge.KindOf(err) != erpbridge.Invalid || !strings.HasPrefix(err.Error(), member) {
			t.Errorf("without %s: %v", member, err)
		}
	}
	// Nothing says when: dated by its arrival.
	e = event(t, s, "order.created", []byte(strings.Replace(least, `"date_created_gmt":"2026-11-23T00:00:00",`, "", 1)))
	if !e.Version.At.Equal(received) || e.Order.PostingDate != "2026-11-25" {
		t.Errorf("without a time: %s, posted %s", e.Version, e.Order.PostingDate)
	}
}

func TestCustomer(t *testing.T) {
	c := event(t, open(t, "tax_id_meta: _vat\n"), "customer.updated", fixture(t, "customer"))
	want := &erpbridge.Customer{
		ID: "31", FirstName: "Jördis", LastName: "Öztürk", Company: "Lichtblick & Söhne", Email: "joerdis@example.com", Phone: "+49 555 0111",
		TaxID: "DE123456789", Group: "customer", UpdatedAt: time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC),
		Addresses: []erpbridge.Address{{
			Name: "Jördis Öztürk", Company: "Lichtblick & Söhne", Street1: "Am Markt 3", City: "Görlitz", Postcode: "02826", Country: "DE", Phone: "+49 555 0111",
		}},
	}
	if diff := cmp.Diff(want, c.Customer, cmp.Comparer(time.Time.Equal)); diff != "" || c.Stream != "customer/31" || !c.Version.At.Equal(want.UpdatedAt) {
		t.Errorf("%s %s\n%s", c.Stream, c.Version, diff)
	}
	// Never changed: WooCommerce says null.
	body := changed(t, changed(t, fixture(t, "customer"), `"2026-11-01T11:00:00"`, "null"), `"2026-11-01T12:00:00"`, "null")
	if c = event(t, open(t, ""), "customer.updated", body); !c.Version.At.Equal(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("never changed: %s", c.Version)
	}
}

func TestProduct(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	simple := event(t, s, "product.updated", fixture(t, "product"))
	eur := func(amount string) erpbridge.Money { return money(t, amount, "EUR") }
	want := &erpbridge.Product{
		ID: "501", Title: "Lampe &amp; Schirm", Kind: "simple", Vendor: "Söhne", Status: "publish", Tags: []string{"licht"},
		UpdatedAt: time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC),
		Variants: []erpbridge.Variant{{
			ID: "501", SKU: "LAMPE", Barcode: "4006381333931", Price: eur("29.9"), ListPrice: eur("35"), Taxable: true,
			Weight: decimal(t, "1.25"), InventoryID: "501", Tracked: true,
		}},
	}
	same := []cmp.Option{cmp.Comparer(time.Time.Equal), cmp.Comparer(func(a, b erpbridge.Decimal) bool { return a.Equal(b) })}
	if diff := cmp.Diff(want, simple.Product, same...); diff != "" || simple.Stream != "product/501" {
		t.Errorf("%s\n%s", simple.Stream, diff)
	}
	// A sale changes the stock and nothing else.
	sold := event(t, s, "product.updated", changed(t, fixture(t, "product"), `"stock_quantity": 7`, `"stock_quantity": 6`))
	if sold.Version.Digest != simple.Version.Digest {
		t.Error("another product after each sale")
	}
	variable := event(t, s, "product.updated", fixture(t, "product-variable"))
	if v := variable.Product.Variants; len(v) != 2 || v[0].ID != "511" || v[1].ID != "512" {
		t.Errorf("variants: %+v", v)
	}
	variation := event(t, s, "product.updated", fixture(t, "product-variation"))
	if v := variation.Product.Variants[0]; variation.Stream != "product/502" || variation.Resource != "product/511" || !v.Tracked || v.Options[0].Value != "S" {
		t.Errorf("variation: %s in %s, %+v", variation.Resource, variation.Stream, v)
	}
	bundle := event(t, s, "product.updated", fixture(t, "product-bundle")).Product.Variants[0].Components
	parts := []erpbridge.BundlePart{{ProductID: "501", Quantity: decimal(t, "2")}, {ProductID: "502", Quantity: decimal(t, "1")}}
	if diff := cmp.Diff(parts, bundle, same...); diff != "" {
		t.Errorf("bundle:\n%s", diff)
	}
	if v := event(t, open(t, ""), "product.updated", fixture(t, "product")).Product.Variants[0]; v.Price != (erpbridge.Money{}) {
		t.Errorf("a price in nobody's currency: %s", v.Price)
	}
	if e := event(t, s, "product.updated", changed(t, fixture(t, "product"), `"publish"`, `"trash"`)); e.Type != erpbridge.ProductDeleted || !e.Product.Deleted {
		t.Errorf("in the trash: %s", e.Type)
	}
	if _, err := s.Normalize(message("product.created", changed(t, fixture(t, "product"), `"publish"`, `"auto-draft"`))); erpbridge.KindOf(err) != erpbridge.Ignored {
		t.Errorf("a draft: %v", err)
	}
}
