package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
)

// Config is the settings of one shop. What is not set has a default that books
// nothing wrongly.
type Config struct {
	// Secrets are the keys webhooks may be signed with, newest first. Shopify
	// takes up to an hour to use a new one, so keep the old one for that long.
	Secrets []Secret `yaml:"secrets"`
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
	// Default: "Tip".
	TipTitles []string `yaml:"tip_titles"`
}

// The words of the settings that choose.
const (
	created   = "created"
	processed = "processed"
	ignore    = "ignore"
	deliver   = "deliver"
	hold      = "hold"
	digest    = "digest"
)

// shortest is the length a secret must have. Shopify's own have 32 characters
// and more; anything short enough to guess is a mistake.
const shortest = 16

// open checks conf and fills in its defaults.
func open(conf Config) (*Storefront, error) {
	conf.Shop = strings.ToLower(strings.TrimSpace(conf.Shop))
	conf.PostingDate = cmp.Or(conf.PostingDate, processed)
	conf.TestOrders = cmp.Or(conf.TestOrders, ignore)
	conf.WithoutID = cmp.Or(conf.WithoutID, hold)
	if conf.TipTitles == nil {
		conf.TipTitles = []string{"Tip"}
	}
	s := &Storefront{conf: conf}
	return s, errors.Join(
		s.openSecrets(),
		s.openZone(),
		checkShop(conf.Shop),
		checkCurrency(conf.DefaultCurrency),
		oneOf("posting_date", conf.PostingDate, processed, created),
		oneOf("test_orders", conf.TestOrders, ignore, deliver),
		oneOf("without_id", conf.WithoutID, hold, digest),
	)
}

func (s *Storefront) openSecrets() error {
	if len(s.conf.Secrets) == 0 {
		return errors.New("secrets: there is none; list the client secret of the app that owns the webhooks")
	}
	for i, secret := range s.conf.Secrets {
		// Files and heredocs end in a newline that is not part of the secret.
		key := strings.TrimSuffix(strings.TrimSuffix(string(secret), "\n"), "\r")
		switch {
		case key == "":
			return fmt.Errorf("secrets[%d]: is empty; anybody could sign with it. Set the app's client secret, or remove the entry", i)
		case strings.TrimSpace(key) != key:
			return fmt.Errorf("secrets[%d]: has blanks or newlines around it; remove them", i)
		case len(key) < shortest:
			return fmt.Errorf("secrets[%d]: has %d bytes, fewer than %d; copy the whole client secret", i, len(key), shortest)
		}
		s.secrets = append(s.secrets, []byte(key))
	}
	return nil
}

func (s *Storefront) openZone() error {
	switch s.conf.TimeZone {
	case "":
		return nil
	case "Local":
		return errors.New(`time_zone: "Local" depends on the machine; write an IANA name such as "Europe/Berlin"`)
	}
	zone, err := time.LoadLocation(s.conf.TimeZone)
	if err != nil {
		return fmt.Errorf(`time_zone: %q is not known here; write an IANA name such as "Europe/Berlin"`, s.conf.TimeZone)
	}
	s.zone = zone
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

func checkCurrency(code string) error {
	if _, ok := erpbridge.Digits(code); code != "" && !ok {
		return fmt.Errorf(`default_currency: %q is not an ISO 4217 code; write one such as "EUR", or remove it`, code)
	}
	return nil
}

func oneOf(setting, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is not one of %s", setting, value, strings.Join(allowed, ", "))
}
