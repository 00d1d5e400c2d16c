package woocommerce

import (
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
)

// lines maps what was ordered.
func lines(l *ledger, body *resource) []erpbridge.Line {
	coupon := couponOf(l.reader, body.CouponLines)
	parents := parentsOf(l.reader, body.LineItems)
	out := make([]erpbridge.Line, 0, len(body.LineItems))
	for i := range body.LineItems {
		item, at := &body.LineItems[i], "line_items["+strconv.Itoa(i)+"]."
		line := erpbridge.Line{
			ID:         l.ID(at, "id", item.ID),
			Parent:     parents[i],
			SKU:        l.Text(at, "sku", item.SKU),
			ProductID:  reference(l.reader, at, "product_id", item.ProductID),
			VariantID:  reference(l.reader, at, "variation_id", item.VariationID),
			Title:      l.Text(at, "name", item.Name),
			Kind:       erpbridge.Item,
			Quantity:   l.Quantity(at, "quantity", item.Quantity),
			Attributes: options(l.reader, at, item.Meta),
		}
		line.Current = line.Quantity
		line.Extended, line.Discounts = l.price(at, item, coupon)
		line.Unit = each(line.Extended, line.Quantity)
		line.Taxes = l.taxes(at, item)
		switch {
		case givesCard(item.Meta):
			line.Kind = erpbridge.GiftCard
		case line.Parent != "" && line.Extended.IsZero():
			line.Kind = erpbridge.Component
		}
		out = append(out, line)
	}
	return out
}

// price returns what all pieces of a line come to before discounts, and the discounts: the
// subtotal, and what the total is less. A total above the subtotal, which somebody typed
// into the order, is the price.
func (l *ledger) price(at string, item *lineItem, coupon erpbridge.Discount) (erpbridge.Money, []erpbridge.Discount) {
	total, ok := l.Amount(at, "total", item.Total)
	if !ok {
		l.Fail(at, "total", "is missing")
	}
	l.net = l.net.Add(total)
	subtotal, ok := l.Amount(at, "subtotal", item.Subtotal)
	off := subtotal.Sub(total)
	if !ok || off.IsZero() || off.Amount.IsNeg() {
		return total, nil
	}
	coupon.Amount = off
	return subtotal, []erpbridge.Discount{coupon}
}

// charge returns what transport or a fee comes to. Plugins leave the amount of what is
// free empty; if it is not free, the order does not add up.
func (l *ledger) charge(at string, item *lineItem) erpbridge.Money {
	amount, _ := l.Amount(at, "total", item.Total)
	l.net = l.net.Add(amount)
	return amount
}

// each returns the price of one, to six decimals; it is for information.
func each(all erpbridge.Money, quantity erpbridge.Decimal) erpbridge.Money {
	one, err := all.Amount.Div(quantity)
	if err != nil { // none was ordered
		return erpbridge.Zero(all.Currency)
	}
	return erpbridge.Money{Amount: one.RoundHAZ(6), Currency: all.Currency}
}

// couponOf returns what the discounts of an order's lines are called. Which of several
// coupons took off what is not said.
func couponOf(r *reader, coupons list[couponLine]) erpbridge.Discount {
	var codes []string
	for i, c := range coupons {
		if code := r.word("coupon_lines["+strconv.Itoa(i)+"].", "code", c.Code); code != "" {
			codes = append(codes, code)
		}
	}
	const named = 5
	switch {
	case len(codes) == 1:
		return erpbridge.Discount{Code: codes[0], Title: codes[0]}
	case len(codes) > named:
		codes = append(codes[:named:named], "…")
	}
	return erpbridge.Discount{Title: strings.Join(codes, ", ")}
}

// longestID is how long an id may be that others refer to.
const longestID = 100

// parentsOf returns the id of the line that each line is a component of, or "". The API of
// Product Bundles and Composite Products names it; their meta data names a key that the
// parent bears.
func parentsOf(r *reader, items list[lineItem]) []string {
	ids, keys := map[string]bool{}, map[string]string{}
	for i := range items {
		id := r.ID("", "line_items.id", items[i].ID)
		if len(id) > longestID {
			r.Fail("", "line_items.id", "one has %d bytes, more than %d", len(id), longestID)
		}
		ids[id] = true
		for _, name := range [...]string{"_bundle_cart_key", "_composite_cart_key"} {
			if key := metaOf(items[i].Meta, name).Text(); key != "" {
				keys[key] = id
			}
		}
	}
	out := make([]string, len(items))
	for i := range items {
		item := &items[i]
		for _, parent := range [...]string{
			r.ID("", "line_items.bundled_by", item.BundledBy), r.ID("", "line_items.composite_parent", item.CompositeParent),
			keys[metaOf(item.Meta, "_bundled_by").Text()], keys[metaOf(item.Meta, "_composite_parent").Text()],
		} {
			if out[i] == "" && parent != "" && ids[parent] && parent != r.ID("", "line_items.id", item.ID) {
				out[i] = parent
			}
		}
	}
	return out
}

// givesCard reports whether a line sells a gift card of the Gift Cards extension.
func givesCard(all metas) bool { return metaOf(all, "wc_gc_giftcard_amount").Given() }

// options maps what was chosen with a line: the meta data that WooCommerce shows, whose
// keys have no underscore in front, with the values as they are stored.
func options(r *reader, at string, all metas) []erpbridge.Attribute {
	var out []erpbridge.Attribute
	for i, m := range all {
		if !m.Value.Given() || !m.Key.Given() || strings.HasPrefix(m.Key.Text(), "_") {
			continue
		}
		at := at + "meta_data[" + strconv.Itoa(i) + "]."
		name := r.Text(at, "display_key", m.DisplayKey)
		if name == "" {
			name = r.Text(at, "key", m.Key)
		}
		out = append(out, erpbridge.Attribute{Name: name, Value: r.Text(at, "value", m.Value.scalar)})
	}
	return out
}

// reference returns the id of another thing; 0 is WooCommerce's word for none.
func reference(r *reader, at, name string, s scalar) string {
	if id := r.ID(at, name, s); id != "0" {
		return id
	}
	return ""
}
