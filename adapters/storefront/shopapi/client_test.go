package shopapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func client(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	c, err := New("toy", Config{URL: srv.URL + "/api/", Timeout: 5 * time.Second}, 1000, func(r *http.Request) { r.Header.Set("X-Token", "secret-token") })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDo(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("X-Token"))
	})
	for want, r := range map[string]Request{
		"GET /api/orders?page=2 secret-token":    {Path: "/orders", Query: map[string][]string{"page": {"2"}}},
		"POST /api/orders secret-token":          {Path: "/orders", Body: []byte("{}")},
		"PUT /api/webhooks/%2E%2E/ secret-token": {Method: http.MethodPut, Path: "/webhooks/%2E%2E/", Body: []byte("{}")},
	} {
		res, err := c.Do(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(res.Body), "%252E", "%2E"); got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
	}
}

func TestDoRefused(t *testing.T) {
	tests := []struct {
		status int
		header string
		kind   erpbridge.Kind
		after  time.Duration
	}{
		{429, "2", erpbridge.Throttled, 2 * time.Second},
		{429, "1.5", erpbridge.Throttled, 1500 * time.Millisecond},
		{429, "9999999", erpbridge.Throttled, 0},
		{429, "soon", erpbridge.Throttled, 0},
		{503, "", erpbridge.Transient, 0},
		{500, "", erpbridge.Transient, 0},
		{401, "", erpbridge.Refused, 0},
		{403, "", erpbridge.Refused, 0},
		{302, "", erpbridge.Refused, 0},
		{404, "", erpbridge.Missing, 0},
		{410, "", erpbridge.Missing, 0},
		{400, "", erpbridge.Invalid, 0},
		{422, "", erpbridge.Invalid, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status, tt.header), func(t *testing.T) {
			asked := 0
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Location", "/elsewhere")
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte("no\x1b[31m\n" + strings.Repeat("x", 5000)))
			})
			_, err := c.Do(t.Context(), Request{Path: "/orders"})
			var e *erpbridge.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || e.After != tt.after {
				t.Fatalf("%v, want %s after %s", err, tt.kind, tt.after)
			}
			if asked != 1 {
				t.Errorf("asked %d times", asked)
			}
			if text := err.Error(); len(text) > 400 || strings.ContainsAny(text, "\x1b\n") || strings.Contains(text, "secret-token") {
				t.Errorf("the error says %q", text)
			}
		})
	}
}

func TestDoCut(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("half"))
	})
	if _, err := c.Do(t.Context(), Request{Path: "/"}); erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("a cut answer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, Request{Path: "/"}); erpbridge.KindOf(err) != erpbridge.Transient {
		t.Errorf("a cancelled request: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"", "is not an address"},
		{"shop.example.com", "is not an address"},
		{"ftp://shop.example.com", "does not begin with https"},
		{"http://shop.example.com", "in the clear"},
		{"https://user:password@shop.example.com", "is not an address"},
	} {
		if _, err := New("toy", Config{URL: tt.url}, 1, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.url, err, tt.want)
		}
	}
	if _, err := New("toy", Config{URL: "http://shop.example.com", Insecure: true}, 1, nil); err != nil {
		t.Error(err)
	}
}
