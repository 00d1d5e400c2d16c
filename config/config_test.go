package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
)

// smallest is the least a configuration must say.
const smallest = `
database: {url: "postgres://localhost/erp"}
broker: {url: "amqp://localhost"}
stores: [{name: shop, kind: shopify}]
targets: [{name: erp, kind: netsuite}]
`

// parse reads text that must be valid.
func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("erpbridge.yaml", []byte(text), t.TempDir(), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var withoutFuncs = cmp.Options{
	cmpopts.IgnoreUnexported(config.Config{}, config.Neighbour{}, config.Poll{}, config.Alerts{}),
	cmpopts.IgnoreFields(config.Neighbour{}, "Decode"),
}

func defaultDelivery() config.Delivery {
	return config.Delivery{
		Concurrency: 4, Batch: 1, Timeout: time.Minute, Lease: 2 * time.Minute, Poll: time.Second,
		Retry:   config.Retry{First: 2 * time.Second, Max: 15 * time.Minute, Attempts: 8, Age: 72 * time.Hour},
		Missing: config.Missing{Attempts: 20},
		Confirm: config.Confirm{First: 5 * time.Second, Max: 5 * time.Minute, Within: 24 * time.Hour},
	}
}

func defaultPoll() config.Poll {
	return config.Poll{Every: 15 * time.Minute, Overlap: 20 * time.Minute, Initial: 24 * time.Hour, Grace: 5 * time.Minute}
}

func TestDefaults(t *testing.T) {
	want := &config.Config{
		Database:  config.Database{URL: "postgres://localhost/erp"},
		Broker:    config.Broker{URL: "amqp://localhost", URLs: []config.Secret{"amqp://localhost"}, Prefix: "erpbridge"},
		HTTP:      config.HTTP{Listen: "127.0.0.1:8080", MaxBody: 10 << 20, Concurrency: 4096, Connections: 8192},
		Stores:    []config.Store{{Neighbour: config.Neighbour{Name: "shop", Kind: "shopify"}, Poll: defaultPoll()}},
		Targets:   []config.Target{{Neighbour: config.Neighbour{Name: "erp", Kind: "netsuite"}, Delivery: defaultDelivery()}},
		Routes:    []config.Route{{Targets: []string{"erp"}}},
		Tolerance: "0.00",
		Log:       config.Log{Level: "info", Format: "json"},
	}
	if diff := cmp.Diff(want, parse(t, smallest), withoutFuncs); diff != "" {
		t.Error(diff)
	}
}

func TestEverySetting(t *testing.T) {
	got := parse(t, `
database: {url: "host=/run/postgresql", development: true, insecure: true}
broker: {urls: ["amqps://a.example.com", "amqps://b.example.com"], prefix: erp.test, management: "http://mq.example.com:15672", insecure: true}
http: {listen: ":443", max_body: 512KiB, concurrency: "16", connections: 64}
stores:
  - {name: shop, kind: shopify, poll: {every: 1m, overlap: 2m, initial: 3m, grace: 4m, alert_over: 5, resubscribe: true}}
  - {name: shop-2, kind: shopify}
targets:
  - name: erp
    kind: netsuite
    delivery:
      concurrency: 5
      rate: 0.5
      batch: 10
      batch_bytes: 1MiB
      linger: 2s
      lookup_after: 15m
      at_least_once: true
      maintenance: [{days: [sat, sun], from: "22:00", to: "04:30", zone: UTC}]
      timeout: 5m
      poll: 250ms
      retry: {attempts: 3, age: 1h, schedule: [1s, 1m]}
      missing: {attempts: 2}
      confirm: {first: 1m, max: 2m, within: 3h}
  - {name: archive, kind: file}
routes:
  - {store: shop, type: order.placed, country: NO, targets: [erp, archive]}
  - {targets: [archive]}
tolerance: 0.05
alerts:
  smtp: {host: mail.example.com, username: u, password: p, ca_file: ca.pem}
  from: erpbridge <e@example.com>
  to: [a@example.com]
log: {level: debug, format: console}
`)
	dir := filepath.Dir(got.Alerts.SMTP.CAFile)
	slow := defaultDelivery()
	slow.Concurrency, slow.Rate, slow.Batch, slow.Poll = 5, 0.5, 10, 250*time.Millisecond
	slow.Timeout, slow.Lease = 5*time.Minute, 6*time.Minute
	slow.BatchBytes, slow.Linger, slow.LookupAfter, slow.AtLeastOnce = 1<<20, 2*time.Second, 15*time.Minute, true
	slow.Maintenance = []config.Maintenance{{
		Days: []config.Day{config.Day(time.Saturday), config.Day(time.Sunday)}, From: config.Clock(22 * time.Hour), To: config.Clock(4*time.Hour + 30*time.Minute),
		Zone: config.Zone{Location: time.UTC},
	}}
	slow.Retry.Attempts, slow.Retry.Age = 3, time.Hour
	slow.Retry.Schedule = []time.Duration{time.Second, time.Minute}
	slow.Missing.Attempts = 2
	slow.Confirm = config.Confirm{First: time.Minute, Max: 2 * time.Minute, Within: 3 * time.Hour}
	want := &config.Config{
		Database: config.Database{URL: "host=/run/postgresql", Development: true, Insecure: true},
		Broker:   config.Broker{URLs: []config.Secret{"amqps://a.example.com", "amqps://b.example.com"}, Prefix: "erp.test", Management: "http://mq.example.com:15672", Insecure: true},
		HTTP:     config.HTTP{Listen: ":443", MaxBody: 512 << 10, Concurrency: 16, Connections: 64},
		Stores: []config.Store{
			{
				Neighbour: config.Neighbour{Name: "shop", Kind: "shopify"},
				Poll:      config.Poll{Every: time.Minute, Overlap: 2 * time.Minute, Initial: 3 * time.Minute, Grace: 4 * time.Minute, AlertOver: 5, Resubscribe: true},
			},
			{Neighbour: config.Neighbour{Name: "shop-2", Kind: "shopify"}, Poll: defaultPoll()},
		},
		Targets: []config.Target{
			{Neighbour: config.Neighbour{Name: "erp", Kind: "netsuite"}, Delivery: slow},
			{Neighbour: config.Neighbour{Name: "archive", Kind: "file"}, Delivery: defaultDelivery()},
		},
		Routes: []config.Route{
			{Store: "shop", Type: "order.placed", Country: "NO", Targets: []string{"erp", "archive"}},
			{Targets: []string{"archive"}},
		},
		Tolerance: "0.05",
		Alerts: config.Alerts{
			SMTP: config.SMTP{Host: "mail.example.com", Port: 587, Username: "u", Password: "p", TLS: "mandatory", CAFile: filepath.Join(dir, "ca.pem")},
			From: "erpbridge <e@example.com>", To: []string{"a@example.com"}, Every: time.Minute, SubjectPrefix: "[erpbridge]",
		},
		Log: config.Log{Level: "debug", Format: "console"},
	}
	sameZone := cmp.Comparer(func(a, b config.Zone) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, got, withoutFuncs, sameZone); diff != "" {
		t.Error(diff)
	}
	if !filepath.IsAbs(dir) {
		t.Errorf("ca_file is relative to %q", dir)
	}
}

func TestExampleIsValid(t *testing.T) {
	c, err := config.Parse("example.yaml", []byte(config.Example()), ".", config.ExampleEnv)
	if err != nil {
		t.Fatal(err)
	}
	// What the example calls defaults are the defaults.
	if poll := examplePoll(t); !cmp.Equal(defaultPoll(), poll, withoutFuncs) || !poll.Given() || c.Stores[0].Poll.Given() {
		t.Errorf("poll in the example:\n%s", cmp.Diff(defaultPoll(), poll, withoutFuncs))
	}
	if diff := cmp.Diff(defaultDelivery(), c.Targets[0].Delivery); diff != "" {
		t.Errorf("delivery in the example:\n%s", diff)
	}
	d := parse(t, smallest)
	if diff := cmp.Diff([]any{d.HTTP, d.Log, d.Tolerance, d.Broker.Prefix}, []any{c.HTTP, c.Log, c.Tolerance, c.Broker.Prefix}); diff != "" {
		t.Errorf("defaults in the example:\n%s", diff)
	}
}

// examplePoll reads the section poll of the example, which stands there as a comment:
// the example's store has no API.
func examplePoll(t *testing.T) config.Poll {
	t.Helper()
	before, after, ok := strings.Cut(config.Example(), "    # poll:\n")
	section, rest, _ := strings.Cut(after, "\n\n")
	if !ok || !strings.Contains(section, "resubscribe") {
		t.Fatal("there is no section poll")
	}
	text := before + "    poll:" + strings.ReplaceAll("\n"+section, "\n    # ", "\n    ") + "\n\n" + rest
	c, err := config.Parse("example.yaml", []byte(text), ".", config.ExampleEnv)
	if err != nil {
		t.Fatal(err)
	}
	return c.Stores[0].Poll
}

// The event types a route may name are those the bridge carries.
func TestRoutesKnowEveryEventType(t *testing.T) {
	for _, e := range erpbridge.EventTypes {
		parse(t, smallest+fmt.Sprintf("routes: [{type: %s, targets: [erp]}]\n", e))
		if c := parse(t, smallest+fmt.Sprintf("routes: [{type: %s, ignore: true}]\n", e)); !c.Routes[0].Ignore {
			t.Errorf("%s is not ignored", e)
		}
	}
}

func TestTextStaysText(t *testing.T) {
	c := parse(t, strings.Replace(smallest, "{name: erp, kind: netsuite}", `
  {name: erp, kind: netsuite, account: 010, token_secret: 1.10,
   items: {NO: yes, 010: 1e3, "a": 0x1F, b: 2026-11-23, c: '', d: .5, e: 1_000, f: TRUE},
   anything: [010, yes, {a: 1.10}, null], optional: 7}`, 1))
	var got erp
	if err := c.Targets[0].Decode(&got); err != nil {
		t.Fatal(err)
	}
	seven := 7
	want := erp{
		Account: "010", TokenSecret: "1.10", Optional: &seven,
		Items: map[string]string{"NO": "yes", "010": "1e3", "a": "0x1F", "b": "2026-11-23", "c": "", "d": ".5", "e": "1_000", "f": "TRUE"},
		// null is nothing given, here too.
		Anything: []any{"010", "yes", map[string]any{"a": "1.10"}, nil},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(erp{})); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsNotGivenKeepTheirValue(t *testing.T) {
	c := parse(t, strings.Replace(smallest, "kind: netsuite", "kind: netsuite, account: , since: ~", 1))
	got := erp{Account: "default", Concurrency: 3}
	if err := c.Targets[0].Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(erp{Account: "default", Concurrency: 3}, got, cmp.AllowUnexported(erp{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeIntoWhatCannotBeFilled(t *testing.T) {
	c := parse(t, smallest)
	var none *erp
	for _, into := range []any{nil, erp{}, none} {
		if err := c.Targets[0].Decode(into); err == nil {
			t.Errorf("decoded into %#v", into)
		}
	}
}

func TestWrap(t *testing.T) {
	c := parse(t, smallest)
	n := c.Stores[0]
	if err := n.Wrap(nil); err != nil {
		t.Errorf("Wrap(nil) = %v", err)
	}
	cause := errors.New("cannot be reached")
	tests := []struct {
		err  error
		want string
	}{
		{cause, "erpbridge.yaml:4:10: stores[0]: cannot be reached"},
		{fmt.Errorf("dialling: %w", cause), "erpbridge.yaml:4:10: stores[0]: dialling: cannot be reached"},
		{errors.Join(cause, errors.New("kind: is wrong")), "erpbridge.yaml:4:10: stores[0]: cannot be reached\nerpbridge.yaml:4:29: stores[0].kind: is wrong"},
		{errors.New("kind is wrong"), "erpbridge.yaml:4:29: stores[0].kind: kind is wrong"},
		{errors.New("kind.of[2].Thing-1: is wrong"), "erpbridge.yaml:4:29: stores[0].kind.of[2].Thing-1: is wrong"},
		{errors.New("kindly: no"), "erpbridge.yaml:4:10: stores[0]: kindly: no"},
		{fmt.Errorf("%w, because: %w", cause, cause), "erpbridge.yaml:4:10: stores[0]: cannot be reached, because: cannot be reached"},
	}
	for _, tt := range tests {
		if got := n.Wrap(tt.err).Error(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	byHand := config.Neighbour{Name: "shop", Kind: "shopify"}
	if err := byHand.Wrap(cause); !errors.Is(err, cause) {
		t.Errorf("a neighbour made by hand: %v", err)
	}
}

func TestValidateAfterAChange(t *testing.T) {
	c := parse(t, smallest)
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	c.HTTP.Concurrency = 0
	c.Database.URL = "postgres://db.example.com/erp"
	want := []string{
		"erpbridge.yaml:2:1: http.concurrency: want a number from 1 to 1000000, found 0",
		"erpbridge.yaml:2:17: database.url: sslmode prefer, its default, lets the connection to another machine be plaintext; use verify-full, or say insecure: true",
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), fmt.Sprint(c.Validate())); diff != "" {
		t.Error(diff)
	}
	if err := (&config.Config{}).Validate(); err == nil {
		t.Error("an empty Config is valid")
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Every secret of a file is a canary, by every way a secret can come in; none of
// the ways a Config can be printed may show it.
func TestSecretsDoNotPrint(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("erpbridge.yaml", []byte(`
database: {url: "postgres://erp:hunter2-is-my-secret@localhost/erp"}
broker: {url: "amqp://erp:${SECRET}@localhost/"}
stores: [{name: shop, kind: shopify, secrets: ["${SECRET}", file:secret, hunter2-is-my-secret]}]
targets: [{name: erp, kind: netsuite, token_secret: file:secret}]
alerts: {smtp: {host: localhost, username: u, password: file:secret}, from: a@example.com, to: [a@example.com]}
`), dir, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Alerts.SMTP.Password.Reveal(); got != canary {
		t.Fatalf("the password is %q", got)
	}
	var s shop
	if err := c.Stores[0].Decode(&s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shop{Secrets: []hidden{canary, canary, canary}}, s); diff != "" {
		t.Fatal(diff)
	}

	var printed strings.Builder
	for _, v := range []any{c, *c, c.Database, &c.Database, c.Broker, c.Broker.URLs, c.Alerts, &c.Alerts, c.Alerts.SMTP, c.Stores, c.Targets, c.Database.URL, &c.Database.URL} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&printed, verb+"\n", v)
		}
		asJSON, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := yaml.Dump(v)
		if err != nil {
			t.Fatal(err)
		}
		printed.Write(asJSON)
		printed.Write(asYAML)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "v", v)
	}
	for _, told := range []string{canary, "hunter2", fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if i := strings.Index(printed.String(), told); i >= 0 {
			t.Errorf("printed: …%s…", printed.String()[max(0, i-100):i+20])
		}
	}
	if !strings.Contains(printed.String(), "***") {
		t.Error("there are no asterisks where the secrets would be")
	}
}
