package bigcommerce

import (
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// levelEvent makes the event of stock: of the level the envelope tells, or of that of
// the fetched product where it tells a difference only. The time of change is that of
// the event, because a product's own does not move with its stock.
func (s *Storefront) levelEvent(d *document, c cause, m erpbridge.Message, e *erpbridge.Event) error {
	if !c.enclosed {
		return invalid("data: is missing; the body does not say what changed")
	}
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	variant, err := c.variant()
	if err != nil {
		return fail(erpbridge.Invalid, err)
	}
	out := &erpbridge.InventoryLevel{ProductID: c.id, VariantID: variant, UpdatedAt: d.happened(r, m)}
	// Products and variants are numbered apart, so that a bare number would not do.
	stream := "variant-" + out.VariantID
	out.ItemID = out.VariantID
	if out.VariantID == "" {
		stream, out.ItemID = "product-"+out.ProductID, out.ProductID
	}
	switch {
	case c.level.absolute():
		out.Available, out.Known = signedQuantity(r, "data.inventory.", "value", c.level.Value), true
	case d.Product.V == nil:
		return c.notDocument("stock", "product")
	default:
		if _, err := c.names("product.id", d.Product.V.ID, c.id); err != nil {
			return fail(erpbridge.Invalid, err)
		}
		counted(r, d.Product.V, out)
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
	e.Type = erpbridge.InventoryChanged
	e.Stream, e.Resource = "inventory/"+stream+"@", "inventory/"+stream+"@"
	e.Version = erpbridge.Version{At: out.UpdatedAt, Digest: digest}
	e.Inventory = out
	return nil
}

// variant returns the id of the variant whose stock an envelope tells, or "" where it is
// the product's. It is a part of the stream's name, so that it has one spelling.
func (c cause) variant() (string, error) {
	if digits, ok := c.level.VariantID.Integer(); !c.level.VariantID.Given() || ok && digits == "0" {
		return "", nil
	}
	return number("data.inventory.variant_id", c.level.VariantID)
}

// counted reads the level of a product or of one of its variants.
func counted(r *reader, body *product, out *erpbridge.InventoryLevel) {
	at, level, sku := "product.", body.Level, body.SKU
	if out.VariantID != "" {
		level = scalar{}
		for _, v := range body.Variants {
			if id, _ := v.ID.Integer(); id == out.VariantID {
				at, level, sku = "product.variants.", v.Level, v.SKU
			}
		}
	}
	out.SKU = r.Text(at, "sku", sku)
	if body.Tracking.Text() == "none" || !level.Given() {
		return
	}
	out.Available, out.Known = signedQuantity(r, at, "inventory_level", level), true
}

// signedQuantity returns a number of pieces that may be negative: what was sold and is
// not there.
func signedQuantity(r *reader, at, name string, s scalar) erpbridge.Decimal {
	plain, ok := s.Plain()
	if !ok {
		r.Fail(at, name, "is out of bounds")
		return erpbridge.Decimal{}
	}
	q, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		r.Fail(at, name, "%w", err)
	}
	return q
}
