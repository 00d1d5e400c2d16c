package netsuite

import (
	"fmt"

	"github.com/hakooi/erpbridge"
)

// without says what becomes of an event that carries no order.
//
// What moves money is held: to leave it out would leave the books wrong without a
// word. What NetSuite itself is the master of, stock and items, and what it is told
// with the next order, a customer's data, is ignored.
func (e *ERP) without(ev erpbridge.Event) error {
	held := func(format string, args ...any) error {
		return &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
	}
	ignored := func(why string) error {
		return &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Ignored, Err: fmt.Errorf("%s: %s", ev.Type, why)}
	}
	switch {
	case ev.Refund != nil:
		r := ev.Refund
		return held("refund %s of order %s over %s is not booked by this version: book it in NetSuite and close this with erpbridge held discard; or send type %s elsewhere, or nowhere, under routes",
			r.ID, r.OrderID, r.Sum(), ev.Type)
	case ev.Cancellation != nil:
		return held("order %s is gone from the shop, which says no more about it: close it in NetSuite if it is there, and close this with erpbridge held discard",
			ev.Cancellation.OrderID)
	case ev.Fulfilment != nil:
		return ignored("shipments are NetSuite's own to book")
	case ev.Customer != nil:
		return ignored("a customer is written with its orders")
	case ev.Product != nil:
		return ignored("items are kept in NetSuite")
	case ev.Inventory != nil:
		return ignored("stock is kept in NetSuite")
	}
	return invalid("the event %s carries nothing NetSuite could be told", ev.Type)
}
