package erpbridge

import "time"

// A Customer is who buys.
type Customer struct {
	ID        string
	FirstName string
	LastName  string
	Company   string
	Email     string
	Phone     string
	TaxExempt bool
	TaxID     string
	Locale    string // IETF language tag, such as "de-AT"
	Group     string // the storefront's price or customer group
	Note      string
	Tags      []string
	// Addresses are those of the customer's address book, the default one first. A
	// customer inside an order has none: the order has its own.
	Addresses []Address
	// UpdatedAt is the storefront's own time of this state; zero inside an order.
	UpdatedAt time.Time
	Deleted   bool
}

// A Company is the business an order was placed for.
type Company struct {
	ID         string
	Name       string
	LocationID string // the branch
	Location   string
	ExternalID string // the merchant's own number for it
	TaxID      string
}

// An Address is where goods or invoices go.
type Address struct {
	Name     string
	Company  string
	Street1  string
	Street2  string
	City     string
	Region   string // code where the storefront has one, else name
	Postcode string
	Country  string // ISO 3166-1 alpha-2, or "" where the storefront gave none
	Phone    string
}
