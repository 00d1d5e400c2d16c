package partner_test

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/partner"
)

func TestNew(t *testing.T) {
	for settings, want := range map[string]string{
		"{}": "",
		"time_zone: Europe/Amsterdam\ntest_orders: deliver\n": "",
		"test_orders: ignore\n":                               "",
		"time_zone: Amsterdam\n":                              `storefront "partner-a": time_zone: "Amsterdam" is not known here`,
		"time_zone: Local\n":                                  `time_zone: "Local" depends on the machine`,
		"test_orders: sometimes\n":                            `test_orders: "sometimes" is not one of ignore, deliver`,
		"secrets: [a-secret-nobody-asks-for]\n":               "secrets",
	} {
		s, err := partner.New("partner-a", decode(settings))
		switch {
		case want == "" && (err != nil || s == nil):
			t.Errorf("%s: %v", settings, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", settings, err, want)
		}
	}
}
