package shopify_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// graphQL returns the body of an order webhook as GraphQL tells the same state: amounts
// in sets only, with one decimal, ids as texts, times in UTC, enums in capitals, lists
// as connections.
func graphQL(t *testing.T, webhook []byte) map[string]any {
	t.Helper()
	var body map[string]any
	dec := json.NewDecoder(strings.NewReader(string(webhook)))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		t.Fatal(err)
	}
	c := converter{body["currency"], body["presentment_currency"]}
	out := c.pick(body, "name", "po_number", "test", "source_name", "currency", "presentment_currency", "taxes_included", "duties_included",
		"tax_exempt", "payment_gateway_names", "email", "phone", "note", "original_total_duties_set", "original_total_additional_fees_set")
	out["id"] = text(body["id"])
	for _, name := range []string{"created_at", "processed_at", "updated_at", "cancelled_at"} {
		out[name] = c.utc(t, body[name])
	}
	out["financial_status"], out["cancel_reason"] = upper(body["financial_status"]), upper(body["cancel_reason"])
	out["location_id"] = only(body["location_id"])
	out["total_outstanding"] = only(only(body["total_outstanding"]))
	out["total_cash_rounding_payment_adjustment_set"] = only(body["total_cash_rounding_payment_adjustment_set"])
	out["tags"] = strings.Split(text(body["tags"]), ", ")
	for _, name := range []string{"total_price", "current_total_price", "total_tax"} {
		out[name+"_set"] = c.set(body, name)
	}
	if customer, ok := body["customer"].(map[string]any); ok {
		person := c.pick(customer, "first_name", "last_name", "tax_exempt")
		person["id"], person["email"], person["phone"] = text(customer["id"]), only(customer["email"]), only(customer["phone"])
		if home, ok := customer["default_address"].(map[string]any); ok {
			person["default_address"] = c.pick(home, "company")
		}
		out["customer"] = person
	}
	if b2b, ok := body["company"].(map[string]any); ok {
		out["company"] = map[string]any{"id": only("gid://shopify/Company/" + text(b2b["id"])), "location_id": only("gid://shopify/CompanyLocation/" + text(b2b["location_id"]))}
	}
	for _, name := range []string{"billing_address", "shipping_address"} {
		if place, ok := body[name].(map[string]any); ok {
			out[name] = c.pick(place, "name", "first_name", "last_name", "company", "address1", "address2", "city", "province", "province_code", "zip", "country", "country_code", "phone")
		}
	}
	if terms, ok := body["payment_terms"].(map[string]any); ok {
		var dates []any
		for _, schedule := range objects(terms["payment_schedules"]) {
			dates = append(dates, map[string]any{"due_at": c.utc(t, schedule["due_at"])})
		}
		out["payment_terms"] = map[string]any{"payment_terms_name": terms["payment_terms_name"], "payment_schedules": page(dates, 0, 10)}
	}
	var attributes []any
	for _, a := range objects(body["note_attributes"]) {
		attributes = append(attributes, c.pick(a, "name", "value"))
	}
	out["note_attributes"] = attributes
	out["tax_lines"] = c.taxes(body["tax_lines"])
	var applications []any
	for i, a := range objects(body["discount_applications"]) {
		application := c.pick(a, "code", "title", "description")
		application["index"] = i
		applications = append(applications, application)
	}
	out["discount_applications"] = page(applications, 0, 20)
	var shipping []any
	for _, s := range objects(body["shipping_lines"]) {
		line := c.pick(s, "title", "code", "carrier_identifier", "is_removed")
		line["id"], line["price_set"] = gid("ShippingLine", s["id"]), c.set(s, "price")
		line["discount_allocations"], line["tax_lines"] = c.allocations(s["discount_allocations"]), c.taxes(s["tax_lines"])
		shipping = append(shipping, line)
	}
	out["shipping_lines"] = page(shipping, 0, 5)
	lines := []any{}
	for _, l := range objects(body["line_items"]) {
		lines = append(lines, c.line(l))
	}
	out["line_items"] = lines
	refunds := []any{}
	for _, r := range objects(body["refunds"]) {
		refunds = append(refunds, c.refund(t, r))
	}
	out["refunds"] = refunds
	return out
}

// A converter knows an order's currencies.
type converter struct{ shop, presentment any }

// pick copies the members of an object that are there.
func (c converter) pick(from map[string]any, names ...string) map[string]any {
	out := map[string]any{}
	for _, name := range names {
		if v, ok := from[name]; ok {
			out[name] = v
		}
	}
	return out
}

// set returns an amount as a set, with one decimal where it is round, as GraphQL writes
// it.
func (c converter) set(from map[string]any, name string) any {
	if set, ok := from[name+"_set"].(map[string]any); ok {
		out := map[string]any{}
		for side, v := range set {
			money := v.(map[string]any)
			out[side] = map[string]any{"amount": short(money["amount"]), "currency_code": money["currency_code"]}
		}
		return out
	}
	if from[name] == nil {
		return nil
	}
	money := map[string]any{"amount": short(from[name]), "currency_code": c.shop}
	return map[string]any{"shop_money": money, "presentment_money": money}
}

func (c converter) taxes(list any) any {
	out := []any{}
	for _, tax := range objects(list) {
		line := c.pick(tax, "title", "rate", "channel_liable")
		line["price_set"] = c.set(tax, "price")
		out = append(out, line)
	}
	return out
}

func (c converter) allocations(list any) any {
	out := []any{}
	for _, a := range objects(list) {
		out = append(out, map[string]any{"amount_set": c.set(a, "amount"), "discount_application_index": only(a["discount_application_index"])})
	}
	return out
}

func (c converter) line(l map[string]any) map[string]any {
	out := c.pick(l, "sku", "title", "name", "gift_card", "quantity", "current_quantity")
	if _, ok := l["current_quantity"]; !ok {
		out["current_quantity"] = l["quantity"]
	}
	out["id"], out["product_id"], out["variant_id"] = gid("LineItem", l["id"]), only(text(l["product_id"])), only(text(l["variant_id"]))
	out["price_set"] = c.set(l, "price")
	out["discount_allocations"], out["tax_lines"] = c.allocations(l["discount_allocations"]), c.taxes(l["tax_lines"])
	var duties, properties []any
	for _, d := range objects(l["duties"]) {
		duties = append(duties, map[string]any{"price_set": c.pick(d, "shop_money", "presentment_money"), "tax_lines": c.taxes(d["tax_lines"])})
	}
	for _, p := range objects(l["properties"]) {
		properties = append(properties, c.pick(p, "name", "value"))
	}
	out["duties"], out["properties"] = duties, properties
	return out
}

// refund converts a refund. Of shipping, GraphQL has no adjustment.
func (c converter) refund(t *testing.T, r map[string]any) map[string]any {
	t.Helper()
	out := map[string]any{"id": text(r["id"]), "order_id": only(text(r["order_id"])), "created_at": c.utc(t, r["created_at"]), "note": r["note"]}
	lines, shipping, adjustments, transactions := []any{}, []any{}, []any{}, []any{}
	for _, l := range objects(r["refund_line_items"]) {
		item := l["line_item"].(map[string]any)
		line := c.pick(item, "sku", "title", "name")
		line["id"], line["product_id"], line["variant_id"] = gid("LineItem", item["id"]), only(item["product_id"]), only(item["variant_id"])
		lines = append(lines, map[string]any{
			"id": gid("RefundLineItem", l["id"]), "quantity": l["quantity"], "restock_type": upper(l["restock_type"]), "location_id": only(l["location_id"]),
			"subtotal_set": c.set(l, "subtotal"), "total_tax_set": c.set(l, "total_tax"), "line_item": line,
		})
	}
	for _, a := range objects(r["order_adjustments"]) {
		if a["kind"] == "shipping_refund" {
			shipping = append(shipping, map[string]any{"subtotal_amount_set": c.negated(a, "amount"), "tax_amount_set": c.negated(a, "tax_amount")})
			continue
		}
		adjustments = append(adjustments, map[string]any{
			"reason": strings.ReplaceAll(strings.ToUpper(text(a["reason"])), " ", "_"), "amount_set": c.set(a, "amount"), "tax_amount_set": c.set(a, "tax_amount"),
		})
	}
	for i, s := range objects(r["refund_shipping_lines"]) {
		if line, ok := s["shipping_line"].(map[string]any); ok && i < len(shipping) {
			shipping[i].(map[string]any)["shipping_line"] = c.pick(line, "title", "code")
		}
	}
	for _, tx := range objects(r["transactions"]) {
		transaction := c.pick(tx, "gateway", "test", "authorization", "payment_id")
		transaction["id"], transaction["kind"], transaction["status"] = gid("OrderTransaction", tx["id"]), upper(tx["kind"]), upper(tx["status"])
		transaction["created_at"] = c.utc(t, tx["created_at"])
		transaction["amount"], transaction["currency"] = only(only(short(tx["amount"]))), only(only(tx["currency"]))
		transaction["amount_rounding"] = only(only(tx["amount_rounding"]))
		transactions = append(transactions, transaction)
	}
	out["refund_line_items"] = lines
	out["refund_shipping_lines"], out["order_adjustments"], out["transactions"] = page(shipping, 0, 5), page(adjustments, 0, 10), page(transactions, 0, 20)
	return out
}

func (c converter) negated(from map[string]any, name string) any {
	set := c.set(from, name).(map[string]any)
	out := map[string]any{}
	for side, v := range set {
		money := v.(map[string]any)
		out[side] = map[string]any{"amount": strings.TrimPrefix(money["amount"].(string), "-"), "currency_code": money["currency_code"]}
	}
	return out
}

func (c converter) utc(t *testing.T, v any) any {
	t.Helper()
	if v == nil {
		return nil
	}
	at, err := time.Parse(time.RFC3339, text(v))
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC().Format(time.RFC3339)
}

// short writes 12.50 as 12.5 and 12.00 as 12.0.
func short(v any) any {
	s := text(v)
	if whole, frac, ok := strings.Cut(s, "."); ok {
		if frac = strings.TrimRight(frac, "0"); frac == "" {
			frac = "0"
		}
		return whole + "." + frac
	}
	return s
}

func only(v any) any {
	if v == nil || v == "" {
		return nil
	}
	return map[string]any{"only": v}
}

func gid(kind string, v any) any {
	if v == nil {
		return nil
	}
	return "gid://shopify/" + kind + "/" + text(v)
}

func upper(v any) any {
	if v == nil {
		return nil
	}
	return strings.ToUpper(text(v))
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func objects(v any) []map[string]any {
	var out []map[string]any
	list, _ := v.([]any)
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}
