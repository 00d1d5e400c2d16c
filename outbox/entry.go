package outbox

import (
	"time"

	"github.com/hakooi/erpbridge"
)

// An Entry is a Document in the outbox, claimed for one attempt or one look-up.
type Entry struct {
	erpbridge.Document
	ID      int64
	EventID int64
	Order   string // what customer and merchant call the order
	// Doubtful: an earlier attempt may have taken effect. Look up, do not send.
	Doubtful bool
	// Attempt is the number of this attempt or look-up, from 1. Spared of the
	// earlier ones are not held against the document.
	Attempt int
	Spared  int
	// Lost counts the attempts in a row that nobody ended, up to now: the process that
	// made them went down.
	Lost int
	// Away: the target had failed many times in a row when this was claimed, and this
	// is its probe.
	Away bool
	// Since is when the document was accepted, DoubtSince when it fell into doubt,
	// Now the time of the claim: all by Postgres' clock.
	Since      time.Time
	DoubtSince time.Time
	Now        time.Time
	token      string
}

// Tries returns how many attempts count against the document, this one
// included.
func (e Entry) Tries() int { return e.Attempt - e.Spared }

// State is where a document stands. The package comment draws the transitions.
type State string

// The states of a document.
const (
	Pending    State = "pending"
	Sending    State = "sending"
	InDoubt    State = "in_doubt"
	Delivered  State = "delivered"
	Superseded State = "superseded"
	Dead       State = "dead"
	Discarded  State = "discarded"
)

// A Verdict is what becomes of an entry after one attempt or look-up.
type Verdict struct {
	Entry Entry
	State State
	// At is when a pending document may be tried, or one in doubt looked up, again.
	At time.Time
	// Now is when that was decided, by the clock that At is of. The zero Time: when the
	// entry was claimed.
	Now time.Time
	// Spared: the attempt is not held against the document.
	Spared bool
	// Pause keeps the whole target from being claimed for so long.
	Pause time.Duration
	// Together, if not 0, bounds how many streams the document's may travel with from
	// now on.
	Together int
	Receipt  erpbridge.Receipt
	Cause    error
}
