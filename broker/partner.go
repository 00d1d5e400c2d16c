package broker

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge"
)

// Where a partner's message keeps what else the broker tells of it.
const (
	headerUser = "X-Amqp-User-Id" // the publisher's broker user, which the broker has checked
	headerApp  = "X-Amqp-App-Id"
	headerDate = "Date" // the partner's own timestamp
)

// partner reads one event by the partners' contract, docs/PARTNERS.md. What breaks
// it is neither lost nor sent round in circles: it keeps its bytes and gets a
// Problem that names all that is wrong.
func (r reader) partner(d *amqp.Delivery) letter {
	var wrong []error
	id := d.MessageId
	if !plain(id) {
		wrong = append(wrong, errors.New("property message_id must be 1 to 200 printable characters"))
		id = contentID(d.Body)
	}
	if !plain(d.Type) {
		wrong = append(wrong, errors.New("property type must be 1 to 200 printable characters, such as orders/create"))
	}
	store, err := partnerStore(d)
	if err != nil {
		wrong = append(wrong, err)
	}
	if mt, _, err := mime.ParseMediaType(d.ContentType); err != nil || mt != "application/json" {
		wrong = append(wrong, errors.New("property content_type must be application/json"))
	}
	switch strings.ToLower(d.ContentEncoding) {
	case "", "identity", "utf-8": // the last is what some clients say for "not compressed"
	default:
		wrong = append(wrong, errors.New("property content_encoding must not be set: the body is taken as it is"))
	}
	switch {
	case len(d.Body) == 0:
		wrong = append(wrong, errors.New("the body is empty"))
	case len(d.Body) > r.cfg.PartnerBody:
		wrong = append(wrong, fmt.Errorf("a body of %d bytes, of which %d are taken", len(d.Body), r.cfg.PartnerBody))
	}

	l := letter{Delivery: Delivery{
		Message: erpbridge.Message{
			ID: id, Store: store, Type: named(d.Type), Via: erpbridge.ViaPartner,
			Header: partnerHeader(d), ContentType: text(d.ContentType), Body: d.Body, ReceivedAt: r.now(),
		},
		Redeliveries: redeliveries(d),
	}}
	if len(wrong) > 0 {
		l.Problem = &erpbridge.Error{
			Op: "broker.Consume", Kind: erpbridge.Invalid,
			Err: fmt.Errorf("the message breaks the contract for partners: %w", errors.Join(wrong...)),
		}
	}
	return l
}

// partnerStore takes the store's name from the routing key, which the broker's
// topic permissions can tie to a user, or else from the header.
func partnerStore(d *amqp.Delivery) (string, error) {
	said, given := d.Headers["store"]
	header, _ := said.(string) // what is no text is not plain either
	switch {
	case given && !plain(header):
		return named(d.RoutingKey), errors.New("header store must be text of 1 to 200 printable characters")
	case d.RoutingKey == "" && !given:
		return Unnamed, errors.New("the store's name must be the routing key or header store")
	case d.RoutingKey == "":
		return header, nil
	case !plain(d.RoutingKey):
		return Unnamed, errors.New("the routing key must be a store's name")
	case given && header != d.RoutingKey:
		return d.RoutingKey, errors.New("the routing key and header store name different stores")
	}
	return d.RoutingKey, nil
}

func partnerHeader(d *amqp.Delivery) http.Header {
	h := make(http.Header)
	if plain(d.UserId) {
		h.Set(headerUser, d.UserId)
	}
	if plain(d.AppId) {
		h.Set(headerApp, d.AppId)
	}
	if !d.Timestamp.IsZero() {
		h.Set(headerDate, d.Timestamp.UTC().Format(http.TimeFormat))
	}
	return h
}
