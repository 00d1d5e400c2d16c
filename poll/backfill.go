package poll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// A Backfill lists a shop from any time on, once, and feeds what is missing. It needs
// no turn: what a poll feeds at the same time has the same IDs.
type Backfill struct {
	Lister erpbridge.Lister
	Sieve  Sieve
	// Feed takes what is missing; nil: it is only told.
	Feed Feed
	// Since is where to begin, and Until where to end; the zero Time: at the present.
	Since, Until time.Time
	// Tell is called after each page and before it, and after each message that was fed.
	Tell func(Filled)
	Log  *zap.Logger
}

// Filled is how far a Backfill is.
type Filled struct {
	Listed, Known, Ignored int
	// Fed were missing, or would be fed. NotUnderstood of them end as dead letters or are
	// held. Later changed after Until.
	Fed, NotUnderstood, Later int
	// Missing counts the missing states by what happened.
	Missing map[erpbridge.EventType]int
	// Examples are the first of them.
	Examples []Found
	// Position is the latest change seen.
	Position time.Time
	// Safe: everything that changed before it is known. It is where to go on.
	Safe time.Time
	// Done: the end was reached.
	Done bool

	// seen are the messages of earlier pages: some shops' pages overlap, and what was fed
	// a moment ago may not be known yet.
	seen map[identity]struct{}
}

// An identity is what makes a listed message the same message.
type identity struct{ typ, id string }

// examples is how many are told.
const examples = 20

// errReached ends a walk at Until.
var errReached = errors.New("the end was reached")

// Run lists and feeds until the end, or ctx ends; it returns how far it came in any
// case.
func (b Backfill) Run(ctx context.Context) (Filled, error) {
	f := Filled{Missing: map[erpbridge.EventType]int{}, Safe: b.Since, seen: map[identity]struct{}{}}
	l := Listing{Lister: b.Lister, Patience: 15 * time.Minute, Log: b.Log}
	err := l.Walk(ctx, b.Since, time.Now(), func(ctx context.Context, page erpbridge.Page) error { return b.page(ctx, page, &f) })
	if err == nil || errors.Is(err, errReached) {
		f.Done = true
		return f, nil
	}
	return f, err
}

func (b Backfill) page(ctx context.Context, page erpbridge.Page, f *Filled) error {
	var ms []erpbridge.Message
	for _, m := range page.Messages {
		if _, twice := f.seen[identity{m.Type, m.ID}]; !twice {
			ms = append(ms, m)
		}
	}
	sifted, err := b.Sieve.Sift(ctx, ms, time.Now())
	if err != nil {
		return err
	}
	f.Listed += len(ms)
	f.Known += sifted.Known
	f.Ignored += sifted.Ignored
	for _, item := range sifted.Missing {
		if b.later(item) {
			f.Later++
			continue
		}
		if err := b.feed(ctx, item); err != nil {
			return err
		}
		f.count(item)
		b.Tell(*f)
	}
	for _, m := range ms {
		f.seen[identity{m.Type, m.ID}] = struct{}{}
	}
	if sifted.Last.After(f.Position) {
		f.Position = sifted.Last
	}
	if page.Until.After(f.Safe) {
		f.Safe = page.Until
	}
	if page.Until.After(f.Position) {
		f.Position = page.Until
	}
	b.Tell(*f)
	if !b.Until.IsZero() && page.Until.After(b.Until) {
		return errReached
	}
	return nil
}

// later reports whether all that an item tells changed after the end.
func (b Backfill) later(item Item) bool {
	if b.Until.IsZero() || len(item.Found) == 0 {
		return false
	}
	for _, s := range item.Found {
		if !s.Version.At.After(b.Until) {
			return false
		}
	}
	return true
}

func (b Backfill) feed(ctx context.Context, item Item) error {
	if b.Feed == nil {
		return ctx.Err()
	}
	if err := b.Feed.Feed(ctx, item.Message); err != nil {
		return fmt.Errorf("handing in what was missing: %w", err)
	}
	return nil
}

func (f *Filled) count(item Item) {
	f.Fed++
	if item.Cause != nil {
		f.NotUnderstood++
	}
	for _, s := range item.Found {
		f.Missing[s.Event]++
		if len(f.Examples) < examples {
			f.Examples = append(f.Examples, s)
		}
	}
}
