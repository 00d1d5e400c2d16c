package ingest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// Whatever way a request ends, its places and its memory are given back.
func TestNothingIsKeptOfARequest(t *testing.T) {
	h := open(t, func(c *Config) {
		c.MaxBody = 256 << 10
		c.Memory = 2 * c.MaxBody
		c.Concurrency, c.PerStore = 8, 4
	})
	big := strings.Repeat("x", 200<<10)
	kinds := map[string]func() *http.Request{
		"good":      func() *http.Request { return signed("{}") },
		"long":      func() *http.Request { return signed(big) },
		"too long":  func() *http.Request { return signed(big + big) },
		"head":      func() *http.Request { r := signed("{}"); r.Method = http.MethodHead; return r },
		"options":   func() *http.Request { r := signed("{}"); r.Method = http.MethodOptions; return r },
		"challenge": func() *http.Request { r := signed(""); r.Method = http.MethodGet; return r },
		"encoded":   func() *http.Request { r := signed("{}"); r.Header.Set("Content-Encoding", "gzip"); return r },
		"panics":    func() *http.Request { r := signed(big); r.Header.Set("Topic", "panic"); return r },
		"unproven":  func() *http.Request { r := signed(big); r.Header.Set("Signature", "no"); return r },
		"unnamed":   func() *http.Request { r := signed(big); r.Header.Del("Delivery"); return r },
		"stranger":  func() *http.Request { r := signed(big); r.URL.Path = "/webhooks/nobody"; return r },
		"endless": func() *http.Request {
			r := signed("")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(big+big+big)), -1
			return r
		},
		"torn": func() *http.Request {
			r := signed("")
			r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(big), iotest.ErrReader(errors.New("reset")))), int64(len(big)+10)
			return r
		},
	}
	var wg sync.WaitGroup
	for name, request := range kinds {
		for range 20 {
			wg.Go(func() {
				if w := h.do(request()); w.Code == 0 {
					t.Errorf("%s: no answer", name)
				}
			})
		}
	}
	wg.Wait()
	if n := len(h.places); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
	for name, d := range h.doors.named {
		if n := len(d.places); n != 0 {
			t.Errorf("%d places of %s are still taken", n, name)
		}
	}
	for _, d := range h.doors.decoys {
		if n := len(d.places); n != 0 {
			t.Errorf("%d places of strangers are still taken", n)
		}
	}
	if left := h.memory.left.Load(); left != h.cfg.Memory {
		t.Errorf("%d bytes of memory are left of %d", left, h.cfg.Memory)
	}
}
