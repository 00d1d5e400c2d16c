package bigcommerce_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
)

func TestNewRefuses(t *testing.T) {
	for settings, says := range map[string]string{
		"secrets: [a-client-secret-of-the-app]\n":                         "store_hash: is not set",
		"store_hash: stores/abc\nsecrets: [a-client-secret-of-the-app]\n": `store_hash: "stores/abc"`,
		"store_hash: abc\n":                                                                                       "secrets: there is none",
		"store_hash: abc\nsecrets: [short]\n":                                                                     "secrets[0]: has 5 bytes",
		"store_hash: abc\nheaders: {X-Token: short}\n":                                                            "headers.X-Token: has 5 bytes",
		"store_hash: abc\nheaders: {X-Token: ''}\n":                                                               "headers.X-Token: is empty",
		"store_hash: abc\nheaders: {'X Token': a-token-nobody-can-guess}\n":                                       "headers.X Token: is not the name",
		"store_hash: abc\nheaders: {webhook-id: a-token-nobody-can-guess}\n":                                      "headers.webhook-id: is a header with a meaning",
		"store_hash: abc\nheaders: {X-T: a-token-nobody-can-guess, x-t: a-token-nobody-can-guess}\n":              "headers.x-t: is there twice",
		"store_hash: abc\nheaders: {X-T: 'a token nobody can guess'}\n":                                           "headers.X-T: has blanks",
		base + "time_zone: Local\n":                                                                               "time_zone: ",
		base + "time_zone: Mars/Olympus\n":                                                                        "time_zone: ",
		base + "posting_date: tomorrow\n":                                                                         "posting_date: ",
		base + "test_orders: maybe\n":                                                                             "test_orders: ",
		base + "default_currency: EURO\n":                                                                         "default_currency: ",
		base + "webhooks: {address: https://bridge.example/hooks}\n":                                              "webhooks.address: needs api:",
		base + "api: {}\n":                                                                                        "api.token: is not set",
		base + "api: {token: 'a b'}\n":                                                                            "api.token: has blanks",
		base + "api: {token: t, url: 'http://api.example'}\n":                                                     "api.url: ",
		base + "api: {token: t, url: 'ftp://api.example'}\n":                                                      "api.url: ",
		base + "api: {token: t}\nwebhooks: {address: 'http://bridge.example/hooks'}\n":                            "webhooks.address: ",
		base + "api: {token: t}\nwebhooks: {address: 'https://bridge.example:8443/hooks'}\n":                      "webhooks.address: ",
		base + "api: {token: t}\nwebhooks: {address: 'https://bridge.example/h', topics: []}\n":                   "webhooks.topics: is empty",
		base + "api: {token: t}\nwebhooks: {address: 'https://bridge.example/h', topics: [store/cart/created]}\n": "webhooks.topics[0]: ",
		base + "api: {token: t}\nwebhooks: {address: 'https://b.example/h', topics: [store/order/updated, store/order/updated]}\n": "webhooks.topics[1]: ",
		base + "secret: x\n": "secret",
	} {
		_, err := bigcommerce.New("shop-us", decode(settings))
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), `storefront "shop-us"`) {
			t.Errorf("%q: %v, want %q", settings, err, says)
		}
		if err != nil && strings.Contains(err.Error(), "nobody") {
			t.Errorf("the error tells a secret: %v", err)
		}
	}
}

// TestNewAbilities: what a store can do follows from its settings.
func TestNewAbilities(t *testing.T) {
	const api = "api: {token: an-access-token}\n"
	for settings, want := range map[string]string{
		base:       "*bigcommerce.Storefront false false false",
		base + api: "*bigcommerce.Connected true true false",
		base + api + "webhooks: {address: https://bridge.example/hooks/shop}\n": "*bigcommerce.Subscribed true true true",
		base + api + "webhooks: {topics: [store/order/updated]}\n":              "*bigcommerce.Connected true true false",
	} {
		s, err := bigcommerce.New("shop-us", decode(settings))
		if err != nil {
			t.Fatal(err)
		}
		_, fetcher := s.(erpbridge.Fetcher)
		_, lister := s.(erpbridge.Lister)
		_, subscriber := s.(erpbridge.Subscriber)
		if got := fmt.Sprintf("%T %v %v %v", s, fetcher, lister, subscriber); got != want {
			t.Errorf("%s is %s, want %s", settings, got, want)
		}
	}
}
