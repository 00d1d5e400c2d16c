package shopify

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// The members of Shopify's product resource that the bridge reads.
type product struct {
	ID        scalar              `json:"id"`
	GraphQLID scalar              `json:"admin_graphql_api_id"`
	Title     scalar              `json:"title"`
	Kind      scalar              `json:"product_type"`
	Vendor    scalar              `json:"vendor"`
	Status    scalar              `json:"status"`
	Tags      tags                `json:"tags"`
	CreatedAt scalar              `json:"created_at"`
	UpdatedAt scalar              `json:"updated_at"`
	Variants  list[variant]       `json:"variants"`
	Options   list[productOption] `json:"options"`
}

type productOption struct {
	Name     scalar `json:"name"`
	Position scalar `json:"position"`
}

type variant struct {
	ID             scalar `json:"id"`
	SKU            scalar `json:"sku"`
	Barcode        scalar `json:"barcode"`
	Title          scalar `json:"title"`
	Option1        scalar `json:"option1"`
	Option2        scalar `json:"option2"`
	Option3        scalar `json:"option3"`
	Price          scalar `json:"price"`
	CompareAtPrice scalar `json:"compare_at_price"`
	Taxable        scalar `json:"taxable"`
	Grams          scalar `json:"grams"`
	Weight         scalar `json:"weight"`
	WeightUnit     scalar `json:"weight_unit"`
	InventoryID    scalar `json:"inventory_item_id"`
	Inventory      scalar `json:"inventory_management"`
}

// productEvent reads a product. Its prices name no currency: they are read if
// default_currency is set, and left out otherwise.
func (s *Storefront) productEvent(m erpbridge.Message) (erpbridge.Event, error) {
	body, err := parse(m.Body, "product", func(p *product) bool { return p.ID.Given() })
	if err != nil {
		return erpbridge.Event{}, unreadable(err)
	}
	return s.productOf(body, m)
}

func (s *Storefront) productOf(body *product, m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	id, err := required("Product", body.ID, body.GraphQLID)
	if err != nil {
		return none, err
	}
	if body.Variants == nil {
		return none, fail(erpbridge.Invalid, errors.New("variants: is missing; the body is not a product"))
	}
	r := &reader{Reader: normalizer.NewReader(s.conf.DefaultCurrency, m.ReceivedAt)}
	p := erpbridge.Product{
		ID:        id,
		Title:     r.Text("", "title", body.Title),
		Kind:      r.Text("", "product_type", body.Kind),
		Vendor:    r.Text("", "vendor", body.Vendor),
		Status:    strings.ToLower(r.Text("", "status", body.Status)),
		Tags:      words(r, body.Tags),
		UpdatedAt: normalizer.First(r.Time("", "updated_at", body.UpdatedAt), r.Time("", "created_at", body.CreatedAt)),
	}
	names := optionNames(r, body.Options)
	for i := range body.Variants {
		p.Variants = append(p.Variants, readVariant(r, "variants["+strconv.Itoa(i)+"].", &body.Variants[i], names))
	}
	if r.Err() != nil {
		return none, fail(erpbridge.Invalid, r.Err())
	}
	content := p
	content.UpdatedAt, content.Tags = time.Time{}, sorted(p.Tags)
	return finish(erpbridge.Event{
		Type: erpbridge.ProductChanged, Stream: "product/" + id, Resource: "product/" + id,
		Version: erpbridge.Version{At: normalizer.First(p.UpdatedAt, m.ReceivedAt)},
		Product: &p,
	}, content)
}

// optionNames returns what the three options are called.
func optionNames(r *reader, options list[productOption]) (names [3]string) {
	for i, o := range options {
		place := i
		if digits, ok := o.Position.Integer(); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				place = n - 1
			}
		}
		if place >= 0 && place < len(names) {
			names[place] = r.Text("options.", "name", o.Name)
		}
	}
	return names
}

func readVariant(r *reader, at string, v *variant, names [3]string) erpbridge.Variant {
	out := erpbridge.Variant{
		ID:          r.ID(at, "id", v.ID),
		SKU:         r.Text(at, "sku", v.SKU),
		Barcode:     r.Text(at, "barcode", v.Barcode),
		Title:       r.Text(at, "title", v.Title),
		Taxable:     !v.Taxable.Given() || r.Flag(at, "taxable", v.Taxable), // as Shopify's default is
		InventoryID: r.ID(at, "inventory_item_id", v.InventoryID),
		Tracked:     v.Inventory.Given(), // by Shopify, or by a service that keeps count for it
	}
	for i, option := range []scalar{v.Option1, v.Option2, v.Option3} {
		if value := r.Text(at, "option"+strconv.Itoa(i+1), option); value != "" {
			out.Options = append(out.Options, erpbridge.Attribute{Name: names[i], Value: value})
		}
	}
	if r.Currency() != "" {
		if price, ok := r.charge(at, "price", v.Price, nil); ok {
			out.Price = price
		}
		if price, ok := r.charge(at, "compare_at_price", v.CompareAtPrice, nil); ok {
			out.ListPrice = price
		}
	}
	switch {
	case v.Weight.Given():
		out.Weight, out.WeightUnit = r.Quantity(at, "weight", v.Weight), r.Text(at, "weight_unit", v.WeightUnit)
	case v.Grams.Given():
		out.Weight, out.WeightUnit = r.Quantity(at, "grams", v.Grams), "g"
	}
	return out
}

// productDeleted reads what Shopify says of a deleted product: its id, and nothing
// else. A whole product under this topic is a product: the topic is not signed.
func (s *Storefront) productDeleted(m erpbridge.Message) (erpbridge.Event, error) {
	body, err := parse(m.Body, "product", func(p *product) bool { return p.ID.Given() })
	if err != nil {
		return erpbridge.Event{}, unreadable(err)
	}
	if body.Variants != nil || body.UpdatedAt.Given() {
		return s.productOf(body, m)
	}
	id, err := required("Product", body.ID, body.GraphQLID)
	if err != nil {
		return erpbridge.Event{}, err
	}
	p := erpbridge.Product{ID: id, Deleted: true}
	return finish(erpbridge.Event{
		Type: erpbridge.ProductDeleted, Stream: "product/" + id, Resource: "product/" + id,
		Version: erpbridge.Version{At: m.ReceivedAt, Rank: gone}, Product: &p,
	}, p)
}
