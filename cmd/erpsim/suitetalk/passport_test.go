package suitetalk

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// The inputs are the vendor's published example.
func TestSignatureVector(t *testing.T) {
	c := Credential{
		Account:        "1234567",
		ConsumerKey:    "71cc02b731f05895561ef0862d71553a3ac99498a947c3b7beaf4a1e4a29f7c4",
		ConsumerSecret: "7278da58caf07f5c336301a601203d10a58e948efa280f0618e25fcee1ef2abd",
		Token:          "89e08d9767c5ac85b374415725567d05b54ecf0960ad2470894a52f741020d82",
		TokenSecret:    "060cd9ab3ffbbe1e3d3918e90165ffd37ab12acc76b4691046e2d29c7d7674c2",
	}
	if got, want := sign(c, "6obMKq0tmY8ylVOdEkA1", "1439829974"), "FCghIZqXNetuZY8ILWOFH0ucdfzQOmAuL+q+kF21zPs="; got != want {
		t.Fatalf("signature %s, want %s", got, want)
	}
}

func TestPassport(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	stranger := testCredential
	stranger.Token = "other"
	wrongSecret := testCredential
	wrongSecret.TokenSecret = "no"
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	good := passportXML(testCredential, "abcdef123456", at(0))
	for name, c := range map[string]struct {
		header string
		want   string
	}{
		"good":                     {good, ""},
		"five minutes slow":        {passportXML(testCredential, "abcdef123456", at(-5*time.Minute)), ""},
		"five minutes fast":        {passportXML(testCredential, "abcdef123456", at(5*time.Minute)), ""},
		"too old":                  {passportXML(testCredential, "abcdef123456", at(-301*time.Second)), "INVALID_LOGIN_CREDENTIALS"},
		"from the future":          {passportXML(testCredential, "abcdef123456", at(301*time.Second)), "INVALID_LOGIN_CREDENTIALS"},
		"wrong secret":             {passportXML(wrongSecret, "abcdef123456", at(0)), "INVALID_LOGIN_CREDENTIALS"},
		"unknown token":            {passportXML(stranger, "abcdef123456", at(0)), "INVALID_LOGIN_CREDENTIALS"},
		"other algorithm":          {strings.Replace(good, "HMAC-SHA256", "HMAC-SHA1", 1), "INVALID_LOGIN_CREDENTIALS"},
		"short nonce":              {passportXML(testCredential, "abcde", at(0)), "INVALID_LOGIN_CREDENTIALS"},
		"nonce with a special":     {passportXML(testCredential, "abcdef-123456", at(0)), "INVALID_LOGIN_CREDENTIALS"},
		"long nonce":               {passportXML(testCredential, strings.Repeat("a", 65), at(0)), "INVALID_LOGIN_CREDENTIALS"},
		"none":                     {"", "WS_LOG_IN_REQD"},
		"with application info":    {good + `<platformMsgs:applicationInfo><platformMsgs:applicationId>x</platformMsgs:applicationId></platformMsgs:applicationInfo>`, "USER_ERROR"},
		"twice":                    {good + good, "org.xml.sax.SAXException: tokenPassport is there twice"},
		"timestamp is no number":   {strings.Replace(good, at(0), "now", 1), `org.xml.sax.SAXException: "now" is not a legal value of type long for tokenPassport.timestamp`},
		"a header to be heeded":    {good + `<x:y xmlns:x="urn:x" soapenv:mustUnderstand="1"/>`, "header y is not understood"},
		"a header to be passed by": {good + `<x:y xmlns:x="urn:x"/>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{Now: func() time.Time { return now }})
			a, err := b.send("2023_2", "getServerTime", envelopeXML("2023_2", c.header, "<platformMsgs:getServerTime/>"))
			if err != nil {
				t.Fatal(err)
			}
			if got := a.faultCode(); got != c.want {
				t.Fatalf("fault %q, want %q\n%s", got, c.want, a.raw)
			}
			if want := map[bool]int{true: 200, false: 500}[c.want == ""]; a.status != want {
				t.Fatalf("status %d, want %d", a.status, want)
			}
		})
	}
}

func TestASessionCookieMakesTheLoginAmbiguous(t *testing.T) {
	b := start(t, Config{})
	req := newRequest(t, b, "getServerTime", envelopeXML("2023_2", b.passport(), "<platformMsgs:getServerTime/>"))
	req.Header.Set("Cookie", "JSESSIONID=x")
	a, err := b.do(req)
	if err != nil || a.faultCode() != "USER_ERROR" {
		t.Fatalf("%v %s", err, a.raw)
	}
}

func TestANonceIsGoodOnce(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	c := newPassportCheck([]Credential{testCredential}, 5*time.Minute)
	bear := func(nonce string) bool {
		stamp := strconv.FormatInt(now.Unix(), 10)
		return c.verify(passport{
			testCredential.Account, testCredential.ConsumerKey, testCredential.Token, nonce, stamp,
			"HMAC-SHA256", sign(testCredential, nonce, stamp),
		}, now)
	}
	if !bear("abcdef1") || bear("abcdef1") || !bear("abcdef2") {
		t.Fatal("a nonce must be good once, and another one after it")
	}
	now = now.Add(9 * time.Minute)
	if bear("abcdef1") {
		t.Fatal("a nonce was forgotten while a passport with it could still be in the window")
	}
	now = now.Add(2 * time.Minute)
	if !bear("abcdef1") {
		t.Fatal("a nonce is kept for longer than a passport with it could be in the window")
	}
	now = now.Add(time.Hour)
	if !bear("abcdef3") || len(c.nonces) != 1 {
		t.Fatalf("nonces are kept for ever: %d", len(c.nonces))
	}
}

func TestARefusedSignatureDoesNotSpendTheNonce(t *testing.T) {
	b := start(t, Config{})
	wrong := testCredential
	wrong.ConsumerSecret = "no"
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	for i, want := range []string{"INVALID_LOGIN_CREDENTIALS", ""} {
		c := []Credential{wrong, testCredential}[i]
		a, err := b.send("2023_2", "getServerTime", envelopeXML("2023_2", passportXML(c, "abcdef1", stamp), "<platformMsgs:getServerTime/>"))
		if err != nil || a.faultCode() != want {
			t.Fatalf("%d: %v %s", i, err, a.raw)
		}
	}
	if s := b.State(); s.Refused != 1 || s.Faults != 1 || s.Answers != 2 {
		t.Fatalf("%+v", s)
	}
}
