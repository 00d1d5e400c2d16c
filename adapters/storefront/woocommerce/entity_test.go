package woocommerce

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestDecodeSpecialChars(t *testing.T) {
	for stored, want := range map[string]string{
		"plain":                        "plain",
		"a&amp;b&lt;c&gt;d&quot;e":     `a&b<c>d"e`,
		"&#039;&#39;&#x27;&#X0027;":    "''''",
		"&#34;&#034;&#x22;&#0060;":     `"""<`,
		"&#62;&#38;&#x26;&#X026;":      ">&&&",
		"&amp;lt;":                     "&lt;", // one pass
		"&#38;lt;":                     "&lt;",
		"&#x3c;&#x3e;&nbsp;&auml;":     "&#x3c;&#x3e;&nbsp;&auml;", // not among the five
		"a&b<c":                        "a&b<c",                    // typed, not stored
		"&amp":                         "&amp",
		"&#39":                         "&#39",
		"&AMP;&LT;":                    "&AMP;&LT;",
		"&#0000000000000000000000039;": "'",
	} {
		if got := decodeSpecialChars(stored); got != want {
			t.Errorf("%s: %s, want %s", stored, got, want)
		}
	}
}

// TestConformanceEntityVector: the vector's secret is shorter than the settings allow, so it
// is checked below them.
func TestConformanceEntityVector(t *testing.T) {
	data, err := os.ReadFile(storefronttest.Shared(t, "storefront-samples", "signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Body   []byte `json:"body_base64"`
		Vector struct {
			Stored    string `json:"stored_secret"`
			Effective string `json:"effective_secret"`
			Value     string
		} `json:"woocommerce_secret_with_entity"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	key := decodeSpecialChars(v.Vector.Stored)
	if key != v.Vector.Effective {
		t.Errorf("%s is %s, want %s", v.Vector.Stored, key, v.Vector.Effective)
	}
	h := http.Header{headerSignature: {v.Vector.Value}}
	if err := signed.Proof(h, headerSignature, v.Body, [][]byte{[]byte(key)}); err != nil {
		t.Error(err)
	}
	if err := signed.Proof(h, headerSignature, v.Body, [][]byte{[]byte(v.Vector.Stored)}); err == nil {
		t.Error("the stored secret signs as well: nothing is proven")
	}
}
