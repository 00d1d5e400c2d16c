package shopify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

func dec(s string) erpbridge.Decimal { return udecimal.MustParse(s) }

func usd(s string) erpbridge.Money { return erpbridge.Money{Amount: dec(s), Currency: "USD"} }

// TestOrder compares every field of a whole order.
func TestOrder(t *testing.T) {
	const body = `{
		"id": 820982911946154508, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
		"name": "#1001", "order_number": 1001, "po_number": "PO-7", "test": false,
		"created_at": "2026-03-01T10:00:00-05:00", "processed_at": "2026-03-01T09:59:58-05:00", "updated_at": "2026-03-01T10:00:03-05:00",
		"cancelled_at": null, "currency": "USD", "presentment_currency": "CAD", "taxes_included": false, "duties_included": false,
		"total_price": "135.16",
		"total_price_set": {"shop_money": {"amount": "135.16", "currency_code": "USD"}, "presentment_money": {"amount": "188.53", "currency_code": "CAD"}},
		"total_tax": "8.16", "total_outstanding": "37.16",
		"original_total_duties_set": {"shop_money": {"amount": "12.00", "currency_code": "USD"}, "presentment_money": {"amount": "16.49", "currency_code": "CAD"}},
		"original_total_additional_fees_set": {"shop_money": {"amount": "2.00", "currency_code": "USD"}},
		"financial_status": "partially_paid", "payment_gateway_names": ["gift_card", "", "shopify_payments"],
		"email": "ada@example.com", "phone": "+1 555 0100",
		"customer": {
			"id": "gid://shopify/Customer/42", "first_name": "Ada", "last_name": "Byron", "email": "ada.b@example.com", "phone": null, "tax_exempt": true,
			"default_address": {"company": "Analytical Ltd"}
		},
		"billing_address": {
			"name": null, "first_name": "Ada", "last_name": "Byron", "company": "Analytical Ltd", "address1": "1 Example St", "address2": "Flat 2",
			"city": "Albany", "province": "New York", "province_code": "NY", "zip": 12207, "country": "United States", "country_code": "us", "phone": "+1 555 0101"
		},
		"shipping_address": {"name": "Receiving", "address1": "2 Example St", "city": "Toronto", "province": "Ontario", "province_code": "", "zip": "M5V 1A1", "country": "CA"},
		"line_items": [
			{
				"id": 1, "sku": "007", "product_id": 11, "variant_id": 12, "title": "Engine", "name": "Engine - brass", "gift_card": false,
				"quantity": 3, "current_quantity": 2, "price": "33.33", "total_discount": "99.00",
				"price_set": {"shop_money": {"amount": "33.33", "currency_code": "USD"}, "presentment_money": {"amount": "45.81", "currency_code": "CAD"}},
				"discount_allocations": [
					{"amount": "9.99", "discount_application_index": 0},
					{"amount_set": {"shop_money": {"amount": "1.00", "currency_code": "USD"}}, "discount_application_index": "1"}
				],
				"tax_lines": [{"title": "State", "rate": 0.08, "price": "7.12"}, {"title": "City", "rate": 5e-3, "price": 0.24}]
			},
			{"id": 2, "title": "Gift", "gift_card": true, "quantity": "1", "price": 15, "product_id": 13, "variant_id": 14},
			{"id": 3, "title": "tip", "quantity": 1, "price": "3.00", "product_id": null, "variant_id": null},
			{"id": 4, "title": "Tip", "quantity": 1, "price": "0.00", "product_id": 9}
		],
		"shipping_lines": [{
			"title": "Express", "code": "EXP", "price": "10.00", "is_removed": false,
			"discount_allocations": [{"amount": "4.00", "discount_application_index": 2}], "tax_lines": [{"title": "State", "rate": "0.08", "price": "0.80"}]
		}],
		"tax_lines": [{"title": "State", "rate": 0.08, "price": "7.92"}, {"title": "City", "rate": 0.005, "price": "0.24"}],
		"discount_applications": [{"code": "TEN", "title": "not this"}, {"title": "Spring", "description": "not this"}, {"description": "By hand"}],
		"note": "Ring twice", "note_attributes": [{"name": "gift", "value": true}, {"name": "slot", "value": 3}], "tags": "vip,  new , ,EU"
	}`
	at := time.FixedZone("", -5*3600)
	want := &erpbridge.Order{
		ID: "820982911946154508", Number: "#1001", PO: "PO-7",
		PlacedAt: time.Date(2026, 3, 1, 10, 0, 0, 0, at), UpdatedAt: time.Date(2026, 3, 1, 10, 0, 3, 0, at), PostingDate: "2026-03-01",
		Currency: "USD", Presentment: "CAD",
		Customer: &erpbridge.Customer{ID: "42", FirstName: "Ada", LastName: "Byron", Company: "Analytical Ltd", Email: "ada.b@example.com", TaxExempt: true},
		Email:    "ada@example.com", Phone: "+1 555 0100",
		BillTo: &erpbridge.Address{
			Name: "Ada Byron", Company: "Analytical Ltd", Street1: "1 Example St", Street2: "Flat 2", City: "Albany", Region: "NY",
			Postcode: "12207", Country: "US", Phone: "+1 555 0101",
		},
		ShipTo: &erpbridge.Address{Name: "Receiving", Street1: "2 Example St", City: "Toronto", Region: "Ontario", Postcode: "M5V 1A1", Country: "CA"},
		Lines: []erpbridge.Line{
			{
				ID: "1", SKU: "007", ProductID: "11", VariantID: "12", Title: "Engine", Kind: erpbridge.Item, Quantity: dec("3"), Current: dec("2"), Unit: usd("33.33"),
				Discounts: []erpbridge.Discount{{Code: "TEN", Title: "TEN", Amount: usd("9.99")}, {Title: "Spring", Amount: usd("1")}},
				Taxes:     []erpbridge.Tax{{Title: "State", Rate: dec("0.08"), Amount: usd("7.12")}, {Title: "City", Rate: dec("0.005"), Amount: usd("0.24")}},
			},
			{ID: "2", ProductID: "13", VariantID: "14", Title: "Gift", Kind: erpbridge.GiftCard, Quantity: dec("1"), Current: dec("1"), Unit: usd("15")},
			{ID: "3", Title: "tip", Kind: erpbridge.Tip, Quantity: dec("1"), Current: dec("1"), Unit: usd("3")},
			{ID: "4", ProductID: "9", Title: "Tip", Kind: erpbridge.Item, Quantity: dec("1"), Current: dec("1"), Unit: usd("0")},
		},
		Shipping: []erpbridge.ShippingLine{{
			Title: "Express", Code: "EXP", Price: usd("10"), Discounts: []erpbridge.Discount{{Title: "By hand", Amount: usd("4")}},
			Taxes: []erpbridge.Tax{{Title: "State", Rate: dec("0.08"), Amount: usd("0.8")}},
		}},
		Taxes:    []erpbridge.Tax{{Title: "State", Rate: dec("0.08"), Amount: usd("7.92")}, {Title: "City", Rate: dec("0.005"), Amount: usd("0.24")}},
		Charges:  []erpbridge.Charge{{Kind: erpbridge.Duty, Amount: usd("12")}, {Kind: erpbridge.Fee, Amount: usd("2")}},
		TaxTotal: usd("8.16"), Total: usd("135.16"), Outstanding: usd("37.16"),
		PaymentStatus: erpbridge.PartiallyPaid, Gateways: []string{"gift_card", "shopify_payments"},
		Note: "Ring twice", Attributes: []erpbridge.Attribute{{Name: "gift", Value: "true"}, {Name: "slot", Value: "3"}}, Tags: []string{"vip", "new", "EU"},
	}
	s := open(t, "")
	got := order(t, s, "orders/updated", []byte(body))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !got.Sum().Equal(got.Total) {
		t.Errorf("parts come to %s, the total is %s", got.Sum(), got.Total)
	}
}

// TestOrderWithoutAnything reads an order that has only what is required, with
// every other member missing, null or empty.
func TestOrderWithoutAnything(t *testing.T) {
	s := open(t, "")
	want := order(t, s, "orders/updated", []byte(small))
	if want.Customer != nil || want.BillTo != nil || want.ShipTo != nil || want.Gateways != nil || want.Tags != nil || want.Attributes != nil {
		t.Errorf("something was made up: %+v", want)
	}
	if want.PaymentStatus != erpbridge.Unpaid || want.Presentment != "EUR" || want.Lines[0].Kind != erpbridge.Item {
		t.Errorf("status %s, presentment %s, kind %s", want.PaymentStatus, want.Presentment, want.Lines[0].Kind)
	}
	members := []string{
		"po_number", "test", "created_at", "processed_at", "presentment_currency", "taxes_included", "duties_included", "tax_exempt",
		"total_price_set", "total_tax", "total_tax_set", "total_outstanding", "original_total_duties_set", "original_total_additional_fees_set",
		"financial_status", "payment_gateway_names", "gateway", "email", "contact_email", "phone", "customer", "billing_address", "shipping_address",
		"shipping_lines", "tax_lines", "discount_applications", "discount_codes", "note", "note_attributes", "tags",
	}
	for _, nothing := range []string{`null`, `""`} {
		got := order(t, s, "orders/updated", with(`"`+strings.Join(members, `":`+nothing+`,"`)+`":`+nothing))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("all %s:\n%s", nothing, diff)
		}
	}
	empty := order(t, s, "orders/updated", with(`"customer":{},"billing_address":{"city":null},"shipping_address":[],"shipping_lines":{},"tags":[],"note_attributes":[]`))
	if diff := cmp.Diff(want, empty); diff != "" {
		t.Errorf("all empty:\n%s", diff)
	}
}

func TestPostingDate(t *testing.T) {
	at := func(processed, created string) []byte {
		return with(`"processed_at":` + processed + `,"created_at":` + created)
	}
	const late, early = `"2026-01-31T23:30:00-05:00"`, `"2026-02-01T00:30:00+01:00"`
	tests := map[string]struct {
		conf string
		body []byte
		want string
	}{
		"its own offset":             {"", at(late, "null"), "2026-01-31"},
		"processed first":            {"", at(late, early), "2026-01-31"},
		"created if so set":          {"posting_date: created\n", at(late, early), "2026-02-01"},
		"created if not processed":   {"", at("null", early), "2026-02-01"},
		"processed if not created":   {"posting_date: created\n", at(late, "null"), "2026-01-31"},
		"updated if neither":         {"", []byte(small), "2026-03-01"},
		"the shop's day, later":      {"time_zone: Australia/Melbourne\n", at(late, "null"), "2026-02-01"},
		"the shop's day, earlier":    {"time_zone: America/Los_Angeles\n", at(early, "null"), "2026-01-31"},
		"UTC":                        {"time_zone: UTC\n", at(early, "null"), "2026-01-31"},
		"the night clocks go back":   {"time_zone: Europe/Berlin\n", at(`"2026-10-24T22:30:00Z"`, "null"), "2026-10-25"},
		"the night clocks go ahead":  {"time_zone: Europe/Berlin\n", at(`"2026-03-28T22:59:59Z"`, "null"), "2026-03-28"},
		"an hour of that night":      {"time_zone: Europe/Berlin\n", at(`"2026-03-28T23:00:00Z"`, "null"), "2026-03-29"},
		"a leap second before noon?": {"time_zone: Asia/Tokyo\n", at(`"2016-12-31T23:59:60Z"`, "null"), "2017-01-01"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := order(t, open(t, tt.conf), "orders/updated", tt.body).PostingDate; got != tt.want {
				t.Errorf("posted on %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPaymentStatus(t *testing.T) {
	for status, want := range map[string]erpbridge.PaymentStatus{
		"pending": erpbridge.Unpaid, "authorized": erpbridge.Unpaid, "expired": erpbridge.Unpaid, "partially_paid": erpbridge.PartiallyPaid,
		"paid": erpbridge.Paid, "PAID": erpbridge.Paid, "partially_refunded": erpbridge.Refunded, "refunded": erpbridge.Refunded, "voided": erpbridge.Voided,
	} {
		if got := order(t, open(t, ""), "orders/updated", with(`"financial_status":"`+status+`"`)).PaymentStatus; got != want {
			t.Errorf("%s is %s, want %s", status, got, want)
		}
	}
}

func TestTipTitles(t *testing.T) {
	body := but(t, `"title":"Mug"`, `"title":"Trinkgeld"`)
	for conf, want := range map[string]erpbridge.LineKind{
		"": erpbridge.Item, "tip_titles: [Tip, TRINKGELD]\n": erpbridge.Tip, "tip_titles: []\n": erpbridge.Item,
	} {
		if got := order(t, open(t, conf), "orders/updated", body).Lines[0].Kind; got != want {
			t.Errorf("%q: %s, want %s", conf, got, want)
		}
	}
	if got := order(t, open(t, "tip_titles: []\n"), "orders/updated", but(t, `"Mug"`, `"Tip"`)).Lines[0].Kind; got != erpbridge.Item {
		t.Errorf("no tip titles at all, and still a %s", got)
	}
}

func TestTags(t *testing.T) {
	for tags, want := range map[string][]string{
		`"a, b"`: {"a", "b"}, `["a","b, c"," "]`: {"a", "b, c"}, `7`: {"7"}, `null`: nil, `" , "`: nil,
	} {
		if got := order(t, open(t, ""), "orders/updated", with(`"tags":`+tags)).Tags; !cmp.Equal(got, want) {
			t.Errorf("%s became %q", tags, got)
		}
	}
}

func TestStrippedCharactersAreRecorded(t *testing.T) {
	body := with(`"note":"a\u0000b\tc\r\nd\u001f","tags":"x\u0001","customer":{"first_name":"\ufffe\uffffZoë\u007f\u0085\ufeff"},"note_attributes":[{"name":"n","value":"👩🏽‍💻\u202e"}]`)
	o := order(t, open(t, ""), "orders/updated", body)
	if o.Note != "ab\tc\r\nd" || o.Tags[0] != "x" || o.Customer.FirstName != "Zoë\u007f\u0085\ufeff" {
		t.Errorf("note %q, tag %q, name %q", o.Note, o.Tags, o.Customer.FirstName)
	}
	want := []erpbridge.Attribute{
		{Name: "n", Value: "👩🏽‍💻\u202e"},
		{Name: "erpbridge.stripped-characters", Value: "5 in note,tags,customer.first_name"},
	}
	if diff := cmp.Diff(want, o.Attributes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStrippedCharactersRecordIsBounded(t *testing.T) {
	items := strings.Repeat(`{"title":"\u0001","sku":"\u0002","quantity":1,"price":"0.00"},`, 500)
	body := but(t, `[{"id":7,`, `[`+items+`{"id":7,`)
	o := order(t, open(t, ""), "orders/updated", body)
	got := o.Attributes[0].Value
	if !strings.HasPrefix(got, "1000 in line_items[0].sku,line_items[0].title,") || len(got) > 300 {
		t.Errorf("record: %s", got)
	}
}
