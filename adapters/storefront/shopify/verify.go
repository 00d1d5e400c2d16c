package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hakooi/erpbridge"
)

// The headers of a delivery. All but the first are outside the signature.
const (
	headerSignature = "X-Shopify-Hmac-Sha256"
	headerTopic     = "X-Shopify-Topic"
	headerShop      = "X-Shopify-Shop-Domain"
	headerID        = "X-Shopify-Webhook-Id"
)

// kept are the headers worth keeping: none of them is a credential.
var kept = [...]string{
	headerTopic, headerShop, headerID,
	"X-Shopify-Api-Version", "X-Shopify-Event-Id", "X-Shopify-Triggered-At", "X-Shopify-Test",
	"Content-Type",
}

// unnamed is the type under which a proven message without a usable topic is
// recorded.
const unnamed = "unknown"

// Verify proves that m came from the configured shop and names it.
//
// The signature must be the base64 of an HMAC-SHA256 over the raw body, present
// exactly once, under one of the secrets; the shop's domain must be the
// configured one. Otherwise the error is of kind Refused and its text holds
// neither the signature nor a secret.
//
// The ID is the webhook id that Shopify repeats on a redelivery. Where that
// header is missing or unusable it is a hash of topic and body: the message is
// proven, and dropping an order for a header that is not even signed would lose
// it.
func (s *Storefront) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	if err := s.proof(m); err != nil {
		return m, &erpbridge.Error{Op: "shopify.Verify", Kind: erpbridge.Refused, Err: err}
	}
	topic, topicErr := readTopic(m.Header)
	m.Type, m.ID = topic, readID(m.Header, topic, m.Body)
	m.Header = keep(m.Header)
	if m.ContentType == "" {
		m.ContentType = m.Header.Get("Content-Type")
	}
	if topicErr != nil {
		return m, &erpbridge.Error{Op: "shopify.Verify", Kind: erpbridge.Invalid, Err: topicErr}
	}
	return m, nil
}

// proof checks signature and shop. It computes every HMAC even where the answer
// is known already: how long it takes says nothing about which part was wrong.
func (s *Storefront) proof(m erpbridge.Message) error {
	sent, err := readSignature(m.Header)
	match := 0
	for _, secret := range s.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(m.Body)
		match |= subtle.ConstantTimeCompare(mac.Sum(nil), sent)
	}
	if err != nil {
		return err
	}
	if match != 1 {
		return fmt.Errorf("%s: no configured secret gives this signature; was the secret changed, or the body altered on its way?", headerSignature)
	}
	// The shop's name is not signed: a secret shared by two shops, or a captured
	// request, must not speak for another route.
	switch shops := values(m.Header, headerShop); {
	case len(shops) != 1:
		return fmt.Errorf("%s: stands there %d times, not once", headerShop, len(shops))
	case !equalASCII(shops[0], s.conf.Shop):
		return fmt.Errorf("%s: %q is not the shop of this route, %q", headerShop, clip(shops[0]), s.conf.Shop)
	}
	return nil
}

// readSignature returns the 32 bytes of the signature header.
func readSignature(h http.Header) ([]byte, error) {
	got := values(h, headerSignature)
	if len(got) != 1 {
		return nil, fmt.Errorf("%s: stands there %d times, not once", headerSignature, len(got))
	}
	// Strict refuses stray bits in the padding but still skips CR and LF. Exactly
	// 44 characters that give 32 bytes leave no room for those: one spelling only.
	if len(got[0]) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return nil, fmt.Errorf("%s: is not a base64 SHA-256 HMAC", headerSignature)
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(got[0])
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("%s: is not a base64 SHA-256 HMAC", headerSignature)
	}
	return sum, nil
}

func readTopic(h http.Header) (string, error) {
	topics := values(h, headerTopic)
	switch {
	case len(topics) != 1:
		return unnamed, fmt.Errorf("%s: stands there %d times, not once", headerTopic, len(topics))
	case topics[0] == "":
		return unnamed, errors.New(headerTopic + ": is empty")
	case len(topics[0]) > 100 || strings.IndexFunc(topics[0], notOfTopic) >= 0:
		return unnamed, fmt.Errorf("%s: %q is not a topic", headerTopic, clip(topics[0]))
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

// readID returns the webhook id, or a hash of what the message is.
func readID(h http.Header, topic string, body []byte) string {
	ids := values(h, headerID)
	if len(ids) == 1 && ids[0] != "" && len(ids[0]) <= 128 && strings.IndexFunc(ids[0], notPrintable) < 0 {
		return ids[0]
	}
	sum := sha256.New()
	sum.Write([]byte(topic))
	sum.Write([]byte{0}) // no topic holds it, so topic and body cannot run into each other
	sum.Write(body)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

func notPrintable(c rune) bool { return c <= ' ' || c > '~' }

// keep returns the headers worth keeping, in a map of its own: the caller's stays
// as it was. They are unsigned: what is long, unprintable or there twice is left out.
func keep(h http.Header) http.Header {
	out := http.Header{}
	for _, name := range kept {
		vs := values(h, name)
		if len(vs) != 1 || vs[0] == "" || len(vs[0]) > 256 {
			continue
		}
		if strings.IndexFunc(vs[0], func(c rune) bool { return c < ' ' || c > '~' }) < 0 {
			out.Set(name, vs[0])
		}
	}
	return out
}

// values returns all values of a header under any spelling of its name, without
// the optional blanks that HTTP allows around them.
func values(h http.Header, name string) []string {
	var out []string
	for k, vs := range h {
		if equalASCII(k, name) {
			for _, v := range vs {
				out = append(out, strings.Trim(v, " \t"))
			}
		}
	}
	return out
}

// equalASCII reports whether got is the ASCII text want in any case. Folding alone
// would also take the long s for an s; it is a byte longer.
func equalASCII(got, want string) bool {
	return len(got) == len(want) && strings.EqualFold(got, want)
}

// clip shortens foreign text for an error message.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
