package storefronttest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// MAC returns the HMAC with SHA-256 of the parts, one behind the other, in base64, as
// storefronts send it. It is made of the standard library alone, so that no adapter is
// judged by what it signs with itself.
func MAC(key string, parts ...[]byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	for _, part := range parts {
		mac.Write(part)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
