package shopsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// numeral writes an amount as a JSON number.
func numeral(amount int64, currency string) json.Number {
	return json.Number(trimmed(amount, currency))
}

// both writes an amount twice: in the store's currency, and in the order's, which are
// the same here.
func both(into object, name string, amount int64, currency string) {
	into[name], into["base_"+name] = numeral(amount, currency), numeral(amount, currency)
}

func (*adobe) state(o *Order) string {
	switch {
	case !o.Cancelled.IsZero():
		return "canceled"
	case len(o.Refunds) > 0 && o.refunded() == o.total():
		return "closed"
	case o.Paid.IsZero():
		return "new"
	}
	return "processing"
}

// order is the resource. Prices are without tax, discounts as the buyer saw them, and
// where that was with tax the compensation says what tax the discount saved:
//
//	grand_total = subtotal + discount_amount (negative) + shipping_amount + tax_amount + discount_tax_compensation_amount
func (f *adobe) order(o *Order) object {
	code := o.Currency
	state := f.state(o)
	out := object{
		"entity_id": o.ID, "increment_id": "0000" + o.Number, "state": state, "status": strings.Replace(state, "new", "pending", 1),
		"created_at": o.Placed.Format(adobeTime), "updated_at": o.Updated.Format(adobeTime),
		"base_currency_code": code, "order_currency_code": code, "store_currency_code": code, "global_currency_code": code,
		"base_to_global_rate": 1, "base_to_order_rate": 1, "store_to_base_rate": 0, "store_id": 1, "store_name": "Main Website\nMain Website Store\n",
		"customer_email": o.Buyer.Email, "customer_firstname": o.Buyer.FirstName, "customer_lastname": o.Buyer.LastName, "customer_is_guest": 1,
		"customer_note": o.Note, "customer_group_id": 0, "is_virtual": 0, "shipping_description": "Flat Rate - " + o.Shipping.Title,
		"quote_id": o.ID, "total_item_count": len(o.Lines), "weight": 2, "protect_code": "61f76d",
		"billing_address": f.address(o, "billing", false),
		"payment": object{
			"method": "braintree", "entity_id": o.ID, "parent_id": o.ID, "account_status": nil, "additional_information": []string{"Credit Card", ""},
			"amount_ordered": numeral(o.total(), code), "base_amount_ordered": numeral(o.total(), code), "last_trans_id": fmt.Sprintf("tx%d", o.ID),
		},
		"status_histories": []object{},
	}
	if o.Buyer.ID != 0 {
		out["customer_id"], out["customer_is_guest"] = o.Buyer.ID, 0
	}
	if o.discount() > 0 {
		out["coupon_code"], out["discount_description"] = o.Code, o.Code
	}
	items := make([]object, 0, len(o.Lines))
	var subtotal, compensation int64
	for _, l := range o.Lines {
		item, net, saved := f.item(o, l)
		items = append(items, item)
		subtotal, compensation = subtotal+net, compensation+saved
	}
	out["items"] = items
	paid := int64(0)
	if !o.Paid.IsZero() {
		paid = o.total()
	}
	for name, amount := range map[string]int64{
		"grand_total": o.total(), "subtotal": subtotal, "subtotal_incl_tax": o.sum(func(l Line) int64 { return o.gross(l.full(), o.tax(l.full(), l.Rate)) }),
		"discount_amount": -o.discount(), "discount_tax_compensation_amount": compensation, "tax_amount": o.taxTotal(),
		"shipping_amount": o.net(o.Shipping.Price, o.shippingTax()), "shipping_tax_amount": o.shippingTax(), "shipping_discount_amount": 0,
		"shipping_incl_tax": o.gross(o.Shipping.Price, o.shippingTax()), "total_due": o.total() - paid,
	} {
		both(out, name, amount, code)
	}
	if paid > 0 {
		both(out, "total_paid", paid, code)
	}
	if len(o.Refunds) > 0 {
		both(out, "total_refunded", o.refunded(), code)
	}
	// The one name that Magento cut off.
	out["shipping_discount_tax_compensation_amount"], out["base_shipping_discount_tax_compensation_amnt"] = 0, 0
	out["extension_attributes"] = object{
		"shipping_assignments": []object{{"shipping": object{"address": f.address(o, "shipping", false), "method": "flatrate_flatrate"}}},
		"applied_taxes":        []object{{"code": "TAX", "title": "Tax", "percent": json.Number(trimmedRate(o.Shipping.Rate)), "amount": numeral(o.taxTotal(), code), "base_amount": numeral(o.taxTotal(), code)}},
	}
	return out
}

// trimmedRate writes a rate in percent.
func trimmedRate(rate int64) string {
	return strings.TrimRight(strings.TrimRight(decimal(rate, 4, 4), "0"), ".")
}

// item returns a line, its amount without tax before discounts, and the tax that its
// discount saved where that is contained in the price.
func (f *adobe) item(o *Order, l Line) (item object, net, saved int64) {
	code := o.Currency
	full, tax := o.tax(l.full(), l.Rate), o.lineTax(l)
	net = o.net(l.full(), full)
	if o.TaxIncluded {
		saved = full - tax
	}
	refunded, _, _ := o.taken(l.ID)
	item = object{
		"item_id": l.ID, "order_id": o.ID, "product_id": l.Product, "product_type": "simple", "sku": l.SKU, "name": l.Title,
		"qty_ordered": l.Quantity, "qty_refunded": refunded, "qty_canceled": 0, "qty_invoiced": 0, "qty_shipped": 0, "is_qty_decimal": 0, "is_virtual": 0,
		"price": price(net, l.Quantity, code), "base_price": price(net, l.Quantity, code),
		"price_incl_tax": price(o.gross(l.full(), full), l.Quantity, code), "tax_percent": json.Number(trimmedRate(l.Rate)),
		"created_at": o.Placed.Format(adobeTime), "updated_at": o.Updated.Format(adobeTime), "weee_tax_applied": "[]",
	}
	if !o.Cancelled.IsZero() {
		item["qty_canceled"] = l.Quantity
	}
	for name, amount := range map[string]int64{
		"row_total": net, "row_total_incl_tax": o.gross(l.full(), full), "tax_amount": tax, "discount_amount": l.Discount,
		"discount_tax_compensation_amount": saved, "original_price": l.Unit,
	} {
		both(item, name, amount, code)
	}
	return item, net, saved
}

// price is of one piece, to four decimals, as the database of Magento keeps it.
func price(amount, n int64, currency string) json.Number {
	text := quotient(amount, n, digits[currency], 4)
	return json.Number(strings.TrimRight(strings.TrimRight(text, "0"), "."))
}

func (*adobe) address(o *Order, kind string, event bool) object {
	b := o.Buyer
	a := object{
		"address_type": kind, "entity_id": o.ID*10 + int64(len(kind)), "parent_id": o.ID, "firstname": b.FirstName, "lastname": b.LastName, "company": b.Company,
		"city": b.City, "region": b.Province, "region_code": b.Region, "region_id": 43, "postcode": b.Postcode, "country_id": b.Country, "email": b.Email, "telephone": b.Phone,
		"street": []string{b.Street, "Back yard"},
	}
	if event {
		a["street"] = b.Street + "\nBack yard"
	}
	return a
}

// memo is a credit memo.
func (f *adobe) memo(o *Order, r Refund) object {
	code := o.Currency
	out := object{
		"entity_id": r.ID, "increment_id": fmt.Sprintf("CM%d", r.ID), "order_id": o.ID, "state": 2, "transaction_id": fmt.Sprintf("re%d", r.ID),
		"created_at": r.At.Format(adobeTime), "updated_at": r.At.Format(adobeTime), "base_currency_code": code, "order_currency_code": code,
		"store_currency_code": code, "global_currency_code": code, "comments": []object{{"comment": r.Reason}},
	}
	items := []object{}
	var subtotal, discount, tax, compensation int64
	for _, l := range r.Lines {
		of := o.line(l.Line)
		full := of.Unit * l.Quantity
		fullTax, saved := l.Tax, int64(0)
		if o.TaxIncluded {
			fullTax = within(full, of.Rate)
			saved = fullTax - l.Tax
		}
		net := o.net(full, fullTax)
		item := object{"entity_id": l.ID, "parent_id": r.ID, "order_item_id": l.Line, "product_id": of.Product, "sku": of.SKU, "name": of.Title, "qty": l.Quantity, "price": price(net, l.Quantity, code)}
		for name, amount := range map[string]int64{
			"row_total": net, "row_total_incl_tax": o.gross(full, fullTax), "tax_amount": l.Tax, "discount_amount": full - l.Amount, "discount_tax_compensation_amount": saved,
		} {
			both(item, name, amount, code)
		}
		items = append(items, item)
		subtotal, discount, tax, compensation = subtotal+net, discount+full-l.Amount, tax+l.Tax, compensation+saved
	}
	out["items"] = items
	sums := map[string]int64{
		"grand_total": o.worth(r), "subtotal": subtotal, "discount_amount": -discount, "tax_amount": tax + r.Tax, "discount_tax_compensation_amount": compensation,
		"shipping_amount": o.net(r.Shipping, r.Tax), "shipping_tax_amount": r.Tax, "shipping_incl_tax": o.gross(r.Shipping, r.Tax), "adjustment": 0,
	}
	maps.Copy(sums, map[string]int64{"adjustment_positive": 0, "adjustment_negative": 0})
	for name, amount := range sums {
		both(out, name, amount, code)
	}
	return out
}
