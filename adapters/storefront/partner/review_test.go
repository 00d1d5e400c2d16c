package partner_test

import (
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/partner"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// reviewed opens a store with settings beside those it needs.
func reviewed(t testing.TB, settings string) erpbridge.Storefront {
	t.Helper()
	s, err := partner.New("shop", func(into any) error {
		return yaml.Unmarshal([]byte("time_zone: Europe/Berlin\ntest_orders: deliver\n"+settings), into)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryMemberOutOfPlace(t *testing.T) {
	storefronttest.Misplacing{
		Store: reviewed(t, ""), Files: "../../../testdata/partner/*.json", Least: 10,
		Type:     func(name string, tree any) string { return reviewType(t, name, tree) },
		Personal: []string{"first_name", "last_name", "email", "phone", "street1", "city", "company", "postcode", "tax_id"},
	}.Run(t)
}

func reviewType(_ *testing.T, _ string, tree any) string {
	m, _ := tree.(map[string]any)
	typ, _ := m["type"].(string)
	return typ
}
