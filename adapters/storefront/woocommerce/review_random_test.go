package woocommerce_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A maker makes orders as WooCommerce calculates them: in units of a ten-thousandth of the
// currency's smallest, each rate's tax rounded by line, or by order.
type maker struct {
	*rand.Rand
	digits     int
	rates      []int64 // in percent; each taxes the ones before it, too, where compound
	compound   bool
	atSubtotal bool
	net, tax   int64   // whole units
	fine       []int64 // of each rate, not rounded
}

const fine = 10_000

// whole rounds half away from zero.
func whole(n int64) int64 {
	if n < 0 {
		return -whole(-n)
	}
	return (n + fine/2) / fine
}

// text writes whole units.
func (m *maker) text(units int64) string { return m.textOf(units*fine, m.digits) }

// textOf writes ten-thousandths of a unit with some decimals.
func (m *maker) textOf(n int64, decimals int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := fmt.Sprintf("%0*d", m.digits+5, n)
	point := len(digits) - m.digits - 4
	return strings.TrimSuffix(sign+digits[:point]+"."+digits[point:point+decimals], ".")
}

// amount writes whole units as a text, or a number of which a float remains.
func (m *maker) amount(units int64) any {
	switch text := m.text(units); m.IntN(4) {
	case 0:
		return json.Number(text)
	case 1:
		return json.Number(m.textOf(units*fine, m.digits+4)) // 12.500000
	default:
		return text
	}
}

// line gives a line its amounts, and counts them.
func (m *maker) line(units int64) map[string]any {
	var parts []any
	var sum, sumFine, before int64
	for i, rate := range m.rates {
		base := units * fine
		if m.compound {
			base += before
		}
		part := base * rate / 100
		before += part
		m.fine[i] += part
		sum, sumFine = sum+whole(part), sumFine+part
		parts = append(parts, map[string]any{"id": i + 1, "total": m.textOf(part, m.digits+4)})
	}
	if m.atSubtotal {
		sum = whole(sumFine)
	} else {
		m.tax += sum
	}
	m.net += units
	out := map[string]any{"id": m.IntN(1 << 30), "quantity": m.IntN(4), "total": m.amount(units), "total_tax": m.amount(sum), "taxes": parts}
	if off := int64(m.IntN(3) * 7); units > 0 {
		out["subtotal"] = m.amount(units + off)
	}
	return out
}

// TestRandomOrdersAddUp: whatever an order is made of, and however its taxes are rounded, it adds
// up, and its lines' taxes come to its tax.
func TestRandomOrdersAddUp(t *testing.T) {
	s := open(t, "")
	for seed := range uint64(1000) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 5))}
		currency := []string{"EUR", "JPY", "KWD"}[m.IntN(3)]
		m.digits = map[string]int{"EUR": 2, "JPY": 0, "KWD": 3}[currency]
		for range m.IntN(4) {
			m.rates = append(m.rates, int64(m.IntN(25)))
		}
		m.fine = make([]int64, len(m.rates))
		m.compound, m.atSubtotal = m.IntN(3) == 0, m.IntN(2) == 0
		o := map[string]any{"currency": currency}
		for _, name := range []string{"line_items", "shipping_lines", "fee_lines"} {
			lines := []any{}
			for range m.IntN(4) + 1 {
				units := int64(m.IntN(20000))
				if name == "fee_lines" {
					units = 30 - int64(m.IntN(60)) // some take off
				}
				lines = append(lines, m.line(units))
			}
			o[name] = lines
		}
		rates := []any{}
		for i, rate := range m.rates {
			rates = append(rates, map[string]any{"rate_id": i + 1, "label": fmt.Sprint("Tax ", i), "rate_percent": rate, "compound": m.compound})
			if m.atSubtotal {
				m.tax += whole(m.fine[i])
			}
		}
		if m.net+m.tax < 0 {
			continue
		}
		o["tax_lines"], o["total_tax"], o["total"] = rates, m.amount(m.tax), m.amount(m.net+m.tax)
		members, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		body := sale(t, strings.Trim(string(members), "{}"))
		got := event(t, s, "order.updated", body).Order
		if !got.Sum().Equal(got.Total) || !taxedInLines(got).Equal(got.TaxTotal) || !got.Total.Equal(money(t, m.text(m.net+m.tax), currency)) {
			t.Fatalf("seed %d: comes to %s of %s, taxes of lines %s of %s\n%s", seed, got.Sum(), got.Total, taxedInLines(got), got.TaxTotal, body)
		}
	}
}
