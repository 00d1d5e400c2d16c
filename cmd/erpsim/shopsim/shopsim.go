// Package shopsim simulates the shops the bridge takes orders from: one model of a
// shop, and a face for each platform that speaks as the platform does.
//
//	Place, Change, Refund, Cancel ──▶ Shop ──┬──▶ webhooks, through a Faults filter, to each subscription
//	                                   ▲     └──▶ journal
//	          Handler: the platform's API │
//
// It fails as they do, and worse, by Faults: webhooks are lost, doubled, late and out
// of order; the API throttles, breaks, dawdles, hangs up in the middle, and what it
// lists moves while it is listed. Dice are seeded. What a platform does about an
// address that does not answer, it does here:
//
//	shopify        tries 8 times more within 4 hours; 8 failures in a row delete the subscription
//	woocommerce    never tries again; more than 5 failures in a row disable the webhook
//	adobecommerce  tries for 24 hours; then the registration is disabled
//	bigcommerce    tries 11 times more within 2 days; then the hook is inactive; a host that
//	               answers less than 90 % of 100 requests rests for 3 minutes
//
// Config.Pace makes those hours shorter. What the shop holds is known to the cent
// (Orders), and everything it did is in its journal, so that a test can compare it
// with what arrived elsewhere.
//
// The orders are odd on purpose: thirds as discounts, tax rounded on each line,
// included in some orders' prices and on top of others', currencies of none and of
// three decimals, text that breaks naive XML. They add up to the smallest unit of
// their currency, in each platform's own arithmetic.
package shopsim

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config says what shop it is. Only Platform must be set.
type Config struct {
	// Platform is "shopify", "woocommerce", "adobecommerce" or "bigcommerce".
	Platform string
	// Webhooks is the address the shop sends to from the start. Empty: nowhere, until
	// somebody subscribes by the API.
	Webhooks string
	// Reach says where public addresses lead, as the proxy in front of a bridge does: what
	// begins with a key is sent to where the value begins. A platform that wants https is
	// given https://bridge.example.com and reaches http://127.0.0.1:8080.
	Reach map[string]string
	// Headers are sent with each of them, where the platform allows that: BigCommerce.
	Headers map[string]string
	// Topics are what it sends there. None: all about orders and refunds.
	Topics []string
	// Secret signs the webhooks; Adobe's are signed with a key that the shop serves.
	Secret string
	// Token is what the API demands, in the platform's own way. Empty: nothing. For
	// woocommerce it is the consumer key and secret with a colon between them.
	Token string
	// Name is what the platform knows the shop by, where it has a name: the domain of
	// a Shopify shop, BigCommerce's store hash, the client id of Adobe's events.
	Name string
	// Currencies are those orders are placed in, in turn. None: USD, EUR, JPY, KWD.
	Currencies []string
	// Seed is of all dice.
	Seed uint64
	// Faults are in force from the start.
	Faults Faults
	// Pace is how long a second of the platform's own schedules lasts, of retries and
	// of rests. Zero: a second.
	Pace time.Duration
	// Timeout is how long a webhook may take. Zero: as long as the platform's.
	Timeout time.Duration
	// PageSize bounds what the API lists at once, whatever is asked for. Zero: the
	// platform's own bound.
	PageSize int
	// SameSecond allows two states of an order in one second of the shop's clock, as
	// they are in the wild. Without it the later one is dated a second later, so that
	// which state is the last is a fact that times tell.
	SameSecond bool
	// Journal gets the journal as it is written, an entry a line.
	Journal io.Writer
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
}

// A Shop is one shop. It is safe for use by many goroutines.
type Shop struct {
	conf Config
	face face

	mu      sync.Mutex
	orders  []*Order // as they were placed
	byID    map[int64]*Order
	subs    []*Subscription
	nextSub int64
	faults  Faults
	choices *rand.Rand // of what is sold
	luck    *rand.Rand // of what goes wrong
	journal []Entry

	queue   queue         // webhooks to send
	wake    chan struct{} // tells Run that the queue changed
	flying  int           // webhooks being sent
	rests   time.Time     // until when the address is not sent to
	results []result      // of webhooks, for those who judge a window of them
}

// A face is what a platform makes of the shop. Its methods are called with the shop
// locked, but for the handlers and their checks.
type face interface {
	// routes are the platform's API.
	routes(mux *http.ServeMux)
	// admits reports whether a request has the credentials the API demands.
	admits(r *http.Request) bool
	// throttle answers a request that comes too soon.
	throttle(w http.ResponseWriter)
	// topics are what it sends unless asked otherwise.
	topics() []string
	// said is which topics an occurrence is told by, in order.
	said(w occurrence) []string
	// late reports whether a webhook's body is made when it is sent. Then those that wait
	// about one order are one.
	late() bool
	// render is the body of a webhook.
	render(d *delivery) []byte
	// sign adds the headers of a webhook, its signature among them.
	sign(d *delivery, h http.Header)
	// first is the id of the first order.
	first() int64
	policy
}

// New opens a shop without orders.
func New(conf Config) (*Shop, error) {
	conf.Pace = cmp.Or(conf.Pace, time.Second)
	if conf.Now == nil {
		conf.Now = time.Now
	}
	if len(conf.Currencies) == 0 {
		conf.Currencies = []string{"USD", "EUR", "JPY", "KWD"}
	}
	for _, c := range conf.Currencies {
		if _, ok := digits[c]; !ok {
			return nil, fmt.Errorf("currency %q: the shops do not sell in it", c)
		}
	}
	if err := conf.Faults.check(); err != nil {
		return nil, err
	}
	s := &Shop{
		conf: conf, byID: make(map[int64]*Order), faults: conf.Faults, wake: make(chan struct{}, 1),
		choices: rand.New(rand.NewPCG(conf.Seed, 1)), // #nosec G404 -- a simulator's dice
		luck:    rand.New(rand.NewPCG(conf.Seed, 2)), // #nosec G404 -- a simulator's dice
	}
	var err error
	if s.face, err = s.open(conf.Platform); err != nil {
		return nil, err
	}
	if conf.Webhooks != "" {
		for _, topic := range s.topics() {
			sub, _ := s.subscribe(topic, conf.Webhooks)
			sub.Header = conf.Headers
		}
	}
	return s, nil
}

// Platforms are those there is a face for.
var Platforms = []string{"adobecommerce", "bigcommerce", "shopify", "woocommerce"}

func (s *Shop) open(platform string) (face, error) {
	switch platform {
	case "shopify":
		return newShopify(s), nil
	case "woocommerce":
		return newWoo(s), nil
	case "adobecommerce":
		return newAdobe(s)
	case "bigcommerce":
		return newBig(s), nil
	}
	return nil, fmt.Errorf("there is no platform %q; there are %q", platform, Platforms)
}

// topics are those the shop sends.
func (s *Shop) topics() []string {
	if len(s.conf.Topics) > 0 {
		return s.conf.Topics
	}
	return s.face.topics()
}

// ErrNothing says that there is no such order, or nothing to be done with it.
var ErrNothing = errors.New("there is no such order, or nothing that could be done with it")

// An occurrence is something that happened to an order.
type occurrence struct {
	order  *Order // as it is then
	before *Order // as it was; nil of an order that was just placed
	refund *Refund
}

// Place sells n orders and returns their ids.
func (s *Shop) Place(n int) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]int64, 0, n)
	for range n {
		o := sell(s.choices, len(s.orders)+1, s.face.first(), s.conf.Currencies, s.clock(time.Time{}))
		s.orders = append(s.orders, o)
		s.byID[o.ID] = o
		ids = append(ids, o.ID)
		s.tell(occurrence{order: o.clone()})
	}
	return ids
}

// Change makes an order's next state: it is paid, or goes elsewhere. A cancelled order
// can be changed too, as its note can be.
func (s *Shop) Change(id int64) error {
	return s.alter(id, func(o *Order, at time.Time) bool { o.change(s.choices, at); return true })
}

// Refund pays a part of an order back.
func (s *Shop) Refund(id int64) error { return s.alter(id, (*Order).refund) }

// Cancel cancels an order.
func (s *Shop) Cancel(id int64) error {
	return s.alter(id, func(o *Order, at time.Time) bool {
		if !o.Cancelled.IsZero() {
			return false
		}
		o.next(at)
		o.Cancelled = at
		return true
	})
}

func (s *Shop) alter(id int64, how func(*Order, time.Time) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alterLocked(id, how)
}

func (s *Shop) alterLocked(id int64, how func(*Order, time.Time) bool) error {
	o := s.byID[id]
	if o == nil {
		return fmt.Errorf("order %d: %w", id, ErrNothing)
	}
	before := o.clone()
	if !how(o, s.clock(o.Updated)) {
		return fmt.Errorf("order %d: %w", id, ErrNothing)
	}
	w := occurrence{order: o.clone(), before: before}
	if n := len(o.Refunds); n > len(before.Refunds) {
		w.refund = &o.Refunds[n-1]
	}
	s.tell(w)
	return nil
}

// clock returns the time of a change as the platforms tell it: in seconds.
func (s *Shop) clock(last time.Time) time.Time {
	now := s.conf.Now().UTC().Truncate(time.Second)
	if !now.After(last) && !s.conf.SameSecond {
		return last.Add(time.Second)
	}
	return now
}

// tell writes the journal and queues the webhooks of an occurrence.
func (s *Shop) tell(w occurrence) {
	e := Entry{Kind: State, Order: w.order.ID, State: w.order.State, Total: w.order.Total(), Currency: w.order.Currency, Updated: w.order.Updated}
	if w.refund != nil {
		e.Refund = w.refund.ID
	}
	s.write(e)
	for _, topic := range s.face.said(w) {
		for _, sub := range s.subs {
			if sub.Topic == topic && sub.Active {
				s.enqueue(sub, topic, w)
			}
		}
	}
}

// Orders returns the orders as they are now, oldest first.
func (s *Shop) Orders() []*Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*Order, len(s.orders))
	for i, o := range s.orders {
		out[i] = o.clone()
	}
	return out
}

// SetFaults changes what goes wrong from now on.
func (s *Shop) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
	return nil
}

// Faults returns what goes wrong.
func (s *Shop) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Lose sets how likely a webhook is lost, and leaves the other faults as they are.
func (s *Shop) Lose(p float64) error {
	f := s.Faults()
	f.Lose = p
	return s.SetFaults(f)
}

// changed returns the orders changed at or after a time, oldest change first.
func (s *Shop) changed(since time.Time) []*Order {
	var out []*Order
	for _, o := range s.orders {
		if !o.Updated.Before(since) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *Order) int { return cmp.Or(a.Updated.Compare(b.Updated), cmp.Compare(a.ID, b.ID)) })
	return out
}
