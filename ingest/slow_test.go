package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// short is a patience that a test can wait for.
var short = patience{header: 100 * time.Millisecond, read: 200 * time.Millisecond, write: 5 * time.Second, idle: 100 * time.Millisecond}

// dial connects to addr and says the first words.
func dial(t testing.TB, addr, words string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, words); err != nil {
		t.Fatal(err)
	}
	return conn
}

// head is a signed request's first part, with one more line.
func head(line string) string {
	return "POST /webhooks/shop-eu HTTP/1.1\r\nHost: x\r\nSignature: key-eu\r\nDelivery: d-1\r\nTopic: orders/create\r\n" + line + "\r\n\r\n"
}

// Whoever goes on sending, however little at a time, is cut off when its time is over.
func TestSlowSendersAreCutOff(t *testing.T) {
	for _, tt := range []struct {
		name, first, again string
		answer             string // "" is none
	}{
		{"silence", "", "", ""},
		{"half a request line", "POST /web", "", ""},
		{"a header without end", "POST /webhooks/shop-eu HTTP/1.1\r\nX: ", "x", ""},
		{"headers without end", "POST /webhooks/shop-eu HTTP/1.1\r\nHost: x\r\n", "X: x\r\n", ""},
		{"a body byte by byte", head("Content-Length: 100"), "x", "HTTP/1.1 400"},
		{"a body that stops", head("Content-Length: 100") + "xx", "", "HTTP/1.1 400"},
		{"chunks of a byte", head("Transfer-Encoding: chunked"), "1\r\nx\r\n", "HTTP/1.1 400"},
		{"a chunk that stops", head("Transfer-Encoding: chunked") + "5\r\nx", "", "HTTP/1.1 400"},
		{"silence after an answer", head("Content-Length: 2") + "{}", "", "HTTP/1.1 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, func(c *Config) { c.MaxBody = 1 << 20 })
			h.patience = short
			addr, begin, ended := run(t, h)
			conn := dial(t, addr, tt.first)
			var sending sync.WaitGroup
			if tt.again != "" {
				sending.Go(func() {
					for {
						if _, err := io.WriteString(conn, tt.again); err != nil {
							return
						}
						time.Sleep(10 * time.Millisecond) // the sender's pace
					}
				})
			}
			heard, err := io.ReadAll(conn)
			if len(heard) == 0 && err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("the connection was not cut: %v", err)
			}
			if !strings.HasPrefix(string(heard), tt.answer) {
				t.Errorf("answer %q, want %q", heard, tt.answer)
			}
			_ = conn.Close()
			sending.Wait()
			if want := strings.Count(tt.answer, "200"); len(h.broker.messages()) != want {
				t.Errorf("%d messages were published, want %d", len(h.broker.messages()), want)
			}
			begin()
			if err := <-ended; err != nil {
				t.Errorf("Run = %v", err)
			}
		})
	}
}

// What is wrong on the wire gets an answer, and nothing of it is stored.
func TestHostileOnTheWire(t *testing.T) {
	many := strings.Repeat("X: x\r\n", 5000)
	for _, tt := range []struct{ name, words, answer string }{
		{"chunks beyond the limit", head("Transfer-Encoding: chunked") + strings.Repeat("40\r\n"+strings.Repeat("x", 64)+"\r\n", 3), "413"},
		{"a chunk that says it is huge", head("Transfer-Encoding: chunked") + "7fffffffffffffff\r\n" + strings.Repeat("x", 200), "413"},
		{"a chunk's length is no number", head("Transfer-Encoding: chunked") + "zz\r\n{}\r\n0\r\n\r\n", "400"},
		{"two lengths", head("Content-Length: 2\r\nContent-Length: 3") + "{}x", "400"},
		{"a negative length", head("Content-Length: -1") + "{}", "400"},
		{"an unknown transfer encoding", head("Transfer-Encoding: gzip, chunked") + "0\r\n\r\n", "501"},
		{"compressed", head("Content-Encoding: gzip\r\nContent-Length: 2") + "{}", "415"},
		{"many headers", head(many + "Content-Length: 2"), "431"},
		{"a huge header", head("X: " + strings.Repeat("x", 64<<10)), "431"},
		{"a huge path", "POST /webhooks/" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431"},
		{"no host", "POST /webhooks/shop-eu HTTP/1.1\r\n\r\n", "400"},
		{"another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
		{"HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
		{"a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", "404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, nil)
			addr, begin, ended := run(t, h)
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, tt.words) // who is refused early need not be listened to
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.Contains(line, " "+tt.answer+" ") {
				t.Errorf("answer %q (%v), want %s", line, err, tt.answer)
			}
			if n := len(h.broker.messages()) + len(h.inbox.messages()); n != 0 {
				t.Errorf("%d messages were stored", n)
			}
			_ = conn.Close() // the rest of a long body would be waited for
			begin()
			if err := <-ended; err != nil {
				t.Errorf("Run = %v", err)
			}
		})
	}
}

// Requests that come in one piece are answered in their order, each for itself.
func TestPipelining(t *testing.T) {
	h := open(t, nil)
	addr, begin, ended := run(t, h)
	one := head("Content-Length: 2") + "{}"
	forged := strings.Replace(one, "key-eu", "wrong", 1)
	conn := dial(t, addr, one+forged+strings.Replace(one, "d-1", "d-2", 1))
	r := bufio.NewReader(conn)
	for i, want := range []int{200, 401, 200} {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != want {
			t.Errorf("answer %d: %s, want %d", i, res.Status, want)
		}
	}
	got := h.broker.messages()
	if len(got) != 2 || got[0].ID != "d-1" || got[1].ID != "d-2" {
		t.Errorf("published: %+v", got)
	}
	_ = conn.Close()
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// A body that trickles holds no place: with one in all, webhooks still go through.
func TestTricklingTakesNoPlace(t *testing.T) {
	h := open(t, func(c *Config) { c.Concurrency, c.PerStore = 1, 1 })
	addr, begin, ended := run(t, h)
	const slow = 20
	for range slow {
		dial(t, addr, head("Content-Length: 50")+"{")
	}
	until(t, "the slow ones are being read", func() bool {
		_, speaking := h.connections.counts()
		return speaking == slow
	})
	c := client(t)
	for i := range 5 {
		res, err := c.Do(post(t, addr, strings.NewReader("{}")))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("webhook %d beside slow ones: %s", i, res.Status)
		}
	}
	h.cfg.Grace = time.Millisecond
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// In a full house the silent go first, and then who has been speaking for the longest.
func TestConnectionsMakeRoom(t *testing.T) {
	h := open(t, func(c *Config) { c.Connections, c.Grace = 3, time.Millisecond })
	addr, begin, ended := run(t, h)
	counted := func(silent, speaking int) {
		t.Helper()
		until(t, fmt.Sprintf("%d silent, %d speaking", silent, speaking), func() bool {
			s, sp := h.connections.counts()
			return s == silent && sp == speaking
		})
	}
	half := head("Content-Length: 50") + "{"
	oldest := dial(t, addr, half)
	counted(0, 1)
	second := dial(t, addr, half)
	counted(0, 2)
	silent := dial(t, addr, "")
	counted(1, 2)

	third := dial(t, addr, half) // in the place of the silent one
	gone(t, "the silent one", silent)
	counted(0, 3)
	res, err := client(t).Do(post(t, addr, strings.NewReader("{}")))
	if err != nil {
		t.Fatalf("a webhook in a house full of slow ones: %v", err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
	gone(t, "the one that was speaking for the longest", oldest)
	for name, conn := range map[string]net.Conn{"the second": second, "the third": third} {
		if _, err := io.WriteString(conn, strings.Repeat(" ", 49)); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, " 200 ") {
			t.Errorf("%s: %q, %v", name, line, err)
		}
	}
	if n := h.log.FilterMessage("there were too many connections: an old one was closed").Len(); n != 2 {
		t.Errorf("%d lines about it", n)
	}
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	counted(0, 0)
}

// gone waits until the other side has closed a connection.
func gone(t *testing.T, which string, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); err == nil || n > 0 {
		t.Errorf("%s got something to read", which)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s was not closed", which)
	}
}

// Whoever is closed for another's sake while its message is being stored loses the
// answer, and not the message.
func TestConnectionClosedWhileStoring(t *testing.T) {
	h := open(t, func(c *Config) { c.Connections, c.Grace = 1, 5*time.Second })
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.broker.do = func(ctx context.Context) error {
		once.Do(func() {
			close(held)
			<-release
		})
		return ctx.Err()
	}
	addr, begin, ended := run(t, h)
	first := dial(t, addr, head("Content-Length: 2")+"{}")
	<-held
	second := dial(t, addr, "")
	gone(t, "the first", first)
	close(release)
	until(t, "the message is stored", func() bool { return len(h.broker.messages()) == 1 })
	_ = second.Close()
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}
