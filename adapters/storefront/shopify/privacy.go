package shopify

import (
	"errors"
	"fmt"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The topics every app has to answer within 30 days.
const (
	topicDataRequest    = "customers/data_request"
	topicRedactCustomer = "customers/redact"
	topicRedactShop     = "shop/redact"
)

// privacyRequest has the members of the three topics' bodies.
type privacyRequest struct {
	ShopID   scalar           `json:"shop_id"`
	Shop     scalar           `json:"shop_domain"`
	Customer object[customer] `json:"customer"`
	Request  object[struct {
		ID scalar `json:"id"`
	}] `json:"data_request"`
	Requested list[scalar] `json:"orders_requested"`
	Redacted  list[scalar] `json:"orders_to_redact"`
}

// privacyEvent reads a privacy request. Its version is of when it was received: the
// platform gives no time.
//
// What a body asks for is in its members, for the topic is not signed: only one with
// orders_to_redact forgets a customer, only one with orders_requested asks for data, and
// only one without a customer, of this very shop, forgets the shop. All of them name a
// shop, which no order and no customer does.
func (s *Storefront) privacyEvent(m erpbridge.Message) (erpbridge.Event, error) {
	none := erpbridge.Event{}
	body, err := parse(m.Body, "", func(*privacyRequest) bool { return true })
	if err != nil {
		return none, unreadable(err)
	}
	r := &reader{Reader: normalizer.NewReader("", m.ReceivedAt)}
	p := erpbridge.PrivacyRequest{Shop: r.Text("", "shop_domain", body.Shop)}
	orders, err := s.privacyKind(body, m.Type, &p)
	if err != nil {
		return none, fail(erpbridge.Invalid, err)
	}
	if c := body.Customer.V; c != nil {
		p.CustomerID = r.ID("customer.", "id", c.ID)
		p.Email, p.Phone = r.Text("customer.", "email", c.Email), r.Text("customer.", "phone", c.Phone)
	}
	for _, id := range orders {
		if order := r.ID("", "orders", id); order != "" {
			p.Orders = append(p.Orders, order)
		}
	}
	switch request := body.Request.V; {
	case p.Kind == erpbridge.RedactShop:
		p.ID = "redact-shop-" + r.ID("", "shop_id", body.ShopID)
	case p.CustomerID == "" && p.Email == "" && p.Phone == "" && p.Orders == nil:
		return none, fail(erpbridge.Invalid, errors.New("customer: is missing, and no order is named: nothing says whom it is about"))
	case p.Kind == erpbridge.DataRequest && request != nil && request.ID.Given():
		p.ID = "data-request-" + r.ID("data_request.", "id", request.ID)
	default:
		// Shopify gives these no id. The same request again is the same request; one that
		// names more orders is another.
		sum, err := normalizer.Fingerprint(p)
		if err != nil {
			return none, fail(erpbridge.Invalid, err)
		}
		p.ID = string(p.Kind) + "-" + sum[:16]
	}
	return finish(erpbridge.Event{
		Type: erpbridge.PrivacyRequested, Stream: "privacy/" + p.ID, Resource: "privacy/" + p.ID,
		Version: erpbridge.Version{At: m.ReceivedAt},
		Privacy: &p,
	}, p)
}

// privacyKind sets what is asked for, and returns the orders it is about.
func (s *Storefront) privacyKind(body *privacyRequest, topic string, p *erpbridge.PrivacyRequest) (list[scalar], error) {
	if p.Shop == "" {
		return nil, errors.New("shop_domain: is missing; the body is not a privacy request")
	}
	switch topic {
	case topicDataRequest:
		if body.Redacted != nil || body.Requested == nil && body.Request.V == nil {
			return nil, errors.New("orders_requested: is missing; the body is not a data request")
		}
		p.Kind = erpbridge.DataRequest
		return body.Requested, nil
	case topicRedactCustomer:
		if body.Redacted == nil {
			return nil, errors.New("orders_to_redact: is missing; the body does not ask to forget anybody")
		}
		p.Kind = erpbridge.RedactCustomer
		return body.Redacted, nil
	}
	switch {
	case body.Customer.V != nil || body.Redacted != nil || body.Requested != nil:
		return nil, errors.New("customer: is there; the body does not ask to forget the shop")
	case !signed.EqualASCII(p.Shop, s.conf.Shop):
		return nil, fmt.Errorf("shop_domain: %q is not the shop of this route, %q", signed.Clip(p.Shop), s.conf.Shop)
	}
	p.Kind = erpbridge.RedactShop
	return nil, nil
}
