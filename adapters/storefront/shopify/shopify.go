// Package shopify understands Shopify's webhooks: it proves that one came from
// the shop, and reads it into the canonical data model. It can also ask the shop what
// changed, because webhooks get lost.
//
// # What is promised
//
// Verify trusts nothing but the signature over the raw bytes. Shopify signs the
// body alone, so the shop is bound by configuration (another shop's header is
// refused), and the topic is only a hint: where topic and body disagree the body
// decides, so that a captured delivery sent again under another topic does no
// more than the original did.
//
// Normalize reads every order topic the same way, because each carries the whole
// order and they arrive in any order: an OrderPaid may be the first the ERP hears
// of an order. Two messages about one instant with equal content are one Version. What
// apps write back to an order, its tags and attributes, is no content: see fingerprint.
//
//	                    no proof ──▶ Refused
//	webhook ──Verify──▶ proven, unnamed ──▶ Invalid (recorded under a hash)
//	   │
//	   └▶ Message ──(Fetch)──Normalize──▶ one Event
//	      ▲                   ├─▶ Ignored  a topic of no interest, a test order
//	      │                   ├─▶ Held     no id, or no currency, and no setting for that
//	List ─┘                   └─▶ Invalid  not JSON, or an amount, time or quantity that
//	                                       cannot be meant; the field is named
//
// Fetch is for orders that were paid by a gift card or store credit among others: webhooks
// do not tell how much by which. With the setting api the shop is asked for the payments
// of such an order, and of no other (see Points); without it an Order has none, and who
// books what was received has to hold it.
//
// List asks the GraphQL Admin API in such a way that the answer is a webhook's body,
// and the same Normalize makes the same Version of it. Its errors are Transient,
// Throttled and Refused as everywhere, and Invalid for an answer that is not what was
// asked for. A list is followed to its end, however long it is; of an order, all is
// listed or nothing.
//
// # What adds up to what
//
//	order   Σ lines (price × quantity - allocated discounts)
//	        + Σ shipping (price - allocated discounts) + duties + additional fees
//	        + (taxes included ? 0 : total tax)                      = total_price
//	refund  Σ lines (subtotal + tax) - Σ adjustments (amount + tax)
//	        + duties + additional fees    = Σ refund transactions that succeeded
//
// in one currency, and everything as it was when the order was placed: total_price
// does not change with edits and refunds; current_total_price is Order.Remaining. Where
// prices contain their tax, subtotals do, too.
//
// # Two currencies
//
// Most amounts stand there in the shop's currency and in the buyer's (presentment).
// They are never mixed: an Order has the shop's, and Order.Presented is the whole order
// once more in the buyer's, where each of its amounts is given. The payments of a
// refund are told in the buyer's currency only, so it is Refund.Presented that can be
// held against them where the two differ.
//
// # What is never done
//
// No amount is computed, rounded or converted: amounts are taken as they are written, but
// for a tax that Shopify tells beside refunded transport and that is part of it (readTaxes).
// Whether they add up (Order.Sum, Refund.Sum) is for the pipeline to check. No text is
// changed but for characters that neither XML 1.0 nor Postgres can hold, and an
// attribute on the order says so.
//
// # What an order loses
//
// The canonical order has no place for the edits that led to it, for returns, and for
// shipments; these come as fulfilments. A webhook does not carry the payments of an
// order (see Fetch), the name of a B2B company, and who levies a tax. A bundle is no line: its lines
// have its title in the attribute erpbridge.bundle. The raw message keeps everything.
package shopify

import (
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// Storefront is one shop. It implements erpbridge.Storefront, and is safe for use
// by many goroutines.
type Storefront struct {
	conf    Config
	secrets [][]byte
	zone    *time.Location // nil: the offset each timestamp carries
}

var _ erpbridge.Storefront = (*Storefront)(nil)

// New returns the shop configured under name. With the setting api it is an
// erpbridge.Lister and a Fetcher, and with webhooks.address an erpbridge.Subscriber, too. Its errors
// name the setting and what to write there.
func New(name string, decode func(into any) error) (erpbridge.Storefront, error) {
	var conf Config
	if err := decode(&conf); err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	s, err := open(conf)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	if conf.API == nil {
		return s, nil
	}
	admin, err := openAdmin(*s.conf.API, s.conf.Shop)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: api: %w", name, err)
	}
	if s.conf.Webhooks.Address == "" {
		return &polled{Storefront: s, admin: admin, store: name}, nil
	}
	return &subscribed{polled: polled{Storefront: s, admin: admin, store: name}, webhooks: s.conf.Webhooks}, nil
}
