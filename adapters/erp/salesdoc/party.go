package salesdoc

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/hakooi/erpbridge"
)

// buyer settles whose the order is.
func (b *building) buyer(o *erpbridge.Order) (Party, error) {
	p := party(o)
	if number := b.known(o, p); number != "" {
		p.Number = number
		return p, nil
	}
	rule, who := b.Customer.Unknown, "the customer"
	if p.ID == "" {
		rule, who = b.Customer.Guest, "a guest"
	}
	switch rule {
	case CreateCustomer:
		if id := identity(p); id != "" {
			p.Create, p.Reference = true, b.reference(id)
			return p, nil
		}
		who = "a buyer with neither an account nor an e-mail address"
	case HoldCustomer:
		table, key := b.unknown(p)
		return p, b.held("%s of the order is not known: erpbridge xref set --target %s %s %s NUMBER, or mapping.customer of the target", who, b.target, table, key)
	}
	country := ""
	if b.d.BillTo != nil {
		country = b.d.BillTo.ISO
	}
	if p.Number = cmp.Or(b.Customer.ByCountry[country], b.Customer.ByCurrency[b.d.Currency], b.Customer.Default); p.Number == "" {
		return p, b.held("there is no customer for %s: set mapping.customer.default of target %s", who, b.target)
	}
	return p, nil
}

// known returns the number of a customer that the tables have.
func (b *building) known(o *erpbridge.Order, p Party) string {
	for _, by := range b.Customer.By {
		table, keys := keysOf(by, o, p)
		for _, key := range keys {
			if key == "" {
				continue
			}
			if number, ok := b.crossed(table, key); ok {
				return number
			}
		}
	}
	return ""
}

// keysOf returns the table that a customer is looked up in, and what it is called there.
func keysOf(by CustomerKey, o *erpbridge.Order, p Party) (table string, keys []string) {
	switch by {
	case ByCompany:
		if o.Company != nil {
			keys = []string{o.Company.ExternalID, o.Company.ID}
		}
		return CompanyTable, keys
	case ByID:
		return CustomerTable, []string{p.ID}
	case ByEmail:
		return CustomerEmailTable, []string{strings.ToLower(p.Email)}
	case ByPhone:
		return CustomerPhoneTable, []string{digits(p.Phone)}
	}
	return "", nil
}

// unknown returns the table where a customer belongs, and the word for its key there: the
// storefront's id as it is, but neither an e-mail address nor a phone number, for reasons
// travel far.
func (b *building) unknown(p Party) (table, key string) {
	for _, by := range b.Customer.By {
		switch {
		case by == ByID && p.ID != "":
			return CustomerTable, clip(p.ID)
		case by == ByEmail && p.Email != "":
			return CustomerEmailTable, "EMAIL"
		case by == ByPhone && digits(p.Phone) != "":
			return CustomerPhoneTable, "DIGITS"
		}
	}
	return CustomerTable, cmp.Or(clip(p.ID), "ID")
}

// identity is what a customer of ours is called: by its account, or by its e-mail
// address, which does not itself leave the house as a key.
func identity(p Party) string {
	if p.ID != "" {
		return p.ID
	}
	if p.Email == "" {
		return ""
	}
	h := sha256.Sum256([]byte(strings.ToLower(p.Email)))
	return "email-" + hex.EncodeToString(h[:])[:32]
}

// party gathers what the order knows of its buyer.
func party(o *erpbridge.Order) Party {
	var c erpbridge.Customer
	if o.Customer != nil {
		c = *o.Customer
	}
	p := Party{
		ID: c.ID, FirstName: c.FirstName, LastName: c.LastName, Company: c.Company, TaxID: c.TaxID, TaxExempt: c.TaxExempt, Locale: c.Locale,
		Email: strings.TrimSpace(cmp.Or(c.Email, o.Email)), Phone: cmp.Or(c.Phone, o.Phone),
	}
	if o.Company != nil {
		p.Company, p.TaxID = cmp.Or(o.Company.Name, p.Company), cmp.Or(o.Company.TaxID, p.TaxID)
	}
	if p.Name() != "" {
		return p
	}
	for _, a := range []*erpbridge.Address{o.BillTo, o.ShipTo} {
		if a != nil && (a.Name != "" || a.Company != "") {
			p.LastName, p.Company = a.Name, a.Company
			break
		}
	}
	return p
}

// addresses settles both addresses, in the ERP's countries and regions.
func (b *building) addresses(bill, ship *erpbridge.Address) (err error) {
	bill, ship = given(bill), given(ship)
	if b.Addresses.Missing == OtherAddress {
		bill, ship = cmp.Or(bill, ship), cmp.Or(ship, bill)
	}
	if b.d.BillTo, err = b.address(bill); err != nil {
		return err
	}
	if b.d.ShipTo, err = b.address(ship); err != nil {
		return err
	}
	if to := cmp.Or(b.d.ShipTo, b.d.BillTo); to != nil {
		b.country = to.ISO
	}
	return nil
}

func given(a *erpbridge.Address) *erpbridge.Address {
	if a == nil || *a == (erpbridge.Address{}) {
		return nil
	}
	return a
}

func (b *building) address(a *erpbridge.Address) (*Address, error) {
	if a == nil {
		return nil, nil
	}
	country, err := b.name(b.Addresses.Countries, CountryTable, a.Country, "")
	if err != nil {
		return nil, err
	}
	mapped := &Address{Address: *a, ISO: a.Country}
	mapped.Country = cmp.Or(country, a.Country)
	if a.Region == "" {
		return mapped, nil
	}
	region, err := b.name(b.Addresses.Regions, RegionTable, a.Country+"-"+a.Region, a.Country+"-")
	mapped.Region = cmp.Or(region, a.Region)
	return mapped, err
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
