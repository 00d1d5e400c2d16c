package woocommerce

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Config is the settings of one shop. What is not set has a default that books nothing
// wrongly.
type Config struct {
	// Secrets are the keys webhooks may be signed with, newest first: what stands in
	// WooCommerce under "Secret", typed as there or with the entities it is stored with.
	Secrets []signed.Secret `yaml:"secrets"`
	// Site is the address of the shop that the route is bound to, as WordPress has it
	// under "Site Address", such as "https://shop.example.com". Webhooks of another site
	// are refused.
	Site string `yaml:"site"`
	// TimeZone is the IANA name of the shop's time zone; the posting date is the calendar
	// day there. Default: the offset between each time and its *_gmt twin.
	TimeZone string `yaml:"time_zone"`
	// PostingDate says which of an order's times is its posting date: "created" (the
	// default), or "paid", which an order has as soon as it is paid.
	PostingDate string `yaml:"posting_date"`
	// TestOrders are ignored by default; "deliver" sends them to the ERP. WooCommerce has
	// no test orders of its own: those paid in the test mode of WooPayments or of PayPal
	// Payments are meant.
	TestOrders string `yaml:"test_orders"`
	// DefaultCurrency is the currency of what names none: products, refunds that come
	// without their order, and orders of old versions. Without it products have no prices,
	// and the others are held.
	DefaultCurrency string `yaml:"default_currency"`
	// Statuses say what statuses of plugins mean: "open" (paid as soon as the order has a
	// date_paid), "paid", "refunded", "cancelled" or "ignored". An order of a status that
	// is not WooCommerce's own and not here is held. WooCommerce's own can be given another
	// meaning.
	Statuses map[string]string `yaml:"statuses"`
	// GiftCards are what becomes of gift cards that a plugin took off an order's total and
	// lists in gift_cards: "hold" (the default) leaves the difference, so that the order is
	// held; "credit" makes them credits of the order.
	GiftCards string `yaml:"gift_cards"`
	// ChildOrders are what becomes of orders that are part of another one (parent_id), as
	// marketplace plugins make them, one for each vendor, beside the buyer's own: "hold"
	// (the default), "ignore", or "deliver" where their parents hold nothing of what they do.
	ChildOrders string `yaml:"child_orders"`
	// Attributes are the meta keys of an order that become its attributes. Default: none,
	// because what ERPs and plugins write back there is no change of the order.
	Attributes []string `yaml:"attributes"`
	// PONumberMeta is the meta key that holds the buyer's purchase order number. Default:
	// none.
	PONumberMeta string `yaml:"po_number_meta"`
	// TaxIDMeta is the meta key that holds the buyer's tax id, of an order or a customer.
	// Default: none.
	TaxIDMeta string `yaml:"tax_id_meta"`
	// API is the access to the shop's REST API. Without it nothing is polled, refunds are
	// not seen, and nobody looks after the webhooks.
	API *api `yaml:"api"`
	// Webhooks are the subscriptions that are to exist. They need API.
	Webhooks *webhooks `yaml:"webhooks"`
}

// api is the access to the REST API. Its url is the site's where there is none.
type api struct {
	shopapi.Config `yaml:",inline"`
	// ConsumerKey and ConsumerSecret are made in WooCommerce under Advanced, REST API, with
	// the right to read, and to write where webhooks are to be looked after.
	ConsumerKey    string        `yaml:"consumer_key"`
	ConsumerSecret signed.Secret `yaml:"consumer_secret"`
	// Page is how many orders are asked for at once, 100 at most. Default: 50.
	Page int `yaml:"page"`
}

// webhooks are subscriptions.
type webhooks struct {
	// Address is where the shop is to send webhooks: the bridge's own, from outside.
	Address string `yaml:"address"`
	// Topics are what it is to send. Default: order.created, order.updated, order.deleted
	// and order.restored.
	Topics []string `yaml:"topics"`
}

// The words of the settings that choose.
const (
	created = "created"
	paid    = "paid"
	ignore  = "ignore"
	deliver = "deliver"
	hold    = "hold"
	credit  = "credit"
)

const (
	requestsPerSecond = 5  // shared hosting is what most shops run on
	ordersPerPage     = 50 // an order takes WooCommerce some 10 ms
	largestPage       = 100
)

// open checks conf and fills in its defaults.
func open(name string, conf Config) (erpbridge.Storefront, error) {
	conf.PostingDate = cmp.Or(conf.PostingDate, created)
	conf.TestOrders = cmp.Or(conf.TestOrders, ignore)
	conf.GiftCards = cmp.Or(conf.GiftCards, hold)
	conf.ChildOrders = cmp.Or(conf.ChildOrders, hold)
	s := &Storefront{name: name, conf: conf}
	var badSecrets, badSite, badZone, badStatuses error
	s.secrets, badSecrets = openSecrets(conf.Secrets)
	s.site, badSite = openSite(conf.Site)
	s.zone, badZone = normalizer.OpenZone(conf.TimeZone)
	s.states, badStatuses = openStatuses(conf.Statuses)
	err := errors.Join(
		badSecrets, badSite, badZone, badStatuses,
		normalizer.CheckCurrency(conf.DefaultCurrency),
		normalizer.OneOf("posting_date", conf.PostingDate, created, paid),
		normalizer.OneOf("test_orders", conf.TestOrders, ignore, deliver),
		normalizer.OneOf("gift_cards", conf.GiftCards, hold, credit),
		normalizer.OneOf("child_orders", conf.ChildOrders, hold, ignore, deliver),
		s.openAPI(),
	)
	if err != nil {
		return nil, err
	}
	return withAPI(s)
}

// openSecrets returns the keys that the configured secrets stand for.
func openSecrets(secrets []signed.Secret) ([][]byte, error) {
	keys, err := signed.Open(secrets, "the webhook's secret from WooCommerce, Advanced, Webhooks")
	for i, key := range keys {
		keys[i] = []byte(decodeSpecialChars(string(key)))
	}
	return keys, err
}

// trimNewline takes off the end of line that a file ends in, as signed.Open does.
func trimNewline(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") }

// openAPI checks api and webhooks, and fills in their defaults.
func (s *Storefront) openAPI() error {
	hooks := s.conf.Webhooks
	if s.conf.API == nil {
		if hooks != nil {
			return errors.New("webhooks: need api: with a consumer key that may write")
		}
		return nil
	}
	access := *s.conf.API
	access.URL = cmp.Or(access.URL, s.conf.Site)
	access.Page = cmp.Or(access.Page, ordersPerPage)
	s.conf.API = &access
	var bad []error
	if access.ConsumerKey == "" || access.ConsumerSecret == "" {
		bad = append(bad, errors.New("api.consumer_key and api.consumer_secret: are not both set; make them in WooCommerce under Advanced, REST API"))
	}
	if access.Page < 1 || access.Page > largestPage {
		bad = append(bad, fmt.Errorf("api.page: %d is not a number from 1 to %d", access.Page, largestPage))
	}
	if hooks != nil {
		tended := *hooks
		if tended.Topics == nil {
			tended.Topics = []string{"order.created", "order.updated", "order.deleted", "order.restored"}
		}
		s.conf.Webhooks = &tended
		bad = append(bad, checkAddress(tended.Address))
	}
	return errors.Join(bad...)
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("webhooks.address: %q is not an address; write where the shop reaches the bridge, such as https://bridge.example.com/hooks/shop", address)
	}
	return nil
}
