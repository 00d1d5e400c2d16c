package bigcommerce_test

import (
	"strings"
	"testing"
)

// TestRefunds: how a refund's one total is split.
func TestRefunds(t *testing.T) {
	s := open(t, "")
	const line = `"requested_amount": null`
	for what, tt := range map[string]struct {
		name  string
		pairs []string
		want  string // lines, shipping, charges, adjustments; tax included; sum
	}{
		"one item, no amount":           {"documents/refund-line.json", nil, "74.77+6.08 | | | ; false; 80.85 of 80.85"},
		"one item, amount without tax":  {"documents/refund-line.json", []string{line, `"requested_amount": "74.77"`}, "74.77+6.08 | | | ; false; 80.85 of 80.85"},
		"one item, amount with tax":     {"documents/refund-line.json", []string{line, `"requested_amount": 80.85`}, "80.85+6.08 | | | ; true; 80.85 of 80.85"},
		"an amount that is neither":     {"documents/refund-line.json", []string{line, `"requested_amount": 70`}, "70.00+6.08 | | | ; false; 76.08 of 80.85"},
		"an override":                   {"documents/refund-line.json", []string{line, `"requested_amount": 70`, `"uses_merchant_override_values": false`, `"uses_merchant_override_values": true`}, "70.00+6.08 | | | merchant_calculated_override 4.77+0.00; false; 80.85 of 80.85"},
		"a fee":                         {"documents/refund-line.json", []string{`"PRODUCT"`, `"FEE"`}, " | | fee 74.77 | ; false; 80.85 of 80.85"},
		"wrapping":                      {"documents/refund-line.json", []string{`"PRODUCT"`, `"GIFT_WRAPPING"`}, " | | wrapping 74.77 | ; false; 80.85 of 80.85"},
		"what is to come":               {"documents/refund-line.json", []string{`"PRODUCT"`, `"LOYALTY"`, `"reason": "Broken"`, `"reason": ""`}, " | | | LOYALTY 74.77+6.08; false; 80.85 of 80.85"},
		"several with amounts":          {"documents/refund-shipping.json", nil, " | 2.00 | | Goodwill 5.00+0.00; true; 7.00 of 7.00"},
		"several, one without":          {"documents/refund-shipping.json", []string{`"requested_amount": "2.00"`, `"requested_amount": null`, `"total_tax": 0,`, `"total_tax": 0.15,`}, " | 1.85 | | tax 0.00+0.15, Goodwill 5.00+0.00; false; 7.00 of 7.00"},
		"several without":               {"documents/refund-shipping.json", []string{`"requested_amount": "2.00"`, `"requested_amount": null`, `"requested_amount": 5.0`, `"requested_amount": null`}, " | 0.00 | | not split by item 7.00+0.00, Goodwill 0.00+0.00; false; 7.00 of 7.00"},
		"an amount of nothing":          {"documents/refund-line.json", []string{line, `"requested_amount": "0.0000"`}, "74.77+6.08 | | | ; false; 80.85 of 80.85"},
		"a free one beside":             {"documents/refund-shipping.json", []string{`"requested_amount": "2.00"`, `"requested_amount": 0`, `"requested_amount": 5.0`, `"requested_amount": 7.0`, `"total_tax": 0,`, `"total_tax": 0.15,`}, " | 0.00 | | tax 0.00+0.15, Goodwill 7.00+0.00; true; 7.00 of 7.00"},
		"a free one, something kept":    {"documents/refund-shipping.json", []string{`"requested_amount": "2.00"`, `"requested_amount": 0`, `"requested_amount": 5.0`, `"requested_amount": 8.0, "adjustments":[{"amount":-1}]`}, " | 0.00 | | adjustment -1.00+0.00, Goodwill 8.00+0.00; true; 7.00 of 7.00"},
		"amounts as floats":             {"documents/refund-line.json", []string{`"total_amount": 80.85`, `"total_amount": 80.850000000000009`, `"total_tax": 6.08`, `"total_tax": 6.0799999999999983`}, "74.77+6.08 | | | ; false; 80.85 of 80.85"},
		"something kept back":           {"documents/refund-line.json", []string{line, `"requested_amount": "76.77","adjustments":[{"amount":-2,"description":"Restocking"}]`}, "76.77+6.08 | | | Restocking -2.00+0.00; false; 80.85 of 80.85"},
		"kept back already":             {"documents/refund-line.json", []string{line, `"requested_amount": "74.77","adjustments":[{"amount":-2,"description":"Restocking"}]`}, "74.77+6.08 | | | ; false; 80.85 of 80.85"},
		"kept back of what is not said": {"documents/refund-line.json", []string{line, `"requested_amount": null,"adjustments":[{"amount":-2}]`}, "74.77+6.08 | | | ; false; 80.85 of 80.85"},
		"kept back, and still neither":  {"documents/refund-line.json", []string{line, `"requested_amount": 70,"adjustments":[{"amount":-2}]`}, "70.00+6.08 | | | adjustment -2.00+0.00; false; 74.08 of 80.85"},
		"a declined payment":            {"documents/refund-line.json", []string{`"is_declined": false`, `"is_declined": true`}, "74.77+6.08 | | | ; false; 80.85 of 0.00"},
	} {
		r := event(t, s, changed(t, fixture(t, tt.name), tt.pairs...)).Refund
		var lines, ships, charges, adjustments []string
		for _, l := range r.Lines {
			lines = append(lines, l.Amount.Plain()+"+"+l.Tax.Plain())
		}
		for _, l := range r.Shipping {
			ships = append(ships, l.Amount.Plain())
		}
		for _, c := range r.Charges {
			charges = append(charges, string(c.Kind)+" "+c.Amount.Plain())
		}
		for _, a := range r.Adjustments {
			adjustments = append(adjustments, a.Reason+" "+a.Amount.Plain()+"+"+a.Tax.Plain())
		}
		paid, _ := r.Paid()
		join := func(l []string) string { return strings.Join(l, ", ") }
		got := join(lines) + " | " + join(ships) + " | " + join(charges) + " | " + join(adjustments) + "; " + map[bool]string{true: "true", false: "false"}[r.TaxesIncluded] + "; " + r.Sum().Plain() + " of " + paid.Plain()
		if squeeze(got) != squeeze(tt.want) {
			t.Errorf("%s: %s, want %s", what, got, tt.want)
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
