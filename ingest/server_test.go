package ingest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// run serves h on a port of its own. begin begins the shutdown, and ended gives
// what Run returned.
func run(t testing.TB, h *house) (addr string, begin context.CancelFunc, ended <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx, l) }()
	return l.Addr().String(), cancel, done
}

func client(t testing.TB) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

func post(t testing.TB, addr string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/webhooks/shop-eu", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = signed("").Header
	return r
}

func TestRunFinishesWhatIsUnderWay(t *testing.T) {
	h := open(t, nil)
	held, release := make(chan struct{}), make(chan struct{})
	h.broker.do = func(context.Context) error {
		close(held)
		<-release
		return nil
	}
	addr, begin, ended := run(t, h)
	req, c := post(t, addr, strings.NewReader("{}")), client(t)
	status := make(chan int, 1)
	go func() {
		res, err := c.Do(req)
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		status <- res.StatusCode
	}()
	<-held
	begin()
	refuses(t, addr)
	select {
	case err := <-ended:
		t.Fatalf("Run returned %v with a request under way", err)
	default:
	}
	close(release)
	if code := <-status; code != 200 {
		t.Errorf("the one under way: %d", code)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// refuses waits until nobody listens at addr.
func refuses(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("still listening")
}

func TestRunCutsWhoNeverFinishes(t *testing.T) {
	h := open(t, func(c *Config) { c.Grace = time.Millisecond })
	addr, begin, ended := run(t, h)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST /webhooks/shop-eu HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	until(t, "the request arrives", func() bool {
		_, speaking := h.connections.counts()
		return speaking == 1
	})
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	if len(h.broker.messages()) != 0 {
		t.Error("half a body was published")
	}
}

func TestRunWaitsForWhatItCuts(t *testing.T) {
	h := open(t, func(c *Config) { c.Grace, c.Budget = time.Millisecond, 300*time.Millisecond })
	held := make(chan struct{})
	h.broker.do = func(ctx context.Context) error {
		close(held)
		return hang(ctx)
	}
	addr, begin, ended := run(t, h)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := post(t, addr, strings.NewReader("{}")).Write(conn); err != nil {
		t.Fatal(err)
	}
	<-held
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
	if len(h.inbox.messages()) != 1 {
		t.Error("Run returned before the webhook was stored")
	}
}

func TestRunTellsOfItsListener(t *testing.T) {
	h := open(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Run(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run = %v", err)
	}
}

func TestOverTheWire(t *testing.T) {
	h := open(t, nil)
	addr, begin, ended := run(t, h)
	c := client(t)
	for _, tt := range []struct {
		name string
		body io.Reader
		head func(http.Header)
		want int
	}{
		{"signed", strings.NewReader("{}"), nil, 200},
		{"chunked", io.MultiReader(strings.NewReader("{}")), nil, 200},
		{"chunked, too long", io.MultiReader(strings.NewReader(strings.Repeat("x", 101))), nil, 413},
		{"too long", strings.NewReader(strings.Repeat("x", 101)), nil, 413},
		{"too long a header", strings.NewReader("{}"), func(h http.Header) { h.Set("X", strings.Repeat("x", 32<<10)) }, 431},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := post(t, addr, tt.body)
			if tt.head != nil {
				tt.head(r.Header)
			}
			res, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != tt.want || res.ProtoMajor != 1 || res.Header.Get("Server") != "" {
				t.Errorf("%s, %s, Server %q; want %d", res.Status, res.Proto, res.Header.Get("Server"), tt.want)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Error(err)
			}
		})
	}
	begin()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}
