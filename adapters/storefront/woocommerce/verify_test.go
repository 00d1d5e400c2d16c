package woocommerce_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
	"github.com/hakooi/erpbridge/adapters/storefront/woocommerce"
)

func TestVerify(t *testing.T) {
	m := signed(message("order.updated", []byte(`{"id":1}`)), secret)
	m.Type, m.ContentType = "", ""
	m.Header.Set("Cookie", "session=1")
	m.Header.Set("Authorization", "Bearer x")
	got, err := open(t, "").Verify(m)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.ID, "sha256:") || got.Type != "order.updated" || got.ContentType != "application/json" {
		t.Errorf("ID %q, Type %q, ContentType %q", got.ID, got.Type, got.ContentType)
	}
	want := http.Header{
		"Content-Type": {"application/json"}, "X-Wc-Webhook-Source": {site}, "X-Wc-Webhook-Topic": {"order.updated"},
		"X-Wc-Webhook-Resource": {"order"}, "X-Wc-Webhook-Event": {"updated"}, "X-Wc-Webhook-Id": {"12"},
		"X-Wc-Webhook-Delivery-Id": {"5f0b1c6f6b3a2f9d0c1e2d3c4b5a6978"},
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
		"no signature":   {func(h http.Header) { h.Del("X-WC-Webhook-Signature") }, "0 times"},
		"two signatures": {func(h http.Header) { h.Add("X-WC-Webhook-Signature", "AAAA") }, "2 times"},
		"of no body":     {func(h http.Header) { h.Set("X-WC-Webhook-Signature", sign(nil, secret)) }, "no configured secret"},
		"no source":      {func(h http.Header) { h.Del("X-WC-Webhook-Source") }, "X-WC-Webhook-Source: stands there 0 times"},
		"two sources":    {func(h http.Header) { h.Add("X-WC-Webhook-Source", site) }, "X-WC-Webhook-Source: stands there 2 times"},
		"another site":   {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://other.example.com/") }, "is not the site of this route"},
		"without TLS":    {func(h http.Header) { h.Set("X-WC-Webhook-Source", "http://shop.example.com/") }, "is not the site"},
		"another path":   {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://shop.example.com/b") }, "is not the site"},
		"another port":   {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://shop.example.com:8443") }, "is not the site"},
		"with a user":    {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://shop.example.com@evil.example") }, "is not the site"},
		"with a query":   {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://shop.example.com/?x") }, "is not the site"},
		"with a long s":  {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://\u017fhop.example.com") }, "is not the site"},
		"a prefix":       {func(h http.Header) { h.Set("X-WC-Webhook-Source", "https://shop.example.com.evil.example") }, "is not the site"},
		"a bare host":    {func(h http.Header) { h.Set("X-WC-Webhook-Source", "shop.example.com") }, "is not the site"},
		"nothing at all": {func(h http.Header) { clear(h) }, "0 times"},
	}
	s := open(t, "")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := signed(message("order.updated", body), secret)
			tt.change(m.Header)
			storefronttest.Refused(t, s, m, tt.want, good, secret)
		})
	}
}

func TestVerifyComparesSitesAsAddresses(t *testing.T) {
	for configured, sources := range map[string][]string{
		"https://shop.example.com": {"https://shop.example.com", "https://Shop.EXAMPLE.com/", "HTTPS://shop.example.com:443//"},
		"https://example.com/de/":  {"https://example.com/de", "https://example.com/de/"},
		"http://127.0.0.1:8080":    {"http://127.0.0.1:8080/"},
	} {
		s, err := woocommerce.New("shop-eu", decode("site: "+configured+"\nsecrets: ["+secret+"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			m := signed(message("order.updated", []byte(`{"id":1}`)), secret)
			m.Header.Set("X-WC-Webhook-Source", source)
			if _, err := s.Verify(m); err != nil {
				t.Errorf("%s for %s: %v", source, configured, err)
			}
		}
	}
}

func TestVerifyDecodesSecrets(t *testing.T) {
	s, err := woocommerce.New("shop-eu", decode("site: "+site+"\nsecrets: [the-new-secret-of-the-shop, 'a &amp; b &lt; c &#039;quoted&#x27;']\n"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]erpbridge.Kind{
		"a & b < c 'quoted'": "", "the-new-secret-of-the-shop": "", "a &amp; b &lt; c &#039;quoted&#x27;": erpbridge.Refused,
	} {
		if _, err := s.Verify(signed(message("order.updated", []byte(`{"id":1}`)), key)); erpbridge.KindOf(err) != want {
			t.Errorf("signed with %s: %v, want kind %q", key, err, want)
		}
	}
}

func TestVerifyNamesWhatItCan(t *testing.T) {
	s := open(t, "")
	for name, topic := range map[string][]string{
		"missing": nil, "empty": {""}, "twice": {"order.created", "order.updated"}, "blank inside": {"order created"}, "long": {strings.Repeat("x", 101)},
	} {
		t.Run(name, func(t *testing.T) {
			m := signed(message("", []byte(`{"id":1}`)), secret)
			m.Header["X-Wc-Webhook-Topic"] = topic
			got, err := s.Verify(m)
			if erpbridge.KindOf(err) != erpbridge.Invalid || got.Type != "unknown" || !strings.HasPrefix(got.ID, "sha256:") {
				t.Errorf("recorded under %q, %q: %v", got.Type, got.ID, err)
			}
		})
	}
}

func TestVerifyID(t *testing.T) {
	s := open(t, "")
	id := func(topic, body, delivery string) string {
		t.Helper()
		m := signed(message(topic, []byte(body)), secret)
		m.Header.Set("X-WC-Webhook-Delivery-ID", delivery)
		got, err := s.Verify(m)
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}
	if id("order.updated", `{"id":1}`, "a") == id("order.updated", `{"id":2}`, "a") {
		t.Error("two orders of one second are one message")
	}
	if id("order.updated", `{"id":1}`, "a") == id("order.created", `{"id":1}`, "a") {
		t.Error("two topics are one message")
	}
	if id("order.updated", `{"id":1}`, "a") != id("order.updated", `{"id":1}`, "b") {
		t.Error("one state sent by two webhooks is two messages")
	}
	if id("order.deleted", `{"id":1}`, "a") == id("order.deleted", `{"id":1}`, "b") {
		t.Error("an order deleted, restored and deleted again is deleted once")
	}
	once := id("order.deleted", `{"id":1}`, "a")
	if again := id("order.deleted", `{"id":1}`, "a"); again != once {
		t.Errorf("one deletion is two messages: %s, %s", once, again)
	}
}

func TestPing(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	ping := func(body, contentType string) erpbridge.Message {
		m := message("", []byte(body))
		m.ContentType, m.Header = contentType, http.Header{"Content-Type": {contentType}, "Cookie": {"x=1"}}
		return m
	}
	s := open(t, "")
	ids := map[string]bool{}
	for _, m := range []erpbridge.Message{
		ping("webhook_id=12", form), ping("webhook_id=13", form+"; charset=UTF-8"), ping("webhook_id=0012345678901234567890", "Application/X-WWW-Form-Urlencoded"),
	} {
		got, err := s.Verify(m)
		if err != nil || got.Type != "ping" || len(got.Header) != 1 {
			t.Errorf("%s: %q, %v, %v", m.Body, got.Type, got.Header, err)
		}
		ids[got.ID] = true
		if _, err := s.Normalize(got); erpbridge.KindOf(err) != erpbridge.Ignored {
			t.Errorf("%s: %v", m.Body, err)
		}
	}
	if len(ids) != 1 {
		t.Errorf("strangers can make %d rows, want 1", len(ids))
	}
	withHeader := func(name string) erpbridge.Message {
		m := ping("webhook_id=12", form)
		m.Header.Set(name, "x")
		return m
	}
	for name, m := range map[string]erpbridge.Message{
		"as JSON": ping("webhook_id=12", "application/json"), "of no type": ping("webhook_id=12", ""), "empty": ping("", form),
		"no number": ping("webhook_id=", form), "a word": ping("webhook_id=a", form), "more members": ping("webhook_id=12&x=1", form),
		"long": ping("webhook_id="+strings.Repeat("1", 54), form), "negative": ping("webhook_id=-1", form), "a newline": ping("webhook_id=12\n", form),
		"signed": withHeader("X-WC-Webhook-Signature"), "with a topic": withHeader("X-WC-Webhook-Topic"),
		"with a topic in lower case": withHeader("x-wc-webhook-topic"),
	} {
		if _, err := s.Verify(m); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}
