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
	// Looked counts the look-ups since the document fell into doubt, this one included.
	Looked int
	// Behind: an earlier document of the same event is with the ERP and not booked yet.
	Behind bool
	// Away: the target had failed many times in a row when this was claimed, and this
	// is its probe.
	Away bool
	// Taken is set if the ERP has stored the document, and this asks whether it is
	// booked.
	Taken *Taken
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

// Taken is what is known of a document that the ERP has stored and not booked yet.
type Taken struct {
	// Ref is the name the ERP confirms it by.
	Ref string
	// At is since when the ERP has it, Since what the deadline counts from: a replay
	// starts it anew.
	At    time.Time
	Since time.Time
	// Due is when the ERP was to be asked about it now.
	Due time.Time
	// Asked is how often the ERP was asked about it, in vain and without a long gap, Said
	// what it said the last time.
	Asked int
	Said  string
}

// State is where a document stands. The package comment draws the transitions.
type State string

// The states of a document.
const (
	Pending    State = "pending"
	Sending    State = "sending"
	InDoubt    State = "in_doubt"
	Accepted   State = "accepted"
	Delivered  State = "delivered"
	Superseded State = "superseded"
	Dead       State = "dead"
	Discarded  State = "discarded"
)

// A Verdict is what becomes of an entry after one attempt or look-up.
type Verdict struct {
	Entry Entry
	State State
	// At is when a pending document may be tried, one in doubt looked up, or an accepted
	// one asked about again.
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
	// Stored: the ERP has taken the document with this attempt and not booked it yet.
	Stored bool
	// Asked is how often an accepted document was asked about.
	Asked int
	Cause error
}
