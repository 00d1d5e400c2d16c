package woocommerce

import (
	"net/http"
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
	var v struct {
		Stored    string `json:"stored_secret"`
		Effective string `json:"effective_secret"`
		Value     string
	}
	body := storefronttest.KnownAnswer(t, "woocommerce_secret_with_entity", &v)
	key := decodeSpecialChars(v.Stored)
	if key != v.Effective {
		t.Errorf("%s is %s, want %s", v.Stored, key, v.Effective)
	}
	h := http.Header{headerSignature: {v.Value}}
	if err := signed.Proof(h, headerSignature, body, [][]byte{[]byte(key)}); err != nil {
		t.Error(err)
	}
	if err := signed.Proof(h, headerSignature, body, [][]byte{[]byte(v.Stored)}); err == nil {
		t.Error("the stored secret signs as well: nothing is proven")
	}
}
