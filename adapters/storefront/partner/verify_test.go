package partner_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestVerifyRefuses(t *testing.T) {
	s := open(t, "")
	for name, header := range map[string]http.Header{
		"nothing":                 nil,
		"a signature":             {"Webhook-Signature": {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
		"what an empty key signs": {"Webhook-Signature": {storefronttest.MAC(string(make([]byte, 32)), example(t, "order-placed"))}},
		"two of them":             {"Webhook-Signature": {"AAAA", "BBBB"}},
	} {
		m := message(example(t, "order-placed"))
		m.Header = header
		got, err := s.Verify(m)
		if erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: %v", name, err)
		}
		if got.ID != m.ID || !bytes.Equal(got.Body, m.Body) {
			t.Errorf("%s: the message changed", name)
		}
	}
}

// TestConformanceHMAC: of the signatures that others take, none opens this door.
func TestConformanceHMAC(t *testing.T) {
	s := open(t, "")
	for _, v := range storefronttest.Vectors(t) {
		m := erpbridge.Message{Store: "partner-a", Body: v.Body, Header: v.Header()}
		if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}
