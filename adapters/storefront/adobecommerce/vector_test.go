package adobecommerce

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestConformanceSignatureVector checks the known answer. Its body is no event, so it is
// the keys that are asked, not Verify.
func TestConformanceSignatureVector(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "storefront-samples", "signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Body  []byte `json:"body_base64"`
		Adobe struct {
			PEM   string `json:"public_key_pem"`
			Value string
		} `json:"adobe_io_events"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	p, err := readProof([]string{v.Adobe.Value}, []string{path1})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := openKeys([]Key{{PEM: v.Adobe.PEM}})
	if err != nil {
		t.Fatal(err)
	}
	fetched := ringOf(func(context.Context, string) ([]byte, error) { return []byte(v.Adobe.PEM), nil })
	for name, keys := range map[string]verifier{"configured": keys, "fetched": fetched} {
		if err := keys.verify(t.Context(), v.Body, []proof{p}); err != nil {
			t.Errorf("%s: the known answer is refused: %v", name, err)
		}
		if err := keys.verify(t.Context(), append(v.Body[:len(v.Body):len(v.Body)], '\n'), []proof{p}); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: a newline more: %v", name, err)
		}
		other := p
		other.signature = append([]byte{p.signature[0] ^ 1}, p.signature[1:]...)
		if err := keys.verify(t.Context(), v.Body, []proof{other}); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: a flipped bit: %v", name, err)
		}
	}
	if again := base64.StdEncoding.EncodeToString(p.signature); again != v.Adobe.Value {
		t.Errorf("the signature was read as %s", again)
	}
}
