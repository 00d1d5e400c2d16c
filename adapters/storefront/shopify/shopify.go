// Package shopify understands Shopify's webhooks: it proves that one came from
// the shop, and reads its order into the canonical data model.
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
// of an order. Two messages about one instant with equal content are one Version.
//
//	                    no proof ──▶ Refused
//	webhook ──Verify──▶ proven, unnamed ──▶ Invalid (recorded under a hash)
//	   │
//	   └▶ Message ──Normalize──▶ one Event
//	                 ├─▶ Ignored  a topic of no interest, a test order
//	                 ├─▶ Held     no id, or no currency, and no setting for that
//	                 └─▶ Invalid  not JSON, or an amount, time or quantity that
//	                              cannot be meant; the field is named
//
// # What is never done
//
// No amount is computed, rounded or converted: shop currency amounts are taken as
// they are written, and those of the presentment currency are not looked at.
// Whether they add up (Order.Sum) is for the pipeline to check. No text is changed
// but for characters that neither XML 1.0 nor Postgres can hold, and an attribute
// on the order says so.
//
// # What an order loses
//
// The canonical order has no place for line properties, the B2B company's id,
// payment terms, refunds and fulfilments. The raw message keeps them.
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

// New returns the shop configured under name. Its errors name the setting and
// what to write there.
func New(name string, decode func(into any) error) (erpbridge.Storefront, error) {
	var conf Config
	if err := decode(&conf); err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	s, err := open(conf)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	return s, nil
}
