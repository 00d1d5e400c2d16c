package woocommerce

import (
	"cmp"
	"fmt"
	"mime"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The headers of a delivery. All but the first are outside the signature.
const (
	headerSignature = "X-WC-Webhook-Signature"
	headerSource    = "X-WC-Webhook-Source"
	headerTopic     = "X-WC-Webhook-Topic"
	headerDelivery  = "X-WC-Webhook-Delivery-ID"
)

// kept are the headers worth keeping: none of them is a credential.
var kept = [...]string{
	headerSource, headerTopic, headerDelivery,
	"X-WC-Webhook-Resource", "X-WC-Webhook-Event", "X-WC-Webhook-ID",
	"Content-Type",
}

const (
	// unnamed is the type under which a proven message without a usable topic is recorded.
	unnamed = "unknown"
	// ping is the type of the request that a new webhook sends to see if anybody answers.
	ping = "ping"
)

// Verify proves that m came from the configured site and names it.
//
// The signature must be the base64 of an HMAC-SHA256 over the raw body, present exactly
// once, under one of the secrets; the source must be the configured site. Otherwise the
// error is of kind Refused and its text holds neither the signature nor a secret. The one
// message that passes without proof is a ping.
func (s *Storefront) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	m.ContentType = cmp.Or(m.ContentType, strings.Join(signed.Values(m.Header, "Content-Type"), ","))
	if isPing(m) {
		// One ID for all of them: whoever sends pings, there is one row per store.
		m.Type, m.ID = ping, ping
		m.Header = signed.Keep(m.Header, "Content-Type")
		return m, nil
	}
	if err := s.proof(m); err != nil {
		return m, &erpbridge.Error{Op: "woocommerce.Verify", Kind: erpbridge.Refused, Err: err}
	}
	topic, topicErr := signed.Topic(m.Header, headerTopic)
	m.Type = cmp.Or(topic, unnamed)
	m.ID = signed.Digest(m.Type, m.Body)
	if strings.HasSuffix(m.Type, ".deleted") {
		m.ID = signed.Digest(m.Type+" "+signed.ID(m.Header, headerDelivery), m.Body)
	}
	m.Header = signed.Keep(m.Header, kept[:]...)
	if topicErr != nil {
		return m, &erpbridge.Error{Op: "woocommerce.Verify", Kind: erpbridge.Invalid, Err: topicErr}
	}
	return m, nil
}

// isPing reports whether m has exactly the shape of a ping: a form of one whole number,
// without a word about signature or topic.
func isPing(m erpbridge.Message) bool {
	const longest = 64
	if len(m.Body) > longest || len(signed.Values(m.Header, headerSignature)) > 0 || len(signed.Values(m.Header, headerTopic)) > 0 {
		return false
	}
	kind, _, err := mime.ParseMediaType(m.ContentType)
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return false
	}
	id, ok := strings.CutPrefix(string(m.Body), "webhook_id=")
	return ok && id != "" && strings.Trim(id, "0123456789") == ""
}

// proof checks signature and site.
func (s *Storefront) proof(m erpbridge.Message) error {
	if err := signed.Proof(m.Header, headerSignature, m.Body, s.secrets); err != nil {
		return err
	}
	// The source is not signed: a secret shared by two shops, or a captured request, must
	// not speak for another route.
	sources := signed.Values(m.Header, headerSource)
	if len(sources) != 1 {
		return fmt.Errorf("%s: stands there %d times, not once", headerSource, len(sources))
	}
	if from, ok := parseSite(sources[0]); !ok || from != s.site {
		return fmt.Errorf("%s: %q is not the site of this route, %q", headerSource, signed.Clip(sources[0]), s.conf.Site)
	}
	return nil
}
