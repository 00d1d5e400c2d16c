package main

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// An operator asks an ERP what it has; ERPs that cannot say are refused by their kind.
func TestTargetAvailability(t *testing.T) {
	sim, err := suitetalk.New(suitetalk.Config{
		Credentials: []suitetalk.Credential{{Account: "1234567", ConsumerKey: "ck-0123", ConsumerSecret: "cs-0123", Token: "tk-0123", TokenSecret: "ts-0123"}},
		Stock: []suitetalk.Stock{
			{Item: "57", Location: "1", OnHand: "264.0", Available: "260.5"}, {Item: "57", Location: "2", OnHand: "-1.0", Available: "0.0"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	conf := file(t, "erpbridge.yaml", fmt.Sprintf(`
database: {url: "postgres://nobody@127.0.0.1:1/none", development: true}
broker: {url: "amqp://127.0.0.1:1/"}
stores:
  - {name: shop, kind: shopify, shop: test.myshopify.com, secrets: [a-secret-for-this-test-alone]}
targets:
  - name: netsuite
    kind: netsuite
    url: %s/services/NetSuitePort_2023_2
    account: "1234567"
    consumer_key: ck-0123
    consumer_secret: cs-0123
    token: tk-0123
    token_secret: ts-0123
    currencies: {USD: "1"}
  - name: sap
    kind: sap-idoc
    transport: soap
    url: http://127.0.0.1:9
    client: "100"
    auth: {basic: {user: erpbridge, password: not-a-secret}}
    sender: {port: ERPBRIDGE, partner: SHOPBRIDGE}
    receiver: {port: SAPS4H, partner: S4HCLNT100}
    orders: {sales_org: "1010", channel: "10", division: "00"}
    confirm: none
routes:
  - {store: shop, targets: [netsuite]}
`, server.URL))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"netsuite", "57", "58"}, exitOK, "ITEM  LOCATION  AVAILABLE  ON HAND\n57    1         260.5      264\n57    2         0          -1\n58    -         -          -\n"},
		{[]string{"netsuite", "57", "--output", "json"}, exitOK, `"available": "260.5",` + "\n    " + `"on_hand": "264"`},
		{[]string{"netsuite", "58", "--output", "json"}, exitOK, "[]\n"},
		{[]string{"netsuite"}, exitUsage, "requires at least 2 arg"},
		{[]string{"netsuit", "57"}, exitUsage, `there is no target "netsuit"; configured: netsuite, sap`},
		{[]string{"sap", "57"}, exitUsage, "target sap cannot be asked for stock: an ERP of kind sap-idoc does not tell it"},
		{[]string{"netsuite", "MUG-1"}, exitUsage, `asking target netsuite for stock: "MUG-1" is not an internal id`},
	} {
		code, stdout, stderr := command(t, append([]string{"target", "availability", "-c", conf}, c.args...)...)
		if out := stdout + stderr; code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit %d, want %d with %q:\n%s", c.args, code, c.code, c.want, out)
		}
	}
	if err := sim.AddMode(suitetalk.Mode{Kind: suitetalk.Throttle}); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := command(t, "target", "availability", "netsuite", "57", "-c", conf); code != exitFailed || !strings.Contains(stderr, "WS_REQUEST_BLOCKED") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}
