package fo

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
)

// settings are those of a target that can book anything the tests' orders have.
const settings = `
url: https://contoso.operations.dynamics.com
legal_entity: USMF
auth:
  oauth2:
    token_url: https://login.microsoftonline.com/contoso/oauth2/v2.0/token
    client_id: 11111111-2222-3333-4444-555555555555
    client_secret: hushhush
mapping:
  number: {prefix: W}
  customer: {default: US-001}
  items: {unknown: as-is, placeholder: MISC}
  shipping: {code: FREIGHT}
  discounts: {code: DISCOUNT}
  tip: {code: TIP}
  gift_card_sold: {code: CARD}
  gift_card_redeemed: {code: CARDUSED}
  store_credit: {code: CREDIT}
  duty: {code: DUTY}
  fee: {code: FEE}
  rounding: {code: ROUND}
  tax: {item: {code: TAX}, exempt: EXEMPT}
`

const activity = "6d31e09f-0249-459f-94f0-3aa9c2c47b64"

func decodeYAML(text string) func(into any) error {
	return func(into any) error {
		dec := yaml.NewDecoder(strings.NewReader(text))
		dec.KnownFields(true)
		return dec.Decode(into)
	}
}

// with returns the settings with more of them; a setting given again replaces the usual.
func with(more string) string {
	base := settings
	for line := range strings.Lines(more) {
		name, _, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.HasPrefix(name, " ") {
			continue
		}
		var kept []string
		skip := false
		for l := range strings.Lines(base) {
			if !strings.HasPrefix(l, " ") {
				skip = strings.HasPrefix(l, name+":")
			}
			if !skip {
				kept = append(kept, l)
			}
		}
		base = strings.Join(kept, "")
	}
	return base + more
}

func open(t testing.TB, more string) *ERP {
	t.Helper()
	erp, err := New("fo", decodeYAML(with(more)), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := erp.(*ERP)
	e.pause = time.Millisecond
	t.Cleanup(e.client.close)
	return e
}

// authFor is the setting auth with a token endpoint.
func authFor(url string) string {
	return "auth: {oauth2: {token_url: \"" + url + "/login/contoso/oauth2/v2.0/token\", client_id: bridge, client_secret: hushhush}}\n"
}

// environment is a simulated F&O and an adapter in front of it.
func environment(t testing.TB, conf dmf.Config, more string) (*dmf.Server, *ERP) {
	t.Helper()
	conf.Credentials = []dmf.Credential{{ClientID: "bridge", Secret: "hushhush"}}
	conf.Activities = []string{activity}
	sim, err := dmf.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		srv.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim, open(t, "url: "+srv.URL+"\n"+authFor(srv.URL)+more)
}

// modes are the settings of both interfaces.
var interfaces = map[string]string{
	"package":   "mode: package\n",
	"recurring": "mode: recurring\nactivity_id: " + activity + "\n",
}

func document(t testing.TB, e *ERP, o *erpbridge.Order) erpbridge.Document {
	t.Helper()
	docs, err := e.Translate(event(o))
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1 {
		t.Fatalf("%d documents", len(docs))
	}
	return docs[0]
}

func deliver(t testing.TB, e *ERP, docs ...erpbridge.Document) erpbridge.Result {
	t.Helper()
	results := e.Deliver(t.Context(), docs)
	if len(results) != len(docs) {
		t.Fatalf("%d results for %d documents", len(results), len(docs))
	}
	return results[0]
}

// settled confirms a document until its import is over.
func settled(t testing.TB, e *ERP, d erpbridge.Document, ref string) erpbridge.Result {
	t.Helper()
	since := time.Now()
	for {
		r := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: ref, Since: since}})[0]
		if r.Err != nil || !r.Receipt.Accepted {
			return r
		}
		if time.Since(since) > 10*time.Second {
			t.Fatalf("still %+v", r.Receipt)
		}
		wait, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		<-wait.Done()
		cancel()
	}
}

func wantKind(t testing.TB, want erpbridge.Kind, err error) {
	t.Helper()
	if got := erpbridge.KindOf(err); got != want {
		t.Errorf("kind %q, want %q: %v", got, want, err)
	}
}

// tokenServer gives everybody a token.
func tokenServer(t testing.TB) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3600,"access_token":"` + rand.Text() + `"}`))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}
