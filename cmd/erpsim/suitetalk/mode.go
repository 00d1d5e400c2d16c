package suitetalk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Kind is a way to misbehave.
type Kind string

// Kinds that befall a request. Of those that match a request the first decides
// what becomes of it; Slow ones add up beside it.
const (
	// RefuseCredentials answers as if the credentials were wrong.
	RefuseCredentials Kind = "refuse-credentials"
	// Unavailable answers HTTP 503 (or Status) with RetryAfter and no SOAP.
	Unavailable Kind = "unavailable"
	// Maintenance answers the maintenance fault, which has a text and no code.
	Maintenance Kind = "maintenance"
	// SessionExpired answers as if all sessions had ended.
	SessionExpired Kind = "session-expired"
	// Redirect answers Status, or HTTP 307, and sends the client to Location or, if
	// that is empty, to a place of the simulator under another host name, where it is
	// counted.
	Redirect Kind = "redirect"
	// ResetReused resets a connection that has served a request before and does
	// nothing, as a server does that closes idle connections. It needs the Server's
	// ConnState to be that of the HTTP server.
	ResetReused Kind = "reset-reused"
	// Fault answers a fault: Code and Message, in the element FaultElement or the one
	// that goes with Code. A Message without a Code makes a fault without detail.
	Fault Kind = "fault"
	// Throttle answers WS_REQUEST_BLOCKED.
	Throttle Kind = "throttle"
	// Slow waits for Delay before the effect, or Before "answer" after it.
	Slow Kind = "slow"
	// DropBeforeEffect cuts the connection and does nothing.
	DropBeforeEffect Kind = "drop-before-effect"
	// EffectThenDrop does what was asked and cuts the connection.
	EffectThenDrop Kind = "effect-then-drop"
	// LateEffect cuts the connection and does what was asked after Delay.
	LateEffect Kind = "late-effect"
	// Malformed does what was asked and sends the answer named by Answer.
	Malformed Kind = "malformed"
	// Trickle does what was asked and sends the answer byte by byte, one each Delay.
	Trickle Kind = "trickle"
	// StaleRead makes a look-up answer that the records do not exist or, with a
	// Delay, what it was true to answer that long ago. Of a record's earlier states
	// only the last is known.
	StaleRead Kind = "stale-read"
)

// Kinds that befall a job. The first that matches one of its records decides.
const (
	// JobSlow works the job, and those after it, after Delay.
	JobSlow Kind = "job-slow"
	// JobLost gives the id of a job, does nothing and knows nothing of it afterwards.
	JobLost Kind = "job-lost"
	// JobFailed does nothing and says that the job failed.
	JobFailed Kind = "job-failed"
	// JobHalf works the first half of the records and says that the job failed.
	JobHalf Kind = "job-half"
	// JobForgotten works the job and knows nothing of it afterwards.
	JobForgotten Kind = "job-forgotten"
)

// Kinds that befall a record. The first that matches a record decides.
const (
	// Reject fails the record with Code and Message.
	Reject Kind = "reject"
	// Warning saves the record and says Code and Message beside it.
	Warning Kind = "warning"
	// AfterSubmitFailed saves the record and reports it as failed.
	AfterSubmitFailed Kind = "after-submit-failed"
)

// What a Malformed mode may answer with.
const (
	AnswerHTML      = "html"           // a login page instead of SOAP
	AnswerEmpty     = "empty"          // no body at all
	AnswerTruncated = "truncated"      // XML that ends in the middle
	AnswerCut       = "cut"            // the connection ends in the middle of the body
	AnswerFault200  = "fault-with-200" // a fault with HTTP 200, though the effect was done
	AnswerReordered = "reordered"      // results in reverse order
	AnswerFewer     = "fewer"          // the last result is missing
	AnswerDoubled   = "doubled"        // each result comes twice
	AnswerWithoutID = "without-id"     // results that do not say which record they are of
)

var (
	doorKinds   = []Kind{RefuseCredentials, SessionExpired, Unavailable, Maintenance, Redirect}
	reuseKinds  = []Kind{ResetReused}
	workKinds   = []Kind{Fault, Throttle, Slow, DropBeforeEffect, EffectThenDrop, LateEffect, Malformed, Trickle}
	readKinds   = []Kind{StaleRead}
	jobKinds    = []Kind{JobSlow, JobLost, JobFailed, JobHalf, JobForgotten}
	recordKinds = []Kind{Reject, Warning, AfterSubmitFailed}
	// effectKinds are about writes; unless Match.Operation says otherwise they
	// leave look-ups alone.
	effectKinds = []Kind{DropBeforeEffect, EffectThenDrop, LateEffect, Reject, Warning, AfterSubmitFailed}
	answers     = []string{
		AnswerHTML, AnswerEmpty, AnswerTruncated, AnswerCut, AnswerFault200, AnswerReordered, AnswerFewer, AnswerDoubled,
		AnswerWithoutID,
	}
)

// A Match says which requests or records a Mode befalls. Each of its fields is a
// regular expression that must be found in what it names; empty ones match
// anything. A request matches if one of its records does.
type Match struct {
	Operation   string `json:"operation,omitempty"` // "upsertList", "getList" ...
	RecordType  string `json:"recordType,omitempty"`
	ExternalID  string `json:"externalId,omitempty"`
	OtherRefNum string `json:"otherRefNum,omitempty"`
}

// A Mode is one rule of misbehaviour. Which of its fields count depends on its
// Kind.
type Mode struct {
	ID    int   `json:"id,omitempty"` // given by the Server
	Kind  Kind  `json:"kind"`
	Match Match `json:"match,omitzero"`
	// Count is how often it fires before it is off. Zero: for ever.
	Count int `json:"count,omitempty"`
	// Probability is how likely it fires when it matches. Zero: always. The dice
	// are rolled from Seed, so that the same sequence falls the same way.
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`
	// For is how long it is in force. Zero: for ever.
	For Duration `json:"for,omitzero"`

	Delay        time.Duration `json:"delay,omitempty"` // in JSON as text: "1.5s"
	Before       string        `json:"before,omitempty"`
	Code         string        `json:"code,omitempty"`
	Message      string        `json:"message,omitempty"`
	FaultElement string        `json:"fault,omitempty"`
	Status       int           `json:"status,omitempty"`
	// RetryAfter is the header as it is sent, seconds or a date. With a sign, as in
	// "+90s", it is a date that far from the request.
	RetryAfter string `json:"retryAfter,omitempty"`
	Location   string `json:"location,omitempty"`
	Answer     string `json:"answer,omitempty"`

	// Fired is how often it has fired.
	Fired int `json:"fired,omitempty"`
}

type plainMode Mode

// MarshalJSON writes the delay as text.
func (m Mode) MarshalJSON() ([]byte, error) {
	out := struct {
		plainMode
		Delay string `json:"delay,omitempty"`
	}{plainMode: plainMode(m)}
	if m.Delay != 0 {
		out.Delay = m.Delay.String()
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads the delay as text and refuses unknown fields.
func (m *Mode) UnmarshalJSON(raw []byte) error {
	in := struct {
		*plainMode
		Delay string `json:"delay"`
	}{plainMode: (*plainMode)(m)}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return err
	}
	if in.Delay == "" {
		return nil
	}
	d, err := time.ParseDuration(in.Delay)
	if err != nil {
		return fmt.Errorf("delay: %w", err)
	}
	m.Delay = d
	return nil
}

// check tells what is wrong with a mode.
func (m Mode) check() error {
	known := slices.Concat(doorKinds, reuseKinds, workKinds, readKinds, jobKinds, recordKinds)
	switch {
	case !slices.Contains(known, m.Kind):
		return fmt.Errorf("kind %q is not one of %q", m.Kind, known)
	case m.Count < 0:
		return fmt.Errorf("%s: count %d is negative", m.Kind, m.Count)
	case m.Probability < 0 || m.Probability > 1:
		return fmt.Errorf("%s: probability %v is not between 0 and 1", m.Kind, m.Probability)
	case m.Delay < 0 || m.Delay == 0 && (m.Kind == Slow || m.Kind == LateEffect || m.Kind == Trickle || m.Kind == JobSlow):
		return fmt.Errorf("%s needs a delay, not %v", m.Kind, m.Delay)
	case m.Kind == Malformed && !slices.Contains(answers, m.Answer):
		return fmt.Errorf("malformed: answer %q is not one of %q", m.Answer, answers)
	case !slices.Contains([]string{"", "effect", "answer"}, m.Before):
		return fmt.Errorf("%s: before %q is neither \"effect\" nor \"answer\"", m.Kind, m.Before)
	case m.For < 0:
		return fmt.Errorf("%s cannot be in force for %v", m.Kind, time.Duration(m.For))
	case m.Kind == Redirect && m.Status != 0 && m.Status/100 != 3:
		return fmt.Errorf("redirect: status %d redirects nobody", m.Status)
	case m.Status != 0 && http.StatusText(m.Status) == "":
		return fmt.Errorf("%s: %d is no HTTP status", m.Kind, m.Status)
	}
	if _, err := m.retryAfter(time.Time{}); err != nil {
		return fmt.Errorf("%s: retryAfter: %w", m.Kind, err)
	}
	return nil
}

// retryAfter is the header's value for an answer at some time.
func (m Mode) retryAfter(now time.Time) (string, error) {
	if !strings.HasPrefix(m.RetryAfter, "+") && !strings.HasPrefix(m.RetryAfter, "-") {
		return m.RetryAfter, nil
	}
	d, err := time.ParseDuration(m.RetryAfter)
	return now.Add(d).UTC().Format(http.TimeFormat), err
}
