package navws

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// A Kind is a way to misbehave.
type Kind string

// The kinds. Of those that match a request the first decides; Slow ones add up beside it.
const (
	RefuseCredentials Kind = "refuse-credentials" // HTTP 401 and a web page
	Unavailable       Kind = "unavailable"        // HTTP 503 with RetryAfter
	Throttle          Kind = "throttle"           // HTTP 429 with RetryAfter
	Fault             Kind = "fault"              // Exception and Text, and nothing is done
	Locked            Kind = "locked"             // a deadlock, in the service user's language
	Slow              Kind = "slow"               // waits for Delay before it does anything
	DropBeforeEffect  Kind = "drop-before-effect" // cuts the connection and does nothing
	EffectThenDrop    Kind = "effect-then-drop"   // does what was asked and cuts the connection
	LateEffect        Kind = "late-effect"        // cuts the connection and does it after Delay
	EffectThenFault   Kind = "effect-then-fault"  // does it and answers that a transaction must be started
	HeaderOnly        Kind = "header-only"        // creates records without their lines, and says so
	HeaderThenFault   Kind = "header-then-fault"  // the same, and answers a fault
	Partial           Kind = "partial"            // creates the first half of a list, as code that commits does, and answers a fault
	Malformed         Kind = "malformed"          // does it and sends the answer named by Answer
	StaleRead         Kind = "stale-read"         // a look-up finds nothing
)

// What a Malformed mode may answer with.
const (
	AnswerHTML      = "html"      // a web page with HTTP 200
	AnswerEmpty     = "empty"     // HTTP 202 without a body
	AnswerTruncated = "truncated" // XML that ends in the middle
	AnswerOther     = "other"     // the record of somebody else
	AnswerFewer     = "fewer"     // without the last record
	AnswerNoNumber  = "no-number" // without numbers
)

var (
	doorKinds = []Kind{RefuseCredentials, Unavailable, Throttle}
	workKinds = []Kind{
		Fault, Locked, DropBeforeEffect, EffectThenDrop, LateEffect, EffectThenFault, HeaderOnly, HeaderThenFault, Partial, Malformed, StaleRead,
	}
	answers = []string{AnswerHTML, AnswerEmpty, AnswerTruncated, AnswerOther, AnswerFewer, AnswerNoNumber}
	// creating are those that are about creations alone.
	creating = []Kind{HeaderOnly, HeaderThenFault, Partial}
	// writing are those that leave look-ups alone unless Match.Operation says otherwise.
	writing = []Kind{DropBeforeEffect, EffectThenDrop, LateEffect, EffectThenFault, Malformed, Fault, Locked}
)

// A Match says which requests a Mode befalls. Its fields are regular expressions that
// must be found in what they name; empty ones match anything.
type Match struct {
	Page      string `json:"page,omitempty"`      // "SalesOrder"
	Operation string `json:"operation,omitempty"` // "Create", "ReadMultiple" ...
	Reference string `json:"reference,omitempty"` // of one of the records
}

// A Mode is one rule of misbehaviour.
type Mode struct {
	ID    int   `json:"id,omitempty"` // given by the Server
	Kind  Kind  `json:"kind"`
	Match Match `json:"match,omitzero"`
	// Count is how often it fires before it is off. Zero: for ever.
	Count int `json:"count,omitempty"`
	// Probability is how likely it fires when it matches, by dice rolled from Seed. Zero:
	// always.
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`

	Delay      time.Duration `json:"delay,omitempty"` // in JSON as text: "1.5s"
	RetryAfter string        `json:"retryAfter,omitempty"`
	Exception  string        `json:"exception,omitempty"`
	Text       string        `json:"text,omitempty"`
	Answer     string        `json:"answer,omitempty"`

	// Fired is how often it has fired.
	Fired int `json:"fired,omitempty"`

	dice *rand.Rand
}

type plainMode Mode

// MarshalJSON writes the delay as text.
func (m Mode) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainMode
		Delay mishap.Duration `json:"delay,omitzero"`
	}{plainMode(m), mishap.Duration(m.Delay)})
}

// UnmarshalJSON reads the delay as text and refuses unknown fields.
func (m *Mode) UnmarshalJSON(raw []byte) error {
	in := struct {
		*plainMode
		Delay mishap.Duration `json:"delay"`
	}{plainMode: (*plainMode)(m)}
	if err := mishap.Strictly(raw, &in); err != nil {
		return err
	}
	m.Delay = time.Duration(in.Delay)
	return nil
}

func (m Mode) check() error {
	known := append(append(slices.Clone(doorKinds), workKinds...), Slow)
	switch {
	case !slices.Contains(known, m.Kind):
		return fmt.Errorf("kind %q is not one of %q", m.Kind, known)
	case m.Probability < 0 || m.Probability > 1:
		return fmt.Errorf("%s: probability %v is not between 0 and 1", m.Kind, m.Probability)
	case m.Delay <= 0 && (m.Kind == Slow || m.Kind == LateEffect):
		return fmt.Errorf("%s needs a delay", m.Kind)
	case m.Kind == Malformed && !slices.Contains(answers, m.Answer):
		return fmt.Errorf("malformed: answer %q is not one of %q", m.Answer, answers)
	}
	for _, expr := range []string{m.Match.Page, m.Match.Operation, m.Match.Reference} {
		if _, err := regexp.Compile(expr); err != nil {
			return fmt.Errorf("%s: match: %w", m.Kind, err)
		}
	}
	return nil
}

// modes are those in force. They are used under the Server's lock.
type modes struct {
	list []*Mode
	last int
}

// AddMode puts a mode in force.
func (s *Server) AddMode(m Mode) error {
	if err := m.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes.last++
	m.ID, m.Fired = s.modes.last, 0
	m.dice = rand.New(rand.NewPCG(m.Seed, uint64(m.ID)))
	s.modes.list = append(s.modes.list, &m)
	return nil
}

// Modes returns the modes in force.
func (s *Server) Modes() []Mode {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Mode, 0, len(s.modes.list))
	for _, m := range s.modes.list {
		out = append(out, *m)
	}
	return out
}

// ClearModes takes all modes out of force.
func (s *Server) ClearModes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes.list = nil
}

// pick returns the first mode of these kinds that befalls a request, or the zero Mode.
func (ms *modes) pick(kinds []Kind, r *request) Mode {
	for _, m := range ms.list {
		if slices.Contains(kinds, m.Kind) && m.fires(r) {
			return *m
		}
	}
	return Mode{}
}

// delay adds up how long the Slow ones take.
func (ms *modes) delay(r *request) (d time.Duration) {
	for _, m := range ms.list {
		if m.Kind == Slow && m.fires(r) {
			d += m.Delay
		}
	}
	return d
}

func (m *Mode) fires(r *request) bool {
	if m.Count > 0 && m.Fired >= m.Count || !m.matches(r) {
		return false
	}
	if m.Probability > 0 && m.dice.Float64() >= m.Probability {
		return false
	}
	m.Fired++
	return true
}

func (m *Mode) matches(r *request) bool {
	reading := r.operation == "Read" || r.operation == "ReadMultiple" || r.operation == ""
	switch {
	case slices.Contains(creating, m.Kind) && r.operation != "Create" && r.operation != "CreateMultiple":
		return false
	case slices.Contains(writing, m.Kind) && m.Match.Operation == "" && reading:
		return false
	case m.Kind == StaleRead && r.operation != "ReadMultiple":
		return false
	case !found(m.Match.Page, r.service), !found(m.Match.Operation, r.operation):
		return false
	case m.Match.Reference == "":
		return true
	}
	return slices.ContainsFunc(r.references, func(ref string) bool { return found(m.Match.Reference, ref) })
}

func found(expr, in string) bool {
	ok, err := regexp.MatchString(expr, in)
	return err == nil && ok
}
