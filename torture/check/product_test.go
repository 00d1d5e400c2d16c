package check

import (
	"bytes"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/recorder"
)

// product is the program itself: what the checker works out a second time is
// compared with what it renders.
var product string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "erpbridge-check-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	product = filepath.Join(dir, "erpbridge")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", product, "../../cmd/erpbridge").CombinedOutput() // #nosec G204 -- our own program
	if err != nil {
		fmt.Fprintf(os.Stderr, "building the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

const previewConfig = `
database: {url: "postgres://erpbridge@127.0.0.1:5432/erpbridge?sslmode=disable"}
broker: {url: "amqp://127.0.0.1:5672/"}
stores:
  - {name: shop, kind: shopify, shop: test.myshopify.com, secrets: [a-secret-for-this-test-alone]}
targets:
  - name: netsuite
    kind: netsuite
    url: http://127.0.0.1:9/services/NetSuitePort_2023_2
    account: "1234567"
    consumer_key: ck
    consumer_secret: cs-0123
    token: tk
    token_secret: ts-0123
    currencies: {USD: "50"}
    items: {placeholder: "100", by_sku: {TORTURE-POISON: "999"}}
    tax_item: "102"
    shipping: {default: "200"}
    payment_methods: {default: "300"}
    undeposited_funds: true
`

// The product takes a body of each shape, and what it renders is what the checker
// expects.
func TestProductAgrees(t *testing.T) {
	config := filepath.Join(t.TempDir(), "erpbridge.yaml")
	if err := os.WriteFile(config, []byte(previewConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	acct := Account{Store: "shop", Currencies: map[string]string{"USD": "50"}, Items: map[string]string{"": "100", recorder.PoisonSKU: "999"}}
	plan := recorder.New(11, 150, 1200)
	plan.Poison = 10
	events, err := plan.List()
	if err != nil {
		t.Fatal(err)
	}
	looked := map[string]int{}
	for _, e := range events {
		shapes := e.Shapes()
		// Three of each shape, and of each two shapes together one.
		if !slices.ContainsFunc(pairs(shapes), func(s string) bool { return looked[s] == 0 || !strings.Contains(s, "+") && looked[s] < 3 }) {
			continue
		}
		for _, s := range pairs(shapes) {
			looked[s]++
		}
		t.Run(e.ID, func(t *testing.T) { agree(t, acct, config, e) })
	}
	for _, s := range []string{"redelivered", "retold", "late", "partner", "cancelled", "paid", "poison", "taxed", "huge", "long-note", "company", "first"} {
		if looked[s] == 0 {
			t.Errorf("no event that is %s was looked at", s)
		}
	}
}

func pairs(shapes []string) []string {
	all := slices.Clone(shapes)
	for i, a := range shapes {
		for _, b := range shapes[i+1:] {
			all = append(all, a+"+"+b)
		}
	}
	return all
}

func agree(t *testing.T, acct Account, config string, e recorder.Event) {
	dir := t.TempDir()
	out := filepath.Join(dir, "documents")
	cmd := exec.CommandContext(t.Context(), product, "preview", "--config", config, "--store", "shop", "--topic", e.Topic, "--out", out, "-") // #nosec G204 -- our own program
	cmd.Stdin = bytes.NewReader(e.Body())
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v of %v: %v\n%s", e.Shapes(), e.Topic, err, said)
	}
	want, err := expected(acct, e.Topic, string(e.Body()))
	if err != nil {
		t.Fatal(err)
	}
	for k := range kinds {
		files, err := filepath.Glob(filepath.Join(out, "*-netsuite-"+documentKind(k)+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		if want[k] == nil {
			if len(files) != 0 {
				t.Errorf("the product renders a %s, the checker expects none", kindNames[k])
			}
			continue
		}
		if len(files) != 1 {
			t.Errorf("the product renders %d documents of kind %s", len(files), kindNames[k])
			continue
		}
		raw, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		c, err := readContent(string(raw))
		if err != nil {
			t.Fatal(err)
		}
		got, err := held(acct, k, added(t, c), string(raw), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(named(k, want[k].values), named(k, got)); diff != "" {
			t.Errorf("%v %s: -the checker +the product:\n%s", e.Shapes(), kindNames[k], diff)
		}
		if !strings.Contains(string(raw), `externalId="`+want[k].externalID+`"`) {
			t.Errorf("%s is not %s", kindNames[k], want[k].externalID)
		}
	}
}

// documentKind is the product's word for a kind, in its files and keys.
func documentKind(k kind) string { return strings.ToUpper(kindNames[k][:1]) + kindNames[k][1:] }

// added is what the ERP adds up itself.
func added(t *testing.T, c content) string {
	t.Helper()
	sum := new(big.Rat)
	add := func(text string) {
		if text == "" {
			return
		}
		r, ok := exact(text)
		if !ok {
			t.Fatalf("%q is no amount", text)
		}
		sum.Add(sum, r)
	}
	for _, l := range c.lines {
		add(l["amount"])
	}
	add(c.own["shippingCost"])
	return plain(sum)
}

func named(k kind, values []string) map[string]string {
	m := map[string]string{}
	for i, v := range values {
		m[fieldNames[k][i]] = v
	}
	return m
}
