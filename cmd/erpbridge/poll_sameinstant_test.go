package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/outbox"
	"github.com/hakooi/erpbridge/pipeline"
	polling "github.com/hakooi/erpbridge/poll"
)

// Whatever the order in which webhooks and listings tell of the states of one second, and
// wherever a daemon dies meanwhile, the ERP ends in the state that the shop lists in the
// end. Webhooks are lost, come twice, overtake each other, and are sent again after an
// hour; messages wait in the broker and in the inbox while later ones are decided about;
// rounds of the poll are many or few.
func TestTheListedStateStands(t *testing.T) {
	t.Parallel()
	for i, pace := range []struct{ every, overlap time.Duration }{
		{time.Second, time.Minute},
		{5 * time.Minute, time.Minute},
		{15 * time.Minute, 20 * time.Minute},
	} {
		t.Run(fmt.Sprintf("every %s, overlap %s", pace.every, pace.overlap), func(t *testing.T) {
			t.Parallel()
			m := newInstants(t, uint64(i)+1, pace.every, pace.overlap)
			for range 100 {
				m.pass(100 * time.Millisecond)
				m.sell()
				m.work()
			}
			// Nobody buys any more. What is late comes, for longer than a round goes back.
			for range 100 {
				m.pass(time.Minute)
				m.work()
			}
			// Until a round, begun when nothing was on its way any more, finds that all is known.
			for fed, whole := 1, false; fed > 0 || !whole; {
				for m.busy() {
					m.pass(time.Second)
					m.work()
				}
				m.pass(m.every)
				fed, whole = m.round()
			}
			for _, o := range m.orders {
				if has := m.erp[o.stream()]; has != o.content {
					t.Errorf("order %d is in state %s, and the ERP has %q:\n%s", o.id, o.content, has, strings.Join(o.told, "\n"))
				}
			}
		})
	}
}

// instants is a shop, a bridge and an ERP, moved on step by step. Its clock begins two
// days ago, so that what Postgres takes for the present is always later.
type instants struct {
	t        *testing.T
	random   *rand.Rand
	store    *outbox.Store
	database *sql.DB
	sieve    polling.Sieve
	digest   *pipeline.Receiver
	now      time.Time
	every    time.Duration
	overlap  time.Duration
	next     time.Time // a round of the poll is due
	orders   []*instant
	late     []lateWebhook
	queue    []erpbridge.Message // of the broker
	arrived  map[int64]bool      // documents, at the ERP
	erp      map[string]string   // what it has, by stream
}

// An instant is an order that changes within seconds.
type instant struct {
	id      int
	content string
	at      time.Time
	ranked  bool // the shop tells how far along an order is
	changes int
	told    []string
}

type lateWebhook struct {
	at time.Time
	m  erpbridge.Message
}

func (o *instant) stream() string { return fmt.Sprintf("shop/order/%d", o.id) }

func (o *instant) body() []byte {
	return fmt.Appendf(nil, "%d %s %d %t %d", o.id, o.content, o.at.Unix(), o.ranked, o.changes)
}

func (o *instant) tell(now time.Time, format string, args ...any) {
	o.told = append(o.told, now.Format("15:04:05.0 ")+fmt.Sprintf(format, args...))
}

func newInstants(t *testing.T, seed uint64, every, overlap time.Duration) *instants {
	t.Helper()
	url := migrated(t)
	store, err := outbox.Open(t.Context(), outbox.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	database, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &instants{
		t: t, random: rand.New(rand.NewPCG(seed, seed)), store: store, database: database, every: every, overlap: overlap,
		now: time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Second), arrived: map[int64]bool{}, erp: map[string]string{},
	}
	m.sieve = polling.Sieve{Store: "shop", Normalizer: m, Known: knownStates{store}}
	m.digest = &pipeline.Receiver{Store: store, Log: zap.NewNop(), Pipeline: &pipeline.Pipeline{
		Stores: map[string]pipeline.Normalizer{"shop": m}, Targets: map[string]pipeline.Translator{"erp": m}, Mapping: "m",
		Stages: []pipeline.Stage{pipeline.StageFunc(func(_ context.Context, e erpbridge.Event) (erpbridge.Event, error) {
			e.Targets = []string{"erp"}
			return e, nil
		})},
	}}
	for id := range 40 {
		m.orders = append(m.orders, &instant{id: id, ranked: id%4 == 0})
	}
	return m
}

// Normalize and Translate are the shop's adapter and the ERP's.
func (m *instants) Normalize(msg erpbridge.Message) ([]erpbridge.Event, error) {
	var o instant
	var at int64
	if _, err := fmt.Sscan(string(msg.Body), &o.id, &o.content, &at, &o.ranked, &o.changes); err != nil {
		return nil, err
	}
	resource := fmt.Sprintf("order/%d", o.id)
	v := erpbridge.Version{At: time.Unix(at, 0).UTC(), Digest: "the digest of " + o.content}
	if o.ranked {
		v.Rank = int(o.content[0] - 'a')
	}
	return []erpbridge.Event{{Store: "shop", Type: erpbridge.OrderChanged, Stream: resource, Resource: resource, Version: v, Order: &erpbridge.Order{Note: o.content}}}, nil
}

func (m *instants) Translate(e erpbridge.Event) ([]erpbridge.Document, error) {
	name := "shop/" + e.Resource
	return []erpbridge.Document{{
		Key: name + "/" + e.Version.String() + "/" + e.Order.Note, Stream: name, Kind: "Order", Record: name, Version: e.Version, Body: []byte(e.Order.Note),
	}}, nil
}

func (m *instants) chance(of float64) bool { return m.random.Float64() < of }

func (m *instants) pass(d time.Duration) { m.now = m.now.Add(d) }

// sell changes some orders, and sends their webhooks, or not.
func (m *instants) sell() {
	for _, o := range m.orders {
		if !m.chance(0.06) {
			continue
		}
		before := o.content
		for o.content == before {
			o.content = string(rune('a' + m.random.IntN(4)))
		}
		o.changes++
		o.at = m.now.Truncate(time.Second)
		o.tell(m.now, "is in state %s", o.content)
		hook := erpbridge.Message{
			ID: fmt.Sprintf("webhook %d/%d", o.id, o.changes), Store: "shop", Type: "updated", Via: erpbridge.ViaWebhook, Body: o.body(),
		}
		for m.chance(0.7) { // none, one, or more of the same
			at := m.now.Add(time.Duration(m.random.IntN(400)) * time.Millisecond)
			if m.chance(0.2) {
				at = m.now.Add(time.Duration(m.random.IntN(80)) * time.Minute)
			}
			m.late = append(m.late, lateWebhook{at, hook})
			if m.chance(0.8) {
				break
			}
		}
	}
}

// work is what shop, bridge and ERP do in a step; any of them may be slow.
func (m *instants) work() {
	m.late = slices.DeleteFunc(m.late, func(w lateWebhook) bool {
		if w.at.After(m.now) {
			return false
		}
		w.m.ReceivedAt = m.now
		m.accept(w.m)
		return true
	})
	if !m.now.Before(m.next) {
		m.next = m.now.Add(m.every)
		if _, whole := m.round(); !whole {
			m.next = m.now
		}
	}
	if m.chance(0.6) {
		m.consume()
	}
	if m.chance(0.3) {
		m.digestSome()
	}
	if m.chance(0.6) {
		m.deliver()
	}
}

// busy reports whether anything is on its way.
func (m *instants) busy() bool {
	st, err := m.store.ReadStatus(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	return len(m.queue) > 0 || len(m.late) > 0 || st.Pending > 0
}

// accept takes a message to the broker, or to the inbox if the broker is away.
func (m *instants) accept(msg erpbridge.Message) {
	if m.chance(0.5) {
		m.queue = append(m.queue, msg)
		return
	}
	if err := m.store.Receive(m.t.Context(), msg); err != nil {
		m.t.Fatal(err)
	}
}

// round lists what changed since the position. The daemon may die in the middle, and
// another one begins it again.
func (m *instants) round() (fed int, whole bool) {
	ctx := m.t.Context()
	r, wait, err := m.store.TakePoll(ctx, "shop", outbox.PollPace{Initial: 72 * time.Hour, Hold: time.Minute})
	if err != nil || wait > 0 {
		m.t.Fatal(wait, err)
	}
	// It began by the clock of this world.
	if _, err := m.database.ExecContext(ctx, `update poll set began_at = $1`, m.now); err != nil {
		m.t.Fatal(err)
	}
	since := r.KnownUntil.Add(-m.overlap)
	var page []erpbridge.Message
	for _, o := range m.orders {
		if o.changes > 0 && !o.at.Before(since) {
			page = append(page, erpbridge.Message{ID: fmt.Sprintf("poll:%d@%d", o.id, o.at.Unix()), Type: "updated", Body: o.body()})
		}
	}
	sifted, err := m.sieve.Sift(ctx, page, m.now)
	if err != nil {
		m.t.Fatal(err)
	}
	whole = m.chance(0.9)
	for _, item := range sifted.Missing {
		if !whole && m.chance(0.5) {
			break
		}
		m.accept(item.Message)
		fed++
	}
	if whole {
		if err := m.store.KeepPoll(ctx, r, outbox.PollProgress{Until: m.now}); err != nil {
			m.t.Fatal(err)
		}
	}
	if err := m.store.EndPoll(ctx, r, outbox.PollOutcome{Stopped: true}); err != nil {
		m.t.Fatal(err)
	}
	return fed, whole
}

// consume takes some messages out of the broker, in about their order. A daemon that
// dies gets them again.
func (m *instants) consume() {
	n := min(len(m.queue), 1+m.random.IntN(8))
	if n == 0 {
		return
	}
	batch := slices.Clone(m.queue[:n])
	m.random.Shuffle(n, func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	m.decide(batch)
	if m.chance(0.9) {
		m.queue = slices.Delete(m.queue, 0, n)
	}
}

// digestSome takes some of what waits in the inbox, or dies before it decided.
func (m *instants) digestSome() {
	us, err := m.store.ClaimUndigested(m.t.Context(), 1+m.random.IntN(20), 0)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.chance(0.1) {
		return
	}
	var batch []erpbridge.Message
	for _, u := range us {
		batch = append(batch, u.Message)
	}
	m.decide(batch)
}

func (m *instants) decide(batch []erpbridge.Message) {
	var as []pipeline.Arrival
	for _, msg := range batch {
		as = append(as, pipeline.Arrival{Message: msg})
		var o instant
		if _, err := fmt.Sscan(string(msg.Body), &o.id, &o.content); err == nil {
			m.orders[o.id].tell(m.now, "%s decided about, by %s: %s", o.content, msg.Via, msg.ID)
		}
	}
	if err := errors.Join(m.digest.Receive(m.t.Context(), as)...); err != nil {
		m.t.Fatal(err)
	}
}

// deliver sends some of what is due. A daemon that dies leaves it in doubt, there or not,
// and the next one looks it up.
func (m *instants) deliver() {
	ctx := m.t.Context()
	requests, err := m.store.Claim(ctx, outbox.Demand{
		Target: "erp", Requests: 1 + m.random.IntN(10), Limits: outbox.Limits{Concurrency: 1_000_000}, Batch: outbox.Batch{Events: 1}, Lease: time.Millisecond,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, request := range requests {
		var vs []outbox.Verdict
		for _, e := range request.Entries {
			v := outbox.Verdict{Entry: e, State: outbox.Delivered}
			switch {
			case e.Doubtful && !m.arrived[e.ID]:
				v.State, v.At = outbox.Pending, e.Now
			case !e.Doubtful && m.chance(0.05): // dies before
				continue
			case !e.Doubtful:
				m.arrived[e.ID], m.erp[e.Stream] = true, string(e.Body)
				var id int
				if _, err := fmt.Sscanf(e.Stream, "shop/order/%d", &id); err == nil {
					m.orders[id].tell(m.now, "%s to the ERP, dated %s", e.Body, e.Version)
				}
			}
			if !e.Doubtful && m.chance(0.05) { // dies after
				continue
			}
			vs = append(vs, v)
		}
		if _, err := m.store.Settle(ctx, vs); err != nil {
			m.t.Fatal(err)
		}
	}
}
