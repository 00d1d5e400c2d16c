package shopify

import (
	"cmp"
	"strings"

	"github.com/hakooi/erpbridge"
)

// parties maps who bought and where things go.
func parties(r *reader, body *order, o *erpbridge.Order) {
	o.Email = cmp.Or(r.text("", "email", body.Email), r.text("", "contact_email", body.ContactEmail))
	o.Phone = r.text("", "phone", body.Phone)
	o.BillTo = place(r, "billing_address.", body.BillingAddress.V)
	o.ShipTo = place(r, "shipping_address.", body.ShippingAddress.V)
	o.Customer = buyer(r, body)
}

// buyer returns the customer, or nil where the order has none: a guest, or a sale
// at a point of sale.
func buyer(r *reader, body *order) *erpbridge.Customer {
	c := body.Customer.V
	if c == nil {
		return nil
	}
	const at = "customer."
	out := erpbridge.Customer{
		ID:        r.id(at, "id", c.ID),
		FirstName: r.text(at, "first_name", c.FirstName),
		LastName:  r.text(at, "last_name", c.LastName),
		Email:     r.text(at, "email", c.Email),
		Phone:     r.text(at, "phone", c.Phone),
	}
	if a := c.Default.V; a != nil {
		out.Company = r.text(at, "default_address.company", a.Company)
	}
	if out == (erpbridge.Customer{}) {
		return nil
	}
	out.TaxExempt = r.flag(at, "tax_exempt", c.TaxExempt)
	if r.flag("", "tax_exempt", body.TaxExempt) {
		out.TaxExempt = true
	}
	return &out
}

// place returns an address, or nil where nothing is in it.
func place(r *reader, at string, a *address) *erpbridge.Address {
	if a == nil {
		return nil
	}
	firstName, lastName := r.text(at, "first_name", a.FirstName), r.text(at, "last_name", a.LastName)
	out := erpbridge.Address{
		Name:     cmp.Or(r.text(at, "name", a.Name), strings.TrimSpace(firstName+" "+lastName)),
		Company:  r.text(at, "company", a.Company),
		Street1:  r.text(at, "address1", a.Address1),
		Street2:  r.text(at, "address2", a.Address2),
		City:     r.text(at, "city", a.City),
		Region:   cmp.Or(r.text(at, "province_code", a.ProvinceCode), r.text(at, "province", a.Province)),
		Postcode: r.text(at, "zip", a.Zip),
		Country:  strings.ToUpper(r.text(at, "country_code", a.CountryCode)),
		Phone:    r.text(at, "phone", a.Phone),
	}
	// Some partners write the code where Shopify writes the country's name.
	if name := r.text(at, "country", a.Country); out.Country == "" && len(name) == 2 {
		out.Country = strings.ToUpper(name)
	}
	if out == (erpbridge.Address{}) {
		return nil
	}
	return &out
}
