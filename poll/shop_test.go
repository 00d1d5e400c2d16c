package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hakooi/erpbridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// change is the state of a thing in the fake shop.
type change struct {
	id int
	at time.Time // by the shop's clock
	n  int       // of the thing's changes
	// before is what the search still shows until it has learnt of this one.
	before  *change
	visible time.Time
}

func (c change) version() erpbridge.Version {
	return erpbridge.Version{At: c.at, Digest: fmt.Sprintf("%d.%d", c.id, c.n)}
}

func (c change) message(via erpbridge.Via) erpbridge.Message {
	return erpbridge.Message{
		ID: fmt.Sprintf("%s:order/%d@%s", via, c.id, c.at.Format(time.RFC3339Nano)), Type: "orders/updated",
		Body: fmt.Appendf(nil, "%d %d %s", c.id, c.n, c.at.Format(time.RFC3339Nano)),
	}
}

// plain understands the fake shop's messages. Bodies that begin with a word end as it says.
type plain struct{}

func (plain) Normalize(m erpbridge.Message) ([]erpbridge.Event, error) {
	switch word := strings.Fields(string(m.Body))[0]; word {
	case "ignored", "invalid", "held":
		return nil, &erpbridge.Error{Kind: erpbridge.Kind(word), Err: errors.New("as it says")}
	case "panic":
		panic("as it says")
	}
	var c change
	var at string
	if _, err := fmt.Sscan(string(m.Body), &c.id, &c.n, &at); err != nil {
		return nil, err
	}
	var err error
	c.at, err = time.Parse(time.RFC3339Nano, at)
	return []erpbridge.Event{{Type: erpbridge.OrderChanged, Resource: "order/" + strconv.Itoa(c.id), Version: c.version()}}, err
}

// shop is a shop whose things change, whose search is late, and whose API fails.
type shop struct {
	mu     sync.Mutex
	random *rand.Rand
	things map[int]change
	skew   time.Duration // of its clock
	late   time.Duration // by how much its search is
	page   int
	until  string  // what Page.Until says: "exact", "none" or "future"
	broken float64 // the share of requests that fail
	calls  int
	open   int // requests under way
}

func (s *shop) change(id int) change {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().Add(s.skew).Truncate(time.Second)
	c := change{id: id, at: now, n: 1, visible: time.Now().Add(s.late)}
	if old, ok := s.things[id]; ok {
		c.n = old.n + 1
		if time.Now().Before(old.visible) {
			c.before = old.before
		} else {
			c.before = &old
		}
	}
	s.things[id] = c
	return c
}

// token is a place in the order of changes, and when the shop forgets it.
func token(c change, end time.Time) string {
	return fmt.Sprintf("%d/%d/%d", c.at.UnixNano(), c.id, end.UnixNano())
}

func (s *shop) List(ctx context.Context, since time.Time, cursor string) (erpbridge.Page, error) {
	if err := s.begin(); err != nil {
		return erpbridge.Page{}, err
	}
	defer s.end()
	if !sleep(ctx, 200*time.Millisecond) {
		return erpbridge.Page{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.random.Float64() < s.broken {
		return erpbridge.Page{}, s.fail(cursor)
	}
	from := change{at: since, id: -1}
	if cursor != "" {
		var at, end int64
		if _, err := fmt.Sscanf(cursor, "%d/%d/%d", &at, &from.id, &end); err != nil {
			return erpbridge.Page{}, err
		}
		if from.at = time.Unix(0, at); time.Now().UnixNano() > end {
			return erpbridge.Page{}, &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("token expired")}
		}
	}
	var found []change
	for _, c := range s.things {
		if time.Now().Before(c.visible) {
			if c.before == nil {
				continue
			}
			c = *c.before
		}
		if d := c.at.Compare(from.at); d > 0 || d == 0 && c.id > from.id {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	p := erpbridge.Page{}
	if len(found) > s.page {
		found = found[:s.page]
		p.Next = token(found[s.page-1], time.Now().Add(time.Minute))
	}
	for i, c := range found {
		p.Messages = append(p.Messages, c.message(erpbridge.ViaPoll))
		if i%7 == 3 {
			p.Messages = append(p.Messages, c.message(erpbridge.ViaPoll)) // told twice
		}
	}
	switch {
	case s.until == "future":
		p.Until = time.Now().Add(10 * 365 * 24 * time.Hour)
	case s.until == "exact" && p.Next == "":
		p.Until = time.Now().Add(s.skew)
	case s.until == "exact":
		p.Until = found[len(found)-1].at
	}
	return p, nil
}

func (s *shop) fail(cursor string) error {
	switch s.random.IntN(4) {
	case 0:
		return &erpbridge.Error{Kind: erpbridge.Throttled, After: time.Duration(s.random.IntN(90)) * time.Second, Err: errors.New("slow down")}
	case 1:
		if cursor != "" {
			return &erpbridge.Error{Kind: erpbridge.Invalid, Err: errors.New("token forgotten")}
		}
	case 2:
		return errors.New("nobody understands this")
	}
	return &erpbridge.Error{Kind: erpbridge.Transient, Err: errors.New("away")}
}

func (s *shop) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.open++; s.open > 1 {
		return errors.New("two are listing at once")
	}
	return nil
}

func (s *shop) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
}

// house is the inbox: what has arrived, and what was told again.
type house struct {
	mu     sync.Mutex
	states map[string]erpbridge.Version // the newest of each resource
	ids    map[string]int               // how often each message came
	known  int                          // polled messages whose state was there
	sick   func() error                 // nil: it is well
}

func newHouse() *house {
	return &house{states: map[string]erpbridge.Version{}, ids: map[string]int{}}
}

func (h *house) Feed(_ context.Context, m erpbridge.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sick != nil {
		if err := h.sick(); err != nil {
			return err
		}
	}
	h.ids[m.ID]++
	es, err := plain{}.Normalize(m)
	if err != nil {
		return nil //nolint:nilerr // it is in the dead-letter list
	}
	for _, e := range es {
		if h.has(State{e.Resource, e.Version}) {
			h.known++
			continue
		}
		h.states[e.Resource] = e.Version
	}
	return nil
}

func (h *house) has(s State) bool {
	v, ok := h.states[s.Resource]
	return ok && (v.At.After(s.Version.At) || v.At.Equal(s.Version.At) && v.Digest == s.Version.Digest)
}

func (h *house) Known(_ context.Context, _ string, states []State) ([]Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sick != nil {
		if err := h.sick(); err != nil {
			return nil, err
		}
	}
	answers := make([]Answer, len(states))
	for i, s := range states {
		answers[i].Known = h.has(s)
	}
	return answers, nil
}

// book is a Book in memory. What it does in Postgres is tested there.
type book struct {
	mu      sync.Mutex
	known   time.Time
	due     time.Time
	token   int
	taken   bool
	until   time.Time // the turn's end
	found   []Found
	failing bool
	told    string
	subs    []erpbridge.Subscription
	alerts  []string
	ended   []Outcome
	sick    func() error
}

func (b *book) well() error {
	if b.sick != nil {
		return b.sick()
	}
	return nil
}

func (b *book) Take(_ context.Context, store string, p Pace) (Round, time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.well(); err != nil {
		return Round{}, 0, err
	}
	now := time.Now()
	if b.known.IsZero() {
		b.known = now.Add(-p.Initial)
	}
	if wait := max(b.due.Sub(now), 0); wait > 0 {
		return Round{}, wait, nil
	}
	if b.taken && b.until.After(now) {
		return Round{}, b.until.Sub(now), nil
	}
	b.taken, b.until = true, now.Add(p.Hold)
	b.token++
	return Round{Store: store, Token: strconv.Itoa(b.token), Hold: p.Hold, Began: now, KnownUntil: b.known, Failing: b.failing, Told: b.told}, 0, nil
}

func (b *book) mine(r Round) error {
	if !b.taken || r.Token != strconv.Itoa(b.token) {
		return ErrLate
	}
	return nil
}

func (b *book) Keep(_ context.Context, r Round, p Progress) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := cmp.Or(b.well(), b.mine(r)); err != nil {
		return err
	}
	b.until = time.Now().Add(r.Hold)
	b.reach(p.Until, r)
	b.found = append(b.found, p.Found...)
	return nil
}

func (b *book) reach(t time.Time, r Round) {
	if t.After(r.Began) {
		t = r.Began
	}
	if t.After(b.known) {
		b.known = t
	}
}

func (b *book) End(_ context.Context, r Round, o Outcome) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := cmp.Or(b.well(), b.mine(r)); err != nil {
		return err
	}
	b.taken = false
	b.ended = append(b.ended, o)
	b.due = time.Now().Add(o.Again)
	if o.Complete {
		b.reach(r.Began, r)
		b.due = r.Began.Add(o.Again)
	}
	b.failing = o.Cause != nil
	return nil
}

func (b *book) Subscriptions(_ context.Context, r Round, subs []erpbridge.Subscription, told, alert string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.mine(r); err != nil {
		return err
	}
	b.subs, b.told = subs, told
	if alert != "" {
		b.alerts = append(b.alerts, alert)
	}
	return nil
}

func (b *book) Settle(_ context.Context, _ string, _ time.Duration, tell func([]Found) string) (int, []Found, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lost := b.found
	b.found = nil
	if len(lost) > 0 {
		if alert := tell(lost); alert != "" {
			b.alerts = append(b.alerts, alert)
		}
	}
	return 0, lost, nil
}
