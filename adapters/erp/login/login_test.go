package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

func TestCheck(t *testing.T) {
	oauth := func(change func(*OAuth2)) Config {
		o := &OAuth2{TokenURL: "https://login.example/token", ClientID: "id", ClientSecret: "s"}
		change(o)
		return Config{OAuth2: o}
	}
	for name, c := range map[string]struct {
		conf Config
		want string // a part of the complaint; "" for none
	}{
		"basic":                  {Config{Basic: &Basic{User: "u", Password: "p"}}, ""},
		"ntlm":                   {Config{NTLM: &NTLM{Domain: "D", User: "u", Password: "p"}}, ""},
		"ntlm without domain":    {Config{NTLM: &NTLM{User: "u@d.example", Password: "p"}}, ""},
		"oauth2":                 {oauth(func(*OAuth2) {}), ""},
		"oauth2 in the header":   {oauth(func(o *OAuth2) { o.Credentials = "header" }), ""},
		"oauth2 on this machine": {oauth(func(o *OAuth2) { o.TokenURL = "http://127.0.0.1:1/t" }), ""},
		"certificate":            {Config{ClientCert: &ClientCert{CertFile: "c", KeyFile: "k"}}, ""},

		"nothing":                    {Config{}, "auth: must have exactly one of basic, ntlm, oauth2 and client_cert, and has 0"},
		"two":                        {Config{Basic: &Basic{User: "u", Password: "p"}, NTLM: &NTLM{User: "u", Password: "p"}}, "and has 2"},
		"basic without user":         {Config{Basic: &Basic{Password: "p"}}, "auth.basic.user is missing"},
		"basic without password":     {Config{Basic: &Basic{User: "u"}}, "auth.basic.password is missing"},
		"a line break":               {Config{Basic: &Basic{User: "u", Password: "p\n"}}, "auth.basic.password has blanks or a line break around it"},
		"a colon":                    {Config{Basic: &Basic{User: "u:v", Password: "p"}}, "auth.basic.user: must not hold a colon"},
		"domain in the user":         {Config{NTLM: &NTLM{User: `D\u`, Password: "p"}}, `belongs into auth.ntlm.domain`},
		"a user in the domain":       {Config{NTLM: &NTLM{Domain: `D\u`, User: "u", Password: "p"}}, `auth.ntlm.domain: is the domain alone`},
		"ntlm without password":      {Config{NTLM: &NTLM{User: "u"}}, "auth.ntlm.password is missing"},
		"no token_url":               {oauth(func(o *OAuth2) { o.TokenURL = "" }), "auth.oauth2.token_url is missing"},
		"token_url open":             {oauth(func(o *OAuth2) { o.TokenURL = "http://login.example/" }), "auth.oauth2.token_url: must be https"},
		"token_url with credentials": {oauth(func(o *OAuth2) { o.TokenURL = "https://a:b@login.example/" }), "must not hold credentials"},
		"no client_id":               {oauth(func(o *OAuth2) { o.ClientID = "" }), "auth.oauth2.client_id is missing"},
		"no client_secret":           {oauth(func(o *OAuth2) { o.ClientSecret = "" }), "auth.oauth2.client_secret is missing"},
		"credentials elsewhere":      {oauth(func(o *OAuth2) { o.Credentials = "query" }), `auth.oauth2.credentials: "query" is neither`},
		"a reserved parameter":       {oauth(func(o *OAuth2) { o.Parameters = map[string]string{"grant_type": "password"} }), "auth.oauth2.parameters: grant_type"},
		"certificate without key":    {Config{ClientCert: &ClientCert{CertFile: "c"}}, "auth.client_cert.key_file is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.conf.Check()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestCheckURL(t *testing.T) {
	for _, c := range []struct {
		url  string
		open bool // with ntlm
		want string
	}{
		{"https://erp.example/x", false, ""},
		{"http://127.0.0.1:8080/x", false, ""},
		{"http://localhost/x", false, ""},
		{"http://erp.example/x", true, ""},
		{"http://erp.example/x", false, "must be https"},
		{"http://127.0.0.1.example/x", false, "must be https"},
		{"https://u:p@erp.example/", true, "must not hold credentials"},
		{"ftp://erp.example/", true, "is not an http or https URL"},
		{"erp.example", true, "is not an http or https URL"},
	} {
		conf := Config{Basic: &Basic{}}
		if c.open {
			conf = Config{NTLM: &NTLM{}}
		}
		err := conf.CheckURL(c.url)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.url, err, c.want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	conf := Config{
		Basic: &Basic{Password: "hunter2"}, NTLM: &NTLM{Password: "hunter2"}, OAuth2: &OAuth2{ClientSecret: "hunter2"},
	}
	raw, err := json.Marshal(conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(raw), fmt.Sprint(conf.Basic.Password), fmt.Sprintf("%+v %#v %q %x", *conf.Basic, *conf.NTLM, *conf.OAuth2, conf.OAuth2.ClientSecret),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") {
			t.Error(text)
		}
	}
}

func TestBasic(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		body, err := io.ReadAll(r.Body)
		if user != "u" || password != "p:q" || string(body) != "order" || err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer srv.Close()
	client := newClient(t, Config{Basic: &Basic{User: "u", Password: "p:q"}})
	if status, err := post(t, client, srv.URL, "order"); err != nil || status != 200 {
		t.Error(status, err)
	}
}

func TestClientCertificateThatIsNone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.pem")
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{ClientCert: &ClientCert{CertFile: file, KeyFile: file}}, nil)
	if err == nil || !strings.Contains(err.Error(), "auth.client_cert") {
		t.Error(err)
	}
	if _, err := Roots(file); err == nil || !strings.Contains(err.Error(), "ca_file") {
		t.Error(err)
	}
	if _, err := Roots(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that is not there was read")
	}
	if pool, err := Roots(""); pool != nil || err != nil {
		t.Error(pool, err)
	}
}

// newClient is a client as one is made of nothing but a Login.
func newClient(t *testing.T, conf Config) *http.Client {
	t.Helper()
	if err := conf.Check(); err != nil {
		t.Fatal(err)
	}
	l, err := New(conf, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: l.RoundTripper(&http.Transport{})}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func post(t *testing.T, c *http.Client, url, body string) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(body))
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func wantKind(t *testing.T, want erpbridge.Kind, err error) {
	t.Helper()
	var e *erpbridge.Error
	if !errors.As(err, &e) || e.Kind != want {
		t.Errorf("%v, want the kind %s", err, want)
	}
}
