package erpbridge

import "time"

// A Product is something the shop sells, in all its variants.
type Product struct {
	ID        string
	Title     string
	Kind      string // the storefront's word: "simple", "bundle", a product type
	Vendor    string
	Status    string // the storefront's word: "active", "draft"
	Tags      []string
	Variants  []Variant
	UpdatedAt time.Time
	Deleted   bool // nothing but ID is known then
}

// A Variant is what is ordered, kept in stock and has a SKU. A product without
// options has one.
type Variant struct {
	ID          string
	SKU         string
	Barcode     string
	Title       string
	Options     []Attribute // Size: M
	Price       Money       // the zero Money where the storefront does not say
	ListPrice   Money       // before a reduction
	Taxable     bool
	Weight      Decimal
	WeightUnit  string // "g", "kg", "lb", "oz"
	InventoryID string // what an InventoryLevel is about
	Tracked     bool   // the shop keeps count of it
	// Components are what a bundle is made of.
	Components []BundlePart
}

// A BundlePart is a product inside another.
type BundlePart struct {
	ProductID string
	SKU       string
	Quantity  Decimal
}

// An InventoryLevel is how many of one thing are at one place.
type InventoryLevel struct {
	ItemID    string // the storefront's inventory item, else the variant's id
	SKU       string // "" where the storefront tells the id only
	ProductID string
	VariantID string
	Location  string // "" where the shop has one place only
	Available Decimal
	Known     bool // false: Available is not said, or not counted
	UpdatedAt time.Time
}
