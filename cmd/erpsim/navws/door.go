package navws

import (
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// turnedAway is the answer to a request that is not let in.
func (s *Server) turnedAway(r *http.Request, req *request, busy bool) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.modes.pick(doorKinds, req)
	page := "<html><head><title>401 - Unauthorized</title></head><body><h2>Access is denied.</h2></body></html>"
	retry := m.RetryAfter
	if retry == "" {
		retry = "1"
	}
	switch {
	case m.Kind == Unavailable:
		return &reply{status: http.StatusServiceUnavailable, header: map[string]string{"Retry-After": retry}, mode: m.Kind}
	case m.Kind == Throttle, busy:
		s.state.Throttled++
		return &reply{status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": retry}, mode: m.Kind}
	case m.Kind == RefuseCredentials, !s.admits(r):
		s.state.Refused++
		return &reply{
			status: http.StatusUnauthorized, mode: m.Kind, body: page,
			header: map[string]string{"WWW-Authenticate": `Basic realm=""`, "Content-Type": "text/html"},
		}
	}
	return nil
}

// admits checks who asks. The caller holds the lock.
func (s *Server) admits(r *http.Request) bool {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	if s.conf.ClientID != "" {
		until, ok := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		return ok && s.conf.Now().Before(until)
	}
	if s.conf.User == "" && s.conf.Password == "" {
		return true
	}
	user, password, ok := r.BasicAuth()
	return ok && same(user, s.conf.User) && same(password, s.conf.Password)
}

// serveToken issues tokens for client credentials.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	w.Header().Set("Content-Type", "application/json")
	if r.PostFormValue("grant_type") != "client_credentials" || id != s.conf.ClientID || secret != s.conf.ClientSecret || id == "" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
		return
	}
	token := newToken()
	s.mu.Lock()
	s.tokens[token] = s.conf.Now().Add(s.conf.TokenLife)
	s.state.Tokens++
	s.mu.Unlock()
	_, _ = fmt.Fprintf(w, `{"token_type":"Bearer","access_token":%q,"expires_in":%d}`, token, int(s.conf.TokenLife/time.Second))
}
