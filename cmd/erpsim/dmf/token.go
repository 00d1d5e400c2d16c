package dmf

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"
)

// tokens are those given out.
type tokens struct {
	mu    sync.Mutex
	until map[string]time.Time
	used  map[string]bool
	given int
}

func (t *tokens) give(now time.Time, life time.Duration) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.until == nil {
		t.until, t.used = map[string]time.Time{}, map[string]bool{}
	}
	token := rand.Text() + rand.Text()
	t.until[token] = now.Add(life)
	t.given++
	return token
}

func (t *tokens) good(header string, now time.Time) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !now.Before(t.until[token]) {
		return false
	}
	t.used[token] = true
	return true
}

// expire ends the tokens that were used: none ends before it was of any use.
func (t *tokens) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for token := range t.used {
		delete(t.until, token)
	}
	clear(t.used)
}

func (t *tokens) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.given
}

// serveToken is the token endpoint of Microsoft Entra ID, second version.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	f := r.PostForm
	refuse := func(status int, code, text string) {
		writeJSON(w, status, map[string]string{"error": code, "error_description": text})
	}
	if f.Get("grant_type") != "client_credentials" {
		refuse(http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: the grant type is not supported.")
		return
	}
	known := false
	for _, c := range s.conf.Credentials {
		known = known || c.ClientID == f.Get("client_id") && c.Secret == f.Get("client_secret")
	}
	if !known {
		refuse(http.StatusUnauthorized, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
		return
	}
	// The scope is the environment's address and /.default; a double slash is another one.
	scope := f.Get("scope")
	if !strings.HasSuffix(scope, "/.default") || strings.HasSuffix(scope, "//.default") {
		refuse(http.StatusBadRequest, "invalid_scope", "AADSTS70011: The provided value for the input parameter 'scope' is not valid.")
		return
	}
	now := s.conf.Now()
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": max(int(s.conf.TokenLife/time.Second), 1), "access_token": s.tokens.give(now, s.conf.TokenLife),
	})
}
