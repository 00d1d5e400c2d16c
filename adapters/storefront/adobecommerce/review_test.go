package adobecommerce_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/adobecommerce"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// reviewed opens a store with settings beside those it needs.
func reviewed(t testing.TB, settings string) erpbridge.Storefront {
	t.Helper()
	s, err := adobecommerce.New("shop", func(into any) error {
		return yaml.Unmarshal([]byte("client_id: c0ffee\ntime_zone: Europe/Berlin\n"+settings), into)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reviewMessage is a message of a type that came the day after the fixtures.
func reviewMessage(typ string, body []byte) erpbridge.Message {
	return erpbridge.Message{Store: "shop", Type: typ, Body: body, ReceivedAt: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}
}

func TestEveryMemberOutOfPlace(t *testing.T) {
	storefronttest.Misplacing{
		Store: reviewed(t, ""), Files: "testdata/*.json", Least: 10,
		Type:     func(name string, tree any) string { return reviewType(t, name, tree) },
		Personal: []string{"firstname", "lastname", "customer_email", "email", "telephone", "street", "city", "company", "customer_firstname", "customer_lastname", "customer_taxvat", "taxvat", "postcode"},
	}.Run(t)
}

func reviewType(_ *testing.T, name string, _ any) string {
	for _, kind := range [][2]string{
		{"customer-deleted", "observer.customer_delete_commit_after"},
		{"stock", "stock_item"},
		{"creditmemo"},
		{"invoice"},
		{"shipment"},
		{"customer"},
		{"product"},
		{"order"},
	} {
		if strings.HasPrefix(name, kind[0]) {
			return cmp.Or(kind[1], kind[0])
		}
	}
	return ""
}
