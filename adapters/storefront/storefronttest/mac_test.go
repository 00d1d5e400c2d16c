package storefronttest_test

import (
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestMAC: the second case of RFC 4231.
func TestMAC(t *testing.T) {
	const want = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
	for _, parts := range [][]string{{"what do ya want for nothing?"}, {"what do ya ", "want for nothing?"}} {
		var all [][]byte
		for _, part := range parts {
			all = append(all, []byte(part))
		}
		if got := storefronttest.MAC("Jefe", all...); got != want {
			t.Errorf("%q has %s, want %s", parts, got, want)
		}
	}
}
