package gpws

import (
	"net/http"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/mishap"
)

// Faults are how often things go wrong: 0.1 is one request in ten.
type Faults struct {
	DropBefore float64 // the connection is cut, nothing was booked
	DropAfter  float64 // the connection is cut, it was booked
	Unhandled  float64 // an unhandled system exception, nothing was booked
	FaultAfter float64 // an unhandled system exception, although it was booked
	Deadlock   float64 // SQL Server chose this one
	Busy       float64 // 503 with Retry-After
	Page       float64 // an HTML page with 500
	Slow       float64 // takes SlowBy
	SlowBy     time.Duration
}

// The names of what goes wrong with a request.
const (
	busy       = "busy"
	dropBefore = "drop-before"
	htmlPage   = "page"
	deadlock   = "deadlock"
	unhandled  = "unhandled"
	dropAfter  = "drop-after"
	faultAfter = "fault-after"
)

// chances are the faults but slowness, which comes on top.
func (f Faults) chances() []mishap.Chance {
	return []mishap.Chance{
		{Name: busy, P: f.Busy},
		{Name: dropBefore, P: f.DropBefore},
		{Name: htmlPage, P: f.Page},
		{Name: deadlock, P: f.Deadlock},
		{Name: unhandled, P: f.Unhandled},
		{Name: dropAfter, P: f.DropAfter},
		{Name: faultAfter, P: f.FaultAfter},
	}
}

// A State is what happened so far.
type State struct {
	Requests int            // that arrived
	Mishaps  map[string]int // what went wrong with them
	Orders   int
	Effects  []Effect
	Bad      []string // requests no GP would have taken
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
