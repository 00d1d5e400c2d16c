package filetransfer

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"github.com/hakooi/erpbridge"
)

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

func TestRemoteThatIsAwayIsTransient(t *testing.T) {
	s := serve(t, peers["library"](t))
	conf := s.config(t.TempDir())
	_ = s.listener.Close()
	_, err := open(t, conf).Put(t.Context(), two())
	if erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("%s: %v", erpbridge.KindOf(err), err)
	}
}

// A server that does not answer does not hold a call longer than its context.
func TestRemoteThatHangsIsGivenUp(t *testing.T) {
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
func TestSilentConnectionIsGivenUp(t *testing.T) {
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
