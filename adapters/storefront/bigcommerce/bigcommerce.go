// Package bigcommerce understands BigCommerce: webhooks that only point to what
// changed, the API that tells what it is, and the store's orders, refunds, shipments,
// customers, products and stock in the canonical data model.
//
// # What is promised
//
// Verify trusts what is configured and nothing else: Standard Webhooks signatures over
// the raw bytes, headers of a secret value that were chosen when the webhook was made,
// or both, and then both must hold. Only after that is the envelope read, and it must
// name the configured store.
//
// What an envelope points to is fetched before it is normalized, so that the document
// is newer than the event: two events may fetch one state, which then is one Version.
// An order is read until it stood still between the first and the last request. The
// store tells the time of a change in seconds; a change within the second of the read
// is told by the webhook of that change.
//
//	                    no proof ──▶ Refused
//	webhook ──Verify──▶ proven, no envelope ──▶ Invalid (recorded under a hash)
//	   │
//	   └▶ Message ──Points──▶ Fetch ──▶ document ──Normalize──▶ one Event
//	         └── carries all there is to know ──────┘    ├─▶ Ignored  of no interest, incomplete, a test order
//	                                                     ├─▶ Held     no api: to fetch with, no currency
//	                                                     └─▶ Invalid  the member is named
//
// # Incomplete orders wait
//
// A store makes an order, of status 0, when a buyer reaches the payment page, and says
// so with store/order/created. Such an order is Ignored, and nothing is lost by it: when
// it is paid for, store/order/statusUpdated comes and carries the whole order, and the
// poll lists it at its new time of change. That event, out of status 0, is OrderPlaced.
//
// # Money
//
// An order's amounts are in default_currency_code, which is the currency the buyer pays
// in (the transactional currency), and not in currency_code, in which prices were only
// shown. They are strings of four decimals, in pairs with and without tax, and
// is_tax_inclusive_pricing says which half of a pair is booked and which is an estimate:
//
//	total_inc_tax = Σ products.total_x + shipping_cost_x + handling_cost_x + wrapping_cost_x
//	              + Σ fees.cost_x − coupon_discount − discount_amount
//	              + (x is ex_tax ? total_tax : 0)
//
// The declared half is taken. Where it does not come to the total, or has an amount
// finer than its currency, and the other half does come to it exactly, that one is
// taken. No amount is rounded: where neither half has amounts of the currency, the order
// is Invalid and the member named; where neither adds up, the declared half goes on with
// its true parts, and is held with the difference. V3 writes amounts as numbers: what
// binary floating point leaves of one, less than a millionth, is that amount.
//
// Store credit and gift certificates are payments: total_inc_tax is before them.
package bigcommerce

import (
	"fmt"
	"time"

	"github.com/hakooi/erpbridge"
)

// Storefront is one store without access to its API. It implements
// erpbridge.Storefront, and is safe for use by many goroutines. Messages that only
// point to something are Held by it.
type Storefront struct {
	conf    Config
	secrets [][]byte
	headers []header
	zone    *time.Location // nil: UTC, in which the store tells its times
}

// Connected is a store whose API may be asked. It also implements erpbridge.Fetcher
// and erpbridge.Lister.
type Connected struct {
	*Storefront
	api *api
}

// Subscribed is a connected store that is asked whether it still sends its webhooks.
// It also implements erpbridge.Subscriber.
type Subscribed struct{ *Connected }

var (
	_ erpbridge.Storefront = (*Storefront)(nil)
	_ erpbridge.Fetcher    = (*Connected)(nil)
	_ erpbridge.Lister     = (*Connected)(nil)
	_ erpbridge.Subscriber = (*Subscribed)(nil)
)

// New returns the store configured under name: a *Storefront, with api: set a
// *Connected, and with webhooks.address set too a *Subscribed. Its errors name the
// setting and what to write there.
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
	asks, err := connect(name, s.conf)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	c := &Connected{s, asks}
	if s.conf.Webhooks.Address == "" {
		return c, nil
	}
	return &Subscribed{c}, nil
}
