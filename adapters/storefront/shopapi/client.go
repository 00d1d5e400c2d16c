// Package shopapi is how the bridge asks a shop: one HTTP request, one answer, and an
// error whose kind says what to do about it.
//
//	Do ──▶ 2xx            the answer, read to its end within a limit
//	   ──▶ 429            Throttled, with the shop's Retry-After
//	   ──▶ 5xx, no answer Transient
//	   ──▶ 401, 403, 3xx  Refused: a token or an address is wrong, an operator must act
//	   ──▶ 404, 410       Missing
//	   ──▶ other 4xx      Invalid
//
// A request is sent once; repeating is for the caller. Redirects are not followed: a
// token must not travel to where a redirect says. TLS is verified, and plain HTTP goes
// to this machine only, unless the settings allow it. What an answer says is clipped
// before it becomes part of an error, and no token ever is.
package shopapi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/hakooi/erpbridge"
)

// Config is what all shops' APIs have in common. It is part of an adapter's settings.
type Config struct {
	// URL is where the API begins, such as "https://shop.example.com".
	URL string `yaml:"url"`
	// Rate is how many requests may begin in a second. Default: the adapter's.
	Rate int `yaml:"rate"`
	// Timeout is for one request and its answer. Default: 30 s.
	Timeout time.Duration `yaml:"timeout"`
	// CAFile holds the certificates to trust instead of the system's.
	CAFile string `yaml:"ca_file"`
	// Insecure allows plain HTTP to another machine.
	Insecure bool `yaml:"insecure"`
}

// A Client asks one shop. It is safe for use by many goroutines.
type Client struct {
	op        string
	base      *url.URL
	authorize func(*http.Request)
	http      *http.Client
	turns     *rate.Limiter
	reset     string // see ResetHeader
}

const (
	largest  = 64 << 20 // of an answer: a page of 250 orders of 250 lines
	slowest  = 30 * time.Second
	longWait = time.Hour     // the longest a Retry-After makes anybody wait
	nonsense = 24 * longWait // a longer one is no number of seconds, and counts for none
)

// New returns a client of the API at conf.URL. op is where its errors are from, such as
// "shopify"; authorize adds the credentials to a request; perSecond is the rate where
// the settings have none. Its errors name the setting.
func New(op string, conf Config, perSecond int, authorize func(*http.Request)) (*Client, error) {
	base, err := url.Parse(conf.URL)
	switch {
	case err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("url: %q is not an address; write one such as https://shop.example.com", clip(conf.URL))
	case base.Scheme == "https", base.Scheme == "http" && (conf.Insecure || loopback(base.Hostname())):
	case base.Scheme == "http":
		return nil, fmt.Errorf("url: %q would send the token over the network in the clear; write https, or set insecure: true inside a private network", clip(conf.URL))
	default:
		return nil, fmt.Errorf("url: %q does not begin with https://", clip(conf.URL))
	}
	if conf.Rate < 0 || conf.Timeout < 0 {
		return nil, errors.New("rate and timeout: must not be negative")
	}
	roots, err := readRoots(conf.CAFile)
	if err != nil {
		return nil, err
	}
	base.Path = strings.TrimRight(base.Path, "/")
	perSecond = cmp.Or(conf.Rate, perSecond)
	return &Client{
		op: op, base: base, authorize: authorize,
		turns: rate.NewLimiter(rate.Limit(perSecond), max(perSecond, 1)),
		http: &http.Client{
			Timeout:       cmp.Or(conf.Timeout, slowest),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy:                 http.ProxyFromEnvironment,
				TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
				MaxIdleConnsPerHost:   8,
				IdleConnTimeout:       time.Minute,
				TLSHandshakeTimeout:   10 * time.Second,
				ResponseHeaderTimeout: cmp.Or(conf.Timeout, slowest),
				ForceAttemptHTTP2:     true,
			},
		},
	}, nil
}

func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file) // #nosec G304 -- the operator's own configuration
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate", file)
	}
	return roots, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// A Request is what is asked. Path is below Config.URL and begins with a slash.
type Request struct {
	Method string // default: GET, or POST with a body
	Path   string
	Query  url.Values
	Body   []byte // JSON
}

// A Response is a 2xx answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends r once, in its turn, and returns the answer. ctx bounds the wait for the
// turn, too.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if err := c.turns.Wait(ctx); err != nil {
		return nil, c.fail(erpbridge.Transient, fmt.Errorf("waiting for a turn: %w", err))
	}
	at := *c.base
	at.Path += r.Path
	at.RawQuery = r.Query.Encode()
	method := r.Method
	var body io.Reader
	if r.Body != nil {
		method, body = cmp.Or(method, http.MethodPost), bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, cmp.Or(method, http.MethodGet), at.String(), body)
	if err != nil {
		return nil, c.fail(erpbridge.Invalid, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "erpbridge")
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.authorize(req)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.fail(erpbridge.Transient, unaddressed(err))
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, largest+1))
	switch {
	case err != nil:
		return nil, c.fail(erpbridge.Transient, fmt.Errorf("reading the answer: %w", unaddressed(err)))
	case len(answer) > largest:
		return nil, c.fail(erpbridge.Invalid, fmt.Errorf("the answer is longer than %d MiB", largest>>20))
	}
	if res.StatusCode/100 == 2 {
		return &Response{res.StatusCode, res.Header, answer}, nil
	}
	return nil, c.refusal(r.Path, res, answer)
}

// refusal makes an error of an answer that is not 2xx.
func (c *Client) refusal(path string, res *http.Response, answer []byte) error {
	err := &erpbridge.Error{Op: c.op, Code: strconv.Itoa(res.StatusCode)}
	said := res.Status
	if text := clip(printable(string(answer))); text != "" {
		said += ": " + text
	}
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		err.Kind, err.After = erpbridge.Throttled, c.throttle(res.Header, time.Now())
	case res.StatusCode >= 500, res.StatusCode == http.StatusRequestTimeout:
		err.Kind, err.After = erpbridge.Transient, retryAfter(res.Header, time.Now())
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		err.Kind, said = erpbridge.Refused, said+": check the token and its rights"
	case res.StatusCode/100 == 3:
		err.Kind, said = erpbridge.Refused, said+": the address in the configuration is not the API's own"
	case res.StatusCode == http.StatusNotFound, res.StatusCode == http.StatusGone:
		err.Kind = erpbridge.Missing
	default:
		err.Kind = erpbridge.Invalid
	}
	err.Err = fmt.Errorf("the shop answered %s with %s", path, said)
	return err
}

func (c *Client) fail(kind erpbridge.Kind, err error) error {
	return &erpbridge.Error{Op: c.op, Kind: kind, Err: err}
}

// unaddressed returns the cause of an error of net/http, without the address: a query
// may hold what is nobody's business.
func unaddressed(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// retryAfter reads Retry-After, in seconds or as a date; 0 where there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	wait := time.Duration(0)
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds <= nonsense.Seconds() {
		wait = time.Duration(min(seconds, longWait.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longWait)
}

// printable leaves out what a terminal or a log could take for more than text.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, strings.TrimSpace(s))
}

func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
