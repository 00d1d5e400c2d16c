package erpbridge

// A PrivacyRequest is a person's right, or a shop's end, handed on by the storefront
// under data protection law. It has to be answered within 30 days, and reaches
// everything that is kept of the person: events, documents, dead letters, logs.
type PrivacyRequest struct {
	ID         string
	Kind       PrivacyKind
	CustomerID string
	Email      string
	Phone      string
	Orders     []string // ids of the orders it is about
	Shop       string   // the shop's own name for itself
}

// PrivacyKind is what is asked for.
type PrivacyKind string

// The kinds of request.
const (
	DataRequest    PrivacyKind = "data-request"    // tell the person what is kept
	RedactCustomer PrivacyKind = "redact-customer" // forget the person
	RedactShop     PrivacyKind = "redact-shop"     // forget the shop
)
