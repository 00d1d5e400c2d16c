package adobecommerce

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/hakooi/erpbridge"
)

// A verifier checks signatures over a body. It returns nil if one of them is good, an
// error of kind Transient if that cannot be told now, and any other error if none is.
type verifier interface {
	verify(ctx context.Context, body []byte, proofs []proof) error
}

// The lengths of keys, in bits: shorter ones prove nothing, and longer ones take long.
const (
	smallestKey = 2048
	largestKey  = 8192
)

// mostKeys is how many keys the settings may have: each is tried for each signature.
const mostKeys = 10

// openKeys returns the keys of the settings, or a ring that fetches Adobe's.
func openKeys(keys []Key) (verifier, error) {
	if len(keys) == 0 {
		return newRing()
	}
	if len(keys) > mostKeys {
		return nil, fmt.Errorf("keys: there are %d; at most %d are tried", len(keys), mostKeys)
	}
	var out fixed
	for i, k := range keys {
		text := []byte(k.PEM)
		switch {
		case (k.PEM == "") == (k.File == ""):
			return nil, fmt.Errorf("keys[%d]: set either pem or file", i)
		case k.File != "":
			var err error
			if text, err = os.ReadFile(k.File); err != nil { // #nosec G304 -- the operator's own configuration
				return nil, fmt.Errorf("keys[%d]: file: %w", i, err)
			}
		}
		key, err := readKey(text)
		if err != nil {
			return nil, fmt.Errorf("keys[%d]: %w", i, err)
		}
		out = append(out, key)
	}
	return out, nil
}

// readKey reads one public key.
func readKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New(`is no public key in PEM, which begins with "-----BEGIN PUBLIC KEY-----"`)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("is no public key: " + err.Error())
	}
	key, ok := parsed.(*rsa.PublicKey)
	switch {
	case !ok:
		return nil, errors.New("is not an RSA key")
	case key.N.BitLen() < smallestKey || key.N.BitLen() > largestKey:
		return nil, fmt.Errorf("has %d bits, which is not between %d and %d", key.N.BitLen(), smallestKey, largestKey)
	}
	return key, nil
}

// good reports whether a signature is one over sum, the body's SHA-256, under key.
func good(key *rsa.PublicKey, sum, signature []byte) bool {
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum, signature) == nil
}

// errNotGood says neither the signature nor the key: both came from whoever sent it.
var errNotGood = &erpbridge.Error{
	Op: "adobecommerce.Verify", Kind: erpbridge.Refused,
	Err: errors.New("no key gives one of the signatures; was the body altered on its way?"),
}

// fixed are the keys of the settings. What path a signature names is of no interest.
type fixed []*rsa.PublicKey

func (f fixed) verify(_ context.Context, body []byte, proofs []proof) error {
	sum := sha256.Sum256(body)
	for _, p := range proofs {
		for _, key := range f {
			if good(key, sum[:], p.signature) {
				return nil
			}
		}
	}
	return errNotGood
}
