package sapidoc

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfigComplaints(t *testing.T) {
	for more, want := range map[string]string{
		"transport: rfc\n":                             "transport:",
		"release: s5\n":                                "release:",
		"charset: utf-7\n":                             "charset:",
		"client: \"1\"\n":                              "client:",
		"client: abc\n":                                "client:",
		"timeout: 0s\n":                                "timeout:",
		"url: \"\"\n":                                  "url is missing",
		"url: http://sap.example.com\n":                "url: must be https",
		"url: https://s.example?sap-client=100\n":      "url: must not name sap-client",
		"auth: {}\n":                                   "auth",
		"ping_path: ping\n":                            "ping_path:",
		"stored_answers: [ok]\n":                       "stored_answers[0]:",
		"sender: {partner: X}\n":                       "sender.port is missing",
		"sender: {port: A, partner: TWELVE-CHARS}\n":   "sender.partner:",
		"receiver: {port: A, partner: B, type: LSX}\n": "receiver.type:",
		"orders: {message_type: orders}\n":             "orders.message_type:",
		"orders: {order_type: \"\"}\n":                 "orders.order_type is missing",
		"orders: {order_type: ORDER}\n":                "orders.order_type:",
		"orders: {idoc_type: INVOIC02}\n":              "orders.idoc_type:",
		"orders: {extension: \"a b\"}\n":               "orders.extension:",
		"orders: {on: [refund.issued]}\n":              "orders.on:",
		"orders: {create_within: -1h}\n":               "orders.create_within:",
		"orders: {channel: ABC}\n":                     "orders.channel:",
		"cancel: {rejection: 000}\n":                   "cancel.rejection:",
		"conditions: {discount: \"\"}\n":               "conditions:",
		"conditions: {price: HB00}\n":                  "conditions: price and discount",
		"texts: {language: english}\n":                 "texts.language:",
		"confirm: maybe\n":                             "confirm:",
		"confirm: files\n":                             "confirm: files goes with transport: file",
		"confirmations: {}\n":                          "confirmations.user is missing",
		"transport: file\n":                            "files.",
		"nonsense: 1\n":                                "nonsense",
		"mapping: {customer: {unknown: perhaps}}\n":    "mapping.customer.unknown:",

		creating + "customers: {}\n":                                          "customers.account_group is missing",
		creating + "customers: {account_group: A}\n":                          "customers.prefixes is missing",
		creating + "customers: {account_group: A, prefixes: {a: e}}\n":        "customers.prefixes.a:",
		creating + "customers: {account_group: A, prefixes: {a: E, b: E1}}\n": "could begin the same number",
	} {
		_, err := New("sap", decodeYAML(with(more)), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", more, err, want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	conf := defaults()
	if err := decodeYAML(settings)(&conf); err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %+v %#v", conf, conf, conf); strings.Contains(s, "canary") {
		t.Error(s)
	}
}

func TestEndpoints(t *testing.T) {
	for raw, want := range map[string]string{
		"https://sap.example.com:44300":          "https://sap.example.com:44300/sap/bc/srt/idoc?sap-client=100",
		"https://sap.example.com/":               "https://sap.example.com/sap/bc/srt/idoc?sap-client=100",
		"https://proxy.example.com/erp/idoc?x=1": "https://proxy.example.com/erp/idoc?sap-client=100&x=1",
	} {
		c := defaults()
		c.URL, c.Client = raw, "100"
		if got, ping, err := c.endpoint(); err != nil || got != want || !strings.HasSuffix(ping, "/sap/bc/ping?sap-client=100") {
			t.Errorf("%s: %s, %s, %v", raw, got, ping, err)
		}
	}
}
