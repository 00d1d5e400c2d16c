package shopify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
)

func TestNewRefuses(t *testing.T) {
	const good = "secrets: [a-client-secret-of-the-app]\nshop: example.myshopify.com\n"
	tests := map[string]struct{ yaml, want string }{
		"no secrets":           {"shop: example.myshopify.com\n", "secrets: there is none"},
		"empty secret":         {"shop: example.myshopify.com\nsecrets: ['']\n", "secrets[0]: is empty"},
		"newline for a secret": {"shop: example.myshopify.com\nsecrets: [\"\\n\"]\n", "secrets[0]: is empty"},
		"short secret":         {"shop: example.myshopify.com\nsecrets: [a-client-secret-of-the-app, fifteen-letters]\n", "secrets[1]: has 15 bytes, fewer than 16"},
		"blanks around":        {"shop: example.myshopify.com\nsecrets: [\"a-client-secret-of-the-app \"]\n", "secrets[0]: has blanks"},
		"two newlines":         {"shop: example.myshopify.com\nsecrets: [\"a-client-secret-of-the-app\\n\\n\"]\n", "secrets[0]: has blanks"},
		"no shop":              {"secrets: [a-client-secret-of-the-app]\n", "shop: is not set"},
		"shop as URL":          {"secrets: [a-client-secret-of-the-app]\nshop: https://example.myshopify.com/\n", `shop: "https://example.myshopify.com/" is not a domain`},
		"shop without domain":  {"secrets: [a-client-secret-of-the-app]\nshop: example\n", "is not a domain"},
		"unknown zone":         {good + "time_zone: Europe/Atlantis\n", `time_zone: "Europe/Atlantis" is not known`},
		"machine's zone":       {good + "time_zone: Local\n", "depends on the machine"},
		"posting date":         {good + "posting_date: paid\n", `posting_date: "paid" is not one of processed, created`},
		"test orders":          {good + "test_orders: 'yes'\n", `test_orders: "yes" is not one of ignore, deliver`},
		"without id":           {good + "without_id: drop\n", `without_id: "drop" is not one of hold, digest`},
		"currency":             {good + "default_currency: eur\n", `default_currency: "eur" is not an ISO 4217 code`},
		"unknown setting":      {good + "shops: [a]\n", "shops"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := shopify.New("shop-eu", decode(tt.yaml))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("New = %v, want an error with %q", err, tt.want)
			}
			if !strings.Contains(err.Error(), `"shop-eu"`) {
				t.Errorf("the error does not say which storefront: %v", err)
			}
			if strings.Contains(err.Error(), "a-client-secret") || strings.Contains(err.Error(), "fifteen-letters") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestNewReportsAllMistakesAtOnce(t *testing.T) {
	_, err := shopify.New("shop-eu", decode("posting_date: paid\ntime_zone: Nowhere\n"))
	for _, want := range []string{"secrets: ", "shop: ", "time_zone: ", "posting_date: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, lacks %q", err, want)
		}
	}
}

func TestNewPassesOnTheDecodersError(t *testing.T) {
	broken := errors.New("line 3: broken")
	if _, err := shopify.New("shop-eu", func(any) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("New = %v", err)
	}
}

func TestSecretFromAFileVerifies(t *testing.T) {
	for _, end := range []string{`\n`, `\r\n`} {
		s, err := shopify.New("shop-eu", decode("shop: example.myshopify.com\nsecrets: [\"a-client-secret-of-the-app"+end+"\"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(signed(message("orders/create", []byte("{}")), secret)); err != nil {
			t.Errorf("a secret that ends in %s: %v", end, err)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	var conf shopify.Config
	conf.Secrets = append(conf.Secrets, "a-client-secret-of-the-app")
	asJSON, err := json.Marshal(conf)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Dump(conf)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{string(asJSON), string(asYAML)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		printed = append(printed, fmt.Sprintf(verb, conf), fmt.Sprintf(verb, &conf))
	}
	for _, p := range printed {
		if strings.Contains(p, "client") || strings.Contains(strings.ToLower(p), "636c69656e74") {
			t.Errorf("printed: %s", p)
		}
	}
	if !strings.Contains(printed[0], "***") || !strings.Contains(printed[1], "***") {
		t.Errorf("nothing stands for the secret: %s %s", printed[0], printed[1])
	}
}
