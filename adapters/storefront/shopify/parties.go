package shopify

import (
	"cmp"
	"strings"

	"github.com/hakooi/erpbridge"
)

// parties maps who bought and where things go.
func parties(r *reader, body *order, o *erpbridge.Order) {
	o.Email = cmp.Or(r.Text("", "email", body.Email), r.Text("", "contact_email", body.ContactEmail))
	o.Phone = r.Text("", "phone", body.Phone)
	o.BillTo = place(r, "billing_address.", body.BillingAddress.V)
	o.ShipTo = place(r, "shipping_address.", body.ShippingAddress.V)
	o.Customer = buyer(r, body)
	o.Company = business(r, body.Company.V)
}

// buyer returns the customer, or nil where the order has none: a guest, or a sale
// at a point of sale.
func buyer(r *reader, body *order) *erpbridge.Customer {
	c := body.Customer.V
	if c == nil {
		return nil
	}
	const at = "customer."
	out := person(r, at, c)
	if out.ID+out.FirstName+out.LastName+out.Email+out.Phone+out.Company == "" {
		return nil
	}
	if r.Flag("", "tax_exempt", body.TaxExempt) {
		out.TaxExempt = true
	}
	return &out
}

// business returns the company a B2B order was placed for. Its name is not in the
// order; the addresses may have it.
func business(r *reader, c *company) *erpbridge.Company {
	if c == nil {
		return nil
	}
	const at = "company."
	out := erpbridge.Company{
		ID:         r.ID(at, "id", c.ID),
		Name:       r.Text(at, "name", c.Name),
		LocationID: r.ID(at, "location_id", c.LocationID),
		ExternalID: r.Text(at, "external_id", c.ExternalID),
	}
	if out == (erpbridge.Company{}) {
		return nil
	}
	return &out
}

// place returns an address, or nil where nothing is in it.
func place(r *reader, at string, a *address) *erpbridge.Address {
	if a == nil {
		return nil
	}
	firstName, lastName := r.Text(at, "first_name", a.FirstName), r.Text(at, "last_name", a.LastName)
	out := erpbridge.Address{
		Name:     cmp.Or(r.Text(at, "name", a.Name), strings.TrimSpace(firstName+" "+lastName)),
		Company:  r.Text(at, "company", a.Company),
		Street1:  r.Text(at, "address1", a.Address1),
		Street2:  r.Text(at, "address2", a.Address2),
		City:     r.Text(at, "city", a.City),
		Region:   cmp.Or(r.Text(at, "province_code", a.ProvinceCode), r.Text(at, "province", a.Province)),
		Postcode: r.Text(at, "zip", a.Zip),
		Country:  strings.ToUpper(r.Text(at, "country_code", a.CountryCode)),
		Phone:    r.Text(at, "phone", a.Phone),
	}
	// Some partners write the code where Shopify writes the country's name.
	if name := r.Text(at, "country", a.Country); out.Country == "" && len(name) == 2 {
		out.Country = strings.ToUpper(name)
	}
	if out == (erpbridge.Address{}) {
		return nil
	}
	return &out
}
