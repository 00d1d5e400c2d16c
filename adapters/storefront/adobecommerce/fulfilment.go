package adobecommerce

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// fulfilment returns the event of a shipment, in the stream of its order. The shop makes
// a shipment when goods leave, and never cancels one.
func (s *Storefront) fulfilment(n note, body *shipmentBody) (erpbridge.Event, error) {
	id, ok := identity(body.EntityID)
	if !ok {
		return erpbridge.Event{}, invalid(fmt.Errorf("entity_id: %q is not a shipment's id; the body is not a shipment, or its event is not subscribed to the field", signed.Clip(body.EntityID.Text())))
	}
	orderID, ok := identity(body.OrderID)
	switch {
	case !ok:
		return erpbridge.Event{}, invalid(fmt.Errorf("order_id: %q is not an order's id; the body is not a shipment, or its event is not subscribed to the field", signed.Clip(body.OrderID.Text())))
	case body.Total.Given() || body.BaseTotal.Given():
		return erpbridge.Event{}, invalid(errors.New("grand_total: a shipment has none; the body is an invoice or a credit memo"))
	case body.Items == nil:
		return erpbridge.Event{}, invalid(errors.New("items: is missing; subscribe the event to the field"))
	}
	t := s.texts(n)
	at := changed(t, n, body.UpdatedAt, body.CreatedAt)
	if at.IsZero() {
		return erpbridge.Event{}, invalid(missing(t))
	}
	f := &erpbridge.Fulfilment{
		ID: id, OrderID: orderID, OrderNumber: t.Text("", "order_increment_id", body.OrderNumber),
		Status:    erpbridge.FulfilmentShipped,
		At:        normalizer.First(t.instant("created_at", body.CreatedAt), at).In(s.zone),
		UpdatedAt: at.In(s.zone),
		Location:  t.Text("", "source_code", body.Source),
	}
	if f.Location == "" && body.Extension.V != nil {
		f.Location = t.Text("extension_attributes.", "source_code", body.Extension.V.Source)
	}
	for i := range body.Items {
		item, at := &body.Items[i], place(i)
		line := erpbridge.FulfilmentLine{
			LineID: t.ID(at, "order_item_id", item.OrderItemID), SKU: t.Text(at, "sku", item.SKU), Title: t.Text(at, "name", item.Name),
			Quantity: t.Quantity(at, "qty", item.Quantity),
		}
		if !line.Quantity.IsZero() {
			f.Lines = append(f.Lines, line)
		}
	}
	for _, tr := range body.Tracks {
		f.Tracking = append(f.Tracking, erpbridge.Tracking{
			Carrier: cmp.Or(t.Text("tracks[].", "title", tr.Title), t.Text("tracks[].", "carrier_code", tr.Carrier)),
			Number:  t.Text("tracks[].", "track_number", tr.Number),
		})
	}
	if t.Err() != nil {
		return erpbridge.Event{}, invalid(t.Err())
	}
	content := *f
	content.UpdatedAt = content.At
	v, err := version(at, 0, content)
	if err != nil {
		return erpbridge.Event{}, err
	}
	return erpbridge.Event{
		Type: erpbridge.FulfilmentChanged, Stream: "order/" + orderID, Resource: "fulfilment/" + id, Version: v, Fulfilment: f,
	}, nil
}
