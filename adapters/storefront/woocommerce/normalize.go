package woocommerce

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// refunds is the Type of a refund's message, the bridge's own word: WooCommerce has no
// topic for them.
const refunds = "refund.created"

// Normalize returns the events a message stands for: one for each of most topics, and one
// more for each full refund inside an order.
func (s *Storefront) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	if m.Type == refunds {
		return s.refundMessage(m)
	}
	of, event, _ := strings.Cut(m.Type, ".")
	if reason := ignored(of, event); reason != "" {
		return nil, fail(erpbridge.Ignored, fmt.Errorf("topic %q: %s", signed.Clip(m.Type), reason))
	}
	body, err := parse(m.Body)
	if err != nil {
		return nil, fail(erpbridge.Invalid, fmt.Errorf("the body cannot be read: %w", err))
	}
	id, err := identity("id", body.ID)
	switch {
	case err == nil:
	case !body.ID.Given() && (body.Order.Structured() || body.Customer.Structured() || body.Product.Structured()):
		return nil, fail(erpbridge.Invalid, errors.New("the body is one of WooCommerce's legacy API; set the webhook's API version to WP REST API Integration v3, and save the thing again"))
	default:
		return nil, fail(erpbridge.Invalid, err)
	}
	isOrder := body.LineItems != nil
	switch {
	// Nothing but an id: a deletion. A captured body of an order, sent again under another
	// topic, still is that order.
	case event == "deleted" && bare(body):
		return s.deletion(m, of, id)
	case of == "order" && isOrder:
		return s.orderEvents(m, id, body)
	case of == "order":
		return nil, fail(erpbridge.Invalid, errors.New("line_items: is missing; the body is not an order"))
	case of == "customer" && !isOrder && (body.Email.Given() || body.Role.Given() || body.Username.Given()):
		return s.customerEvent(m, id, body)
	case of == "product" && !isOrder && (body.Type.Given() || body.RegularPrice.Given() || body.Price.Given() || body.SKU.Given() || body.TaxStatus.Given()):
		return s.productEvent(m, id, body)
	}
	return nil, fail(erpbridge.Invalid, fmt.Errorf("the body is not a %s's", of))
}

// ignored says why a topic is of no interest, or "".
func ignored(of, event string) string {
	switch of {
	case ping:
		return "a new webhook asks whether anybody is there"
	case "order", "customer", "product":
		switch event {
		case "created", "updated", "deleted", "restored":
			return ""
		}
	case "action":
		return "an action carries its name and an id, not the thing; the topic of the thing comes with it"
	case "coupon":
		return "what a coupon takes off stands in the orders"
	}
	return "the bridge acts on orders, customers and products only"
}

// bare reports whether a body has an id and nothing else that is read.
func bare(body *resource) bool {
	return body.LineItems == nil && !body.Created.Given() && !body.CreatedGMT.Given() && !body.Modified.Given() && !body.ModifiedGMT.Given() &&
		!body.Status.Given() && !body.Email.Given() && !body.Name.Given() && !body.Total.Given()
}

func fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: "woocommerce.Normalize", Kind: kind, Err: err}
}

// hold keeps what a setting has to tell, if it is the first such thing.
func (r *reader) hold(format string, args ...any) {
	if r.held == nil {
		r.held = fmt.Errorf(format, args...)
	}
}

// fault returns what stands against a value that was read, or nil. A body that cannot be
// meant is not made good by a setting.
func (r *reader) fault() error {
	switch {
	case r.Err() != nil:
		return fail(erpbridge.Invalid, r.Err())
	case r.held != nil:
		return fail(erpbridge.Held, r.held)
	}
	return nil
}

func (s *Storefront) reader(currency string, m erpbridge.Message) *reader {
	return &reader{Reader: normalizer.NewReader(currency, m.ReceivedAt).Floats(), zone: s.zone}
}

// identity returns the digits of an id that names a thing everywhere behind this adapter.
func identity(member string, given scalar) (string, error) {
	id, ok := given.Integer()
	// Twenty digits hold the largest unsigned 64-bit number.
	if !ok || id == "0" || len(id) > 20 {
		if !given.Given() {
			return "", fmt.Errorf("%s: is missing", member)
		}
		return "", fmt.Errorf("%s: %q is not an id", member, signed.Clip(given.Text()))
	}
	return id, nil
}

// currency returns the currency of a thing, or why there is none.
func (s *Storefront) currency(given scalar) (string, error) {
	code := cmp.Or(given.Text(), s.conf.DefaultCurrency)
	if code == "" {
		return "", fail(erpbridge.Held, errors.New("currency: is missing; set default_currency to the shop's currency"))
	}
	if _, ok := erpbridge.Digits(code); !ok {
		return "", fail(erpbridge.Invalid, fmt.Errorf("currency: %q is not an ISO 4217 currency", signed.Clip(code)))
	}
	return code, nil
}

// deletion returns the event of a body that is nothing but an id. When it happened is not
// said, so it is dated by its arrival.
func (s *Storefront) deletion(m erpbridge.Message, of, id string) ([]erpbridge.Event, error) {
	if m.ReceivedAt.IsZero() {
		return nil, fail(erpbridge.Invalid, errors.New("neither the body nor the message says when it was deleted"))
	}
	e := erpbridge.Event{Store: m.Store, Stream: of + "/" + id, Resource: of + "/" + id}
	var gone any
	switch of {
	case "order":
		e.Type, e.Cancellation = erpbridge.OrderCancelled, &erpbridge.Cancellation{OrderID: id, Deleted: true}
		gone = *e.Cancellation
		e.Cancellation.At = m.ReceivedAt
	case "customer":
		e.Type, e.Customer = erpbridge.CustomerDeleted, &erpbridge.Customer{ID: id, Deleted: true}
		gone = *e.Customer
		e.Customer.UpdatedAt = m.ReceivedAt
	default:
		e.Type, e.Product = erpbridge.ProductDeleted, &erpbridge.Product{ID: id, Deleted: true}
		gone = *e.Product
		e.Product.UpdatedAt = m.ReceivedAt
	}
	return finish(e, gone, m.ReceivedAt, rankGone)
}

// The ranks of states of one second, which is as finely as WooCommerce tells the time:
// what was cancelled or refunded does not come back, and what was paid does not become
// unpaid.
const (
	rankPaid = iota + 1
	rankRefunded
	rankCancelled
	rankGone
)

// finish returns e with its version. content is what e carries without its time of change.
func finish(e erpbridge.Event, content any, at time.Time, rank int) ([]erpbridge.Event, error) {
	digest, err := normalizer.Fingerprint(content)
	if err != nil {
		return nil, fail(erpbridge.Invalid, err)
	}
	e.Version = erpbridge.Version{At: at, Rank: rank, Digest: digest}
	return []erpbridge.Event{e}, nil
}
