package broker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A policy is a rule that an operator gives the broker for all queues and exchanges
// whose names match. It can take away what the declaration asked for.
type policy struct {
	Name       string         `json:"name"`
	Pattern    string         `json:"pattern"`
	ApplyTo    string         `json:"apply-to"`
	Priority   int            `json:"priority"`
	Definition map[string]any `json:"definition"`
}

// appliesTo reports whether the policy is for things of a kind, "queue" or
// "exchange". Our queues are quorum queues.
func (p policy) appliesTo(kind string) bool {
	switch p.ApplyTo {
	case "", "all":
		return true
	case "queues", "quorum_queues":
		return kind == "queue"
	case "exchanges":
		return kind == "exchange"
	}
	return false
}

// overriding returns the policies that may hold for a name: of those that match, the one
// of the highest priority. Of equal ones RabbitMQ takes any. The pattern is in a dialect
// that is nearly ours; one that is not understood may match, and then holds, or does not,
// and then it is the next one: both are shown.
func overriding(ps []policy, kind, name string) []policy {
	ps = slices.DeleteFunc(slices.Clone(ps), func(p policy) bool { return !p.appliesTo(kind) })
	slices.SortStableFunc(ps, func(a, b policy) int { return cmp.Compare(b.Priority, a.Priority) })
	var may []policy
	var sure *policy
	for _, p := range ps {
		if sure != nil && p.Priority < sure.Priority {
			break
		}
		pattern, err := regexp.Compile(p.Pattern)
		if err == nil && !pattern.MatchString(name) {
			continue
		}
		may = append(may, p)
		if err == nil {
			sure = &p
		}
	}
	return may
}

// judge says what a policy's definition does to a queue or an exchange of ours. What
// the declaration says is no protection: in RabbitMQ 3.10 a policy's overflow wins
// over it, and with drop-head dead-lettering is no longer at-least-once either.
func (c Config) judge(kind, name string, definition map[string]any) []Finding {
	var found []Finding
	say := func(key string, f Finding, detail string) {
		f.Detail = fmt.Sprintf("%s = %v %s", key, definition[key], detail)
		found = append(found, f)
	}
	loss, wrong, note := Finding{Grave: true, Refuse: true}, Finding{Grave: true}, Finding{}
	for _, key := range slices.Sorted(maps.Keys(definition)) {
		switch {
		case kind == "exchange" && key == "alternate-exchange":
			say(key, loss, "takes what no queue is bound for, and has it confirmed: an event can be lost")
		case kind == "exchange":
		case key == "expires":
			say(key, loss, "deletes the queue, with all that is in it, when nobody uses it")
		case key == "message-ttl" && name == c.dead():
			say(key, loss, "deletes dead letters that nobody has recorded yet")
		case key == "message-ttl":
			say(key, loss, "has events expire: they end in the dead-letter list instead of an ERP")
		case key == "delivery-limit" && whole(definition[key]) < 0: // none, in RabbitMQ 4
		case key == "delivery-limit" && name == c.dead():
			say(key, loss, "deletes dead letters that were delivered so often")
		case key == "delivery-limit" && whole(definition[key]) < int64(min(c.DeliveryLimit, 100)):
			say(key, wrong, "sends events into the dead-letter list after as many interrupted deliveries, such as restarts")
		case key == "overflow" && definition[key] != amqp.QueueOverflowRejectPublish:
			say(key, loss, "has the broker delete messages that it has confirmed")
		case key == "dead-letter-exchange" && name == c.events() && definition[key] != c.dlx():
			say(key, loss, "sends what the broker gives up to where nobody takes it from")
		case key == "dead-letter-strategy" && name == c.events() && definition[key] != "at-least-once":
			say(key, loss, "lets the broker lose what it gives up")
		case key == "max-length", key == "max-length-bytes":
			say(key, note, "bounds the queue: above it publishers are refused; webhooks then go into Postgres, partners wait")
		}
	}
	return found
}

// whole is a whole number of JSON.
func whole(v any) int64 {
	f, _ := v.(float64)
	return int64(f)
}

// policies looks at the policies that hold for the topology, and at the bindings.
func (t *Topology) policies(ctx context.Context) []Finding {
	if t.cfg.Management == "" {
		return []Finding{{
			Subject: "policies", Detail: "not looked at: broker.management is not set",
			Remedy: "a policy can have queues delete messages; set broker.management to the address of RabbitMQ's management API",
		}}
	}
	m, err := t.cfg.management()
	if err != nil {
		return []Finding{{Subject: "policies", Grave: true, Detail: err.Error(), Remedy: "correct broker.management"}}
	}
	ctx, cancel := context.WithTimeout(ctx, t.cfg.DialTimeout)
	defer cancel()
	var users, operators []policy
	err = errors.Join(m.get(ctx, "policies", &users), m.get(ctx, "operator-policies", &operators))
	if err != nil {
		return []Finding{{
			Subject: "policies", Grave: true, Detail: err.Error(),
			Remedy: "see that broker.management is right, that the plugin rabbitmq_management is enabled, and that its user has the tag management and may enter the virtual host",
		}}
	}
	found := t.cfg.weigh("policy", users)
	found = append(found, t.cfg.weigh("operator policy", operators)...)
	if len(found) == 0 {
		found = []Finding{{Subject: "policies", Detail: "none that changes our queues and exchanges"}}
	}
	return found
}

// weigh judges each exchange's and each queue's policies.
func (c Config) weigh(sort string, ps []policy) []Finding {
	var found []Finding
	of := func(kind, name string) {
		for _, p := range overriding(ps, kind, name) {
			for _, f := range c.judge(kind, name, p.Definition) {
				f.Subject = fmt.Sprintf("%s %s", sort, cmp.Or(text(p.Name), Unnamed))
				f.Detail = fmt.Sprintf("on %s %s: %s", kind, name, f.Detail)
				f.Remedy = "take it away, or give it a pattern that does not match: " + cmp.Or(text(p.Pattern), Unnamed)
				found = append(found, f)
			}
		}
	}
	for _, e := range c.exchanges() {
		of("exchange", e.name)
	}
	for _, q := range c.queues() {
		of("queue", q.name)
	}
	return found
}

// management is the broker's HTTP API.
type management struct {
	base           *url.URL
	user, password string
	vhost          string
}

// management returns nil where none is configured. Its errors never show the URL.
func (c Config) management() (*management, error) {
	if c.Management == "" {
		return nil, nil
	}
	u, err := url.Parse(c.Management)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("the address of the broker's management API is not an http:// or https:// URL")
	}
	m := &management{vhost: "/"}
	if len(c.URLs) > 0 {
		if a, err := amqp.ParseURI(c.URLs[0]); err == nil {
			m.user, m.password, m.vhost = a.Username, a.Password, a.Vhost
		}
	}
	if u.User != nil {
		m.user = u.User.Username()
		m.password, _ = u.User.Password()
		u.User = nil
	}
	m.base = u
	return m, nil
}

// answerLimit is far more than a broker's policies take.
const answerLimit = 4 << 20

// get reads a list of the virtual host's.
func (m *management) get(ctx context.Context, list string, into any) error {
	// The path is escaped already: a virtual host is often called "/".
	at := strings.TrimSuffix(m.base.String(), "/") + "/api/" + list + "/" + url.PathEscape(m.vhost)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return fmt.Errorf("asking for %s: %w", list, err)
	}
	req.SetBasicAuth(m.user, m.password)
	// A redirect would carry the password elsewhere; and nothing stays open behind
	// a question asked once a minute.
	client := http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("asking for %s: %w", list, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end, or of no use
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking for %s at %s: %s", list, m.base.Host, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(into); err != nil {
		return fmt.Errorf("reading %s: %w", list, err)
	}
	return nil
}
