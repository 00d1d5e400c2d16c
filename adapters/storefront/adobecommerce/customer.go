package adobecommerce

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// customer returns the event of a customer. One that was deleted has its id, and what
// the event says beside that.
func (s *Storefront) customer(n note, body *customerBody, deleted bool) (erpbridge.Event, error) {
	given := body.EntityID
	if !given.Given() {
		given = body.ID
	}
	id, ok := identity(given)
	if !ok {
		return erpbridge.Event{}, invalid(fmt.Errorf("id: %q is not a customer's id; the body is not a customer, or its event is not subscribed to entity_id", signed.Clip(given.Text())))
	}
	t := s.texts(n)
	at := changed(t, n, body.UpdatedAt, body.CreatedAt)
	if deleted {
		at = gone(t, n, at)
	}
	if at.IsZero() {
		return erpbridge.Event{}, invalid(missing(t))
	}
	c := &erpbridge.Customer{
		ID:        id,
		FirstName: t.Text("", "firstname", body.FirstName),
		LastName:  t.Text("", "lastname", body.LastName),
		Email:     t.Text("", "email", body.Email),
		TaxID:     t.Text("", "taxvat", body.TaxID),
		Group:     t.ID("", "group_id", body.Group),
		UpdatedAt: at.In(s.zone),
		Deleted:   deleted,
	}
	c.Addresses = addressBook(t, body, c)
	if t.Err() != nil {
		return erpbridge.Event{}, invalid(t.Err())
	}
	content := *c
	content.UpdatedAt = time.Time{}
	v, err := version(at, rankOf(deleted), content)
	if err != nil {
		return erpbridge.Event{}, err
	}
	e := erpbridge.Event{Type: erpbridge.CustomerChanged, Stream: "customer/" + id, Resource: "customer/" + id, Version: v, Customer: c}
	if deleted {
		e.Type = erpbridge.CustomerDeleted
	}
	return e, nil
}

// gone returns when a thing was deleted: when the event was sent, or came. The thing's
// own times are of the state before.
func gone(t till, n note, last time.Time) time.Time {
	if at := t.instant("time", n.sent); !at.IsZero() {
		return at
	}
	if !n.received.IsZero() {
		return n.received
	}
	return last
}

// rankOf puts a deletion behind the states of its instant.
func rankOf(deleted bool) int {
	if deleted {
		return 1
	}
	return 0
}

// addressBook returns a customer's addresses, the one that invoices go to first. Company,
// phone and tax number, which a customer has in addresses only, are that one's.
func addressBook(t till, body *customerBody, c *erpbridge.Customer) []erpbridge.Address {
	var out []erpbridge.Address
	for i := range body.Addresses {
		a := &body.Addresses[i]
		at := "addresses[" + strconv.Itoa(i) + "]."
		next := address(t, at, a)
		if next == nil {
			continue
		}
		if !t.Flag(at, "default_billing", a.DefaultBilling) {
			out = append(out, *next)
			continue
		}
		out = slices.Insert(out, 0, *next)
		c.Company, c.Phone = next.Company, next.Phone
		c.TaxID = cmp.Or(c.TaxID, t.Text(at, "vat_id", a.TaxID))
	}
	return out
}
