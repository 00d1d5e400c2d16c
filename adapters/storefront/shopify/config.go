package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Config is the settings of one shop. What is not set has a default that books
// nothing wrongly.
type Config struct {
	// Secrets are the keys webhooks may be signed with, newest first. Shopify
	// takes up to an hour to use a new one, so keep the old one for that long.
	Secrets []signed.Secret `yaml:"secrets"`
	// Shop is the domain the route is bound to, such as
	// "example.myshopify.com". Webhooks of another shop are refused.
	Shop string `yaml:"shop"`
	// TimeZone is the IANA name of the shop's time zone; the posting date is the
	// calendar day there. Default: the offset each timestamp itself carries.
	TimeZone string `yaml:"time_zone"`
	// PostingDate says which of an order's times is its posting date: "processed"
	// (the default; the date merchants see) or "created".
	PostingDate string `yaml:"posting_date"`
	// TestOrders are ignored by default; "deliver" sends them to the ERP.
	TestOrders string `yaml:"test_orders"`
	// DefaultCurrency is the currency of orders that name none. By default such
	// an order is held.
	DefaultCurrency string `yaml:"default_currency"`
	// WithoutID is what becomes of an order without an id: "hold" (the default),
	// or "digest", which keys it by a hash of its body.
	WithoutID string `yaml:"without_id"`
	// TipTitles are the titles under which a line without a product is a tip.
	// Default: "Tip". Without API, what a webhook itself marks as a tip is one, too.
	TipTitles []string `yaml:"tip_titles"`
	// API says how the shop's Admin API is asked what changed, and how an order was paid.
	// Without it, nothing but webhooks tells.
	API *API `yaml:"api"`
	// Webhooks says which subscriptions there have to be. It needs API.
	Webhooks Webhooks `yaml:"webhooks"`
}

// API is how a shop's GraphQL Admin API is asked.
type API struct {
	// Config has the settings that all shops' APIs share. Default of its URL: the shop's
	// own domain.
	shopapi.Config `yaml:",inline"`
	// AccessToken is the app's Admin API access token for the shop. It needs the scopes
	// read_orders (read_all_orders too, for what is older than 60 days), read_customers,
	// read_products, read_locations and read_payment_terms.
	AccessToken signed.Secret `yaml:"access_token"`
	// Version is the version of the API, from 2025-10 on. Default: "2026-10".
	Version string `yaml:"version"`
}

// Webhooks is what the shop has to be subscribed to.
type Webhooks struct {
	// Address is this store's webhook address, as the shop sees it. If it is set,
	// missing subscriptions are noticed.
	Address string `yaml:"address"`
	// Topics are what has to be sent there. Default: all topics the bridge acts on. The
	// three privacy topics are set in the app's own configuration, and not here.
	Topics []string `yaml:"topics"`
}

// topics are what the bridge acts on and can be subscribed to.
var topics = []string{
	"orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/delete", "refunds/create",
	"fulfillments/create", "fulfillments/update", "customers/create", "customers/update", "customers/delete",
	"products/create", "products/update", "products/delete", "inventory_levels/update",
}

// Versions of the API: the first that knows everything that is asked for, and the one
// that is asked where the settings name none.
const (
	firstVersion  = "2025-10"
	latestVersion = "2026-10"
)

// The words of the settings that choose.
const (
	created   = "created"
	processed = "processed"
	ignore    = "ignore"
	deliver   = "deliver"
	hold      = "hold"
	digest    = "digest"
)

// open checks conf and fills in its defaults.
func open(conf Config) (*Storefront, error) {
	conf.Shop = strings.ToLower(strings.TrimSpace(conf.Shop))
	conf.PostingDate = cmp.Or(conf.PostingDate, processed)
	conf.TestOrders = cmp.Or(conf.TestOrders, ignore)
	conf.WithoutID = cmp.Or(conf.WithoutID, hold)
	if conf.TipTitles == nil {
		conf.TipTitles = []string{"Tip"}
	}
	badAPI := checkAPI(&conf)
	s := &Storefront{conf: conf}
	var badSecrets, badZone error
	s.secrets, badSecrets = signed.Open(conf.Secrets, "the client secret of the app that owns the webhooks")
	s.zone, badZone = normalizer.OpenZone(conf.TimeZone)
	return s, errors.Join(
		badSecrets,
		badZone,
		checkShop(conf.Shop),
		normalizer.CheckCurrency(conf.DefaultCurrency),
		normalizer.OneOf("posting_date", conf.PostingDate, processed, created),
		normalizer.OneOf("test_orders", conf.TestOrders, ignore, deliver),
		normalizer.OneOf("without_id", conf.WithoutID, hold, digest),
		badAPI,
	)
}

// checkAPI checks the settings about the API, and fills in their defaults.
func checkAPI(conf *Config) error {
	if conf.API == nil {
		if conf.Webhooks.Address != "" || conf.Webhooks.Topics != nil {
			return errors.New("webhooks: nobody can ask about subscriptions without api; set api, or remove webhooks")
		}
		return nil
	}
	var errs []error
	if conf.TimeZone == "" {
		errs = append(errs, errors.New(`time_zone: is not set; with api it has to be, because the API tells times in UTC: write the shop's, such as "Europe/Berlin"`))
	}
	token := strings.TrimSpace(string(conf.API.AccessToken))
	if token == "" {
		errs = append(errs, errors.New("api: access_token: is not set; write the app's Admin API access token for this shop"))
	}
	conf.API.AccessToken = signed.Secret(token)
	conf.API.Version = cmp.Or(conf.API.Version, latestVersion)
	if _, err := time.Parse("2006-01", conf.API.Version); err != nil || conf.API.Version < firstVersion {
		errs = append(errs, fmt.Errorf("api: version: %q is not a version from %s on, such as %q", conf.API.Version, firstVersion, latestVersion))
	}
	return errors.Join(append(errs, checkWebhooks(&conf.Webhooks))...)
}

func checkWebhooks(w *Webhooks) error {
	if w.Address == "" {
		if w.Topics != nil {
			return errors.New("webhooks: address: is not set; write this store's webhook address, as the shop sees it")
		}
		return nil
	}
	if at, err := url.Parse(w.Address); err != nil || at.Scheme != "https" || at.Host == "" {
		return errors.New("webhooks: address: is not an address that begins with https://")
	}
	if w.Topics == nil {
		w.Topics = topics
	}
	for _, topic := range w.Topics {
		switch {
		case topic == topicDataRequest || topic == topicRedactCustomer || topic == topicRedactShop:
			return fmt.Errorf("webhooks: topics: %q is set in the app's own configuration at Shopify; remove it here", topic)
		case strings.Count(topic, "/") != 1:
			return fmt.Errorf("webhooks: topics: %q is not a topic; write one such as \"orders/create\"", topic)
		}
	}
	return nil
}

func checkShop(shop string) error {
	switch {
	case shop == "":
		return errors.New(`shop: is not set; write the shop's own domain, such as "example.myshopify.com"`)
	case len(shop) > 253 || strings.Trim(shop, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || !strings.Contains(shop, "."):
		return fmt.Errorf(`shop: %q is not a domain; write it without "https://" and path, such as "example.myshopify.com"`, shop)
	}
	return nil
}
