package aif

import (
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Faults are how often things go wrong: 0.1 is one request in ten.
type Faults struct {
	DropBefore float64 // the connection is cut, nothing was booked
	DropAfter  float64 // the connection is cut, it was booked
	Deadlock   float64 // an X++ deadlock, rolled back
	Restart    float64 // ports restart: a fault, nothing was booked
	Words      float64 // a fault of words only, nothing was booked
	FaultAfter float64 // the same, although it was booked
	Page       float64 // an HTML page with 500
	Slow       float64 // takes SlowBy
	SlowBy     time.Duration
	// Of the file system adapter.
	Stuck float64 // a file is left where it is until the next run
}

// The names of what goes wrong.
const (
	dropBefore = "drop-before"
	htmlPage   = "page"
	deadlock   = "deadlock"
	restart    = "restart"
	words      = "words"
	dropAfter  = "drop-after"
	faultAfter = "fault-after"
	stuck      = "stuck"
)

// chances are the faults of a request but slowness, which comes on top.
func (f Faults) chances() []mishap.Chance {
	return []mishap.Chance{
		{Name: dropBefore, P: f.DropBefore},
		{Name: htmlPage, P: f.Page},
		{Name: deadlock, P: f.Deadlock},
		{Name: restart, P: f.Restart},
		{Name: words, P: f.Words},
		{Name: dropAfter, P: f.DropAfter},
		{Name: faultAfter, P: f.FaultAfter},
	}
}

// SetFaults changes what goes wrong from now on.
func (c *Company) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conf.Faults = f
}

// A State is what happened so far.
type State struct {
	Requests int            // that arrived, and messages in files
	Mishaps  map[string]int // what went wrong with them
	Orders   int
	Effects  []Effect
	Bad      []string // requests no AX would have taken
}

// State returns what happened so far.
func (c *Company) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests, bad := c.Requests()
	return State{
		Requests: requests, Mishaps: c.dice.Fell(), Orders: len(c.orders),
		Effects: c.Effects(), Bad: bad,
	}
}

// Control steers the company: see mishap.Control.
func (c *Company) Control() http.Handler {
	return mishap.Control(func() any { return c.State() }, c.SetFaults)
}
