package fo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 10 << 20

// A client makes single requests. There are no retries in here, no redirects, no cookies,
// and net/http cannot send a request a second time by itself.
type client struct {
	api       *http.Client
	authorize func(*http.Request) error // adds the token
	storage   *http.Client              // blob storage: the URL is the authorisation
	secrets   []string

	mu   sync.Mutex
	good string          // the Authorization that was accepted last
	away map[string]bool // paths that a good one was refused at last
}

// newTransport returns a transport for answers nobody trusts.
func newTransport(roots *x509.CertPool) *http.Transport {
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    15 * time.Second,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // no bomb in gzip
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	return t
}

// A request is one request.
type request struct {
	op          string // of the error
	method, url string
	contentType string
	body        []byte
	header      map[string]string
	storage     bool // to blob storage, without our token
	// effect: the request does something that doing twice would matter. Without an answer
	// it is in doubt; any other can be asked again.
	effect bool
	// absent: 404 says that the thing asked for is not there, and is a reply.
	absent bool
}

// A reply is an answer whose status alone decided nothing bad.
type reply struct {
	status int
	raw    []byte
}

// do makes one request. The reply has a status of 2xx, or 404 where that was expected; everything else is an error whose
// Kind says what to do.
func (c *client) do(ctx context.Context, r request) (*reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, c.fail(r.op, erpbridge.Transient, fmt.Errorf("not sent: %w", err))
	}
	if !r.storage { // it is not Dynamics that has to survive that
		if err := erpbridge.Pace(ctx); err != nil {
			return nil, err
		}
	}
	body := soap.NewBody(ctx, r.body)
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, c.fail(r.op, erpbridge.Refused, errors.New("the URL is none"))
	}
	// NewRequest makes no GetBody for a reader of its own kind, so that the transport has
	// nothing to send again.
	if req.ContentLength = int64(len(r.body)); req.ContentLength == 0 {
		req.Body = http.NoBody
	}
	req.Header.Set("User-Agent", "erpbridge")
	if !r.storage {
		req.Header.Set("Accept", "application/json")
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	via := c.storage
	if !r.storage {
		via = c.api
		if err := c.authorize(req); err != nil {
			return nil, c.unauthorized(r, err)
		}
	}
	resp, err := via.Do(req)
	if err != nil {
		return nil, c.unanswered(r, err, body.Left())
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		err = fmt.Errorf("HTTP %d, then the answer broke off: %w", resp.StatusCode, err)
	case len(raw) > maxAnswer:
		err = fmt.Errorf("HTTP %d with more than %d bytes", resp.StatusCode, maxAnswer)
	}
	return c.judge(r, resp, raw, err, c.ended(req, resp.StatusCode))
}

// ended reports whether a token was refused that was good before: it may have ended, and
// the next attempt brings another. One that never was any good is for a person, and so is
// a service that refuses the next one too: then it is not the token.
func (c *client) ended(req *http.Request, status int) bool {
	token := req.Header.Get("Authorization")
	if token == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if status != http.StatusUnauthorized {
		c.good = token
		delete(c.away, req.URL.Path)
		return false
	}
	first := token == c.good && !c.away[req.URL.Path]
	if c.away == nil {
		c.away = map[string]bool{}
	}
	c.away[req.URL.Path] = true
	return first
}

// unauthorized is the error of a request that was not sent for want of a token.
func (c *client) unauthorized(r request, err error) error {
	told := c.fail(r.op, erpbridge.Transient, fmt.Errorf("not sent: %w", err))
	var known *erpbridge.Error
	if errors.As(err, &known) {
		told.Kind, told.Code, told.After = known.Kind, known.Code, known.After
	}
	return told
}

// judge decides what an HTTP answer means.
//
//	429, 503 with Retry-After     Throttled: the request was turned away
//	a status of the table         its Kind
//	4xx, understood               the Kind of its words; unknown words: Invalid, said of the whole request
//	5xx, understood               the Kind of its words; unknown words: nobody knows how far it came
//	5xx, and what broke off       nobody knows either
//	2xx                           the reply
//
// What nobody knows is InDoubt where doing it twice would matter, and Transient elsewhere.
func (c *client) judge(r request, resp *http.Response, raw []byte, broken error, ended bool) (*reply, error) {
	status := resp.StatusCode
	if ended {
		return nil, c.fail(r.op, erpbridge.Transient, errors.New("HTTP 401: the token has ended, the next attempt brings another"))
	}
	retryAfter := resp.Header.Get("Retry-After")
	words := explain(raw)
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && retryAfter != "" {
		e := c.fail(r.op, erpbridge.Throttled, fmt.Errorf("HTTP %d: F&O asks for less", status))
		e.After = soap.RetryAfter(resp.Header, time.Now())
		return nil, e
	}
	if r.absent && status == http.StatusNotFound && broken == nil {
		return &reply{status: status}, nil
	}
	if kind, ok := statuses[status]; ok {
		return nil, c.fail(r.op, kind, refusal(status, resp, words))
	}
	switch {
	case broken != nil:
		return nil, c.fail(r.op, r.nobodyKnows(), broken)
	case status >= 200 && status <= 299:
		return &reply{status: status, raw: raw}, nil
	case words == "":
		return nil, c.fail(r.op, r.nobodyKnows(), fmt.Errorf("HTTP %d, and nothing that could be understood", status))
	}
	kind, code, known := kindOf(words)
	switch {
	case !known && status >= 500:
		kind = r.nobodyKnows()
	case !known:
		kind = erpbridge.Invalid
	case r.effect && kind == erpbridge.Transient && code != "parallel-call" && code != "maintenance":
		kind = erpbridge.InDoubt // a deadlock says nothing of what was done before it
	}
	e := c.fail(r.op, kind, fmt.Errorf("HTTP %d: %s", status, words))
	e.Code = code
	return nil, e
}

// refusal words a status of the table.
func refusal(status int, resp *http.Response, words string) error {
	text := fmt.Sprintf("HTTP %d", status)
	switch {
	case status >= 300 && status <= 399:
		to, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
		text += ": redirected to " + clip(to, 200) + ", which is not followed; correct the URL"
	case status == http.StatusUnauthorized:
		text += ": the token was not accepted: enter the client id in F&O (System administration, Microsoft Entra applications), and check auth.oauth2.scope"
	case status == http.StatusForbidden:
		text += ": no permission: the user of the application lacks a role for data management, or the recurring job is not this application's"
	case status == http.StatusNotFound:
		text += ": there is no such service, activity or entity: check url, activity_id and entities"
	case status == http.StatusRequestEntityTooLarge:
		text += ": too large: lower delivery.batch"
	}
	if words != "" {
		text += " (" + words + ")"
	}
	return errors.New(text)
}

// nobodyKnows is the kind of a request of which it is not known how far it came.
func (r request) nobodyKnows() erpbridge.Kind {
	if r.effect {
		return erpbridge.InDoubt
	}
	return erpbridge.Transient
}

// unanswered is the error of a request that got no HTTP answer.
func (c *client) unanswered(r request, err error, left bool) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the URL: blob storage's is a password
	}
	if left && r.effect {
		return c.fail(r.op, erpbridge.InDoubt, fmt.Errorf("the request left and no answer came: %w", err))
	}
	return c.fail(r.op, erpbridge.Transient, fmt.Errorf("no answer: %w", err))
}

// fail makes an error whose words are fit to be stored and mailed.
func (c *client) fail(op string, kind erpbridge.Kind, err error) *erpbridge.Error {
	return &erpbridge.Error{Op: op, Kind: kind, Err: errors.New(c.reason(err.Error()))}
}

// reason makes foreign words fit to be stored, logged and mailed: no secret of ours, and
// no signature of a storage URL.
func (c *client) reason(text string) string {
	return soap.Reason(withoutSignatures(text), c.secrets...)
}

// close lets go of idle connections.
func (c *client) close() {
	c.api.CloseIdleConnections()
	c.storage.CloseIdleConnections()
}
