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
	for i, item := range body.LineItems {
		at := "line_items[" + strconv.Itoa(i) + "]."
		line := erpbridge.Line{
			ID:        r.id(at, "id", item.ID),
			SKU:       r.text(at, "sku", item.SKU),
			ProductID: r.id(at, "product_id", item.ProductID),
			VariantID: r.id(at, "variant_id", item.VariantID),
			Title:     cmp.Or(r.text(at, "title", item.Title), r.text(at, "name", item.Name)),
			Quantity:  r.quantity(at, "quantity", item.Quantity),
		}
		line.Kind = s.kind(r.flag(at, "gift_card", item.GiftCard), line)
		line.Current = line.Quantity
		if item.CurrentQuantity.Given() {
			line.Current = r.quantity(at, "current_quantity", item.CurrentQuantity)
		}
		line.Unit = r.unit(at, "price", item.Price, item.PriceSet.V, line.Quantity)
		line.Discounts = discounts(r, at, item.Allocations, body)
		line.Taxes = taxes(r, at, item.TaxLines)
		o.Lines = append(o.Lines, line)
	}
}

// kind says what a line sells. Shopify marks gift cards; a tip is a line like any
// other but that no product stands behind it.
func (s *Storefront) kind(giftCard bool, line erpbridge.Line) erpbridge.LineKind {
	if giftCard {
		return erpbridge.GiftCard
	}
	if line.ProductID == "" && line.VariantID == "" {
		for _, title := range s.conf.TipTitles {
			if strings.EqualFold(title, line.Title) {
				return erpbridge.Tip
			}
		}
	}
	return erpbridge.Item
}

// discounts maps the parts of discounts that fall on a line.
func discounts(r *reader, at string, allocations list[allocation], body *order) []erpbridge.Discount {
	var out []erpbridge.Discount
	for i, a := range allocations {
		at := at + "discount_allocations[" + strconv.Itoa(i) + "]."
		out = append(out, erpbridge.Discount{
			Title:  discountTitle(r, a.Application, body),
			Amount: r.due(at, "amount", a.Amount, a.AmountSet.V),
		})
	}
	return out
}

// discountTitle returns the code a buyer entered, else what the discount is
// called. An application that cannot be found leaves the amount without a name:
// the amount is what counts.
func discountTitle(r *reader, index scalar, body *order) string {
	digits, _ := index.Integer()
	if i, err := strconv.Atoi(digits); err == nil && i >= 0 && i < len(body.Applications) {
		a, at := body.Applications[i], "discount_applications["+digits+"]."
		return cmp.Or(r.text(at, "code", a.Code), r.text(at, "title", a.Title), r.text(at, "description", a.Description))
	}
	if len(body.Codes) == 1 {
		return r.text("discount_codes[0].", "code", body.Codes[0].Code)
	}
	return ""
}

// taxes maps tax lines. The amounts are the platform's, rounded by it line by
// line; no rate is ever applied here.
func taxes(r *reader, at string, lines list[taxLine]) []erpbridge.Tax {
	var out []erpbridge.Tax
	for i, t := range lines {
		at := at + "tax_lines[" + strconv.Itoa(i) + "]."
		out = append(out, erpbridge.Tax{
			Title:  r.text(at, "title", t.Title),
			Rate:   r.rate(at, "rate", t.Rate),
			Amount: r.due(at, "price", t.Price, t.PriceSet.V),
		})
	}
	return out
}
