package woocommerce

import (
	"cmp"
	"strings"

	"github.com/hakooi/erpbridge"
)

// parties maps who bought and where things go.
func (s *Storefront) parties(r *reader, body *resource, o *erpbridge.Order) {
	o.BillTo = place(r, "billing.", body.Billing.V)
	o.ShipTo = place(r, "shipping.", body.Shipping.V)
	billing := body.Billing.V
	if billing == nil {
		billing = &address{}
	}
	o.Email = r.Text("billing.", "email", billing.Email)
	o.Phone = r.Text("billing.", "phone", billing.Phone)
	taxID := r.Text("", "meta_data."+s.conf.TaxIDMeta, metaOf(body.Meta, s.conf.TaxIDMeta))
	exempt := yes(metaOf(body.Meta, "is_vat_exempt"))
	// A guest is customer 0: whoever that is stands in the billing address alone, unless
	// there is something to say of his taxes.
	id := reference(r, "", "customer_id", body.CustomerID)
	if id == "" && taxID == "" && !exempt {
		return
	}
	o.Customer = &erpbridge.Customer{
		ID:        id,
		FirstName: r.Text("billing.", "first_name", billing.FirstName),
		LastName:  r.Text("billing.", "last_name", billing.LastName),
		Company:   r.Text("billing.", "company", billing.Company),
		Email:     o.Email,
		Phone:     o.Phone,
		TaxExempt: exempt,
		TaxID:     taxID,
	}
}

// yes reports whether a plugin's flag is set.
func yes(s scalar) bool {
	switch s.Text() {
	case "yes", "true", "1":
		return true
	}
	return false
}

// place returns an address, or nil where nothing is in it.
func place(r *reader, at string, a *address) *erpbridge.Address {
	if a == nil {
		return nil
	}
	out := erpbridge.Address{
		Name:     strings.TrimSpace(r.Text(at, "first_name", a.FirstName) + " " + r.Text(at, "last_name", a.LastName)),
		Company:  r.Text(at, "company", a.Company),
		Street1:  r.Text(at, "address_1", a.Address1),
		Street2:  r.Text(at, "address_2", a.Address2),
		City:     r.Text(at, "city", a.City),
		Region:   r.Text(at, "state", a.State),
		Postcode: r.Text(at, "postcode", a.Postcode),
		Country:  strings.ToUpper(r.Text(at, "country", a.Country)),
		Phone:    r.Text(at, "phone", a.Phone),
	}
	if out == (erpbridge.Address{}) {
		return nil
	}
	return &out
}

// customerEvent returns the event of a customer's state.
func (s *Storefront) customerEvent(m erpbridge.Message, id string, body *resource) ([]erpbridge.Event, error) {
	// No amount is read, so that any currency will do.
	r := s.reader("EUR", m)
	billing := body.Billing.V
	if billing == nil {
		billing = &address{}
	}
	c := erpbridge.Customer{
		ID:        id,
		FirstName: cmp.Or(r.Text("", "first_name", body.FirstName), r.Text("billing.", "first_name", billing.FirstName)),
		LastName:  cmp.Or(r.Text("", "last_name", body.LastName), r.Text("billing.", "last_name", billing.LastName)),
		Company:   r.Text("billing.", "company", billing.Company),
		Email:     cmp.Or(r.Text("", "email", body.Email), r.Text("billing.", "email", billing.Email)),
		Phone:     r.Text("billing.", "phone", billing.Phone),
		TaxExempt: yes(metaOf(body.Meta, "is_vat_exempt")),
		TaxID:     r.Text("", "meta_data."+s.conf.TaxIDMeta, metaOf(body.Meta, s.conf.TaxIDMeta)),
		Group:     r.Text("", "role", body.Role),
	}
	for _, a := range []*erpbridge.Address{place(r, "billing.", billing), place(r, "shipping.", body.Shipping.V)} {
		if a != nil {
			c.Addresses = append(c.Addresses, *a)
		}
	}
	at := s.changed(r, body, m)
	if err := r.fault(); err != nil {
		return nil, err
	}
	content := c
	c.UpdatedAt = at
	e := erpbridge.Event{Store: m.Store, Type: erpbridge.CustomerChanged, Stream: "customer/" + id, Resource: "customer/" + id, Customer: &c}
	return finish(e, content, at, 0)
}
