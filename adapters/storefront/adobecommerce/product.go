package adobecommerce

import (
	"fmt"
	"time"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// product returns the event of a product. Each variant of a configurable product is a
// product of its own here, and the product that ties them together has none: nobody
// orders it.
func (s *Storefront) product(n note, body *productBody, deleted bool) (erpbridge.Event, error) {
	given := body.EntityID
	if !given.Given() {
		given = body.ID
	}
	id, ok := identity(given)
	if !ok {
		return erpbridge.Event{}, invalid(fmt.Errorf("id: %q is not a product's id; the body is not a product, or its event is not subscribed to entity_id", signed.Clip(given.Text())))
	}
	t := s.texts(n)
	at := changed(t, n, body.UpdatedAt, body.CreatedAt)
	if deleted {
		at = gone(t, n, at)
	}
	if at.IsZero() {
		return erpbridge.Event{}, invalid(missing(t))
	}
	p := &erpbridge.Product{ID: id, UpdatedAt: at.In(s.zone), Deleted: deleted}
	if !deleted {
		p.Title = t.Text("", "name", body.Name)
		p.Kind = t.Text("", "type_id", body.TypeID)
		p.Status = status(t, body.Status)
		if p.Kind != "configurable" && p.Kind != "grouped" {
			p.Variants = []erpbridge.Variant{variant(t, id, body)}
		}
	}
	if t.Err() != nil {
		return erpbridge.Event{}, invalid(t.Err())
	}
	content := *p
	content.UpdatedAt = time.Time{}
	v, err := version(at, rankOf(deleted), content)
	if err != nil {
		return erpbridge.Event{}, err
	}
	e := erpbridge.Event{Type: erpbridge.ProductChanged, Stream: "product/" + id, Resource: "product/" + id, Version: v, Product: p}
	if deleted {
		e.Type = erpbridge.ProductDeleted
	}
	return e, nil
}

// status puts the shop's number into words.
func status(t till, s scalar) string {
	switch n, _ := s.Integer(); n {
	case "1":
		return "enabled"
	case "2":
		return "disabled"
	}
	return t.Text("", "status", s)
}

// variant returns what of a product is ordered and kept in stock.
func variant(t till, id string, body *productBody) erpbridge.Variant {
	v := erpbridge.Variant{
		ID: id, InventoryID: id,
		SKU:     t.Text("", "sku", body.SKU),
		Title:   t.Text("", "name", body.Name),
		Weight:  t.Rate("", "weight", body.Weight),
		Taxable: true,
	}
	if t.Currency() != "" && body.Price.Given() {
		v.Price = t.price("", "price", body.Price, body.Price)
	}
	class := body.TaxClass
	for _, c := range body.Custom {
		if c.Code.Text() == "tax_class_id" && !class.Given() {
			class = c.Value
		}
	}
	if n, ok := class.Integer(); ok && n == "0" {
		v.Taxable = false // the tax class "None"
	}
	stock := body.Stock.V
	if x := body.Extension.V; x != nil {
		if stock == nil {
			stock = x.Stock.V
		}
		v.Components = parts(t, x.Bundles)
	}
	if stock != nil {
		v.Tracked = t.Flag("stock_data.", "manage_stock", stock.Managed)
	}
	return v
}

// parts returns what a bundle is made of, where the buyer has nothing to choose.
func parts(t till, options []bundleOption) []erpbridge.BundlePart {
	var out []erpbridge.BundlePart
	for _, o := range options {
		if len(o.Links) != 1 {
			return nil
		}
		const at = "bundle_product_options[].product_links[]."
		one := erpbridge.BundlePart{SKU: t.Text(at, "sku", o.Links[0].SKU), Quantity: udecimal.One}
		if o.Links[0].Quantity.Given() {
			one.Quantity = t.Quantity(at, "qty", o.Links[0].Quantity)
		}
		out = append(out, one)
	}
	return out
}
