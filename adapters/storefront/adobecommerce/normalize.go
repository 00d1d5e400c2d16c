package adobecommerce

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Normalize returns the one event a message stands for. What a type says is what its
// body is the state of, and no more: whether an order was placed, changed or cancelled
// is seen from the order.
func (s *Storefront) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	what, err := about(m.Type)
	if err != nil {
		return nil, fail(erpbridge.Ignored, err)
	}
	var e erpbridge.Event
	switch what {
	case ofOrder:
		e, err = read(m, s.order)
	case ofMemo:
		e, err = read(m, s.refund)
	case ofShipment:
		e, err = read(m, s.fulfilment)
	case ofCustomer, ofDeletedCustomer:
		e, err = read(m, func(n note, c *customerBody) (erpbridge.Event, error) {
			return s.customer(n, c, what == ofDeletedCustomer)
		})
	case ofProduct, ofDeletedProduct:
		e, err = read(m, func(n note, p *productBody) (erpbridge.Event, error) {
			return s.product(n, p, what == ofDeletedProduct)
		})
	case ofStock:
		e, err = read(m, s.inventory)
	}
	if err != nil {
		return nil, err
	}
	e.Store = m.Store
	return []erpbridge.Event{e}, nil
}

// A note is what is known of a message beside its thing.
type note struct {
	received time.Time // when it came
	sent     scalar    // when its envelope says it was sent
}

// read parses a body as T and has it understood.
func read[T any](m erpbridge.Message, understand func(note, *T) (erpbridge.Event, error)) (erpbridge.Event, error) {
	body, err := parse[T](m.Body)
	if err != nil {
		return erpbridge.Event{}, invalid(fmt.Errorf("the body cannot be read: %w", err))
	}
	return understand(note{m.ReceivedAt, body.sent}, body.thing)
}

func fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "adobecommerce.Normalize", Kind: kind, Err: err}
}

func invalid(err error) error { return fail(erpbridge.Invalid, err) }

// tills returns readers of the amounts in the shop's currency and, if that is another,
// in the buyer's.
func (s *Storefront) tills(n note, c currencies) (till, *till, error) {
	shown := c.Order.Text()
	base := cmp.Or(c.Base.Text(), s.conf.DefaultCurrency)
	if base == "" {
		return till{}, nil, fail(erpbridge.Held, errors.New("base_currency_code: is missing; set default_currency to the shop's base currency, and subscribe the event to the field"))
	}
	for _, c := range [][2]string{{"base_currency_code", base}, {"order_currency_code", cmp.Or(shown, base)}} {
		if _, ok := erpbridge.Digits(c[1]); !ok {
			return till{}, nil, invalid(fmt.Errorf("%s: %q is not an ISO 4217 currency", c[0], signed.Clip(c[1])))
		}
	}
	books := till{Reader: normalizer.NewReader(base, n.received).Floats(), base: true, same: shown == "" || shown == base}
	if books.same {
		return books, nil, nil
	}
	return books, &till{Reader: normalizer.NewReader(shown, n.received).Floats()}, nil
}

// texts returns a reader for a thing without amounts, or with amounts of default_currency.
func (s *Storefront) texts(n note) till {
	return till{Reader: normalizer.NewReader(s.conf.DefaultCurrency, n.received).Floats(), same: true}
}

// changed returns when a thing came to be as it is told: the shop's updated_at, else
// when the event was sent, else when the thing was made.
func changed(t till, n note, updated, created scalar) time.Time {
	at := t.instant("updated_at", updated)
	if at.IsZero() {
		at = t.instant("time", n.sent)
	}
	return normalizer.First(at, t.instant("created_at", created))
}

// version places a state. content is what the event carries, without its time of change.
func version(at time.Time, rank int, content any) (erpbridge.Version, error) {
	digest, err := normalizer.Fingerprint(content)
	if err != nil {
		return erpbridge.Version{}, invalid(err)
	}
	return erpbridge.Version{At: at.UTC(), Rank: rank, Digest: digest}, nil
}

var errNoTime = errors.New("updated_at: is missing, and so is every other time: nothing says which state this is")

// missing says why a thing has no time: what is wrong with the one it has, or that there
// is none.
func missing(t till) error { return cmp.Or(t.Err(), errNoTime) }
