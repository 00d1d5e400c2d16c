package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// An erp is a server that counts what it did and answers in many shapes.
type erp struct {
	url     string
	effects atomic.Int64
}

func startERP(t *testing.T) *erp {
	t.Helper()
	e := &erp{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		e.effects.Add(1)
		switch r.URL.Path {
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		case "/chunks":
			for i := range 3 {
				_, _ = fmt.Fprintf(w, "part %d of an answer\n", i)
				_ = http.NewResponseController(w).Flush()
			}
			_, _ = w.Write(asked)
		case "/close":
			w.Header().Set("Connection", "close")
			w.Header().Set("Transfer-Encoding", "identity")
			_, _ = w.Write(asked)
		default:
			_, _ = w.Write(asked)
		}
	}))
	t.Cleanup(s.Close)
	e.url = s.URL
	return e
}

// post asks and returns what was answered, all of it or an error.
func post(t *testing.T, c *http.Client, method, url, body string, headers ...string) (string, error) {
	t.Helper()
	// A reader of a kind nobody knows is sent in chunks, and never sent again.
	req, err := http.NewRequestWithContext(t.Context(), method, url, io.MultiReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if name == "Content-Length" {
			req.ContentLength = int64(len(body))
		}
	}
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{ExpectContinueTimeout: 10 * time.Second}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second}
}

// Whatever an answer looks like: the effect is there, and the answer is not.
func TestEveryAnswerCut(t *testing.T) {
	e := startERP(t)
	p, url := through(t, e.url, HTTP)
	c := client(t)
	large := strings.Repeat("<line/>", 1<<16)
	var asked int64
	for _, at := range []Point{BeforeAnswer, MidAnswer} {
		for _, path := range []string{"/", "/chunks", "/close", "/nothing"} {
			for name, body := range map[string]string{"small": "<order/>", "large": large} {
				t.Run(string(at)+path+" "+name, func(t *testing.T) {
					arm(t, p, at, 1, 1)
					got, err := post(t, c, http.MethodPost, url+path, body)
					if err == nil {
						t.Fatalf("it was answered with %d bytes", len(got))
					}
					if at == MidAnswer && path != "/nothing" && got == "" {
						t.Errorf("nothing at all of the answer came: %v", err)
					}
					asked++
					if got := e.effects.Load(); got != asked {
						t.Fatalf("%d effects, want %d", got, asked)
					}
					arm(t, p, at, 0, 1)
					want, err := post(t, c, http.MethodPost, e.url+path, body)
					if err != nil {
						t.Fatal(err)
					}
					got, err = post(t, c, http.MethodPost, url+path, body)
					asked += 2
					if err != nil || got != want {
						t.Fatalf("not cut: %d bytes of %d, and %v", len(got), len(want), err)
					}
				})
			}
		}
	}
	if n := p.Counts(); n.Seen != 32 || n.Cut != 8 || n.Unread != 0 {
		t.Fatalf("%+v", n)
	}
}

// On a connection that is kept, each answer is told from the next.
func TestEachSecondAnswerCut(t *testing.T) {
	e := startERP(t)
	p, url := through(t, e.url, HTTP)
	c := client(t)
	if err := p.Cut(3, 2); err != nil {
		t.Fatal(err)
	}
	pattern := ""
	for range 10 {
		if got, err := post(t, c, http.MethodPost, url, "<order/>"); err != nil {
			pattern += "x"
		} else if got != "<order/>" {
			t.Fatal(got)
		} else {
			pattern += "."
		}
	}
	if pattern != ".x.x.x...." || e.effects.Load() != 10 {
		t.Fatalf("%s, %d effects", pattern, e.effects.Load())
	}
	if n := p.Counts(); n.Connections != 4 || n.Seen != 10 || n.Cut != 3 {
		t.Fatalf("%+v", n)
	}
}

func TestHTTPOfEveryShapePasses(t *testing.T) {
	e := startERP(t)
	p, url := through(t, e.url, HTTP)
	c := client(t)
	for _, ask := range []struct {
		method, path, body string
		headers            []string
		want               string
	}{
		{http.MethodGet, "/", "", nil, ""},
		{http.MethodHead, "/chunks", "", nil, ""},
		{http.MethodPost, "/", "<a/>", []string{"Content-Length: 4"}, "<a/>"},
		{http.MethodPost, "/", "<a/>", []string{"Expect: 100-continue"}, "<a/>"},
		{http.MethodPost, "/chunks", "<a/>", nil, "part 0 of an answer\npart 1 of an answer\npart 2 of an answer\n<a/>"},
	} {
		got, err := post(t, c, ask.method, url+ask.path, ask.body, ask.headers...)
		if err != nil || got != ask.want {
			t.Errorf("%s %s: %q %v", ask.method, ask.path, got, err)
		}
	}
	if n := p.Counts(); n.Seen != 5 || n.Connections != 1 || n.Unread != 0 {
		t.Fatalf("%+v", n)
	}
}

// Many at once, cut, delayed and reset: who got an answer had an effect, and
// nothing is left behind.
func TestManyAtOnce(t *testing.T) {
	e := startERP(t)
	p, url := through(t, e.url, HTTP)
	if err := p.Cut(-1, 3); err != nil {
		t.Fatal(err)
	}
	p.Delay(time.Millisecond)
	answered := make(chan int)
	for range 8 {
		go func() {
			n := 0
			defer func() { answered <- n }()
			c := client(t)
			for range 50 {
				if got, err := post(t, c, http.MethodPost, url, "<order/>"); err == nil && got == "<order/>" {
					n++
				}
			}
		}()
	}
	for range 10 {
		p.Reset()
		p.Block()
		p.Counts()
		p.Unblock()
	}
	total := 0
	for range 8 {
		total += <-answered
	}
	n := p.Counts()
	if total == 0 || total > n.Seen-n.Cut || int(e.effects.Load()) < n.Seen {
		t.Fatalf("%d answered, %d effects, %+v", total, e.effects.Load(), n)
	}
}

// An answer that is held up is one the server has given.
func TestDelay(t *testing.T) {
	e := startERP(t)
	p, url := through(t, e.url, HTTP)
	p.Delay(time.Hour)
	done := make(chan error, 1)
	c := client(t)
	go func() {
		_, err := post(t, c, http.MethodPost, url, "<order/>")
		done <- err
	}()
	eventually(t, "the answer", func() bool { return p.Counts().Seen == 1 })
	if e.effects.Load() != 1 {
		t.Fatal("there is no effect")
	}
	select {
	case err := <-done:
		t.Fatalf("it came through: %v", err)
	default:
	}
	p.Delay(0)
	p.Reset()
	if err := <-done; !isReset(err) {
		t.Fatalf("%v", err)
	}
	if got, err := post(t, c, http.MethodPost, url, "<order/>"); err != nil || got != "<order/>" {
		t.Fatalf("%q %v", got, err)
	}
}

// Bytes that come one by one go on one by one.
func TestATrickleIsNotHeldUp(t *testing.T) {
	told := make(chan byte)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		for b := range told {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
		}
	}))
	defer s.Close()
	_, url := through(t, s.URL, HTTP)
	c := client(t)
	go func() { told <- 'a' }()
	res, err := c.Post(url, "text/xml", bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 1)
	for i, want := range []byte("abc") {
		if i > 0 {
			told <- want
		}
		if _, err := io.ReadFull(res.Body, b); err != nil || b[0] != want {
			t.Fatalf("%q %v", b, err)
		}
	}
	close(told)
	if _, err := res.Body.Read(b); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}
