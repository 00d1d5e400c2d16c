package netsuite

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge"
)

// A buyer is the customer an order belongs to: one of ours by externalId, or
// the default one by internal id.
type buyer struct {
	externalID string
	internalID string
}

// identify settles whose order it is. A customer without an id is known by
// e-mail address.
func (t *translation) identify() (buyer, error) {
	c := t.customerData()
	email := strings.ToLower(c.Email)
	switch {
	case !t.conf.Customer.Create:
	case c.ID != "":
		return buyer{externalID: t.externalID("customer", c.ID)}, nil
	case email != "":
		sum := sha256.Sum256([]byte(email))
		return buyer{externalID: t.externalID("customer", "email-"+hex.EncodeToString(sum[:])[:32])}, nil
	}
	if t.conf.Customer.Default != "" {
		return buyer{internalID: t.conf.Customer.Default}, nil
	}
	why := "the order has neither a customer nor an e-mail address"
	if !t.conf.Customer.Create {
		why = "customers are not to be created"
	}
	return buyer{}, t.held("%s: set customer.default of target %s", why, t.name)
}

// ref writes the reference to the buyer.
func (b buyer) ref(f fields, name string) {
	if b.internalID != "" {
		f.ref(name, b.internalID)
		return
	}
	f.external(name, b.externalID, customer)
}

// customerData gathers what the order knows of the customer.
func (t *translation) customerData() erpbridge.Customer {
	var c erpbridge.Customer
	if t.o.Customer != nil {
		c = *t.o.Customer
	}
	c.Email = strings.TrimSpace(cmp.Or(c.Email, t.o.Email))
	c.Phone = cmp.Or(c.Phone, t.o.Phone)
	if c.FirstName != "" || c.LastName != "" || c.Company != "" {
		return c
	}
	for _, a := range []*erpbridge.Address{t.o.BillTo, t.o.ShipTo} {
		if a != nil && (a.Name != "" || a.Company != "") {
			c.LastName, c.Company = a.Name, a.Company
			return c
		}
	}
	return c
}

func (t *translation) customer() (*rendered, error) {
	if t.buyer.internalID != "" {
		return nil, nil
	}
	c := t.customerData()
	r := t.newRecord(rel, customer, t.buyer.externalID)
	comments := []string{marker(t.key(customer))}
	// A person may work somewhere; a company has no first name. NetSuite does not
	// let one become the other later, so names decide and nothing that changes
	// from order to order.
	person := c.FirstName != "" || c.LastName != "" || c.Company == ""
	r.flag("isPerson", person)
	if person {
		r.text("firstName", c.FirstName)
		r.text("lastName", cmp.Or(c.LastName, c.FirstName, c.Email, c.ID))
	}
	r.text("companyName", c.Company)
	comments = r.dropping("phone", c.Phone, comments)
	comments = r.dropping("email", c.Email, comments)
	r.text("comments", strings.Join(comments, "\n"))
	r.ref("subsidiary", t.conf.Subsidiary)
	r.ref("currency", t.currency)
	return &rendered{r, customer, t.buyer.externalID}, nil
}

// dropping writes a field that is left out, rather than cut, when it does not
// fit, and adds a remark to notes if so.
func (f fields) dropping(name, value string, notes []string) []string {
	field := f.typ + "." + name
	l, _ := f.erp.limitOf(field)
	phone := strings.HasSuffix(strings.ToLower(name), "phone")
	switch {
	case units(value) > l.length:
		return append(notes, fmt.Sprintf("(%s left out: longer than %d)", name, l.length))
	case phone && value != "" && units(value) < shortestPhone:
		return append(notes, fmt.Sprintf("(%s left out: shorter than %d)", name, shortestPhone))
	}
	f.text(name, value)
	return notes
}
