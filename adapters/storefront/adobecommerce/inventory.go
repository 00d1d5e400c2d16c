package adobecommerce

import (
	"cmp"
	"errors"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// inventory returns the event of a stock item, which is a product's, or of what one of
// several sources has, which knows the SKU only. Neither has a time of its own: the
// event's counts, and where it has none when the event came.
func (s *Storefront) inventory(n note, body *stockBody) (erpbridge.Event, error) {
	t := s.texts(n)
	l := &erpbridge.InventoryLevel{
		ProductID: t.ID("", "product_id", body.ProductID),
		SKU:       t.Text("", "sku", body.SKU),
		Location:  t.Text("", "source_code", body.Source),
	}
	l.ItemID, l.VariantID = cmp.Or(l.ProductID, l.SKU), l.ProductID
	if l.ItemID == "" {
		return erpbridge.Event{}, invalid(errors.New("product_id: is missing, and so is sku; the body is no stock, or its event is not subscribed to the fields"))
	}
	at := normalizer.First(changed(t, n, body.UpdatedAt, scalar{}), n.received)
	if at.IsZero() {
		return erpbridge.Event{}, invalid(missing(t))
	}
	l.UpdatedAt = at.In(s.zone)
	quantity := body.Quantity
	if !quantity.Given() {
		quantity = body.AtSource
	}
	if quantity.Given() && (!body.Managed.Given() || t.Flag("", "manage_stock", body.Managed)) {
		// Negative where more was sold than there is, which a shop may allow.
		l.Available, l.Known = t.Rate("", "qty", quantity), true
	}
	if t.Err() != nil {
		return erpbridge.Event{}, invalid(t.Err())
	}
	content := *l
	content.UpdatedAt = time.Time{}
	v, err := version(at, 0, content)
	if err != nil {
		return erpbridge.Event{}, err
	}
	name := "inventory/" + l.ItemID
	if l.Location != "" {
		name += "@" + l.Location
	}
	return erpbridge.Event{Type: erpbridge.InventoryChanged, Stream: name, Resource: name, Version: v, Inventory: l}, nil
}
