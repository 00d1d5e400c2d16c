package filetransfer

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/hakooi/erpbridge"
)

// owner makes a key of somebody's.
func owner(t *testing.T, name string, with func(*packet.Config)) *openpgp.Entity {
	t.Helper()
	conf := &packet.Config{DefaultCipher: packet.CipherAES256, Algorithm: packet.PubKeyAlgoEdDSA, Curve: packet.Curve25519}
	if with != nil {
		with(conf)
	}
	key, err := openpgp.NewEntity(name, "", name+"@example.com", conf)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// keyFile writes a key, armored.
func keyFile(t *testing.T, key *openpgp.Entity, private bool) string {
	t.Helper()
	var body bytes.Buffer
	kind := "PGP PUBLIC KEY BLOCK"
	if private {
		kind = "PGP PRIVATE KEY BLOCK"
	}
	w, err := armor.Encode(&body, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	if private {
		err = key.SerializePrivateWithoutSigning(w, nil)
	} else {
		err = key.Serialize(w)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, inDir(t, "key.asc"), body.Bytes())
}

func TestPGP(t *testing.T) {
	us, partner, auditor := owner(t, "us", nil), owner(t, "partner", nil), owner(t, "auditor", nil)
	signFile := keyFile(t, us, true)
	dir := t.TempDir()
	conf := announced(dir)
	conf.PGP = PGPConfig{Recipients: []string{keyFile(t, partner, false), keyFile(t, auditor, false)}, SignKeyFile: signFile}
	x := open(t, conf)
	r := put(t, x, two())
	if r.Ref != two().Name+".pgp" {
		t.Errorf("it is named %s", r.Ref)
	}
	seen := visible(t, dir)
	sealed := seen[two().Name+".pgp"]
	if len(seen) != 3 || strings.Contains(sealed, "IDOC") || !strings.Contains(seen[two().Name+".pgp.json"], sum([]byte(sealed))) {
		t.Errorf("%d files", len(seen))
	}
	for _, reader := range []*openpgp.Entity{partner, auditor} {
		message, err := openpgp.ReadMessage(strings.NewReader(sealed), openpgp.EntityList{reader, us}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(message.UnverifiedBody)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, two().Body) || !message.IsVerified || message.SignatureError != nil || len(message.EncryptedToKeyIds) != 2 {
			t.Errorf("%d bytes, %t, %v, to %d", len(body), message.IsVerified, message.SignatureError, len(message.EncryptedToKeyIds))
		}
		if message.DecryptedWith.Entity != reader {
			t.Error("read with another key")
		}
	}
	// A bit that changed on the way is noticed.
	spoilt := []byte(sealed)
	spoilt[len(spoilt)-40] ^= 1
	if message, err := openpgp.ReadMessage(bytes.NewReader(spoilt), openpgp.EntityList{partner, us}, nil, nil); err == nil {
		if _, err = io.ReadAll(message.UnverifiedBody); err == nil && message.SignatureError == nil {
			t.Error("what was changed on the way is taken for good")
		}
	}
	// Nobody else reads it.
	if _, err := openpgp.ReadMessage(strings.NewReader(sealed), openpgp.EntityList{us}, nil, nil); err == nil {
		t.Error("anybody can read it")
	}
	// Sealed anew it is another file, and delivered it is delivered.
	again := put(t, x, two())
	if again.Ref != r.Ref || !bytes.Equal(again.Raw, r.Raw) {
		t.Errorf("%s\n%s", r.Raw, again.Raw)
	}
	other := two()
	other.Body = []byte("<other/>")
	if _, err := x.Put(t.Context(), other); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Error(err)
	}
}

// GnuPG reads it too, and says with what it was sealed.
func TestPGPWithGnuPG(t *testing.T) {
	gpg, err := exec.LookPath("gpg")
	if err != nil {
		t.Fatal("GnuPG is not installed: run `sudo apt-get install gnupg`")
	}
	home, err := os.MkdirTemp("", "gpg") // short: there is a socket in it
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), gpg, append([]string{"--homedir", home, "--batch", "--no-tty", "--trust-model", "always", "--status-fd", "2"}, args...)...)
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, said.String())
		}
		return string(out) + said.String()
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	us, partner := owner(t, "us", nil), owner(t, "partner", nil)
	run("--import", keyFile(t, partner, true))
	run("--import", keyFile(t, us, false))
	dir := t.TempDir()
	conf := Config{Dir: dir, PGP: PGPConfig{Recipients: []string{keyFile(t, partner, false)}, SignKeyFile: keyFile(t, us, true)}}
	put(t, open(t, conf), two())
	said := run("--decrypt", filepath.Join(dir, two().Name+".pgp"))
	for _, want := range []string{string(two().Body), "[GNUPG:] GOODSIG", "[GNUPG:] GOODMDC", "[GNUPG:] DECRYPTION_INFO 2 9 "} { // 9 is AES-256
		if !strings.Contains(said, want) {
			t.Errorf("%s is not in %s", want, said)
		}
	}
}

func TestPGPKeys(t *testing.T) {
	partner, us := owner(t, "partner", nil), owner(t, "us", nil)
	locked := owner(t, "locked", nil)
	if err := locked.EncryptPrivateKeys([]byte("open sesame"), nil); err != nil {
		t.Fatal(err)
	}
	old := owner(t, "old", func(c *packet.Config) {
		c.Time = func() time.Time { return time.Now().Add(-48 * time.Hour) }
		c.KeyLifetimeSecs = 3600
	})
	weak := owner(t, "weak", func(c *packet.Config) { c.DefaultCipher = packet.CipherAES128 })
	for _, tt := range []struct {
		name string
		conf PGPConfig
		want string // "": it opens
	}{
		{"not signed", PGPConfig{Recipients: []string{keyFile(t, partner, false)}}, ""},
		{"signed", PGPConfig{Recipients: []string{keyFile(t, partner, false)}, SignKeyFile: keyFile(t, us, true)}, ""},
		{"with a passphrase", PGPConfig{Recipients: []string{keyFile(t, partner, false)}, SignKeyFile: keyFile(t, locked, true), Passphrase: "open sesame"}, ""},
		{"without it", PGPConfig{Recipients: []string{keyFile(t, partner, false)}, SignKeyFile: keyFile(t, locked, true)}, "pgp.sign_key_file: "},
		{"with a wrong one", PGPConfig{Recipients: []string{keyFile(t, partner, false)}, SignKeyFile: keyFile(t, locked, true), Passphrase: "guess"}, "pgp.passphrase does not open"},
		{"a public key to sign with", PGPConfig{Recipients: []string{keyFile(t, partner, false)}, SignKeyFile: keyFile(t, us, false)}, "holds no private key"},
		{"no such file", PGPConfig{Recipients: []string{inDir(t, "none")}}, "pgp.recipients: "},
		{"no key", PGPConfig{Recipients: []string{writeFile(t, inDir(t, "x"), []byte("x"))}}, "pgp.recipients: "},
		{"expired", PGPConfig{Recipients: []string{keyFile(t, old, false)}}, "nothing can be encrypted with it"},
		{"no AES-256", PGPConfig{Recipients: []string{keyFile(t, weak, false)}}, "AES-256"},
	} {
		conf := Config{Dir: t.TempDir(), PGP: tt.conf}
		x, err := Open(conf)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			put(t, x, two())
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "guess") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	// A key that expires while we run is for an operator.
	soon := owner(t, "soon", func(c *packet.Config) { c.KeyLifetimeSecs = 3600 })
	x := open(t, Config{Dir: t.TempDir(), PGP: PGPConfig{Recipients: []string{keyFile(t, soon, false)}}})
	x.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if _, err := x.Put(t.Context(), two()); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
}
