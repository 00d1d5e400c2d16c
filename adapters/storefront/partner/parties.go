package partner

import (
	"reflect"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// parties reads who bought, and where things go.
func (r *reader) parties(at string, body *order, o *erpbridge.Order) {
	o.Email = r.text(at, "email", body.Email)
	o.Phone = r.text(at, "phone", body.Phone)
	if a := body.BillTo; a != nil {
		o.BillTo = filled(r.place(at+"bill_to.", *a))
	}
	if a := body.ShipTo; a != nil {
		o.ShipTo = filled(r.place(at+"ship_to.", *a))
	}
	if c := body.Customer; c != nil {
		at := at + "customer."
		// The order has addresses of its own, and a change of the address book is none
		// of the order.
		if c.Addresses != nil {
			r.Fail(at, "addresses", "has no place inside an order: they belong to a message of type %s", erpbridge.CustomerChanged)
		}
		if c.UpdatedAt.Given() {
			r.Fail(at, "updated_at", "has no place inside an order")
		}
		o.Customer = filled(r.customer(at, c))
	}
	if c := body.Company; c != nil {
		at := at + "company."
		o.Company = filled(erpbridge.Company{
			ID:         r.id(at, "id", c.ID),
			Name:       r.text(at, "name", c.Name),
			LocationID: r.id(at, "location_id", c.LocationID),
			Location:   r.text(at, "location", c.Location),
			ExternalID: r.text(at, "external_id", c.ExternalID),
			TaxID:      r.text(at, "tax_id", c.TaxID),
		})
	}
}

// filled returns what was read, or nil where nothing is in it: an empty object is one
// left out.
func filled[T any](v T) *T {
	if reflect.ValueOf(v).IsZero() {
		return nil
	}
	return &v
}

// customer reads what a customer is inside an order and alone.
func (r *reader) customer(at string, c *customer) erpbridge.Customer {
	out := erpbridge.Customer{
		ID:        r.id(at, "id", c.ID),
		FirstName: r.text(at, "first_name", c.FirstName),
		LastName:  r.text(at, "last_name", c.LastName),
		Company:   r.text(at, "company", c.Company),
		Email:     r.text(at, "email", c.Email),
		Phone:     r.text(at, "phone", c.Phone),
		TaxExempt: r.flag(at, "tax_exempt", c.TaxExempt),
		TaxID:     r.text(at, "tax_id", c.TaxID),
		Locale:    r.text(at, "locale", c.Locale),
		Group:     r.text(at, "group", c.Group),
		Note:      r.text(at, "note", c.Note),
		Tags:      r.texts(at, "tags", c.Tags),
	}
	for i, a := range c.Addresses {
		out.Addresses = append(out.Addresses, r.place(element(at, "addresses", i), a))
	}
	return out
}

// place reads an address.
func (r *reader) place(at string, a address) erpbridge.Address {
	return erpbridge.Address{
		Name:     r.text(at, "name", a.Name),
		Company:  r.text(at, "company", a.Company),
		Street1:  r.text(at, "street1", a.Street1),
		Street2:  r.text(at, "street2", a.Street2),
		City:     r.text(at, "city", a.City),
		Region:   r.text(at, "region", a.Region),
		Postcode: r.text(at, "postcode", a.Postcode),
		Country:  r.country(at, a.Country),
		Phone:    r.text(at, "phone", a.Phone),
	}
}

// country returns an ISO 3166-1 alpha-2 code, or "".
func (r *reader) country(at string, w word) string {
	code := w.Text()
	letters := 0
	for _, c := range []byte(code) {
		if c >= 'A' && c <= 'Z' {
			letters++
		}
	}
	if code != "" && (len(code) != 2 || letters != 2) {
		r.Fail(at, "country", "%q is not an ISO 3166-1 code of two capital letters, such as DE", signed.Clip(code))
	}
	return code
}

// ofCustomer fills in the event of a customer, changed or deleted.
func (in *reading) ofCustomer(e *erpbridge.Event, body *customer) error {
	const at = "customer."
	r := in.reader("")
	r.need(at, "id", body.ID.Scalar)
	c := r.customer(at, body)
	c.UpdatedAt = r.needTime(at, "updated_at", body.UpdatedAt)
	c.Deleted = in.kind == erpbridge.CustomerDeleted
	if r.Err() != nil {
		return r.Err()
	}
	content := c
	content.UpdatedAt = time.Time{}
	var err error
	e.Customer, e.Stream, e.Resource = &c, "customer/"+c.ID, "customer/"+c.ID
	e.Version, err = version(c.UpdatedAt, deletedRank(c.Deleted), content)
	return err
}

// deletedRank puts a deletion after the other states of one instant.
func deletedRank(deleted bool) int {
	if deleted {
		return 1
	}
	return 0
}

var privacyKinds = []erpbridge.PrivacyKind{erpbridge.DataRequest, erpbridge.RedactCustomer, erpbridge.RedactShop}

// ofPrivacy fills in the event of a request under data protection law.
func (in *reading) ofPrivacy(e *erpbridge.Event, body *privacy) error {
	const at = "privacy."
	r := in.reader("")
	p := &erpbridge.PrivacyRequest{
		ID:         r.needID(at, "id", body.ID),
		Kind:       needWord(r, at, "kind", body.Kind, privacyKinds),
		CustomerID: r.id(at, "customer_id", body.CustomerID),
		Email:      r.text(at, "email", body.Email),
		Phone:      r.text(at, "phone", body.Phone),
		Shop:       r.text(at, "shop", body.Shop),
	}
	for _, o := range body.Orders {
		p.Orders = append(p.Orders, r.needID(at, "orders", o))
	}
	if r.Err() != nil {
		return r.Err()
	}
	var err error
	e.Privacy, e.Stream, e.Resource = p, "privacy/"+p.ID, "privacy/"+p.ID
	e.Version, err = version(in.occurred, 0, *p)
	return err
}
