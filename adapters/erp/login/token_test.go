package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hakooi/erpbridge"
)

// An issuer is a token endpoint and the ERP that takes its tokens.
type issuer struct {
	answer func(w http.ResponseWriter, n int) // instead of a token
	life   int                                // of a token, in seconds

	mu      sync.Mutex
	asked   []string // the bodies of requests for tokens
	headers []http.Header
	valid   map[string]bool
	used    []string
}

func (i *issuer) start(t *testing.T) (token, erp string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/token", i.token)
	mux.HandleFunc("/erp", i.erp)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	i.valid = map[string]bool{}
	return srv.URL + "/token", srv.URL + "/erp"
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked, i.headers = append(i.asked, string(body)), append(i.headers, r.Header)
	if i.answer != nil {
		i.answer(w, len(i.asked))
		return
	}
	name := fmt.Sprintf("token-%d", len(i.asked))
	i.valid[name] = true
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"access_token": %q, "token_type": "Bearer", "expires_in": %d}`, name, i.life)
}

func (i *issuer) erp(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	i.used = append(i.used, name)
	if !i.valid[name] {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// counts returns how many tokens were asked for, and how many requests the ERP had.
func (i *issuer) counts() (asked, used int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.asked), len(i.used)
}

func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.valid)
}

// loggedOn returns a client and the tokens behind it, whose clock it may set.
func loggedOn(t *testing.T, o OAuth2) (*http.Client, *tokens) {
	t.Helper()
	o.ClientID, o.ClientSecret = "id&1", "s=cret"
	conf := Config{OAuth2: &o}
	if err := conf.Check(); err != nil {
		t.Fatal(err)
	}
	l, err := New(conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: l.RoundTripper(&http.Transport{})}
	t.Cleanup(c.CloseIdleConnections)
	return c, l.tokens
}

func TestTokenIsKept(t *testing.T) {
	i := &issuer{life: 3600}
	token, erp := i.start(t)
	client, _ := loggedOn(t, OAuth2{TokenURL: token, Scope: "a b", Resource: "r", Parameters: map[string]string{"audience": "x"}})
	for range 3 {
		if status, err := post(t, client, erp, "order"); err != nil || status != 200 {
			t.Fatal(status, err)
		}
	}
	want := "audience=x&client_id=id%261&client_secret=s%3Dcret&grant_type=client_credentials&resource=r&scope=a+b"
	if got := strings.Join(i.asked, "\n"); got != want {
		t.Errorf("asked for tokens with %s", got)
	}
}

func TestCredentialsInTheHeader(t *testing.T) {
	i := &issuer{life: 3600}
	token, erp := i.start(t)
	client, _ := loggedOn(t, OAuth2{TokenURL: token, Credentials: "header"})
	if status, err := post(t, client, erp, "order"); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	if strings.Contains(i.asked[0], "secret") || !strings.HasPrefix(i.headers[0].Get("Authorization"), "Basic ") {
		t.Errorf("asked with %s, %v", i.asked[0], i.headers[0])
	}
}

func TestTokenIsReplacedBeforeItEnds(t *testing.T) {
	i := &issuer{life: 3600}
	token, erp := i.start(t)
	client, tokens := loggedOn(t, OAuth2{TokenURL: token})
	for _, step := range []struct {
		after time.Duration
		want  int // tokens fetched
	}{{0, 1}, {58 * time.Minute, 1}, {time.Hour - time.Minute + time.Second, 2}} {
		tokens.now = func() time.Time { return time.Now().Add(step.after) }
		if status, err := post(t, client, erp, "order"); err != nil || status != 200 {
			t.Fatal(status, err)
		}
		if asked, _ := i.counts(); asked != step.want {
			t.Errorf("after %v: %d tokens, want %d", step.after, asked, step.want)
		}
	}
}

func TestTokenThatLivesShortIsUsed(t *testing.T) {
	i := &issuer{life: 30}
	token, erp := i.start(t)
	client, _ := loggedOn(t, OAuth2{TokenURL: token})
	for range 3 {
		if status, err := post(t, client, erp, "order"); err != nil || status != 200 {
			t.Fatal(status, err)
		}
	}
	if asked, _ := i.counts(); asked != 1 {
		t.Errorf("%d tokens", asked)
	}
}

func TestTokenIsFetchedOnceForAll(t *testing.T) {
	i := &issuer{life: 3600}
	token, erp := i.start(t)
	client, _ := loggedOn(t, OAuth2{TokenURL: token})
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if status, err := post(t, client, erp, "order"); err != nil || status != 200 {
				t.Error(status, err)
			}
		})
	}
	callers.Wait()
	if asked, _ := i.counts(); asked != 1 {
		t.Errorf("%d tokens", asked)
	}
}

func TestTokenThatIsRevokedIsReplacedByTheNextAttempt(t *testing.T) {
	i := &issuer{life: 3600}
	token, erp := i.start(t)
	client, tokens := loggedOn(t, OAuth2{TokenURL: token})
	var statuses []int
	try := func() {
		t.Helper()
		status, err := post(t, client, erp, "order")
		if err != nil {
			t.Fatal(err)
		}
		statuses = append(statuses, status)
	}
	try()
	i.revoke()
	try() // refused, and sent once
	try()
	if got := fmt.Sprint(statuses, i.used); got != "[200 401 200] [token-1 token-1 token-2]" {
		t.Error(got)
	}
	// A token that never was any good is kept for a while.
	i.revoke()
	tokens.mu.Lock()
	tokens.accepted = false
	tokens.mu.Unlock()
	try()
	try()
	if asked, _ := i.counts(); asked != 2 {
		t.Errorf("%d tokens were fetched", asked)
	}
	tokens.now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	try()
	try()
	if len(i.asked) != 3 || statuses[len(statuses)-1] != 200 {
		t.Errorf("%d tokens, answers %v", len(i.asked), statuses)
	}
}

func TestTokenEndpointThatGivesNone(t *testing.T) {
	reply := func(status int, contentType, body string, header ...string) func(http.ResponseWriter, int) {
		return func(w http.ResponseWriter, _ int) {
			w.Header().Set("Content-Type", contentType)
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, int)
		kind   erpbridge.Kind
		after  time.Duration
		code   string
	}{
		"invalid client":          {reply(401, "application/json", `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret s=cret provided.\r\nTrace ID: 1"}`), erpbridge.Refused, 0, "invalid_client"},
		"invalid scope":           {reply(400, "application/json", `{"error":"invalid_scope"}`), erpbridge.Refused, 0, "invalid_scope"},
		"an error with 200":       {reply(200, "application/json", `{"error":"unauthorized_client"}`), erpbridge.Refused, 0, "unauthorized_client"},
		"a page with 404":         {reply(404, "text/html", `<html>`), erpbridge.Refused, 0, ""},
		"temporarily":             {reply(400, "application/json", `{"error":"temporarily_unavailable"}`), erpbridge.Transient, 0, "temporarily_unavailable"},
		"away":                    {reply(503, "text/html", `<html>`), erpbridge.Transient, 0, ""},
		"throttled":               {reply(429, "application/json", `{}`, "Retry-After", "7"), erpbridge.Throttled, 7 * time.Second, ""},
		"busy, and says how long": {reply(503, "application/json", `{}`, "Retry-After", "7"), erpbridge.Throttled, 7 * time.Second, ""},
		"busy until a day":        {reply(503, "application/json", `{}`, "Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT"), erpbridge.Throttled, time.Hour, ""},
		"throttled for ages":      {reply(429, "application/json", `{}`, "Retry-After", "9000000000000"), erpbridge.Throttled, time.Hour, ""},
		"redirected":              {reply(307, "text/html", "", "Location", "https://evil.example/"), erpbridge.Refused, 0, ""},
		"not JSON":                {reply(200, "application/json", `<html>`), erpbridge.Transient, 0, ""},
		"no token":                {reply(200, "application/json", `{}`), erpbridge.Transient, 0, ""},
		"a token without end":     {reply(200, "application/json", `{"access_token":"`+strings.Repeat("x", 2*maxToken)+`"}`), erpbridge.Transient, 0, ""},
		"another kind of it":      {reply(200, "application/json", `{"access_token":"x","token_type":"mac"}`), erpbridge.Refused, 0, ""},
		"the connection is cut":   {func(http.ResponseWriter, int) { panic(http.ErrAbortHandler) }, erpbridge.Transient, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			i := &issuer{answer: c.answer}
			token, erp := i.start(t)
			client, _ := loggedOn(t, OAuth2{TokenURL: token})
			_, err := post(t, client, erp, "order")
			wantKind(t, c.kind, err)
			if e := asError(err); e == nil || e.After != c.after || e.Code != c.code {
				t.Errorf("%+v", e)
			}
			for _, secret := range []string{"s=cret", "s%3Dcret", "Trace"} {
				if strings.Contains(fmt.Sprint(err), secret) {
					t.Error(err)
				}
			}
			if asked, used := i.counts(); used > 0 || asked != 1 {
				t.Errorf("%d requests to the ERP, %d for tokens", used, asked)
			}
		})
	}
}

// A failure is shared by those who waited for it, and the next one tries again.
func TestTokenFailureIsShared(t *testing.T) {
	away := errors.New("away")
	synctest.Test(t, func(t *testing.T) {
		tokens := newTokens(OAuth2{TokenURL: "https://login.example/"}, nil)
		tokens.turn <- struct{}{} // somebody fetches
		var callers sync.WaitGroup
		for range 5 {
			callers.Go(func() {
				if _, err := tokens.get(t.Context()); !errors.Is(err, away) {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		tokens.failure, tokens.fetches = away, 1
		<-tokens.turn
		callers.Wait()
	})
	i := &issuer{answer: func(w http.ResponseWriter, _ int) { w.WriteHeader(http.StatusServiceUnavailable) }}
	token, erp := i.start(t)
	client, _ := loggedOn(t, OAuth2{TokenURL: token})
	for want := 1; want <= 2; want++ {
		_, err := post(t, client, erp, "order")
		wantKind(t, erpbridge.Transient, err)
		if asked, _ := i.counts(); asked != want {
			t.Errorf("asked %d times, want %d", asked, want)
		}
	}
}

func TestWhoWaitsForATokenLooksAtHisContext(t *testing.T) {
	tokens := newTokens(OAuth2{TokenURL: "https://login.example/"}, nil)
	tokens.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tokens.get(ctx)
	wantKind(t, erpbridge.Transient, err)
}

func asError(err error) *erpbridge.Error {
	var e *erpbridge.Error
	if !errors.As(err, &e) {
		return nil
	}
	return e
}
