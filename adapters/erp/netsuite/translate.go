package netsuite

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// Translate renders an order's full state: its customer, unless the default one is
// used, the order, and a deposit for what was paid. Of the other events see without.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	if ev.Order == nil {
		return nil, e.without(ev)
	}
	t := &translation{ERP: e, ev: ev, o: ev.Order, cancelled: ev.Type == erpbridge.OrderCancelled || !ev.Order.CancelledAt.IsZero()}
	if err := t.check(); err != nil {
		return nil, err
	}
	var docs []erpbridge.Document
	for _, render := range []func() (*rendered, error){t.customer, t.salesOrder, t.deposit} {
		r, err := render()
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		body, err := r.bytes()
		if err != nil {
			return nil, err
		}
		docs = append(docs, erpbridge.Document{
			Key:     t.key(r.kind),
			Target:  e.name,
			Stream:  ev.Store + "/" + ev.Stream,
			Kind:    r.kind,
			Record:  r.kind + "/" + r.externalID,
			Version: ev.Version,
			Body:    body,
		})
	}
	return docs, nil
}

// translation is one event on its way.
type translation struct {
	*ERP
	ev        erpbridge.Event
	o         *erpbridge.Order
	cancelled bool

	// check sets these.
	buyer    buyer
	currency string // NetSuite's id
	tranDate string
}

// rendered is a record and what its Document is to say of it.
type rendered struct {
	*record
	kind       string
	externalID string
}

// check settles what all records share, and what none can be made without.
func (t *translation) check() error {
	if err := sameCurrency(t.o); err != nil {
		return err
	}
	if t.o.Total.Amount.IsNeg() {
		return t.held("the order comes to %s: orders below nought are booked by hand", t.o.Total)
	}
	id, ok := t.conf.Currencies[t.o.Currency]
	if !ok {
		return t.held("no NetSuite currency for %s: add currencies.%s to target %s", t.o.Currency, t.o.Currency, t.name)
	}
	t.currency = id
	var err error
	if t.tranDate, err = t.date(t.o); err != nil {
		return err
	}
	t.buyer, err = t.identify()
	return err
}

// key returns the idempotency key of a record of this event.
func (t *translation) key(kind string) string {
	return t.ev.Store + "/" + t.ev.Stream + "/" + t.ev.Version.String() + "/" + kind
}

// marker is what a record carries of its Document's key.
func marker(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "[erpbridge " + hex.EncodeToString(sum[:])[:16] + "]"
}

// externalID names a record of ours. Kinds are part of it, because external ids
// of different record types have been seen to collide.
func (t *translation) externalID(kind, id string) string {
	return t.conf.ExternalIDPrefix + t.ev.Store + "-" + kind + "-" + id
}

// date returns the posting date as NetSuite wants it: midnight of that day in
// its own zone, Pacific, with the offset valid then. Midnight UTC would be the
// day before.
func (t *translation) date(o *erpbridge.Order) (string, error) {
	day := o.PostingDate
	if day == "" && !o.PlacedAt.IsZero() {
		day = o.PlacedAt.Format(time.DateOnly)
	}
	at, err := time.ParseInLocation(time.DateOnly, day, t.pacific)
	if err != nil {
		return "", invalid("the posting date %q is not a date", day)
	}
	return at.Format("2006-01-02T15:04:05.000-07:00"), nil
}

// held is the error of what waits for a mapping or a decision.
func (t *translation) held(format string, args ...any) error {
	return &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Invalid, Err: fmt.Errorf(format, args...)}
}

// sameCurrency refuses an order whose amounts are in several currencies; they
// could not be added up.
func sameCurrency(o *erpbridge.Order) error {
	if _, ok := erpbridge.Digits(o.Currency); !ok {
		return invalid("%q is not an ISO 4217 currency", o.Currency)
	}
	amounts := []erpbridge.Money{o.TaxTotal, o.Total, o.Outstanding}
	add := func(ds []erpbridge.Discount, ts []erpbridge.Tax) {
		for _, d := range ds {
			amounts = append(amounts, d.Amount)
		}
		for _, x := range ts {
			amounts = append(amounts, x.Amount)
		}
	}
	add(o.Discounts, o.Taxes)
	for _, c := range o.Charges {
		amounts = append(amounts, c.Amount)
		add(nil, c.Taxes)
	}
	for _, c := range o.Credits {
		amounts = append(amounts, c.Amount)
	}
	for _, l := range o.Lines {
		amounts = append(amounts, l.Unit, l.Extended)
		add(l.Discounts, l.Taxes)
	}
	for _, s := range o.Shipping {
		amounts = append(amounts, s.Price)
		add(s.Discounts, s.Taxes)
	}
	var errs []error
	for _, m := range amounts {
		if m.Currency != o.Currency && (m.Currency != "" || !m.IsZero()) {
			errs = append(errs, fmt.Errorf("%s in an order in %s", m, o.Currency))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return invalid("amounts in several currencies: %w", err)
	}
	return nil
}
