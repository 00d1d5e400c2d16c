package soap

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/hakooi/erpbridge"
)

func TestPostSendsWhatItIsGiven(t *testing.T) {
	const sent = `<ORDERS05><IDOC BEGIN="1"/></ORDERS05>`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != sent || r.Method != http.MethodPost {
			t.Errorf("%s of %q, %v", r.Method, body, err)
		}
		for name, want := range map[string]string{"Content-Type": "text/xml", "Soapaction": "", "X-Id": "7", "Authorization": "Bearer x"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if got, want := r.URL.RawQuery, "MessageId=a%2Fb&sap-client=100"; got != want {
			t.Errorf("query %s, want %s", got, want)
		}
	}))
	defer srv.Close()
	c := client(t, Options{URL: srv.URL + "/sap/bc/idoc_xml?sap-client=100", Authorize: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer x")
		return nil
	}})
	a, err := c.Post(t.Context(), "text/xml", []byte(sent),
		Extra{Header: http.Header{"X-Id": {"7"}}}, Extra{Query: url.Values{"MessageId": {"a/b"}}})
	if err != nil {
		t.Fatal(err)
	}
	if !a.Empty || a.Status != 200 {
		t.Errorf("%+v", a)
	}
}

func TestTheURLStaysAsItWasWritten(t *testing.T) {
	const written = "/WS/CRONUS%20USA%2C%20Inc./Page?b=2&a=%7e"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != written {
			t.Errorf("%s, want %s", r.RequestURI, written)
		}
	}))
	defer srv.Close()
	if err := call(t.Context(), t, Options{URL: srv.URL + written}); err != nil {
		t.Error(err)
	}
}

func TestPostJudgesAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		kind        erpbridge.Kind // "" for an Answer
		content     bool
		empty       bool
	}{
		"empty 200":              {status: 200, empty: true},
		"XML":                    {status: 200, body: "<a/>", content: true},
		"XML with 201":           {status: 201, body: "<a/>", content: true},
		"text":                   {status: 200, contentType: "text/plain", body: "0000000000000017"},
		"XML that is not read":   {status: 200, body: "<a><a/>"},
		"a page by its type":     {status: 200, contentType: "text/html; charset=utf-8", body: "logged off", kind: erpbridge.InDoubt},
		"a page by its look":     {status: 200, contentType: "text/plain", body: " \r\n<!DOCTYPE html><html>", kind: erpbridge.InDoubt},
		"a page without DOCTYPE": {status: 200, contentType: "text/xml", body: "<?xml version=\"1.0\"?><html xmlns=\"x\">", kind: erpbridge.InDoubt},
		"a page with a mark":     {status: 200, contentType: "text/xml", body: "\xEF\xBB\xBF<HTML>", kind: erpbridge.InDoubt},
		"500 with a page":        {status: 500, contentType: "text/html", body: "<html></html>", kind: erpbridge.InDoubt},
		"500 with XML":           {status: 500, body: "<a/>", kind: erpbridge.InDoubt},
		"400 with text":          {status: 400, contentType: "text/plain", body: "no", kind: erpbridge.InDoubt},
		"401 with a page":        {status: 401, contentType: "text/html", body: "<html></html>", kind: erpbridge.Refused},
		"403 with a page":        {status: 403, contentType: "text/html", body: "<html></html>", kind: erpbridge.Refused},
		"404 with a page":        {status: 404, contentType: "text/html", body: "<html></html>", kind: erpbridge.Refused},
		"302 to a log-on form":   {status: 302, kind: erpbridge.Refused},
		"429":                    {status: 429, kind: erpbridge.Throttled},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				w.Header().Set("X-Number", "17")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer srv.Close()
			a, err := client(t, Options{URL: srv.URL}).Post(t.Context(), "text/xml", []byte("<e/>"))
			if got := erpbridge.KindOf(err); got != c.kind {
				t.Fatalf("kind %q, want %q: %v", got, c.kind, err)
			}
			if err != nil {
				return
			}
			if a.Empty != c.empty || (a.Content != nil) != c.content || a.Fault != nil || string(a.Raw) != c.body || a.Header.Get("X-Number") != "17" {
				t.Errorf("%+v", a)
			}
		})
	}
}

// legs is a transport as a login has one: it reads the body itself.
type legs struct{ err error }

func (l legs) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return nil, l.err
}

func TestAWrappedTransportTellsWhetherTheRequestLeft(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want erpbridge.Kind
	}{
		"it knows":         {&erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("the second leg was not sent")}, erpbridge.Transient},
		"it does not know": {errors.New("cut"), erpbridge.InDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			var inner http.RoundTripper
			err := call(t.Context(), t, Options{URL: "http://erp.example/", Transport: func(next http.RoundTripper) http.RoundTripper {
				inner = next
				return legs{c.err}
			}})
			wantKind(t, c.want, err)
			if _, ok := inner.(*http.Transport); !ok {
				t.Errorf("the wrapper was given a %T", inner)
			}
		})
	}
}

func TestClientShowsItsCertificate(t *testing.T) {
	srv := clientCertificates(t)
	cert := srv.TLS.Certificates[0] // the server's own will do: it is only shown
	wantKind(t, "", call(t.Context(), t, Options{URL: srv.URL, RootCAs: pool(srv), Certificates: []tls.Certificate{cert}}))
	err := call(t.Context(), t, Options{URL: srv.URL, RootCAs: pool(srv)})
	if err == nil {
		t.Error("the server took a client without a certificate")
	}
}
