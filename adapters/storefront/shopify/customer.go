package shopify

import (
	"errors"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// The members of Shopify's customer resource that the bridge reads, of one inside an
// order too.
type customer struct {
	ID        scalar          `json:"id"`
	GraphQLID scalar          `json:"admin_graphql_api_id"`
	FirstName scalar          `json:"first_name"`
	LastName  scalar          `json:"last_name"`
	Email     scalar          `json:"email"`
	Phone     scalar          `json:"phone"`
	TaxExempt scalar          `json:"tax_exempt"`
	Default   object[address] `json:"default_address"`
	Addresses list[address]   `json:"addresses"`
	Locale    scalar          `json:"locale"`
	Note      scalar          `json:"note"`
	Tags      tags            `json:"tags"`
	CreatedAt scalar          `json:"created_at"`
	UpdatedAt scalar          `json:"updated_at"`
	LineItems list[scalar]    `json:"line_items"` // which no customer has
}

// customerEvent reads a customer.
func (s *Storefront) customerEvent(m erpbridge.Message) (erpbridge.Event, error) {
	body, err := parseCustomer(m)
	if err != nil {
		return erpbridge.Event{}, err
	}
	return s.customerOf(body, m)
}

func parseCustomer(m erpbridge.Message) (*customer, error) {
	body, err := parse(m.Body, "customer", func(c *customer) bool { return c.ID.Given() })
	switch {
	case err != nil:
		return nil, unreadable(err)
	case body.LineItems != nil:
		return nil, fail(erpbridge.Invalid, errors.New("line_items: is there; the body is not a customer"))
	}
	return body, nil
}

func (s *Storefront) customerOf(body *customer, m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	id, err := required("Customer", body.ID, body.GraphQLID)
	if err != nil {
		return none, err
	}
	if body.CreatedAt.Null() && body.UpdatedAt.Null() && s.conf.TestOrders == ignore {
		return none, fail(erpbridge.Ignored, errors.New("updated_at: is null, which it is in Shopify's test notifications only"))
	}
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	c := person(r, "", body)
	c.ID = id
	c.Locale = r.Text("", "locale", body.Locale)
	c.Note = r.Text("", "note", body.Note)
	c.Tags = words(r, body.Tags)
	c.Addresses = addresses(r, body)
	c.UpdatedAt = normalizer.First(r.Time("", "updated_at", body.UpdatedAt), r.Time("", "created_at", body.CreatedAt))
	if r.Err() != nil {
		return none, fail(erpbridge.Invalid, r.Err())
	}
	content := c
	content.UpdatedAt, content.Tags = time.Time{}, sorted(c.Tags)
	return finish(erpbridge.Event{
		Type: erpbridge.CustomerChanged, Stream: "customer/" + id, Resource: "customer/" + id,
		Version:  erpbridge.Version{At: normalizer.First(c.UpdatedAt, m.ReceivedAt)},
		Customer: &c,
	}, content)
}

// person maps what an order says of a customer, too.
func person(r *reader, at string, c *customer) erpbridge.Customer {
	out := erpbridge.Customer{
		ID:        r.ID(at, "id", c.ID),
		FirstName: r.Text(at, "first_name", c.FirstName),
		LastName:  r.Text(at, "last_name", c.LastName),
		Email:     r.Text(at, "email", c.Email),
		Phone:     r.Text(at, "phone", c.Phone),
		TaxExempt: r.Flag(at, "tax_exempt", c.TaxExempt),
	}
	home := c.Default.V
	for i := range c.Addresses {
		if first, err := c.Addresses[i].Default.Bool(); home == nil && err == nil && first {
			home = &c.Addresses[i]
		}
	}
	if home != nil {
		out.Company = r.Text(at, "default_address.company", home.Company)
	}
	return out
}

// addresses maps a customer's address book, the default one first.
func addresses(r *reader, body *customer) []erpbridge.Address {
	var out []erpbridge.Address
	if a := place(r, "default_address.", body.Default.V); a != nil {
		out = append(out, *a)
	}
	for i := range body.Addresses {
		entry := &body.Addresses[i]
		a := place(r, "addresses.", entry)
		first := r.Flag("addresses.", "default", entry.Default)
		switch {
		case a == nil, first && body.Default.V != nil:
			// Nothing in it, or there already.
		case first:
			out = append([]erpbridge.Address{*a}, out...)
		default:
			out = append(out, *a)
		}
	}
	return out
}

// customerDeleted reads what Shopify says of a deleted customer: the id, and members
// that are empty. A whole customer under this topic is a customer: the topic is not
// signed.
func (s *Storefront) customerDeleted(m erpbridge.Message) (erpbridge.Event, error) {
	body, err := parseCustomer(m)
	if err != nil {
		return erpbridge.Event{}, err
	}
	if body.UpdatedAt.Given() || body.CreatedAt.Given() {
		return s.customerOf(body, m)
	}
	id, err := required("Customer", body.ID, body.GraphQLID)
	if err != nil {
		return erpbridge.Event{}, err
	}
	c := erpbridge.Customer{ID: id, Deleted: true}
	return finish(erpbridge.Event{
		Type: erpbridge.CustomerDeleted, Stream: "customer/" + id, Resource: "customer/" + id,
		Version: erpbridge.Version{At: m.ReceivedAt, Rank: gone}, Customer: &c,
	}, c)
}
