package bigcommerce

import (
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// customerEvent makes the event of a customer, or of one that was deleted. A change in
// the address book does not move the customer's time of change: two states of one time
// are told apart by content, and the later arrival counts.
func (s *Storefront) customerEvent(d *document, c cause, m erpbridge.Message, e *erpbridge.Event) error {
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	e.Type = erpbridge.CustomerChanged
	var out *erpbridge.Customer
	switch {
	case c.subject == aCustomerGone:
		if !c.enclosed {
			return c.notDocument("a customer", "data")
		}
		e.Type = erpbridge.CustomerDeleted
		out = &erpbridge.Customer{ID: c.id, Deleted: true, UpdatedAt: d.happened(r, m)}
	case d.Customer.V == nil:
		return c.notDocument("a customer", "customer")
	default:
		id, err := c.names("customer.id", d.Customer.V.ID, c.id)
		if err != nil {
			return fail(erpbridge.Invalid, err)
		}
		out = buyer(r, d.Customer.V)
		out.ID = id
	}
	if r.Err() != nil {
		return fail(erpbridge.Invalid, r.Err())
	}
	content := *out
	content.UpdatedAt = time.Time{}
	digest, err := fingerprint(content)
	if err != nil {
		return err
	}
	e.Stream, e.Resource = "customer/"+out.ID, "customer/"+out.ID
	e.Version = erpbridge.Version{At: out.UpdatedAt, Digest: digest}
	if out.Deleted {
		e.Version.Rank = 1
	}
	e.Customer = out
	return nil
}

// buyer maps a customer but for the id.
func buyer(r *reader, body *customer) *erpbridge.Customer {
	const at = "customer."
	out := &erpbridge.Customer{
		FirstName: r.Text(at, "first_name", body.FirstName),
		LastName:  r.Text(at, "last_name", body.LastName),
		Company:   r.Text(at, "company", body.Company),
		Email:     r.Text(at, "email", body.Email),
		Phone:     r.Text(at, "phone", body.Phone),
		TaxExempt: body.TaxExempt.Given(),
		Group:     given(r.ID(at, "customer_group_id", body.GroupID)),
		Note:      r.Text(at, "notes", body.Notes),
		UpdatedAt: normalizer.First(r.date(at, "date_modified", body.DateModified), r.date(at, "date_created", body.DateCreated)),
	}
	if out.UpdatedAt.IsZero() {
		r.Fail(at, "date_modified", "is missing, and so is date_created: nothing says which state of the customer this is")
	}
	for i, a := range body.Addresses {
		at := at + "addresses[" + strconv.Itoa(i) + "]."
		out.Addresses = append(out.Addresses, erpbridge.Address{
			Name:     strings.TrimSpace(r.Text(at, "first_name", a.FirstName) + " " + r.Text(at, "last_name", a.LastName)),
			Company:  r.Text(at, "company", a.Company),
			Street1:  r.Text(at, "address1", a.Address1),
			Street2:  r.Text(at, "address2", a.Address2),
			City:     r.Text(at, "city", a.City),
			Region:   r.Text(at, "state_or_province", a.State),
			Postcode: r.Text(at, "postal_code", a.Postcode),
			Country:  strings.ToUpper(r.Text(at, "country_code", a.Country)),
			Phone:    r.Text(at, "phone", a.Phone),
		})
	}
	return out
}

// happened returns the second of the event, which stands for the time of change where
// only the envelope is known; without it, when the message came.
func (d *document) happened(r *reader, m erpbridge.Message) time.Time {
	return normalizer.First(r.stamp("", "created_at", d.CreatedAt), m.ReceivedAt)
}
