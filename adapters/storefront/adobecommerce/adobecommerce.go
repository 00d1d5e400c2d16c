// Package adobecommerce understands Adobe Commerce and Magento 2: the events that Adobe
// I/O delivers to a webhook, and the same things as the shop's REST API answers them.
//
// # What is promised
//
// Verify trusts a body only under an RSA-SHA256 signature over its raw bytes, made with
// a key that Adobe's own host serves (or that the settings hold), and only if the event
// was meant for the configured credential. A key is fetched only for a request that
// could be proven with it, from one host, under one form of path: a stranger cannot make
// the bridge ask anybody for anything else. What the signature covers names the message;
// headers, which nobody signed, only where the body is silent.
//
//	         no signature, no key of this name, another's event ──▶ Refused
//	webhook ──Verify──▶ the key cannot be had at the moment ──▶ Transient (Adobe repeats)
//	   │            └─▶ proven, unnamed ──▶ Invalid (recorded under a hash)
//	   └▶ Message ──Normalize──▶ one Event
//	                 ├─▶ Ignored  an event of no interest, an invoice, a cancelled credit memo
//	                 ├─▶ Held     no currency, and no setting for that
//	                 └─▶ Invalid  not JSON, or something that cannot be meant; the
//	                              member is named
//
// # Identity
//
// An order is its entity_id. The number people use, increment_id, is unique only within
// a store view, and credit memos and shipments name their order by entity_id alone: they
// could not be put into its stream under any other name. The event of a new order may
// come without entity_id; then it is the order_id of its items, or the parent_id of its
// payment or addresses, which are the same. An event with none of them is Invalid: under
// its number the same order would be booked again when the API lists it.
//
// # Money
//
// An order's money is the base_ half of its amounts, in the currency of the shop's
// books. Where the buyer saw another currency, the other half is Presented. Prices are
// ex tax. In Adobe's words,
//
//	grand_total = subtotal + discount_amount + shipping_amount + tax_amount
//	            + discount_tax_compensation_amount + shipping_discount_tax_compensation_amount
//	            + fixed product taxes + gift wrapping
//	            - gift cards - store credit - reward points
//
// where subtotal is the sum of the items' row_total, and discount_amount is negative and
// holds the items' discounts and that of shipping. A shop whose catalogue has gross
// prices gives gross discounts; compensation is the tax in them. Here a discount is what
// is left of it ex tax: discount_amount less compensation. What is in no member (the fee
// of a payment module, say) is in no part either: the order does not add up, and is held.
//
// Which of two lines carries an amount that a configurable product or a bundle has
// twice, and whether row_total is of one or of all (version 2.4.8 has it of one), the
// body does not say. Each reading is tried, and the first in which the order adds up to
// the cent counts; where none does it is the plain one, for a person to see.
//
// The buyer's half may have amounts that its currency does not have: the shop calculates
// with two decimals in yen, too. Then there is no Presented, and the books are complete.
//
// # What is never done
//
// Nothing is rounded or converted. An amount with the noise of binary floating point,
// which PHP writes, is the amount it is noise of, if that is nearer than a hundred
// millionth; anything else with more decimals than its currency is Invalid.
package adobecommerce

import (
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
)

// Storefront is one shop that sends events. It implements erpbridge.Storefront, and is
// safe for use by many goroutines.
type Storefront struct {
	conf Config
	zone *time.Location
	keys verifier // nil: no client_id, so no event can be proven
}

// Polled is a Storefront whose REST API may be asked, too.
//
// It is no Subscriber: who gets which events is kept in Adobe's Developer Console, under
// an identity that is not the shop's.
type Polled struct {
	*Storefront
	name string
	api  *shopapi.Client
	path string // what stands before a resource: "/rest/V1/"
}

var (
	_ erpbridge.Storefront = (*Storefront)(nil)
	_ erpbridge.Storefront = (*Polled)(nil)
	_ erpbridge.Lister     = (*Polled)(nil)
)

// New returns the shop configured under name: a *Polled if the settings have api, else a
// *Storefront. Its errors name the setting and what to write there.
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
	p, err := s.polled(name, *conf.API)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: api: %w", name, err)
	}
	return p, nil
}
