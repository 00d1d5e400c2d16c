package bigcommerce

import (
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
)

// discounts maps what was taken off. The order's two sums count, coupon_discount and
// discount_amount; the lines tell their parts of both. Where all parts come to the sums,
// exactly, they stand at the lines, and else the sums stand at the order.
func discounts(r *reader, d *document, o *erpbridge.Order) {
	coupons, _ := r.Charge("", "coupon_discount", d.Order.V.CouponDiscount)
	other, _ := r.Charge("", "discount_amount", d.Order.V.Discount)
	if r.Err() != nil || coupons.IsZero() && other.IsZero() {
		return
	}
	parts, sum, ok := lineDiscounts(r, d)
	if ok && sum.Equal(coupons.Add(other)) {
		for i := range o.Lines {
			o.Lines[i].Discounts = parts[i]
		}
		return
	}
	o.Discounts = couponDiscounts(r, d, coupons)
	if !other.IsZero() {
		o.Discounts = append(o.Discounts, erpbridge.Discount{Title: onlyName(r, d), Amount: other})
	}
}

// lineDiscounts returns the lines' parts, what they come to, and whether all of them
// are amounts of the currency.
func lineDiscounts(r *reader, d *document) ([][]erpbridge.Discount, erpbridge.Money, bool) {
	sum := erpbridge.Zero(r.Currency())
	parts := make([][]erpbridge.Discount, len(d.Products))
	for i, p := range d.Products {
		for j, x := range p.Discounts {
			at := "products[" + strconv.Itoa(i) + "].applied_discounts[" + strconv.Itoa(j) + "]."
			m, ok := r.Exact(x.Amount)
			if !ok || m.Amount.IsNeg() {
				return nil, sum, false
			}
			sum = sum.Add(m)
			code, name := r.Text(at, "code", x.Code), r.Text(at, "name", x.Name)
			if name == "" {
				name = code
			}
			parts[i] = append(parts[i], erpbridge.Discount{Code: code, Title: name, Amount: m})
		}
	}
	return parts, sum, true
}

// couponDiscounts returns what the coupons took off: each of them where they come to
// the sum, and else the sum under all their codes.
func couponDiscounts(r *reader, d *document, all erpbridge.Money) []erpbridge.Discount {
	if all.IsZero() {
		return nil
	}
	sum, exact := erpbridge.Zero(r.Currency()), true
	var each []erpbridge.Discount
	var codes []string
	for i, c := range d.Coupons {
		m, ok := r.Exact(c.Discount)
		exact = exact && ok && !m.Amount.IsNeg()
		sum = sum.Add(m)
		code := r.Text("coupons["+strconv.Itoa(i)+"].", "code", c.Code)
		codes = append(codes, code)
		each = append(each, erpbridge.Discount{Code: code, Title: code, Amount: m})
	}
	if exact && sum.Equal(all) {
		return each
	}
	one := erpbridge.Discount{Title: strings.Join(codes, ", "), Amount: all}
	if len(codes) == 1 {
		one.Code = codes[0]
	}
	return []erpbridge.Discount{one}
}

// onlyName returns what a discount without a code is called, if all are called so.
func onlyName(r *reader, d *document) string {
	name := ""
	for _, p := range d.Products {
		for _, x := range p.Discounts {
			if x.Code.Given() {
				continue
			}
			this := r.Text("products.applied_discounts.", "name", x.Name)
			if name != "" && this != name {
				return "Discount"
			}
			name = this
		}
	}
	if name == "" {
		return "Discount"
	}
	return name
}
