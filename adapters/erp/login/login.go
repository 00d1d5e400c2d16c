// Package login says who the bridge is: the ways in which ERPs that are spoken to
// over HTTP want to know it, and their settings.
//
//	basic        user and password with every request
//	ntlm         a Windows account, by NTLMv2
//	oauth2       a token for client credentials (RFC 6749, 4.4)
//	client_cert  a certificate shown in the TLS handshake
//
// What is promised:
//
//   - Nothing of a request has left before the login for it exists: without a
//     token, or without NTLM's challenge, the error says so by its Kind, and only
//     after InDoubt may the ERP have acted.
//   - No request is sent twice. NTLM opens its handshake with a request that has
//     no body and sends the real one once, as its last leg.
//   - Credentials go to the ERP and to the token endpoint, which are https or this
//     very machine, and nowhere else: no redirect is followed, no secret prints.
//
// A Login belongs to one target and may be used by many goroutines at once.
package login

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/hakooi/erpbridge"
)

// Config is the setting auth of a target: exactly one of its parts.
type Config struct {
	Basic      *Basic      `yaml:"basic"`
	NTLM       *NTLM       `yaml:"ntlm"`
	OAuth2     *OAuth2     `yaml:"oauth2"`
	ClientCert *ClientCert `yaml:"client_cert"`
}

// Basic is a user and password.
type Basic struct {
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
}

// NTLM is a Windows account.
type NTLM struct {
	Domain   string `yaml:"domain"` // may be missing where user is name@domain
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
}

// ClientCert is a certificate and its private key, both PEM. The certificate's
// file may hold the chain.
type ClientCert struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Check returns everything that is wrong with the settings, by their names below
// auth.
func (c *Config) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("auth"+format, args...)) }

	chosen := 0
	if b := c.Basic; b != nil {
		chosen++
		checkText(wrong, ".basic.user", b.User)
		checkSecret(wrong, ".basic.password", b.Password)
		if strings.Contains(b.User, ":") {
			wrong(".basic.user: must not hold a colon, where the password begins")
		}
	}
	if n := c.NTLM; n != nil {
		chosen++
		checkText(wrong, ".ntlm.user", n.User)
		checkSecret(wrong, ".ntlm.password", n.Password)
		if strings.Contains(n.User, `\`) {
			wrong(`.ntlm.user: the domain before the \ belongs into auth.ntlm.domain`)
		}
		if strings.ContainsAny(n.Domain, `\@`) {
			wrong(`.ntlm.domain: is the domain alone, without \ or @`)
		}
	}
	if o := c.OAuth2; o != nil {
		chosen++
		o.check(wrong)
	}
	if p := c.ClientCert; p != nil {
		chosen++
		checkText(wrong, ".client_cert.cert_file", p.CertFile)
		checkText(wrong, ".client_cert.key_file", p.KeyFile)
	}
	if chosen != 1 {
		wrong(": must have exactly one of basic, ntlm, oauth2 and client_cert, and has %d", chosen)
	}
	return errors.Join(errs...)
}

// CheckURL returns what is wrong with the URL of an ERP. It must be https, or this
// very machine; NTLM alone may also go over http, because it never shows the
// password. What is sent is then open to whoever listens on the way.
func (c *Config) CheckURL(raw string) error { return checkURL(raw, c.NTLM != nil) }

func checkURL(raw string, open bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("is not an http or https URL")
	case u.User != nil:
		return errors.New("must not hold credentials")
	case u.Scheme == "http" && !open && !loopback(u.Hostname()):
		return errors.New("must be https: credentials travel in every request")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func checkText(wrong func(string, ...any), name, value string) {
	switch {
	case value == "":
		wrong("%s is missing", name)
	case strings.TrimSpace(value) != value:
		wrong("%s has blanks or a line break around it", name)
	}
}

func checkSecret(wrong func(string, ...any), name string, value Secret) {
	checkText(wrong, name, string(value))
}

// A Login makes requests known to one ERP.
type Login struct {
	conf         Config
	certificates []tls.Certificate
	tokens       *tokens
}

// New returns the Login of settings that were checked. roots are the authorities
// the token endpoint is trusted by; nil: the system's.
func New(conf Config, roots *x509.CertPool) (*Login, error) {
	l := &Login{conf: conf}
	if p := conf.ClientCert; p != nil {
		cert, err := tls.LoadX509KeyPair(p.CertFile, p.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("auth.client_cert: %w", err)
		}
		l.certificates = []tls.Certificate{cert}
	}
	if conf.OAuth2 != nil {
		l.tokens = newTokens(*conf.OAuth2, roots)
	}
	return l, nil
}

// Roots reads the authorities of a ca_file; nil, the system's, if there is none.
func Roots(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: there is no certificate in %s", caFile)
	}
	return pool, nil
}

// Certificates returns what is shown in the TLS handshake, if anything is.
func (l *Login) Certificates() []tls.Certificate { return l.certificates }

// Authorize adds the Authorization header to a request. With oauth2 it may fetch a
// token first.
func (l *Login) Authorize(req *http.Request) error {
	switch {
	case l.conf.Basic != nil:
		req.SetBasicAuth(l.conf.Basic.User, string(l.conf.Basic.Password))
	case l.tokens != nil:
		token, err := l.tokens.get(req.Context())
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", bearer+token)
	}
	return nil
}

// Transport wraps the transport of a client whose requests Authorize has seen.
// With ntlm, next must be an *http.Transport: the login is bound to a connection,
// so each request has one to itself while it lasts.
func (l *Login) Transport(next http.RoundTripper) http.RoundTripper {
	switch {
	case l.conf.NTLM != nil:
		return newNTLMTransport(*l.conf.NTLM, next)
	case l.tokens != nil:
		return &tokenTransport{next: next, tokens: l.tokens}
	}
	return next
}

// RoundTripper returns a transport that does all of it, for clients that are made
// of nothing else. base is not changed.
func (l *Login) RoundTripper(base *http.Transport) http.RoundTripper {
	own := base.Clone()
	if len(l.certificates) > 0 {
		if own.TLSClientConfig == nil {
			own.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		own.TLSClientConfig.Certificates = l.certificates
	}
	return &authorizing{next: l.Transport(own), authorize: l.Authorize}
}

// Secrets returns what must never be told.
func (l *Login) Secrets() []string {
	var secrets []string
	if l.conf.Basic != nil {
		secrets = append(secrets, string(l.conf.Basic.Password))
	}
	if l.conf.NTLM != nil {
		secrets = append(secrets, string(l.conf.NTLM.Password))
	}
	if l.conf.OAuth2 != nil {
		secrets = append(secrets, string(l.conf.OAuth2.ClientSecret))
	}
	return secrets
}

// authorizing is a transport that authorizes a copy of each request.
type authorizing struct {
	next      http.RoundTripper
	authorize func(*http.Request) error
}

func (a *authorizing) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	if err := a.authorize(req); err != nil {
		closeBody(req)
		return nil, err
	}
	return a.next.RoundTrip(req)
}

// CloseIdleConnections lets go of idle connections.
func (a *authorizing) CloseIdleConnections() { closeIdle(a.next) }

func closeIdle(t http.RoundTripper) {
	if c, ok := t.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

func failed(op string, kind erpbridge.Kind, format string, args ...any) *erpbridge.Error {
	return &erpbridge.Error{Op: op, Kind: kind, Err: fmt.Errorf(format, args...)}
}
