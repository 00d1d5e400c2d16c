package bigcommerce

import (
	"cmp"
	"strconv"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// shipmentEvent makes the event of a shipment, or of one that was taken back.
//
// A shipment has no time of change but that of its making: two states of it are told
// apart by content, and the later arrival counts.
func (s *Storefront) shipmentEvent(d *document, c cause, m erpbridge.Message, e *erpbridge.Event) error {
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	var out *erpbridge.Fulfilment
	switch {
	case c.subject == aShipmentGone:
		if !c.enclosed {
			return c.notDocument("a shipment", "data")
		}
		at := d.happened(r, m)
		out = &erpbridge.Fulfilment{ID: c.id, OrderID: c.order, Status: erpbridge.FulfilmentCancelled, At: at, UpdatedAt: at}
	case d.Shipment.V == nil:
		return c.notDocument("a shipment", "shipment")
	default:
		id, err := c.names("shipment.id", d.Shipment.V.ID, c.id)
		if err != nil {
			return fail(erpbridge.Invalid, err)
		}
		order, err := c.names("shipment.order_id", d.Shipment.V.OrderID, c.order)
		if err != nil {
			return fail(erpbridge.Invalid, err)
		}
		out = fulfilment(r, d)
		out.ID, out.OrderID = id, order
	}
	if r.Err() != nil {
		return fail(erpbridge.Invalid, r.Err())
	}
	out.OrderNumber = out.OrderID
	content := *out
	content.UpdatedAt = content.At
	digest, err := fingerprint(content)
	if err != nil {
		return err
	}
	e.Type = erpbridge.FulfilmentChanged
	e.Stream, e.Resource = "order/"+out.OrderID, "fulfilment/"+out.ID
	e.Version = erpbridge.Version{At: out.UpdatedAt, Digest: digest}
	if out.Status == erpbridge.FulfilmentCancelled {
		e.Version.Rank = 1
	}
	e.Fulfilment = out
	return nil
}

// fulfilment maps a shipment but for its ids.
func fulfilment(r *reader, d *document) *erpbridge.Fulfilment {
	const at = "shipment."
	body := d.Shipment.V
	out := &erpbridge.Fulfilment{Status: erpbridge.FulfilmentShipped, At: r.date(at, "date_created", body.DateCreated)}
	if out.At.IsZero() {
		r.Fail(at, "date_created", "is missing: nothing says when the shipment was")
	}
	out.UpdatedAt = out.At
	of := d.parts()
	for i, x := range body.Items {
		at := at + "items[" + strconv.Itoa(i) + "]."
		line := erpbridge.FulfilmentLine{LineID: r.ID(at, "order_product_id", x.ItemID), Quantity: r.Quantity(at, "quantity", x.Quantity)}
		if p, ok := of.items[line.LineID]; ok {
			line.SKU, line.Title = r.Text("products.", "sku", p.SKU), r.Text("products.", "name", p.Name)
		}
		out.Lines = append(out.Lines, line)
	}
	tracking := erpbridge.Tracking{
		Carrier: cmp.Or(r.Text(at, "tracking_carrier", body.Carrier), r.Text(at, "shipping_provider_display_name", body.ProviderName), r.Text(at, "shipping_provider", body.Provider)),
		Number:  r.Text(at, "tracking_number", body.Tracking),
		URL:     cmp.Or(r.Text(at, "tracking_link", body.Link), r.Text(at, "generated_tracking_link", body.MadeLink)),
	}
	if tracking.Number != "" || tracking.URL != "" {
		out.Tracking = []erpbridge.Tracking{tracking}
	}
	return out
}

// parts are an order's lines and addresses by id, which what is shipped and refunded
// names.
type parts struct {
	items  map[string]item
	places map[string]place
}

func (d *document) parts() parts {
	out := parts{map[string]item{}, map[string]place{}}
	for _, p := range d.Products {
		if id, ok := p.ID.Integer(); ok {
			out.items[id] = p
		}
	}
	for _, a := range d.Addresses {
		if id, ok := a.ID.Integer(); ok {
			out.places[id] = a
		}
	}
	return out
}
