package broker

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testConfig is a topology of the test's own on the real broker, declared.
func testConfig(t *testing.T) Config {
	t.Helper()
	url, prefix := testenv.AMQP(t)
	cfg := Config{
		URLs: []string{url}, Prefix: prefix,
		// A busy machine under the race detector is not a broker in trouble; tests of
		// that set their own.
		DialTimeout: 20 * time.Second, StallAfter: 20 * time.Second, ConfirmTimeout: 20 * time.Second,
	}
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := topology.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// quiet is the log of tests that do not look at it.
func quiet() *zap.Logger {
	if os.Getenv("ERPBRIDGE_TEST_LOG") == "" {
		return zap.NewNop()
	}
	return zap.Must(zap.NewDevelopment())
}

// start runs f until the test ends, and waits for it.
func start(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// eventually polls until ok, which a healthy run reaches soon.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// within is a context that ends soon enough to fail instead of hanging.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func startPublisher(t *testing.T, cfg Config) *Publisher {
	t.Helper()
	p, err := NewPublisher(cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	start(t, p.Run)
	eventually(t, "publisher ready", p.Ready)
	return p
}

func event(n int) erpbridge.Message {
	return erpbridge.Message{
		ID:          fmt.Sprintf("delivery-%d", n),
		Store:       "shop-eu",
		Type:        "orders/create",
		Via:         erpbridge.ViaWebhook,
		Header:      map[string][]string{"X-Shopify-Topic": {"orders/create"}},
		ContentType: "application/json",
		Body:        fmt.Appendf(nil, `{"id": %d, "note": "\u00fc\u0000 <&> 1.10"}`, n),
		ReceivedAt:  time.Date(2026, 11, 23, 8, 0, 0, n, time.UTC),
	}
}

// admin is a channel beside the ones under test.
func admin(t *testing.T, cfg Config) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(cfg.URLs[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func depth(t *testing.T, cfg Config) Depth {
	t.Helper()
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d, err := topology.Depth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}
