package woocommerce_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/woocommerce"
)

func TestNewRefuses(t *testing.T) {
	const access = "api: {consumer_key: ck_1, consumer_secret: cs_1}\n"
	for settings, want := range map[string]string{
		"site: https://a.example\n":                                                       "secrets: there is none",
		"site: https://a.example\nsecrets: ['']\n":                                        "secrets[0]: is empty",
		"site: https://a.example\nsecrets: [too-short]":                                   "secrets[0]: has 9 bytes",
		"secrets: [" + secret + "]\n":                                                     "site: is not set",
		"site: shop.example.com\nsecrets: [" + secret + "]\n":                             `site: "shop.example.com" is not the address`,
		"site: ftp://shop.example.com\nsecrets: [" + secret + "]\n":                       "site: ",
		base + "time_zone: Berlin\n":                                                      "time_zone: ",
		base + "posting_date: processed\n":                                                "posting_date: ",
		base + "test_orders: yes-please\n":                                                "test_orders: ",
		base + "default_currency: EURO\n":                                                 "default_currency: ",
		base + "child_orders: both\n":                                                     "child_orders: ",
		base + "gift_cards: maybe\n":                                                      "gift_cards: ",
		base + "statuses: {packed: done}\n":                                               `statuses.packed: "done" is not one of open, paid`,
		base + "api: {consumer_key: ck_1}\n":                                              "api.consumer_key and api.consumer_secret",
		base + strings.Replace(access, "cs_1", "cs_1, page: 101", 1):                      "api.page: 101",
		base + strings.Replace(access, "cs_1", "cs_1, url: nowhere", 1):                   "api.url: ",
		base + strings.Replace(access, "cs_1", "cs_1, url: 'http://shop.example.com'", 1): "api.url: ",
		base + "webhooks: {address: 'https://bridge.example.com'}\n":                      "webhooks: need api",
		base + access + "webhooks: {topics: [order.created]}\n":                           "webhooks.address: ",
		base + "shop: x\n":                                                                "shop",
	} {
		_, err := woocommerce.New("shop-eu", decode(settings))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %s", settings, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "cs_1")) {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}

func TestNewReturnsWhatTheSettingsAllow(t *testing.T) {
	const access = "api: {consumer_key: ck_1, consumer_secret: cs_1}\n"
	for settings, can := range map[string][2]bool{
		"":     {false, false},
		access: {true, false},
		access + "webhooks: {address: 'https://bridge.example.com/hooks/a'}\n": {true, true},
	} {
		s := open(t, settings)
		_, lists := s.(erpbridge.Lister)
		_, subscribes := s.(erpbridge.Subscriber)
		if lists != can[0] || subscribes != can[1] {
			t.Errorf("%q: lists %t, subscribes %t", settings, lists, subscribes)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	var conf woocommerce.Config
	if err := decode(base + "api: {consumer_key: ck_1, consumer_secret: cs_1}\n")(&conf); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", conf, conf.API, conf.Secrets, conf.API.ConsumerSecret); strings.Contains(text, secret) || strings.Contains(text, "cs_1") {
		t.Error(text)
	}
}
