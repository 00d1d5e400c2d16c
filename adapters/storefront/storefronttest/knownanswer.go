package storefronttest

import (
	"encoding/json"
	"testing"
)

// KnownAnswer decodes what the published signatures hold of a platform, and returns the
// body they are over.
func KnownAnswer(t testing.TB, platform string, into any) []byte {
	t.Helper()
	var answers map[string]json.RawMessage
	if err := json.Unmarshal(Read(t, Shared(t, "storefront-samples", "signature-vectors.json")), &answers); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answers[platform], into); err != nil {
		t.Fatalf("%s: %v", platform, err)
	}
	var body []byte
	if err := json.Unmarshal(answers["body_base64"], &body); err != nil || len(body) == 0 {
		t.Fatalf("a body of %d bytes, %v", len(body), err)
	}
	return body
}
