package pipeline

import (
	"context"

	"github.com/hakooi/erpbridge"
)

// Enrich completes what storefronts leave out and every ERP needs, from what the
// order itself says (Content Enricher): who the customer is to be addressed as,
// and where to bill. It invents nothing.
type Enrich struct{}

// Process returns e with a completed copy of its order.
func (Enrich) Process(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
	if e.Order == nil {
		return e, nil
	}
	o := *e.Order // stages share events with nobody, but Order is a pointer
	if o.BillTo == nil {
		o.BillTo = o.ShipTo
	}
	if o.Customer != nil {
		c := *o.Customer
		if c.Email == "" {
			c.Email = o.Email
		}
		if c.Phone == "" {
			c.Phone = o.Phone
		}
		if a := o.BillTo; a != nil && c.FirstName == "" && c.LastName == "" {
			c.LastName = a.Name
		}
		o.Customer = &c
	}
	e.Order = &o
	return e, nil
}
