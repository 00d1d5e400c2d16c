package partner

import (
	"errors"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
)

// Normalize returns the one event a partner's message stands for.
func (s *Storefront) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	body, err := parse(m.Body, m.Type)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	in := &reading{zone: s.zone, received: m.ReceivedAt, kind: body.event()}
	head := in.reader("")
	in.occurred = head.needTime("", "occurred_at", body.OccurredAt)
	if head.Err() != nil {
		return nil, fail(erpbridge.Invalid, head.Err())
	}
	e, err := in.event(body)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	if e.Order != nil && e.Order.Test && s.conf.TestOrders == ignore {
		return nil, fail(erpbridge.Ignored, errors.New("a test order; set test_orders: deliver to send such orders to the ERP"))
	}
	e.Store = m.Store
	return []erpbridge.Event{e}, nil
}

func fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "partner.Normalize", Kind: kind, Err: err}
}

// A reading is of one message.
type reading struct {
	zone     *time.Location
	received time.Time
	occurred time.Time
	kind     erpbridge.EventType
}

// reader returns a reader for amounts of a currency.
func (in *reading) reader(currency string) *reader {
	return &reader{normalizer.NewReader(currency, in.received), in.zone}
}

// event reads what the message carries, with its type, its stream and its version.
func (in *reading) event(body *message) (erpbridge.Event, error) {
	e := erpbridge.Event{Type: in.kind}
	var err error
	switch {
	case body.Order != nil:
		err = in.ofOrder(&e, body.Order)
	case body.Cancellation != nil:
		err = in.ofCancellation(&e, body.Cancellation)
	case body.Refund != nil:
		err = in.ofRefund(&e, body.Refund)
	case body.Fulfilment != nil:
		err = in.ofFulfilment(&e, body.Fulfilment)
	case body.Customer != nil:
		err = in.ofCustomer(&e, body.Customer)
	case body.Product != nil:
		err = in.ofProduct(&e, body.Product)
	case body.Inventory != nil:
		err = in.ofInventory(&e, body.Inventory)
	default:
		err = in.ofPrivacy(&e, body.Privacy)
	}
	return e, err
}

// version returns the version of a state. content is the thing without its time of
// change.
func version(at time.Time, rank int, content any) (erpbridge.Version, error) {
	digest, err := normalizer.Fingerprint(content)
	return erpbridge.Version{At: at, Rank: rank, Digest: digest}, err
}
