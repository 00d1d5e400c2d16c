package poll

import (
	"context"
	"errors"
	"time"

	"github.com/hakooi/erpbridge"
)

// A Book is where all daemons write down how far the poll of a store is. All its times
// are of one clock.
type Book interface {
	// Take gives the turn to one daemon when it is due. Otherwise it returns how long to
	// wait before asking again; 0 says that the turn is taken.
	Take(ctx context.Context, store string, p Pace) (Round, time.Duration, error)
	// Keep keeps the turn, and writes down what is safe. ErrLate: the turn is another's.
	Keep(ctx context.Context, r Round, p Progress) error
	// End gives the turn back.
	End(ctx context.Context, r Round, o Outcome) error
	// Subscriptions writes down the state of subscriptions, the faults that have been
	// told, and an alert if there is one to tell.
	Subscriptions(ctx context.Context, r Round, subs []erpbridge.Subscription, told, alert string) error
	// Settle judges what was found: lost is what no webhook brought within grace. tell
	// words the alert, or returns nothing for none. waiting cannot be judged yet.
	Settle(ctx context.Context, store string, grace time.Duration, tell func(lost []Found) string) (waiting int, lost []Found, err error)
}

// ErrLate is returned by a Book to a daemon whose turn has ended.
var ErrLate = errors.New("another daemon may have the turn")

// Pace is how often a store is polled, how far back the first round goes, and how long
// a turn lasts that nobody keeps.
type Pace struct {
	Every, Initial, Hold time.Duration
}

// A Round is a turn.
type Round struct {
	Store, Token string
	Hold         time.Duration
	// Began is when, and KnownUntil the position.
	Began, KnownUntil time.Time
	// Failing: the last round failed. Told are the faults of subscriptions that were told.
	Failing bool
	Told    string
}

// Progress is a page that is safe.
type Progress struct {
	// Until: everything that changed before has been listed. The zero Time: unknown.
	Until  time.Time
	Listed int
	Found  []Found
}

// Outcome is how a round ended.
type Outcome struct {
	// Complete: the listing came to its end.
	Complete bool
	// Stopped: the daemon ends. Whether the shop can be polled is not learnt.
	Stopped bool
	// Again is how long after the round's beginning the next is due; after its end where
	// it is not Complete.
	Again time.Duration
	Cause error
	// Alert is told once of an outage: at once if Grave, else when it lasts.
	Alert string
	Grave bool
}
