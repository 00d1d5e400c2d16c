package woocommerce

import (
	"cmp"
	"errors"
	"strconv"

	"github.com/hakooi/erpbridge"
)

// productEvent returns the event of a product's state. A variation has topics and an id of
// its own; it stands in the stream of its product.
//
// A variable product lists its variations by id alone. What they are called and cost comes
// with their own events.
func (s *Storefront) productEvent(m erpbridge.Message, id string, body *resource) ([]erpbridge.Event, error) {
	switch body.Status.Text() {
	case "auto-draft", "importing":
		return nil, fail(erpbridge.Ignored, errors.New("the product is not finished yet"))
	case "trash":
		if !m.ReceivedAt.IsZero() {
			return s.deletion(m, "product", id)
		}
	}
	// Products do not name a currency. Without one they have no prices here.
	r := s.reader(cmp.Or(s.conf.DefaultCurrency, "EUR"), m)
	p := erpbridge.Product{
		ID:     id,
		Title:  r.Text("", "name", body.Name),
		Kind:   r.Text("", "type", body.Type),
		Status: r.Text("", "status", body.Status),
	}
	for i, tag := range body.Tags {
		p.Tags = append(p.Tags, r.Text("tags["+strconv.Itoa(i)+"].", "name", tag.Name))
	}
	if len(body.Brands) > 0 {
		p.Vendor = r.Text("brands[0].", "name", body.Brands[0].Name)
	}
	for i, variation := range body.Variations {
		p.Variants = append(p.Variants, erpbridge.Variant{ID: r.ID("variations["+strconv.Itoa(i)+"]", "", variation)})
	}
	if len(p.Variants) == 0 {
		p.Variants = []erpbridge.Variant{s.variant(r, id, body)}
	}
	of := cmp.Or(reference(r, "", "parent_id", body.ParentID), upper(body.Links, "/products/"), id)
	at := s.changed(r, body, m)
	if err := r.fault(); err != nil {
		return nil, err
	}
	content := p
	p.UpdatedAt = at
	e := erpbridge.Event{Store: m.Store, Type: erpbridge.ProductChanged, Stream: "product/" + of, Resource: "product/" + id, Product: &p}
	return finish(e, content, at, 0)
}

// variant maps what a product or variation is ordered by.
func (s *Storefront) variant(r *reader, id string, body *resource) erpbridge.Variant {
	v := erpbridge.Variant{
		ID:          id,
		SKU:         r.Text("", "sku", body.SKU),
		Barcode:     r.Text("", "global_unique_id", body.Barcode),
		Taxable:     body.TaxStatus.Text() == "taxable",
		Weight:      r.Rate("", "weight", body.Weight), // in the shop's unit, which is not said
		InventoryID: id,
		// "parent": the product keeps the count of all its variations.
		Tracked: body.ManageStock.Text() == "parent" || yes(body.ManageStock),
	}
	if s.conf.DefaultCurrency != "" {
		v.Price, v.ListPrice = price(r, "price", body.Price), price(r, "regular_price", body.RegularPrice)
	}
	for i, o := range body.Attributes {
		at := "attributes[" + strconv.Itoa(i) + "]."
		if o.Option.Given() { // a product lists all of its options, a variation the one it is
			v.Options = append(v.Options, erpbridge.Attribute{Name: r.Text(at, "name", o.Name), Value: r.Text(at, "option", o.Option)})
		}
	}
	for i, b := range body.BundledItems {
		at := "bundled_items[" + strconv.Itoa(i) + "]."
		quantity := b.Quantity
		if !quantity.Given() {
			quantity = b.Least
		}
		part := erpbridge.BundlePart{ProductID: reference(r, at, "product_id", b.ProductID)}
		if quantity.Given() {
			part.Quantity = r.Quantity(at, "quantity_default", quantity)
		}
		v.Components = append(v.Components, part)
	}
	return v
}

// price returns a product's price, or the zero Money where it has none.
func price(r *reader, name string, s scalar) erpbridge.Money {
	if !s.Given() {
		return erpbridge.Money{}
	}
	return r.Price("", name, s)
}
