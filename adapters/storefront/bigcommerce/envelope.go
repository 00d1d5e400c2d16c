package bigcommerce

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

type (
	scalar        = strictjson.Scalar
	list[T any]   = strictjson.List[T]
	object[T any] = strictjson.Object[T]
)

// An envelope is what a webhook's body is: what happened, and to what.
type envelope struct {
	Scope     scalar          `json:"scope"`
	Data      object[pointer] `json:"data"`
	Hash      scalar          `json:"hash"`
	CreatedAt scalar          `json:"created_at"` // seconds since 1970
	Producer  scalar          `json:"producer"`   // "stores/<hash>"
}

// A pointer names what changed. Its id is that of the thing its scope is about, but
// for refunds, where it is the order's, and addresses, where it is the address's.
type pointer struct {
	ID      scalar `json:"id"`
	OrderID scalar `json:"orderId"`
	Status  object[struct {
		Previous scalar `json:"previous_status_id"`
	}] `json:"status"`
	Refund object[struct {
		ID scalar `json:"refund_id"`
	}] `json:"refund"`
	Address object[struct {
		CustomerID scalar `json:"customer_id"`
	}] `json:"address"`
	Inventory object[inventory] `json:"inventory"`
}

// An inventory is a change of stock. Its value is the level where the method is
// "absolute", and else the difference.
type inventory struct {
	ProductID scalar `json:"product_id"`
	VariantID scalar `json:"variant_id"`
	Method    scalar `json:"method"`
	Value     scalar `json:"value"`
}

func (i inventory) absolute() bool {
	return strings.EqualFold(i.Method.Text(), "absolute") && i.Value.Given()
}

// limits are those of a message. What a store answers about one order is put together
// to one document, so that it may have more members than one answer.
func limits() strictjson.Limits {
	l := strictjson.Default()
	l.Members = 1_000_000
	return l
}

// openEnvelope reads a webhook's body.
func openEnvelope(body []byte) (*envelope, error) {
	var e envelope
	if err := strictjson.Unmarshal(body, &e, limits()); err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	scope := e.Scope.Text()
	switch {
	case scope == "":
		return nil, errors.New("scope: is missing; the body is not a webhook's")
	case len(scope) > 100 || strings.IndexFunc(scope, notOfScope) >= 0:
		return nil, fmt.Errorf("scope: %q is not a scope", signed.Clip(scope))
	case e.Data.V == nil:
		return nil, errors.New("data: is missing; the body does not say what changed")
	}
	return &e, nil
}

func notOfScope(c rune) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return false
	}
	return !strings.ContainsRune("/_-.", c)
}

// A target is what an envelope points to, by ids that are digits and nothing else: they
// become parts of paths.
type target struct {
	subject  subject
	id       string // of the subject
	order    string // the order a refund or shipment belongs to
	previous string // the status the order had; "" where the scope does not tell
	level    inventory
}

// target says what e points to, or which member does not name anything.
func (e *envelope) target() (target, error) {
	d, t := e.Data.V, target{subject: scopes[e.Scope.Text()]}
	if d == nil {
		return t, errors.New("data: is missing; the body does not say what changed")
	}
	member, id := "data.id", d.ID
	var err error
	switch t.subject {
	case anOrder:
		if d.Status.V != nil {
			t.previous, _ = d.Status.V.Previous.Integer()
		}
	case aRefund:
		if t.order, err = number("data.id", d.ID); err != nil {
			return t, err
		}
		member, id = "data.refund.refund_id", scalar{}
		if d.Refund.V != nil {
			id = d.Refund.V.ID
		}
	case aShipment, aShipmentGone:
		if t.order, err = number("data.orderId", d.OrderID); err != nil {
			return t, err
		}
	case aCustomer:
		if d.Address.V != nil {
			member, id = "data.address.customer_id", d.Address.V.CustomerID
		}
	case aLevel:
		if d.Inventory.V == nil {
			return t, errors.New("data.inventory: is missing; the body does not say what changed")
		}
		t.level = *d.Inventory.V
		if t.level.ProductID.Given() {
			member, id = "data.inventory.product_id", t.level.ProductID
		}
	}
	t.id, err = number(member, id)
	return t, err
}

// number returns the digits of an id, which are the thing's identity everywhere behind
// this adapter: 250, "250" and 2.5e2 are one id.
func number(member string, s scalar) (string, error) {
	if !s.Given() {
		return "", fmt.Errorf("%s: is missing", member)
	}
	id, ok := s.Integer()
	// Twenty digits hold the largest unsigned 64-bit number.
	if !ok || id == "0" || len(id) > 20 {
		return "", fmt.Errorf("%s: %q is not an id", member, signed.Clip(s.Text()))
	}
	return id, nil
}
