package login

import (
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"

	"github.com/Azure/go-ntlmssp"

	"github.com/hakooi/erpbridge"
)

// An ntlmTransport logs on with NTLM, for each request anew:
//
//	POST without a body, NEGOTIATE ──▶ 401 with CHALLENGE
//	POST, AUTHENTICATE             ──▶ the answer, or 401: the account was not accepted
//
// Both legs go over one connection; the account is bound to it. The real body is
// part of the second leg only, so a server that takes requests without a login
// does not get it twice, and an error of the first leg means that nothing was
// sent. (The library's own transport sends the body with the first request, and
// returns the 401 of before when the last leg got no answer: an order that was
// taken would look refused. Only its messages are used.)
type ntlmTransport struct {
	user, password string
	base           *http.Transport // nil: there is none to make connections with

	mu     sync.Mutex
	scheme string // as the server wants it: NTLM, or Negotiate
	idle   []*http.Transport
}

const (
	opNTLM          = "login.NTLM"
	schemeNTLM      = "NTLM"
	schemeNegotiate = "Negotiate"
	// maxIdle is how many connections are kept open, and maxPage how much of the
	// page that comes with a challenge is read to keep its connection.
	maxIdle = 16
	maxPage = 1 << 20
)

func newNTLMTransport(c NTLM, next http.RoundTripper) *ntlmTransport {
	t := &ntlmTransport{user: c.User, password: string(c.Password), scheme: schemeNTLM}
	if c.Domain != "" {
		t.user = c.Domain + `\` + c.User
	}
	t.base, _ = next.(*http.Transport)
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *ntlmTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.base == nil {
		closeBody(req)
		return nil, failed(opNTLM, erpbridge.Refused, "NTLM needs an *http.Transport to make connections with")
	}
	line := t.take()
	var legs [2]net.Conn
	challenge, refused, err := t.negotiate(line, req, &legs[0])
	if err != nil || refused != nil {
		closeBody(req)
		return t.hand(refused, line), err
	}
	message, err := ntlmssp.NewAuthenticateMessage(challenge, t.user, t.password, nil)
	if err != nil {
		closeBody(req)
		t.put(line)
		return nil, failed(opNTLM, erpbridge.Refused, "the server's NTLM challenge cannot be answered: %w", err)
	}
	resp, err := line.RoundTrip(leg(req, req.Body, t.wanted(), message, &legs[1]))
	if err != nil {
		t.put(line)
		return nil, err // whether the body was read from tells the caller whether it left
	}
	if resp.StatusCode == http.StatusUnauthorized && legs[0] != legs[1] {
		drain(resp)
		t.put(line)
		return nil, failed(opNTLM, erpbridge.Transient, "the connection was lost between the legs of the NTLM handshake; nothing was taken")
	}
	return t.hand(resp, line), nil
}

// negotiate opens the handshake. It returns the challenge, or an answer that turns
// the request away, whoever asks.
func (t *ntlmTransport) negotiate(line *http.Transport, req *http.Request, conn *net.Conn) ([]byte, *http.Response, error) {
	message, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return nil, nil, err
	}
	for range 2 {
		resp, err := t.open(line, req, message, conn)
		if err != nil {
			t.put(line)
			return nil, nil, failed(opNTLM, erpbridge.Transient, "not sent: %w", err)
		}
		if resp.StatusCode != http.StatusUnauthorized {
			return t.unasked(line, resp)
		}
		drain(resp)
		challenge, offered := challengeOf(resp.Header, t.wanted())
		if len(challenge) > 0 {
			return challenge, nil, nil
		}
		if !t.switchTo(offered) {
			t.put(line)
			return nil, nil, failed(opNTLM, erpbridge.Refused, "the server does not log on with NTLM; it offers: %s", strings.Join(offered, ", "))
		}
	}
	t.put(line)
	return nil, nil, failed(opNTLM, erpbridge.Refused, "the server offers NTLM and sends no challenge")
}

// open sends the first leg. An idle connection may have been closed by the server;
// as this leg has no effect it is sent again.
func (t *ntlmTransport) open(line *http.Transport, req *http.Request, message []byte, conn *net.Conn) (*http.Response, error) {
	for again := true; ; again = false {
		used := false
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { used = i.Reused }}
		first := leg(req, http.NoBody, t.wanted(), message, conn)
		resp, err := line.RoundTrip(first.WithContext(httptrace.WithClientTrace(first.Context(), trace)))
		if err == nil || !used || !again || req.Context().Err() != nil {
			return resp, err
		}
	}
}

// unasked judges an answer to the first leg that is no challenge. It is about a
// request without a body, so what is in it means nothing for the real one.
func (t *ntlmTransport) unasked(line *http.Transport, resp *http.Response) ([]byte, *http.Response, error) {
	status := resp.StatusCode
	switch {
	case status >= 300 && status < 400,
		status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusGone,
		status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
		return nil, resp, nil
	}
	drain(resp)
	t.put(line)
	if status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly {
		return nil, nil, failed(opNTLM, erpbridge.Transient, "not sent: HTTP %d came instead of an NTLM challenge", status)
	}
	return nil, nil, failed(opNTLM, erpbridge.Refused, "the server does not ask for NTLM: it answered HTTP %d at once", status)
}

// leg returns a request of the handshake.
func leg(req *http.Request, body io.ReadCloser, scheme string, message []byte, conn *net.Conn) *http.Request {
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { *conn = i.Conn },
	})
	l := req.Clone(ctx)
	l.Body, l.GetBody = body, nil
	if body == http.NoBody {
		l.ContentLength = 0
	}
	l.Header.Set("Authorization", scheme+" "+base64.StdEncoding.EncodeToString(message))
	return l
}

// challengeOf returns the challenge in an answer, and the schemes it offers.
func challengeOf(h http.Header, scheme string) (challenge []byte, offered []string) {
	for value := range strings.SplitSeq(strings.Join(h.Values("WWW-Authenticate"), ","), ",") {
		name, token, _ := strings.Cut(strings.TrimSpace(value), " ")
		offered = append(offered, name)
		if !strings.EqualFold(name, scheme) {
			continue
		}
		if raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token)); err == nil {
			challenge = raw
		}
	}
	return challenge, offered
}

func (t *ntlmTransport) wanted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.scheme
}

// switchTo takes the other scheme if the server offers it and not the present one.
func (t *ntlmTransport) switchTo(offered []string) bool {
	has := func(scheme string) bool {
		for _, o := range offered {
			if strings.EqualFold(o, scheme) {
				return true
			}
		}
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if has(t.scheme) {
		return true
	}
	for _, other := range []string{schemeNTLM, schemeNegotiate} {
		if has(other) {
			t.scheme = other
			return true
		}
	}
	return false
}

// take returns a transport of one connection that nobody else uses.
func (t *ntlmTransport) take() *http.Transport {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.idle); n > 0 {
		line := t.idle[n-1]
		t.idle = t.idle[:n-1]
		return line
	}
	line := t.base.Clone()
	line.MaxConnsPerHost, line.MaxIdleConnsPerHost = 1, 1
	return line
}

func (t *ntlmTransport) put(line *http.Transport) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.idle) >= maxIdle {
		line.CloseIdleConnections()
		return
	}
	t.idle = append(t.idle, line)
}

// CloseIdleConnections lets go of idle connections.
func (t *ntlmTransport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range t.idle {
		line.CloseIdleConnections()
	}
	t.idle = nil
}

// hand returns an answer that gives its connection back once its body is closed.
func (t *ntlmTransport) hand(resp *http.Response, line *http.Transport) *http.Response {
	if resp != nil {
		resp.Body = &handedBody{ReadCloser: resp.Body, done: func() { t.put(line) }}
	}
	return resp
}

type handedBody struct {
	io.ReadCloser
	once sync.Once
	done func()
}

// Close closes the body and gives the connection back.
func (b *handedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.done)
	return err
}

// drain reads a page to its end, so that its connection can be used again.
func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxPage)
	_ = resp.Body.Close()
}
