package broker

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/hakooi/erpbridge/internal/testenv"
)

func grave(fs []Finding) []string {
	var subjects []string
	for _, f := range fs {
		if f.Grave {
			subjects = append(subjects, f.String())
		}
	}
	return subjects
}

func check(t *testing.T, cfg Config) []Finding {
	t.Helper()
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return topology.Check(t.Context())
}

func TestDeclareTwice(t *testing.T) {
	cfg := testConfig(t)
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := topology.Declare(t.Context()); err != nil {
		t.Errorf("declaring again: %v", err)
	}
	fs := topology.Check(t.Context())
	if bad := grave(fs); len(bad) > 0 {
		t.Errorf("found in a fresh topology: %v", bad)
	}
	if fs[0].Subject != "server" || !strings.Contains(fs[0].Detail, "RabbitMQ 3.") && !strings.Contains(fs[0].Detail, "RabbitMQ 4.") {
		t.Errorf("findings: %v", fs)
	}
}

func TestDeclareRefusesOtherMeaning(t *testing.T) {
	cfg := testConfig(t)
	cfg.DeliveryLimit = 5
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := topology.Declare(t.Context()); err == nil || !strings.Contains(err.Error(), cfg.events()) {
		t.Errorf("got %v, want an error about %s", err, cfg.events())
	}
}

func TestCheckFindsAbsence(t *testing.T) {
	url, prefix := testenv.AMQP(t)
	cfg := Config{URLs: []string{url}, Prefix: prefix}
	for range 2 { // looking must not have made them
		bad := grave(check(t, cfg))
		if len(bad) != 1 || !strings.Contains(bad[0], "of ours yet") || !strings.Contains(bad[0], "run erpbridge migrate") {
			t.Fatalf("found %v", bad)
		}
	}
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := topology.Depth(t.Context()); err != nil || d.Declared {
		t.Errorf("depth %+v, %v", d, err)
	}
	missing, err := topology.Missing(t.Context())
	if diff := cmp.Diff(topology.Names(), missing); diff != "" || err != nil {
		t.Errorf("missing (-want +got): %v\n%s", err, diff)
	}
}

func TestCheckFindsAPartMissing(t *testing.T) {
	cfg := testConfig(t)
	if err := admin(t, cfg).ExchangeDelete(cfg.partner(), false, false); err != nil {
		t.Fatal(err)
	}
	bad := grave(check(t, cfg))
	if len(bad) != 1 || !strings.Contains(bad[0], "not there: exchange "+cfg.partner()+";") || !strings.Contains(bad[0], "run erpbridge migrate") {
		t.Errorf("found %v", bad)
	}
}

// Each way in which a queue can lose messages is seen.
func TestCheckFindsDifference(t *testing.T) {
	tests := []struct {
		name   string
		change func(amqp.Table)
	}{
		{"classic", func(a amqp.Table) {
			for k := range a {
				delete(a, k)
			}
		}},
		{"overflow", func(a amqp.Table) { delete(a, "x-overflow") }},
		{"no dead-letter exchange", func(a amqp.Table) { delete(a, "x-dead-letter-exchange") }},
		{"other dead-letter exchange", func(a amqp.Table) { a["x-dead-letter-exchange"] = "elsewhere" }},
		{"at most once", func(a amqp.Table) { delete(a, "x-dead-letter-strategy") }},
		{"delivery limit", func(a amqp.Table) { a["x-delivery-limit"] = int64(3) }},
		{"no delivery limit", func(a amqp.Table) { delete(a, "x-delivery-limit") }},
		{"max length", func(a amqp.Table) { a["x-max-length"] = int64(10) }},
		{"ttl", func(a amqp.Table) { a["x-message-ttl"] = int64(60000) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testConfig(t)
			ch := admin(t, cfg)
			if _, err := ch.QueueDelete(cfg.events(), false, false, false); err != nil {
				t.Fatal(err)
			}
			q := cfg.queues()[1]
			if q.name != "" && !strings.HasSuffix(q.name, ".events") {
				t.Fatalf("%s is not the events queue", q.name)
			}
			full, err := cfg.withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			q = full.queues()[1]
			tt.change(q.args)
			if err := declareQueue(ch, q); err != nil {
				t.Fatal(err)
			}
			bad := grave(check(t, cfg))
			if len(bad) != 1 || !strings.Contains(bad[0], cfg.events()) || !strings.Contains(bad[0], "another meaning") {
				t.Errorf("found %v", bad)
			}
		})
	}
}

func TestCheckFindsOtherExchange(t *testing.T) {
	cfg := testConfig(t)
	ch := admin(t, cfg)
	if err := ch.ExchangeDelete(cfg.partner(), false, false); err != nil {
		t.Fatal(err)
	}
	if err := declareExchange(ch, exchange{cfg.partner(), amqp.ExchangeFanout}); err != nil {
		t.Fatal(err)
	}
	bad := grave(check(t, cfg))
	if len(bad) != 1 || !strings.Contains(bad[0], cfg.partner()) || !strings.Contains(bad[0], "another meaning") {
		t.Errorf("found %v", bad)
	}
}

func TestCheckWithoutBroker(t *testing.T) {
	fs := check(t, Config{URLs: []string{"amqp://user:hunter2@127.0.0.1:1/"}})
	if len(fs) != 1 || !fs[0].Grave || fs[0].Subject != "connection" {
		t.Fatalf("found %v", fs)
	}
	if strings.Contains(fs[0].String(), "hunter2") {
		t.Error("the password is shown")
	}
}

func TestServerVersions(t *testing.T) {
	for version, want := range map[string]bool{
		"3.9.29": true, "3.10.8": false, "3.13.7": false, "4.0.5": false, "4.3.0+rc.1": false, "5.0.0": true, "": true, "next": true, "4": true,
	} {
		if f := server(amqp.Table{"product": "RabbitMQ", "version": version}); f.Grave != want || f.Refuse != want {
			t.Errorf("%q: %v", version, f)
		}
	}
	if f := server(amqp.Table{"product": "LavinMQ", "version": "4.0.0"}); !f.Grave {
		t.Errorf("another product: %v", f)
	}
}

func TestDialTriesTheNextURL(t *testing.T) {
	cfg := testConfig(t)
	cfg.URLs = []string{"amqp://127.0.0.1:1/", cfg.URLs[0]}
	p := startPublisher(t, cfg)
	if err := p.Publish(t.Context(), event(1)); err != nil {
		t.Error(err)
	}
}

func TestConfigChecked(t *testing.T) {
	good := Config{URLs: []string{"amqp://127.0.0.1/"}}
	tests := map[string]func(*Config){
		"no url":            func(c *Config) { c.URLs = nil },
		"no amqp url":       func(c *Config) { c.URLs = []string{"http://u:hunter2@h/"} },
		"unescaped":         func(c *Config) { c.URLs = []string{"amqp://u:hunter2/x@h/"} },
		"prefix":            func(c *Config) { c.Prefix = "a b" },
		"prefix too long":   func(c *Config) { c.Prefix = strings.Repeat("x", 65) },
		"negative limit":    func(c *Config) { c.DeliveryLimit = -1 },
		"negative length":   func(c *Config) { c.MaxLength = -1 },
		"prefetch":          func(c *Config) { c.Prefetch = 65536 },
		"heartbeat too low": func(c *Config) { c.Heartbeat = 1 },
		"negative waiting":  func(c *Config) { c.WaitingEvents = -1 },
	}
	if _, err := good.withDefaults(); err != nil {
		t.Fatal(err)
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			_, err := c.withDefaults()
			if err == nil {
				t.Fatal("taken")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}
