package woocommerce_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestRefund(t *testing.T) {
	e := event(t, open(t, ""), "refund.created", fixture(t, "refund-enveloped"))
	eur := func(amount string) erpbridge.Money { return money(t, amount, "EUR") }
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.FixedZone("", 3600))
	want := &erpbridge.Refund{
		ID: "2107", OrderID: "1107", OrderNumber: "1107", At: at, PostingDate: "2026-11-24", Currency: "EUR", Presentment: "EUR", Reason: "broken",
		Lines: []erpbridge.RefundLine{{
			ID: "71", LineID: "61", SKU: "SKU-71", ProductID: "571", Title: "Vase", Quantity: decimal(t, "1"), Amount: eur("25"), Tax: eur("4.75"),
		}},
		Payments: []erpbridge.Payment{{ID: "2107", Gateway: "bacs", Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: eur("29.75"), At: at}},
	}
	if diff := cmp.Diff(want, e.Refund, cmp.Comparer(time.Time.Equal), cmp.Comparer(func(a, b erpbridge.Decimal) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("the refund:\n%s", diff)
	}
	if e.Stream != "order/1107" || e.Resource != "refund/2107" || !e.Version.At.Equal(at) || storefronttest.Off(e) != "" {
		t.Errorf("%s in %s, %s, off by %q", e.Resource, e.Stream, e.Version, storefronttest.Off(e))
	}
}

func TestRefunds(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	bare := event(t, s, "refund.created", fixture(t, "refund"))
	if bare.Refund.OrderID != "1107" || storefronttest.Off(bare) != "" {
		t.Errorf("bare: of order %q, off by %q", bare.Refund.OrderID, storefronttest.Off(bare))
	}
	costs := event(t, s, "refund.created", fixture(t, "refund-shipping-and-fee"))
	if r := costs.Refund; storefronttest.Off(costs) != "" || r.Shipping[0].Tax.Plain() != "0.95" || r.Charges[0].Amount.Plain() != "2.00" || r.Payments[0].Gateway != "manual" {
		t.Errorf("shipping and fee: off by %q, %+v", storefronttest.Off(costs), r)
	}
	typed := event(t, s, "refund.created", fixture(t, "refund-amount-only"))
	if r := typed.Refund; storefronttest.Off(typed) != "" || len(r.Adjustments) != 1 || r.Adjustments[0].Amount.Plain() != "3.00" {
		t.Errorf("an amount alone: off by %q, %+v", storefronttest.Off(typed), r)
	}
	// Lines that are not the amount stay what they are.
	off := event(t, s, "refund.created", changed(t, fixture(t, "refund"), `"amount": "29.75"`, `"amount": "30.00"`))
	if storefronttest.Off(off) != "0.25" || len(off.Refund.Adjustments) != 0 {
		t.Errorf("off by %q, %+v", storefronttest.Off(off), off.Refund.Adjustments)
	}
	if _, err := open(t, "").Normalize(message("refund.created", fixture(t, "refund"))); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "default_currency") {
		t.Errorf("without a currency: %v", err)
	}
	body := changed(t, fixture(t, "refund"), "/orders/1107\"", "/orders/\"")
	if _, err := s.Normalize(message("refund.created", body)); erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), "order_id") {
		t.Errorf("without an order: %v", err)
	}
	body = changed(t, body, `"id": 2107`, `"id": 2107, "parent_id": 1107`)
	if e := event(t, s, "refund.created", body); e.Stream != "order/1107" {
		t.Errorf("of the order %s", e.Stream)
	}
}

// TestShapesOfRefunds: what plugins make of a refund's members is read, or seen in the
// difference.
func TestShapesOfRefunds(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	const line = `"line_items":[{"id":1,"quantity":-1,"total":"-10.00","total_tax":"-2.00"}]`
	for name, tt := range map[string]struct{ members, off string }{
		"as WooCommerce writes it":    {`"amount":"12.00",` + line, ""},
		"an amount with its sign":     {`"amount":"-12.00",` + line, ""},
		"a sign, and no line":         {`"amount":-12,"line_items":[]`, ""},
		"amounts as floats":           {`"amount":11.999999999999998,"line_items":[{"id":1,"quantity":-1,"total":-10.000000000000002,"total_tax":-2}]`, ""},
		"transport without an amount": {`"amount":"12.00","shipping_lines":[{"id":2,"total":"","total_tax":""}],` + line, ""},
		"a fee without an amount":     {`"amount":"12.00","fee_lines":[{"id":2,"total":null,"total_tax":null}],` + line, ""},
		"a fee for taking it back":    {`"amount":"7.00","fee_lines":[{"id":2,"name":"Restocking","total":"5.00"}],` + line, ""},
		"lines that come to nothing":  {`"amount":"12.00","line_items":[{"id":1,"quantity":-1,"total":"0.00"}]`, "12.00"},
		"lines with another sign":     {`"amount":"12.00","line_items":[{"id":1,"quantity":1,"total":"10.00","total_tax":"2.00"}]`, "24.00"},
	} {
		body := `{"id":9,"order_id":1,"date_created_gmt":"2026-11-23T10:00:00",` + tt.members + `}`
		if off := storefronttest.Off(event(t, s, "refund.created", []byte(body))); off != tt.off {
			t.Errorf("%s: off by %q, want %q", name, off, tt.off)
		}
	}
}

// TestOrderWithRefunds: what an order says of its refunds makes it refunded, and is a
// refund only where it is all of it.
func TestOrderWithRefunds(t *testing.T) {
	s := open(t, "")
	e := event(t, s, "order.updated", fixture(t, "order-refunded-in-part"))
	if e.Order.PaymentStatus != erpbridge.Refunded || e.Order.Remaining.Plain() != "29.75" || e.Order.Total.Plain() != "59.50" {
		t.Errorf("%s, %s of %s", e.Order.PaymentStatus, e.Order.Remaining, e.Order.Total)
	}
	full := strings.TrimSpace(string(fixture(t, "refund")))
	full = strings.Replace(full, "{", `{"total": "-29.75",`, 1)
	body := changed(t, fixture(t, "order-refunded-in-part"), `"refunds": [`, `"refunds": [`+full+",")
	events, err := s.Normalize(message("order.updated", body))
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if r := events[1].Refund; r == nil || r.Currency != "EUR" || events[1].Resource != "refund/2107" || events[1].Stream != "order/1107" {
		t.Errorf("%+v", events[1])
	}
	// It is the same state as the one that is polled.
	if polled := event(t, s, "refund.created", fixture(t, "refund-enveloped")); polled.Version != events[1].Version {
		t.Errorf("two versions of one refund: %s, %s", polled.Version, events[1].Version)
	}
}
