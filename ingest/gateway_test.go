package ingest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/hakooi/erpbridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A shop is a storefront whose signature is the secret itself.
type shop struct {
	erpbridge.Storefront // Normalize is none of the gateway's business

	secret string
	mu     sync.Mutex
	seen   []erpbridge.Message
}

func (s *shop) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	s.mu.Lock()
	s.seen = append(s.seen, m)
	s.mu.Unlock()
	if m.Header.Get("Topic") == "panic" {
		panic("secret " + s.secret)
	}
	if !slices.Contains(m.Header.Values("Signature"), s.secret) {
		return erpbridge.Message{}, &erpbridge.Error{Op: "shop.Verify", Kind: erpbridge.Refused, Err: errors.New("the signature does not match")}
	}
	m.ID, m.Type = m.Header.Get("Delivery"), m.Header.Get("Topic")
	m.Header = http.Header{"Topic": {m.Type}}
	if m.ID == "" {
		m.ID, m.Type = "made-up", "unnamed"
		return m, &erpbridge.Error{Op: "shop.Verify", Kind: erpbridge.Invalid, Err: errors.New("there is no delivery ID")}
	}
	return m, nil
}

func (s *shop) verified() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// A sink is a Publisher or an Inbox that keeps what it is given, unless do has an error.
type sink struct {
	do  func(context.Context) error
	mu  sync.Mutex
	got []erpbridge.Message
}

func (s *sink) put(ctx context.Context, m erpbridge.Message) error {
	if s.do != nil {
		if err := s.do(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, m)
	return nil
}

func (s *sink) messages() []erpbridge.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func (s *sink) Publish(ctx context.Context, m erpbridge.Message) error { return s.put(ctx, m) }
func (s *sink) Receive(ctx context.Context, m erpbridge.Message) error { return s.put(ctx, m) }

func down(context.Context) error { return errors.New("connection refused by 10.0.0.7") }

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A house is a gateway and all that it stands between.
type house struct {
	*Gateway
	eu, us        *shop
	broker, inbox *sink
	log           *observer.ObservedLogs
}

func open(t testing.TB, change func(*Config)) *house {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	h := &house{eu: &shop{secret: "key-eu"}, us: &shop{secret: "key-us"}, broker: &sink{}, inbox: &sink{}, log: logs}
	cfg := Config{
		Stores:    map[string]erpbridge.Storefront{"shop-eu": h.eu, "shop-us": h.us},
		Publisher: h.broker, Inbox: h.inbox, MaxBody: 100, Log: zap.New(core),
	}
	if change != nil {
		change(&cfg)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Gateway = g
	return h
}

func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	return w
}

// signed is a webhook as shop-eu sends it.
func signed(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/shop-eu", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Signature", "key-eu")
	r.Header.Set("Delivery", "d-1")
	r.Header.Set("Topic", "orders/create")
	r.Header.Set("Cookie", "session=1")
	return r
}

func TestNewRefuses(t *testing.T) {
	good := func() Config {
		return Config{Stores: map[string]erpbridge.Storefront{"s": &shop{}}, Publisher: &sink{}, Inbox: &sink{}}
	}
	if _, err := New(good()); err != nil {
		t.Fatalf("New(good) = %v", err)
	}
	for name, spoil := range map[string]func(*Config){
		"no stores":                func(c *Config) { c.Stores = nil },
		"a nil store":              func(c *Config) { c.Stores["x"] = nil },
		"a store without a name":   func(c *Config) { c.Stores[""] = &shop{} },
		"no publisher":             func(c *Config) { c.Publisher = nil },
		"no inbox":                 func(c *Config) { c.Inbox = nil },
		"a negative limit":         func(c *Config) { c.Concurrency = -1 },
		"nothing left for inbox":   func(c *Config) { c.PublishWithin = time.Second },
		"a budget out of range":    func(c *Config) { c.Budget = time.Minute },
		"a nil probe":              func(c *Config) { c.Probes = map[string]func(context.Context) error{"x": nil} },
		"a negative body":          func(c *Config) { c.MaxBody = -1 },
		"negative connections":     func(c *Config) { c.Connections = -1 },
		"memory for one body":      func(c *Config) { c.MaxBody, c.Memory = 100, 199 },
		"a negative publish limit": func(c *Config) { c.PublishWithin = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good()
			spoil(&c)
			if _, err := New(c); err == nil {
				t.Error("New took it")
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	one := Config{Stores: map[string]erpbridge.Storefront{"a": &shop{}}}.withDefaults()
	two := Config{Stores: map[string]erpbridge.Storefront{"a": &shop{}, "b": &shop{}}, Concurrency: 1}.withDefaults()
	if one.Concurrency != 4096 || one.PerStore != 4096 || one.PublishWithin != 700*time.Millisecond || one.Budget != time.Second {
		t.Errorf("one store: %d, %d a store, %s of %s", one.Concurrency, one.PerStore, one.PublishWithin, one.Budget)
	}
	if large := (Config{MaxBody: 100 << 20}).withDefaults(); one.Connections != 8192 || one.Memory != 256<<20 || large.Memory != 800<<20 {
		t.Errorf("%d connections, %d and %d bytes for long bodies", one.Connections, one.Memory, large.Memory)
	}
	if two.PerStore != 1 {
		t.Errorf("two stores and one place: %d a store", two.PerStore)
	}
}

func BenchmarkWebhook(b *testing.B) {
	h := open(b, func(c *Config) {
		c.Publisher, c.MaxBody, c.Log = discard{}, 1<<20, zap.NewNop()
		c.Stores = map[string]erpbridge.Storefront{"shop-eu": trusting{}}
	})
	body := strings.Repeat("x", 8<<10)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := signed("")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		if w := h.do(r); w.Code != http.StatusOK {
			b.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
}

type discard struct{}

func (discard) Publish(context.Context, erpbridge.Message) error { return nil }

type trusting struct{ erpbridge.Storefront }

func (trusting) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	m.ID, m.Type = "d-1", "orders/create"
	return m, nil
}
