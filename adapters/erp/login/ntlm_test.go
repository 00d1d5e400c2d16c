package login

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // NTLM is made of it
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/Azure/go-ntlmssp"
	"golang.org/x/crypto/md4" //nolint:staticcheck // and of this

	"github.com/hakooi/erpbridge"
)

var account = NTLM{Domain: "CONTOSO", User: "bridge", Password: "pässwörd"}

// A windows is a server that logs connections on with NTLMv2, as IIS does, and
// counts the bodies it acted upon.
type windows struct {
	scheme string // that it offers
	before func(w http.ResponseWriter, r *http.Request, message int) bool

	mu       sync.Mutex
	lines    map[string]*line // by the connection's address
	requests []string         // NEGOTIATE, AUTHENTICATE or anonymous, with the length of the body
	acted    []string         // the bodies
	conns    map[string]bool
}

type line struct{ challenge []byte }

func (s *windows) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines, s.conns = map[string]*line{}, map[string]bool{}
	}
	s.conns[r.RemoteAddr] = true
	message, kind := s.message(r)
	s.requests = append(s.requests, fmt.Sprintf("%s %d", map[int]string{0: "anonymous", 1: "NEGOTIATE", 3: "AUTHENTICATE"}[kind], len(body)))
	if s.before != nil && s.before(w, r, kind) {
		return
	}
	switch {
	case kind == 1:
		challenge := []byte("12345678")
		s.lines[r.RemoteAddr] = &line{challenge}
		s.deny(w, " "+base64.StdEncoding.EncodeToString(challengeMessage(challenge)))
	case kind == 3 && s.lines[r.RemoteAddr] != nil && proves(message, s.lines[r.RemoteAddr].challenge):
		delete(s.lines, r.RemoteAddr)
		s.acted = append(s.acted, string(body))
		_, _ = io.WriteString(w, "done")
	default:
		s.deny(w, "")
	}
}

func (s *windows) deny(w http.ResponseWriter, token string) {
	w.Header().Add("WWW-Authenticate", s.scheme+token)
	w.Header().Add("WWW-Authenticate", `Digest realm="x"`)
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(w, "<html>"+strings.Repeat("you are not authorized ", 300)+"</html>")
}

// message returns the NTLM message of a request and which one it is.
func (s *windows) message(r *http.Request) ([]byte, int) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), s.scheme+" ")
	raw, err := base64.StdEncoding.DecodeString(token)
	if !ok || err != nil || len(raw) < 12 {
		return nil, 0
	}
	return raw, int(binary.LittleEndian.Uint32(raw[8:]))
}

// challengeMessage writes a CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2).
func challengeMessage(challenge []byte) []byte {
	name := utf16LE("CONTOSO")
	info := append([]byte{2, 0, byte(len(name)), 0}, name...) // MsvAvNbDomainName
	info = append(info, 0, 0, 0, 0)                           // MsvAvEOL
	var b bytes.Buffer
	b.WriteString("NTLMSSP\x00")
	le := binary.LittleEndian
	field := func(length, offset int) {
		b.Write(le.AppendUint32(le.AppendUint16(le.AppendUint16(nil, uint16(length)), uint16(length)), uint32(offset)))
	}
	b.Write(le.AppendUint32(nil, 2))
	field(len(name), 48)
	b.Write(le.AppendUint32(nil, 0x00880201|0x00010000)) // unicode, NTLM, extended session security, target info, target is a domain
	b.Write(challenge)
	b.Write(make([]byte, 8))
	field(len(info), 48+len(name))
	b.Write(name)
	b.Write(info)
	return b.Bytes()
}

// proves verifies the NTLMv2 response of an AUTHENTICATE_MESSAGE ([MS-NLMP] 3.3.2).
func proves(message, challenge []byte) bool {
	part := func(at int) []byte {
		length, offset := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
		return message[offset : offset+length]
	}
	response, domain, user := part(20), part(28), part(36)
	if !bytes.Equal(domain, utf16LE(account.Domain)) || !bytes.Equal(user, utf16LE(account.User)) || len(response) < 16 {
		return false
	}
	hash := md4.New()
	hash.Write(utf16LE(string(account.Password)))
	key := hmacMD5(hash.Sum(nil), utf16LE(strings.ToUpper(account.User)+account.Domain))
	return hmac.Equal(response[:16], hmacMD5(key, challenge, response[16:]))
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func utf16LE(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func serve(t *testing.T, s *windows) string {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestNTLM(t *testing.T) {
	for _, scheme := range []string{"NTLM", "Negotiate"} {
		t.Run(scheme, func(t *testing.T) {
			s := &windows{scheme: scheme}
			url, client := serve(t, s), newClient(t, Config{NTLM: &account})
			for _, body := range []string{"order 1", "order 2", "order 3"} {
				if status, err := post(t, client, url, body); err != nil || status != 200 {
					t.Fatal(status, err)
				}
			}
			if got, want := strings.Join(s.acted, ", "), "order 1, order 2, order 3"; got != want {
				t.Errorf("acted upon: %s", got)
			}
			want := []string{"NEGOTIATE 0", "AUTHENTICATE 7", "NEGOTIATE 0", "AUTHENTICATE 7", "NEGOTIATE 0", "AUTHENTICATE 7"}
			if scheme == "Negotiate" { // which it learns by the first answer
				want = append([]string{"anonymous 0"}, want...)
			}
			if got := strings.Join(s.requests, ", "); got != strings.Join(want, ", ") {
				t.Errorf("requests: %s", got)
			}
			if len(s.conns) != 1 {
				t.Errorf("%d connections", len(s.conns))
			}
		})
	}
}

// The handshakes of many callers do not meet on one connection.
func TestNTLMAtOnce(t *testing.T) {
	s := &windows{scheme: "NTLM"}
	url, client := serve(t, s), newClient(t, Config{NTLM: &account})
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			for j := range 5 {
				if status, err := post(t, client, url, fmt.Sprintf("order %d-%d", i, j)); err != nil || status != 200 {
					t.Error(status, err)
				}
			}
		})
	}
	callers.Wait()
	seen := map[string]int{}
	for _, body := range s.acted {
		seen[body]++
	}
	if len(seen) != 40 || len(s.acted) != 40 {
		t.Errorf("%d bodies, %d of them different", len(s.acted), len(seen))
	}
	if len(s.conns) > 8 {
		t.Errorf("%d connections for 8 callers", len(s.conns))
	}
}

func TestNTLMWrongPassword(t *testing.T) {
	s := &windows{scheme: "NTLM"}
	url := serve(t, s)
	client := newClient(t, Config{NTLM: &NTLM{Domain: account.Domain, User: account.User, Password: "wrong"}})
	if status, err := post(t, client, url, "order"); err != nil || status != http.StatusUnauthorized {
		t.Error(status, err)
	}
	if len(s.acted) > 0 {
		t.Error("the server acted")
	}
	if got := strings.Join(s.requests, ", "); got != "NEGOTIATE 0, AUTHENTICATE 5" { // once: a second time might lock the account
		t.Errorf("requests: %s", got)
	}
}

// What the server does instead of a challenge is about a request without a body.
func TestNTLMWithoutAChallenge(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header http.Header
		want   erpbridge.Kind // "": the status is handed on
	}{
		"no login asked for": {status: 200, want: erpbridge.Refused},
		"a bad request":      {status: 400, want: erpbridge.Refused},
		"a fault":            {status: 500, want: erpbridge.Transient},
		"away":               {status: 503, want: erpbridge.Transient},
		"busy":               {status: 503, header: http.Header{"Retry-After": {"3"}}},
		"throttled":          {status: 429},
		"not there":          {status: 404},
		"forbidden":          {status: 403},
		"only Basic":         {status: 401, header: http.Header{"Www-Authenticate": {"Basic realm=x"}}, want: erpbridge.Refused},
		"no challenge":       {status: 401, header: http.Header{"Www-Authenticate": {"NTLM"}}, want: erpbridge.Refused},
		"no good challenge":  {status: 401, header: http.Header{"Www-Authenticate": {"NTLM TlRMTVNTUAACAAAA"}}, want: erpbridge.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || len(body) > 0 {
					t.Errorf("it was sent %q, %v", body, err)
				}
				for name, values := range c.header {
					w.Header()[name] = values
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, "<html></html>")
			}))
			defer srv.Close()
			status, err := post(t, newClient(t, Config{NTLM: &account}), srv.URL, "order")
			if c.want == "" {
				if err != nil || status != c.status {
					t.Error(status, err)
				}
				return
			}
			wantKind(t, c.want, err)
		})
	}
}

func TestNTLMConnectionLostBetweenTheLegs(t *testing.T) {
	s := &windows{scheme: "NTLM", before: func(w http.ResponseWriter, _ *http.Request, message int) bool {
		if message == 1 {
			w.Header().Set("Connection", "close")
		}
		return false
	}}
	url, client := serve(t, s), newClient(t, Config{NTLM: &account})
	_, err := post(t, client, url, "order")
	wantKind(t, erpbridge.Transient, err)
	if len(s.acted) > 0 {
		t.Error("the server acted")
	}
}

// An order that was taken and not answered must not look refused, and must not be
// sent a second time.
func TestNTLMAnswerLost(t *testing.T) {
	s := &windows{scheme: "NTLM"}
	s.before = func(_ http.ResponseWriter, r *http.Request, message int) bool {
		if message == 3 {
			s.acted = append(s.acted, "taken")
			panic(http.ErrAbortHandler)
		}
		return false
	}
	url, client := serve(t, s), newClient(t, Config{NTLM: &account})
	status, err := post(t, client, url, "order")
	if err == nil {
		t.Errorf("HTTP %d for a request without an answer", status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.acted) != 1 {
		t.Errorf("acted upon %d times", len(s.acted))
	}
}

// An idle connection that the server closed costs the first leg, not the order.
func TestNTLMAfterAnIdleConnectionWasClosed(t *testing.T) {
	s := &windows{scheme: "NTLM"}
	var conns []net.Conn
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			conns = append(conns, c)
			s.mu.Unlock()
		}
	}
	srv.Start()
	defer srv.Close()
	client := newClient(t, Config{NTLM: &account})
	for _, body := range []string{"order 1", "order 2"} {
		if status, err := post(t, client, srv.URL, body); err != nil || status != 200 {
			t.Fatal(status, err)
		}
		s.mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		s.mu.Unlock()
	}
	if len(s.acted) != 2 {
		t.Errorf("acted upon: %v", s.acted)
	}
}

func TestNTLMNeedsATransportOfItsOwn(t *testing.T) {
	l, err := New(Config{NTLM: &account}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: l.Transport(limited{http.DefaultTransport})}
	_, err = post(t, client, "http://127.0.0.1:1/", "order")
	wantKind(t, erpbridge.Refused, err)
}

// The library's messages are what the server in these tests takes them for.
func TestNTLMProofIsAProof(t *testing.T) {
	challenge := []byte("87654321")
	message, err := ntlmssp.NewAuthenticateMessage(challengeMessage(challenge), `CONTOSO\bridge`, "pässwörd", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !proves(message, challenge) || proves(message, []byte("12345678")) {
		t.Error("the proof is not one of this challenge alone")
	}
}

// FuzzNTLMChallenge feeds challenges no server would send.
func FuzzNTLMChallenge(f *testing.F) {
	f.Add(challengeMessage([]byte("12345678")))
	f.Add([]byte("NTLMSSP\x00"))
	f.Fuzz(func(t *testing.T, challenge []byte) {
		if message, err := ntlmssp.NewAuthenticateMessage(challenge, `D\u`, "p", nil); err == nil && len(message) < 64 {
			t.Errorf("%x", message)
		}
	})
}
