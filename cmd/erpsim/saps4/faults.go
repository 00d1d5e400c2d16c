package saps4

import (
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Faults are how often things go wrong: 0.1 is one request in ten.
type Faults struct {
	DropBefore float64 // the connection is cut, nothing was stored
	DropAfter  float64 // the connection is cut, it was stored
	Generic    float64 // the fault that says nothing, nothing was stored
	TimeOut    float64 // HTTP 500 "Connection timed out" although it was stored
	Overload   float64 // 503 with Retry-After
	Page       float64 // an HTML page with 500, nothing was stored
	Lost       float64 // 202, and never booked
	Slow       float64 // takes SlowBy
	SlowBy     time.Duration
	// Of what S/4 sends.
	Twice float64 // a confirmation comes twice
}

// The names of what goes wrong.
const (
	dropBefore = "drop-before"
	overload   = "overload"
	htmlPage   = "page"
	generic    = "generic"
	lost       = "lost"
	dropAfter  = "drop-after"
	timeOut    = "time-out"
	twice      = "twice"
)

// chances are the faults of a request but slowness, which comes on top.
func (f Faults) chances() []mishap.Chance {
	return []mishap.Chance{
		{Name: dropBefore, P: f.DropBefore},
		{Name: overload, P: f.Overload},
		{Name: htmlPage, P: f.Page},
		{Name: generic, P: f.Generic},
		{Name: lost, P: f.Lost},
		{Name: dropAfter, P: f.DropAfter},
		{Name: timeOut, P: f.TimeOut},
	}
}

// SetFaults changes what goes wrong from now on.
func (s *System) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conf.Faults = f
}

// A State is what happened so far.
type State struct {
	Requests    int            // that arrived
	Mishaps     map[string]int // what went wrong with them
	Orders      int
	Stored      int // messages taken and not yet booked
	Unconfirmed int // confirmations not yet sent
	Effects     []Effect
	Bad         []string // messages no S/4 would have taken
}

// State returns what happened so far.
func (s *System) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests, bad := s.Requests()
	return State{
		Requests: requests, Mishaps: s.dice.Fell(), Orders: len(s.orders), Stored: len(s.stored), Unconfirmed: s.outgoing.Len(),
		Effects: s.Effects(), Bad: bad,
	}
}

// Control steers the system: see mishap.Control.
func (s *System) Control() http.Handler {
	return mishap.Control(func() any { return s.State() }, s.SetFaults)
}
