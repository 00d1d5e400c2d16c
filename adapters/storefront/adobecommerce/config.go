package adobecommerce

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Config is the settings of one shop. What is not set has a default that books nothing
// wrongly.
type Config struct {
	// ClientID is the client id (API key) of the credential in Adobe's Developer Console
	// that the shop's events are registered with. Events for another are refused.
	// Without it no event is taken, which is for shops that are only polled.
	ClientID string `yaml:"client_id"`
	// Keys are the public keys to check signatures with, for networks that do not let
	// the bridge fetch them from static.adobeioevents.com. With any, none is fetched, and
	// a key that Adobe introduces has to be added here. At most 10.
	Keys []Key `yaml:"keys"`
	// TimeZone is the IANA name of the shop's time zone; the posting date is the calendar
	// day there. Required: Adobe Commerce tells its times in UTC and not its zone.
	TimeZone string `yaml:"time_zone"`
	// DefaultCurrency is the base currency of the shop, for bodies that do not name it
	// and for the prices of products, which never do. By default such orders are held,
	// and such products have no price.
	DefaultCurrency string `yaml:"default_currency"`
	// Bundles says which lines of a bundle carry its amounts: "parent", "children", or
	// "auto" (the default), which leaves them where the shop calculates them.
	Bundles string `yaml:"bundles"`
	// API is the shop's REST API, for polling. By default the shop is not polled.
	API *API `yaml:"api"`
}

// A Key is one RSA public key. One of its settings is set.
type Key struct {
	// PEM is the key itself, beginning with "-----BEGIN PUBLIC KEY-----".
	PEM string `yaml:"pem"`
	// File holds the key in the same form.
	File string `yaml:"file"`
}

// API is the settings of the shop's REST API.
type API struct {
	shopapi.Config `yaml:",inline"`
	// AccessToken is the access token of an integration with the resources Sales. Since
	// version 2.4.4 the shop takes it only if "Allow OAuth Access Tokens to be used as
	// standalone Bearer tokens" is on.
	AccessToken signed.Secret `yaml:"access_token"`
	// StoreCode limits what is listed to one store view, such as "default". By default
	// the whole shop is listed.
	StoreCode string `yaml:"store_code"`
}

// The words of the setting bundles.
const (
	auto     = "auto"
	parent   = "parent"
	children = "children"
)

// perSecond is how many requests are sent where the settings do not say: a shop has its
// visitors to serve, and no limit that would tell.
const perSecond = 4

// open checks conf and fills in its defaults.
func open(conf Config) (*Storefront, error) {
	conf.ClientID = strings.TrimSpace(conf.ClientID)
	conf.Bundles = cmp.Or(conf.Bundles, auto)
	s := &Storefront{conf: conf}
	var badZone, badKeys error
	if s.zone, badZone = normalizer.OpenZone(conf.TimeZone); s.zone == nil && badZone == nil {
		badZone = errors.New(`time_zone: is not set, and the shop tells its times in UTC only; write the shop's own, such as "Europe/Berlin"`)
	}
	if conf.ClientID != "" {
		s.keys, badKeys = openKeys(conf.Keys)
	}
	return s, errors.Join(
		checkClient(conf),
		badKeys,
		badZone,
		normalizer.CheckCurrency(conf.DefaultCurrency),
		normalizer.OneOf("bundles", conf.Bundles, auto, parent, children),
	)
}

func checkClient(conf Config) error {
	switch id := conf.ClientID; {
	case id == "" && conf.API == nil:
		return errors.New("client_id: is not set; write the client id of the credential that the events are registered with in Adobe's Developer Console, or set api to poll only")
	case id == "" && len(conf.Keys) > 0:
		return errors.New("keys: are of no use without client_id")
	case len(id) > 128 || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }):
		return fmt.Errorf("client_id: %q is not a client id; copy it from Adobe's Developer Console", signed.Clip(id))
	}
	return nil
}
