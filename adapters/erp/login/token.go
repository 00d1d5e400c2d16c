package login

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// OAuth2 is a client that is known to a token endpoint.
type OAuth2 struct {
	TokenURL     string `yaml:"token_url"`
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"`
	Scope        string `yaml:"scope"` // several are separated by blanks
	// Resource is what endpoints want that know no scope, such as the first version
	// of Microsoft's.
	Resource string `yaml:"resource"`
	// Credentials says where id and secret are sent: body or header.
	Credentials string            `yaml:"credentials"`
	Parameters  map[string]string `yaml:"parameters"` // further ones, sent as they are
}

// reserved are the parameters that have settings of their own.
var reserved = []string{"grant_type", "client_id", "client_secret", "scope", "resource"}

func (o *OAuth2) check(wrong func(string, ...any)) {
	if o.TokenURL == "" {
		wrong(".oauth2.token_url is missing")
	} else if err := checkURL(o.TokenURL, false); err != nil {
		wrong(".oauth2.token_url: %w", err)
	}
	checkText(wrong, ".oauth2.client_id", o.ClientID)
	checkSecret(wrong, ".oauth2.client_secret", o.ClientSecret)
	if o.Credentials != "" && o.Credentials != "body" && o.Credentials != "header" {
		wrong(".oauth2.credentials: %q is neither body nor header", o.Credentials)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Parameters)) {
		if slices.Contains(reserved, name) {
			wrong(".oauth2.parameters: %s is not set here", name)
		}
	}
}

const (
	opToken = "login.Token"
	bearer  = "Bearer "
	// patience is how long a token may take, and maxToken how large its answer may
	// be.
	patience = 30 * time.Second
	maxToken = 64 << 10
	// A token is not used in the last part of its life: it could end on the way.
	margin = time.Minute
	// A token that was refused before it was ever accepted is not replaced at once,
	// so that a missing permission does not become a storm at the token endpoint.
	pause = time.Minute
)

// tokens keeps the one token of a target.
//
//	none ──fetch──▶ fresh ──accepted──▶ good ──401──▶ none
//	                  │ 401: none, after a pause       │ shortly before it ends: none
//
// Whoever needs a token while one is being fetched waits for that one, and shares
// its failure.
type tokens struct {
	conf   clientcredentials.Config
	client *http.Client
	secret string
	now    func() time.Time

	turn chan struct{} // held by who fetches

	mu       sync.Mutex
	token    string
	fetched  time.Time
	ends     time.Time // zero: it does not say
	accepted bool
	fetches  int // how many there were
	failure  error
}

func newTokens(o OAuth2, roots *x509.CertPool) *tokens {
	style := oauth2.AuthStyleInParams
	if o.Credentials == "header" {
		style = oauth2.AuthStyleInHeader
	}
	parameters := url.Values{}
	for name, value := range o.Parameters {
		parameters.Set(name, value)
	}
	if o.Resource != "" {
		parameters.Set("resource", o.Resource)
	}
	transport := &http.Transport{
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: maxToken,
		DisableCompression:     true,
		DisableKeepAlives:      true, // it is asked once an hour
	}
	return &tokens{
		conf: clientcredentials.Config{
			ClientID: o.ClientID, ClientSecret: string(o.ClientSecret), TokenURL: o.TokenURL,
			Scopes: strings.Fields(o.Scope), EndpointParams: parameters, AuthStyle: style,
		},
		client: &http.Client{
			Transport:     limited{transport},
			Timeout:       patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		secret: string(o.ClientSecret),
		now:    time.Now,
		turn:   make(chan struct{}, 1),
	}
}

// get returns a token that can be used, fetching one where there is none.
func (t *tokens) get(ctx context.Context) (string, error) {
	token, seen := t.cached()
	if token != "" {
		return token, nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", failed(opToken, erpbridge.Transient, "waiting for a token: %w", ctx.Err())
	}
	token, now := t.cached()
	if token != "" {
		return token, nil
	}
	if failure := t.lastFailure(); now != seen && failure != nil {
		return "", failure
	}
	return t.fetch(ctx)
}

// cached returns the token, if it can be used, and how many were fetched so far.
func (t *tokens) cached() (string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ends.IsZero() && !t.now().Before(t.ends.Add(-min(margin, t.ends.Sub(t.fetched)/10))) {
		t.token = ""
	}
	return t.token, t.fetches
}

func (t *tokens) lastFailure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failure
}

func (t *tokens) fetch(ctx context.Context) (string, error) {
	// That the library takes its client from the context is the library's way.
	got, err := t.conf.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err == nil && !strings.EqualFold(got.Type(), strings.TrimSpace(bearer)) {
		err = failed(opToken, erpbridge.Refused, "the token endpoint gave a token of the type %.40q, which is not known", got.Type())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		err = t.judge(ctx, err)
		if ctx.Err() == nil { // whose own time is over speaks for nobody else
			t.failure = err
			t.fetches++
		}
		return "", err
	}
	t.token, t.fetched, t.ends, t.accepted, t.failure = got.AccessToken, t.now(), got.Expiry, false, nil
	t.fetches++
	return t.token, nil
}

// judge gives the failure of a fetch its Kind.
//
//	network, 5xx, an answer that is none      Transient
//	429                                       Throttled
//	any other error, as invalid_client        Refused
func (t *tokens) judge(ctx context.Context, err error) error {
	var known *erpbridge.Error
	if errors.As(err, &known) {
		return err
	}
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		if u := (*url.Error)(nil); errors.As(err, &u) {
			err = u.Err // without the URL, which may tell a tenant
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return failed(opToken, erpbridge.Transient, "no token could be fetched: %s", t.plain(err.Error()))
	}
	status := answer.Response.StatusCode
	e := failed(opToken, erpbridge.Refused, "the token endpoint refused (HTTP %d): %s", status, cmp.Or(t.plain(answer.ErrorDescription), "it does not say why"))
	e.Code = t.plain(answer.ErrorCode)
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && answer.Response.Header.Get("Retry-After") != "":
		e.Kind, e.After = erpbridge.Throttled, soap.RetryAfter(answer.Response.Header, time.Now())
	case status >= 500, status == http.StatusRequestTimeout, answer.ErrorCode == "server_error", answer.ErrorCode == "temporarily_unavailable":
		e.Kind = erpbridge.Transient
	case status >= 300 && status < 400:
		e.Err = fmt.Errorf("the token endpoint redirects (HTTP %d), which is not followed; correct auth.oauth2.token_url", status)
	}
	return e
}

// plain makes the endpoint's words fit for an error: the first line of them, short,
// and without the secret.
func (t *tokens) plain(text string) string {
	if t.secret != "" {
		text = strings.ReplaceAll(text, t.secret, "***")
	}
	text, _, _ = strings.Cut(text, "\n")
	text = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}

// answered learns from the ERP's answer whether a token is any good.
func (t *tokens) answered(token string, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case token == "" || token != t.token:
	case status != http.StatusUnauthorized:
		t.accepted = true
	case t.accepted || !t.now().Before(t.fetched.Add(pause)):
		t.token = "" // the next attempt fetches another
	}
}

// tokenTransport tells the tokens what became of them.
type tokenTransport struct {
	next   http.RoundTripper
	tokens *tokens
}

// RoundTrip implements http.RoundTripper. A request that was refused is not sent
// again here: the next attempt brings a new token.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil {
		token, _ := strings.CutPrefix(req.Header.Get("Authorization"), bearer)
		t.tokens.answered(token, resp.StatusCode)
	}
	return resp, err
}

// CloseIdleConnections lets go of idle connections.
func (t *tokenTransport) CloseIdleConnections() { closeIdle(t.next) }

// limited keeps answers to a size that a token can have.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err == nil {
		resp.Body = limitedBody{io.LimitReader(resp.Body, maxToken), resp.Body}
	}
	return resp, err
}

type limitedBody struct {
	io.Reader
	io.Closer
}
