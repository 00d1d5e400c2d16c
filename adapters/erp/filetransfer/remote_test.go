package filetransfer

import (
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/hakooi/erpbridge"
)

func TestRemoteFolderIsDeliveredTo(t *testing.T) {
	for peer, sftp := range peers {
		t.Run(peer, func(t *testing.T) {
			s := serve(t, sftp(t))
			dir := t.TempDir()
			x := open(t, s.config(dir))
			if err := x.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			big := two()
			big.Name, big.Body, big.Keys = "big.xml", []byte(strings.Repeat("<IDOC/>", 300_000)), []string{"big"}
			for _, f := range []File{two(), big, two()} {
				if r := put(t, x, f); r.Ref != f.Name {
					t.Errorf("the receipt is for %q", r.Ref)
				}
			}
			seen := visible(t, dir)
			if len(seen) != 6 || seen[big.Name] != string(big.Body) || seen[two().Name] != string(two().Body) {
				t.Errorf("%d files", len(seen))
			}
			s.change(func() {
				if s.count != 1 {
					t.Errorf("%d connections for four calls", s.count)
				}
			})
			// What the partner took is not delivered again.
			consume(t, dir, two())
			put(t, x, two())
			for _, r := range x.Find(t.Context(), two().Keys...) {
				if r.Err != nil {
					t.Error(r.Err)
				}
			}
			if len(visible(t, dir)) != 3 {
				t.Error("it came again")
			}
			if err := x.Find(t.Context(), "other")[0].Err; erpbridge.KindOf(err) != erpbridge.Missing {
				t.Error(err)
			}
		})
	}
}

// OpenSSH's server syncs contents and folders; that it is asked to is seen in what it
// offers.
func TestRemoteSyncs(t *testing.T) {
	s := serve(t, peers["OpenSSH"](t))
	x := open(t, s.config(t.TempDir()))
	session, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.release()
	c, ok := session.files.(*call)
	if !ok || !c.syncs {
		t.Fatal("fsync@openssh.com is not offered")
	}
	f, err := c.client.Open(x.dir())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Errorf("a folder was not synced: %v", err)
	}
}

// Some servers ask for the password, among other things, instead of taking it.
func TestRemoteThatAsks(t *testing.T) {
	s := serve(t, peers["library"](t))
	s.change(func() { s.asks = true })
	if err := open(t, s.config(t.TempDir())).Probe(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRemoteRefused(t *testing.T) {
	s := serve(t, peers["library"](t))
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		with func(*Config)
		want string
	}{
		{"wrong password", func(c *Config) { c.SFTP.Password = "guess" }, "does not let us in"},
		{"another host key", func(c *Config) { c.SFTP.HostKey = string(ssh.MarshalAuthorizedKey(newKey(t).PublicKey())) }, "is not the pinned one"},
		{"no such folder", func(c *Config) { c.SFTP.Dir = dir + "/none" }, "folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conf := s.config(dir)
			tt.with(&conf)
			x := open(t, conf)
			_, err := x.Put(t.Context(), two())
			probed := x.Probe(t.Context())
			for _, err := range []error{err, probed} {
				if erpbridge.KindOf(err) != erpbridge.Refused || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "guess") {
					t.Errorf("%s: %v", erpbridge.KindOf(err), err)
				}
			}
			if len(visible(t, dir)) != 0 {
				t.Error("something was written")
			}
		})
	}
}

// A host key that changes while we run is noticed at the next connection.
func TestRemoteKeyChanges(t *testing.T) {
	s := serve(t, peers["library"](t))
	x := open(t, s.config(t.TempDir()))
	if err := x.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := newKey(t)
	s.change(func() { s.signer = key })
	s.cutAll()
	err := x.Probe(t.Context())
	for end := time.Now().Add(10 * time.Second); erpbridge.KindOf(err) == erpbridge.Transient && time.Now().Before(end); {
		err = x.Probe(t.Context()) // that of the old connection, which is being cut
	}
	if erpbridge.KindOf(err) != erpbridge.Refused {
		t.Error(err)
	}
}

// No more than 4 KiB go into a file of this server: to it the disk is full.
func TestRemoteDiskFull(t *testing.T) {
	sftp := program("/bin/sh", "-c", "trap '' XFSZ; ulimit -f 8; exec "+openSSH(t))
	s := serve(t, sftp)
	dir := t.TempDir()
	x := open(t, s.config(dir))
	f := two()
	f.Body = []byte(strings.Repeat("x", 10_000))
	_, err := x.Put(t.Context(), f)
	if erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			t.Errorf("%s is left behind", e.Name())
		}
	}
}

func TestRemoteTargetExists(t *testing.T) {
	for peer, sftp := range peers {
		t.Run(peer, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, two().Name), []byte("somebody else's"))
			x := open(t, serve(t, sftp(t)).config(dir))
			_, err := x.Put(t.Context(), two())
			if erpbridge.KindOf(err) != erpbridge.Invalid {
				t.Errorf("%s: %v", erpbridge.KindOf(err), err)
			}
			if got := visible(t, dir); len(got) != 1 || got[two().Name] != "somebody else's" {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestRemoteKeyFile(t *testing.T) {
	s := serve(t, peers["library"](t))
	private, signer := identity(t)
	s.change(func() { s.user = signer.PublicKey() })
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, inDir(t, "id_ed25519"), pem.EncodeToMemory(locked))
	known := writeFile(t, inDir(t, "known_hosts"), []byte(knownhosts.Line([]string{s.listener.Addr().String()}, s.signer.PublicKey())+"\n"))
	conf := s.config(t.TempDir())
	conf.SFTP.Password, conf.SFTP.KeyFile, conf.SFTP.Passphrase = "", file, "open sesame"
	conf.SFTP.HostKey, conf.SFTP.KnownHosts = "", known
	if err := open(t, conf).Probe(t.Context()); err != nil {
		t.Error(err)
	}
	for name, with := range map[string]func(*SFTPConfig){
		"sftp.key_file":     func(c *SFTPConfig) { c.Passphrase = "guess" },
		"sftp.passphrase":   func(c *SFTPConfig) { c.Passphrase = "" },
		"sftp.known_hosts":  func(c *SFTPConfig) { c.Port++ },
		"no such file":      func(c *SFTPConfig) { c.KeyFile += "x" },
		"sftp.host_key: is": func(c *SFTPConfig) { c.KnownHosts, c.HostKey = "", "SHA256:abc" },
	} {
		conf := conf
		with(&conf.SFTP)
		if _, err := Open(conf); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func identity(t *testing.T) (any, ssh.Signer) {
	t.Helper()
	private := newPrivate(t)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return private, signer
}

// Many calls at once each get a connection, and a few connections are kept.
func TestRemoteAtOnce(t *testing.T) {
	s := serve(t, peers["OpenSSH"](t))
	dir := t.TempDir()
	x := open(t, s.config(dir))
	errs := make(chan error)
	const calls = 12
	for i := range calls {
		go func() {
			f := File{Name: fmt.Sprintf("f%d.xml", i), Body: []byte("<a/>"), Keys: []string{fmt.Sprint(i)}}
			_, err := x.Put(t.Context(), f)
			errs <- err
		}()
	}
	for range calls {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := len(visible(t, dir)); n != 3*calls {
		t.Errorf("%d files", n)
	}
	if r, ok := x.store.(*remote); !ok || len(r.idle) > mostIdle {
		t.Error("too many connections are kept")
	}
}
