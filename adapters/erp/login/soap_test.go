package login

import (
	"net/http"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// What a call's Kind says about the ERP is true with NTLM in between: only after
// InDoubt may it have acted.
func TestNTLMUnderSOAP(t *testing.T) {
	cut := func(at int, act bool) func(s *windows) {
		return func(s *windows) {
			s.before = func(_ http.ResponseWriter, _ *http.Request, message int) bool {
				if message != at {
					return false
				}
				if act {
					s.acted = append(s.acted, "taken")
				}
				panic(http.ErrAbortHandler)
			}
		}
	}
	for name, c := range map[string]struct {
		server   func(*windows)
		password Secret
		want     erpbridge.Kind
		acted    int
	}{
		"cut in the first leg":            {cut(1, false), account.Password, erpbridge.Transient, 0},
		"cut in the second, acted upon":   {cut(3, true), account.Password, erpbridge.InDoubt, 1},
		"cut in the second, to no effect": {cut(3, false), account.Password, erpbridge.InDoubt, 0},
		"a wrong password":                {func(*windows) {}, "wrong", erpbridge.Refused, 0},
		"an answer that is not SOAP":      {func(*windows) {}, account.Password, erpbridge.InDoubt, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &windows{scheme: "NTLM"}
			c.server(s)
			l, err := New(Config{NTLM: &NTLM{Domain: account.Domain, User: account.User, Password: c.password}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			client, err := soap.NewClient(soap.Options{URL: serve(t, s), Authorize: l.Authorize, Transport: l.Transport, Certificates: l.Certificates()})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			_, err = client.Call(t.Context(), "create", []byte("<order/>"))
			wantKind(t, c.want, err)
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.acted) != c.acted {
				t.Errorf("acted upon %d times, want %d", len(s.acted), c.acted)
			}
		})
	}
}
