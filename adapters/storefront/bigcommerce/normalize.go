package bigcommerce

import (
	"errors"
	"fmt"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Normalize returns the one event a message stands for. It reads m.Fetched where it is
// set, and else m.Body, which is a document already where m comes from the poll or a
// partner.
//
// A message that only points to something and was not fetched is Held: that is so only
// where api: is not set, and resumes when it is.
func (s *Storefront) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	if m.Type != "" && scopes[m.Type] == nothing {
		return nil, ignored(m.Type)
	}
	raw := m.Fetched
	if len(raw) == 0 {
		raw = m.Body
	}
	d, err := openDocument(raw)
	if err != nil {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("the body cannot be read: %w", err))
	}
	c, err := d.cause(m)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	if c.subject == nothing {
		return nil, ignored(c.scope)
	}
	e := erpbridge.Event{Store: m.Store, ReceivedAt: m.ReceivedAt}
	switch c.subject {
	case anOrder:
		err = s.orderEvent(d, c, m, &e)
	case aRefund:
		err = s.refundEvent(d, c, m, &e)
	case aShipment, aShipmentGone:
		err = s.shipmentEvent(d, c, m, &e)
	case aCustomer, aCustomerGone:
		err = s.customerEvent(d, c, m, &e)
	case aProduct, aProductGone:
		err = s.productEvent(d, c, m, &e)
	case aLevel:
		err = s.levelEvent(d, c, m, &e)
	}
	if err != nil {
		return nil, err
	}
	return []erpbridge.Event{e}, nil
}

func fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "bigcommerce.Normalize", Kind: kind, Err: err}
}

func invalid(format string, args ...any) error {
	return fail(erpbridge.Invalid, fmt.Errorf(format, args...))
}

func ignored(scope string) error {
	return fail(erpbridge.Ignored, fmt.Errorf("scope %q: %s", signed.Clip(scope), reason(scope)))
}

// unfetched is the error of a message that points to something nobody asked for.
func unfetched(what string) error {
	return fail(erpbridge.Held, fmt.Errorf("the message only points to %s, which was not fetched; set api: of this storefront", what))
}

// A cause is what happened, as far as the envelope tells: the scope, and what it points
// to. Of a document without an envelope only the scope is known.
type cause struct {
	target
	scope    string
	enclosed bool // there is an envelope
}

// cause returns what d is about. The signed body decides: a message whose type says
// something else was not put together by this adapter.
func (d *document) cause(m erpbridge.Message) (cause, error) {
	c := cause{scope: d.Scope.Text(), enclosed: d.Scope.Given() || d.Data.V != nil}
	switch {
	case c.scope == "":
		c.scope = m.Type
	case m.Type != "" && m.Type != c.scope:
		return c, fmt.Errorf("scope: is %q in a message of type %q", signed.Clip(c.scope), signed.Clip(m.Type))
	}
	if c.scope == "" {
		return c, errors.New("scope: is missing, and the message has no type")
	}
	c.subject = scopes[c.scope]
	if c.subject == nothing || !c.enclosed {
		return c, nil
	}
	e := d.envelope
	if !e.Scope.Given() {
		return c, errors.New("scope: is missing in the envelope")
	}
	var err error
	c.target, err = e.target()
	return c, err
}

// names checks that a fetched thing is the one the envelope points to, and returns its
// id.
func (c cause) names(member string, id scalar, want string) (string, error) {
	got, err := number(member, id)
	if err != nil {
		return "", err
	}
	if want != "" && got != want {
		return "", fmt.Errorf("%s: is %s, and the envelope points to %s", member, got, want)
	}
	return got, nil
}

// notDocument is the error of a body in which there is nothing of what its type says.
func (c cause) notDocument(what, member string) error {
	if c.enclosed {
		return unfetched(what)
	}
	return invalid("%s: is missing; the body is neither an envelope nor a document with %s", member, what)
}

// fingerprint returns the digest of a value, which must not hold the time of its change.
func fingerprint(v any) (string, error) {
	sum, err := normalizer.Fingerprint(v)
	if err != nil {
		return "", fail(erpbridge.Invalid, err)
	}
	return sum, nil
}
