package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/hakooi/erpbridge/internal/testenv"
)

// alerts is an Alerter that remembers, after it has failed once.
type alerts struct {
	mu     sync.Mutex
	asked  int
	told   []string
	reason []string
}

func (a *alerts) Alert(_ context.Context, kind, reason string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked++; a.asked == 1 {
		return errors.New("the store is away")
	}
	a.told, a.reason = append(a.told, kind), append(a.reason, reason)
	return nil
}

func (a *alerts) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.told)
}

// What is done here would be felt by everybody who uses the broker.
func TestOnOwnNode(t *testing.T) {
	node := testenv.OwnNode(t)
	on := func(prefix string) Config {
		return Config{URLs: []string{node.URL}, Prefix: prefix, DialTimeout: 20 * time.Second, StallAfter: 20 * time.Second, ConfirmTimeout: 20 * time.Second}
	}
	t.Run("alarm", func(t *testing.T) { testAlarm(t, node, on("alarm")) })
	t.Run("policies", func(t *testing.T) { testPolicies(t, node, on("rules")) })
	t.Run("length limit at run time", func(t *testing.T) { testLengthLimit(t, node, on("limit")) })
	t.Run("permissions", func(t *testing.T) { testPermissions(t, node, on("permissions")) })
}

func testAlarm(t *testing.T, node *testenv.Node, cfg Config) {
	declare(t, cfg)
	core, log := observer.New(zap.InfoLevel)
	p, err := NewPublisher(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	a := &alerts{}
	p.Alerts = a
	start(t, p.Run)
	eventually(t, "ready", p.Ready)

	for range 2 { // twice within a minute: logged twice, alerted once
		node.Alarm(t, true)
		confirmed := 0
		eventually(t, "refused at once", func() bool {
			err := p.Publish(context.Background(), event(confirmed))
			if err == nil {
				confirmed++
			}
			return errors.Is(err, ErrUnavailable)
		})
		if got := p.Trouble(); !strings.HasPrefix(got, "blocked by the broker: ") || !strings.Contains(got, "memory") {
			t.Errorf("trouble: %q", got)
		}
		if d := depth(t, cfg); !d.Declared || !strings.Contains(d.Blocked, "memory") {
			t.Errorf("depth: %+v", d)
		}
		if f := told(t, check(t, cfg), "alarm"); !f.Grave || f.Refuse {
			t.Errorf("check: %+v", f)
		}
		node.Alarm(t, false)
		eventually(t, "taken again", func() bool { return p.Publish(within(t, 20*time.Second), event(1)) == nil })
		if got := p.Trouble(); got != "" {
			t.Errorf("trouble afterwards: %q", got)
		}
		if d := depth(t, cfg); d.Blocked != "" {
			t.Errorf("depth afterwards: %+v", d)
		}
	}
	eventually(t, "alerted", func() bool { return a.count() > 0 })
	if diff := cmp.Diff([]string{AlertBlocked}, a.told); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	for message, want := range map[string]int{"the broker blocks publishers": 2, "the broker takes messages again": 2} {
		if got := log.FilterMessage(message).Len(); got != want {
			t.Errorf("%q is logged %d times, want %d", message, got, want)
		}
	}
}

func declare(t *testing.T, cfg Config) {
	t.Helper()
	topology, err := NewTopology(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := topology.Declare(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// enableManagement returns the address of the node's management API.
func enableManagement(t *testing.T, node *testenv.Node) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	node.Run(t, "rabbitmqctl", "eval", fmt.Sprintf(
		`application:load(rabbitmq_management), application:set_env(rabbitmq_management, tcp_config, [{ip, "127.0.0.1"}, {port, %d}]).`, at.Port))
	node.Run(t, "rabbitmq-plugins", "enable", "rabbitmq_management")
	return "http://" + at.String()
}

func testPolicies(t *testing.T, node *testenv.Node, cfg Config) {
	cfg.Management = enableManagement(t, node)
	declare(t, cfg)
	if f := told(t, check(t, cfg), "policies"); f.Grave || !strings.Contains(f.Detail, "none") {
		t.Fatalf("without policies: %s", f)
	}
	for _, tt := range []struct {
		name, command, pattern, definition string
		want                               string // "" for nothing
		grave, refuse                      bool
	}{
		{"ttl", "set_policy", "events$", `{"message-ttl":60000}`, "message-ttl = 60000", true, true},
		{"ttl of the dead", "set_operator_policy", "dead$", `{"message-ttl":60000}`, "deletes dead letters", true, true},
		{"expires", "set_operator_policy", "^rules", `{"expires":60000}`, "deletes the queue", true, true},
		{"alternate exchange", "set_policy", "ingest$", `{"alternate-exchange":"amq.fanout"}`, "can be lost", true, true},
		{"delivery limit", "set_policy", "events$", `{"delivery-limit":3}`, "interrupted deliveries", true, false},
		{"delivery limit of the dead", "set_policy", "dead$", `{"delivery-limit":3}`, "deletes dead letters", true, true},
		{"length", "set_policy", "events$", `{"max-length":10}`, "bounds the queue", false, false},
		{"overflow", "set_policy", "events$", `{"overflow":"drop-head"}`, "delete messages", true, true},
		{"dead-letter exchange", "set_policy", "events$", `{"dead-letter-exchange":"elsewhere"}`, "where nobody takes it from", true, true},
		{"dead-letter strategy", "set_policy", "events$", `{"dead-letter-strategy":"at-most-once"}`, "lose what it gives up", true, true},
		{"others'", "set_policy", "^other", `{"message-ttl":60000}`, "", false, false},
		{"of no effect", "set_policy", "events$", `{"overflow":"reject-publish","queue-leader-locator":"balanced"}`, "", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			node.Run(t, "rabbitmqctl", tt.command, "ours", tt.pattern, tt.definition)
			fs := check(t, cfg)
			node.Run(t, "rabbitmqctl", strings.Replace(tt.command, "set", "clear", 1), "ours")
			if tt.want == "" {
				if f := told(t, fs, "policies"); f.Grave {
					t.Errorf("found %s", f)
				}
				return
			}
			f := told(t, fs, "policy ours")
			if f.Grave != tt.grave || f.Refuse != tt.refuse || !strings.Contains(f.Detail, tt.want) {
				t.Errorf("found %+v", f)
			}
		})
	}
	t.Run("doctor", func(t *testing.T) {
		core, log := observer.New(zap.InfoLevel)
		d, err := NewDoctor(cfg, zap.New(core))
		if err != nil {
			t.Fatal(err)
		}
		d.Alerts = &alerts{}
		if err := d.Admit(t.Context()); err != nil {
			t.Fatalf("refused: %v", err)
		}
		// It holds for both queues, and does two things to them.
		node.Run(t, "rabbitmqctl", "set_policy", "ours", "^rules.*(events|dead)$", `{"expires":60000,"message-ttl":60000}`)
		if fs := d.once(t.Context()); len(fs) != 4 || !strings.Contains(fs[0].Detail, "expires") {
			t.Errorf("told of %v", fs)
		}
		if fs := d.once(t.Context()); len(fs) != 0 {
			t.Errorf("told again of %v", fs)
		}
		if err := d.Admit(t.Context()); err == nil || !strings.Contains(err.Error(), "expires") {
			t.Errorf("admitted: %v", err)
		}
		node.Run(t, "rabbitmqctl", "clear_policy", "ours")
		if fs := d.once(t.Context()); len(fs) != 0 {
			t.Errorf("told of %v", fs)
		}
		for message, want := range map[string]int{"something is wrong with the broker": 4, "no longer wrong with the broker": 1} {
			if got := log.FilterMessage(message).Len(); got != want {
				t.Errorf("%q is logged %d times, want %d", message, got, want)
			}
		}
	})
	t.Run("a user without the tag", func(t *testing.T) {
		node.Run(t, "rabbitmqctl", "add_user", "stranger", "hunter2")
		u, err := url.Parse(cfg.Management)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword("stranger", "hunter2")
		cfg.Management = u.String()
		f := told(t, check(t, cfg), "policies")
		if !f.Grave || f.Refuse || !strings.Contains(f.Detail, "401") || !strings.Contains(f.Remedy, "tag management") || strings.Contains(f.String(), "hunter2") {
			t.Errorf("found %+v", f)
		}
	})
}

// A policy that bounds the queue while it is in use: the publisher is refused above
// it, and nothing goes.
func testLengthLimit(t *testing.T, node *testenv.Node, cfg Config) {
	declare(t, cfg)
	p := startPublisher(t, cfg)
	publish(t, p, event(0))
	node.Run(t, "rabbitmqctl", "set_policy", "limit", "^limit", `{"max-length":5}`)
	defer node.Run(t, "rabbitmqctl", "clear_policy", "limit")
	confirmed := 1
	for i := 1; ; i++ {
		err := p.Publish(within(t, 20*time.Second), event(i))
		if errors.Is(err, ErrNacked) {
			break
		}
		if err != nil || i > 500 {
			t.Fatalf("event %d: %v, want ErrNacked", i, err)
		}
		confirmed++
	}
	if d := depth(t, cfg); d.Events != confirmed {
		t.Errorf("%d confirmed, stored: %+v", confirmed, d)
	}
	r := &record{}
	_, stop := startConsumer(t, cfg, r.handle)
	eventually(t, "all confirmed", func() bool { return r.events() == confirmed })
	eventually(t, "taken again", func() bool { return p.Publish(within(t, 20*time.Second), event(1000)) == nil })
	stop()
}

func testPermissions(t *testing.T, node *testenv.Node, cfg Config) {
	declare(t, cfg)
	node.Run(t, "rabbitmqctl", "add_user", "poor", "hunter2")
	u, err := url.Parse(cfg.URLs[0])
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("poor", "hunter2")
	cfg.URLs = []string{u.String()}
	const all = `^permissions\.`
	for _, tt := range []struct{ name, configure, write, read, want string }{
		{"enough", all, all, all, ""},
		{"may not configure", "^$", all, all, "configure"},
		{"may not publish", all, `\.(partner|dlx|events|dead)$`, all, "permissions.ingest"},
		{"may not consume the dead", all, all, `\.(ingest|partner|dlx|events)$`, "permissions.dead"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			node.Run(t, "rabbitmqctl", "set_permissions", "poor", tt.configure, tt.write, tt.read)
			bad := strings.Join(grave(check(t, cfg)), "\n")
			if (tt.want == "") != (bad == "") || !strings.Contains(bad, tt.want) || tt.want != "" && !strings.Contains(bad, "set_permissions") {
				t.Errorf("found %s", bad)
			}
			if strings.Contains(bad, "hunter2") {
				t.Error("the password is shown")
			}
		})
	}
}
