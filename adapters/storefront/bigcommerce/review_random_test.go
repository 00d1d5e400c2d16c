package bigcommerce_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

// TestRandomOrdersAddUp: whatever an order is made of, whichever half of its amounts is booked,
// and however fine the other half is, it adds up.
func TestRandomOrdersAddUp(t *testing.T) {
	s := reviewed(t, "")
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 3))
		inclusive := r.IntN(2) == 0
		var sum, tax int64
		// pair writes cents as the half that is booked, and the other half as finely as a
		// division makes it.
		pair := func(to map[string]any, name string, cents int64) {
			own, other, of := "_ex_tax", "_inc_tax", cents*11900/100
			if inclusive {
				own, other, of = other, own, cents*1_000_000/11900
			}
			to[name+own] = fmt.Sprintf("%d.%02d00", cents/100, cents%100)
			to[name+other] = fmt.Sprintf("%d.%04d", of/10000, of%10000)
			if r.IntN(9) == 0 {
				to[name+other] = []any{nil, "", "0.0000"}[r.IntN(3)]
			}
			part := cents * 19 / 100
			sum, tax = sum+cents, tax+part
		}
		o := map[string]any{
			"id": 7, "status_id": 11, "payment_status": "captured", "date_created": "Mon, 23 Nov 2026 09:00:00 +0000", "date_modified": "Mon, 23 Nov 2026 10:00:00 +0000",
			"default_currency_code": "EUR", "currency_code": "USD", "is_tax_inclusive_pricing": inclusive,
		}
		for _, name := range []string{"shipping_cost", "handling_cost", "wrapping_cost"} {
			if r.IntN(2) == 0 {
				pair(o, name, int64(r.IntN(2000)))
			}
		}
		var fees []any
		for range r.IntN(3) {
			fee := map[string]any{"display_name_customer": "Fee"}
			pair(fee, "cost", int64(r.IntN(500)))
			if ex, ok := fee["cost_ex_tax"]; ok && r.IntN(2) == 0 {
				delete(fee, "cost_ex_tax")
				fee["cost_exc_tax"] = ex
			}
			fees = append(fees, fee)
		}
		if fees != nil {
			o["fees"] = fees
		}
		var products []any
		var off, told int64
		for i := range r.IntN(4) + 1 {
			q := int64(r.IntN(5) + 1)
			p := map[string]any{"id": i + 1, "sku": fmt.Sprint("S", i), "quantity": q}
			if r.IntN(5) == 0 && i > 0 {
				p["parent_order_product_id"] = i
			}
			unit := int64(r.IntN(9000))
			pair(p, "total", unit*q)
			p["price_ex_tax"], p["price_inc_tax"] = fmt.Sprintf("%d.%02d33", unit/100, unit%100), fmt.Sprintf("%d.%02d66", unit/100, unit%100)
			if r.IntN(3) == 0 {
				part := unit * q / 10
				amount := any(fmt.Sprintf("%d.%02d00", part/100, part%100))
				if r.IntN(3) == 0 {
					amount = "0.3333" // finer than the order's sum of them
				}
				p["applied_discounts"] = []any{map[string]any{"amount": amount, "name": "Sale"}}
				off += part
				told++
			}
			products = append(products, p)
		}
		if off > 0 {
			name := []string{"discount_amount", "coupon_discount"}[r.IntN(2)]
			o[name] = fmt.Sprintf("%d.%02d00", off/100, off%100)
			sum -= off
		}
		o["total_tax"] = fmt.Sprintf("%d.%02d00", tax/100, tax%100)
		total := sum
		if !inclusive {
			total += tax
		}
		if total < 0 {
			continue
		}
		o["total_inc_tax"] = fmt.Sprintf("%d.%02d00", total/100, total%100)
		if r.IntN(4) == 0 {
			o["store_credit_amount"] = "1.0000"
		}
		body, err := json.Marshal(map[string]any{"order": o, "products": products})
		if err != nil {
			t.Fatal(err)
		}
		es, err := s.Normalize(erpbridge.Message{Store: "shop", Type: "store/order/updated", Body: body, ReceivedAt: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, body)
		}
		got := es[0].Order
		if !got.Sum().Equal(got.Total) || got.Total.Amount.String() != json.Number(fmt.Sprintf("%g", float64(total)/100)).String() {
			t.Fatalf("seed %d (inclusive %t): comes to %s, is %s\n%s", seed, inclusive, got.Sum(), got.Total, body)
		}
		if !got.TaxTotal.IsZero() != (tax > 0) {
			t.Errorf("seed %d: tax is %s of %d", seed, got.TaxTotal, tax)
		}
	}
}
