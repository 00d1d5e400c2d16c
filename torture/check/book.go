package check

import (
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hakooi/erpbridge/torture/journal"
)

// A book is what the storefront said, order by order. It keeps hashes of values and
// not the values, so that half a million events fit.
type book struct {
	acct   Account
	seed   maphash.Seed
	orders map[int64]*order
	// byID finds an order by the externalId of one of its records.
	byID   [kinds]map[string]*order
	events map[string]*event
	names  map[string]string // external ids of the ERP's records by internal id
}

type order struct {
	number string
	id     int64
	states []*state // by version, rising
	wrote  [kinds]progress
	parked bool // changes wait behind an open dead letter
}

// A state is one version of an order.
type state struct {
	version   int
	event     string // the first that told it
	updatedAt time.Time
	accepted  bool
	dead      bool // an open or discarded dead letter is about it
	want      [kinds][]uint32
	effects   [kinds]uint16
	replays   [kinds]uint16 // by operators
}

// progress is how far the effects on one record of an order have come.
type progress struct {
	last, newest int
	overwritten  bool // an older state came over a newer one, and was blamed for it
}

type event struct {
	state    *state
	body     uint32
	accepted bool
	refused  bool
}

func newBook(acct Account) *book {
	b := &book{acct: acct, seed: maphash.MakeSeed(), orders: map[int64]*order{}, events: map[string]*event{}, names: map[string]string{}}
	for k := range b.byID {
		b.byID[k] = map[string]*order{}
	}
	return b
}

// hash is short because there are so many of them: a wrong value passes for the right
// one in four thousand million.
func (b *book) hash(text string) uint32 { return uint32(maphash.String(b.seed, text)) } // #nosec G115 -- cut on purpose

func (b *book) readSender(r io.Reader) error {
	return journal.Read(r, journal.Eye{Sent: b.sent, Answered: b.answered})
}

func (b *book) sent(s journal.Sent) error {
	body := b.hash(s.Body)
	if e := b.events[s.Event]; e != nil {
		if e.body != body {
			return fmt.Errorf("event %s was sent with two bodies", s.Event)
		}
		return nil
	}
	want, err := expected(b.acct, s.Topic, s.Body)
	if err != nil {
		return fmt.Errorf("event %s: %w", s.Event, err)
	}
	o := b.orders[s.OrderID]
	if o == nil {
		o = &order{number: s.Order, id: s.OrderID}
		b.orders[s.OrderID] = o
	}
	for k, w := range want {
		if w == nil {
			continue
		}
		if other := b.byID[k][w.externalID]; other != nil && other != o {
			return fmt.Errorf("event %s: orders %s and %s share %s", s.Event, other.number, o.number, w.externalID)
		}
		b.byID[k][w.externalID] = o
	}
	st, err := o.state(s, b.hashes(want))
	if err != nil {
		return fmt.Errorf("event %s: %w", s.Event, err)
	}
	b.events[s.Event] = &event{state: st, body: body}
	return nil
}

func (b *book) hashes(want [kinds]*record) (h [kinds][]uint32) {
	for k, w := range want {
		if w == nil {
			continue
		}
		h[k] = make([]uint32, len(w.values))
		for i, v := range w.values {
			h[k][i] = b.hash(v)
		}
	}
	return h
}

// state returns the state an event tells, which may have been told before.
func (o *order) state(s journal.Sent, want [kinds][]uint32) (*state, error) {
	i, found := slices.BinarySearchFunc(o.states, s.Version, func(st *state, v int) int { return st.version - v })
	if found {
		st := o.states[i]
		for k := range want {
			if !slices.Equal(st.want[k], want[k]) {
				return nil, fmt.Errorf("it tells version %d otherwise than %s did", s.Version, st.event)
			}
		}
		return st, nil
	}
	for _, st := range o.states {
		if st.want[salesOrder][0] == want[salesOrder][0] {
			return nil, fmt.Errorf("versions %d and %d cannot be told apart", s.Version, st.version)
		}
		if st.updatedAt.Before(s.UpdatedAt) != (st.version < s.Version) {
			return nil, fmt.Errorf("versions %d and %d are not in the order of their times", s.Version, st.version)
		}
	}
	st := &state{version: s.Version, event: s.Event, updatedAt: s.UpdatedAt, want: want}
	o.states = slices.Insert(o.states, i, st)
	return st, nil
}

func (b *book) answered(a journal.Answered) error {
	e := b.events[a.Event]
	if e == nil {
		return fmt.Errorf("event %s was answered and never sent", a.Event)
	}
	switch {
	case a.Accepted():
		e.accepted, e.state.accepted = true, true
	case a.Status >= 400 && a.Status < 500 && a.Status != 408 && a.Status != 429:
		e.refused = true
	}
	return nil
}

// count sums up what was sent.
func (b *book) count(s *Summary) {
	s.Sent = len(b.events)
	for _, o := range b.orders {
		s.States += len(o.states)
	}
	var refused []string
	for id, e := range b.events {
		switch {
		case e.accepted:
			s.Accepted++
		default:
			s.Unknown++
			if e.refused {
				refused = append(refused, id)
			}
		}
	}
	slices.Sort(refused)
	for _, id := range refused {
		s.blame(&s.Refused, "event %s is genuine and was refused by the daemon each time", id)
	}
}

// bury notes which states the dead-letter list has.
func (b *book) bury(letters []DeadLetter) {
	for _, d := range letters {
		o := b.orders[d.orderID()]
		if o == nil {
			continue
		}
		if d.State == stateOpen && d.Waiting > 0 {
			o.parked = true
		}
		at, k, ok := d.document()
		for _, st := range o.states {
			if ok && !st.updatedAt.Equal(at) {
				continue
			}
			if d.State == stateReplayed {
				if ok {
					st.replays[k]++
				}
				continue
			}
			// A dead letter without a document is about some state of the order; it does
			// not say which.
			st.dead = true
		}
	}
}

// effect judges one effect of the ERP: I2, I3, I4 and I6.
func (b *book) effect(s *Summary, e *entry) {
	r := e.Record
	b.names[r.InternalID] = r.ExternalID
	k := kind(slices.Index(kindNames[:], r.Type))
	if k < 0 {
		s.blame(&s.Invented, "effect %d: the ERP has a %s %s; nobody sent one", e.Seq, r.Type, r.ExternalID)
		return
	}
	o := b.byID[k][r.ExternalID]
	if o == nil {
		s.blame(&s.Invented, "effect %d: the ERP has %s %s, which belongs to no event", e.Seq, r.Type, r.ExternalID)
		return
	}
	values, err := held(b.acct, k, r.Total, r.Content, b.names)
	if err != nil {
		s.blame(&s.Corrupted, "effect %d, %s of order %s: %v", e.Seq, r.Type, o.number, err)
		return
	}
	st := o.told(k, b.hash(values[0]))
	if st == nil {
		s.blame(&s.Invented, "effect %d: the %s of order %s has %s %q; no event of it says so", e.Seq, r.Type, o.number, fieldNames[k][0], clip(values[0]))
		return
	}
	what := fmt.Sprintf("%s of order %s, version %d (event %s, effect %d)", r.Type, o.number, st.version, st.event, e.Seq)
	if wrong := b.differences(k, values, st.want[k]); wrong != "" {
		s.blame(&s.Corrupted, "%s: %s", what, wrong)
	}
	o.advance(s, k, st, what)
}

// told returns the state that a value tells.
func (o *order) told(k kind, key uint32) *state {
	for _, st := range slices.Backward(o.states) {
		if st.want[k] != nil && st.want[k][0] == key {
			return st
		}
	}
	return nil
}

func (b *book) differences(k kind, values []string, want []uint32) string {
	var wrong []string
	for i, v := range values {
		if b.hash(v) != want[i] {
			wrong = append(wrong, fmt.Sprintf("%s is %q", fieldNames[k][i], clip(v)))
		}
	}
	if wrong == nil {
		return ""
	}
	return strings.Join(wrong, ", ") + "; the body says otherwise"
}

func (o *order) advance(s *Summary, k kind, st *state, what string) {
	p := &o.wrote[k]
	switch {
	case st.effects[k] > st.replays[k]:
		p.overwritten = p.overwritten || st.version < p.newest
		s.blame(&s.DuplicateEffects, "%s took effect again", what)
	case st.version < p.newest && st.replays[k] == 0:
		p.overwritten = true
		s.blame(&s.Inversions, "%s took effect behind version %d", what, p.newest)
	}
	st.effects[k]++
	p.last, p.newest = st.version, max(p.newest, st.version)
}

func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}
