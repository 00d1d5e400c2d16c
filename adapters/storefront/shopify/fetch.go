package shopify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// A webhook tells which gateways an order was paid by, and not how much by which. Where
// a gift card or store credit is one of them, that decides how much was received:
//
//	gateways                          how it was paid
//	none of the two                   the order's amounts tell; nothing is asked
//	one of the two alone              they tell, but of some states: see tab.unclear
//	one of the two, and another one   the shop is asked
//
// What was fetched is the webhook's own body with the payments as its member
// transactions, byte for byte otherwise, and the poll lists such orders in that way:
// both are one Version.

var _ erpbridge.Fetcher = (*polled)(nil)

// Points reports whether m is an order that does not tell how much of it was paid with
// gift cards or store credit. It looks at a few members of the body only; what cannot be
// read does not point: Normalize says what is wrong with it.
func (p *polled) Points(m erpbridge.Message) bool {
	if m.Fetched != nil || !wholeOrder(m.Type) && m.Type != topicDeleted {
		return false
	}
	t, _, err := openTab(m.Body)
	return err == nil && p.unknown(&t)
}

// Fetch asks the shop for the payments of the order that m is, and returns the order
// with them.
//
// An order that the shop does not know is Missing, and not one without payments: it may
// not be there yet, and what is wrong with the token's scopes must not pass for an order
// that was paid in full. So is one that the shop tells an older state of than m has.
// Payments of a later state are taken: they were made, and their own webhook follows.
func (p *polled) Fetch(ctx context.Context, m erpbridge.Message) ([]byte, error) {
	t, order, err := openTab(m.Body)
	if err != nil {
		return nil, unaskable(err)
	}
	id, err := t.order()
	if err != nil {
		return nil, unaskable(err)
	}
	paid, err := p.payments(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("asking for the payments of order %s: %w", id, err)
	}
	if paid == nil {
		return nil, missing("the shop has no order %s: it was deleted, or it is older than 60 days and the token lacks the scope read_all_orders", id)
	}
	if told, err := normalizer.ParseTime(t.UpdatedAt.Text()); err == nil && paid.at.Before(told.Truncate(time.Second)) {
		return nil, missing("the shop tells order %s as it was at %s, and its webhook is of %s", id, paid.at.Format(time.RFC3339), told.UTC().Format(time.RFC3339))
	}
	return paid.into(order), nil
}

// told is the body that says what m is about.
func told(m erpbridge.Message) []byte {
	if len(m.Fetched) > 0 {
		return m.Fetched
	}
	return m.Body
}

// settled returns the body of an order as the poll lists it: with its payments, where a
// webhook of it would be fetched. One that has changed since it was listed is Transient:
// it is listed again, and its payments belong to that state.
func (p *polled) settled(ctx context.Context, id string, at time.Time, body []byte) ([]byte, error) {
	t, order, err := openTab(body)
	if err != nil || !p.unknown(&t) {
		return body, nil // Normalize says what is wrong with it
	}
	paid, err := p.payments(ctx, id)
	if err != nil {
		return nil, err
	}
	if paid == nil || !paid.at.Equal(at) {
		return nil, &erpbridge.Error{Op: "shopify.List", Kind: erpbridge.Transient, Err: errors.New("the order has changed since it was listed")}
	}
	return paid.into(order), nil
}

// unknown reports whether the shop has to be asked how an order was paid, and can be. An
// order that is ignored is nothing to ask about.
func (p *polled) unknown(t *tab) bool {
	if _, err := t.order(); err != nil || !t.unclear() {
		return false
	}
	test, err := t.Test.Bool()
	return err == nil && (!test || p.conf.TestOrders == deliver)
}

// charged is what a shop says of the payments of an order.
type charged struct {
	at           time.Time // of the order's last change
	transactions []byte    // as a webhook would have them
}

// payments asks for an order's payments. It returns nil where the shop has no such order.
func (p *polled) payments(ctx context.Context, id string) (*charged, error) {
	var answer struct {
		Order object[struct {
			UpdatedAt    scalar         `json:"updated_at"`
			Transactions jsontext.Value `json:"transactions"`
		}] `json:"order"`
	}
	if _, err := p.admin.ask(ctx, opPayments, variables{"id": gid("Order", id)}, &answer); err != nil {
		return nil, err
	}
	order := answer.Order.V
	if order == nil {
		return nil, nil
	}
	at, err := normalizer.ParseTime(order.UpdatedAt.Text())
	if err != nil {
		return nil, unlisted(fmt.Errorf("updated_at: %w", err))
	}
	if order.Transactions.Kind() != jsontext.KindBeginArray {
		return nil, unlisted(errors.New("transactions: there is no list"))
	}
	all, err := unwrap(order.Transactions)
	if err != nil {
		return nil, unlisted(fmt.Errorf("transactions: %w", err))
	}
	return &charged{at, all}, nil
}

// into returns an order with one member more, and the same bytes otherwise.
func (c *charged) into(order []byte) []byte {
	const member = `,"transactions":`
	order = bytes.TrimRight(order, " \t\r\n")
	order = order[:len(order)-1] // it has members: an id at least
	out := make([]byte, 0, len(order)+len(member)+len(c.transactions)+1)
	out = append(append(append(out, order...), member...), c.transactions...)
	return append(out, '}')
}

func unaskable(err error) error {
	return &erpbridge.Error{Op: "shopify.Fetch", Kind: erpbridge.Invalid, Err: err}
}

func missing(format string, args ...any) error {
	return &erpbridge.Error{Op: "shopify.Fetch", Kind: erpbridge.Missing, Err: fmt.Errorf(format, args...)}
}
