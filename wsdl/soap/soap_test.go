package soap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
)

func TestCallSendsWhatItIsGiven(t *testing.T) {
	const sent = `<e>ü` + "\r\n" + `</e>`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != sent || r.ContentLength != int64(len(sent)) {
			t.Errorf("body %q of %d bytes, %v", body, r.ContentLength, err)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/xml; charset=utf-8", "Soapaction": `"upsertList"`, "Cookie": "",
			"Idempotency-Key": "", "X-Idempotency-Key": "", "Accept-Encoding": "", "Authorization": "Bearer x",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		http.SetCookie(w, &http.Cookie{Name: "JSESSIONID", Value: "1"})
		_, _ = io.WriteString(w, envelope(`<r xmlns="urn:m">ok</r>`))
	}))
	defer srv.Close()
	c := client(t, Options{URL: srv.URL, Authorize: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer x")
		return nil
	}})
	for range 2 { // the second time a cookie could come back
		a, err := c.Call(t.Context(), "upsertList", []byte(sent))
		if err != nil {
			t.Fatal(err)
		}
		if !Is(a.Content, "urn:m", "r") || Text(a.Content) != "ok" || a.Fault != nil || a.Status != 200 {
			t.Errorf("%+v", a)
		}
	}
}

func TestCallReusesItsConnection(t *testing.T) {
	var conns atomic.Int32
	srv := httptest.NewUnstartedServer(answering(200, envelope(`<r/>`)))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c := client(t, Options{URL: srv.URL})
	for range 5 {
		if _, err := c.Call(t.Context(), "a", []byte("<e/>")); err != nil {
			t.Fatal(err)
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for 5 calls", n)
	}
}

func TestCallJudgesAnswers(t *testing.T) {
	fault := envelope(`<s:Fault><faultcode>s:Server</faultcode><faultstring>boom</faultstring></s:Fault>`)
	good := envelope(`<r/>`)
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		kind   erpbridge.Kind // "" for an Answer
		after  time.Duration
		fault  bool
		empty  bool
	}{
		"good":                        {status: 200, body: good},
		"fault with 500":              {status: 500, body: fault, fault: true},
		"fault with 200":              {status: 200, body: fault, fault: true},
		"fault with 400":              {status: 400, body: fault, fault: true},
		"fault with 503":              {status: 503, body: fault, fault: true},
		"empty 200":                   {status: 200, empty: true},
		"empty 202":                   {status: 202, empty: true},
		"empty 204":                   {status: 204, empty: true},
		"blank 200":                   {status: 200, body: " \r\n", empty: true},
		"empty 201":                   {status: 201, kind: erpbridge.InDoubt},
		"empty 500":                   {status: 500, kind: erpbridge.InDoubt},
		"500 without a fault":         {status: 500, body: good, kind: erpbridge.InDoubt},
		"500 with a page":             {status: 500, body: "<html><body>no</body></html>", kind: erpbridge.InDoubt},
		"502 with a page":             {status: 502, body: "<!DOCTYPE html><html></html>", kind: erpbridge.InDoubt},
		"200 with a page":             {status: 200, body: "<html></html>", kind: erpbridge.InDoubt},
		"200 with JSON":               {status: 200, body: `{"ok":true}`, kind: erpbridge.InDoubt},
		"200 cut short":               {status: 200, body: good[:len(good)-20], kind: erpbridge.InDoubt},
		"200 compressed":              {status: 200, body: good, header: http.Header{"Content-Encoding": {"gzip"}}, kind: erpbridge.InDoubt},
		"200 too large":               {status: 200, body: good + strings.Repeat(" ", MaxAnswer), kind: erpbridge.InDoubt},
		"200 in another charset":      {status: 200, body: "<a>\xFC</a>", header: http.Header{"Content-Type": {"text/xml; charset=utf-16"}}, kind: erpbridge.InDoubt},
		"503":                         {status: 503, kind: erpbridge.InDoubt},
		"503 with Retry-After":        {status: 503, body: fault, header: retryAfter("7"), kind: erpbridge.Throttled, after: 7 * time.Second},
		"429":                         {status: 429, kind: erpbridge.Throttled},
		"429 with seconds":            {status: 429, header: retryAfter("120"), kind: erpbridge.Throttled, after: 2 * time.Minute},
		"429 with a day":              {status: 429, header: retryAfter("86400"), kind: erpbridge.Throttled, after: time.Hour},
		"429 with ages":               {status: 429, header: retryAfter("99999999999999999999"), kind: erpbridge.Throttled, after: time.Hour},
		"429 with a date long past":   {status: 429, header: retryAfter("Fri, 31 Dec 1999 23:59:59 GMT"), kind: erpbridge.Throttled},
		"429 with a date far ahead":   {status: 429, header: retryAfter("Fri, 31 Dec 2999 23:59:59 GMT"), kind: erpbridge.Throttled, after: time.Hour},
		"429 with nonsense":           {status: 429, header: retryAfter("-5"), kind: erpbridge.Throttled},
		"401":                         {status: 401, kind: erpbridge.Refused},
		"403":                         {status: 403, body: fault, kind: erpbridge.Refused},
		"404":                         {status: 404, kind: erpbridge.Refused},
		"405":                         {status: 405, kind: erpbridge.Refused},
		"406, perhaps after the fact": {status: 406, kind: erpbridge.InDoubt},
		"407":                         {status: 407, kind: erpbridge.Refused},
		"410":                         {status: 410, kind: erpbridge.Refused},
		"411":                         {status: 411, kind: erpbridge.Refused},
		"413":                         {status: 413, body: "<html></html>", kind: erpbridge.Invalid},
		"413 with Retry-After":        {status: 413, header: retryAfter("7"), kind: erpbridge.Throttled, after: 7 * time.Second},
		"414":                         {status: 414, kind: erpbridge.Refused},
		"415":                         {status: 415, body: "<html></html>", kind: erpbridge.Refused},
		"415 with a fault":            {status: 415, body: fault, kind: erpbridge.Refused},
		"421":                         {status: 421, kind: erpbridge.Refused},
		"422":                         {status: 422, kind: erpbridge.InDoubt},
		"422 with a fault":            {status: 422, body: fault, fault: true},
		"425":                         {status: 425, kind: erpbridge.Transient},
		"426":                         {status: 426, kind: erpbridge.Refused},
		"431":                         {status: 431, kind: erpbridge.Refused},
		"501":                         {status: 501, kind: erpbridge.Refused},
		"504":                         {status: 504, kind: erpbridge.InDoubt},
		"505":                         {status: 505, kind: erpbridge.Refused},
		"301":                         {status: 301, header: http.Header{"Location": {"/elsewhere"}}, kind: erpbridge.Refused},
		"307":                         {status: 307, header: http.Header{"Location": {"http://other.example/"}}, kind: erpbridge.Refused},
		"308":                         {status: 308, header: http.Header{"Location": {"/elsewhere"}}, kind: erpbridge.Refused},
		"408":                         {status: 408, kind: erpbridge.Transient},
		"418, of which nobody thinks": {status: 418, kind: erpbridge.InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				for k, v := range c.header {
					w.Header()[k] = v
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer srv.Close()
			a, err := client(t, Options{URL: srv.URL}).Call(t.Context(), "a", []byte("<e/>"))
			if got := erpbridge.KindOf(err); got != c.kind {
				t.Fatalf("kind %q, want %q: %v", got, c.kind, err)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d requests for one call", n)
			}
			var e *erpbridge.Error
			if errors.As(err, &e) && e.After != c.after {
				t.Errorf("after %v, want %v", e.After, c.after)
			}
			if err == nil && (a.Empty != c.empty || (a.Fault != nil) != c.fault) {
				t.Errorf("empty %t, fault %v", a.Empty, a.Fault)
			}
		})
	}
}

func TestCallTellsWhetherTheRequestLeft(t *testing.T) {
	t.Run("connection refused", func(t *testing.T) {
		l := listen(t)
		url := "http://" + l.Addr().String()
		_ = l.Close()
		wantKind(t, erpbridge.Transient, call(t.Context(), t, Options{URL: url}))
	})
	t.Run("no such host", func(t *testing.T) {
		wantKind(t, erpbridge.Transient, call(t.Context(), t, Options{URL: "http://erp.invalid/"}))
	})
	t.Run("TLS that is not trusted", func(t *testing.T) {
		srv := quietTLS()
		defer srv.Close()
		wantKind(t, erpbridge.Transient, call(t.Context(), t, Options{URL: srv.URL}))
	})
	t.Run("TLS 1.1", func(t *testing.T) {
		srv := httptest.NewUnstartedServer(answering(200, envelope("<r/>")))
		srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		defer srv.Close()
		wantKind(t, erpbridge.Transient, call(t.Context(), t, Options{URL: srv.URL, RootCAs: pool(srv)}))
	})
	t.Run("TLS that is", func(t *testing.T) {
		srv := quietTLS()
		defer srv.Close()
		wantKind(t, "", call(t.Context(), t, Options{URL: srv.URL, RootCAs: pool(srv)}))
	})
	t.Run("nobody shakes hands", func(t *testing.T) {
		l := listen(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		wantKind(t, erpbridge.Transient, call(ctx, t, Options{URL: "https://" + l.Addr().String()}))
	})
	t.Run("context over before the start", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantKind(t, erpbridge.Transient, call(ctx, t, Options{URL: "http://127.0.0.1:1"}))
	})
	t.Run("no answer in time", func(t *testing.T) {
		release := make(chan struct{})
		srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		defer srv.Close()
		defer close(release)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		wantKind(t, erpbridge.InDoubt, call(ctx, t, Options{URL: srv.URL}))
	})
	t.Run("cut after the request", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}))
		defer srv.Close()
		wantKind(t, erpbridge.InDoubt, call(t.Context(), t, Options{URL: srv.URL}))
	})
	t.Run("cut within the answer", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(envelope("<r/>"))+10))
			_, _ = io.WriteString(w, envelope("<r/>"))
		}))
		defer srv.Close()
		wantKind(t, erpbridge.InDoubt, call(t.Context(), t, Options{URL: srv.URL}))
	})
}

// A kept-alive connection that dies under a request is where net/http likes to
// send again.
func TestCallIsOneRequestOnADyingConnection(t *testing.T) {
	var requests atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, envelope("<r/>"))
	}))
	defer srv.Close()
	c := client(t, Options{URL: srv.URL})
	if _, err := c.Call(t.Context(), "a", []byte("<e/>")); err != nil {
		t.Fatal(err)
	}
	_, err := c.Call(t.Context(), "a", []byte("<e/>"))
	wantKind(t, erpbridge.InDoubt, err)
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests for two calls", n)
	}
}

func TestCallWithoutAuthorization(t *testing.T) {
	for want, cause := range map[erpbridge.Kind]error{
		erpbridge.Transient: errors.New("no token today"),
		erpbridge.Refused:   &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("client unknown")},
	} {
		authorize := func(*http.Request) error { return cause }
		wantKind(t, want, call(t.Context(), t, Options{URL: "http://127.0.0.1:1", Authorize: authorize}))
	}
}

func TestNoProxyFromTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	if p := client(t, Options{URL: "http://erp.example/"}).http.Transport.(*http.Transport).Proxy; p != nil {
		t.Error("a proxy nobody configured")
	}
}

func TestNewClientRefuses(t *testing.T) {
	for _, u := range []string{"", "erp.example", "ftp://erp.example/", "file:///etc/passwd", "https://", "http://a b/"} {
		if _, err := NewClient(Options{URL: u}); err == nil {
			t.Errorf("%q was taken", u)
		}
	}
}

func TestErrorsDoNotTellTheURL(t *testing.T) {
	err := call(t.Context(), t, Options{URL: "http://user:hunter2@127.0.0.1:1/"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func call(ctx context.Context, t *testing.T, o Options) error {
	t.Helper()
	_, err := client(t, o).Call(ctx, "a", []byte("<e/>"))
	return err
}

func wantKind(t *testing.T, want erpbridge.Kind, err error) {
	t.Helper()
	if got := erpbridge.KindOf(err); got != want {
		t.Errorf("kind %q, want %q: %v", got, want, err)
	}
}

func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func retryAfter(v string) http.Header { return http.Header{"Retry-After": {v}} }

func quietTLS() *httptest.Server {
	srv := httptest.NewUnstartedServer(answering(200, envelope("<r/>")))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	return srv
}

func pool(srv *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(srv.Certificate())
	return p
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// clientCertificates is a server that wants some certificate of its clients.
func clientCertificates(t *testing.T) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(answering(200, envelope("<r/>")))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}
