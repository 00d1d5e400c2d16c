package adobecommerce

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hakooi/erpbridge"
)

// TestHeldThroughAProxy: a key that is held serves on while the host answers with a
// proxy's page or sends elsewhere, and ends when the host says that there is none.
func TestHeldThroughAProxy(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	good := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	message := []byte("an order")
	sum := sha256.Sum256(message)
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text []byte
		err  error
		want erpbridge.Kind
	}{
		"page":      {text: []byte("<html>"), want: ""},
		"elsewhere": {err: &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("302")}, want: ""},
		"strange":   {err: &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("400")}, want: ""},
		"withdrawn": {err: &erpbridge.Error{Kind: erpbridge.Missing, Err: errors.New("404")}, want: erpbridge.Refused},
	} {
		synctest.Test(t, func(t *testing.T) {
			text, failure := good, error(nil)
			r := ringOf(func(context.Context, string) ([]byte, error) { return text, failure })
			proofs := []proof{{signature, "/prod/keys/pub-key-a.pem"}}
			check := func(when string, want erpbridge.Kind) {
				t.Helper()
				synctest.Wait()
				err := r.verify(t.Context(), message, proofs)
				if err != nil && erpbridge.KindOf(err) == "" {
					err = &erpbridge.Error{Kind: erpbridge.Refused, Err: err} // as Verify has it
				}
				if erpbridge.KindOf(err) != want {
					t.Errorf("%s, %s: %v, want %q", name, when, err, want)
				}
				synctest.Wait()
			}
			check("at first", "")
			text, failure = test.text, test.err
			time.Sleep(fresh + time.Minute)
			check("when it is asked for again", "")
			check("after that", test.want)
			time.Sleep(stale)
			text, failure = good, nil
			check("when the host is itself again", "")
		})
	}
}
