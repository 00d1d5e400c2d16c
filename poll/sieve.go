package poll

import (
	"context"
	"errors"
	"fmt"
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

// Known is who knows what has arrived.
type Known interface {
	// Known reports of each of states whether it, or a newer one of the same thing, is in
	// the inbox.
	Known(ctx context.Context, store string, states []State) ([]bool, error)
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
	type identity struct{ typ, id string }
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
			item.Found, known = missing(item.Found, known)
			if len(item.Found) == 0 {
				out.Known++
				continue
			}
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

func (s Sieve) ask(ctx context.Context, states []State) ([]bool, error) {
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

// missing returns those of found that are not known, and the answers left.
func missing(found []Found, known []bool) ([]Found, []bool) {
	var out []Found
	for i, f := range found {
		if !known[i] {
			out = append(out, f)
		}
	}
	return out, known[len(found):]
}
