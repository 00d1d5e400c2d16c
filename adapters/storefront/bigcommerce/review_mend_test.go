package bigcommerce_test

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

const (
	reviewHead = `"id":7,"status_id":11,"payment_status":"captured","date_created":"Sat, 28 Mar 2026 23:30:00 +0000","date_modified":"Sun, 29 Mar 2026 10:00:00 +0000",
"default_currency_code":"EUR","is_tax_inclusive_pricing":true,"total_inc_tax":"11.9000","total_ex_tax":"10.0000"`
	reviewLines = `[{"id":1,"sku":"MUG","quantity":1,"price_inc_tax":"11.9000","price_ex_tax":"10.0000","total_inc_tax":"11.9000","total_ex_tax":"10.0000","total_tax":"1.9000"}]`
	reviewLinks = `"products":{"url":"https://api.example.com/orders/7/products","resource":"/orders/7/products"},"coupons":{"url":"u","resource":"/orders/7/coupons"}`
)

// TestBareOrder: an order as GET /v2/orders/{id} answers it is understood as far as it
// goes, and what it lacks is said.
func TestBareOrder(t *testing.T) {
	s := reviewed(t, "")
	for _, c := range []struct {
		topic, body string
		want        erpbridge.Kind
		says        string
	}{
		{"store/order/created", "{" + reviewHead + "," + reviewLinks + "}", erpbridge.Invalid, "products: is missing, or only a link"},
		{"store/order/updated", "{" + reviewHead + "}", erpbridge.Invalid, "products: is missing, or only a link"},
		{"store/order/updated", "{" + reviewHead + `,"products":[]}`, "", ""},
		{"store/order/updated", "{" + reviewHead + `,"products":` + reviewLines + "}", "", ""},
		{"store/order/statusUpdated", strings.Replace("{"+reviewHead+","+reviewLinks+"}", `"status_id":11`, `"status_id":0`, 1), erpbridge.Ignored, "incomplete"},
		{"store/order/refund/created", "{" + reviewHead + "," + reviewLinks + "}", erpbridge.Invalid, "refunds: is missing"},
		{"store/customer/updated", "{" + reviewHead + "," + reviewLinks + "}", erpbridge.Invalid, "customer: is missing"},
		{"store/order/updated", "{" + reviewHead + `,"id":8}`, erpbridge.Invalid, "id"}, // twice
		{"store/order/updated", "[{" + reviewHead + "," + reviewLinks + "}]", erpbridge.Invalid, "array"},
		{"store/order/updated", "{" + reviewHead + `,"scope":"store/cart/created","data":{}}`, erpbridge.Invalid, "scope"},
		{"order", "{" + reviewHead + "}", erpbridge.Ignored, "such as store/order/created"},
		{"orders", "{" + reviewHead + "}", erpbridge.Ignored, "such as store/order/created"},
	} {
		es, err := s.Normalize(reviewMessage(c.topic, []byte(c.body)))
		if erpbridge.KindOf(err) != c.want || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %.300s: %v", c.topic, c.body, err)
			continue
		}
		if err == nil {
			o := es[0].Order
			if o.ID != "7" || o.Total.String() != "11.90 EUR" || (len(o.Lines) == 1) != o.Sum().Equal(o.Total) {
				t.Errorf("%s: %+v", c.topic, o)
			}
		}
	}
	document := `{"order":{` + reviewHead + "," + reviewLinks + `},"products":` + reviewLines + "}"
	whole, err := s.Normalize(reviewMessage("store/order/updated", []byte(document)))
	alone, err2 := s.Normalize(reviewMessage("store/order/updated", []byte("{"+reviewHead+`,"products":`+reviewLines+"}")))
	if err != nil || err2 != nil || whole[0].Version != alone[0].Version {
		t.Errorf("%v and %v (%v, %v)", whole, alone, err, err2)
	}
	// 23:30 UTC is the next day in Berlin, on the night to summer time.
	if day := whole[0].Order.PostingDate; day != "2026-03-29" {
		t.Errorf("posted on %s", day)
	}
}

// TestTaxOfAnOrder: prices with tax add up without it, so that nobody would see it missing.
func TestTaxOfAnOrder(t *testing.T) {
	for _, c := range []struct{ head, want string }{
		{reviewHead + `,"total_tax":"1.9000"`, "1.90"},
		{reviewHead, "1.90"},
		{reviewHead + `,"total_tax":null`, "1.90"},
		{strings.Replace(reviewHead, `,"total_ex_tax":"10.0000"`, "", 1), "1.90"}, // the line's
		{reviewHead + `,"total_tax":"0.0000"`, "0.00"},                            // the store says so
	} {
		es, err := reviewed(t, "").Normalize(reviewMessage("store/order/updated", []byte(`{"order":{`+c.head+`},"products":`+reviewLines+"}")))
		if err != nil {
			t.Fatal(err)
		}
		if o := es[0].Order; o.TaxTotal.Plain() != c.want || !o.Sum().Equal(o.Total) {
			t.Errorf("%s: tax %s, comes to %s of %s", c.head, o.TaxTotal, o.Sum(), o.Total)
		}
	}
}

// TestAmountsAsFloats: the store's numbers may have the noise of binary floating point.
func TestAmountsAsFloats(t *testing.T) {
	head := strings.NewReplacer(`"11.9000"`, `11.900000000000002`, `"10.0000"`, `9.9999999999999982`).Replace(reviewHead)
	body := `{"order":{` + head + `},"products":` + reviewLines + `,"transactions":[{"id":1,"event":"purchase","amount":11.900000000000002,"currency":"EUR","date_created":"2026-03-29T10:00:00+00:00"}]}`
	es, err := reviewed(t, "").Normalize(reviewMessage("store/order/updated", []byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	if o := es[0].Order; o.Total.String() != "11.90 EUR" || !o.Sum().Equal(o.Total) || o.TaxTotal.Plain() != "1.90" || o.Payments[0].Amount.Plain() != "11.90" {
		t.Errorf("%+v", o)
	}
}

// TestVariantOfStock: a variant's id names a stream, so that it is one or the message is
// not understood.
func TestVariantOfStock(t *testing.T) {
	for id, want := range map[string]string{
		`5`: "inventory/variant-5@", `"5"`: "inventory/variant-5@", `5.0`: "inventory/variant-5@", `0`: "inventory/product-9@", `null`: "inventory/product-9@", `""`: "inventory/product-9@",
		`true`: "", `[]`: "", `{}`: "", `-1`: "", `"5@x"`: "", `123456789012345678901`: "",
	} {
		body := `{"scope":"store/sku/inventory/updated","producer":"stores/abc123","created_at":1795428000,"data":{"type":"sku","id":3,"inventory":{"product_id":9,"method":"absolute","value":4,"variant_id":` + id + `}}}`
		es, err := reviewed(t, "").Normalize(reviewMessage("store/sku/inventory/updated", []byte(body)))
		got := ""
		if err == nil {
			got = es[0].Stream
		}
		if got != want || err != nil && erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s is in %q, want %q (%v)", id, got, want, err)
		}
	}
}
