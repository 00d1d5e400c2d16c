package erpbridge

import "time"

// A Fulfilment is a shipment of an order, or of a part of it.
type Fulfilment struct {
	ID          string
	OrderID     string
	OrderNumber string
	Status      FulfilmentStatus
	At          time.Time
	UpdatedAt   time.Time
	Location    string // the id of the place it ships from
	Lines       []FulfilmentLine
	Tracking    []Tracking
}

// FulfilmentStatus is how far a shipment is.
type FulfilmentStatus string

// The states of a shipment.
const (
	FulfilmentOpen      FulfilmentStatus = "open" // asked for, under way
	FulfilmentShipped   FulfilmentStatus = "shipped"
	FulfilmentCancelled FulfilmentStatus = "cancelled"
	FulfilmentFailed    FulfilmentStatus = "failed"
)

// A FulfilmentLine is what of a line was shipped.
type FulfilmentLine struct {
	LineID   string // the Line of the order
	SKU      string
	Title    string
	Quantity Decimal
}

// Tracking is how a parcel is followed.
type Tracking struct{ Carrier, Number, URL string }

// A Cancellation is what is known of an order that is gone, where the storefront
// tells no more: an order with its state is an Order with CancelledAt.
type Cancellation struct {
	OrderID     string
	OrderNumber string
	At          time.Time
	Reason      string
	Deleted     bool // removed from the shop, not only cancelled
}
