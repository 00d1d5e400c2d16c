package partner

import (
	"time"

	"github.com/hakooi/erpbridge"
)

var fulfilmentStatuses = []erpbridge.FulfilmentStatus{
	erpbridge.FulfilmentOpen, erpbridge.FulfilmentShipped, erpbridge.FulfilmentCancelled, erpbridge.FulfilmentFailed,
}

// ofFulfilment fills in the event of a shipment, in the stream of its order.
func (in *reading) ofFulfilment(e *erpbridge.Event, body *fulfilment) error {
	const at = "fulfilment."
	r := in.reader("")
	f := &erpbridge.Fulfilment{
		ID:          r.needID(at, "id", body.ID),
		OrderID:     r.needID(at, "order_id", body.OrderID),
		OrderNumber: r.text(at, "order_number", body.OrderNumber),
		Status:      needWord(r, at, "status", body.Status, fulfilmentStatuses),
		At:          r.time(at, "at", body.At),
		UpdatedAt:   r.needTime(at, "updated_at", body.UpdatedAt),
		Location:    r.id(at, "location", body.Location),
	}
	for i, l := range body.Lines {
		at := element(at, "lines", i)
		f.Lines = append(f.Lines, erpbridge.FulfilmentLine{
			LineID:   r.id(at, "line_id", l.LineID),
			SKU:      r.text(at, "sku", l.SKU),
			Title:    r.text(at, "title", l.Title),
			Quantity: r.quantity(at, "quantity", l.Quantity),
		})
	}
	for i, t := range body.Tracking {
		at := element(at, "tracking", i)
		f.Tracking = append(f.Tracking, erpbridge.Tracking{
			Carrier: r.text(at, "carrier", t.Carrier), Number: r.text(at, "number", t.Number), URL: r.text(at, "url", t.URL),
		})
	}
	if r.Err() != nil {
		return r.Err()
	}
	content := *f
	content.UpdatedAt = time.Time{}
	var err error
	e.Fulfilment, e.Stream, e.Resource = f, "order/"+f.OrderID, "fulfilment/"+f.ID
	e.Version, err = version(f.UpdatedAt, progress(f.Status), content)
	return err
}

// progress orders the states of a shipment within one instant.
func progress(s erpbridge.FulfilmentStatus) int {
	switch s {
	case erpbridge.FulfilmentOpen:
		return 0
	case erpbridge.FulfilmentShipped:
		return 1
	}
	return 2
}
