package adobecommerce_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/adobecommerce"
)

// event returns a small event with what members say of it.
func event(members string) []byte {
	return []byte(`{` + members + `"data":{"value":{"product_id":7,"qty":3}},"recipient_client_id":"` + client + `"}`)
}

func TestVerifyNames(t *testing.T) {
	s := open(t, "")
	const stock = "com.adobe.commerce.observer.cataloginventory_stock_item_save_commit_after"
	for _, test := range []struct {
		name, members    string
		wantType, wantID string
		kind             erpbridge.Kind
	}{
		{"the body's own", `"type":"` + stock + `","event_id":"e1","id":"i1",`, stock, "e1", ""},
		{"no event_id", `"type":"` + stock + `","id":"i1",`, stock, "i1", ""},
		{"nothing", ``, codeSave, "from-the-header", ""},
		{"not a code", `"type":"a b","event_id":"",`, codeSave, "from-the-header", ""},
		{"not an id", `"event_id":"` + strings.Repeat("x", 200) + `",`, codeSave, "from-the-header", ""},
	} {
		m := message("", event(test.members))
		m.ID, m.Type = "from-the-header", codeSave
		m = delivered(m, adobes())
		m.ID, m.Type = "", ""
		got, err := s.Verify(m)
		if erpbridge.KindOf(err) != test.kind || got.Type != test.wantType || got.ID != test.wantID {
			t.Errorf("%s: %q %q, %v", test.name, got.Type, got.ID, err)
		}
		if got.Header.Get("X-Adobe-Digital-Signature-1") != "" || got.Header.Get("X-Adobe-Delivery-Id") == "" {
			t.Errorf("%s: kept %v", test.name, got.Header)
		}
	}

	m := delivered(message("", event("")), adobes())
	m.Header.Del("X-Adobe-Event-Code")
	m.Header.Del("X-Adobe-Event-Id")
	got, err := s.Verify(m)
	if erpbridge.KindOf(err) != erpbridge.Invalid || got.Type != "unknown" || !strings.HasPrefix(got.ID, "sha256:") {
		t.Errorf("without any name: %q %q, %v", got.Type, got.ID, err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	s := open(t, "")
	good := func() erpbridge.Message { return delivered(message(codeSave, event("")), adobes()) }
	if _, err := s.Verify(good()); err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) func(*erpbridge.Message) {
		return func(m *erpbridge.Message) { m.Header.Set(name, value) }
	}
	body := func(b []byte) func(*erpbridge.Message) {
		return func(m *erpbridge.Message) { *m = delivered(message(codeSave, b), adobes()) }
	}
	const signature2, path2 = "x-adobe-digital-signature-2", "x-adobe-public-key2-path"
	for name, change := range map[string]func(*erpbridge.Message){
		"another credential":     body(bytes.Replace(event(""), []byte(client), []byte("00000000000000000000000000000000"), 1)),
		"no recipient":           body([]byte(`{"data":{}}`)),
		"two recipients":         body(event(`"recipient_client_id":"x",`)),
		"recipient deeper down":  body([]byte(`{"data":{"recipient_client_id":"` + client + `"}}`)),
		"a batch":                body([]byte(`[` + string(event("")) + `]`)),
		"two documents":          body(append(event(""), '{', '}')),
		"no JSON":                body([]byte("data=1")),
		"empty":                  body(nil),
		"no path":                func(m *erpbridge.Message) { m.Header.Del(path2) },
		"another host":           set(path2, "https://example.com/prod/keys/pub-key-a.pem"),
		"another host, relative": set(path2, "//example.com/prod/keys/pub-key-a.pem"),
		"a host by user":         set(path2, "@example.com/prod/keys/pub-key-a.pem"),
		"up":                     set(path2, "/prod/keys/../pub-key-a.pem"),
		"up, encoded":            set(path2, "/prod/keys/pub-key-%2e%2e%2fa.pem"),
		"a query":                set(path2, "/prod/keys/pub-key-a.pem?x=1"),
		"a newline":              set(path2, "/prod/keys/pub-key-a.pem\n"),
		"another folder":         set(path2, "/stage/keys/pub-key-a.pem"),
		"a long name":            set(path2, "/prod/keys/pub-key-"+strings.Repeat("a", 65)+".pem"),
		"two paths":              func(m *erpbridge.Message) { m.Header.Add(path2, keyPath1) },
		"two signatures":         func(m *erpbridge.Message) { m.Header.Add(signature2, m.Header.Get(signature2)) },
		"a newline in it": func(m *erpbridge.Message) {
			m.Header.Set(signature2, m.Header.Get(signature2)[:64]+"\n"+m.Header.Get(signature2)[64:])
		},
		"a short one": set(signature2, "AAAA"),
		"a long one":  set(signature2, strings.Repeat("A", 4000)),
	} {
		m := good()
		change(&m)
		if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestVerifyKeepsWhatIsProven: what Adobe signed and nobody can read is recorded, not
// refused for a day.
func TestVerifyKeepsWhatIsProven(t *testing.T) {
	s := open(t, "")
	for name, members := range map[string]string{
		"a lone surrogate": `"x":"\ud800",`, "a name twice": `"x":1,"x":2,`, "bytes that are not UTF-8": "\"x\":\"\xff\",",
	} {
		m, err := s.Verify(delivered(message(codeSave, event(members)), adobes()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := s.Normalize(m); erpbridge.KindOf(err) != erpbridge.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyWithoutCredential(t *testing.T) {
	s, err := adobecommerce.New("shop-eu", decode("time_zone: Europe/Berlin\napi: {url: \"https://shop.example.com\", access_token: abcdefghijklmnop}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(delivered(message(codeSave, event("")), adobes())); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("a shop that is only polled took an event: %v", err)
	}
}

func TestChallenge(t *testing.T) {
	c, ok := open(t, "").(interface {
		Challenge(url.Values) (string, bool)
	})
	if !ok {
		t.Fatal("no Challenge")
	}
	const uuid = "8ec8d794-e0ab-42df-9017-e3dada8e84f7"
	if got, ok := c.Challenge(url.Values{"challenge": {uuid}}); !ok || got != uuid {
		t.Errorf("%q, %t", got, ok)
	}
	for _, q := range []url.Values{
		nil,
		{"challenge": nil},
		{"challenge": {""}},
		{"challenge": {uuid, uuid}},
		{"Challenge": {uuid}},
		{"challenge": {"<script>"}},
		{"challenge": {"a\r\nb"}},
		{"challenge": {"a b"}},
		{"challenge": {strings.Repeat("a", 201)}},
		{"challenge": {uuid + "\n"}},
	} {
		if got, ok := c.Challenge(q); ok || got != "" {
			t.Errorf("%v was answered with %q", q, got)
		}
	}
}
