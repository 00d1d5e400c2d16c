package erpbridge

import (
	"net/http"
	"time"
)

// A Message is what travels on a channel: a body nobody has interpreted yet,
// and just enough about it to find who can. The body is the bytes as received,
// never re-serialised: signatures are over bytes.
type Message struct {
	// ID is the delivery's own identity, unique within Store and Type. A
	// redelivery of the same message carries the same ID.
	ID string
	// Store is the configured name of the storefront, such as "shop-eu". It is
	// chosen by the route a message came in by, never by its content.
	Store string
	// Type is the storefront's own word for what happened, such as
	// "orders/create".
	Type string
	// Via is the door the message came in by.
	Via Via
	// Header holds what the storefront's adapter wants kept of the request's
	// headers; credentials and cookies are never among them.
	Header http.Header
	// ContentType is the media type of Body.
	ContentType string
	Body        []byte
	// Fetched is what the storefront's API said about the thing that Body only points
	// to; nil where it was not asked. It is kept beside Body, never instead of it.
	Fetched []byte
	// ReceivedAt is when the bridge first saw the message.
	ReceivedAt time.Time
}

// Settles is a header of messages that came by a poll: the instant, in RFC 3339 with
// nanoseconds, that what they tell is to be dated at the earliest. Two states of one
// instant came, the older one last, and the shop was asked which of them stands.
const Settles = "Erpbridge-Settles"

// Via is a door of the bridge.
type Via string

// The doors.
const (
	ViaWebhook Via = "webhook" // signed HTTP, verified by the storefront's adapter
	ViaPoll    Via = "poll"    // asked for at the storefront's API, by poll or backfill
	ViaPartner Via = "partner" // published to RabbitMQ by a partner; trusted as its broker user is
)
