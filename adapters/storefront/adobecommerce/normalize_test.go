package adobecommerce_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// small is a sound order; with returns it with a member more, or another value for one.
const small = `{"entity_id":7,"increment_id":"000000007","created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00",` +
	`"base_currency_code":"EUR","order_currency_code":"EUR","base_grand_total":12.5,` +
	`"items":[{"item_id":1,"order_id":7,"sku":"MUG","product_type":"simple","qty_ordered":1,"base_price":12.5,"base_row_total":12.5}]}`

func with(pairs ...string) []byte {
	body := small
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(body, pairs[i]) {
			panic("the small order has no " + pairs[i])
		}
		body = strings.Replace(body, pairs[i], pairs[i+1], 1)
	}
	return []byte(body)
}

// TestTopics: an event is known by what stands behind the shop's and the module's names.
func TestTopics(t *testing.T) {
	s := open(t, "")
	for typ, want := range map[string]erpbridge.Kind{
		"order":                                  "",
		"sales_order_save_after":                 "",
		"observer.sales_order_save_commit_after": "",
		"com.adobe.commerce.observer.sales_order_save_commit_after":             "",
		"com.adobe.commerce.loden.stage.observer.sales_order_save_commit_after": "",
		"com.adobe.commerce.plugin.magento.sales.api.order_repository.save":     "",
		"com.adobe.commerce.plugin.sales.api.order_management.place":            "",
		"com.adobe.commerce.observer.sales_order_save_commit_after_large":       erpbridge.Ignored,
		"com.adobe.commerce.observer.sales_order_invoice_save_commit_after":     erpbridge.Ignored,
		"com.adobe.commerce.plugin.magento.sales.api.order_repository.get_list": erpbridge.Ignored,
		"com.adobe.commerce.observer.catalog_category_save_commit_after":        erpbridge.Ignored,
		"":        erpbridge.Ignored,
		".":       erpbridge.Ignored,
		"invoice": erpbridge.Ignored,
		"payment": erpbridge.Ignored,
	} {
		_, err := s.Normalize(message(typ, with()))
		if erpbridge.KindOf(err) != want {
			t.Errorf("%q: %v", typ, err)
		}
	}
}

// TestIdentity: the same order has the same name however much of it is told.
func TestIdentity(t *testing.T) {
	s := open(t, "")
	none := []string{`"entity_id":7,`, ``}
	for name, test := range map[string]struct {
		body []byte
		want string // in the error; "" for an order 7
	}{
		"entity_id":         {with(), ""},
		"as a text":         {with(`"entity_id":7`, `"entity_id":"7"`), ""},
		"of its items":      {with(none...), ""},
		"of its payment":    {with(append(none, `"order_id":7,`, ``, `"items"`, `"payment":{"parent_id":"7","entity_id":99},"items"`)...), ""},
		"of its addresses":  {with(append(none, `"order_id":7,`, ``, `"items"`, `"addresses":[{"parent_id":7,"entity_id":99}],"items"`)...), ""},
		"of nothing":        {with(append(none, `"order_id":7,`, ``)...), "entity_id: is missing"},
		"of two":            {with(append(none, `"items"`, `"payment":{"parent_id":8},"items"`)...), "payment.parent_id: is 8"},
		"nothing that is 0": {with(`"entity_id":7`, `"entity_id":0`), "entity_id: "},
		"no number":         {with(`"entity_id":7`, `"entity_id":"x7"`), "entity_id: "},
	} {
		events, err := s.Normalize(message("order", test.body))
		switch {
		case test.want == "" && (err != nil || events[0].Stream != "order/7" || events[0].Order.Number != "000000007"):
			t.Errorf("%s: %v, %v", name, events, err)
		case test.want != "" && (erpbridge.KindOf(err) != erpbridge.Invalid || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOutcomes(t *testing.T) {
	const memo = `{"entity_id":1,"order_id":2,"base_currency_code":"EUR","base_grand_total":1,"created_at":"2026-03-01 10:00:00","items":[{"qty":1,"base_row_total":1}]`
	for name, test := range map[string]struct {
		typ, body string
		kind      erpbridge.Kind
		reason    string
	}{
		"no currency":        {"order", string(with(`"base_currency_code":"EUR","order_currency_code":"EUR",`, ``)), erpbridge.Held, "set default_currency"},
		"no such currency":   {"order", string(with(`"base_currency_code":"EUR"`, `"base_currency_code":"EURO"`)), erpbridge.Invalid, "base_currency_code: "},
		"no such other one":  {"order", string(with(`"order_currency_code":"EUR"`, `"order_currency_code":"X"`)), erpbridge.Invalid, "order_currency_code: "},
		"no total":           {"order", string(with(`"base_grand_total":12.5,`, ``)), erpbridge.Invalid, "base_grand_total: is missing"},
		"no items":           {"order", string(with(`"items"`, `"x"`)), erpbridge.Invalid, "items: is missing"},
		"no quantity":        {"order", string(with(`"qty_ordered":1,`, ``)), erpbridge.Invalid, "items[0].qty_ordered: is missing"},
		"no time":            {"order", string(with(`"created_at":"2026-03-01 10:00:00","updated_at":"2026-03-01 10:00:00",`, ``)), erpbridge.Invalid, "updated_at: is missing"},
		"no such time":       {"order", string(with(`"updated_at":"2026-03-01`, `"updated_at":"2026-02-30`)), erpbridge.Invalid, "updated_at: "},
		"half a cent":        {"order", string(with(`"base_grand_total":12.5`, `"base_grand_total":12.505`)), erpbridge.Invalid, "base_grand_total: "},
		"noise of nothing":   {"order", string(with(`"base_grand_total":12.5`, `"base_grand_total":12.500000012345`)), erpbridge.Invalid, "base_grand_total: "},
		"items as a text":    {"order", string(with(`"items":[`, `"items":"x","y":[`)), erpbridge.Invalid, "items"},
		"a REST answer":      {"order", `{"message":"%1","parameters":["x"]}`, erpbridge.Invalid, "entity_id: is missing"},
		"no data.value":      {codeSave, `{"data":{"order":` + small + `}}`, erpbridge.Invalid, "data.value: is missing"},
		"several in one":     {codeSave, `{"data":{"value":[` + small + `]}}`, erpbridge.Invalid, "value"},
		"a cancelled memo":   {"creditmemo", memo + `,"state":3}`, erpbridge.Ignored, "was cancelled"},
		"a memo of no state": {"creditmemo", memo + `,"state":7}`, erpbridge.Invalid, "state: "},
		"a memo of no order": {"creditmemo", strings.Replace(memo, `"order_id":2,`, ``, 1) + `}`, erpbridge.Invalid, "order_id: "},
		"an invoice":         {"creditmemo", memo + `,"can_void_flag":0}`, erpbridge.Invalid, "can_void_flag: "},
		"no customer":        {"customer", `{"email":"a@example.com"}`, erpbridge.Invalid, "id: "},
		"no product":         {"product", `{"sku":"a"}`, erpbridge.Invalid, "id: "},
		"no stock":           {"stock_item", `{"qty":1}`, erpbridge.Invalid, "product_id: "},
	} {
		_, err := open(t, "").Normalize(message(test.typ, []byte(test.body)))
		if erpbridge.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSpellings(t *testing.T) {
	s := open(t, "default_currency: EUR\n")
	want := one(t, s, "order", with()).Version
	for name, body := range map[string][]byte{
		"noise":               with(`"base_grand_total":12.5`, `"base_grand_total":12.500000000000002`),
		"six decimals":        with(`"base_row_total":12.5`, `"base_row_total":"12.500000"`),
		"items as text":       with(`[{"item_id":1,"order_id":7,"sku":"MUG","product_type":"simple","qty_ordered":1,"base_price":12.5,"base_row_total":12.5}]`, `"[{\"item_id\":1,\"order_id\":7,\"sku\":\"MUG\",\"qty_ordered\":1,\"base_price\":12.5,\"base_row_total\":12.5}]"`),
		"items by key":        with(`"items":[{`, `"items":{"1":{`, `12.5}]`, `12.5}}`),
		"empty things":        with(`"items"`, `"payment":[],"extension_attributes":"[]","billing_address":null,"addresses":"","items"`),
		"the other half":      with(`"base_row_total"`, `"row_total"`, `"base_price"`, `"price"`, `"base_grand_total"`, `"grand_total"`),
		"default_currency":    with(`"base_currency_code":"EUR","order_currency_code":"EUR",`, ``),
		"RFC 3339":            with(`"updated_at":"2026-03-01 10:00:00"`, `"updated_at":"2026-03-01T11:00:00+01:00"`),
		"in an event":         []byte(`{"data":{"value":` + small + `}}`),
		"in an older event":   []byte(`{"event_id":"x","event":{"data":{"value":` + small + `}}}`),
		"as text in an event": []byte(fmt.Sprintf(`{"data":{"value":%q}}`, small)),
	} {
		if got := one(t, s, "order", body).Version; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestHeadOnly: discounts that only the head of an order tells are the order's.
func TestHeadOnly(t *testing.T) {
	body := with(`"base_grand_total":12.5`, `"base_grand_total":11.2,"base_discount_amount":-1.5,"base_discount_tax_compensation_amount":0.2,"discount_description":"X"`)
	o := one(t, open(t, ""), "order", body).Order
	if len(o.Discounts) != 1 || o.Discount().Plain() != "1.30" || o.Discounts[0].Title != "X" || !o.Sum().Equal(o.Total) {
		t.Errorf("%s of %s: %+v", o.Sum(), o.Total, o.Discounts)
	}
	// More than the head has is no reason to invent its opposite.
	body = with(`"base_grand_total":12.5`, `"base_grand_total":11.5,"base_discount_amount":-1`, `"base_row_total":12.5`, `"base_row_total":12.5,"base_discount_amount":3`)
	if o = one(t, open(t, ""), "order", body).Order; o.Total.Sub(o.Sum()).Plain() != "2.00" {
		t.Errorf("off by %s", o.Total.Sub(o.Sum()))
	}
	// The tax in a discount, said by the head alone.
	body = with(`"base_grand_total":12.5`, `"base_grand_total":11.7,"base_discount_amount":-1,"base_discount_tax_compensation_amount":0.2`, `"base_row_total":12.5`, `"base_row_total":12.5,"base_discount_amount":1`)
	if o = one(t, open(t, ""), "order", body).Order; !o.Sum().Equal(o.Total) || o.Charged(erpbridge.Fee).Plain() != "0.20" {
		t.Errorf("%s of %s: %+v", o.Sum(), o.Total, o.Charges)
	}
}

// TestFamilies: however items name each other, each is somewhere, and counted once.
func TestFamilies(t *testing.T) {
	item := func(id, parent, sku, total string) string {
		return fmt.Sprintf(`{"item_id":%s,"parent_item_id":%s,"sku":%q,"qty_ordered":1,"base_row_total":%s}`, id, parent, sku, total)
	}
	for name, test := range map[string]struct {
		items []string
		lines int
	}{
		"its own parent":     {[]string{item("1", "1", "A", "12.5")}, 1},
		"each other's":       {[]string{item("1", "2", "A", "10"), item("2", "1", "B", "2.5")}, 2},
		"a parent elsewhere": {[]string{item("1", "9", "A", "12.5")}, 1},
		"three generations":  {[]string{item("1", "null", "A", "12.5"), item("2", "1", "B", "0"), item("3", "2", "C", "0")}, 3},
		"amounts twice":      {[]string{item("1", "null", "A", "12.5"), item("2", "1", "A", "12.5")}, 1},
		"on the child only":  {[]string{item("1", "null", "A", "0"), item("2", "1", "A", "12.5")}, 1},
		"the child first":    {[]string{item("2", "1", "A", "12.5"), item("1", "null", "A", "12.5")}, 1},
		"one id twice":       {[]string{item("1", "null", "A", "10"), item("1", "null", "A", "2.5")}, 2},
	} {
		body := with(`"items":[{"item_id":1,"order_id":7,"sku":"MUG","product_type":"simple","qty_ordered":1,"base_price":12.5,"base_row_total":12.5}]`, `"items":[`+strings.Join(test.items, ",")+`]`)
		o := one(t, open(t, ""), "order", body).Order
		if len(o.Lines) != test.lines || !o.Sum().Equal(o.Total) {
			t.Errorf("%s: %v", name, described(o))
		}
	}
}

// TestLargeBodies: a body of a megabyte that is made to be expensive is not.
func TestLargeBodies(t *testing.T) {
	s := open(t, "")
	many := func(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	for name, items := range map[string]string{
		"empty items":  `[` + many(`{}`, 19_000) + `]`,
		"by key":       `{` + many(`"x":{}`, 15_000) + `}`,
		"too many":     `[` + many(`{}`, 350_000) + `]`,
		"bare items":   `[` + many(`{"qty_ordered":1}`, 55_000) + `]`,
		"deep":         strings.Repeat(`[`, 500_000) + strings.Repeat(`]`, 500_000),
		"a long text":  `"` + strings.Repeat(`[`, 1_000_000) + `"`,
		"many strings": `[` + many(`"x"`, 250_000) + `]`,
	} {
		body := with(`"items":[`, `"items":`+items+`,"y":[`)
		if _, err := s.Normalize(message("order", body)); erpbridge.KindOf(err) != erpbridge.Invalid || len(err.Error()) > 500 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
