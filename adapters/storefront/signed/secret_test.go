package signed_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	s := signed.Secret("a-client-secret-of-the-app")
	conf := struct{ Secrets []signed.Secret }{[]signed.Secret{s}}
	asJSON, err := json.Marshal(conf)
	if err != nil {
		t.Fatal(err)
	}
	asText, err := s.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{string(asJSON), string(asText), s.String(), s.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, conf), fmt.Sprintf(verb, &conf), fmt.Sprintf(verb, s))
	}
	for _, p := range printed {
		if strings.Contains(p, "client") || strings.Contains(strings.ToLower(p), "636c69656e74") || !strings.Contains(p, "***") {
			t.Errorf("printed: %s", p)
		}
	}
}

func TestOpen(t *testing.T) {
	keys, err := signed.Open([]signed.Secret{"the-new-secret-of-the-shop\n", "the-old-secret-of-the-shop\r\n"}, "the secret")
	if err != nil || len(keys) != 2 || string(keys[0]) != "the-new-secret-of-the-shop" || string(keys[1]) != "the-old-secret-of-the-shop" {
		t.Fatalf("Open = %q, %v", keys, err)
	}
	tests := map[string]struct {
		secrets []signed.Secret
		want    string
	}{
		"none":         {nil, "secrets: there is none; list the webhook's secret"},
		"empty":        {[]signed.Secret{""}, "secrets[0]: is empty"},
		"a newline":    {[]signed.Secret{"\n"}, "secrets[0]: is empty"},
		"short":        {[]signed.Secret{"the-new-secret-of-the-shop", "fifteen-letters"}, "secrets[1]: has 15 bytes, fewer than 16"},
		"blanks":       {[]signed.Secret{" the-new-secret-of-the-shop"}, "secrets[0]: has blanks"},
		"two newlines": {[]signed.Secret{"the-new-secret-of-the-shop\n\n"}, "secrets[0]: has blanks"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			keys, err := signed.Open(tt.secrets, "the webhook's secret")
			if keys != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Open = %q, %v, want %q", keys, err, tt.want)
			}
			if strings.Contains(err.Error(), "the-new") || strings.Contains(err.Error(), "fifteen-letters") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}
