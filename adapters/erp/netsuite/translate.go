package netsuite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// Translate renders an order's full state: its customer, unless NetSuite has it, the
// order, and a deposit for what was paid; a refund; or the cancellation of an order.
// Other events are ignored.
func (e *ERP) Translate(ev erpbridge.Event) ([]erpbridge.Document, error) {
	sales := e.orders
	switch {
	case ev.Order != nil:
		ev.Order = prepared(ev.Order, ev.Type == erpbridge.OrderCancelled)
	case ev.Refund != nil:
		sales = e.refunds
	}
	d, err := sales.Translate(ev)
	if err != nil {
		return nil, err
	}
	t := &translation{ERP: e, d: d}
	if d.Kind != salesdoc.Cancellation {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	var docs []erpbridge.Document
	for _, render := range t.renderings() {
		r, err := render()
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		body, digest, err := r.bytes()
		if err != nil {
			return nil, err
		}
		doc := erpbridge.Document{
			Key: t.key(r.kind), Target: e.name, Stream: d.Stream(), Kind: r.kind, Record: r.kind + "/" + r.externalID, Version: ev.Version, Body: body,
		}
		// The digest is of what the record says, not of the event: an event that changes
		// nothing NetSuite is told about is known by that, and nothing of it is sent again.
		doc.Version.Digest = digest
		if r.kind == closing {
			// Were it a state of the sales order, it would take the place of one that is not
			// delivered yet, and then there would be nothing to close.
			doc.Record = ""
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// translation is one event on its way.
type translation struct {
	*ERP
	d *salesdoc.Document

	// check sets these.
	currency string // NetSuite's id
	tranDate string
}

// renderings are the records the document comes to, in the order of delivery.
func (t *translation) renderings() []func() (*record, error) {
	switch t.d.Kind {
	case salesdoc.Order:
		return []func() (*record, error){t.customer, t.salesOrder, t.deposit}
	case salesdoc.Cancellation:
		return []func() (*record, error){t.closing}
	}
	return []func() (*record, error){t.refund}
}

// check settles what all records share, and what none can be made without.
func (t *translation) check() error {
	code := t.d.Currency
	id, ok := t.conf.Currencies[code]
	if !ok {
		return held("no NetSuite currency for %s: add currencies.%s to target %s", code, code, t.name)
	}
	t.currency = id
	var err error
	t.tranDate, err = t.date(t.d.Date)
	return err
}

// prepared returns an order as it is to be mapped. Transport costs what is paid for it:
// NetSuite's shipping cost has no discount of its own. And how an order was paid matters
// to its deposit alone, so a gateway that nothing was paid by needs no mapping.
func prepared(o *erpbridge.Order, cancelled bool) *erpbridge.Order {
	c := *o
	c.Shipping = slices.Clone(o.Shipping)
	for i, s := range c.Shipping {
		foreign := func(d erpbridge.Discount) bool { return d.Amount.Currency != s.Price.Currency }
		if !slices.ContainsFunc(s.Discounts, foreign) { // else the order is refused anyway
			c.Shipping[i].Price, c.Shipping[i].Discounts = s.Price.Sub(s.Discount()), nil
		}
	}
	if cancelled || !o.CancelledAt.IsZero() || !o.Total.Amount.Sub(o.Outstanding.Amount).IsPos() || !slices.Contains(paid, o.PaymentStatus) {
		c.Gateways = nil
	}
	if o.Presented != nil {
		c.Presented = prepared(o.Presented, cancelled)
	}
	return &c
}

// paid are the payment states in which money was received.
var paid = []erpbridge.PaymentStatus{erpbridge.Paid, erpbridge.PartiallyPaid, erpbridge.Refunded}

// key returns the idempotency key of a record of this event. An order has several
// refunds, which must not be taken for each other.
func (t *translation) key(kind string) string {
	if t.d.Refund != nil {
		kind += "/" + t.d.ID
	}
	return t.d.Key(kind)
}

// externalID names a record of ours. Kinds are part of it, because external ids
// of different record types have been seen to collide.
func (t *translation) externalID(kind, id string) string {
	return t.conf.ExternalIDPrefix + t.storePrefix() + kind + "-" + id
}

// storePrefix is what begins all references of the store: its name and a dash, or
// mapping.reference_prefix.
func (t *translation) storePrefix() string {
	return strings.TrimSuffix(t.d.OrderReference, t.d.OrderID)
}

// orderID is the externalId of the sales order.
func (t *translation) orderID() string { return t.externalID("order", t.d.OrderID) }

// date returns a posting date as NetSuite wants it: midnight of that day in
// its own zone, Pacific, with the offset valid then. Midnight UTC would be the
// day before.
func (t *translation) date(day string) (string, error) {
	at, err := time.ParseInLocation(time.DateOnly, day, t.pacific)
	if err != nil {
		return "", invalid("the posting date %q is not a date", clip(day))
	}
	return at.Format("2006-01-02T15:04:05.000-07:00"), nil
}

// held is the error of what waits for a mapping or a decision.
func held(format string, args ...any) error {
	return &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Held, Err: fmt.Errorf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &erpbridge.Error{Op: "netsuite.Translate", Kind: erpbridge.Invalid, Err: fmt.Errorf(format, args...)}
}

// clip shortens the shop's text for a reason.
func clip(s string) string { return salesdoc.Cut(s, 60, salesdoc.Characters) }
