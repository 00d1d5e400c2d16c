package filetransfer

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/hakooi/erpbridge"
)

func TestRemote(t *testing.T) {
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

// The connection is cut after so many bytes from the server, so that it dies in every
// phase, and between what the server does and what we hear of it.
func TestRemoteCut(t *testing.T) {
	for peer, sftp := range peers {
		t.Run(peer, func(t *testing.T) {
			s := serve(t, sftp(t))
			whole := open(t, s.config(t.TempDir()))
			put(t, whole, two())
			var most int64
			s.change(func() { most = s.sent })
			const cuts = 60
			kinds := map[erpbridge.Kind]int{}
			for i := range cuts {
				dir := t.TempDir()
				s.change(func() { s.sent, s.cutAt = 0, most*int64(i+1)/cuts })
				x := open(t, s.config(dir))
				_, err := x.Put(t.Context(), two())
				kinds[erpbridge.KindOf(err)]++
				s.change(func() { s.cutAt = 0 })
				if k := erpbridge.KindOf(err); k == erpbridge.Transient && visible(t, dir)[two().Name] != "" {
					t.Errorf("cut %d: %v, and it is visible", i, err)
				}
				got := consume(t, dir, two())
				if err := x.Find(t.Context(), two().Keys...)[0].Err; erpbridge.KindOf(err) == erpbridge.Missing {
					put(t, x, two())
				} else if err != nil {
					t.Errorf("cut %d: %v", i, err)
				}
				got = append(got, consume(t, dir, two())...)
				if diff := cmp.Diff([]string{string(two().Body)}, got); diff != "" || len(visible(t, dir)) != 0 {
					t.Errorf("cut %d: %d files came, %d are left", i, len(got), len(visible(t, dir)))
				}
			}
			if kinds[erpbridge.Transient] < 5 || kinds[erpbridge.InDoubt] < 2 {
				t.Errorf("%v", kinds)
			}
		})
	}
}

// The connection is cut at each step: before it, and after it was made, when its answer is
// lost.
func TestRemoteCutAtEachStep(t *testing.T) {
	s := serve(t, peers["OpenSSH"](t))
	for _, made := range []bool{false, true} {
		for at, reached := 1, true; reached; at++ {
			dir := t.TempDir()
			x := open(t, s.config(dir))
			n, cutAt := 0, ""
			x.do = func(point string, step func() error) error {
				if n++; n != at {
					return step()
				}
				cutAt = point
				if !made {
					s.cutAll()
					return step()
				}
				err := step()
				s.cutAll()
				return errors.Join(err, errors.New("connection lost"))
			}
			_, err := x.Put(t.Context(), two())
			reached = cutAt != ""
			if kind := erpbridge.KindOf(err); reached && kind != erpbridge.Transient && kind != erpbridge.InDoubt {
				t.Errorf("%s: %s: %v", cutAt, kind, err)
			}
			if kind := erpbridge.KindOf(err); kind == erpbridge.Transient && len(visible(t, dir)) > 0 {
				t.Errorf("%s: %v, and it is visible", cutAt, err)
			}
			x.do = func(_ string, step func() error) error { return step() }
			got := consume(t, dir, two())
			put(t, x, two())
			got = append(got, consume(t, dir, two())...)
			if len(got) != 1 || got[0] != string(two().Body) || len(visible(t, dir)) != 0 {
				t.Errorf("%s: %d files came, %d are left", cutAt, len(got), len(visible(t, dir)))
			}
		}
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

func TestRemoteAway(t *testing.T) {
	s := serve(t, peers["library"](t))
	conf := s.config(t.TempDir())
	_ = s.listener.Close()
	_, err := open(t, conf).Put(t.Context(), two())
	if erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
}

// A server that does not answer does not hold a call longer than its context.
func TestRemoteHangs(t *testing.T) {
	hang := make(chan struct{})
	s := serve(t, func(ssh.Channel) { <-hang })
	defer close(hang)
	x := open(t, s.config(t.TempDir()))
	ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	if _, err := x.Put(ctx, two()); erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
}

// While one call is cut off by its context, another goes on.
func TestRemoteHangsForOneCall(t *testing.T) {
	s := serve(t, peers["library"](t))
	dir := t.TempDir()
	x := open(t, s.config(dir))
	ctx, stop := context.WithCancel(t.Context())
	session, err := x.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.release()
	stop()
	for end := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(end); {
		_, err = session.stat(dir)
	}
	if err == nil {
		t.Error("the call goes on")
	}
	session.release()
	if _, err := other.stat(dir); err != nil {
		t.Error(err)
	}
}

// A connection whose server says nothing at all is given up.
func TestKeepAlive(t *testing.T) {
	s := serve(t, peers["library"](t))
	x := open(t, s.config(t.TempDir()))
	r, ok := x.store.(*remote)
	if !ok {
		t.Fatal("not remote")
	}
	r.dialer.alive = 20 * time.Millisecond
	way, mute := muted(t, s)
	addr, ok := way.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP")
	}
	r.dialer.conf.Port = addr.Port
	if err := x.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	l := r.idle[0]
	r.mu.Unlock()
	select {
	case <-l.ended:
		t.Fatal("a server that answers was given up")
	case <-time.After(100 * time.Millisecond):
	}
	close(mute)
	select {
	case <-l.ended:
	case <-time.After(10 * time.Second):
		t.Fatal("a server that does not answer was not given up")
	}
}

// muted passes on to a server until mute is closed, and then swallows everything.
func muted(t *testing.T, s *server) (_ net.Listener, mute chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mute = make(chan struct{})
	pass := func(from, to net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := from.Read(buf)
			if err != nil {
				_ = to.Close()
				return
			}
			select {
			case <-mute:
				continue
			default:
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	s.wg.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			_ = conn.Close()
			return
		}
		s.wg.Go(func() { pass(conn, to) })
		s.wg.Go(func() { pass(to, conn) })
	})
	t.Cleanup(func() { _ = l.Close() })
	return l, mute
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
