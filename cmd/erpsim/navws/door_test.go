package navws

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

func TestOnlyTokensThatAreGoodComeIn(t *testing.T) {
	sim, err := New(Config{ClientID: "app", ClientSecret: "s", TokenLife: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()
	get := func(token string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/BC/WS/CRONUS/Page/SalesOrder", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if get("") != 401 || get("made-up") != 401 {
		t.Error("it lets anybody in")
	}
	token := func(secret string) (int, string) {
		t.Helper()
		resp, err := http.PostForm(srv.URL+"/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, got.Token
	}
	if status, _ := token("wrong"); status != 401 {
		t.Errorf("HTTP %d", status)
	}
	_, good := token("s")
	if get(good) != 200 {
		t.Error("a good token is refused")
	}
	sim.ExpireTokens()
	if get(good) != 401 {
		t.Error("an old token is taken")
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
	if _, err := New(Config{Language: "tlh"}); err == nil {
		t.Error("it speaks Klingon")
	}
}

func TestPathsThatAreNoneAreNotFound(t *testing.T) {
	sim, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()
	for _, path := range []string{"/BC/WS/cronus/Page/SalesOrder", "/BC/WS/CRONUS/Page/Nothing", "/BC/WS/CRONUS/Codeunit/X", "/"} {
		if status, _ := post(t, srv.URL+path, "x", "<a/>"); status != 404 {
			t.Errorf("%s: HTTP %d", path, status)
		}
	}
	if err := sim.Close(); err != nil {
		t.Error(err)
	}
}
