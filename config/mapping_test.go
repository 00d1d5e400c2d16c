package config_test

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/config"
)

const mapped = `
database: {url: "postgres://localhost/erp"}
broker: {url: "amqp://localhost"}
stores:
  - name: a
    kind: shopify
    secrets: ["${SECRET}"]
  - {name: b, kind: shopify}
targets:
  - name: erp
    kind: netsuite
    account: 010
    delivery: {batch: 2}
  - {name: erp-2, kind: netsuite}
routes:
  - {store: a, targets: [erp]}
  - {targets: [erp-2]}
`

func TestMapping(t *testing.T) {
	base := parse(t, mapped).Mapping()
	if len(base) != 16 || strings.Trim(base, "0123456789abcdef") != "" {
		t.Fatalf("fingerprint %q", base)
	}
	same := map[string]string{
		"comments":    strings.ReplaceAll(mapped, "    kind: netsuite", "    # which\n    kind: netsuite # this"),
		"key order":   strings.Replace(mapped, "{name: b, kind: shopify}", "{kind: shopify, name: b}", 1),
		"style":       strings.Replace(mapped, "{store: a, targets: [erp]}", "store: 'a'\n    targets:\n      - \"erp\"", 1),
		"store order": strings.Replace(strings.Replace(mapped, "  - {name: b, kind: shopify}\n", "", 1), "stores:\n", "stores:\n  - {name: b, kind: shopify}\n", 1),
		"delivery":    strings.Replace(mapped, "batch: 2", "batch: 3, rate: 1", 1),
		"poll":        strings.Replace(mapped, "{name: b, kind: shopify}", "{name: b, kind: shopify, poll: {every: 1m}}", 1),
		"an alias":    strings.Replace(strings.Replace(mapped, "{targets: [erp-2]}", "{targets: [*t]}", 1), "name: erp-2", "name: &t erp-2", 1),
		"the rest":    mapped + "log: {level: debug}\n",
	}
	for name, text := range same {
		if got := parse(t, text).Mapping(); got != base {
			t.Errorf("%s: got %s, want %s", name, got, base)
		}
	}
	other := map[string]string{
		"a setting":         strings.Replace(mapped, "account: 010", "account: 10", 1),
		"a reference":       strings.Replace(mapped, "${SECRET}", "${SECRET:-x}", 1),
		"a route":           strings.Replace(mapped, "store: a", "store: b", 1),
		"route order":       strings.Replace(mapped, "  - {store: a, targets: [erp]}\n  - {targets: [erp-2]}", "  - {store: a, targets: [erp-2]}\n  - {targets: [erp]}", 1),
		"a nested delivery": strings.Replace(mapped, "account: 010", "account: 010\n    items: {delivery: x}", 1),
	}
	for name, text := range other {
		if got := parse(t, text).Mapping(); got == base {
			t.Errorf("%s does not change the fingerprint", name)
		}
	}
	// Secrets do not enter it.
	changed, err := config.Parse("f", []byte(mapped), ".", func(string) (string, bool) { return "another secret", true })
	if err != nil {
		t.Fatal(err)
	}
	if changed.Mapping() != base {
		t.Error("a secret's value enters the fingerprint")
	}
}
