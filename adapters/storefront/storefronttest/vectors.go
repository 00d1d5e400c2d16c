package storefronttest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A Vector is a published delivery that a sender, or an attacker, signed with HMAC.
type Vector struct {
	Name string
	// Secrets are those configured, the newest one first.
	Secrets []string
	Body    []byte `json:"body_b64"`
	// Headers are in their order and spelling, and may stand twice.
	Headers [][2]string
	// Now is when it comes in, in seconds since 1970.
	Now int64
	// Valid is true or false, "DUPLICATE" of a valid one that came before, or nil where
	// something that nobody signs is the point.
	Valid any
	Why   string
}

// Vectors returns the published deliveries.
func Vectors(t testing.TB) []Vector {
	t.Helper()
	var out []Vector
	if err := json.Unmarshal(Read(t, Shared(t, "corpora", "hmac", "vectors.json")), &out); err != nil || len(out) == 0 {
		t.Fatalf("%d vectors, %v", len(out), err)
	}
	return out
}

// Standard reports whether the vector is of the Standard Webhooks scheme, and not of a
// platform's own header.
func (v Vector) Standard() bool { return strings.HasPrefix(v.Name, "std-") }

// Header returns the vector's headers as a server reads them.
func (v Vector) Header() http.Header {
	out := http.Header{}
	for _, h := range v.Headers {
		out.Add(h[0], h[1])
	}
	return out
}
