package shopify_test

import (
	"testing"

	"github.com/hakooi/erpbridge"
)

func TestAmounts(t *testing.T) {
	set := func(amount, code string) string {
		return `"total_price_set":{"shop_money":{"amount":"` + amount + `","currency_code":"` + code + `"},"presentment_money":{"amount":"99.00","currency_code":"USD"}}`
	}
	tests := map[string]struct {
		members string // in place of the order's currency and total
		want    string
	}{
		"plain":                         {`"currency":"EUR","total_price":"10.00"`, "10.00 EUR"},
		"a number":                      {`"currency":"EUR","total_price":10.5`, "10.50 EUR"},
		"one decimal":                   {`"currency":"EUR","total_price":"10.5"`, "10.50 EUR"},
		"minus zero":                    {`"currency":"EUR","total_price":"-0.00"`, "0.00 EUR"},
		"from the set":                  {`"currency":"EUR",` + set("10.00", "EUR"), "10.00 EUR"},
		"the set where plain is null":   {`"currency":"EUR","total_price":null,` + set("10.00", "EUR"), "10.00 EUR"},
		"plain against a larger set":    {`"currency":"EUR","total_price":"10.00",` + set("20.00", "EUR"), "10.00 EUR"},
		"plain against another money":   {`"currency":"EUR","total_price":"10.00",` + set("10.005", "KWD"), "10.00 EUR"},
		"set with the digits plain had": {`"currency":"KWD","total_price":"1.23",` + set("1.234", "KWD"), "1.234 KWD"},
		"rounded up":                    {`"currency":"KWD","total_price":"1.24",` + set("1.235", "KWD"), "1.235 KWD"},
		"set finer than the currency":   {`"currency":"EUR","total_price":"10.01",` + set("10.005", "EUR"), "10.01 EUR"},
		"set that is no amount":         {`"currency":"EUR","total_price":"10.00",` + set("abc", "EUR"), "10.00 EUR"},
		"yen with decimals of zero":     {`"currency":"JPY","total_price":"1000.00"`, "1000 JPY"},
		"dinar":                         {`"currency":"KWD","total_price":"1.234"`, "1.234 KWD"},
		"nineteen digits":               {`"currency":"EUR","total_price":"9999999999999999999.99"`, "9999999999999999999.99 EUR"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := []byte(`{"id":1,"updated_at":"2026-03-01T10:00:00Z","line_items":[],` + tt.members + `}`)
			if got := order(t, open(t, ""), "orders/updated", body).Total.String(); got != tt.want {
				t.Errorf("total %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnitPriceFinerThanTheCurrency(t *testing.T) {
	s := open(t, "")
	o := order(t, s, "orders/updated", but(t, `"5.00"`, `"5.005"`))
	if o.Lines[0].Unit.Plain() != "5.005" || o.Lines[0].Gross().String() != "10.01 EUR" {
		t.Errorf("unit %s, line %s", o.Lines[0].Unit, o.Lines[0].Gross())
	}
	for _, line := range []string{`"quantity":3,"price":"5.005"`, `"quantity":0,"price":"5.005"`, `"quantity":2,"price":"-5.005"`} {
		if _, err := s.Normalize(message("orders/updated", but(t, `"quantity":2,"price":"5.00"`, line))); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s: %v, want it invalid", line, err)
		}
	}
}

func TestDuties(t *testing.T) {
	const line = `"quantity":2,"duties":[{"shop_money":{"amount":"3.00","currency_code":"EUR"}},{"price":"1.00"},{"price_set":{"shop_money":{"amount":"0.50","currency_code":"EUR"}}}]`
	const sum = `"original_total_duties_set":{"shop_money":{"amount":"7.00","currency_code":"EUR"}}`
	tests := map[string]struct {
		body []byte
		want string
	}{
		"none":                     {[]byte(small), "0.00"},
		"the order's sum":          {with(sum), "7.00"},
		"the lines'":               {but(t, `"quantity":2`, line), "4.50"},
		"the order's over lines'":  {but(t, `"cancelled_at":null,"line_items":[{"id":7,"title":"Mug","quantity":2`, sum+`,"line_items":[{"id":7,"title":"Mug",`+line), "7.00"},
		"in the prices":            {with(`"duties_included":true,` + sum), "0.00"},
		"the set without an order": {with(`"original_total_duties_set":{"shop_money":null}`), "0.00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := order(t, open(t, ""), "orders/updated", tt.body).Charged(erpbridge.Duty).Plain(); got != tt.want {
				t.Errorf("duties %s, want %s", got, tt.want)
			}
		})
	}
	abroad := but(t, `"quantity":2`, `"quantity":2,"duties":[{"shop_money":{"amount":"3.00","currency_code":"CAD"}}]`)
	if _, err := open(t, "").Normalize(message("orders/updated", abroad)); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("duties in another currency: %v", err)
	}
}

// TestRemovedShipping: the lines of the order come to 10.00, and the total says
// which shipping lines were part of the sale.
func TestRemovedShipping(t *testing.T) {
	const lines = `"shipping_lines":[{"title":"A","price":"4.00","is_removed":true},{"title":"B","price":"3.00","is_removed":false}]`
	free := []byte(`{"id":1,"currency":"EUR","updated_at":"2026-03-01T10:00:00Z","total_price":"10.00",` +
		`"shipping_lines":[{"title":"B","price":"0.00","is_removed":true}],"line_items":[{"quantity":2,"price":"5.00"}]}`)
	if o := order(t, open(t, ""), "orders/updated", free); len(o.Shipping) != 1 {
		t.Error("a removed line was left out, although the order adds up with it")
	}
	for total, want := range map[string]int{
		"17.00": 2, // placed with A, which an edit took away later
		"13.00": 1, // A came and went after the order was placed
		"12.00": 2, // adds up neither way: nothing is left out, and the pipeline sees it
	} {
		body := []byte(`{"id":1,"currency":"EUR","updated_at":"2026-03-01T10:00:00Z","total_price":"` + total + `",` + lines +
			`,"line_items":[{"quantity":2,"price":"5.00"}]}`)
		o := order(t, open(t, ""), "orders/updated", body)
		if len(o.Shipping) != want {
			t.Errorf("total %s: %d shipping lines, want %d", total, len(o.Shipping), want)
		}
		if o.Shipping[len(o.Shipping)-1].Title != "B" {
			t.Errorf("total %s: the wrong line was left out", total)
		}
	}
}

func TestDiscountTitles(t *testing.T) {
	alloc := func(index, rest string) []byte {
		return []byte(`{"id":1,"currency":"EUR","updated_at":"2026-03-01T10:00:00Z","total_price":"9.00"` + rest +
			`,"line_items":[{"quantity":2,"price":"5.00","discount_allocations":[{"amount":"1.00"` + index + `}]}]}`)
	}
	const apps = `,"discount_applications":[{"code":"TEN"},{"title":"Spring"}]`
	tests := map[string]struct {
		body []byte
		want string
	}{
		"by index":             {alloc(`,"discount_application_index":1`, apps), "Spring"},
		"by index in a string": {alloc(`,"discount_application_index":"0"`, apps), "TEN"},
		"beyond":               {alloc(`,"discount_application_index":2`, apps), ""},
		"negative":             {alloc(`,"discount_application_index":-1`, apps), ""},
		"huge":                 {alloc(`,"discount_application_index":99999999999999999999`, apps), ""},
		"no index, one code":   {alloc("", `,"discount_codes":[{"code":"ONLY"}]`), "ONLY"},
		"no index, two codes":  {alloc("", `,"discount_codes":[{"code":"A"},{"code":"B"}]`), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := order(t, open(t, ""), "orders/updated", tt.body).Lines[0].Discounts
			if len(d) != 1 || d[0].Title != tt.want || d[0].Amount.Plain() != "1.00" {
				t.Errorf("discounts %v, want %q", d, tt.want)
			}
		})
	}
}
