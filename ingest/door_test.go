package ingest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// asking is a storefront whose platform asks first.
type asking struct{ *shop }

func (asking) Challenge(query url.Values) (string, bool) {
	return query.Get("challenge"), query.Has("challenge")
}

func TestChallenge(t *testing.T) {
	for _, tt := range []struct {
		name, method, target string
		status               int
		body                 string
	}{
		{"asked", http.MethodGet, "/webhooks/shop-eu?challenge=a%2Bb%3Cscript%3E", 200, "a+b<script>"},
		{"asked with nothing", http.MethodGet, "/webhooks/shop-eu?challenge=", 200, ""},
		{"nothing asked", http.MethodGet, "/webhooks/shop-eu", 405, "json"},
		{"a query that is none", http.MethodGet, "/webhooks/shop-eu?challenge=%zz;", 405, "json"},
		{"a store that is never asked", http.MethodGet, "/webhooks/shop-us?challenge=x", 405, "json"},
		{"no store", http.MethodGet, "/webhooks/nobody?challenge=x", 405, "json"},
		{"HEAD", http.MethodHead, "/webhooks/shop-eu?challenge=x", 405, "json"},
		{"PUT", http.MethodPut, "/webhooks/shop-eu?challenge=x", 405, "json"},
		{"POST", http.MethodPost, "/webhooks/shop-eu?challenge=x", 401, "json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, nil)
			h.Gateway = with(t, h, map[string]erpbridge.Storefront{"shop-eu": asking{h.eu}, "shop-us": h.us})
			w := h.do(httptest.NewRequest(tt.method, tt.target, nil))
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d", w.Code, tt.status)
			}
			if tt.body == "json" {
				if !answerForm.MatchString(w.Body.String()) {
					t.Errorf("answer %q", w.Body)
				}
				return
			}
			want := http.Header{"Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}, "Cache-Control": {"no-store"}}
			if diff := cmp.Diff(want, w.Header()); w.Body.String() != tt.body || diff != "" {
				t.Errorf("answer %q\n%s", w.Body, diff)
			}
			if n := len(h.broker.messages()); n != 0 {
				t.Errorf("%d messages were stored", n)
			}
		})
	}
}

// with returns h's gateway with other stores.
func with(t *testing.T, h *house, stores map[string]erpbridge.Storefront) *Gateway {
	t.Helper()
	c := h.cfg
	c.Stores = stores
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The names that are none cost what the stores cost, each as often, and one name always
// the same: nothing about a name's cost says that it is none.
func TestStrangersCostWhatStoresCost(t *testing.T) {
	fronts := map[string]*shop{"a": {secret: "1"}, "b": {secret: "2"}, "c": {secret: "3"}}
	stores := map[string]erpbridge.Storefront{}
	for name, s := range fronts {
		stores[name] = s
	}
	h := open(t, nil)
	h.Gateway = with(t, h, stores)
	again := with(t, h, stores)
	const names = 600
	for i := range names {
		name := fmt.Sprintf("shop-%d", i)
		if h.doors.of(name).name != again.doors.of(name).name {
			t.Errorf("%s costs something else in the next process", name)
		}
		r := httptest.NewRequest(http.MethodPost, "/webhooks/"+name, nil)
		r.Header = signed("").Header
		if w := h.do(r); w.Code != http.StatusUnauthorized {
			t.Fatalf("status %d", w.Code)
		}
	}
	for name, s := range fronts {
		if n := s.verified(); n < names/3-75 || n > names/3+75 {
			t.Errorf("%d of %d strangers cost what store %s costs", n, names, name)
		}
	}
}

// A storefront that cannot check a signature at the moment is asked again later.
func TestSignatureThatCannotBeChecked(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		status int
		after  string
	}{
		{"its key cannot be fetched", &erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("dial tcp 10.0.0.7: refused")}, 503, "2"},
		{"the key server wants less", &erpbridge.Error{Kind: erpbridge.Throttled, After: 30 * time.Second, Err: errors.New("429")}, 503, "30"},
		{"the key server wants a day", &erpbridge.Error{Kind: erpbridge.Throttled, After: 24 * time.Hour, Err: errors.New("429")}, 503, "300"},
		{"wrapped", fmt.Errorf("adobe: %w", &erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("x")}), 503, "2"},
		{"it is not proven", &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("x")}, 401, ""},
		{"nobody knows", errors.New("x"), 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, nil)
			h.Gateway = with(t, h, map[string]erpbridge.Storefront{"shop-eu": unable{err: tt.err}})
			known := h.do(signed("{}"))
			stranger := signed("{}")
			stranger.URL.Path = "/webhooks/nobody"
			unknown := h.do(stranger)
			if known.Code != tt.status || known.Header().Get("Retry-After") != tt.after {
				t.Errorf("status %d, Retry-After %q; want %d, %q", known.Code, known.Header().Get("Retry-After"), tt.status, tt.after)
			}
			if diff := cmp.Diff(known.Header(), unknown.Header()); unknown.Code != known.Code || errorText(t, unknown) != errorText(t, known) || diff != "" {
				t.Errorf("a stranger is told %d %s\n%s", unknown.Code, unknown.Body, diff)
			}
			if n := len(h.broker.messages()) + len(h.inbox.messages()); n != 0 {
				t.Errorf("%d messages were stored", n)
			}
			if h.log.Len() != 2 {
				t.Errorf("log: %v", h.log.All())
			}
		})
	}
}

type unable struct {
	erpbridge.Storefront
	err error
}

func (u unable) Verify(m erpbridge.Message) (erpbridge.Message, error) { return m, u.err }

// FuzzWebhook: whatever the request line and headers are, there is one of the known
// answers, and only a signed body is stored, unchanged.
func FuzzWebhook(f *testing.F) {
	f.Add("POST", "/webhooks/shop-eu", "key-eu", "", "{}", int64(2))
	f.Add("GET", "/webhooks/shop-eu?challenge=1", "", "", "", int64(0))
	f.Add("POST", "/webhooks/%2e%2e", "key-us", "gzip", "x", int64(-1))
	f.Add("HEAD", "//webhooks/shop-us/", "key-us", "identity, identity", "x", int64(101))
	f.Add("POST", "/webhooks/shop-us", "key-us", " identity ", "\x00\xff", int64(1))
	f.Fuzz(func(t *testing.T, method, target, signature, encoding, body string, length int64) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		h := open(t, nil)
		r := signed(body)
		r.Method, r.URL, r.ContentLength = method, u, length
		r.Header.Set("Signature", signature)
		r.Header.Set("Content-Encoding", encoding)
		w := h.do(r)
		stored := h.broker.messages()
		switch {
		case w.Code == http.StatusOK && u.Path == "/healthz" || u.Path == "/readyz":
		case w.Code == http.StatusOK:
			if len(stored) != 1 || string(stored[0].Body) != body || method != http.MethodPost {
				t.Errorf("%s %q is taken: %d stored", method, target, len(stored))
			}
			if want := map[string]string{"shop-eu": "key-eu", "shop-us": "key-us"}[stored[0].Store]; signature != want {
				t.Errorf("%q is signed by %q", stored[0].Store, signature)
			}
		case w.Code < 400 || w.Code == http.StatusInternalServerError || len(stored) != 0:
			t.Errorf("%s %q: status %d, %d stored", method, target, w.Code, len(stored))
		}
	})
}
