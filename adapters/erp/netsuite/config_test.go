package netsuite

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

func TestConfigComplains(t *testing.T) {
	for name, c := range map[string]struct{ more, want string }{
		"no account":              {`account: ""`, "account is missing"},
		"account":                 {`account: "a b"`, `account: "a b"`},
		"no key":                  {`consumer_key: ""`, "consumer_key is missing"},
		"secret with a line":      {"token_secret: \"x\\n\"", "token_secret has blanks"},
		"version":                 {"version: 2023.2", `version: "2023.2"`},
		"plain http":              {"url: http://netsuite.example/", "url: must be https"},
		"no URL":                  {"url: hello", "url: is not a URL"},
		"credentials in the URL":  {"url: https://a:b@netsuite.example/", "url: must not hold credentials"},
		"timeout":                 {"timeout: 0s", "timeout: must be more"},
		"order status":            {"order_status: open", `order_status: "open"`},
		"currency":                {`currencies: {EURO: "1"}`, `currencies: "EURO"`},
		"currency without an id":  {`currencies: {EUR: ""}`, "currencies.EUR"},
		"currency by name":        {`currencies: {EUR: Euro}`, `currencies.EUR: "Euro" is not an internal id`},
		"item by name":            {`items: {by_sku: {A: Mug}}`, `items.by_sku.A: "Mug"`},
		"tax item by name":        {"tax_item: Tax", `tax_item: "Tax"`},
		"ship method by name":     {`shipping: {by_title: {Express: UPS}}`, `shipping.by_title.Express`},
		"payment method by name":  {`payment_methods: {default: Cash}`, `payment_methods.default`},
		"deposit goes two ways":   {`deposit_account: "1"`, "exclude each other"},
		"country":                 {"countries: {AN: Curacao}", "countries.AN"},
		"length of nothing":       {"lengths: {Address.planet: 30}", `lengths: "Address.planet"`},
		"length too short":        {"lengths: {SalesOrder.memo: 20}", "lengths.SalesOrder.memo: must be at least 30"},
		"no such file":            {"ca_file: /does/not/exist", "ca_file:"},
		"a setting nobody knows":  {"acount: 1", "acount"},
		"default customer a name": {`customer: {default: Webshop}`, "customer.default"},
	} {
		t.Run(name, func(t *testing.T) {
			key, _, _ := strings.Cut(c.more, ":")
			var kept []string
			skip := false
			for l := range strings.Lines(settings) {
				if !strings.HasPrefix(l, " ") {
					skip = strings.HasPrefix(l, key+":")
				}
				if !skip {
					kept = append(kept, l)
				}
			}
			_, err := New("ns", decodeYAML(strings.Join(kept, "")+c.more+"\n"), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("a secret in %v", err)
			}
		})
	}
}

// All that is wrong is said at once.
func TestConfigComplainsOfEverything(t *testing.T) {
	_, err := New("ns", decodeYAML("version: x\ntax_item: y\n"), nil)
	for _, want := range []string{"target ns", "version", "account", "consumer_key", "consumer_secret", "token is", "token_secret", "tax_item"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for more, want := range map[string]string{
		"":                                      "https://1234567-sb1.suitetalk.api.netsuite.com/services/NetSuitePort_2023_2",
		"version: 2025_2":                       "https://1234567-sb1.suitetalk.api.netsuite.com/services/NetSuitePort_2025_2",
		"url: http://127.0.0.1:9/x":             "http://127.0.0.1:9/x",
		"url: http://localhost:9/x":             "http://localhost:9/x",
		"url: https://proxy.example/netsuite/x": "https://proxy.example/netsuite/x",
	} {
		if got := open(t, more).conf.endpoint(); got != want {
			t.Errorf("%s: %s, want %s", more, got, want)
		}
	}
}

func TestDefaultsStay(t *testing.T) {
	c := open(t, `customer: {default: "9"}`).conf
	if c.Customer.Create != nil || c.Timeout.Seconds() != 60 || c.OrderStatus != "_pendingFulfillment" || c.RefundRecord != ByCreditMemo {
		t.Errorf("%+v", c)
	}
}

func TestNamespacesFollowTheVersion(t *testing.T) {
	body := string(translate(t, open(t, "version: 2024_1"), placed())[1].Body)
	if !strings.Contains(body, "urn:sales_2024_1.transactions.webservices.netsuite.com") || strings.Contains(body, "2023_2") {
		t.Error(body)
	}
}

func TestCAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New("ns", decodeYAML(settings+"ca_file: "+file+"\n"), nil); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Error(err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	e := open(t, "")
	asJSON, err := json.Marshal(e.conf)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Dump(e.conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		fmt.Sprint(e.conf), fmt.Sprintf("%+v", e.conf), fmt.Sprintf("%#v", e.conf), fmt.Sprintf("%s %q %x %d", e.conf.Token, e.conf.Token, e.conf.Token, e.conf.Token),
		string(asJSON), string(asYAML), e.conf.Token.String(),
	} {
		if strings.Contains(printed, "canary") || strings.Contains(printed, fmt.Sprintf("%x", "canary")) {
			t.Errorf("a secret in %s", printed)
		}
	}
}
