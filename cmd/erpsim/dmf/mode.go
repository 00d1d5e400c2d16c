package dmf

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Kind is what a Mode does.
type Kind string

// Kinds that befall calls. Their Match.Call is a name such as ImportFromPackage, enqueue,
// jobstatus, upload, token, headers, lines.
const (
	DropBefore   Kind = "drop-before"   // the connection is cut, nothing was done
	DropAfter    Kind = "drop-after"    // it was done, and then the connection is cut
	CutAnswer    Kind = "cut-answer"    // it was done, and half of the answer comes
	Throttle     Kind = "throttle"      // 429 with Retry-After
	Busy         Kind = "busy"          // 503 with Retry-After
	Fail         Kind = "fail"          // 500 with Message, nothing was done
	FailAfter    Kind = "fail-after"    // it was done, and the answer is 500 "An error has occurred."
	HTML         Kind = "html"          // 200 with a web page, nothing was done
	HTMLAfter    Kind = "html-after"    // it was done, and a gateway's 502 page comes
	Login        Kind = "login"         // 302 to a login page
	Forbidden    Kind = "forbidden"     // 403 with a web page
	Empty        Kind = "empty"         // it was done, and the answer is an empty 200
	ExpireTokens Kind = "expire-tokens" // all tokens that were used end now
	Slow         Kind = "slow"          // it takes Delay longer
)

// Kinds that befall imports of orders.
const (
	DropLine     Kind = "drop-line"     // a line is not imported; the import says so
	LoseLine     Kind = "lose-line"     // a line is not imported, and the import says that all went well
	HeaderOnly   Kind = "header-only"   // no line is imported
	FailImport   Kind = "fail-import"   // a deadlock: nothing is imported
	Cancel       Kind = "cancel"        // somebody cancels the import when the header is in
	BlobGone     Kind = "blob-gone"     // the package is deleted from blob storage before the import begins
	Reprice      Kind = "reprice"       // a trade agreement changes the price of the first line
	FalseAlarm   Kind = "false-alarm"   // all is imported, and the import says that there were errors
	UnknownFirst Kind = "unknown-first" // the import is unknown for Delay
	Late         Kind = "late"          // it begins Delay later
	NoErrors     Kind = "no-errors"     // what went wrong is not told
)

var (
	callKinds   = []Kind{DropBefore, DropAfter, CutAnswer, Throttle, Busy, Fail, FailAfter, HTML, HTMLAfter, Login, Forbidden, Empty, ExpireTokens, Slow}
	importKinds = []Kind{DropLine, LoseLine, HeaderOnly, FailImport, Cancel, BlobGone, Reprice, FalseAlarm, UnknownFirst, Late, NoErrors}
)

// A Match says what a Mode befalls: regular expressions, of which empty ones match
// anything.
type Match struct {
	Call  string `json:"call,omitempty"`
	Order string `json:"order,omitempty"` // of imports: the sales order's number
}

// A Mode is one rule of misbehaviour.
type Mode struct {
	Kind  Kind  `json:"kind"`
	Match Match `json:"match,omitzero"`
	// Count is how often it fires before it is off. Zero: for ever.
	Count int `json:"count,omitempty"`
	// Probability is how likely it fires when it matches. Zero: always. The dice are
	// rolled from Seed.
	Probability float64       `json:"probability,omitempty"`
	Seed        uint64        `json:"seed,omitempty"`
	Delay       time.Duration `json:"delay,omitempty"`      // in JSON in nanoseconds
	RetryAfter  string        `json:"retryAfter,omitempty"` // the header; "1" if it is not set
	Message     string        `json:"message,omitempty"`
	Line        int           `json:"line,omitempty"` // of drop-line and lose-line: which, from 1; zero: the last

	Fired int `json:"fired,omitempty"`
}

type armed struct {
	Mode
	call, order *regexp.Regexp
	dice        *rand.Rand
}

// modes are those in force.
type modes struct {
	mu    sync.Mutex
	now   func() time.Time
	armed []*armed
}

func (ms *modes) add(m Mode) error {
	if !slices.Contains(callKinds, m.Kind) && !slices.Contains(importKinds, m.Kind) {
		return fmt.Errorf("kind %q is not one of %q", m.Kind, slices.Concat(callKinds, importKinds))
	}
	if m.Count < 0 || m.Probability < 0 || m.Probability > 1 || m.Delay < 0 || m.Line < 0 {
		return fmt.Errorf("%s: count, probability, delay or line is out of bounds", m.Kind)
	}
	if m.Delay == 0 && (m.Kind == Slow || m.Kind == Late || m.Kind == UnknownFirst) {
		return fmt.Errorf("%s needs a delay", m.Kind)
	}
	a := &armed{Mode: m, dice: rand.New(rand.NewPCG(m.Seed, 0x5a))} //nolint:gosec // dice that fall the same way
	var err error
	if a.call, err = regexp.Compile(m.Match.Call); err != nil {
		return fmt.Errorf("match.call: %w", err)
	}
	if a.order, err = regexp.Compile(m.Match.Order); err != nil {
		return fmt.Errorf("match.order: %w", err)
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.armed = append(ms.armed, a)
	return nil
}

// call returns the modes that befall a call, each Kind at most once.
func (ms *modes) call(name string) map[Kind]Mode {
	return ms.fire(callKinds, func(a *armed) bool { return a.call.MatchString(name) })
}

// order returns the modes that befall the import of an order.
func (ms *modes) order(number string) map[Kind]Mode {
	return ms.fire(importKinds, func(a *armed) bool { return a.order.MatchString(number) })
}

func (ms *modes) fire(kinds []Kind, match func(*armed) bool) map[Kind]Mode {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	fired := map[Kind]Mode{}
	for _, a := range ms.armed {
		if _, twice := fired[a.Kind]; twice || !slices.Contains(kinds, a.Kind) || !match(a) {
			continue
		}
		if a.Count > 0 && a.Fired >= a.Count || a.Probability > 0 && a.dice.Float64() >= a.Probability {
			continue
		}
		a.Fired++
		fired[a.Kind] = a.Mode
	}
	return fired
}

func (ms *modes) list() []Mode {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	out := make([]Mode, 0, len(ms.armed))
	for _, a := range ms.armed {
		out = append(out, a.Mode)
	}
	return out
}

func (ms *modes) clear() {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.armed = nil
}

// UnmarshalJSON refuses unknown fields.
func (m *Mode) UnmarshalJSON(raw []byte) error {
	type plain Mode
	in := struct {
		*plain
		Delay any `json:"delay"`
	}{plain: (*plain)(m)}
	if err := mishap.Strictly(raw, &in); err != nil {
		return err
	}
	switch d := in.Delay.(type) {
	case nil:
	case string:
		parsed, err := time.ParseDuration(d)
		if err != nil {
			return fmt.Errorf("delay: %w", err)
		}
		m.Delay = parsed
	case float64:
		m.Delay = time.Duration(d)
	default:
		return fmt.Errorf("delay: %v is no duration", d)
	}
	return nil
}

var _ json.Unmarshaler = (*Mode)(nil)
