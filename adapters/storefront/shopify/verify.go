package shopify

import (
	"cmp"
	"fmt"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The headers of a delivery. All but the first are outside the signature.
const (
	headerSignature = "X-Shopify-Hmac-Sha256"
	headerTopic     = "X-Shopify-Topic"
	headerShop      = "X-Shopify-Shop-Domain"
	headerID        = "X-Shopify-Webhook-Id"
	headerVersion   = "X-Shopify-Api-Version"
)

// kept are the headers worth keeping: none of them is a credential.
var kept = [...]string{
	headerTopic, headerShop, headerID,
	headerVersion, "X-Shopify-Event-Id", "X-Shopify-Triggered-At", "X-Shopify-Test",
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
	topic, topicErr := signed.Topic(m.Header, headerTopic)
	m.Type = cmp.Or(topic, unnamed)
	if m.ID = signed.ID(m.Header, headerID); m.ID == "" {
		m.ID = signed.Digest(m.Type, m.Body)
	}
	m.Header = signed.Keep(m.Header, kept[:]...)
	if m.ContentType == "" {
		m.ContentType = m.Header.Get("Content-Type")
	}
	if topicErr != nil {
		return m, &erpbridge.Error{Op: "shopify.Verify", Kind: erpbridge.Invalid, Err: topicErr}
	}
	return m, nil
}

// proof checks signature and shop.
func (s *Storefront) proof(m erpbridge.Message) error {
	if err := signed.Proof(m.Header, headerSignature, m.Body, s.secrets); err != nil {
		return err
	}
	// The shop's name is not signed: a secret shared by two shops, or a captured
	// request, must not speak for another route.
	switch shops := signed.Values(m.Header, headerShop); {
	case len(shops) != 1:
		return fmt.Errorf("%s: stands there %d times, not once", headerShop, len(shops))
	case !signed.EqualASCII(shops[0], s.conf.Shop):
		return fmt.Errorf("%s: %q is not the shop of this route, %q", headerShop, signed.Clip(shops[0]), s.conf.Shop)
	}
	return nil
}
