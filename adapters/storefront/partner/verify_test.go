package partner_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestVerifyRefuses(t *testing.T) {
	s := open(t, "")
	mac := hmac.New(sha256.New, make([]byte, 32))
	mac.Write(example(t, "order-placed"))
	for name, header := range map[string]http.Header{
		"nothing":                 nil,
		"a signature":             {"Webhook-Signature": {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}},
		"what an empty key signs": {"Webhook-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}},
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
	data, err := os.ReadFile(storefronttest.Shared(t, "corpora", "hmac", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name    string
		Body    []byte `json:"body_b64"`
		Headers [][2]string
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("there is no vector")
	}
	s := open(t, "")
	for _, v := range vectors {
		m := erpbridge.Message{Store: "partner-a", Body: v.Body, Header: http.Header{}}
		for _, h := range v.Headers {
			m.Header.Add(h[0], h[1])
		}
		if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}
