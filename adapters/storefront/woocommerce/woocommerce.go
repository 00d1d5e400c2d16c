// Package woocommerce understands WooCommerce: its webhooks, and its REST API where the
// settings give access to it.
//
// # What is promised
//
// Verify trusts nothing but the signature over the raw bytes, and the one unsigned
// request that a shop cannot do without (see Ping). WooCommerce signs the body alone, so
// the shop is bound by configuration (another site's X-WC-Webhook-Source is refused) and
// the topic is a hint: an order is an order whatever the topic says, and only a body that
// has nothing but an id can mean a deletion.
//
// Normalize reads the full state that every body but a deletion's carries. A body shows
// the state at the time it was sent, not that of its topic: a "created" may be cancelled
// already.
//
//	                    no proof ──▶ Refused
//	webhook ──Verify──▶ proven, unnamed ──▶ Invalid (recorded under a hash)
//	   │
//	   └▶ Message ──Normalize──▶ Events
//	                 ├─▶ Ignored  a ping, a coupon, an action, a draft, a test order
//	                 ├─▶ Held     a status, a currency or a zone that a setting has to tell
//	                 └─▶ Invalid  not JSON, or a member that cannot be meant; it is named
//
//	api: ──List──────▶ orders that changed, those in the trash, and their refunds
//	     ──Subscribe─▶ a webhook that was disabled is active again, a missing one exists
//
// # Ping
//
// A webhook that is saved for the first time sends `webhook_id=12` as a form, unsigned,
// and is not saved unless the answer is 200. Exactly that shape passes Verify as a Message
// of Type "ping", which Normalize ignores. Strangers can send it, too. All they achieve is
// one row per store, because its ID is the same for all pings.
//
// # Deliveries
//
// WooCommerce sends a delivery once and never again, and its Delivery-ID is a hash of the
// webhook and the second: two orders of one second share it. A Message's ID is therefore
// a hash of topic and body. A deletion's body is nothing but the id, the same each time an
// order is thrown away and brought back, so its Delivery-ID is part of the hash.
//
// # Money
//
//	total = lines + their tax + shipping + its tax + fees + their tax
//
// All amounts are without tax, also in shops whose prices include it, so TaxesIncluded is
// false. A line's subtotal is before discounts and its total after them; what is between
// them is the line's discount. Shipping and fees are after discounts. A negative fee is a
// discount in all but name and stays a charge. The price of one is subtotal divided by
// quantity to six decimals, for information; Line.Extended is what counts. Gift cards that
// a plugin takes off the total are in no line: such an order is held with the difference,
// unless gift_cards says otherwise. An amount with more decimals than its currency has,
// which a shop set to four decimals sends, is Invalid and named: WooCommerce's setting
// "Number of decimals" has to be the currency's. Only the noise of PHP's binary floating
// point is left out, where a plugin makes numbers of amounts. Shipping and fees that have
// no amount are free, or the order does not add up.
//
// Taxes stand there twice: the sum of a line to the currency's decimals (total_tax), which
// WooCommerce adds up, and the part of each rate with up to six (taxes[]). The sum counts.
// The parts are cut to the currency's decimals, and what is then missing to the sum goes
// to the largest remainders, a unit each. A shop that rounds tax at the subtotal states
// an order's total_tax that its lines miss by cents: where the total says that it counts,
// it does, and the parts of all lines are cut the same way to meet it. A tax of the order
// that is in no line stays the difference it is.
//
// # Times
//
// The *_gmt members are UTC, without a Z; their twins are the site's local time, and the
// offset between the two is the shop's. time_zone overrules it, and a body whose twins are
// apart as no zone is waits for it. WordPress's zeros are no time. A body without any time,
// as a deletion's, is dated by Message.ReceivedAt, which makes no other state of it.
//
// # Refunds
//
// There is no refund topic. An order has a list of its refunds by amount, which makes it
// Refunded and tells Order.Remaining, no more. The refunds themselves come from the API, as
// messages of the bridge's own Type "refund.created": the REST body of a refund, bare or as
//
//	{"order": {"id": 1001, "number": "1001", "currency": "EUR"}, "refund": {...}}
//
// which is how List writes it, because a refund does not name its currency. An order whose
// refunds[] hold such full bodies gives one event for each of them, too.
//
// # What is never done
//
// No total is computed to make things meet, and no amount is converted. Texts are unchanged
// ("Fun &amp; Games" stays so) but for characters that neither XML 1.0 nor Postgres can
// hold, and an attribute on the order says so.
package woocommerce

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
)

// Storefront is one shop as its webhooks show it. It is safe for use by many goroutines.
type Storefront struct {
	name    string
	conf    Config
	secrets [][]byte
	site    site
	zone    *time.Location // nil: the offset between a time and its *_gmt twin
	states  map[string]string
}

// Polled is a Storefront whose API can be asked, too.
type Polled struct {
	*Storefront
	api  *shopapi.Client
	page int
}

// Tended is a Polled storefront whose webhooks the bridge looks after.
type Tended struct {
	*Polled
	webhooks webhooks
	// secret is what the shop is told to sign with, as the settings write it: WooCommerce
	// decodes it the way we do.
	secret string
}

var (
	_ erpbridge.Storefront = (*Storefront)(nil)
	_ erpbridge.Lister     = (*Polled)(nil)
	_ erpbridge.Subscriber = (*Tended)(nil)
)

// New returns the shop configured under name: a *Storefront, with api: a *Polled, and with
// api: and webhooks: a *Tended one. Its errors name the setting and what to write there.
func New(name string, decode func(into any) error) (erpbridge.Storefront, error) {
	var conf Config
	if err := decode(&conf); err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	s, err := open(name, conf)
	if err != nil {
		return nil, fmt.Errorf("storefront %q: %w", name, err)
	}
	return s, nil
}

// withAPI returns s as far as conf lets it speak to the shop.
func withAPI(s *Storefront) (erpbridge.Storefront, error) {
	conf := s.conf.API
	if conf == nil {
		return s, nil
	}
	client, err := shopapi.New("woocommerce", conf.Config, requestsPerSecond, func(r *http.Request) {
		r.SetBasicAuth(conf.ConsumerKey, string(conf.ConsumerSecret))
	})
	if err != nil {
		return nil, fmt.Errorf("api.%w", err)
	}
	polled := &Polled{Storefront: s, api: client, page: conf.Page}
	if s.conf.Webhooks == nil {
		return polled, nil
	}
	return &Tended{Polled: polled, webhooks: *s.conf.Webhooks, secret: trimNewline(string(s.conf.Secrets[0]))}, nil
}
