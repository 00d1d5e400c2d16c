// Package signed is what the storefronts share to prove that a webhook came from a
// shop: shared secrets, the HMAC over the raw bytes, and headers that nobody signed.
//
// A signature is checked over the bytes as they came, in constant time, under every
// secret even after one has matched: how long it takes says nothing about which part
// was wrong. There is one spelling of a good signature. What is outside the signature
// is a hint, and kept only if it is short, printable and there once.
package signed

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// Proof checks that the header name holds, exactly once, the base64 of an HMAC-SHA256
// over body under one of secrets. The error's text holds neither the signature nor a
// secret.
func Proof(h http.Header, name string, body []byte, secrets [][]byte) error {
	sent, err := readSignature(h, name)
	match := 0
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		match |= subtle.ConstantTimeCompare(mac.Sum(nil), sent)
	}
	if err != nil {
		return err
	}
	if match != 1 {
		return fmt.Errorf("%s: no configured secret gives this signature; was the secret changed, or the body altered on its way?", name)
	}
	return nil
}

// readSignature returns the 32 bytes of the signature header.
func readSignature(h http.Header, name string) ([]byte, error) {
	got := Values(h, name)
	if len(got) != 1 {
		return nil, fmt.Errorf("%s: stands there %d times, not once", name, len(got))
	}
	sum, ok := DecodeSum(got[0])
	if !ok {
		return nil, fmt.Errorf("%s: is not a base64 SHA-256 HMAC", name)
	}
	return sum, nil
}

// DecodeSum returns the 32 bytes of a SHA-256 sum in base64.
func DecodeSum(text string) ([]byte, bool) {
	// Strict refuses stray bits in the padding but still skips CR and LF. Exactly
	// 44 characters that give 32 bytes leave no room for those: one spelling only.
	if len(text) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return nil, false
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	return sum, err == nil && len(sum) == sha256.Size
}

// Topic returns what a header says happened, or an error if it is not there once, or
// is not a name.
func Topic(h http.Header, name string) (string, error) {
	topics := Values(h, name)
	switch {
	case len(topics) != 1:
		return "", fmt.Errorf("%s: stands there %d times, not once", name, len(topics))
	case topics[0] == "":
		return "", fmt.Errorf("%s: is empty", name)
	case len(topics[0]) > 100 || strings.IndexFunc(topics[0], notOfTopic) >= 0:
		return "", fmt.Errorf("%s: %q is not a topic", name, Clip(topics[0]))
	}
	return topics[0], nil
}

func notOfTopic(c rune) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return false
	}
	return !strings.ContainsRune("/_-.", c)
}

// ID returns a header that can stand for a delivery's identity, or "".
func ID(h http.Header, name string) string {
	ids := Values(h, name)
	if len(ids) == 1 && len(ids[0]) <= 128 && strings.IndexFunc(ids[0], func(c rune) bool { return c <= ' ' || c > '~' }) < 0 {
		return ids[0]
	}
	return ""
}

// Digest names a message by what it is: a hash of its topic and body. Dropping a proven
// message for want of an ID would lose it.
func Digest(topic string, body []byte) string {
	sum := sha256.New()
	sum.Write([]byte(topic))
	sum.Write([]byte{0}) // no topic holds it, so topic and body cannot run into each other
	sum.Write(body)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// Keep returns the named headers, in a map of its own: the caller's stays as it was.
// What is long, unprintable or there twice is left out.
func Keep(h http.Header, names ...string) http.Header {
	out := http.Header{}
	for _, name := range names {
		vs := Values(h, name)
		if len(vs) != 1 || vs[0] == "" || len(vs[0]) > 256 {
			continue
		}
		if strings.IndexFunc(vs[0], func(c rune) bool { return c < ' ' || c > '~' }) < 0 {
			out.Set(name, vs[0])
		}
	}
	return out
}

// Values returns all values of a header under any spelling of its name, without the
// optional blanks that HTTP allows around them.
func Values(h http.Header, name string) []string {
	var out []string
	for k, vs := range h {
		if EqualASCII(k, name) {
			for _, v := range vs {
				out = append(out, strings.Trim(v, " \t"))
			}
		}
	}
	return out
}

// EqualASCII reports whether got is the ASCII text want in any case. Folding alone
// would also take the long s for an s; it is a byte longer.
func EqualASCII(got, want string) bool {
	return len(got) == len(want) && strings.EqualFold(got, want)
}

// Clip shortens foreign text for an error message.
func Clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
