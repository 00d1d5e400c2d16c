package netsuite

import (
	"cmp"
	"strings"
)

// buyer writes the reference to the customer an order belongs to: one of ours by
// externalId, or one that NetSuite has by internal id.
func (t *translation) buyer(f fields, name string) {
	if b := t.d.Buyer; !b.Create {
		f.ref(name, b.Number)
		return
	}
	f.external(name, t.buyerID(), customer)
}

// buyerID is the externalId of a customer of ours.
func (t *translation) buyerID() string {
	return t.externalID("customer", strings.TrimPrefix(t.d.Buyer.Reference, t.storePrefix()))
}

// customer renders the customer of an order. It travels with each of its orders, in their
// streams, so that an older order may bring it later than a newer one: where NetSuite has
// it, it is left alone, unless update_customers says otherwise.
func (t *translation) customer() (*record, error) {
	c := t.d.Buyer
	if !c.Create {
		return nil, nil
	}
	operation := addList
	if t.conf.UpdateCustomers {
		operation = upsertList
	}
	r := t.newRecordFor(operation, rel, customer, t.buyerID())
	comments := []string{unmarked}
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
	return r, nil
}
