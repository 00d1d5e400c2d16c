package shopsim

import (
	"fmt"
	"maps"
	"time"
)

// status is the status_id.
func (*bigcommerce) status(o *Order) int {
	switch {
	case !o.Cancelled.IsZero():
		return 5
	case len(o.Refunds) > 0 && o.refunded() == o.total():
		return 4
	case len(o.Refunds) > 0:
		return 14
	case o.Paid.IsZero():
		return 7
	}
	return 11
}

var bigStatus = map[int]string{4: "Refunded", 5: "Cancelled", 7: "Awaiting Payment", 11: "Awaiting Fulfillment", 14: "Partially Refunded"}

// four writes an amount as BigCommerce does, whatever the currency.
func four(amount int64, currency string) string { return decimal(amount, digits[currency], 4) }

// pair is an amount without and with tax, and the tax.
func pair(into object, name string, amount, tax int64, o *Order) {
	net, gross := o.net(amount, tax), o.gross(amount, tax)
	into[name+"_ex_tax"], into[name+"_inc_tax"] = four(net, o.Currency), four(gross, o.Currency)
}

func (f *bigcommerce) wholeOrder(o *Order) any { return f.order(o) }

func (f *bigcommerce) order(o *Order) object {
	code := o.Currency
	money := func(amount int64) string { return four(amount, code) }
	subtotal, subtotalTax := o.sum(Line.full), o.sum(func(l Line) int64 { return f.lineTax(o, l) })
	coupon, automatic := o.discount(), int64(0)
	if o.Code == "" {
		coupon, automatic = 0, coupon
	}
	paid := "authorized"
	if !o.Paid.IsZero() {
		paid = "captured"
	}
	status := f.status(o)
	out := object{
		"id": o.ID, "customer_id": o.Buyer.ID, "status_id": status, "status": bigStatus[status], "custom_status": bigStatus[status],
		"date_created": o.Placed.Format(time.RFC1123Z), "date_modified": o.Updated.Format(time.RFC1123Z), "date_shipped": "",
		"subtotal_tax": money(o.sum(o.lineTax)), "total_tax": money(o.taxTotal()),
		"total_inc_tax": money(o.total()), "total_ex_tax": money(o.total() - o.taxTotal()),
		"base_shipping_cost": money(o.Shipping.Price), "shipping_cost_tax": money(o.shippingTax()), "shipping_cost_tax_class_id": 2,
		"is_tax_inclusive_pricing": o.TaxIncluded, "items_total": o.sum(func(l Line) int64 { return l.Quantity }), "items_shipped": 0,
		"payment_method": "Credit Card", "payment_provider_id": nil, "payment_status": paid, "refunded_amount": money(o.refunded()),
		"store_credit_amount": "0.0000", "gift_certificate_amount": "0.0000", "discount_amount": money(automatic), "coupon_discount": money(coupon),
		"currency_id": 1, "currency_code": code, "currency_exchange_rate": "1.0000000000", "default_currency_id": 1, "default_currency_code": code,
		"store_default_currency_code": code, "store_default_to_transactional_exchange_rate": "1.0000000000",
		"staff_notes": "", "customer_message": o.Note, "order_is_digital": false, "is_deleted": false, "channel_id": 1, "order_source": "www",
		"shipping_address_count": 1, "billing_address": f.address(o), "external_id": nil, "customer_locale": "en", "fees": []object{},
	}
	pair(out, "subtotal", subtotal, subtotalTax, o)
	pair(out, "shipping_cost", o.Shipping.Price, o.shippingTax(), o)
	for _, none := range []string{"handling_cost", "wrapping_cost"} {
		pair(out, none, 0, 0, o)
		out["base_"+none], out[none+"_tax"], out[none+"_tax_class_id"] = "0.0000", "0.0000", 2
	}
	for _, part := range []string{"products", "shipping_addresses", "coupons"} {
		out[part] = object{"url": fmt.Sprintf("https://api.bigcommerce.com/stores/%s/v2/orders/%d/%s", f.conf.Name, o.ID, part), "resource": fmt.Sprintf("/orders/%d/%s", o.ID, part)}
	}
	return out
}

// lineTax is what BigCommerce writes beside a line: where the tax is contained in the
// price it is of the price, though the order's tax is of what is left after discounts.
func (*bigcommerce) lineTax(o *Order, l Line) int64 {
	if o.TaxIncluded {
		return o.tax(l.full(), l.Rate)
	}
	return o.lineTax(l)
}

func (*bigcommerce) address(o *Order) object {
	b := o.Buyer
	return object{
		"first_name": b.FirstName, "last_name": b.LastName, "company": b.Company, "street_1": b.Street, "street_2": "", "city": b.City,
		"state": b.Province, "zip": b.Postcode, "country": b.Land, "country_iso2": b.Country, "phone": b.Phone, "email": b.Email, "form_fields": []object{},
	}
}

func (f *bigcommerce) products(o *Order) any {
	list := []object{}
	for _, l := range o.Lines {
		tax, name := f.lineTax(o, l), l.Title
		quantity, amount, _ := o.taken(l.ID)
		p := object{
			"id": l.ID, "order_id": o.ID, "product_id": l.Product, "variant_id": l.Variant, "order_address_id": o.ID*10 + 5, "name": name,
			"name_customer": name, "name_merchant": name, "sku": l.SKU, "upc": "", "type": "physical", "quantity": l.Quantity,
			"base_price": four(l.Unit, o.Currency), "base_total": four(l.full(), o.Currency), "total_tax": four(tax, o.Currency),
			"price_tax":   quotient(tax, l.Quantity, digits[o.Currency], 4),
			"is_refunded": quantity == l.Quantity, "quantity_refunded": quantity, "refund_amount": four(amount, o.Currency), "quantity_shipped": 0,
			"price_ex_tax":            quotient(o.net(l.full(), tax), l.Quantity, digits[o.Currency], 4),
			"price_inc_tax":           quotient(o.gross(l.full(), tax), l.Quantity, digits[o.Currency], 4),
			"parent_order_product_id": nil, "is_bundled_product": false, "product_options": []object{}, "applied_discounts": []object{}, "gift_certificate_id": nil,
		}
		pair(p, "total", l.full(), tax, o)
		if l.Discount > 0 {
			p["applied_discounts"] = []object{{"id": "coupon", "amount": four(l.Discount, o.Currency), "name": "Coupon", "code": o.Code, "target": "product"}}
		}
		list = append(list, p)
	}
	return list
}

func (*bigcommerce) coupons(o *Order) any {
	if o.discount() == 0 {
		return []object{}
	}
	return []object{{"id": o.ID, "coupon_id": 7, "order_id": o.ID, "code": o.Code, "amount": "33.3333", "type": 1, "discount": four(o.discount(), o.Currency)}}
}

func (f *bigcommerce) addresses(o *Order) any {
	a := f.address(o)
	maps.Copy(a, object{
		"id": o.ID*10 + 5, "order_id": o.ID, "items_total": o.sum(func(l Line) int64 { return l.Quantity }), "items_shipped": 0,
		"shipping_method": o.Shipping.Title, "base_cost": four(o.Shipping.Price, o.Currency), "cost_tax": four(o.shippingTax(), o.Currency),
	})
	pair(a, "cost", o.Shipping.Price, o.shippingTax(), o)
	return []object{a}
}

// taxes are of each line after its discount, and of the shipping.
func (*bigcommerce) taxes(o *Order) any {
	list := []object{}
	add := func(amount, rate, line int64, kind string) {
		list = append(list, object{
			"id": o.ID*10 + int64(len(list)), "order_id": o.ID, "order_address_id": o.ID*10 + 5, "tax_rate_id": 1, "tax_class_id": 0, "name": "Tax", "class": "Default Tax Class",
			"rate": decimal(rate, 4, 4), "priority": 0, "priority_amount": four(amount, o.Currency), "line_amount": four(amount, o.Currency),
			"order_product_id": line, "line_item_type": kind,
		})
	}
	for _, l := range o.Lines {
		add(o.lineTax(l), l.Rate, l.ID, "item")
	}
	add(o.shippingTax(), o.Shipping.Rate, 0, "shipping")
	return list
}

// transactions have amounts that are numbers.
func (*bigcommerce) transactions(o *Order) any {
	list := []object{}
	if !o.Paid.IsZero() {
		list = append(list, object{
			"id": o.ID*10 + 1, "order_id": fmt.Sprint(o.ID), "event": "purchase", "method": "credit_card", "gateway": "stripe", "amount": numeral(o.total(), o.Currency),
			"currency": o.Currency, "date_created": o.Paid.Format(time.RFC3339), "test": false, "status": "ok", "gateway_transaction_id": fmt.Sprintf("ch_%d", o.ID),
		})
	}
	return object{"data": list, "meta": object{}}
}

func (*bigcommerce) refunds(o *Order) any {
	list := []object{}
	for _, r := range o.Refunds {
		items, tax := []object{}, r.Tax
		for _, l := range r.Lines {
			tax += l.Tax
			items = append(items, object{"item_type": "PRODUCT", "item_id": l.Line, "quantity": l.Quantity, "requested_amount": four(o.gross(l.Amount, l.Tax), o.Currency), "reason": r.Reason})
		}
		if r.Shipping > 0 {
			items = append(items, object{"item_type": "SHIPPING", "item_id": o.ID*10 + 5, "quantity": 1, "requested_amount": four(o.gross(r.Shipping, r.Tax), o.Currency), "reason": r.Reason})
		}
		list = append(list, object{
			"id": r.ID, "order_id": o.ID, "user_id": 1, "created": r.At.Format(time.RFC3339), "reason": r.Reason, "uses_merchant_override_values": false,
			"total_amount": four(o.worth(r), o.Currency), "total_tax": four(tax, o.Currency), "items": items,
			"payments": []object{{"id": r.ID, "provider_id": "stripe", "amount": four(o.worth(r), o.Currency), "offline": false, "is_declined": false, "declined_message": ""}},
		})
	}
	return object{"data": list, "meta": object{}}
}
