package adobecommerce

import (
	"context"
	"encoding/base64"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestConformanceSignatureVector checks the known answer. Its body is no event, so it is
// the keys that are asked, not Verify.
func TestConformanceSignatureVector(t *testing.T) {
	var v struct {
		PEM   string `json:"public_key_pem"`
		Value string
	}
	body := storefronttest.KnownAnswer(t, "adobe_io_events", &v)
	p, err := readProof([]string{v.Value}, []string{path1})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := openKeys([]Key{{PEM: v.PEM}})
	if err != nil {
		t.Fatal(err)
	}
	fetched := ringOf(func(context.Context, string) ([]byte, error) { return []byte(v.PEM), nil })
	for name, keys := range map[string]verifier{"configured": keys, "fetched": fetched} {
		if err := keys.verify(t.Context(), body, []proof{p}); err != nil {
			t.Errorf("%s: the known answer is refused: %v", name, err)
		}
		if err := keys.verify(t.Context(), append(body[:len(body):len(body)], '\n'), []proof{p}); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: a newline more: %v", name, err)
		}
		other := p
		other.signature = append([]byte{p.signature[0] ^ 1}, p.signature[1:]...)
		if err := keys.verify(t.Context(), body, []proof{other}); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: a flipped bit: %v", name, err)
		}
	}
	if again := base64.StdEncoding.EncodeToString(p.signature); again != v.Value {
		t.Errorf("the signature was read as %s", again)
	}
}
