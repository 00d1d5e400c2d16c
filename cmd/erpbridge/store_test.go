package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters"
	"github.com/hakooi/erpbridge/outbox"
)

// fakeShop is a storefront whose API lists orders that it was told of, five a page. The
// real ones are tested against a simulated shop.
type fakeShop struct {
	mu     sync.Mutex
	orders []time.Time // when each was changed, oldest first
	subs   []erpbridge.Subscription
	stuck  map[string]bool // topics it does not bring back
	broken error
	// listed is called with each page's number.
	listed func(page int)
}

func (s *fakeShop) Verify(m erpbridge.Message) (erpbridge.Message, error) {
	return m, &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("it sends no webhooks")}
}

func (s *fakeShop) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	at, err := time.Parse(time.RFC3339, string(m.Body))
	if err != nil {
		return nil, &erpbridge.Error{Kind: erpbridge.Invalid, Err: err}
	}
	order := "order/" + strings.TrimPrefix(m.ID, "poll:")
	return []erpbridge.Event{{
		Store: m.Store, Type: erpbridge.OrderChanged, Stream: order, Resource: order, Version: erpbridge.Version{At: at, Digest: "d"}, ReceivedAt: m.ReceivedAt,
	}}, nil
}

func (s *fakeShop) List(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(s.broken, ctx.Err()); err != nil {
		return erpbridge.Page{}, err
	}
	from, _ := strconv.Atoi(cursor)
	var p erpbridge.Page
	for i := from; i < len(s.orders) && len(p.Messages) < 5; i++ {
		if at := s.orders[i]; !at.Before(since) {
			p.Messages = append(p.Messages, erpbridge.Message{ID: fmt.Sprintf("poll:%d", i), Type: "orders/updated", ContentType: "text/plain", Body: []byte(at.Format(time.RFC3339))})
			p.Until = at
		}
		from = i + 1
	}
	if from < len(s.orders) {
		p.Next = strconv.Itoa(from)
	}
	if s.listed != nil {
		s.listed(from / 5)
	}
	return p, nil
}

// fakeSubscribed is a fakeShop whose subscriptions can be looked at.
type fakeSubscribed struct{ *fakeShop }

func (s fakeSubscribed) Subscriptions(context.Context) ([]erpbridge.Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]erpbridge.Subscription{}, s.subs...), s.broken
}

func (s fakeSubscribed) Subscribe(_ context.Context, want erpbridge.Subscription) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stuck[want.Topic] {
		return &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("no permission")}
	}
	for i := range s.subs {
		if s.subs[i].Topic == want.Topic {
			s.subs[i].State = erpbridge.Subscribed
		}
	}
	return nil
}

// withShop returns the path of a configuration with a store "fake" that is front.
func withShop(t *testing.T, front erpbridge.Storefront, settings string) string {
	t.Helper()
	adapters.Storefronts["fakeshop"] = func(_ string, decode func(any) error) (erpbridge.Storefront, error) {
		var conf struct {
			TimeZone string `yaml:"time_zone"`
		}
		return front, decode(&conf)
	}
	t.Cleanup(func() { delete(adapters.Storefronts, "fakeshop") })
	text, err := os.ReadFile(newWorld(t).config)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, "erpbridge.yaml", strings.Replace(string(text), "stores:\n", "stores:\n  - {name: fake, kind: fakeshop, "+settings+"}\n", 1))
}

// runs is one command, its exit code and something it says.
type runs struct {
	args string
	code int
	want string
}

func (r runs) check(t *testing.T, conf string) string {
	t.Helper()
	code, stdout, stderr := command(t, append(strings.Fields(r.args), "-c", conf)...)
	if code != r.code || !strings.Contains(stdout+stderr, r.want) {
		t.Errorf("%s: exit code %d, want %d with %q:\n%s%s", r.args, code, r.code, r.want, stdout, stderr)
	}
	return stdout
}

// Settings of a poll that cannot be are refused with their place, by every command.
func TestPollOfAStoreWithoutAPIIsRefused(t *testing.T) {
	type plain struct{ erpbridge.Storefront }
	conf := withShop(t, plain{&fakeShop{}}, "poll: {every: 1m}")
	for _, cmd := range []string{"run", "check", "store list"} {
		runs{cmd, exitUsage, "erpbridge.yaml:6:40: stores[0].poll: the store cannot be asked what changed: poll needs api:"}.check(t, conf)
	}
	conf = withShop(t, &fakeShop{}, "poll: {resubscribe: true}")
	runs{"check", exitUsage, "stores[0].poll.resubscribe: the store's webhooks cannot be brought back"}.check(t, conf)
}

func TestStoreList(t *testing.T) {
	shop := &fakeShop{subs: []erpbridge.Subscription{
		{Topic: "orders/create", State: erpbridge.Subscribed}, {Topic: "orders/paid", State: erpbridge.Disabled, Detail: "failed 19 times"},
	}}
	path := withShop(t, fakeSubscribed{shop}, "poll: {every: 1h}")
	out := runs{"store list", exitOK, "never polled"}.check(t, path)
	if !strings.Contains(out, "webhooks only") {
		t.Errorf("nothing is said about the store without an API:\n%s", out)
	}
	began := time.Now().Truncate(time.Second)
	shop.orders = []time.Time{began.Add(-2 * time.Hour), began.Add(-time.Minute)}

	pollOnce(t, path, func(st outbox.PollState) bool { return st.CompleteAt != nil })
	runs{"store list", exitOK, "ok, 1 of 2 webhooks active"}.check(t, path)
	runs{"store list", exitOK, "fake: webhook orders/paid is disabled: failed 19 times"}.check(t, path)
	st := polled(t, path)
	if st.Found != 2 || st.FoundTotal != 2 || st.Waiting != 2 || st.Listed != 2 || st.KnownUntil.Before(began) || st.Error != "" || len(st.Subscriptions) != 2 {
		t.Errorf("%+v", st)
	}
	runs{"status -o json", exitOK, `"accepted": 2`}.check(t, path)
	runs{"check", exitFailed, "fake webhook orders/paid: disabled: failed 19 times"}.check(t, path)

	shop.mu.Lock()
	shop.broken = &erpbridge.Error{Kind: erpbridge.Refused, Err: errors.New("401 Unauthorized")}
	shop.mu.Unlock()
	rush(t, path)
	pollOnce(t, path, func(st outbox.PollState) bool { return st.Error != "" })
	runs{"store list", exitOK, "401 Unauthorized"}.check(t, path)
	runs{"check", exitFailed, "to do: check the address and the credentials in the store's api:"}.check(t, path)
}

// polled is what store list says about the first store.
func polled(t *testing.T, path string) outbox.PollState {
	t.Helper()
	var lines []storeLine
	_, out, stderr := command(t, "store", "list", "-o", "json", "-c", path)
	if err := json.Unmarshal([]byte(out), &lines); err != nil || len(lines) != 2 || lines[0].Name != "fake" || !lines[0].CanList || lines[0].Poll == nil {
		t.Fatalf("%v: %s%s", err, out, stderr)
	}
	return *lines[0].Poll
}

func TestStoreSubscribe(t *testing.T) {
	shop := &fakeShop{stuck: map[string]bool{"orders/paid": true}}
	for topic, state := range map[string]erpbridge.SubscriptionState{"orders/create": erpbridge.Gone, "orders/paid": erpbridge.Disabled, "refunds/create": erpbridge.Subscribed} {
		shop.subs = append(shop.subs, erpbridge.Subscription{Topic: topic, Address: "https://erp.example.com/webhooks/fake", State: state})
	}
	path := withShop(t, fakeSubscribed{shop}, "")
	for _, r := range []runs{
		{"store subscribe", exitUsage, "say which store with --store"},
		{"store subscribe --store shop", exitUsage, "its webhooks cannot be looked after: that needs api: and webhooks:"},
		{"store subscribe --store fake --topic orders/creat", exitUsage, `the configuration does not ask fake for "orders/creat"`},
		{"store subscribe --store fake --dry-run", exitOK, "would subscribe"},
		{"store subscribe --store fake --dry-run --topic refunds/create", exitOK, "nothing"},
		{"store subscribe --store fake --topic orders/create", exitOK, "subscribed"},
		{"store subscribe --store fake", exitFailed, "failed: no permission"},
		{"store subscribe --store fake", exitFailed, "1 of 3 webhooks could not be brought back"},
	} {
		r.check(t, path)
	}
	shop.stuck = nil
	var done []subscribed
	if err := json.Unmarshal([]byte(runs{"store subscribe --store fake -o json", exitOK, ""}.check(t, path)), &done); err != nil || len(done) != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, d := range done {
		if want := map[bool]string{true: "subscribed", false: "nothing"}[d.Topic == "orders/paid"]; d.Done != want {
			t.Errorf("%+v, want %s", d, want)
		}
	}
	shop.broken = errors.New("away")
	runs{"store subscribe --store fake", exitFailed, "asking fake for its subscriptions: away"}.check(t, path)
	if got := audited(t, path); got != "orders/create orders/paid orders/paid orders/paid" {
		t.Errorf("audited: %v", got)
	}
}

// pollOnce runs the pollers of a configuration until the first store's state is as
// wanted.
func pollOnce(t *testing.T, path string, wanted func(outbox.PollState) bool) {
	t.Helper()
	conf, n, err := (&options{config: path}).loadAll()
	if err != nil {
		t.Fatal(err)
	}
	store, err := openStore(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	pollStores(ctx, g, conf, n, store, zap.NewNop())
	poll(t, "a poll", 20*time.Second, func() error {
		states, err := store.Polls(ctx)
		if err != nil || len(states) != 1 || states[0].Running || !wanted(states[0]) {
			return fmt.Errorf("%+v, %w", states, err)
		}
		return nil
	})
	stop()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// database opens the database of a configuration, with the driver that the outbox has
// registered.
func database(t *testing.T, path string) *sql.DB {
	t.Helper()
	conf, err := (&options{config: path}).load()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", conf.Database.URL.Reveal())
	if err != nil {
		t.Fatal("the database cannot be opened")
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// rush makes all polls due.
func rush(t *testing.T, path string) {
	t.Helper()
	if _, err := database(t, path).ExecContext(t.Context(), `update erpbridge.poll set due_at = now()`); err != nil {
		t.Fatal(err)
	}
}

// audited returns the topics that were subscribed to, by the audit log.
func audited(t *testing.T, path string) string {
	t.Helper()
	var topics string
	if err := database(t, path).QueryRowContext(t.Context(), `
		select coalesce(string_agg(split_part(detail, ' ', 1), ' ' order by id), '') from erpbridge.audit
		where action = 'subscribed' and object = 'store fake'`).Scan(&topics); err != nil {
		t.Fatal(err)
	}
	return topics
}
