package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
	"github.com/hakooi/erpbridge/internal/freeport"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/outbox"
)

// theDaemon is the real program, built once for all tests that need a process to
// kill, and deleted after the last of them.
var theDaemon = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "erpbridge-test-")
	if err != nil {
		return "", err
	}
	daemonDir = dir
	bin := filepath.Join(dir, "erpbridge")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, ".").CombinedOutput() // #nosec G204 -- this very program
	if err != nil {
		return "", fmt.Errorf("building: %w: %s", err, out)
	}
	return bin, nil
})

// daemonDir is the folder it is built in, or nothing if no test needed it.
var daemonDir string

// world is everything around a daemon: real servers and a simulated NetSuite.
type world struct {
	netsuite *suitetalk.Server
	config   string
	listen   string
	secret   string
	log      string
	// arrived gets the time of each write request that reaches NetSuite, if somebody
	// listens.
	arrived chan time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	url, prefix := testenv.AMQP(t)
	w := &world{secret: "a-secret-for-this-test-alone", listen: freeAddress(t), log: filepath.Join(t.TempDir(), "daemon.log")}
	token := suitetalk.Credential{Account: "1234567", ConsumerKey: "ck-0123", ConsumerSecret: "cs-0123", Token: "tk-0123", TokenSecret: "ts-0123"}
	var err error
	w.netsuite, err = suitetalk.New(suitetalk.Config{Credentials: []suitetalk.Credential{token}, Concurrency: 5})
	if err != nil {
		t.Fatal(err)
	}
	w.arrived = make(chan time.Time, 1)
	handler := w.netsuite.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("SOAPAction"), "upsertList") {
			select {
			case w.arrived <- time.Now():
			default:
			}
		}
		handler.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := w.netsuite.Close(); err != nil {
			t.Error(err)
		}
	})
	w.config = filepath.Join(t.TempDir(), "erpbridge.yaml")
	text := fmt.Sprintf(`
database: {url: %q, development: true}
broker: {url: %q, prefix: %s}
http: {listen: "%s"}
stores:
  - {name: shop, kind: shopify, shop: test.myshopify.com, secrets: [%s]}
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
`, migrated(t), url, prefix, w.listen, w.secret, server.URL)
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// Of the schema nothing is left to do; the queues are still to be declared.
	if code := execute(t.Context(), []string{"migrate", "--config", w.config}, io.Discard, os.Stderr); code != exitOK {
		t.Fatalf("migrate: exit code %d", code)
	}
	return w
}

// migrated returns the URL of a database with the tables of the outbox.
func migrated(t testing.TB) string {
	t.Helper()
	migrations := testenv.Fingerprint(t, os.DirFS(filepath.Join("..", "..", "outbox", "migrations")))
	return testenv.Migrated(t, migrations, func(url string) error {
		_, err := outbox.Migrate(t.Context(), url)
		return err
	})
}

// freeAddress is where a daemon can listen, also after it was killed.
func freeAddress(t testing.TB) string {
	t.Helper()
	addr, err := freeport.Address("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// start runs the daemon as a process.
func (w *world) start(t testing.TB) *exec.Cmd {
	t.Helper()
	bin, err := theDaemon()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(w.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(bin, "run", "--config", w.config) // #nosec G204 -- this very program
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func (w *world) awaitReady(t testing.TB) {
	t.Helper()
	poll(t, "the daemon to be ready", 30*time.Second, func() error {
		res, err := http.Get("http://" + w.listen + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz: %s", res.Status)
		}
		return nil
	})
}

func poll(t testing.TB, what string, most time.Duration, ok func() error) {
	t.Helper()
	deadline := time.Now().Add(most)
	for {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// status reads the ledger with the real command.
func (w *world) status(t testing.TB) statusReport {
	t.Helper()
	var out, errOut bytes.Buffer
	code := execute(context.WithoutCancel(t.Context()), []string{"status", "--config", w.config, "--output", "json"}, &out, &errOut)
	if code != exitOK {
		t.Fatalf("status: exit code %d: %s%s", code, errOut.String(), out.String())
	}
	var rep statusReport
	if err := json.Unmarshal(out.Bytes(), &rep); err != nil {
		t.Fatal(err)
	}
	return rep
}

var taxed = sync.OnceValues(func() (string, error) {
	raw, err := os.ReadFile("../../testdata/orders/taxed.json")
	return string(raw), err
})

// orderBody is the fixture with another order id: the n-th order of a test.
func orderBody(t testing.TB, n int) []byte {
	t.Helper()
	raw, err := taxed()
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(raw, "6800001110909", fmt.Sprint(7000000000000+n)))
}

// send delivers one signed webhook and returns the status, 0 if there was no answer.
func (w *world) send(ctx context.Context, delivery string, body []byte) int {
	mac := hmac.New(sha256.New, []byte(w.secret))
	mac.Write(body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.listen+"/webhooks/shop", bytes.NewReader(body))
	if err != nil {
		return 0
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": "test.myshopify.com",
		"X-Shopify-Webhook-Id": delivery, "X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	} {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// The shortest way through the whole house, in this process, so that the race
// detector and the leak check see it: a webhook becomes a sales order, and
// SIGTERM ends the daemon with exit code 0.
func TestOneOrderEndToEnd(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- execute(ctx, []string{"run", "--config", w.config}, io.Discard, &log) }()
	w.awaitReady(t)
	if code := w.send(ctx, "d-1", orderBody(t, 1)); code != http.StatusOK {
		t.Fatalf("answered with %d", code)
	}
	poll(t, "the order to arrive", 20*time.Second, func() error {
		if st := w.status(t); st.Delivered != 1 || st.Pending != 0 {
			return fmt.Errorf("%+v", st.Ledger)
		}
		return nil
	})
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, log.String())
	}
	records := w.netsuite.Records("salesOrder")
	if len(records) != 1 || records[0].Total != "121.12" || records[0].ExternalID != "shop-order-7000000000001" {
		t.Errorf("NetSuite holds %+v", records)
	}
	for _, secret := range []string{w.secret, "cs-0123", "ts-0123", "@example.com"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
