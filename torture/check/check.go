// Package check is the judge of the torture. It reads what the storefront said and
// was told, what the ERP did, and what the daemon says at the end, and compares. It
// shares no code with the daemon: what the ERP must hold is worked out here a second
// time, from the raw bodies alone.
//
//	sender's journal ──▶ per order: its states, which were accepted, what the ERP must hold of each
//	ERP's journal    ──▶ per effect: which state is it?  then I2 I3 I4 I6; per request: I5
//	final state      ──▶ I1 I7 I8 I9 I10
//
// The invariants:
//
//	I1   lost: an accepted state has an effect, or a newer state of its order has, or
//	     the dead-letter list has either
//	I2   duplicate effects: each record of a state takes effect once at most, unless an
//	     operator replayed it
//	I3   inversions: an order's effects come in the order of its states, and what the
//	     ERP holds at the end is the newest accepted one
//	I4   invented: the ERP holds nothing that was not sent. What was sent and not
//	     accepted may have an effect, or none
//	I5   limits: requests at once, and in any one second, but for the times in which
//	     they are waived: a lease after the clock that they are kept by was moved forward
//	I6   corrupted: every field is the function of the raw body that the product states
//	I7   pending: nothing waits, is in doubt, leased or with the broker, but for what
//	     waits behind an open dead letter
//	I8   mails: every dead letter is in exactly one mail, and mails are few
//	I9   balanced: the ledger adds up at every look, and has all that was accepted
//	I10  drained in time
//
// A state is told from another by what the ERP holds: the quantity of a sales order's
// line, the name of a customer, the payment of a deposit. So they must differ from
// state to state, as the recorder's do, and no two orders may share a customer.
//
// One cause is counted once: an effect that repeats an older state is a duplicate and
// not an inversion as well, and what is lost is not stale too.
package check

import (
	"fmt"
	"io"
	"time"
)

// Input is the evidence.
type Input struct {
	// Seed, Kills and Cuts are passed on to the Summary.
	Seed        uint64
	Kills, Cuts int
	Seconds     float64

	Sender  io.Reader // the sender's journal
	ERP     io.Reader // the simulated ERP's journal
	Final   Final
	Account Account
	Limits  Limits
}

// Account is what the configuration of the daemon says about names.
type Account struct {
	Store            string // the store's configured name
	ExternalIDPrefix string
	// Currencies are the ERP's internal ids by ISO code. A currency that is not among
	// them is not compared.
	Currencies map[string]string
	// Items are the ERP's internal ids of articles by SKU; "" is the one for all
	// others. None: articles are not compared.
	Items map[string]string
}

// Limits are what must not be exceeded. Zero: no limit.
type Limits struct {
	Concurrency  int // requests at the ERP at any instant
	PerSecond    int // requests that reach the ERP in any one second
	MailsPerHour int
	// Waived are the times in which the first two are not judged.
	Waived []Span
}

// A Span is a time with its two ends.
type Span struct{ From, To time.Time }

// Summary is the verdict.
type Summary struct {
	Seed  uint64 `json:"seed"`
	Kills int    `json:"kills"`
	Cuts  int    `json:"cuts"`

	Accepted         int  `json:"accepted"` // events
	Lost             int  `json:"lost"`     // states
	DuplicateEffects int  `json:"duplicate_effects"`
	Inversions       int  `json:"inversions"`
	LimitViolations  int  `json:"limit_violations"`
	Invented         int  `json:"invented"`
	Corrupted        int  `json:"corrupted"`
	Pending          int  `json:"pending"`
	Balanced         bool `json:"balanced"`
	Refused          int  `json:"refused"`         // genuine events that no daemon took for such
	MailViolations   int  `json:"mail_violations"` // dead letters in no mail or in two, hours with too many mails
	Late             bool `json:"late"`            // not drained in time

	// What was seen, for reading along.
	Sent           int     `json:"sent"`    // events
	Unknown        int     `json:"unknown"` // events without a 2xx
	States         int     `json:"states"`
	Effects        int     `json:"effects"`
	Requests       int     `json:"requests"`
	MaxConcurrency int     `json:"max_concurrency"`
	MaxPerSecond   int     `json:"max_per_second"`
	DeadLetters    int     `json:"dead_letters"`
	Mails          int     `json:"mails"`
	MaxMailsHour   int     `json:"max_mails_per_hour"`
	Waived         int     `json:"waived"` // requests over a limit while it was waived
	Seconds        float64 `json:"seconds"`

	// Violations are the first fifty, each a sentence.
	Violations []string `json:"violations"`
}

// mostViolations is how many sentences a Summary has.
const mostViolations = 50

// Clean reports whether nothing is violated.
func (s *Summary) Clean() bool {
	return s.Lost+s.DuplicateEffects+s.Inversions+s.LimitViolations+s.Invented+s.Corrupted+s.Pending+s.Refused+s.MailViolations == 0 &&
		s.Balanced && !s.Late
}

// blame adds one to a count and says why.
func (s *Summary) blame(count *int, format string, args ...any) {
	*count++
	s.say(format, args...)
}

func (s *Summary) say(format string, args ...any) {
	if len(s.Violations) < mostViolations {
		s.Violations = append(s.Violations, fmt.Sprintf(format, args...))
	}
}

// Check reads the evidence once, from front to end. The error says that evidence
// cannot be read or contradicts itself; there is no verdict then.
func Check(in Input) (Summary, error) {
	s := Summary{Seed: in.Seed, Kills: in.Kills, Cuts: in.Cuts, Seconds: in.Seconds, Balanced: true, Violations: []string{}}
	b := newBook(in.Account)
	if err := b.readSender(in.Sender); err != nil {
		return s, err
	}
	b.count(&s)
	b.bury(in.Final.DeadLetters)
	gate := gate{limits: in.Limits, sum: &s}
	err := readERP(in.ERP, func(e *entry) {
		s.see(e)
		gate.pass(e)
		if e.Kind == "effect" {
			b.effect(&s, e)
		}
	})
	if err != nil {
		return s, err
	}
	b.close(&s)
	in.Final.check(&s, in.Limits)
	return s, nil
}

func (s *Summary) see(e *entry) {
	switch e.Kind {
	case "arrival":
		s.Requests++
	case "effect":
		s.Effects++
	}
}
