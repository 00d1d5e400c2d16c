// Package soap speaks SOAP 1.1 and 1.2 over HTTP with ERPs, and trusts nothing
// they say. Post sends what is not SOAP, such as a plain IDoc, by the same rules.
//
// A call is one request and one answer. There are no retries in here, no
// redirects, no cookies and no proxy nobody configured; net/http cannot send the
// request a second time by itself. What is promised is that the caller always
// learns which of these happened:
//
//	Call ──▶ connected? ──no──▶ Transient          nothing was sent
//	             │yes
//	         body written ──▶ answer read and understood? ──no──▶ InDoubt
//	                              │yes
//	                              ├─▶ Answer with Content
//	                              ├─▶ Answer with Fault (whatever the HTTP status)
//	                              ├─▶ Answer that is Empty (200, 202 or 204 without a body)
//	                              ├─▶ Throttled (429, 503 with Retry-After), Refused (401, 403, 404, 415, a redirect ...)
//	                              └─▶ Invalid (413: this request is larger than they take)
//
// Answers are read by one strict reader (Parse) that builds the tree it checks,
// so that there are never two opinions of one message. encoding/xml alone merges
// two Bodies, takes text outside of the root and lets the last of two equal
// attributes win; see Parse for what is refused.
//
// Signatures in answers (WS-Security) are not verified: the authenticity of an
// answer rests on TLS. An answer that carries one is refused, rather than read
// as if the signature had been checked.
//
// A login that takes several requests (NTLM) comes as a Transport around this
// one's. A request that was answered with 401 was not acted upon, so only the
// last leg counts; which one that was, only the Transport knows, and its errors
// tell (see Options).
package soap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/fault"
)

// MaxAnswer is the largest answer that is read, in bytes.
const MaxAnswer = 10 << 20

// Options say where the other side is and how it is reached.
type Options struct {
	URL     string         // the endpoint, http or https
	RootCAs *x509.CertPool // nil: the system's
	Proxy   *url.URL       // nil: none; the environment is not asked
	// Version12 sends SOAP 1.2 and takes nothing else for an answer. Without it,
	// both are SOAP 1.1.
	Version12 bool
	// Certificates are shown to a server that asks the client for one.
	Certificates []tls.Certificate
	// Authorize adds what HTTP itself wants (an Authorization header) to a
	// request. It may be nil.
	Authorize func(*http.Request) error
	// Transport wraps the transport, for logins that need several requests, and
	// may be nil. What it is given is an *http.Transport. Where it returns an
	// *erpbridge.Error, that one's Kind is the call's; with any other error the
	// call is in doubt as soon as the wrapper has read from the body.
	Transport func(http.RoundTripper) http.RoundTripper
}

// A Client calls one endpoint. It may be used by many goroutines at once.
type Client struct {
	url       *url.URL
	version12 bool
	authorize func(*http.Request) error
	http      *http.Client
	idle      func()
}

// NewClient returns a Client, or an error if the URL is none.
func NewClient(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("%q is not an http or https URL", o.URL)
	}
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs, Certificates: o.Certificates},
		TLSHandshakeTimeout:    15 * time.Second,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second, // shorter than any server's, so that few requests meet a connection just closed
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // no bomb in gzip
		Protocols:              new(http.Protocols),
	}
	transport.Protocols.SetHTTP1(true)
	if o.Proxy != nil {
		transport.Proxy = http.ProxyURL(o.Proxy)
	}
	var tripper http.RoundTripper = transport
	if o.Transport != nil {
		tripper = o.Transport(transport)
	}
	return &Client{
		url:       u,
		version12: o.Version12,
		authorize: o.Authorize,
		idle:      transport.CloseIdleConnections,
		http: &http.Client{
			Transport: tripper,
			// A redirect is an answer like any other, and a refusal: a POST sent on
			// to another host would be a second attempt, at somebody else's.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// An Answer is an answer that was understood.
type Answer struct {
	Status int
	Header http.Header
	// Content is the one element of the Body; nil when there is none. After Post it
	// is the root of the document, or nil where the answer is not XML.
	Content *etree.Element
	Fault   *Fault // not nil: the other side refused; whether all of it is its own business
	Empty   bool   // 200, 202 or 204 with no body at all
	Raw     []byte // as received
}

// Extra is what a single call adds to a request.
type Extra struct {
	Header http.Header // set on the request, over what it has
	Query  url.Values  // added to the endpoint's own
}

// Call posts an envelope and returns the answer. The error is an
// *erpbridge.Error whose Kind tells whether the request can have arrived: only
// after InDoubt may the other side have acted on it.
func (c *Client) Call(ctx context.Context, action string, envelope []byte, extras ...Extra) (*Answer, error) {
	header := http.Header{}
	if c.version12 {
		header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+action+`"`)
		header.Set("Accept", "application/soap+xml")
	} else {
		header.Set("Content-Type", "text/xml; charset=utf-8")
		header["SOAPAction"] = []string{`"` + action + `"`} // spelled as in the specification, for servers that look
		header.Set("Accept", "text/xml")
	}
	read := parseEnvelope11
	if c.version12 {
		read = parseEnvelope12
	}
	return c.post(ctx, header, envelope, extras, read)
}

// Post posts a body that is not SOAP and returns the answer, by the same rules as
// Call. Any body of a 2xx that is not a web page is an answer: what it means is
// the caller's to say, from Content where it is XML and from Raw where it is not.
// A web page is what comes of a log-on form or an error, and leaves the request in
// doubt.
func (c *Client) Post(ctx context.Context, contentType string, body []byte, extras ...Extra) (*Answer, error) {
	header := http.Header{}
	header.Set("Content-Type", contentType)
	header.Set("Accept", "*/*")
	return c.post(ctx, header, body, extras, parsePlain)
}

func (c *Client) post(ctx context.Context, header http.Header, content []byte, extras []Extra, read reader) (*Answer, error) {
	if err := erpbridge.Pace(ctx); err != nil {
		return nil, err
	}
	body := NewBody(ctx, content)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint(extras), body)
	if err != nil {
		return nil, failed(erpbridge.Refused, err)
	}
	// NewRequest knows no length and makes no GetBody for a reader of its own
	// kind, so that the transport has nothing to send again.
	req.ContentLength = int64(len(content))
	req.Header = header
	req.Header.Set("User-Agent", "erpbridge")
	for _, x := range extras {
		for name, values := range x.Header {
			req.Header[name] = values
		}
	}
	if c.authorize != nil {
		if err := c.authorize(req); err != nil {
			return nil, unauthorized(err)
		}
	}
	var resp *http.Response
	if err := fault.Do("soap.send", func() (err error) {
		resp, err = c.http.Do(req) //nolint:bodyclose // it is, below
		return err
	}); err != nil {
		return nil, c.unanswered(err, body.Left())
	}
	var raw []byte
	err = fault.Do("soap.read", func() (err error) {
		raw, err = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
		return err
	})
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		err = fmt.Errorf("HTTP %d, then the answer broke off: %w", resp.StatusCode, err)
	case len(raw) > MaxAnswer:
		err = fmt.Errorf("HTTP %d with more than %d bytes", resp.StatusCode, MaxAnswer)
	}
	return judge(resp, raw, err, time.Now(), read)
}

// endpoint returns the URL with what extras add to its query.
func (c *Client) endpoint(extras []Extra) string {
	u := *c.url
	query := u.Query()
	more := false
	for _, x := range extras {
		for name, values := range x.Query {
			query[name], more = append(query[name], values...), true
		}
	}
	if more { // and as it was written otherwise
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// Close lets go of idle connections.
func (c *Client) Close() {
	c.http.CloseIdleConnections() // a wrapped transport's, where it has any
	c.idle()
}

// unauthorized is the error of a request that was not sent for want of what
// Authorize should have added. Where that error has no Kind it is a matter of
// time: a token that could not be fetched.
func unauthorized(err error) error {
	var known *erpbridge.Error
	if errors.As(err, &known) {
		return err
	}
	return failed(erpbridge.Transient, fmt.Errorf("not sent: %w", err))
}

// unanswered is the error of a request that got no HTTP answer.
func (c *Client) unanswered(err error, left bool) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the URL: it may hold credentials
	}
	var known *erpbridge.Error
	if errors.As(err, &known) {
		return err
	}
	if left {
		return failed(erpbridge.InDoubt, fmt.Errorf("the request left and no answer came: %w", err))
	}
	return failed(erpbridge.Transient, fmt.Errorf("not sent: %w", err))
}

// charset returns the charset parameter of a Content-Type.
func charset(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

func failed(kind erpbridge.Kind, err error) *erpbridge.Error {
	return &erpbridge.Error{Op: "soap.Call", Kind: kind, Err: err}
}
