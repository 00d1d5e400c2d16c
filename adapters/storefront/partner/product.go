package partner

import (
	"time"

	"github.com/hakooi/erpbridge"
)

type weightUnit string

var weightUnits = []weightUnit{"g", "kg", "lb", "oz"}

// ofProduct fills in the event of a product, changed or deleted.
func (in *reading) ofProduct(e *erpbridge.Event, body *product) error {
	const at = "product."
	r := in.reader(body.Currency.Text())
	r.currency(at, "currency", body.Currency, "")
	p := &erpbridge.Product{
		ID:        r.needID(at, "id", body.ID),
		Title:     r.text(at, "title", body.Title),
		Kind:      r.text(at, "kind", body.Kind),
		Vendor:    r.text(at, "vendor", body.Vendor),
		Status:    r.text(at, "status", body.Status),
		Tags:      r.texts(at, "tags", body.Tags),
		UpdatedAt: r.needTime(at, "updated_at", body.UpdatedAt),
		Deleted:   in.kind == erpbridge.ProductDeleted,
	}
	for i, v := range body.Variants {
		at := element(at, "variants", i)
		if (v.Price.Given() || v.ListPrice.Given()) && !body.Currency.Given() {
			r.Fail("product.", "currency", "is missing, and a variant has a price")
		}
		p.Variants = append(p.Variants, r.variant(at, v))
	}
	if r.Err() != nil {
		return r.Err()
	}
	content := *p
	content.UpdatedAt = time.Time{}
	var err error
	e.Product, e.Stream, e.Resource = p, "product/"+p.ID, "product/"+p.ID
	e.Version, err = version(p.UpdatedAt, deletedRank(p.Deleted), content)
	return err
}

func (r *reader) variant(at string, v variant) erpbridge.Variant {
	out := erpbridge.Variant{
		ID:          r.id(at, "id", v.ID),
		SKU:         r.text(at, "sku", v.SKU),
		Barcode:     r.text(at, "barcode", v.Barcode),
		Title:       r.text(at, "title", v.Title),
		Options:     r.attributes(at, "options", v.Options),
		Price:       r.optional(at, "price", v.Price),
		ListPrice:   r.optional(at, "list_price", v.ListPrice),
		Taxable:     r.flag(at, "taxable", v.Taxable),
		Weight:      r.decimal(at, "weight", v.Weight),
		WeightUnit:  string(choose(r, at, "weight_unit", v.WeightUnit, "", weightUnits)),
		InventoryID: r.id(at, "inventory_id", v.InventoryID),
		Tracked:     r.flag(at, "tracked", v.Tracked),
	}
	if out.Weight.IsNeg() {
		r.Fail(at, "weight", "%s is negative", out.Weight)
	}
	for i, c := range v.Components {
		at := element(at, "components", i)
		out.Components = append(out.Components, erpbridge.BundlePart{
			ProductID: r.id(at, "product_id", c.ProductID),
			SKU:       r.text(at, "sku", c.SKU),
			Quantity:  r.quantity(at, "quantity", c.Quantity),
		})
	}
	return out
}

// ofInventory fills in the event of a stock level. It is negative where more was sold
// than there is, and not known where available is left out.
func (in *reading) ofInventory(e *erpbridge.Event, body *inventory) error {
	const at = "inventory."
	r := in.reader("")
	l := &erpbridge.InventoryLevel{
		ItemID:    r.needID(at, "item_id", body.ItemID),
		SKU:       r.text(at, "sku", body.SKU),
		ProductID: r.id(at, "product_id", body.ProductID),
		VariantID: r.id(at, "variant_id", body.VariantID),
		Location:  r.id(at, "location", body.Location),
		Available: r.decimal(at, "available", body.Available),
		Known:     body.Available.Given(),
		UpdatedAt: r.needTime(at, "updated_at", body.UpdatedAt),
	}
	if r.Err() != nil {
		return r.Err()
	}
	content := *l
	content.UpdatedAt = time.Time{}
	key := "inventory/" + l.ItemID
	if l.Location != "" {
		key += "@" + l.Location // no id has an @
	}
	var err error
	e.Inventory, e.Stream, e.Resource = l, key, key
	e.Version, err = version(l.UpdatedAt, 0, content)
	return err
}
