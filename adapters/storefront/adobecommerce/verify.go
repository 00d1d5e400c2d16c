package adobecommerce

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// The headers of a delivery. None of them is signed.
const (
	headerID         = "X-Adobe-Event-Id"
	headerCode       = "X-Adobe-Event-Code"
	headerSignature1 = "X-Adobe-Digital-Signature-1"
	headerSignature2 = "X-Adobe-Digital-Signature-2"
	headerPath1      = "X-Adobe-Public-Key1-Path"
	headerPath2      = "X-Adobe-Public-Key2-Path"
)

// kept are the headers worth keeping: none of them is a credential.
var kept = [...]string{
	headerID, headerCode, "X-Adobe-Delivery-Id", "X-Adobe-Provider", "X-Adobe-Retry-Count", headerPath1, headerPath2, "Content-Type",
}

// unnamed is the type under which a proven message without a usable one is recorded.
const unnamed = "unknown"

// patience is how long Verify waits for keys, all in all: the answer is due within a
// second, and the message has to be made safe in it.
const patience = 400 * time.Millisecond

// keyPath is what the path of a key looks like. Nothing in it can lead elsewhere.
var keyPath = regexp.MustCompile(`^/prod/keys/pub-key-[A-Za-z0-9_-]{1,64}\.pem$`)

// A proof is a signature, and the path of the key it is said to be made with.
type proof struct {
	signature []byte
	path      string
}

// Verify proves that m is an event Adobe delivered for the configured credential, and
// names it.
//
// One of the two signatures must be of RSA with PKCS #1 v1.5 and SHA-256 over the raw
// body under the key at its path, and the body's recipient_client_id the configured one.
// Otherwise the error is of kind Refused. It is Transient where a key could not be
// fetched in time: Adobe delivers again, and finds the key here.
//
// The ID is the event's, which Adobe repeats on every delivery of it.
func (s *Storefront) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	wrong := func(kind erpbridge.Kind, err error) (erpbridge.Message, error) {
		return m, &erpbridge.Error{Op: "adobecommerce.Verify", Kind: kind, Err: err}
	}
	if s.keys == nil {
		return wrong(erpbridge.Refused, errors.New("client_id is not set: the shop's events are not taken"))
	}
	// What is cheap comes first: nobody but who knows the credential gets a key fetched.
	proofs, err := readProofs(m)
	if err != nil {
		return wrong(erpbridge.Refused, err)
	}
	name, err := s.addressed(m.Body)
	if err != nil {
		return wrong(erpbridge.Refused, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.keys.verify(ctx, m.Body, proofs); err != nil {
		return wrong(cmp.Or(erpbridge.KindOf(err), erpbridge.Refused), err)
	}

	topic, topicErr := name.topic(m.Header)
	m.Type = cmp.Or(topic, unnamed)
	m.ID = cmp.Or(name.id(m.Header), signed.Digest(m.Type, m.Body))
	m.Header = signed.Keep(m.Header, kept[:]...)
	if m.ContentType == "" {
		m.ContentType = m.Header.Get("Content-Type")
	}
	if topicErr != nil {
		return wrong(erpbridge.Invalid, topicErr)
	}
	return m, nil
}

// readProofs returns the one or two signatures of a delivery.
func readProofs(m erpbridge.Message) ([]proof, error) {
	var out []proof
	var first error
	for _, names := range [][2]string{{headerSignature1, headerPath1}, {headerSignature2, headerPath2}} {
		p, err := readProof(signed.Values(m.Header, names[0]), signed.Values(m.Header, names[1]))
		if err == nil {
			out = append(out, p)
		} else if first == nil {
			first = fmt.Errorf("%s and %s: %w", names[0], names[1], err)
		}
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}

func readProof(signatures, paths []string) (proof, error) {
	switch {
	case len(signatures) != 1 || len(paths) != 1:
		return proof{}, fmt.Errorf("stand there %d and %d times, not once each", len(signatures), len(paths))
	case !keyPath.MatchString(paths[0]):
		return proof{}, errors.New("the path is not that of a key of Adobe's")
	case len(signatures[0]) > base64.StdEncoding.EncodedLen(largestKey/8):
		return proof{}, errors.New("the signature is too long for any key")
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(signatures[0])
	// Decoding skips line ends; there is one spelling of a good signature.
	if err != nil || len(sum) < smallestKey/8 || strings.ContainsAny(signatures[0], "\r\n") {
		return proof{}, errors.New("the signature is not base64 of the length of a key")
	}
	return proof{sum, paths[0]}, nil
}
