package shopsim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// stockroom is the location goods come back to.
const stockroom = 487838322

// current is what the order comes to after refunds and cancellation.
func (o *Order) current() int64 {
	if !o.Cancelled.IsZero() {
		return 0
	}
	return o.total() - o.refunded()
}

// outstanding is what is still to be paid.
func (f *shopify) outstanding(o *Order) int64 {
	if !o.Cancelled.IsZero() || !o.Paid.IsZero() {
		return 0
	}
	return o.current() - f.redeemed(o)
}

// left is how many pieces of a line are left after refunds and cancellation.
func (*shopify) left(o *Order, l Line) int64 {
	if !o.Cancelled.IsZero() {
		return 0
	}
	quantity, _, _ := o.taken(l.ID)
	return l.Quantity - quantity
}

func (f *shopify) financial(o *Order) string {
	switch {
	case len(o.Refunds) > 0 && o.refunded() == o.total():
		return "refunded"
	case len(o.Refunds) > 0:
		return "partially_refunded"
	case o.Paid.IsZero() && f.redeemed(o) > 0:
		return "partially_paid"
	case o.Paid.IsZero():
		return "pending"
	}
	return "paid"
}

// moneySet is an amount in both currencies.
func moneySet(amount int64, currency string) object {
	money := object{"amount": plain(amount, currency), "currency_code": currency}
	return object{"shop_money": money, "presentment_money": money}
}

// local is a time with the shop's offset.
func local(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.In(siteZone).Format(time.RFC3339)
}

// order is the REST resource, which webhooks carry.
func (f *shopify) order(o *Order) object {
	code := o.Currency
	money := func(amount int64) string { return plain(amount, code) }
	out := object{
		"id": o.ID, "admin_graphql_api_id": gid("Order", o.ID), "app_id": 580111, "name": "#" + o.Number, "order_number": json.Number(o.Number), "number": 1, "confirmed": true,
		"created_at": local(o.Placed), "processed_at": local(o.Placed), "updated_at": local(o.Updated), "cancelled_at": local(o.Cancelled), "cancel_reason": nil, "closed_at": nil,
		"currency": code, "presentment_currency": code, "taxes_included": o.TaxIncluded, "duties_included": false, "tax_exempt": false, "test": false, "source_name": "web",
		"total_price": money(o.total()), "total_price_set": moneySet(o.total(), code), "current_total_price": money(o.current()), "current_total_price_set": moneySet(o.current(), code),
		"total_tax": money(o.taxTotal()), "total_tax_set": moneySet(o.taxTotal(), code), "total_outstanding": money(f.outstanding(o)),
		"subtotal_price": money(o.sum(Line.due)), "total_line_items_price": money(o.sum(Line.full)), "total_discounts": money(o.discount()),
		"total_shipping_price_set": moneySet(o.Shipping.Price, code), "total_tip_received": "0.00", "total_weight": 0,
		"original_total_duties_set": nil, "original_total_additional_fees_set": nil, "current_total_duties_set": nil,
		"total_cash_rounding_payment_adjustment_set": moneySet(0, code), "total_cash_rounding_refund_adjustment_set": moneySet(0, code),
		"financial_status": f.financial(o), "fulfillment_status": nil, "payment_gateway_names": f.gateways(o), "payment_terms": nil,
		"email": o.Buyer.Email, "contact_email": o.Buyer.Email, "phone": nil, "customer": nil, "company": nil, "location_id": nil, "po_number": nil,
		"billing_address": f.address(o), "shipping_address": f.address(o), "note": o.Note, "note_attributes": []object{}, "tags": "",
		"tax_lines": []object{taxLine(o.taxTotal(), o.Shipping.Rate, code)}, "discount_codes": []object{}, "discount_applications": []object{},
		"fulfillments": []object{}, "line_item_groups": []object{}, "returns": []object{},
	}
	if !o.Cancelled.IsZero() {
		out["cancel_reason"] = "customer"
	}
	if o.discount() > 0 {
		out["discount_codes"] = []object{{"code": o.Code, "amount": money(o.discount()), "type": "percentage"}}
		out["discount_applications"] = []object{{
			"target_type": "line_item", "type": "discount_code", "value": "33.3333", "value_type": "percentage", "allocation_method": "across", "target_selection": "all", "code": o.Code,
		}}
	}
	if o.Buyer.ID != 0 {
		address := f.address(o)
		address["id"], address["customer_id"], address["default"] = o.Buyer.ID*10, o.Buyer.ID, true
		out["customer"] = object{
			"id": o.Buyer.ID, "admin_graphql_api_id": gid("Customer", o.Buyer.ID), "first_name": o.Buyer.FirstName, "last_name": o.Buyer.LastName, "email": o.Buyer.Email,
			"phone": nil, "tax_exempt": false, "currency": code, "state": "disabled", "default_address": address,
		}
	}
	lines := []object{}
	for _, l := range o.Lines {
		lines = append(lines, f.line(o, l))
	}
	out["line_items"] = lines
	out["shipping_lines"] = []object{f.shipping(o)}
	refunds := []object{}
	for _, r := range o.Refunds {
		refunds = append(refunds, f.refund(o, r))
	}
	out["refunds"] = refunds
	return out
}

func taxLine(amount, rate int64, currency string) object {
	return object{"title": "Tax", "rate": json.Number(fraction(rate)), "price": plain(amount, currency), "price_set": moneySet(amount, currency), "channel_liable": false}
}

func (f *shopify) line(o *Order, l Line) object {
	code := o.Currency
	allocations := []object{}
	if l.Discount > 0 {
		allocations = append(allocations, object{"amount": plain(l.Discount, code), "amount_set": moneySet(l.Discount, code), "discount_application_index": 0})
	}
	return object{
		"id": l.ID, "admin_graphql_api_id": gid("LineItem", l.ID), "sku": l.SKU, "product_id": l.Product, "variant_id": l.Variant, "product_exists": true,
		"title": l.Title, "name": l.Title, "gift_card": false, "quantity": l.Quantity, "current_quantity": f.left(o, l), "fulfillable_quantity": f.left(o, l),
		"price": plain(l.Unit, code), "price_set": moneySet(l.Unit, code), "taxable": true, "requires_shipping": true,
		// Not what the allocations are: Shopify's is of the line alone.
		"total_discount": plain(0, code), "total_discount_set": moneySet(0, code), "discount_allocations": allocations,
		"tax_lines": []object{taxLine(o.lineTax(l), l.Rate, code)}, "duties": []object{}, "properties": []object{},
	}
}

func (*shopify) shipping(o *Order) object {
	code := o.Currency
	return object{
		"id": o.Shipping.ID, "title": o.Shipping.Title, "code": o.Shipping.Title, "carrier_identifier": nil, "is_removed": false, "source": "shopify",
		"price": plain(o.Shipping.Price, code), "price_set": moneySet(o.Shipping.Price, code),
		"discounted_price": plain(o.Shipping.Price, code), "discounted_price_set": moneySet(o.Shipping.Price, code), "discount_allocations": []object{},
		"tax_lines": []object{taxLine(o.shippingTax(), o.Shipping.Rate, code)},
	}
}

func (*shopify) address(o *Order) object {
	b := o.Buyer
	return object{
		"name": b.FirstName + " " + b.LastName, "first_name": b.FirstName, "last_name": b.LastName, "company": orNull(b.Company), "address1": b.Street, "address2": nil,
		"city": b.City, "province": orNull(b.Province), "province_code": orNull(b.Region), "zip": b.Postcode, "country": b.Land, "country_code": b.Country, "phone": b.Phone,
		"latitude": nil, "longitude": nil,
	}
}

// refund is the REST resource: amounts that are numbers beside those that are texts,
// and what is paid back of the shipping twice, once negative.
func (f *shopify) refund(o *Order, r Refund) object {
	code := o.Currency
	lines := []object{}
	for _, l := range r.Lines {
		lines = append(lines, object{
			"id": l.ID, "line_item_id": l.Line, "quantity": l.Quantity, "restock_type": "return", "location_id": stockroom, "line_item": f.line(o, o.line(l.Line)),
			"subtotal": numeral(l.Amount, code), "subtotal_set": moneySet(l.Amount, code), "total_tax": numeral(l.Tax, code), "total_tax_set": moneySet(l.Tax, code),
		})
	}
	adjustments, shipping := []object{}, []object{}
	if r.Shipping > 0 {
		adjustments = append(adjustments, object{
			"id": r.ID, "order_id": o.ID, "refund_id": r.ID, "kind": "shipping_refund", "reason": "Shipping refund",
			"amount": plain(-r.Shipping, code), "amount_set": moneySet(-r.Shipping, code), "tax_amount": plain(-r.Tax, code), "tax_amount_set": moneySet(-r.Tax, code),
		})
		shipping = append(shipping, object{
			"id": r.ID, "shipping_line_id": o.Shipping.ID, "subtotal_amount_set": moneySet(r.Shipping, code), "tax_amount_set": moneySet(r.Tax, code), "shipping_line": f.shipping(o),
		})
	}
	return object{
		"id": r.ID, "admin_graphql_api_id": gid("Refund", r.ID), "order_id": o.ID, "created_at": local(r.At), "processed_at": local(r.At), "note": r.Reason, "user_id": nil, "restock": true,
		"duties": []object{}, "additional_fees": []object{}, "refund_line_items": lines, "refund_shipping_lines": shipping, "order_adjustments": adjustments,
		"total_duties_set": moneySet(0, code),
		"transactions": []object{{
			"id": r.ID, "admin_graphql_api_id": gid("OrderTransaction", r.ID), "order_id": o.ID, "kind": "refund", "gateway": "shopify_payments", "status": "success", "test": false,
			"amount": plain(o.worth(r), code), "currency": code, "created_at": local(r.At), "processed_at": local(r.At), "authorization": nil, "payment_id": fmt.Sprintf("c%d.1", r.ID),
			"message": "Transaction approved", "error_code": nil, "source_name": strings.Repeat("7", 9),
			// Another name for the currency, and one decimal, as it comes.
			"total_unsettled_set": object{"shop_money": object{"amount": "0.0", "currency": code}, "presentment_money": object{"amount": "0.0", "currency": code}},
		}},
	}
}
