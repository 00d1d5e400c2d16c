package bigcommerce

import (
	"cmp"
	"strconv"

	"github.com/hakooi/erpbridge"
)

// amounts maps the money of an order by the half of its amounts that r is for.
func amounts(r *reader, d *document, o *erpbridge.Order) {
	body := d.Order.V
	o.Total = r.Due("", "total_inc_tax", body.TotalIncTax)
	o.TaxTotal = taxTotal(r, d, o.Total)
	o.Outstanding = erpbridge.Zero(o.Currency) // the store does not say
	ts := openTaxes(d.Taxes)
	lines(r, d, ts, o)
	shipping(r, d, ts, o)
	charges(r, body, ts, o)
	discounts(r, d, o)
	o.Taxes = ts.all(r)
}

// taxTotal returns the tax of an order. Prices that contain it add up without it, so that
// nobody would see that it is missing: then it is what the two totals differ by, or else
// what the parts say.
func taxTotal(r *reader, d *document, total erpbridge.Money) erpbridge.Money {
	body := d.Order.V
	if m, ok := r.Charge("", "total_tax", body.TotalTax); ok {
		return m
	}
	net, ok := r.Charge("", "total_ex_tax", body.TotalExTax)
	if tax := total.Sub(net); ok && !tax.Amount.IsNeg() {
		return tax
	}
	sum := erpbridge.Zero(r.Currency())
	parts := []scalar{body.ShippingTax, body.HandlingTax, body.WrappingTax}
	for _, p := range d.Products {
		parts = append(parts, p.TotalTax)
	}
	for _, part := range parts {
		m, _ := r.Exact(part)
		sum = sum.Add(m)
	}
	return sum
}

// lines maps what was ordered.
func lines(r *reader, d *document, ts taxes, o *erpbridge.Order) {
	gone := !o.CancelledAt.IsZero()
	o.Lines = make([]erpbridge.Line, 0, len(d.Products))
	for i, p := range d.Products {
		at := "products[" + strconv.Itoa(i) + "]."
		line := erpbridge.Line{
			ID:        r.ID(at, "id", p.ID),
			Parent:    given(r.ID(at, "parent_order_product_id", p.Parent)),
			SKU:       r.Text(at, "sku", p.SKU),
			Barcode:   r.Text(at, "upc", p.UPC),
			ProductID: given(r.ID(at, "product_id", p.ProductID)),
			VariantID: given(r.ID(at, "variant_id", p.VariantID)),
			Title:     r.Text(at, "name", p.Name),
			Kind:      erpbridge.Item,
			Quantity:  r.Quantity(at, "quantity", p.Quantity),
		}
		switch {
		case p.Type.Text() == "giftcertificate":
			line.Kind = erpbridge.GiftCard
		case line.Parent != "":
			line.Kind = erpbridge.Component
		}
		line.Current = line.Quantity
		if p.QuantityRefunded.Given() {
			line.Current = line.Quantity.Sub(r.Quantity(at, "quantity_refunded", p.QuantityRefunded))
		}
		if gone {
			line.Current = erpbridge.Decimal{} // the store leaves the pieces where they were
		}
		if line.Current.IsNeg() {
			r.Fail(at, "quantity_refunded", "%s is more than was ordered, %s", p.QuantityRefunded.Text(), line.Quantity)
		}
		price(r, at, p, &line)
		line.Taxes = ts.of(r, onItem, line.ID, p.TotalTax)
		line.Attributes = lineAttributes(r, at, p, len(d.Addresses) > 1)
		o.Lines = append(o.Lines, line)
	}
}

// price maps a line's amounts. The total is what counts, because a merchant may set it;
// the price of one is for information, and may be finer than the currency.
func price(r *reader, at string, p item, line *erpbridge.Line) {
	unitName, unit := r.pair("price", p.PriceExTax, p.PriceIncTax)
	line.Unit = r.Price(at, unitName, unit)
	if line.Unit.Amount.IsNeg() {
		r.Fail(at, unitName, "%s is negative", line.Unit)
	}
	totalName, total := r.pair("total", p.TotalExTax, p.TotalIncTax)
	if total.Given() || !unit.Given() {
		line.Extended = r.Due(at, totalName, total)
		return
	}
	digits, _ := erpbridge.Digits(r.Currency())
	if all := line.Unit.Times(line.Quantity).Amount; !all.RoundBank(digits).Equal(all) {
		r.Fail(at, totalName, "is missing, and %s pieces at %s do not come to an amount of the currency", line.Quantity, line.Unit)
	}
}

// lineAttributes maps what was chosen and written for a line.
func lineAttributes(r *reader, at string, p item, several bool) []erpbridge.Attribute {
	var out []erpbridge.Attribute
	for _, o := range p.Options {
		out = attribute(out, r.Text(at, "product_options.display_name", o.Name), r.Text(at, "product_options.display_value", o.Value))
	}
	out = fields(r, at+"configurable_fields", p.Fields, out)
	out = attribute(out, cmp.Or(r.Text(at, "event_name", p.EventName), "event_date"), r.Text(at, "event_date", p.EventDate))
	out = attribute(out, "wrapping_name", r.Text(at, "wrapping_name", p.WrappingName))
	out = attribute(out, "wrapping_message", r.Text(at, "wrapping_message", p.WrappingMessage))
	if several {
		out = attribute(out, "order_address_id", given(r.ID(at, "order_address_id", p.AddressID)))
	}
	return out
}

// shipping maps what was charged for transport: by address, where the addresses' costs
// come to the order's, which is what counts and may have been set by hand.
func shipping(r *reader, d *document, ts taxes, o *erpbridge.Order) {
	body := d.Order.V
	all := r.cost("", "shipping_cost", body.ShippingExTax, body.ShippingIncTax)
	sum, exact := erpbridge.Zero(o.Currency), true
	var each []erpbridge.ShippingLine
	for i, a := range d.Addresses {
		at := "shipping_addresses[" + strconv.Itoa(i) + "]."
		_, cost := r.pair("cost", a.CostExTax, a.CostIncTax)
		m, ok := r.Exact(cost)
		exact = exact && ok && !m.Amount.IsNeg()
		sum = sum.Add(m)
		id := r.ID(at, "id", a.ID)
		each = append(each, erpbridge.ShippingLine{
			ID: id, Title: r.Text(at, "shipping_method", a.Method), Price: m, Taxes: ts.of(r, onShipping, id, a.CostTax),
		})
	}
	switch {
	case len(each) > 0 && exact && sum.Equal(all):
		o.Shipping = each
	case !all.IsZero() || len(each) > 0:
		line := erpbridge.ShippingLine{Price: all, Taxes: ts.of(r, onShipping, "", body.ShippingTax)}
		if len(each) == 1 {
			line.ID, line.Title = each[0].ID, each[0].Title
		}
		o.Shipping = []erpbridge.ShippingLine{line}
	}
}

// charges maps what is charged beside lines and transport.
func charges(r *reader, body *order, ts taxes, o *erpbridge.Order) {
	for _, c := range []struct {
		kind         erpbridge.ChargeKind
		name         string
		ex, inc, tax scalar
		on           string
	}{
		{erpbridge.Handling, "handling_cost", body.HandlingExTax, body.HandlingIncTax, body.HandlingTax, onHandling},
		{erpbridge.Wrapping, "wrapping_cost", body.WrappingExTax, body.WrappingIncTax, body.WrappingTax, onWrapping},
	} {
		if amount := r.cost("", c.name, c.ex, c.inc); !amount.IsZero() {
			o.Charges = append(o.Charges, erpbridge.Charge{Kind: c.kind, Amount: amount, Taxes: ts.of(r, c.on, "", c.tax)})
		}
	}
	for i, f := range body.Fees.List {
		at := "fees[" + strconv.Itoa(i) + "]."
		ex := f.CostExTax
		if !ex.Given() {
			ex = f.CostExcTax
		}
		name, cost := r.pair("cost", ex, f.CostIncTax)
		amount, given := r.Amount(at, name, cost)
		if !given {
			r.Fail(at, name, "is missing")
		}
		title := cmp.Or(r.Text(at, "display_name_customer", f.Name), r.Text(at, "display_name_merchant", f.Merchant))
		o.Charges = append(o.Charges, erpbridge.Charge{Kind: erpbridge.Fee, Title: title, Amount: amount, Taxes: plainTax(r, f.CostTax)})
	}
}
