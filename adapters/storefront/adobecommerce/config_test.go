package adobecommerce_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/adobecommerce"
)

const berlin = "time_zone: Europe/Berlin\n"

func TestNew(t *testing.T) {
	const api = "api: {url: \"https://shop.example.com\", access_token: abcdefghijklmnop}\n"
	for name, settings := range map[string]string{
		"events":        "client_id: x\n" + berlin,
		"poll":          berlin + api,
		"both":          "client_id: x\n" + berlin + api,
		"one view":      berlin + "api: {url: \"https://shop.example.com/m\", access_token: abcdefghijklmnop, store_code: de_at, rate: 2}\n",
		"all of it":     "client_id: x\ndefault_currency: EUR\nbundles: parent\n" + berlin + api,
		"plain, inside": berlin + "api: {url: \"http://shop.internal\", access_token: abcdefghijklmnop, insecure: true}\n",
	} {
		s, err := adobecommerce.New("shop-eu", decode(settings))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, lists := s.(erpbridge.Lister); lists != strings.Contains(settings, "api:") {
			t.Errorf("%s: a lister: %t", name, lists)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	if err != nil {
		t.Fatal(err)
	}
	const id = "client_id: x\n" + berlin
	for settings, want := range map[string]string{
		berlin:                                                   "client_id: is not set",
		"client_id: x\n":                                         "time_zone: is not set",
		"client_id: \"a b\"\n" + berlin:                          "client_id: ",
		"client_id: x\ntime_zone: Berlin\n":                      "time_zone: \"Berlin\"",
		"client_id: x\ntime_zone: Local\n":                       "depends on the machine",
		id + "default_currency: EURO\n":                          "default_currency: \"EURO\"",
		id + "bundles: both\n":                                   "bundles: \"both\"",
		id + "keys: [{}]\n":                                      "keys[0]: set either pem or file",
		id + "keys: [{pem: a, file: b}]\n":                       "keys[0]: set either pem or file",
		id + "keys: [{pem: hello}]\n":                            "keys[0]: is no public key in PEM",
		id + "keys: [{file: /nowhere}]\n":                        "keys[0]: file: ",
		id + "keys: [{pem: " + string(ec) + "}]\n":               "keys[0]: is not an RSA key",
		id + "keys: [" + strings.Repeat("{pem: a},", 11) + "]\n": "at most 10",
		id + "secrets: [x]\n":                                    "secrets",
		berlin + "keys: [{pem: a}]\napi: {url: \"https://a.example\", access_token: abcdefghijklmnop}\n": "without client_id",
		id + "api: {url: \"https://a.example\"}\n":                                                       "api: access_token: is not set",
		id + "api: {url: \"https://a.example\", access_token: \"a b\"}\n":                                "api: access_token: ",
		id + "api: {access_token: abcdefghijklmnop}\n":                                                   "api: url: ",
		id + "api: {url: \"http://a.example\", access_token: abcdefghijklmnop}\n":                        "api: url: ",
		id + "api: {url: \"https://a.example\", access_token: abcdefghijklmnop, store_code: ../x}\n":     "api: store_code: ",
	} {
		_, err := adobecommerce.New("shop-eu", decode(settings))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `storefront "shop-eu"`) {
			t.Errorf("%q: %v, want %q", settings, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "abcdefghijklmnop") {
			t.Errorf("%q: the error tells the token: %v", settings, err)
		}
	}
}

func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte(public(t, adobes())), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := adobecommerce.New("shop-eu", decode(fmt.Sprintf("client_id: %s\n%skeys: [{file: %q}]\n", client, berlin, file)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(delivered(message(codeSave, event("")), adobes())); err != nil {
		t.Error(err)
	}
}
