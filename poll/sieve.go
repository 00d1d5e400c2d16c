package poll

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hakooi/erpbridge"
)

// A Normalizer understands the messages of a store.
type Normalizer interface {
	Normalize(m erpbridge.Message) ([]erpbridge.Event, error)
}

// A State is one state of one thing in a store.
type State struct {
	Resource string
	Version  erpbridge.Version
}

// An Answer says whether a state has arrived.
type Answer struct {
	Known bool
	// Over is set where it has not, and another one has that is not older: the instant it
	// must be dated after to count as the newer one.
	Over time.Time
}

// Known is who knows what has arrived.
type Known interface {
	// Known answers for each of states: whether it, or a newer one of the same thing, is
	// in the inbox, and has no rival of its second there.
	Known(ctx context.Context, store string, states []State) ([]Answer, error)
}

// A Feed takes what no webhook brought.
type Feed interface {
	// Feed returns nil only when m is safe. m may be one that was fed before: its ID is
	// the same then.
	Feed(ctx context.Context, m erpbridge.Message) error
}

// A FeedFunc is a function that is a Feed.
type FeedFunc func(ctx context.Context, m erpbridge.Message) error

// Feed calls f.
func (f FeedFunc) Feed(ctx context.Context, m erpbridge.Message) error { return f(ctx, m) }

// A Sieve lets those messages of a store through that tell something new.
type Sieve struct {
	Store      string
	Normalizer Normalizer
	Known      Known
}

// A Found is a state that the inbox does not have.
type Found struct {
	Type, ID string // of the message that tells it
	Event    erpbridge.EventType
	Resource string
	Version  erpbridge.Version
}

// An Item is a message that has to be fed.
type Item struct {
	Message erpbridge.Message
	// Found are the states in it that are missing; none where it was not understood, and
	// then Cause says why.
	Found []Found
	Cause error
}

// Sifted is what a Sieve made of some messages.
type Sifted struct {
	Missing []Item // in their order
	Known   int
	Ignored int // of no interest
	// Last is the latest change any of the messages tells.
	Last time.Time
}

// Sift asks of each message what it tells and whether that is known.
func (s Sieve) Sift(ctx context.Context, ms []erpbridge.Message, now time.Time) (Sifted, error) {
	var out Sifted
	var states []State
	var items []Item
	seen := map[identity]bool{}
	for _, m := range ms {
		if m.ID == "" || m.Type == "" {
			return out, &erpbridge.Error{Op: "poll.Sift", Kind: erpbridge.Invalid, Err: errors.New("the storefront's adapter listed a message without an ID or a type")}
		}
		if seen[identity{m.Type, m.ID}] {
			continue // told twice on one page
		}
		seen[identity{m.Type, m.ID}] = true
		m.Store, m.Via, m.ReceivedAt = s.Store, erpbridge.ViaPoll, now
		events, err := s.normalize(m)
		if erpbridge.KindOf(err) == erpbridge.Ignored || err == nil && len(events) == 0 {
			out.Ignored++
			continue
		}
		item := Item{Message: m, Cause: err}
		for _, e := range events {
			item.Found = append(item.Found, Found{Type: m.Type, ID: m.ID, Event: e.Type, Resource: e.Resource, Version: e.Version})
			states = append(states, State{e.Resource, e.Version})
			if e.Version.At.After(out.Last) {
				out.Last = e.Version.At
			}
		}
		items = append(items, item)
	}
	known, err := s.ask(ctx, states)
	if err != nil {
		return out, err
	}
	for _, item := range items {
		if item.Cause == nil {
			answers := known[:len(item.Found)]
			known = known[len(item.Found):]
			item.Found = missing(item.Found, answers)
			if len(item.Found) == 0 {
				out.Known++
				continue
			}
			settle(&item.Message, answers)
		}
		out.Missing = append(out.Missing, item)
	}
	return out, nil
}

// normalize keeps a body that makes the adapter panic from ending every daemon that
// polls: it is fed, and the pipeline buries it.
func (s Sieve) normalize(m erpbridge.Message) (es []erpbridge.Event, err error) {
	defer func() {
		if v := recover(); v != nil {
			es, err = nil, &erpbridge.Error{Op: "poll.Sift", Kind: erpbridge.Invalid, Code: "PANIC", Err: errors.New("normalizing it panicked")}
		}
	}()
	es, err = s.Normalizer.Normalize(m)
	if err != nil {
		es = nil
	}
	return es, err
}

func (s Sieve) ask(ctx context.Context, states []State) ([]Answer, error) {
	if len(states) == 0 {
		return nil, nil
	}
	known, err := s.Known.Known(ctx, s.Store, states)
	if err == nil && len(known) != len(states) {
		err = fmt.Errorf("%d answers to %d questions", len(known), len(states))
	}
	if err != nil {
		return nil, fmt.Errorf("asking what is known: %w", err)
	}
	return known, nil
}

// missing returns those of found that are not known.
func missing(found []Found, answers []Answer) []Found {
	var out []Found
	for i, f := range found {
		if !answers[i].Known {
			out = append(out, f)
		}
	}
	return out
}

// settle makes m the last word on what it tells, where another state of the same second
// came: the shop, asked, says that m is what stands. It is another message then than the
// one that told the state first.
func settle(m *erpbridge.Message, answers []Answer) {
	var over time.Time
	for _, a := range answers {
		if a.Over.After(over) {
			over = a.Over
		}
	}
	if over.IsZero() {
		return
	}
	at := over.Add(time.Microsecond).UTC().Format(time.RFC3339Nano) // the finest that Postgres keeps
	m.ID += "+" + at
	m.Header = m.Header.Clone()
	if m.Header == nil {
		m.Header = http.Header{}
	}
	m.Header.Set(erpbridge.Settles, at)
}
