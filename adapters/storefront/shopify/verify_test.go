package shopify_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestVerify(t *testing.T) {
	m := signed(message("orders/create", []byte(`{"id":1}`)), secret)
	m.ID, m.Type, m.ContentType = "", "", ""
	m.Header.Set("Cookie", "session=1")
	m.Header.Set("Authorization", "Bearer x")
	m.Header.Set("X-Forwarded-For", "203.0.113.7")
	got, err := open(t, "").Verify(m)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043" || got.Type != "orders/create" || got.ContentType != "application/json" {
		t.Errorf("ID %q, Type %q, ContentType %q", got.ID, got.Type, got.ContentType)
	}
	want := http.Header{
		"Content-Type":           {"application/json"},
		"X-Shopify-Topic":        {"orders/create"},
		"X-Shopify-Shop-Domain":  {shop},
		"X-Shopify-Webhook-Id":   {"b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"},
		"X-Shopify-Event-Id":     {"98880550-7158-44d4-b7cd-2c97c8a091b5"},
		"X-Shopify-Api-Version":  {"2026-10"},
		"X-Shopify-Triggered-At": {"2026-11-23T11:59:59.123456789Z"},
	}
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Errorf("kept headers:\n%s", diff)
	}
}

func TestVerifyRefuses(t *testing.T) {
	body := []byte(`{"id":1}`)
	good := sign(body, secret)
	tests := map[string]struct {
		change func(h http.Header)
		want   string
	}{
		"no signature":        {func(h http.Header) { h.Del("X-Shopify-Hmac-Sha256") }, "0 times"},
		"empty":               {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", "") }, "is not a base64"},
		"two, good first":     {func(h http.Header) { h.Add("X-Shopify-Hmac-Sha256", "AAAA") }, "2 times"},
		"the same twice":      {func(h http.Header) { h.Add("X-Shopify-Hmac-Sha256", good) }, "2 times"},
		"two by spelling":     {func(h http.Header) { h["x-shopify-hmac-sha256"] = []string{"AAAA"} }, "2 times"},
		"list":                {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", good+","+good) }, "is not a base64"},
		"newline inside":      {func(h http.Header) { h["X-Shopify-Hmac-Sha256"] = []string{good[:20] + "\n" + good[20:]} }, "is not a base64"},
		"newline of 44":       {func(h http.Header) { h["X-Shopify-Hmac-Sha256"] = []string{good[:20] + "\r\n" + good[20:42]} }, "is not a base64"},
		"URL alphabet":        {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", strings.Repeat("-_", 21)+"A=") }, "is not a base64"},
		"hex":                 {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", strings.Repeat("ab", 32)) }, "is not a base64"},
		"of another body":     {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", sign([]byte(`{"id":2}`), secret)) }, "no configured secret"},
		"of no body":          {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", sign(nil, secret)) }, "no configured secret"},
		"no shop":             {func(h http.Header) { h.Del("X-Shopify-Shop-Domain") }, "X-Shopify-Shop-Domain: stands there 0 times"},
		"another shop":        {func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "other.myshopify.com") }, `"other.myshopify.com" is not the shop of this route`},
		"two shops":           {func(h http.Header) { h.Add("X-Shopify-Shop-Domain", "other.myshopify.com") }, "X-Shopify-Shop-Domain: stands there 2 times"},
		"shop as a prefix":    {func(h http.Header) { h.Set("X-Shopify-Shop-Domain", shop+".evil.example") }, "is not the shop"},
		"shop with a long s":  {func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "example.my\u017fhopify.com") }, "is not the shop"},
		"no headers whatever": {func(h http.Header) { clear(h) }, "0 times"},
	}
	s := open(t, "")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := signed(message("orders/create", body), secret)
			tt.change(m.Header)
			storefronttest.Refused(t, s, m, tt.want, good, secret)
		})
	}
}

func TestVerifyTakes(t *testing.T) {
	body := []byte(`{"id":1}`)
	tests := map[string]func(h http.Header){
		"blanks around the signature": func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", " \t"+sign(body, secret)+" ") },
		"lower-case names": func(h http.Header) {
			for name, v := range h {
				delete(h, name)
				h[strings.ToLower(name)] = v
			}
		},
		"the shop in capitals": func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "EXAMPLE.MyShopify.COM") },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			m := signed(message("orders/create", body), secret)
			change(m.Header)
			if got, err := open(t, "").Verify(m); err != nil || got.Type != "orders/create" {
				t.Errorf("Verify = %q, %v", got.Type, err)
			}
		})
	}
}

func TestVerifyTakesEverySecretInForce(t *testing.T) {
	body := []byte(`{"id":1}`)
	rotating, err := shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: [the-new-client-secret, the-old-client-secret]\n"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: [the-new-client-secret]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"the-new-client-secret", "the-old-client-secret"} {
		if _, err := rotating.Verify(signed(message("orders/create", body), key)); err != nil {
			t.Errorf("%s while both are in force: %v", key, err)
		}
	}
	if _, err := after.Verify(signed(message("orders/create", body), "the-old-client-secret")); erpbridge.KindOf(err) != erpbridge.Refused {
		t.Errorf("the old secret after its end: %v", err)
	}
}

func TestVerifyNamesWhatItCan(t *testing.T) {
	body := []byte(`{"id":1}`)
	s := open(t, "")
	for name, topic := range map[string][]string{
		"missing": nil, "empty": {""}, "twice": {"orders/create", "orders/paid"},
		"blank inside": {"orders create"}, "long": {strings.Repeat("x", 101)}, "control": {"orders/\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			m := signed(message("", body), secret)
			m.Header.Del("X-Shopify-Topic")
			m.Header.Del("X-Shopify-Webhook-Id")
			for _, v := range topic {
				m.Header.Add("X-Shopify-Topic", v)
			}
			got, err := s.Verify(m)
			if erpbridge.KindOf(err) != erpbridge.Invalid {
				t.Fatalf("Verify = %v, want it invalid", err)
			}
			if got.Type != "unknown" || !strings.HasPrefix(got.ID, "sha256:") || len(got.ID) != 71 {
				t.Errorf("recorded under %q, %q", got.Type, got.ID)
			}
		})
	}
}

func TestVerifyIDWithoutAUsableHeader(t *testing.T) {
	s := open(t, "")
	id := func(topic, body string, header ...string) string {
		t.Helper()
		m := signed(message(topic, []byte(body)), secret)
		m.Header["X-Shopify-Webhook-Id"] = header
		got, err := s.Verify(m)
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}
	hash := id("orders/create", "{}")
	if !strings.HasPrefix(hash, "sha256:") {
		t.Fatalf("ID %q", hash)
	}
	for name, header := range map[string][]string{
		"empty": {""}, "long": {strings.Repeat("x", 129)}, "blank": {"a b"}, "not ASCII": {"ä"}, "newline": {"a\nb"}, "two": {"a", "b"},
	} {
		if got := id("orders/create", "{}", header...); got != hash {
			t.Errorf("%s: ID %q, want the hash of the message", name, got)
		}
	}
	if id("orders/create", "{} ") == hash || id("orders/paid", "{}") == hash {
		t.Error("two messages have one ID")
	}
	if got := id("orders/create", "{}", strings.Repeat("x", 128)); got != strings.Repeat("x", 128) {
		t.Errorf("128 characters: ID %q", got)
	}
}
