package shopsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (*woo) status(o *Order) string {
	switch {
	case !o.Cancelled.IsZero():
		return "cancelled"
	case len(o.Refunds) > 0 && o.refunded() == o.total():
		return "refunded"
	case o.Paid.IsZero():
		return "on-hold"
	}
	return "processing"
}

// order is the resource, the same in webhooks and lists.
func (f *woo) order(o *Order) object {
	code := o.Currency
	money := func(amount int64) string { return plain(amount, code) }
	out := object{
		"id": o.ID, "parent_id": 0, "number": o.Number, "order_key": fmt.Sprintf("wc_order_%d", o.ID), "status": f.status(o), "version": "9.4.1",
		"currency": code, "prices_include_tax": o.TaxIncluded, "created_via": "checkout", "customer_id": o.Buyer.ID, "customer_note": o.Note,
		"date_created": o.Placed.In(siteZone).Format(wooTime), "date_created_gmt": o.Placed.Format(wooTime),
		"date_modified": o.Updated.In(siteZone).Format(wooTime), "date_modified_gmt": o.Updated.Format(wooTime),
		"date_paid": nil, "date_paid_gmt": nil, "date_completed": nil, "date_completed_gmt": nil,
		"payment_method": "stripe", "payment_method_title": "Credit Card (Stripe)", "transaction_id": "",
		"total": money(o.total()), "total_tax": money(o.taxTotal()), "cart_tax": money(o.sum(o.lineTax)),
		"shipping_total": money(o.net(o.Shipping.Price, o.shippingTax())), "shipping_tax": money(o.shippingTax()),
		"billing": f.address(o, true), "shipping": f.address(o, false),
		"fee_lines": []object{}, "meta_data": []object{{"id": o.ID * 7, "key": "_wc_order_attribution", "value": object{"utm": []string{"a"}, "n": 1}}},
	}
	if !o.Paid.IsZero() {
		out["date_paid"], out["date_paid_gmt"] = o.Paid.In(siteZone).Format(wooTime), o.Paid.Format(wooTime)
		out["transaction_id"] = fmt.Sprintf("ch_%d", o.ID)
	}
	var discount, discountTax int64
	var lines []object
	for _, l := range o.Lines {
		line, without, tax := f.line(o, l)
		lines = append(lines, line)
		discount, discountTax = discount+without, discountTax+tax
	}
	out["line_items"] = lines
	out["discount_total"], out["discount_tax"] = money(discount), money(discountTax)
	out["coupon_lines"] = []object{}
	if o.discount() > 0 {
		out["coupon_lines"] = []object{{"id": o.ID*10 + 8, "code": strings.ToLower(o.Code), "discount": trimmed(discount, code), "discount_tax": trimmed(discountTax, code), "meta_data": []object{}}}
	}
	out["shipping_lines"] = []object{{
		"id": o.Shipping.ID, "method_title": o.Shipping.Title, "method_id": "flat_rate", "instance_id": "1",
		"total": money(o.net(o.Shipping.Price, o.shippingTax())), "total_tax": money(o.shippingTax()),
		"taxes": []object{{"id": 1, "total": trimmed(o.shippingTax(), code), "subtotal": ""}}, "meta_data": []object{},
	}}
	out["tax_lines"] = []object{{
		"id": o.ID*10 + 7, "rate_code": o.Buyer.Country + "-TAX-1", "rate_id": 1, "label": "Tax", "compound": false,
		"tax_total": money(o.sum(o.lineTax)), "shipping_tax_total": money(o.shippingTax()), "rate_percent": json.Number(decimal(o.Shipping.Rate, 4, 4)),
	}}
	refunds := []object{}
	for _, r := range slices.Backward(o.Refunds) {
		refunds = append(refunds, object{"id": r.ID, "reason": r.Reason, "total": "-" + money(o.worth(r))})
	}
	out["refunds"] = refunds
	return out
}

// line returns a line, and what its discount is without tax, and the tax on that.
func (f *woo) line(o *Order, l Line) (line object, discount, discountTax int64) {
	code := o.Currency
	fullTax, tax := o.tax(l.full(), l.Rate), o.lineTax(l)
	subtotal, total := o.net(l.full(), fullTax), o.net(l.due(), tax)
	line = object{
		"id": l.ID, "name": l.Title, "product_id": l.Product, "variation_id": 0, "quantity": l.Quantity, "tax_class": "", "sku": l.SKU,
		"subtotal": plain(subtotal, code), "subtotal_tax": plain(fullTax, code), "total": plain(total, code), "total_tax": plain(tax, code),
		"taxes": []object{{"id": 1, "total": trimmed(tax, code), "subtotal": trimmed(fullTax, code)}},
		// A float of PHP's: as many digits as there are.
		"price": float(total, l.Quantity, code), "meta_data": []object{}, "image": object{"id": "", "src": ""}, "parent_name": nil,
	}
	return line, subtotal - total, fullTax - tax
}

// float is what a piece comes to, as a number with the digits of a float.
func float(amount, n int64, currency string) json.Number {
	text := quotient(amount, n, digits[currency], 12)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	return json.Number(text)
}

func (*woo) address(o *Order, billing bool) object {
	b := o.Buyer
	a := object{
		"first_name": b.FirstName, "last_name": b.LastName, "company": b.Company, "address_1": b.Street, "address_2": "",
		"city": b.City, "state": b.Region, "postcode": b.Postcode, "country": b.Country, "phone": b.Phone,
	}
	if billing {
		a["email"] = b.Email
	}
	return a
}

// refund is the resource: everything in it is negative but its amount.
func (f *woo) refund(o *Order, r Refund) object {
	code := o.Currency
	lines := []object{}
	for _, l := range r.Lines {
		of := o.line(l.Line)
		net := o.net(l.Amount, l.Tax)
		lines = append(lines, object{
			"id": l.ID, "name": of.Title, "product_id": of.Product, "variation_id": 0, "quantity": -l.Quantity, "tax_class": "", "sku": of.SKU,
			"subtotal": plain(-net, code), "subtotal_tax": plain(-l.Tax, code), "total": plain(-net, code), "total_tax": plain(-l.Tax, code),
			"taxes": []object{{"id": 1, "total": trimmed(-l.Tax, code), "subtotal": trimmed(-l.Tax, code)}}, "price": float(net, l.Quantity, code),
			"meta_data": []object{{"id": l.ID, "key": "_refunded_item_id", "value": strconv.FormatInt(l.Line, 10)}},
		})
	}
	shipping := []object{}
	if r.Shipping > 0 {
		shipping = append(shipping, object{
			"id": r.ID*10 + 9, "method_title": o.Shipping.Title, "method_id": "flat_rate", "instance_id": "1",
			"total": plain(-o.net(r.Shipping, r.Tax), code), "total_tax": plain(-r.Tax, code), "taxes": []object{},
			"meta_data": []object{{"id": r.ID, "key": "_refunded_item_id", "value": strconv.FormatInt(o.Shipping.ID, 10)}},
		})
	}
	return object{
		"id": r.ID, "parent_id": o.ID, "date_created": r.At.In(siteZone).Format(wooTime), "date_created_gmt": r.At.Format(wooTime),
		"amount": plain(o.worth(r), code), "reason": r.Reason, "refunded_by": 1, "refunded_payment": true, "meta_data": []object{},
		"line_items": lines, "shipping_lines": shipping, "tax_lines": []object{}, "fee_lines": []object{},
	}
}
