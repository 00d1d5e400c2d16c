package shopify

import (
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// A tab is what an order tells about its payment.
type tab struct {
	ID           scalar       `json:"id"`
	GraphQLID    scalar       `json:"admin_graphql_api_id"`
	Test         scalar       `json:"test"`
	UpdatedAt    scalar       `json:"updated_at"`
	Currency     scalar       `json:"currency"`
	Presentment  scalar       `json:"presentment_currency"`
	Status       scalar       `json:"financial_status"`
	Outstanding  scalar       `json:"total_outstanding"`
	Gateways     list[scalar] `json:"payment_gateway_names"`
	Gateway      scalar       `json:"gateway"`
	LineItems    presence     `json:"line_items"`
	Transactions presence     `json:"transactions"`
}

// A presence is a member of which no more is read than that it is there.
type presence struct{ kind jsontext.Kind }

// UnmarshalJSONFrom passes over any JSON value.
func (p *presence) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	p.kind = dec.PeekKind()
	return dec.SkipValue()
}

func (p presence) there() bool { return p.kind != jsontext.KindInvalid }
func (p presence) given() bool { return p.there() && p.kind != jsontext.KindNull }

// openTab reads the tab of an order, as parse reads the order, and returns the order
// itself: the body, or what is inside {"order": ...}.
func openTab(body []byte) (t tab, order []byte, err error) {
	if err := json.Unmarshal(body, &t); err != nil {
		return t, nil, err
	}
	if t.LineItems.given() || t.ID.Given() {
		return t, body, nil
	}
	var wrapped fields
	if err := json.Unmarshal(body, &wrapped); err != nil {
		return t, nil, err
	}
	inside, ok := wrapped["order"]
	if !ok || len(wrapped) > 1 || inside.Kind() != jsontext.KindBeginObject {
		return t, body, nil
	}
	t = tab{}
	return t, inside, json.Unmarshal(inside, &t)
}

// order returns the id of an order whose payments can be asked for and added.
func (t *tab) order() (string, error) {
	id, err := identity("Order", t.ID, t.GraphQLID)
	switch {
	case err != nil:
		return "", err
	case id == "" || !t.LineItems.given():
		return "", errors.New("the body is no order, or has no id")
	case t.Transactions.there():
		return "", errors.New("transactions: the order has them already")
	}
	return id, nil
}

// unclear reports whether the order's amounts do not tell how much of it a gift card or
// store credit paid. Where one of them is the only gateway, it paid all that was paid.
// How much that was, they do not tell once something went back, nor in the currency of a
// buyer who has not paid all of it yet.
func (t *tab) unclear() bool {
	names := gateways(&reader{Reader: normalizer.NewReader("", time.Time{})}, t.Gateways, t.Gateway)
	if !slices.ContainsFunc(names, redeeming) {
		return false
	}
	alone := !slices.ContainsFunc(names, func(name string) bool { return name != names[0] })
	status, ok := statusOf(t.Status)
	switch {
	case !ok || status == erpbridge.Voided:
		return false
	case !alone || status == erpbridge.Refunded:
		return true
	case status == erpbridge.PartiallyPaid:
		return !t.Outstanding.Given() || t.Presentment.Given() && t.Presentment.Text() != t.Currency.Text()
	}
	return false
}
