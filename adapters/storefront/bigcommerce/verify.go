package bigcommerce

import (
	"crypto/sha1" // #nosec G505 -- only its length: BigCommerce's hash is one
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// kept are the headers worth keeping: none of them is a credential.
var kept = [...]string{headerID, headerTimestamp, "Content-Type"}

// unnamed is the type under which a proven message without a usable envelope is
// recorded.
const unnamed = "unknown"

// Verify proves that m came from the configured store and names it after its envelope.
//
// Every configured header must be there exactly once with its value, and with secrets
// configured the message must be signed by the Standard Webhooks scheme. Otherwise, and
// where the envelope names another store than store_hash or none, the error is of kind
// Refused, and its text holds neither a signature nor a secret.
//
// Type is the scope. ID is the event's hash, which is the same on every redelivery, and
// the second of the event: BigCommerce gives several events about one thing the same
// hash. Without a usable hash it is a hash of scope and body.
func (s *Storefront) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	if err := s.proof(m); err != nil {
		return m, refuse(err)
	}
	e, unusable := openEnvelope(m.Body)
	if unusable == nil {
		if err := s.ours(e); err != nil {
			return m, refuse(err)
		}
	}
	m.Header = signed.Keep(m.Header, kept[:]...)
	if m.ContentType == "" {
		m.ContentType = m.Header.Get("Content-Type")
	}
	if unusable != nil {
		m.Type, m.ID = unnamed, signed.Digest(unnamed, m.Body)
		return m, &erpbridge.Error{Op: "bigcommerce.Verify", Kind: erpbridge.Invalid, Err: unusable}
	}
	m.Type = e.Scope.Text()
	if m.ID = delivery(e); m.ID == "" {
		m.ID = signed.Digest(m.Type, m.Body)
	}
	return m, nil
}

func refuse(err error) error {
	return &erpbridge.Error{Op: "bigcommerce.Verify", Kind: erpbridge.Refused, Err: err}
}

// proof checks all that is configured. Both ways are gone whole, so that how long it
// takes says nothing about which of them failed.
func (s *Storefront) proof(m erpbridge.Message) error {
	byHeaders := headersProof(m.Header, s.headers)
	var bySignature error
	if len(s.secrets) > 0 {
		bySignature = standardProof(m, s.secrets)
	}
	switch {
	case len(s.headers) == 0 && len(s.secrets) == 0:
		return errors.New("neither secrets nor headers are configured")
	case byHeaders != nil:
		return byHeaders
	}
	return bySignature
}

// ours checks that an envelope names the configured store: one token or app may serve
// several.
func (s *Storefront) ours(e *envelope) error {
	switch producer := e.Producer.Text(); {
	case producer == "":
		return errors.New("producer: is missing; the body does not say which store sent it")
	case producer != "stores/"+s.conf.StoreHash:
		return fmt.Errorf("producer: %q is not the store of this route, %q", signed.Clip(producer), "stores/"+s.conf.StoreHash)
	}
	return nil
}

// delivery returns what identifies a delivery, or "".
func delivery(e *envelope) string {
	hash := strings.ToLower(e.Hash.Text())
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != sha1.Size {
		return ""
	}
	at, ok := e.CreatedAt.Integer()
	if !ok || len(at) > 20 {
		return hash
	}
	return hash + "@" + at
}
