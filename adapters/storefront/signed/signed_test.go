package signed_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

const header = "X-Example-Hmac"

var keys = [][]byte{[]byte("the-new-secret-of-the-shop"), []byte("the-old-secret-of-the-shop")}

func sign(body, key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// TestProofOfAKnownAnswer: RFC 4231, test case 2, as base64.
func TestProofOfAKnownAnswer(t *testing.T) {
	h := http.Header{header: {"W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="}}
	if err := signed.Proof(h, header, []byte("what do ya want for nothing?"), [][]byte{[]byte("Jefe")}); err != nil {
		t.Error(err)
	}
}

func TestProof(t *testing.T) {
	body := []byte(`{"id":1}`)
	good := sign(body, keys[0])
	tests := map[string]struct {
		header http.Header
		want   string // of the error; "" for none
	}{
		"good":                  {http.Header{header: {good}}, ""},
		"under the old secret":  {http.Header{header: {sign(body, keys[1])}}, ""},
		"in lower case":         {http.Header{"x-example-hmac": {good}}, ""},
		"with blanks around":    {http.Header{header: {" \t" + good + " "}}, ""},
		"none":                  {http.Header{}, "stands there 0 times"},
		"nil":                   {nil, "stands there 0 times"},
		"two":                   {http.Header{header: {good, good}}, "stands there 2 times"},
		"two by spelling":       {http.Header{header: {good}, "x-example-hmac": {good}}, "stands there 2 times"},
		"empty":                 {http.Header{header: {""}}, "is not a base64"},
		"in hex":                {http.Header{header: {strings.Repeat("ab", 32)}}, "is not a base64"},
		"unpadded":              {http.Header{header: {strings.TrimSuffix(good, "=")}}, "is not a base64"},
		"of the URL alphabet":   {http.Header{header: {strings.Repeat("-_", 21) + "A="}}, "is not a base64"},
		"with a newline inside": {http.Header{header: {good[:20] + "\r\n" + good[20:42]}}, "is not a base64"},
		"of another body":       {http.Header{header: {sign([]byte(`{"id":2}`), keys[0])}}, "no configured secret"},
		"of another secret":     {http.Header{header: {sign(body, []byte("a-secret-of-somebody"))}}, "no configured secret"},
		"of an empty secret":    {http.Header{header: {sign(body, nil)}}, "no configured secret"},
		"of zeros":              {http.Header{header: {base64.StdEncoding.EncodeToString(make([]byte, 32))}}, "no configured secret"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := signed.Proof(tt.header, header, body, keys)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Proof = %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), good) || strings.Contains(err.Error(), string(keys[0])) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
	if err := signed.Proof(http.Header{header: {good}}, header, body, nil); err == nil {
		t.Error("no secrets, and still a proof")
	}
}

// TestDecodeSumTakesOneSpelling: the last character of a sum has bits to spare, and a
// signature of two spellings would be two signatures.
func TestDecodeSumTakesOneSpelling(t *testing.T) {
	sum := make([]byte, 32)
	text := base64.StdEncoding.EncodeToString(sum)
	if got, ok := signed.DecodeSum(text); !ok || !cmp.Equal(got, sum) {
		t.Fatalf("%v, %t", got, ok)
	}
	taken := 0
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for _, c := range alphabet {
		if _, ok := signed.DecodeSum(text[:42] + string(c) + "="); ok {
			taken++
		}
	}
	if taken != 16 {
		t.Errorf("%d last characters are taken, and 4 bits have 16 values", taken)
	}
}

func TestTopic(t *testing.T) {
	h := func(vs ...string) http.Header { return http.Header{"X-Topic": vs} }
	for _, topic := range []string{"orders/create", "order.updated", "store/order/statusUpdated", "a_b-c.9", strings.Repeat("x", 100)} {
		if got, err := signed.Topic(h(topic), "X-Topic"); err != nil || got != topic {
			t.Errorf("%s: %q, %v", topic, got, err)
		}
	}
	for _, vs := range [][]string{nil, {""}, {"a", "b"}, {"a b"}, {"a\n"}, {"ä"}, {strings.Repeat("x", 101)}, {"a\x00"}, {"<a>"}} {
		if got, err := signed.Topic(h(vs...), "X-Topic"); err == nil || got != "" {
			t.Errorf("%q is the topic %q", vs, got)
		}
	}
}

func TestID(t *testing.T) {
	for _, tt := range []struct {
		values []string
		want   string
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{"a"}, "a"},
		{[]string{" a "}, "a"},
		{[]string{"a", "a"}, ""},
		{[]string{"a b"}, ""},
		{[]string{"ä"}, ""},
		{[]string{"a\x7f"}, ""},
		{[]string{strings.Repeat("x", 128)}, strings.Repeat("x", 128)},
		{[]string{strings.Repeat("x", 129)}, ""},
	} {
		if got := signed.ID(http.Header{"X-Id": tt.values}, "X-Id"); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.values, got, tt.want)
		}
	}
}

func TestDigest(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range [][2]string{{"", ""}, {"a", ""}, {"", "a"}, {"a", "b"}, {"ab", ""}, {"", "ab"}} {
		got := signed.Digest(m[0], []byte(m[1]))
		if len(got) != 71 || !strings.HasPrefix(got, "sha256:") || seen[got] {
			t.Errorf("%q: %s", m, got)
		}
		seen[got] = true
		if again := signed.Digest(m[0], []byte(m[1])); again != got {
			t.Errorf("%q is %s, and then %s", m, got, again)
		}
	}
}

func TestKeep(t *testing.T) {
	h := http.Header{
		"X-Kept": {" a "}, "x-lower": {"b"}, "X-Twice": {"a", "b"}, "X-Long": {strings.Repeat("x", 257)}, "X-Empty": {""}, "X-Control": {"a\x01"},
		"Authorization": {"Bearer x"},
	}
	before := h.Clone()
	got := signed.Keep(h, "X-Kept", "X-Lower", "X-Twice", "X-Long", "X-Empty", "X-Control", "X-Missing")
	if diff := cmp.Diff(http.Header{"X-Kept": {"a"}, "X-Lower": {"b"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got.Set("X-Kept", "changed")
	if diff := cmp.Diff(before, h); diff != "" {
		t.Errorf("the caller's headers changed:\n%s", diff)
	}
}

func TestEqualASCII(t *testing.T) {
	if !signed.EqualASCII("EXAMPLE.com", "example.COM") || signed.EqualASCII("example.com.", "example.com") {
		t.Error("case counts, or length does not")
	}
	if signed.EqualASCII("\u017fhop", "shop") || signed.EqualASCII("\u212aelvin", "kelvin") {
		t.Error("a long s is an s, or the Kelvin sign a k")
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "short": "short", strings.Repeat("x", 61): strings.Repeat("x", 60) + "…", strings.Repeat("x", 59) + "ä": strings.Repeat("x", 59) + "…",
	} {
		if got := signed.Clip(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}
