package shopify

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
)

// lines maps what was ordered.
func (s *Storefront) lines(r *reader, body *order, o *erpbridge.Order) {
	o.Lines = make([]erpbridge.Line, 0, len(body.LineItems))
	location := ""
	if strings.EqualFold(o.Channel, "pos") {
		// What is sold over a counter leaves from there. Elsewhere location_id is
		// where the order was written, and fulfilments say where it ships from.
		location = r.ID("", "location_id", body.Location)
	}
	for i := range body.LineItems {
		item := &body.LineItems[i]
		at := "line_items[" + strconv.Itoa(i) + "]."
		line := erpbridge.Line{
			ID:         r.ID(at, "id", item.ID),
			Parent:     r.ID(at, "parent_line_item_id", item.ParentID),
			SKU:        r.Text(at, "sku", item.SKU),
			Barcode:    r.Text(at, "barcode", item.Barcode),
			ProductID:  r.ID(at, "product_id", item.ProductID),
			VariantID:  r.ID(at, "variant_id", item.VariantID),
			Title:      cmp.Or(r.Text(at, "title", item.Title), r.Text(at, "name", item.Name)),
			Quantity:   r.Quantity(at, "quantity", item.Quantity),
			Location:   location,
			Attributes: attributes(r, at+"properties", item.Properties),
		}
		line.Kind = s.kind(item, r.Flag(at, "gift_card", item.GiftCard), line)
		line.Current = line.Quantity
		if item.CurrentQuantity.Given() {
			line.Current = r.Quantity(at, "current_quantity", item.CurrentQuantity)
		}
		line.Unit = r.unit(at, "price", item.Price, item.PriceSet.V, line.Quantity)
		line.Discounts = discounts(r, at, item.Allocations, body)
		line.Taxes = taxes(r, at, item.TaxLines)
		if bundle := bundle(r, at, item, body); bundle != "" {
			line.Attributes = append(line.Attributes, erpbridge.Attribute{Name: bundleAttribute, Value: bundle})
		}
		o.Lines = append(o.Lines, line)
	}
}

// bundleAttribute is the name of the attribute that holds the title of the bundle a
// line was sold in. The bundle is no line of the order, and has no price of its own.
const bundleAttribute = "erpbridge.bundle"

func bundle(r *reader, at string, item *lineItem, body *order) string {
	if group := item.Group.V; group != nil {
		return r.Text(at, "line_item_group.title", group.Title)
	}
	if !item.GroupID.Given() {
		return ""
	}
	for _, group := range body.Groups {
		if group.ID.Text() == item.GroupID.Text() {
			return r.Text("line_item_groups.", "title", group.Title)
		}
	}
	return ""
}

// kind says what a line sells. Shopify marks gift cards; a tip is a line like any
// other but that no product stands behind it, and that a webhook says how it was paid. The
// API does not say that: of a shop that is asked, too, only the title counts, or a tip
// would be one thing when it is told and another when it is listed.
func (s *Storefront) kind(item *lineItem, giftCard bool, line erpbridge.Line) erpbridge.LineKind {
	switch {
	case giftCard:
		return erpbridge.GiftCard
	case line.Parent != "":
		return erpbridge.Component
	case line.ProductID == "" && line.VariantID == "":
		if s.conf.API == nil && (item.TipGateway.Given() || item.TipMethod.Given()) {
			return erpbridge.Tip
		}
		for _, title := range s.conf.TipTitles {
			if strings.EqualFold(title, line.Title) {
				return erpbridge.Tip
			}
		}
	}
	return erpbridge.Item
}

// attributes maps names and values that a shop attached. Entries without either are
// what themes leave behind.
func attributes(r *reader, at string, list list[attribute]) []erpbridge.Attribute {
	var out []erpbridge.Attribute
	for _, a := range list {
		name, value := r.Text(at, ".name", a.Name), r.Text(at, ".value", a.Value)
		if name != "" || value != "" {
			out = append(out, erpbridge.Attribute{Name: name, Value: value})
		}
	}
	return out
}

// discounts maps the parts of discounts that fall on a line.
func discounts(r *reader, at string, allocations list[allocation], body *order) []erpbridge.Discount {
	var out []erpbridge.Discount
	for i, a := range allocations {
		at := at + "discount_allocations[" + strconv.Itoa(i) + "]."
		d := named(r, a.Application, body)
		d.Amount = r.due(at, "amount", a.Amount, a.AmountSet.V)
		out = append(out, d)
	}
	return out
}

// named returns a discount with the code a buyer entered, and with what it is called:
// the code, else its own title. An application that cannot be found leaves the amount
// without a name: the amount is what counts.
func named(r *reader, index scalar, body *order) erpbridge.Discount {
	digits, ok := index.Integer()
	if i := applied(digits, body.Applications); ok && i >= 0 {
		a, at := body.Applications[i], "discount_applications["+digits+"]."
		code := r.Text(at, "code", a.Code)
		return erpbridge.Discount{
			Code:  code,
			Title: cmp.Or(code, r.Text(at, "title", a.Title), r.Text(at, "description", a.Description)),
		}
	}
	if len(body.Codes) == 1 {
		code := r.Text("discount_codes[0].", "code", body.Codes[0].Code)
		return erpbridge.Discount{Code: code, Title: code}
	}
	return erpbridge.Discount{}
}

// applied returns the place in list of the discount application with an index, or -1.
// The index is the place, unless the applications have indexes of their own.
func applied(index string, list list[discountApplication]) int {
	for i, a := range list {
		if own, ok := a.Index.Integer(); ok && own == index {
			return i
		}
	}
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(list) && !list[i].Index.Given() {
		return i
	}
	return -1
}

// taxes maps tax lines. The amounts are the platform's, rounded by it line by
// line; no rate is ever applied here.
func taxes(r *reader, at string, lines list[taxLine]) []erpbridge.Tax {
	var out []erpbridge.Tax
	for i, t := range lines {
		at := at + "tax_lines[" + strconv.Itoa(i) + "]."
		out = append(out, erpbridge.Tax{
			Title:       r.Text(at, "title", t.Title),
			Rate:        r.Rate(at, "rate", t.Rate),
			Amount:      r.due(at, "price", t.Price, t.PriceSet.V),
			Marketplace: r.Flag(at, "channel_liable", t.ChannelLiable),
		})
	}
	return out
}
