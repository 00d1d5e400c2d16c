package bigcommerce

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// Config is the settings of one store. What is not set has a default that books
// nothing wrongly.
type Config struct {
	// StoreHash is the store's permanent name in API paths, such as "abc123xyz".
	// Webhooks of another store are refused.
	StoreHash string `yaml:"store_hash"`
	// Secrets are the client secrets of the app or API account that owns the webhooks,
	// newest first. With them every webhook must be signed by the Standard Webhooks
	// scheme, under one of them.
	Secrets []signed.Secret `yaml:"secrets"`
	// Headers are the names and secret values of the custom headers that were given to
	// the webhooks when they were made. With them every webhook must have all of them.
	// At least one of Secrets and Headers has to be set.
	Headers map[string]signed.Secret `yaml:"headers"`
	// TimeZone is the IANA name of the store's time zone; the posting date is the
	// calendar day there. Default: UTC, in which BigCommerce tells all times.
	TimeZone string `yaml:"time_zone"`
	// PostingDate says which of an order's times is its posting date: "created" (the
	// default), or "shipped", which is "created" until the order has been shipped whole.
	PostingDate string `yaml:"posting_date"`
	// TestOrders are ignored by default; "deliver" sends them to the ERP. An order is a
	// test order if it was paid for through a gateway in test mode.
	TestOrders string `yaml:"test_orders"`
	// DefaultCurrency is the currency of orders that name none, which are held without
	// it, and of the catalog's prices, which never name one and are left out without it.
	DefaultCurrency string `yaml:"default_currency"`
	// API is how the store is asked. Without it, events that only point to something
	// are held, which is nearly all of them.
	API *API `yaml:"api"`
	// Webhooks are the subscriptions to look after.
	Webhooks Webhooks `yaml:"webhooks"`
}

// API is the settings of a store's API.
type API struct {
	// Config says where it is. URL defaults to
	// https://api.bigcommerce.com/stores/<store_hash>, Rate to 5 requests a second.
	shopapi.Config `yaml:",inline"`
	// Token is the access token of an API account with the scopes Orders, Order
	// Transactions, Customers, Products and Information & Settings (all read-only).
	Token signed.Secret `yaml:"token"`
}

// Webhooks is the settings of the subscriptions to look after.
type Webhooks struct {
	// Address is where the store is to send webhooks, such as
	// "https://bridge.example.com/hooks/shop". Default: nobody looks after them.
	Address string `yaml:"address"`
	// Topics are the scopes to subscribe to. Default: all that the bridge acts on.
	Topics []string `yaml:"topics"`
}

// The words of the settings that choose.
const (
	created = "created"
	shipped = "shipped"
	ignore  = "ignore"
	deliver = "deliver"
)

// open checks conf and fills in its defaults.
func open(conf Config) (*Storefront, error) {
	conf.PostingDate = cmp.Or(conf.PostingDate, created)
	conf.TestOrders = cmp.Or(conf.TestOrders, ignore)
	if conf.Webhooks.Topics == nil {
		conf.Webhooks.Topics = acted()
	}
	s := &Storefront{conf: conf}
	var badSecrets, badHeaders, badZone error
	if len(conf.Secrets) > 0 || len(conf.Headers) == 0 {
		s.secrets, badSecrets = signed.Open(conf.Secrets, "the client secret of the app that owns the webhooks, or set headers to the custom headers they have")
	}
	s.headers, badHeaders = openHeaders(conf.Headers)
	s.zone, badZone = normalizer.OpenZone(conf.TimeZone)
	return s, errors.Join(
		checkHash(conf.StoreHash),
		badSecrets,
		badHeaders,
		badZone,
		normalizer.CheckCurrency(conf.DefaultCurrency),
		normalizer.OneOf("posting_date", conf.PostingDate, created, shipped),
		normalizer.OneOf("test_orders", conf.TestOrders, ignore, deliver),
		checkWebhooks(conf),
	)
}

func checkHash(hash string) error {
	switch {
	case hash == "":
		return errors.New(`store_hash: is not set; write the part of the store's API path after "stores/", such as "abc123xyz"`)
	case len(hash) > 64 || strings.Trim(hash, "abcdefghijklmnopqrstuvwxyz0123456789") != "":
		return fmt.Errorf(`store_hash: %q is not one; write the part of the store's API path after "stores/", such as "abc123xyz"`, signed.Clip(hash))
	}
	return nil
}

func checkWebhooks(conf Config) error {
	address, topics := conf.Webhooks.Address, conf.Webhooks.Topics
	if address == "" {
		return nil
	}
	if conf.API == nil {
		return errors.New("webhooks.address: needs api: to look after the webhooks with; set it, or remove the address")
	}
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "https" || at.Host == "" || at.User != nil || at.Port() != "" && at.Port() != "443" {
		return fmt.Errorf("webhooks.address: %q is not one BigCommerce sends to; write an https:// address on port 443", signed.Clip(address))
	}
	if len(topics) == 0 {
		return errors.New("webhooks.topics: is empty; list scopes, or remove it for all that the bridge acts on")
	}
	for i, topic := range topics {
		if scopes[topic] == nothing {
			return fmt.Errorf("webhooks.topics[%d]: %q is not a scope the bridge acts on; write one of %s", i, signed.Clip(topic), strings.Join(acted(), ", "))
		}
		if slices.Contains(topics[:i], topic) {
			return fmt.Errorf("webhooks.topics[%d]: %q is there twice; remove one", i, signed.Clip(topic))
		}
	}
	return nil
}
