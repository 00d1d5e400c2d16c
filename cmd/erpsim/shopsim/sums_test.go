package shopsim

import (
	"math/big"
	"testing"
)

// webhook renders what would be said about an order.
func webhook(t *testing.T, s *Shop, topic string, o *Order, r *Refund) any {
	t.Helper()
	return parse(t, s.face.render(&delivery{topic: topic, id: "d", what: occurrence{order: o, refund: r}}))
}

// onTopOf is a tax where it comes on top of the amounts.
func onTopOf(o *Order, tax *big.Rat) *big.Rat {
	if o.TaxIncluded {
		return new(big.Rat)
	}
	return tax
}

func TestShopifySums(t *testing.T) {
	s, orders := trade(t, "shopify", 120)
	for _, o := range orders {
		b := webhook(t, s, "orders/updated", o, nil)
		lines, shipping := list(t, b, "line_items"), list(t, b, "shipping_lines")
		sum, tax := new(big.Rat), total(t, list(t, shipping[0], "tax_lines"), "price")
		for _, l := range lines {
			sum.Add(sum, new(big.Rat).Mul(rat(t, l, "price"), rat(t, l, "quantity")))
			sum.Sub(sum, total(t, list(t, l, "discount_allocations"), "amount"))
			tax.Add(tax, total(t, list(t, l, "tax_lines"), "price"))
		}
		sum.Add(sum, total(t, shipping, "price"))
		equal(t, "total_tax", rat(t, b, "total_tax"), tax)
		equal(t, "total_price", rat(t, b, "total_price"), plus(sum, onTopOf(o, tax)))
		equal(t, "total_price_set", rat(t, b, "total_price_set.shop_money.amount"), rat(t, b, "total_price"))
		for i := range o.Refunds {
			r := webhook(t, s, "refunds/create", o, &o.Refunds[i])
			lines, adjustments := list(t, r, "refund_line_items"), list(t, r, "order_adjustments")
			worth := minus(total(t, lines, "subtotal"), total(t, adjustments, "amount"))
			worth.Add(worth, onTopOf(o, minus(total(t, lines, "total_tax"), total(t, adjustments, "tax_amount"))))
			equal(t, "refund", total(t, list(t, r, "transactions"), "amount"), worth)
		}
	}
}

func TestWooSums(t *testing.T) {
	s, orders := trade(t, "woocommerce", 120)
	for _, o := range orders {
		b := webhook(t, s, "order.updated", o, nil)
		lines, shipping := list(t, b, "line_items"), list(t, b, "shipping_lines")
		equal(t, "total", rat(t, b, "total"), plus(total(t, lines, "total", "total_tax"), total(t, shipping, "total", "total_tax"), total(t, list(t, b, "fee_lines"), "total")))
		equal(t, "total_tax", rat(t, b, "total_tax"), plus(total(t, lines, "total_tax"), total(t, shipping, "total_tax")))
		equal(t, "discount_total", rat(t, b, "discount_total"), minus(total(t, lines, "subtotal"), total(t, lines, "total")))
		equal(t, "a total of ours", rat(t, b, "total"), rat(t, map[string]any{"total": o.Total()}, "total"))
		_, _, refunds := ask(t, s, "GET", path("/wp-json/wc/v3/orders/%d/refunds", o.ID), nil, nil)
		if n := len(refunds.([]any)); n != min(len(o.Refunds), 10) {
			t.Fatalf("%d refunds, want %d", n, len(o.Refunds))
		}
		for _, r := range refunds.([]any) {
			negative := plus(total(t, list(t, r, "line_items"), "total", "total_tax"), total(t, list(t, r, "shipping_lines"), "total", "total_tax"))
			equal(t, "refund", rat(t, r, "amount"), negative.Neg(negative))
		}
	}
}

func TestAdobeSums(t *testing.T) {
	s, orders := trade(t, "adobecommerce", 120)
	formula := func(v any, items []any) {
		for _, base := range []string{"", "base_"} {
			equal(t, base+"grand_total", rat(t, v, base+"grand_total"), plus(
				rat(t, v, base+"subtotal"), rat(t, v, base+"discount_amount"), rat(t, v, base+"shipping_amount"), rat(t, v, base+"tax_amount"), rat(t, v, base+"discount_tax_compensation_amount"),
			))
			equal(t, base+"subtotal", rat(t, v, base+"subtotal"), total(t, items, base+"row_total"))
			equal(t, base+"tax_amount", rat(t, v, base+"tax_amount"), plus(total(t, items, base+"tax_amount"), rat(t, v, base+"shipping_tax_amount")))
			discount := total(t, items, base+"discount_amount")
			equal(t, base+"discount_amount", rat(t, v, base+"discount_amount"), discount.Neg(discount))
			equal(t, base+"compensation", rat(t, v, base+"discount_tax_compensation_amount"), total(t, items, base+"discount_tax_compensation_amount"))
		}
	}
	texts := 0
	for _, o := range orders {
		_, _, rest := ask(t, s, "GET", path("/rest/V1/orders/%d", o.ID), nil, nil)
		event := at(t, webhook(t, s, orderSaved, o, nil), "data.value")
		for _, v := range []any{rest, event} {
			formula(v, list(t, v, "items"))
			equal(t, "the total of ours", rat(t, v, "grand_total"), rat(t, map[string]any{"total": o.Total()}, "total"))
		}
		if _, ok := at(t, event, "grand_total").(string); ok {
			texts++
		}
		for i := range o.Refunds {
			memo := at(t, webhook(t, s, memoSaved, o, &o.Refunds[i]), "data.value")
			formula(memo, list(t, memo, "items"))
		}
	}
	if texts == 0 || texts == len(orders) {
		t.Errorf("%d of %d events have their total as a text", texts, len(orders))
	}
}

func TestBigSums(t *testing.T) {
	s, orders := trade(t, "bigcommerce", 120)
	part := func(o *Order, name string) any {
		_, _, v := ask(t, s, "GET", path("/stores/abc123xyz/"+name, o.ID), nil, nil)
		return v
	}
	for _, o := range orders {
		b := part(o, "v2/orders/%d")
		products := part(o, "v2/orders/%d/products").([]any)
		off := plus(rat(t, b, "coupon_discount"), rat(t, b, "discount_amount"))
		if o.TaxIncluded {
			equal(t, "total_inc_tax", rat(t, b, "total_inc_tax"), minus(plus(total(t, products, "total_inc_tax"), rat(t, b, "shipping_cost_inc_tax")), off))
		} else {
			equal(t, "total_inc_tax", rat(t, b, "total_inc_tax"), plus(minus(plus(total(t, products, "total_ex_tax"), rat(t, b, "shipping_cost_ex_tax")), off), rat(t, b, "total_tax")))
		}
		equal(t, "total_ex_tax", rat(t, b, "total_ex_tax"), minus(rat(t, b, "total_inc_tax"), rat(t, b, "total_tax")))
		equal(t, "subtotal_inc_tax", rat(t, b, "subtotal_inc_tax"), total(t, products, "total_inc_tax"))
		equal(t, "taxes", rat(t, b, "total_tax"), total(t, part(o, "v2/orders/%d/taxes").([]any), "line_amount"))
		if c, ok := part(o, "v2/orders/%d/coupons").([]any); ok {
			equal(t, "coupons", rat(t, b, "coupon_discount"), total(t, c, "discount"))
		} else if o.discount() != 0 {
			t.Error("a discount without a coupon")
		}
		for _, r := range list(t, part(o, "v3/orders/%d/payment_actions/refunds"), "data") {
			equal(t, "refund", rat(t, r, "total_amount"), total(t, list(t, r, "items"), "requested_amount"))
			equal(t, "payments", rat(t, r, "total_amount"), total(t, list(t, r, "payments"), "amount"))
		}
	}
}
