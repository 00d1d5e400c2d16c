package bigcommerce

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// productEvent makes the event of a product, or of one that was deleted.
func (s *Storefront) productEvent(d *document, c cause, m erpbridge.Message, e *erpbridge.Event) error {
	r := &reader{Reader: normalizer.NewReader(s.conf.DefaultCurrency, m.ReceivedAt).Floats()}
	e.Type = erpbridge.ProductChanged
	var out *erpbridge.Product
	switch {
	case c.subject == aProductGone:
		if !c.enclosed {
			return c.notDocument("a product", "data")
		}
		e.Type = erpbridge.ProductDeleted
		out = &erpbridge.Product{ID: c.id, Deleted: true, UpdatedAt: d.happened(r, m)}
	case d.Product.V == nil:
		return c.notDocument("a product", "product")
	default:
		id, err := c.names("product.id", d.Product.V.ID, c.id)
		if err != nil {
			return fail(erpbridge.Invalid, err)
		}
		out = s.goods(r, d.Product.V)
		out.ID = id
	}
	if r.Err() != nil {
		return fail(erpbridge.Invalid, r.Err())
	}
	content := *out
	content.UpdatedAt = time.Time{}
	digest, err := fingerprint(content)
	if err != nil {
		return err
	}
	e.Stream, e.Resource = "product/"+out.ID, "product/"+out.ID
	e.Version = erpbridge.Version{At: out.UpdatedAt, Digest: digest}
	if out.Deleted {
		e.Version.Rank = 1
	}
	e.Product = out
	return nil
}

// goods maps a product but for the id. Every product has a variant, also one without
// options; only an answer without variants has none, and the product itself stands for
// it.
func (s *Storefront) goods(r *reader, body *product) *erpbridge.Product {
	const at = "product."
	out := &erpbridge.Product{
		Title:     r.Text(at, "name", body.Name),
		Kind:      r.Text(at, "type", body.Type),
		Status:    "hidden",
		UpdatedAt: normalizer.First(r.date(at, "date_modified", body.DateModified), r.date(at, "date_created", body.DateCreated)),
	}
	if r.Flag(at, "is_visible", body.Visible) {
		out.Status = "visible"
	}
	if out.UpdatedAt.IsZero() {
		r.Fail(at, "date_modified", "is missing, and so is date_created: nothing says which state of the product this is")
	}
	variants := body.Variants
	if len(variants) == 0 {
		variants = list[variant]{{SKU: body.SKU, UPC: body.UPC, GTIN: body.GTIN}}
	}
	for i, v := range variants {
		at := at + "variants[" + strconv.Itoa(i) + "]."
		id := r.ID(at, "id", v.ID)
		one := erpbridge.Variant{
			ID:          id,
			SKU:         cmp.Or(r.Text(at, "sku", v.SKU), r.Text("product.", "sku", body.SKU)),
			Barcode:     cmp.Or(r.Text(at, "upc", v.UPC), r.Text(at, "gtin", v.GTIN)),
			Taxable:     true, // by its tax class; the store has none that stands for no tax
			Weight:      weight(r, at, first(v.Weight, body.Weight)),
			InventoryID: id,
			Tracked:     body.Tracking.Given() && body.Tracking.Text() != "none",
		}
		var labels []string
		for _, o := range v.Options {
			label := r.Text(at, "option_values.label", o.Value)
			one.Options = attribute(one.Options, r.Text(at, "option_values.option_display_name", o.Name), label)
			labels = append(labels, label)
		}
		one.Title = strings.Join(labels, " / ")
		s.priced(r, at, &one, first(v.Price, body.Price), first(v.SalePrice, body.SalePrice))
		out.Variants = append(out.Variants, one)
	}
	return out
}

// priced maps a price and what it is reduced to. The catalog names no currency: without
// default_currency nothing is known.
func (s *Storefront) priced(r *reader, at string, v *erpbridge.Variant, price, sale scalar) {
	if s.conf.DefaultCurrency == "" {
		return
	}
	full, reduced := r.Price(at, "price", price), r.Price(at, "sale_price", sale)
	v.Price = full
	if !reduced.IsZero() {
		v.Price, v.ListPrice = reduced, full
	}
}

// weight returns a weight in the store's unit, which the catalog does not name.
func weight(r *reader, at string, s scalar) erpbridge.Decimal {
	if !s.Given() {
		return erpbridge.Decimal{}
	}
	return r.Quantity(at, "weight", s)
}

// first returns the first scalar that says anything.
func first(of ...strictjson.Scalar) strictjson.Scalar {
	for _, s := range of {
		if s.Given() {
			return s
		}
	}
	return strictjson.Scalar{}
}
