package storefronttest

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// Refused wants Verify to refuse a delivery, with an error that says why, and tells
// nothing of the secrets.
func Refused(t *testing.T, shop erpbridge.Storefront, m erpbridge.Message, why string, secrets ...string) {
	t.Helper()
	_, err := shop.Verify(m)
	if erpbridge.KindOf(err) != erpbridge.Refused {
		t.Fatalf("Verify = %v, want it refused", err)
	}
	if !strings.Contains(err.Error(), why) {
		t.Errorf("%q lacks %q", err, why)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells too much: %v", err)
		}
	}
}
