package bigcommerce_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
)

func TestVerifyNames(t *testing.T) {
	s := open(t, "")
	body := fixture(t, "envelopes/stock-absolute.json")
	m := signed(message("", body), secret)
	m.Header.Set("X-Auth-Token", "never keep this")
	got, err := s.Verify(m)
	if err != nil {
		t.Fatal(err)
	}
	if got.Type != "store/product/inventory/updated" || len(got.ID) != 51 || !strings.HasSuffix(got.ID, "@1795428000") || !bytes.Contains(body, []byte(got.ID[:40])) || got.ContentType != "application/json" {
		t.Errorf("named %q, %q, of %q", got.Type, got.ID, got.ContentType)
	}
	if len(got.Header) != 3 || got.Header.Get("Webhook-Signature")+got.Header.Get("X-Auth-Token") != "" {
		t.Errorf("kept %v", got.Header)
	}
	// Two events of one hash: the second tells them apart.
	later, err := s.Verify(signed(message("", changed(t, body, "1795428000", "1795428001")), secret))
	if err != nil || later.ID == got.ID || later.ID[:40] != got.ID[:40] {
		t.Errorf("an event a second later is %q, %v", later.ID, err)
	}
	// Without a hash a message is named after its content.
	unhashed, err := s.Verify(signed(message("", changed(t, body, `"hash": "`, `"hash": "x`)), secret))
	if err != nil || !strings.HasPrefix(unhashed.ID, "sha256:") {
		t.Errorf("without a hash it is %q, %v", unhashed.ID, err)
	}
}

func TestVerifyEnvelope(t *testing.T) {
	s := open(t, "")
	good := string(fixture(t, "envelopes/stock-absolute.json"))
	for name, tt := range map[string]struct {
		body, says string
		kind       erpbridge.Kind
	}{
		"another store":   {strings.Replace(good, hash, "another9", 1), "producer: ", erpbridge.Refused},
		"no store":        {strings.Replace(good, `"producer"`, `"made_by"`, 1), "producer: is missing", erpbridge.Refused},
		"a longer store":  {strings.Replace(good, hash, hash+"x", 1), "producer: ", erpbridge.Refused},
		"not JSON":        {"webhook_id=1", "the body cannot be read", erpbridge.Invalid},
		"empty":           {"", "the body cannot be read", erpbridge.Invalid},
		"a list":          {"[" + good + "]", "the body cannot be read", erpbridge.Invalid},
		"scope twice":     {strings.Replace(good, "{", `{"scope":"store/order/created",`, 1), "the body cannot be read", erpbridge.Invalid},
		"no scope":        {strings.Replace(good, `"scope"`, `"topic"`, 1), "scope: is missing", erpbridge.Invalid},
		"a strange scope": {strings.Replace(good, "store/product", "store product\\n", 1), "scope: ", erpbridge.Invalid},
		"no data":         {strings.Replace(good, `"data"`, `"payload"`, 1), "data: is missing", erpbridge.Invalid},
	} {
		got, err := s.Verify(signed(message("", []byte(tt.body)), secret))
		wants(t, err, tt.kind, tt.says)
		if tt.kind == erpbridge.Invalid && (got.Type != "unknown" || !strings.HasPrefix(got.ID, "sha256:")) {
			t.Errorf("%s: recorded under %q, %q", name, got.Type, got.ID)
		}
	}
	// Unproven is refused whatever the body is.
	_, err := s.Verify(message("", []byte("webhook_id=1")))
	wants(t, err, erpbridge.Refused, "webhook-id")
}

func TestVerifyStandard(t *testing.T) {
	s := open(t, "")
	body := fixture(t, "envelopes/stock-absolute.json")
	at := func(off time.Duration) string { return strconv.FormatInt(received.Add(off).Unix(), 10) }
	now := at(0)
	good := sign("msg_1", now, body, secret)
	for name, tt := range map[string]struct {
		id, stamp, signature, refused string
	}{
		"good":                 {"msg_1", now, good, ""},
		"second of two":        {"msg_1", now, "v1,AAAA " + good, ""},
		"beside another kind":  {"msg_1", now, "v1a,xyz " + good + " v2,abc", ""},
		"300 s old":            {"m", at(-300 * time.Second), sign("m", at(-300*time.Second), body, secret), ""},
		"300 s ahead":          {"m", at(300 * time.Second), sign("m", at(300*time.Second), body, secret), ""},
		"301 s old":            {"m", at(-301 * time.Second), sign("m", at(-301*time.Second), body, secret), "webhook-timestamp: is 5m1s"},
		"301 s ahead":          {"m", at(301 * time.Second), sign("m", at(301*time.Second), body, secret), "webhook-timestamp: is -5m1s"},
		"another id":           {"msg_2", now, good, "no configured secret"},
		"another time":         {"msg_1", at(time.Second), good, "no configured secret"},
		"a dot in the id":      {"msg.1", now, sign("msg.1", now, body, secret), "webhook-id"},
		"a blank in the id":    {"msg 1", now, sign("msg 1", now, body, secret), "webhook-id"},
		"no id":                {"", now, sign("", now, body, secret), "webhook-id"},
		"a signed time":        {"m", "+" + now, sign("m", "+"+now, body, secret), "webhook-timestamp"},
		"a fraction":           {"m", now + ".0", sign("m", now+".0", body, secret), "webhook-timestamp"},
		"no version":           {"msg_1", now, good[3:], "webhook-signature"},
		"version 2":            {"msg_1", now, "v2," + good[3:], "webhook-signature"},
		"glued":                {"msg_1", now, good + "," + good, "webhook-signature"},
		"hundreds":             {"msg_1", now, strings.Repeat("v1,AAAA ", 300) + good, "more than 16"},
		"padding bits":         {"msg_1", now, good[:len(good)-2] + "B=", "webhook-signature"},
		"another secret's":     {"msg_1", now, sign("msg_1", now, body, "another-secret-of-an-app"), "no configured secret"},
		"base64 of the secret": {"msg_1", now, sign("msg_1", now, body, "YS1jbGllbnQtc2VjcmV0LW9mLXRoZS1hcHA="), "no configured secret"},
	} {
		m := message("", body)
		m.Header = http.Header{"Webhook-Id": {tt.id}, "webhook-timestamp": {tt.stamp}, "WEBHOOK-SIGNATURE": {tt.signature}}
		_, err := s.Verify(m)
		switch {
		case tt.refused == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.refused != "":
			wants(t, err, erpbridge.Refused, tt.refused)
		}
		for _, header := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
			twice := m
			twice.Header = http.Header{"Webhook-Id": {tt.id}, "Webhook-Timestamp": {tt.stamp}, "Webhook-Signature": {tt.signature}}
			twice.Header[strings.ToUpper(header)] = twice.Header[header]
			if _, err := s.Verify(twice); erpbridge.KindOf(err) != erpbridge.Refused {
				t.Errorf("%s, %s twice: %v", name, header, err)
			}
		}
	}
	// The clock that counts is that of the receipt.
	m := signed(message("", body), secret)
	m.ReceivedAt = received.Add(6 * time.Minute)
	_, err := s.Verify(m)
	wants(t, err, erpbridge.Refused, "webhook-timestamp")
}

func TestVerifyRotatedSecret(t *testing.T) {
	s, err := bigcommerce.New("shop-us", decode("store_hash: k3m9x2ab7q\nsecrets: [the-new-client-secret, a-client-secret-of-the-app]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"the-new-client-secret", secret} {
		if _, err := s.Verify(signed(message("", fixture(t, "envelopes/stock-absolute.json")), key)); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestVerifyHeaders(t *testing.T) {
	const settings = "store_hash: k3m9x2ab7q\nheaders: {X-Bridge-Token: a-token-nobody-can-guess, X-Second: another-token-of-ours}\n"
	byHeaders, err := bigcommerce.New("shop-us", decode(settings))
	if err != nil {
		t.Fatal(err)
	}
	byBoth, err := bigcommerce.New("shop-us", decode(settings+"secrets: [a-client-secret-of-the-app]\n"))
	if err != nil {
		t.Fatal(err)
	}
	body := fixture(t, "envelopes/stock-absolute.json")
	for name, tt := range map[string]struct {
		header  http.Header
		refused string
	}{
		"all":             {http.Header{"X-Bridge-Token": {"a-token-nobody-can-guess"}, "X-Second": {"another-token-of-ours"}}, ""},
		"in lower case":   {http.Header{"x-bridge-token": {"a-token-nobody-can-guess"}, "x-second": {"another-token-of-ours"}}, ""},
		"one is missing":  {http.Header{"X-Bridge-Token": {"a-token-nobody-can-guess"}}, "X-Second: stands there 0 times"},
		"one is wrong":    {http.Header{"X-Bridge-Token": {"a-token-nobody-can-guess"}, "X-Second": {"another-token-of-ourS"}}, "X-Second: has not"},
		"a beginning":     {http.Header{"X-Bridge-Token": {"a-token"}, "X-Second": {"another-token-of-ours"}}, "X-Bridge-Token: has not"},
		"exchanged":       {http.Header{"X-Bridge-Token": {"another-token-of-ours"}, "X-Second": {"a-token-nobody-can-guess"}}, "X-Bridge-Token: has not"},
		"one twice":       {http.Header{"X-Bridge-Token": {"a-token-nobody-can-guess", "a-token-nobody-can-guess"}, "X-Second": {"another-token-of-ours"}}, "X-Bridge-Token: stands there 2 times"},
		"twice by case":   {http.Header{"X-Bridge-Token": {"a-token-nobody-can-guess"}, "x-bridge-token": {"wrong"}, "X-Second": {"another-token-of-ours"}}, "X-Bridge-Token: stands there 2 times"},
		"none":            {http.Header{}, "X-Bridge-Token: stands there 0 times"},
		"an empty header": {http.Header{"X-Bridge-Token": {""}, "X-Second": {""}}, "X-Bridge-Token: has not"},
	} {
		m := message("", body)
		m.Header = tt.header
		got, err := byHeaders.Verify(m)
		if tt.refused != "" {
			wants(t, err, erpbridge.Refused, tt.refused)
			if strings.Contains(err.Error(), "guess") || strings.Contains(err.Error(), "of-ours") {
				t.Errorf("%s: the error tells the value: %v", name, err)
			}
		} else if err != nil || len(got.Header) != 0 {
			t.Errorf("%s: %v, kept %v", name, err, got.Header)
		}
		_, err = byBoth.Verify(m)
		if erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s, and no signature: %v", name, err)
		}
		both := signed(m, secret)
		for k, v := range tt.header {
			both.Header[k] = v
		}
		if _, err = byBoth.Verify(both); (err == nil) != (tt.refused == "") {
			t.Errorf("%s, and signed: %v", name, err)
		}
	}
	if !bytes.Equal(body, fixture(t, "envelopes/stock-absolute.json")) {
		t.Error("Verify changed the body")
	}
}
