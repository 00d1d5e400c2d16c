package sapidoc

import (
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Faults are how often things go wrong: 0.1 is one time in ten.
type Faults struct {
	DropBefore   float64       // the connection is cut, nothing was stored
	DropAfter    float64       // the connection is cut, it was stored
	Overload     float64       // 503 with Retry-After
	Page         float64       // an HTML page with 500, nothing was stored
	Forbidden    float64       // 403 with a page
	Generic      float64       // the fault that says nothing (SOAP), nothing was stored
	GenericAfter float64       // the same, and it was stored
	Locked       float64       // MSGID_LOCKED (SOAP), nothing was stored
	TimeOut      float64       // HTTP 500 "Connection timed out", and it was stored
	Half         float64       // half of the answer, and it was stored
	Wordless     float64       // an answer without numbers (SOAP) to a message that is known
	Slow         float64       // takes SlowBy
	SlowBy       time.Duration // while others may come with the same id

	// Of what becomes of IDocs, and of what SAP sends.
	NotPosted float64 // 51, until Repair
	Twice     float64 // an ALEAUD comes twice
	Stuck     float64 // a file is left for the next run
}

// The names of what goes wrong.
const (
	dropBefore   = "drop-before"
	dropAfter    = "drop-after"
	overload     = "overload"
	htmlPage     = "page"
	forbidden    = "forbidden"
	generic      = "generic"
	genericAfter = "generic-after"
	locked       = "locked"
	timeOut      = "time-out"
	half         = "half"
	wordless     = "wordless"
	slow         = "slow"
	notPosted    = "not-posted"
	twice        = "twice"
	stuck        = "stuck"
)

// chances are the faults of a request but slowness, which comes on top.
func (f Faults) chances(soap bool) []mishap.Chance {
	cs := []mishap.Chance{
		{Name: dropBefore, P: f.DropBefore},
		{Name: overload, P: f.Overload},
		{Name: htmlPage, P: f.Page},
		{Name: forbidden, P: f.Forbidden},
		{Name: dropAfter, P: f.DropAfter},
		{Name: timeOut, P: f.TimeOut},
		{Name: half, P: f.Half},
	}
	if soap {
		cs = append(cs, []mishap.Chance{
			{Name: generic, P: f.Generic}, {Name: genericAfter, P: f.GenericAfter}, {Name: locked, P: f.Locked}, {Name: wordless, P: f.Wordless},
		}...)
	}
	return cs
}

// SetFaults changes what goes wrong from now on.
func (s *System) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conf.Faults = f
}

// A State is what happened so far.
type State struct {
	Requests int            // and files that arrived
	Mishaps  map[string]int // what went wrong with them
	Orders   int
	Statuses map[string]int // of the IDocs stored
	Unsent   int            // ALEAUD messages
	Effects  []Effect
	Bad      []string // what no SAP would have taken
}

// State returns what happened so far.
func (s *System) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	statuses := map[string]int{}
	for _, d := range s.idocs {
		statuses[d.Status]++
	}
	requests, bad := s.Requests()
	return State{
		Requests: requests, Mishaps: s.dice.Fell(), Orders: len(s.orders), Statuses: statuses, Unsent: s.audits.Len(),
		Effects: s.Effects(), Bad: bad,
	}
}

// Control steers the system: see mishap.Control.
func (s *System) Control() http.Handler {
	return mishap.Control(func() any { return s.State() }, s.SetFaults)
}
