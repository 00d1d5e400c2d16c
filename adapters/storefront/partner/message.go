package partner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// knownVersion is the one version of the contract that is known here.
const knownVersion = "1"

// A message is the whole body. Of the things it could carry it has the one that its
// type asks for.
type message struct {
	Version    id     `json:"version"`
	Type       word   `json:"type"`
	OccurredAt moment `json:"occurred_at"`

	Order        *order        `json:"order"`
	Cancellation *cancellation `json:"cancellation"`
	Refund       *refund       `json:"refund"`
	Fulfilment   *fulfilment   `json:"fulfilment"`
	Customer     *customer     `json:"customer"`
	Product      *product      `json:"product"`
	Inventory    *inventory    `json:"inventory"`
	Privacy      *privacy      `json:"privacy"`
}

// The names of what a message carries.
const (
	anOrder        = "order"
	aCancellation  = "cancellation"
	aRefund        = "refund"
	aFulfilment    = "fulfilment"
	aCustomer      = "customer"
	aProduct       = "product"
	anInventory    = "inventory"
	aPrivacyMatter = "privacy"
)

// carries says which things a message of a type may carry: one of them.
var carries = map[erpbridge.EventType][]string{
	erpbridge.OrderPlaced:       {anOrder},
	erpbridge.OrderPaid:         {anOrder},
	erpbridge.OrderChanged:      {anOrder},
	erpbridge.OrderCancelled:    {anOrder, aCancellation},
	erpbridge.RefundIssued:      {aRefund},
	erpbridge.FulfilmentChanged: {aFulfilment},
	erpbridge.CustomerChanged:   {aCustomer},
	erpbridge.CustomerDeleted:   {aCustomer},
	erpbridge.ProductChanged:    {aProduct},
	erpbridge.ProductDeleted:    {aProduct},
	erpbridge.InventoryChanged:  {anInventory},
	erpbridge.PrivacyRequested:  {aPrivacyMatter},
}

// parse reads a body. property is the type that the AMQP message names itself.
//
// The version is looked at before anything else: of a message of another version no
// more can be said than that.
func parse(body []byte, property string) (*message, error) {
	var head struct {
		Version strictjson.Scalar `json:"version"`
	}
	if err := strictjson.Unmarshal(body, &head, strictjson.Default()); err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	switch given := head.Version.Text(); given {
	case knownVersion:
	case "":
		return nil, fmt.Errorf("version: is missing; write %q, the one version that is known here", knownVersion)
	default:
		return nil, fmt.Errorf("version: %q is not known here; the one that is known is %q", signed.Clip(given), knownVersion)
	}
	m := new(message)
	if err := strictjson.Known(body, m); err != nil {
		return nil, fmt.Errorf("the body cannot be read: %w", err)
	}
	if err := m.checkType(property); err != nil {
		return nil, err
	}
	return m, m.checkThing()
}

// event returns the message's type.
func (m *message) event() erpbridge.EventType { return erpbridge.EventType(m.Type.Text()) }

// checkType wants a type that is known, and the same in both places.
func (m *message) checkType(property string) error {
	given := m.Type.Text()
	if given == "" {
		return errors.New("type: is missing")
	}
	if _, ok := carries[m.event()]; !ok {
		var known []string
		for _, t := range erpbridge.EventTypes {
			known = append(known, string(t))
		}
		if near := strictjson.Nearest(given, known); near != "" {
			return fmt.Errorf("type: %q is not known; is %s meant?", signed.Clip(given), near)
		}
		return fmt.Errorf("type: %q is not one of %s", signed.Clip(given), strings.Join(known, ", "))
	}
	if given != property {
		return fmt.Errorf("type: %q here, and %q in the property type of the AMQP message; they must agree", given, signed.Clip(property))
	}
	return nil
}

// checkThing wants the one thing the type asks for, and no other.
func (m *message) checkThing() error {
	want := carries[m.event()]
	given := 0
	for _, thing := range m.things() {
		switch {
		case !thing.there:
		case !slices.Contains(want, thing.name):
			return fmt.Errorf("%s: has no place in a message of type %s", thing.name, m.event())
		default:
			given++
		}
	}
	all := strings.Join(want, " or ")
	switch {
	case given == 0:
		return fmt.Errorf("%s: is missing, and what a message of type %s carries", all, m.event())
	case given > 1:
		return fmt.Errorf("%s: both are there, and one is to be", all)
	}
	return nil
}

// A thing is what a message may carry.
type thing struct {
	name  string
	there bool
}

func (m *message) things() []thing {
	return []thing{
		{anOrder, m.Order != nil},
		{aCancellation, m.Cancellation != nil},
		{aRefund, m.Refund != nil},
		{aFulfilment, m.Fulfilment != nil},
		{aCustomer, m.Customer != nil},
		{aProduct, m.Product != nil},
		{anInventory, m.Inventory != nil},
		{aPrivacyMatter, m.Privacy != nil},
	}
}
