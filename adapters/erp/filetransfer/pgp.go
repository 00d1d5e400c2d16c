package filetransfer

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// sealer signs files and then encrypts them, with OpenPGP: AES-256, SHA-256 or better,
// integrity-protected, each recipient able to read them.
type sealer struct {
	to     []*openpgp.Entity
	signer *openpgp.Entity // nil: not signed
}

// newSealer reads the keys; without recipients there is no sealer.
func newSealer(conf PGPConfig) (*sealer, error) {
	if len(conf.Recipients) == 0 {
		return nil, nil
	}
	var errs []error
	s := &sealer{}
	for _, file := range conf.Recipients {
		keys, err := readKeys(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("pgp.recipients: %w", err))
			continue
		}
		for _, key := range keys {
			if err := usable(key, time.Now()); err != nil {
				errs = append(errs, fmt.Errorf("pgp.recipients: %s: %w", file, err))
			}
		}
		s.to = append(s.to, keys...)
	}
	if conf.SignKeyFile != "" {
		var err error
		if s.signer, err = readSigner(conf); err != nil {
			errs = append(errs, fmt.Errorf("pgp.sign_key_file: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// readKeys reads a file of keys, armored or not.
func readKeys(file string) (openpgp.EntityList, error) {
	body, err := os.ReadFile(file) // #nosec G304 -- configuration
	if err != nil {
		return nil, err
	}
	var keys openpgp.EntityList
	if _, wrong := armor.Decode(bytes.NewReader(body)); wrong == nil {
		keys, err = openpgp.ReadArmoredKeyRing(bytes.NewReader(body))
	} else {
		keys, err = openpgp.ReadKeyRing(bytes.NewReader(body))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no key in %s", file)
	}
	return keys, nil
}

// usable refuses keys that files cannot be encrypted for as promised.
func usable(key *openpgp.Entity, now time.Time) error {
	if _, err := key.EncryptionKeyWithError(now, settings(now)); err != nil {
		return fmt.Errorf("nothing can be encrypted with it: %w", err)
	}
	self, err := key.PrimarySelfSignature(now, settings(now))
	if err != nil {
		return err
	}
	aead := [2]uint8{uint8(packet.CipherAES256), uint8(packet.AEADModeOCB)} // OCB is the mode all have to know
	if !slices.Contains(self.PreferredSymmetric, uint8(packet.CipherAES256)) ||
		self.SEIPDv2 && !slices.Contains(self.PreferredCipherSuites, aead) {
		return errors.New("its owner does not take AES-256")
	}
	return nil
}

func readSigner(conf PGPConfig) (*openpgp.Entity, error) {
	keys, err := readKeys(conf.SignKeyFile)
	if err != nil {
		return nil, err
	}
	key := keys[0]
	if key.PrivateKey == nil {
		return nil, fmt.Errorf("%s holds no private key", conf.SignKeyFile)
	}
	if conf.Passphrase != "" {
		if err := key.DecryptPrivateKeys([]byte(conf.Passphrase)); err != nil {
			return nil, fmt.Errorf("pgp.passphrase does not open %s: %w", conf.SignKeyFile, err)
		}
	}
	now := time.Now()
	signing, ok := key.SigningKey(now, settings(now))
	switch {
	case !ok || signing.PrivateKey == nil:
		return nil, fmt.Errorf("nothing can be signed with the key in %s", conf.SignKeyFile)
	case signing.PrivateKey.Encrypted:
		return nil, fmt.Errorf("%s wants a pgp.passphrase", conf.SignKeyFile)
	}
	return key, nil
}

// settings are those of everything written. What protects the integrity is what all the
// recipients' keys say they can read: AEAD, or the modification detection code.
func settings(now time.Time) *packet.Config {
	return &packet.Config{
		DefaultCipher: packet.CipherAES256,
		DefaultHash:   crypto.SHA256,
		Time:          func() time.Time { return now },
	}
}

// seal signs and encrypts body. Each time the result is another one.
func (s *sealer) seal(body []byte, now time.Time) ([]byte, error) {
	var signers []*openpgp.Entity
	if s.signer != nil {
		signers = append(signers, s.signer)
	}
	var sealed bytes.Buffer
	w, err := openpgp.Encrypt(&sealed, s.to, nil, signers, nil, settings(now))
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	if _, err := io.Copy(w, bytes.NewReader(body)); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return sealed.Bytes(), nil
}
