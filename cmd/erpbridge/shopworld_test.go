package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge/cmd/erpsim/mailsink"
	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// publicAddress is where shops believe the bridge to be: some send to https only.
const publicAddress = "https://bridge.example.com"

// A kindOfShop is how a store of a kind is simulated and configured.
type kindOfShop struct {
	platform string
	token    string // what its API demands
	topics   []string
	// section is its part of the configuration, but for name, kind and poll.
	section func(w *shopWorld, api string) string
	// watched: somebody can ask the shop for its subscriptions.
	watched bool
	// resubscribe: they are to be brought back.
	resubscribe bool
}

var kindsOfShop = []kindOfShop{
	{
		platform: "shopify", token: "shpat_0123", watched: true,
		topics: []string{"orders/create", "orders/paid", "orders/updated", "orders/cancelled", "refunds/create"},
		section: func(w *shopWorld, api string) string {
			return fmt.Sprintf(`
    shop: test.myshopify.com
    secrets: [%s]
    time_zone: Africa/Lagos
    api: {url: %q, access_token: shpat_0123, rate: 200}`, w.secret, api)
		},
	},
	{
		platform: "woocommerce", token: "ck_0123:cs_0123", watched: true, resubscribe: true,
		topics: []string{"order.created", "order.updated"},
		section: func(w *shopWorld, api string) string {
			return fmt.Sprintf(`
    site: https://shop.example.com
    secrets: [%s]
    api: {url: %q, consumer_key: ck_0123, consumer_secret: cs_0123, page: 20, rate: 200}`, w.secret, api)
		},
	},
	{
		platform: "adobecommerce", token: "at-0123",
		topics: []string{
			"com.adobe.commerce.observer.sales_order_save_commit_after", "com.adobe.commerce.observer.sales_order_creditmemo_save_commit_after",
		},
		section: func(w *shopWorld, api string) string {
			return fmt.Sprintf(`
    client_id: e142407e73ef48f884aeb8e925c1e256
    keys: [{pem: %q}]
    time_zone: Africa/Lagos
    api: {url: %q, access_token: at-0123, rate: 200}`, w.shop.PublicKey(), api)
		},
	},
	{
		platform: "bigcommerce", token: "bt-0123", watched: true, resubscribe: true,
		topics: []string{"store/order/created", "store/order/updated", "store/order/statusUpdated", "store/order/refund/created"},
		section: func(w *shopWorld, api string) string {
			return fmt.Sprintf(`
    store_hash: abc123xyz
    secrets: [%s]
    headers: {X-Bridge-Token: a-long-random-text}
    api: {url: %q, token: bt-0123, rate: 200}`, w.secret, api+"/stores/abc123xyz")
		},
	},
}

// A shopWorld is a world whose storefront is a simulated shop with an API, and where
// somebody is mailed.
type shopWorld struct {
	*world
	shop     *shopsim.Shop
	mails    *mailsink.Sink
	database string
}

// newShopWorld opens a shop of a kind and a bridge before it. A shop whose webhooks are
// off has no subscriptions, and the bridge is not told of any.
func newShopWorld(t *testing.T, kind kindOfShop, conf shopsim.Config, webhooks bool, poll string) *shopWorld {
	t.Helper()
	url, prefix := testenv.AMQP(t)
	w := &shopWorld{world: &world{secret: "a-secret-for-this-test-alone", listen: freeAddress(t), log: filepath.Join(t.TempDir(), "daemon.log")}}
	w.database = migrated(t)
	w.openNetSuite(t)
	w.openMails(t)
	conf.Platform, conf.Secret, conf.Token, conf.Topics = kind.platform, w.secret, kind.token, kind.topics
	conf.Headers = map[string]string{"X-Bridge-Token": "a-long-random-text"}
	conf.Reach = map[string]string{publicAddress: "http://" + w.listen}
	if webhooks {
		conf.Webhooks = publicAddress + "/webhooks/shop"
	}
	w.openShop(t, conf)
	api := httptest.NewServer(w.shop.Handler())
	t.Cleanup(api.Close)
	section := kind.section(w, api.URL)
	if webhooks && kind.watched {
		topics, err := json.Marshal(kind.topics)
		if err != nil {
			t.Fatal(err)
		}
		section += fmt.Sprintf("\n    webhooks: {address: %q, topics: %s}", conf.Webhooks, topics)
	}
	host, port, err := net.SplitHostPort(w.mails.Addr())
	if err != nil {
		t.Fatal(err)
	}
	w.configure(t, fmt.Sprintf(`
database: {url: %q, development: true}
broker: {url: %q, prefix: %s}
http: {listen: "%s"}
alerts:
  smtp: {host: %q, port: %s, tls: none}
  from: erpbridge <erp@example.com>
  to: [orders@example.com]
  every: 500ms
stores:
  - name: shop
    kind: %s%s
    poll: {%s}
targets:
  - name: netsuite
    kind: netsuite
    url: %s
    account: "1234567"
    consumer_key: ck-0123
    consumer_secret: cs-0123
    token: tk-0123
    token_secret: ts-0123
    currencies: {USD: "1", EUR: "2", JPY: "3", KWD: "4"}
    items: {placeholder: "100"}
    discount_item: "101"
    tax_item: "102"
    shipping: {default: "200"}
    payment_methods: {default: "300"}
    undeposited_funds: true
    delivery:
      concurrency: 4
      timeout: 5s
      lease: 35s
      retry: {first: 100ms, max: 1s, attempts: 8, age: 1h}
routes:
  # Orders are what is looked at here.
  - {store: shop, type: refund.issued, ignore: true}
  - {store: shop, targets: [netsuite]}
`, w.database, url, prefix, w.listen, host, port, kind.platform, section, poll, w.netsuiteURL(t)))
	return w
}

func (w *shopWorld) openNetSuite(t *testing.T) {
	t.Helper()
	token := suitetalk.Credential{Account: "1234567", ConsumerKey: "ck-0123", ConsumerSecret: "cs-0123", Token: "tk-0123", TokenSecret: "ts-0123"}
	var err error
	if w.netsuite, err = suitetalk.New(suitetalk.Config{Credentials: []suitetalk.Credential{token}, Concurrency: 5}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.netsuite.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (w *shopWorld) netsuiteURL(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(w.netsuite.Handler())
	t.Cleanup(server.Close)
	return server.URL + netsuitePath
}

const netsuitePath = "/services/NetSuitePort_2023_2"

func (w *shopWorld) openMails(t *testing.T) {
	t.Helper()
	var err error
	if w.mails, err = mailsink.New(mailsink.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.mails.Close)
}

// openShop opens the shop and lets it send until the test ends.
func (w *shopWorld) openShop(t *testing.T, conf shopsim.Config) {
	t.Helper()
	var err error
	if w.shop, err = shopsim.New(conf); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.shop.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func (w *shopWorld) configure(t *testing.T, text string) {
	t.Helper()
	w.config = filepath.Join(t.TempDir(), "erpbridge.yaml")
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := execute(t.Context(), []string{"migrate", "--config", w.config}, io.Discard, os.Stderr); code != exitOK {
		t.Fatalf("migrate: exit code %d", code)
	}
}

// run starts the daemon, and ends it with the test; where that failed, with its log.
func (w *shopWorld) run(t *testing.T) {
	t.Helper()
	daemon := w.start(t)
	t.Cleanup(func() {
		if err := daemon.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := daemon.Wait(); err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
		if !t.Failed() {
			return
		}
		if log, err := os.ReadFile(w.log); err == nil {
			t.Logf("the daemon's log ends with\n%s", log[max(0, len(log)-8000):])
		}
		w.explain(t)
	})
	w.awaitReady(t)
}

// cli runs a command and returns what it printed as JSON.
func (w *shopWorld) cli(t *testing.T, into any, args ...string) {
	t.Helper()
	var out, errOut bytes.Buffer
	args = append(args, "--config", w.config, "--output", "json")
	if code := execute(context.WithoutCancel(t.Context()), args, &out, &errOut); code != exitOK {
		t.Fatalf("%q: exit code %d: %s%s", args, code, errOut.String(), out.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%q: %v: %s", args, err, out.String())
	}
}

// A difference is one order that the ERP does not have as the shop has it.
type difference struct {
	order int64
	how   string
}

func (d *difference) Error() string { return fmt.Sprintf("order %d %s", d.order, d.how) }

// differs says in what the ERP differs from the shop: every order has to be there once,
// in its last state, to the smallest unit of its currency.
func (w *shopWorld) differs() error {
	held := map[string]suitetalk.Record{}
	for _, r := range w.netsuite.Records("salesOrder") {
		if _, twice := held[r.ExternalID]; twice || r.Created != 1 {
			return fmt.Errorf("%s is there more than once", r.ExternalID)
		}
		held[r.ExternalID] = r
	}
	orders := w.shop.Orders()
	for _, o := range orders {
		r, ok := held[fmt.Sprintf("shop-order-%d", o.ID)]
		total, there := new(big.Rat).SetString(r.Total)
		want, _ := new(big.Rat).SetString(o.Total())
		switch {
		case !ok:
			return &difference{o.ID, "is not there"}
		case !strings.HasSuffix(r.Memo, " "+o.Note):
			return &difference{o.ID, fmt.Sprintf("is in %q, and there it says %q", o.Note, r.Memo)}
		case !there || total.Cmp(want) != 0:
			return &difference{o.ID, fmt.Sprintf("comes to %s %s, and there to %s", o.Total(), o.Currency, r.Total)}
		}
	}
	if len(held) != len(orders) {
		return fmt.Errorf("%d orders of %d", len(held), len(orders))
	}
	return nil
}

// settled says what is still to be done, or went wrong.
func (w *shopWorld) settled(t *testing.T) error {
	t.Helper()
	if err := w.differs(); err != nil {
		return err
	}
	if st := w.status(t); st.Pending != 0 || !st.Balanced || st.Held != 0 || st.Dead != 0 {
		return fmt.Errorf("%+v", st.Ledger)
	}
	return nil
}

// mailed reports whether a mail says all of texts.
func (w *shopWorld) mailed(texts ...string) error {
	var all []string
	for _, m := range w.mails.Messages() {
		// Mails are broken into lines where it suits them.
		text := strings.Join(strings.Fields(m.Text), " ")
		has := true
		for _, want := range texts {
			has = has && strings.Contains(text, want)
		}
		if has {
			return nil
		}
		all = append(all, text)
	}
	return fmt.Errorf("no mail says %q; there are %d: %q", texts, len(all), all)
}
