package shopsim

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// one returns the webhook about one order, as it arrived.
func one(t *testing.T, conf Config) (*Shop, arrival) {
	t.Helper()
	r := receive(t, http.StatusOK)
	conf.Webhooks = r.url + "/webhooks/shop"
	s := open(t, conf)
	s.Place(1)
	quiet(t, s)
	got := r.arrivals()
	if len(got) == 0 {
		t.Fatal("no webhook arrived")
	}
	return s, got[0]
}

func signature(t *testing.T, secret, text string) string {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	if _, err := mac.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestShopifyWebhook(t *testing.T) {
	_, a := one(t, Config{Platform: "shopify", Secret: "s3cret", Topics: []string{"orders/create"}})
	for name, want := range map[string]string{
		"X-Shopify-Hmac-Sha256": signature(t, "s3cret", string(a.body)), "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": "test.myshopify.com",
		"Content-Type": "application/json",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id := at(t, parse(t, a.body), "id"); id != json.Number("9007199254740994") {
		t.Errorf("id %v does not pass 2^53", id)
	}
}

func TestWooWebhook(t *testing.T) {
	// What was typed as & is stored as an entity, and signed as typed.
	_, a := one(t, Config{Platform: "woocommerce", Secret: "a&amp;b&lt;c"})
	for name, want := range map[string]string{
		"X-WC-Webhook-Signature": signature(t, "a&b<c", string(a.body)), "X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Resource": "order",
		"X-WC-Webhook-Event": "created", "X-WC-Webhook-Source": "https://shop.example.com/", "X-WC-Webhook-ID": "1001",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestBigWebhook(t *testing.T) {
	_, a := one(t, Config{Platform: "bigcommerce", Secret: "s3cret", Headers: map[string]string{"X-Token": "abc"}, Topics: []string{"store/order/created"}})
	id, sent := a.header.Get("webhook-id"), a.header.Get("webhook-timestamp")
	if got, want := a.header.Get("webhook-signature"), "v1,"+signature(t, "s3cret", id+"."+sent+"."+string(a.body)); got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	if got := a.header.Get("X-Token"); got != "abc" {
		t.Errorf("the header of the hook is %q", got)
	}
	b := parse(t, a.body)
	if hash := at(t, b, "hash").(string); len(hash) != 40 || at(t, b, "data.id") != json.Number("101") || at(t, b, "producer") != "stores/abc123xyz" {
		t.Errorf("the envelope is %s", a.body)
	}
}

func TestAdobeWebhook(t *testing.T) {
	s, a := one(t, Config{Platform: "adobecommerce", Token: "t", Topics: []string{orderSaved}})
	// The key is served to anybody, under the path that the header names.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.header.Get("x-adobe-public-key1-path"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	s.Handler().ServeHTTP(wrapper{w}, req)
	if w.body.String() != s.PublicKey() {
		t.Fatalf("served %d: %s", w.status, w.body.String())
	}
	verify(t, s.PublicKey(), a.header.Get("x-adobe-digital-signature-1"), a.body)
	if at(t, parse(t, a.body), "type") != orderSaved || at(t, parse(t, a.body), "recipient_client_id") != s.conf.Name {
		t.Errorf("the event is %s", a.body)
	}
}

// wrapper is an answer that is asked for nothing else.
type wrapper struct{ *answer }

func verify(t *testing.T, key, signature string, body []byte) {
	t.Helper()
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		t.Fatalf("the key is no PEM: %s", key)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	if err := rsa.VerifyPKCS1v15(parsed.(*rsa.PublicKey), crypto.SHA256, sum[:], raw); err != nil {
		t.Error(err)
	}
}

// shared returns a file of the samples beside the project.
func shared(t *testing.T, elem ...string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{testenv.Shared(t)}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestConformanceSignatures(t *testing.T) {
	type vector struct {
		Secret    string `json:"secret"`
		Stored    string `json:"stored_secret"`
		Client    string `json:"client_secret"`
		Value     string `json:"value"`
		PublicKey string `json:"public_key_pem"`
		Headers   struct {
			ID string `json:"webhook-id"`
			At string `json:"webhook-timestamp"`
		} `json:"headers"`
	}
	var v struct {
		Body    []byte `json:"body_base64"`
		Shopify vector `json:"shopify"`
		Woo     vector `json:"woocommerce"`
		Entity  vector `json:"woocommerce_secret_with_entity"`
		Big     vector `json:"bigcommerce_standard_webhooks"`
		Adobe   vector `json:"adobe_io_events"`
	}
	if err := json.Unmarshal(shared(t, "storefront-samples", "signature-vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	signed := func(platform, secret string, d delivery, header string) string {
		s := open(t, Config{Platform: platform, Secret: secret})
		d.body, d.sub, d.topic, d.what = v.Body, &Subscription{}, "order.created", occurrence{order: &Order{}}
		h := http.Header{}
		s.face.sign(&d, h)
		return h.Get(header)
	}
	for name, got := range map[string][2]string{
		"shopify":               {signed("shopify", v.Shopify.Secret, delivery{}, "X-Shopify-Hmac-Sha256"), v.Shopify.Value},
		"woocommerce":           {signed("woocommerce", v.Woo.Secret, delivery{}, "X-WC-Webhook-Signature"), v.Woo.Value},
		"woocommerce, entities": {signed("woocommerce", v.Entity.Stored, delivery{}, "X-WC-Webhook-Signature"), v.Entity.Value},
		"bigcommerce":           {standardWebhook(v.Big.Client, v.Big.Headers.ID, v.Big.Headers.At, v.Body), v.Big.Value},
	} {
		if got[0] != got[1] || got[1] == "" {
			t.Errorf("%s: %q, want %q", name, got[0], got[1])
		}
	}
	// The key behind the vector is not published; that it verifies here shows that the
	// rule is the one the simulator's own signatures are checked by.
	verify(t, v.Adobe.PublicKey, v.Adobe.Value, v.Body)
}

// The time of a signature is that of the attempt.
func TestBigTimestamp(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	s := open(t, Config{Platform: "bigcommerce", Secret: "s3cret", Now: func() time.Time { return now }})
	h := http.Header{}
	s.face.sign(&delivery{id: "d", sub: &Subscription{}, said: now.Add(-time.Hour), body: []byte("{}")}, h)
	if h.Get("webhook-timestamp") != "1795428000" || !strings.HasPrefix(h.Get("webhook-signature"), "v1,") {
		t.Errorf("headers %v", h)
	}
}
