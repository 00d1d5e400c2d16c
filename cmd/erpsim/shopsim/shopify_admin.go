package shopsim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// root is where queries and mutations begin.
func (f *shopify) root() object {
	return object{
		typename: "QueryRoot",
		"orders": lookup(func(args map[string]any) (any, error) {
			f.move()
			query, _ := args["query"].(string)
			list, err := f.search(query)
			if err != nil {
				return nil, err
			}
			if args["sortKey"] == "UPDATED_AT" {
				slices.SortFunc(list, func(a, b *Order) int { return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.ID, b.ID)) })
			}
			return f.page250(args, list)
		}),
		"order": lookup(func(args map[string]any) (any, error) {
			if o := f.byID[fromGID(args["id"], "Order")]; o != nil {
				return f.admin(o), nil
			}
			return nil, nil
		}),
		"refund": lookup(func(args map[string]any) (any, error) {
			id := fromGID(args["id"], "Refund")
			for _, o := range f.orders {
				for _, r := range o.Refunds {
					if r.ID == id {
						return f.adminRefund(o, r), nil
					}
				}
			}
			return nil, nil
		}),
		"webhookSubscriptions": connection("WebhookSubscription", f.subscriptions()),
		"webhookSubscriptionCreate": lookup(func(args map[string]any) (any, error) {
			return f.create(args), nil
		}),
	}
}

// page250 is a page of orders. Its cursor is where the last of them stood: who moved
// there meanwhile is not listed again, who moved away is listed later.
func (f *shopify) page250(args map[string]any, list []*Order) (any, error) {
	after, _ := args["after"].(string)
	at, id, _ := strings.Cut(after, "/")
	if after != "" {
		seconds, err := strconv.ParseInt(at, 10, 64)
		last, err2 := strconv.ParseInt(id, 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("Invalid cursor for current pagination sort.") //nolint:revive,staticcheck // Shopify's words
		}
		list = slices.DeleteFunc(list, func(o *Order) bool {
			return o.Updated.Unix() < seconds || o.Updated.Unix() == seconds && o.ID <= last
		})
	}
	first, _ := args["first"].(float64)
	size := f.page(int(first), 250)
	more := len(list) > size
	list = list[:min(size, len(list))]
	nodes, end := []object{}, any(nil)
	for _, o := range list {
		nodes = append(nodes, f.admin(o))
		end = fmt.Sprintf("%d/%d", o.Updated.Unix(), o.ID)
	}
	return object{typename: "OrderConnection", "nodes": nodes, "pageInfo": object{typename: "PageInfo", "hasNextPage": more, "endCursor": end}}, nil
}

// connection is a list in pages, by position.
func connection(kind string, list []object) lookup {
	return func(args map[string]any) (any, error) {
		first, ok := args["first"].(float64)
		if !ok {
			return nil, fmt.Errorf("you must provide one of first or last")
		}
		after, _ := args["after"].(string)
		from, _ := strconv.Atoi(after)
		from = min(max(from, 0), len(list))
		to := min(from+int(first), len(list))
		var end any
		if to > from {
			end = strconv.Itoa(to)
		}
		return object{typename: kind + "Connection", "nodes": list[from:to], "pageInfo": object{typename: "PageInfo", "hasNextPage": to < len(list), "endCursor": end}}, nil
	}
}

func (f *shopify) subscriptions() []object {
	list := []object{}
	for _, sub := range f.subs {
		list = append(list, object{
			typename: "WebhookSubscription", "id": gid("WebhookSubscription", sub.ID), "topic": topicName(sub.Topic), "uri": sub.Address, "format": "JSON",
			"createdAt": sub.Made.Format(time.RFC3339), "updatedAt": sub.Changed.Format(time.RFC3339),
		})
	}
	return list
}

// create makes a subscription; the same one twice is an error of the user's.
func (f *shopify) create(args map[string]any) object {
	topic, _ := args["topic"].(string)
	in, _ := args["webhookSubscription"].(map[string]any)
	uri, _ := in["uri"].(string)
	if uri == "" {
		uri, _ = in["callbackUrl"].(string)
	}
	problem := "Address can't be blank"
	var sub *Subscription
	if uri != "" {
		var made bool
		if sub, made = f.subscribe(topicOf(topic), uri); made {
			problem = ""
		} else {
			problem = "Address for this topic has already been taken"
		}
	}
	out := object{typename: "WebhookSubscriptionCreatePayload", "webhookSubscription": nil, "userErrors": []object{}}
	if problem != "" {
		out["userErrors"] = []object{{typename: "UserError", "field": []string{"webhookSubscription", "uri"}, "message": problem}}
		return out
	}
	out["webhookSubscription"] = object{typename: "WebhookSubscription", "id": gid("WebhookSubscription", sub.ID), "topic": topic, "uri": uri}
	return out
}

// bag is an amount as the API has it: in both currencies, "10.0".
func bag(amount int64, currency string) object {
	text := trimmed(amount, currency)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	money := object{typename: "MoneyV2", "amount": text, "currencyCode": currency}
	return object{typename: "MoneyBag", "shopMoney": money, "presentmentMoney": money}
}

func instant(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(time.RFC3339)
}

// admin is the order of the API: what the webhook says, in other words.
func (f *shopify) admin(o *Order) object {
	code := o.Currency
	out := object{
		typename: "Order", "id": gid("Order", o.ID), "legacyResourceId": strconv.FormatInt(o.ID, 10), "name": "#" + o.Number, "poNumber": nil, "test": false,
		"sourceName": "web", "retailLocation": nil, "createdAt": instant(o.Placed), "processedAt": instant(o.Placed), "updatedAt": instant(o.Updated),
		"cancelledAt": instant(o.Cancelled), "cancelReason": nil, "currencyCode": code, "presentmentCurrencyCode": code,
		"taxesIncluded": o.TaxIncluded, "dutiesIncluded": false, "taxExempt": false,
		"totalPriceSet": bag(o.total(), code), "currentTotalPriceSet": bag(o.current(), code), "totalTaxSet": bag(o.taxTotal(), code),
		"totalOutstandingSet": bag(f.outstanding(o), code), "originalTotalDutiesSet": nil, "originalTotalAdditionalFeesSet": nil,
		"totalCashRoundingAdjustment": object{typename: "CashRoundingAdjustment", "paymentSet": bag(0, code), "refundSet": bag(0, code)},
		"displayFinancialStatus":      strings.ToUpper(f.financial(o)), "paymentGatewayNames": f.gateways(o), "paymentTerms": nil,
		"email": o.Buyer.Email, "phone": nil, "customer": nil, "purchasingEntity": nil,
		"billingAddress": f.adminAddress(o), "shippingAddress": f.adminAddress(o), "note": o.Note, "customAttributes": []object{}, "tags": []string{},
		"taxLines":             []object{adminTax(o.taxTotal(), o.Shipping.Rate, code)},
		"discountApplications": connection("DiscountApplication", f.adminApplications(o)),
		"shippingLines": connection("ShippingLine", []object{{
			typename: "ShippingLine", "id": gid("ShippingLine", o.Shipping.ID), "title": o.Shipping.Title, "code": o.Shipping.Title, "carrierIdentifier": nil,
			"isRemoved": false, "originalPriceSet": bag(o.Shipping.Price, code), "discountAllocations": []object{},
			"taxLines": []object{adminTax(o.shippingTax(), o.Shipping.Rate, code)},
		}}),
	}
	if !o.Cancelled.IsZero() {
		out["cancelReason"] = "CUSTOMER"
	}
	if o.Buyer.ID != 0 {
		out["customer"] = object{
			typename: "Customer", "id": gid("Customer", o.Buyer.ID), "legacyResourceId": strconv.FormatInt(o.Buyer.ID, 10), "firstName": o.Buyer.FirstName, "lastName": o.Buyer.LastName,
			"defaultEmailAddress": object{typename: "CustomerEmailAddress", "emailAddress": o.Buyer.Email}, "defaultPhoneNumber": nil, "taxExempt": false,
			"defaultAddress": f.adminAddress(o),
		}
	}
	lines := []object{}
	for _, l := range o.Lines {
		lines = append(lines, f.adminLine(o, l))
	}
	out["lineItems"] = connection("LineItem", lines)
	refunds := []object{}
	for _, r := range o.Refunds {
		refunds = append(refunds, f.adminRefund(o, r))
	}
	out["refunds"] = refunds
	out["transactions"] = f.adminTransactions(o)
	return out
}

// adminTransactions are the payments of an order, which webhooks do not tell: what was
// redeemed when it was placed, the rest when it was paid, and what went back. It is no
// connection, but all of them.
func (f *shopify) adminTransactions(o *Order) []object {
	out, redeemed := []object{}, f.redeemed(o)
	if redeemed > 0 {
		out = append(out, adminTransaction(o.ID*100+1, "SALE", f.gateways(o)[0], redeemed, o.Currency, o.Placed))
	}
	if !o.Paid.IsZero() {
		out = append(out,
			adminTransaction(o.ID*100+2, "AUTHORIZATION", "shopify_payments", o.total()-redeemed, o.Currency, o.Paid),
			adminTransaction(o.ID*100+3, "CAPTURE", "shopify_payments", o.total()-redeemed, o.Currency, o.Paid))
	}
	for _, r := range o.Refunds {
		out = append(out, adminTransaction(r.ID, "REFUND", "shopify_payments", o.worth(r), o.Currency, r.At))
	}
	return out
}

func adminTransaction(id int64, kind, gateway string, amount int64, code string, at time.Time) object {
	return object{
		typename: "OrderTransaction", "id": gid("OrderTransaction", id), "kind": kind, "gateway": gateway, "status": "SUCCESS", "test": false,
		"createdAt": instant(at), "processedAt": instant(at), "amountSet": bag(amount, code), "amountRoundingSet": nil,
		"authorizationCode": nil, "paymentId": fmt.Sprintf("c%d.1", id),
	}
}

func (*shopify) adminApplications(o *Order) []object {
	if o.discount() == 0 {
		return []object{}
	}
	return []object{{typename: "DiscountCodeApplication", "index": 0, "code": o.Code}}
}

func adminTax(amount, rate int64, currency string) object {
	return object{typename: "TaxLine", "title": "Tax", "rate": json.Number(fraction(rate)), "priceSet": bag(amount, currency), "channelLiable": false}
}

// fraction writes a rate as a part of one: 0.19.
func fraction(rate int64) string {
	return strings.TrimRight(strings.TrimRight(decimal(rate, 6, 6), "0"), ".")
}

func (*shopify) adminAddress(o *Order) object {
	b := o.Buyer
	return object{
		typename: "MailingAddress", "name": b.FirstName + " " + b.LastName, "firstName": b.FirstName, "lastName": b.LastName, "company": orNull(b.Company),
		"address1": b.Street, "address2": nil, "city": b.City, "province": orNull(b.Province), "provinceCode": orNull(b.Region), "zip": b.Postcode,
		"country": b.Land, "countryCodeV2": b.Country, "phone": b.Phone,
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (f *shopify) adminLine(o *Order, l Line) object {
	code := o.Currency
	allocations := []object{}
	if l.Discount > 0 {
		allocations = append(allocations, object{typename: "DiscountAllocation", "allocatedAmountSet": bag(l.Discount, code), "discountApplication": f.adminApplications(o)[0]})
	}
	return object{
		typename: "LineItem", "id": gid("LineItem", l.ID), "sku": l.SKU, "title": l.Title, "name": l.Title, "isGiftCard": false, "quantity": l.Quantity,
		"product": object{typename: "Product", "legacyResourceId": strconv.FormatInt(l.Product, 10)}, "currentQuantity": f.left(o, l),
		"variant":              object{typename: "ProductVariant", "legacyResourceId": strconv.FormatInt(l.Variant, 10)},
		"originalUnitPriceSet": bag(l.Unit, code), "discountAllocations": allocations, "taxLines": []object{adminTax(o.lineTax(l), l.Rate, code)},
		"duties": []object{}, "customAttributes": []object{}, "lineItemGroup": nil,
	}
}

func (f *shopify) adminRefund(o *Order, r Refund) object {
	code := o.Currency
	lines := []object{}
	for _, l := range r.Lines {
		of := f.adminLine(o, o.line(l.Line))
		lines = append(lines, object{
			typename: "RefundLineItem", "id": gid("RefundLineItem", l.ID), "quantity": l.Quantity, "restockType": "RETURN", "lineItem": of,
			"location":    object{typename: "Location", "legacyResourceId": strconv.Itoa(stockroom)},
			"subtotalSet": bag(l.Amount, code), "totalTaxSet": bag(l.Tax, code),
		})
	}
	shipping := []object{}
	if r.Shipping > 0 {
		shipping = append(shipping, object{
			typename: "RefundShippingLine", "id": gid("RefundShippingLine", r.ID), "subtotalAmountSet": bag(r.Shipping, code), "taxAmountSet": bag(r.Tax, code),
			"shippingLine": object{typename: "ShippingLine", "id": gid("ShippingLine", o.Shipping.ID), "title": o.Shipping.Title, "code": o.Shipping.Title},
		})
	}
	return object{
		typename: "Refund", "id": gid("Refund", r.ID), "legacyResourceId": strconv.FormatInt(r.ID, 10), "createdAt": instant(r.At), "note": r.Reason, "duties": []object{},
		"order":           object{typename: "Order", "id": gid("Order", o.ID), "legacyResourceId": strconv.FormatInt(o.ID, 10)},
		"refundLineItems": connection("RefundLineItem", lines), "refundShippingLines": connection("RefundShippingLine", shipping),
		"orderAdjustments": connection("OrderAdjustment", []object{}),
		"transactions":     connection("OrderTransaction", []object{adminTransaction(r.ID, "REFUND", "shopify_payments", o.worth(r), code, r.At)}),
	}
}
