package suitetalk

import "testing"

func TestTotals(t *testing.T) {
	b := start(t, Config{})
	b.upsert(ada)
	item := func(fields string) string {
		return `<tranSales:item><tranSales:item internalId="1"/>` + fields + `</tranSales:item>`
	}
	qr := func(q, r string) string {
		return item(`<tranSales:quantity>` + q + `</tranSales:quantity><tranSales:rate>` + r + `</tranSales:rate>`)
	}
	taxed := func(amount, rate string) string {
		return item(`<tranSales:amount>` + amount + `</tranSales:amount><tranSales:taxRate1>` + rate + `</tranSales:taxRate1>`)
	}
	for name, c := range map[string]struct{ head, lines, tail, total string }{
		"rate times quantity":        {"", qr("2", "19.90"), "", "39.80"},
		"no quantity":                {"", item(`<tranSales:rate>7.50</tranSales:rate>`), "", "7.50"},
		"an amount wins":             {"", item(`<tranSales:quantity>2</tranSales:quantity><tranSales:rate>1</tranSales:rate><tranSales:amount>5.55</tranSales:amount>`), "", "5.55"},
		"cents that floats miss":     {"", qr("3", "0.1") + qr("1", "0.2"), "", "0.50"},
		"more than 2^53":             {"", qr("1", "90071992547409.93") + qr("100", "90071992547409.93"), "", "9097271247288402.93"},
		"three decimals":             {"", qr("3", "1.125"), "", "3.375"},
		"an exponent":                {"", qr("1", "1E+2"), "", "100.00"},
		"a discount line in percent": {"", qr("1", "50") + item(`<tranSales:rate>-10%</tranSales:rate>`), "", "45.00"},
		"a discount":                 {`<tranSales:discountRate>-5.00</tranSales:discountRate>`, qr("2", "19.90"), "", "34.80"},
		"a discount in percent":      {`<tranSales:discountRate>-12.5%</tranSales:discountRate>`, qr("1", "80"), "", "70.00"},
		"shipping and handling":      {`<tranSales:shippingCost>9.95</tranSales:shippingCost><tranSales:handlingCost>0.05</tranSales:handlingCost>`, qr("1", "1"), "", "11.00"},
		"tax of a line":              {"", taxed("9.99", "19"), "", "11.89"},
		"halves of a cent":           {"", taxed("0.50", "1") + taxed("0.50", "1"), "", "1.02"},
		"tax of the shipping":        {`<tranSales:shippingCost>10</tranSales:shippingCost><tranSales:shippingTax1Rate>7.5</tranSales:shippingTax1Rate>`, qr("1", "1"), "", "11.75"},
		"tax details": {
			`<tranSales:taxDetailsOverride>true</tranSales:taxDetailsOverride>`, taxed("10", "50"),
			`<tranSales:taxDetailsList><platformCommon:taxDetails><platformCommon:taxAmount>1.23</platformCommon:taxAmount></platformCommon:taxDetails></tranSales:taxDetailsList>`, "11.23",
		},
		"nothing to pay": {"", qr("1", "0"), "", "0.00"},
	} {
		t.Run(name, func(t *testing.T) {
			wantResults(t, b.upsert(order(`<tranSales:entity externalId="c-1"/>`+c.head+
				`<tranSales:itemList>`+c.lines+`</tranSales:itemList>`+c.tail)), "ok")
			if r, _ := b.Record("salesOrder", "o-1"); r.Total != c.total {
				t.Fatalf("total %s, want %s (%+v)", r.Total, c.total, r)
			}
			// The next case is a new order again.
			if err := b.Reset(); err != nil {
				t.Fatal(err)
			}
			b.upsert(ada)
		})
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	b := start(t, Config{})
	b.upsert(ada)
	for _, fields := range []string{
		`<tranSales:discountRate>five</tranSales:discountRate>` + line(`<tranSales:item internalId="1"/>`),
		`<tranSales:discountRate>x%</tranSales:discountRate>` + line(`<tranSales:item internalId="1"/>`),
		line(`<tranSales:item internalId="1"/><tranSales:rate>1,50</tranSales:rate>`),
		line(`<tranSales:item internalId="1"/><tranSales:rate>%</tranSales:rate><tranSales:amount>x</tranSales:amount>`),
	} {
		a := b.upsert(order(`<tranSales:entity externalId="c-1"/>` + fields))
		if got := a.results()[0]; got != "INVALID_FLD_VALUE" && a.status != 500 {
			t.Errorf("%s: %s", fields, got)
		}
	}
	if s := b.State(); s.Orders != 0 {
		t.Fatalf("%+v", s)
	}
}
