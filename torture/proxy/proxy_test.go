package proxy

import (
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen starts a Proxy that the test's end closes.
func listen(t *testing.T, upstream string, kind Kind) *Proxy {
	t.Helper()
	p, err := Listen(upstream, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// through returns a server's URL with the Proxy's address in it, and a Proxy in
// front of that server.
func through(t *testing.T, server string, kind Kind) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the server's URL is none")
	}
	p := listen(t, u.Host, kind)
	out, err := p.URL(server)
	if err != nil {
		t.Fatal(err)
	}
	return p, out
}

func arm(t *testing.T, p *Proxy, at Point, n, every int) {
	t.Helper()
	if err := p.CutAt(at, n, every); err != nil {
		t.Fatal(err)
	}
}

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

// parrot is a server that says back whatever it is told, in words no Proxy reads.
func parrot(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("heard %q and %v, want %q", b, err, want)
	}
}

func isReset(err error) bool { return errors.Is(err, syscall.ECONNRESET) }

// What cannot be read goes through all the same, to its end, on either side.
func TestUnreadConversationsPass(t *testing.T) {
	for kind := range points {
		t.Run(string(kind), func(t *testing.T) {
			p := listen(t, parrot(t), kind)
			c := dial(t, p)
			say(t, c, "\x00\x01 something nobody knows\r\n\r\n")
			hear(t, c, "\x00\x01 something nobody knows\r\n\r\n")
			if n := p.Counts(); n.Unread != 1 || n.Open != 1 || n.Connections != 1 || n.Seen != 0 {
				t.Fatalf("%+v", n)
			}
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Fatalf("%v", err)
			}
			eventually(t, "the end of the link", func() bool { return p.Counts().Open == 0 })
		})
	}
}

func TestMuchPassesUnharmed(t *testing.T) {
	p := listen(t, parrot(t), AMQP)
	c := dial(t, p)
	sent := slices.Repeat([]byte("\x00much of it"), 1<<19)
	go func() {
		_, _ = c.Write(sent)
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !slices.Equal(got, sent) {
		t.Fatalf("%d bytes of %d came back, and %v", len(got), len(sent), err)
	}
}

func TestBlock(t *testing.T) {
	p := listen(t, parrot(t), AMQP)
	c := dial(t, p)
	say(t, c, "\x00before..")
	hear(t, c, "\x00before..")
	p.Block()
	p.Block()
	say(t, c, "\x00within..")
	late := dial(t, p)
	say(t, late, "\x00newcomer")
	for _, conn := range []net.Conn{c, late} {
		if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ETIMEDOUT) && !isTimeout(err) {
			t.Fatalf("%d bytes passed, and %v", n, err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	p.Unblock()
	p.Unblock()
	hear(t, c, "\x00within..")
	hear(t, late, "\x00newcomer")
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func TestResetEndsEvenWhatIsBlocked(t *testing.T) {
	p := listen(t, parrot(t), AMQP)
	passing, blocked := dial(t, p), (*net.TCPConn)(nil)
	say(t, passing, "\x00hallo..")
	hear(t, passing, "\x00hallo..")
	p.Block()
	blocked = dial(t, p)
	say(t, blocked, "\x00hallo..")
	eventually(t, "both connections", func() bool { return p.Counts().Open == 2 })
	p.Reset()
	for _, c := range []net.Conn{passing, blocked} {
		if _, err := c.Read(make([]byte, 1)); !isReset(err) {
			t.Fatalf("%v", err)
		}
	}
	eventually(t, "the end of both", func() bool { return p.Counts().Open == 0 })
}

func TestRefuseAndAdmit(t *testing.T) {
	p := listen(t, parrot(t), AMQP)
	c := dial(t, p)
	say(t, c, "\x00hallo..")
	hear(t, c, "\x00hallo..")
	for range 2 {
		if err := p.Refuse(); err != nil {
			t.Fatal(err)
		}
	}
	if other, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("%v %v", other, err)
	}
	say(t, c, "\x00still..") // what is open goes on
	hear(t, c, "\x00still..")
	for range 2 {
		if err := p.Admit(); err != nil {
			t.Fatal(err)
		}
	}
	again := dial(t, p)
	say(t, again, "\x00hallo..")
	hear(t, again, "\x00hallo..")
}

func TestWithoutAServerTheClientIsReset(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := listen(t, l.Addr().String(), HTTP)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", p.Addr())
	if err == nil {
		defer c.Close()
		_, err = c.Read(make([]byte, 1))
	}
	if !isReset(err) {
		t.Fatalf("%v", err)
	}
}

func TestAClosedProxyIsGone(t *testing.T) {
	p, err := Listen(parrot(t), AMQP)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, p)
	say(t, c, "\x00hallo..")
	hear(t, c, "\x00hallo..")
	p.Block()
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Read(make([]byte, 1)); !isReset(err) {
		t.Fatalf("%v", err)
	}
	if err := p.Admit(); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("%v", err)
	}
	if n := p.Counts(); n.Open != 0 || n.Connections != 1 {
		t.Fatalf("%+v", n)
	}
}

func TestWhatAProxyIsNot(t *testing.T) {
	if _, err := Listen("127.0.0.1:1", "gopher"); err == nil {
		t.Error("a kind that is none")
	}
	if _, err := Listen("nowhere", AMQP); err == nil {
		t.Error("a server without a port")
	}
	p := listen(t, "127.0.0.1:1", AMQP)
	if err := p.CutAt(Commit, 1, 1); err == nil {
		t.Error("a broker does not commit")
	}
	if err := p.Cut(1, 0); err == nil {
		t.Error("each none of them")
	}
	if _, err := p.URL("amqp://user:secret@host:port"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	if n := p.CountsAt(Commit); n.Seen != 0 {
		t.Errorf("%+v", n)
	}
}

func TestTrigger(t *testing.T) {
	for name, c := range map[string]struct {
		n, every int
		want     string
	}{
		"not armed":       {0, 1, "......."},
		"the next two":    {2, 1, "xx....."},
		"each third":      {2, 3, "..x..x."},
		"without an end":  {-1, 2, ".x.x.x."},
		"more than come":  {99, 1, "xxxxxxx"},
		"none completes":  {1, 9, "......."},
		"the last of all": {1, 7, "......x"},
	} {
		t.Run(name, func(t *testing.T) {
			p := listen(t, "127.0.0.1:1", AMQP)
			p.meet(Confirm) // what was before it was armed does not count
			if err := p.Cut(c.n, c.every); err != nil {
				t.Fatal(err)
			}
			got := ""
			for range 7 {
				if cut, _ := p.meet(Confirm); cut == Confirm {
					got += "x"
				} else {
					got += "."
				}
			}
			if got != c.want {
				t.Fatalf("%s, want %s", got, c.want)
			}
			if n := p.Counts(); n.Seen != 8 {
				t.Fatalf("%+v", n)
			}
		})
	}
}
