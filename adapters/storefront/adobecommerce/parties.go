package adobecommerce

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// parties maps who bought and where things go.
func parties(t till, body *orderBody, o *erpbridge.Order) {
	o.Email = t.Text("", "customer_email", body.CustomerEmail)
	bill, ship := body.BillingAddress.V, body.ShippingAddress.V
	if x := body.Extension.V; x != nil && len(x.Assignments) > 0 && x.Assignments[0].Shipping.V != nil && ship == nil {
		ship = x.Assignments[0].Shipping.V.Address.V
	}
	for i := range body.Addresses {
		switch a := &body.Addresses[i]; a.Type.Text() {
		case "billing":
			bill = cmp.Or(bill, a)
		case "shipping":
			ship = cmp.Or(ship, a)
		}
	}
	o.BillTo, o.ShipTo = address(t, "billing_address.", bill), address(t, "shipping_address.", ship)
	o.Customer = buyer(t, body)
	if o.BillTo != nil {
		o.Phone = o.BillTo.Phone
	}
	if x := body.Extension.V; x != nil && x.Company.V != nil {
		const at = "extension_attributes.company_order_attributes."
		c := erpbridge.Company{ID: t.ID(at, "company_id", x.Company.V.ID), Name: t.Text(at, "company_name", x.Company.V.Name)}
		if c != (erpbridge.Company{}) {
			o.Company = &c
		}
	}
}

// buyer returns the customer, without an id if it is a guest, or nil where the order has
// none.
func buyer(t till, body *orderBody) *erpbridge.Customer {
	c := erpbridge.Customer{
		FirstName: t.Text("", "customer_firstname", body.CustomerFirst),
		LastName:  t.Text("", "customer_lastname", body.CustomerLast),
		Email:     t.Text("", "customer_email", body.CustomerEmail),
		TaxID:     t.Text("", "customer_taxvat", body.CustomerTaxID),
	}
	if id := t.ID("", "customer_id", body.CustomerID); id != "0" {
		c.ID = id
	}
	if c.ID+c.FirstName+c.LastName+c.Email+c.TaxID == "" {
		return nil
	}
	if c.ID != "" {
		c.Group = t.ID("", "customer_group_id", body.CustomerGroup)
	}
	return &c
}

// address returns an address, or nil where nothing is in it.
func address(t till, at string, a *addressBody) *erpbridge.Address {
	if a == nil {
		return nil
	}
	names := []string{t.Text(at, "firstname", a.FirstName), t.Text(at, "middlename", a.MiddleName), t.Text(at, "lastname", a.LastName)}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	out := erpbridge.Address{
		Name:     strings.Join(names, " "),
		Company:  t.Text(at, "company", a.Company),
		City:     t.Text(at, "city", a.City),
		Postcode: t.Text(at, "postcode", a.Postcode),
		// The name before the code: an event has no code, and the same address must not
		// read otherwise when the API tells it.
		Region:  cmp.Or(t.Text(at, "region", a.Region.Name), t.Text(at, "region_code", a.RegionCode), t.Text(at, "region.region_code", a.Region.Code)),
		Country: strings.ToUpper(t.Text(at, "country_id", a.Country)),
		Phone:   t.Text(at, "telephone", a.Phone),
	}
	if len(a.Street) > 0 {
		out.Street1 = t.Clean(at, "street", a.Street[0])
		// A shop may ask for four lines; the canonical address has two.
		out.Street2 = t.Clean(at, "street", strings.Join(a.Street[1:], ", "))
	}
	if out == (erpbridge.Address{}) {
		return nil
	}
	return &out
}
