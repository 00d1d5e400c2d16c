package suitetalk

import (
	"cmp"
	"sync"
	"time"
)

// A gate keeps the account's limits and remembers the most that was asked of it.
type gate struct {
	mu        sync.Mutex
	limit     int // requests of an account at once; negative: any number
	perSecond int // requests in any second; zero: any number

	present    int // requests being worked on, those about to be refused among them
	maxPresent int
	active     map[string]int // admitted requests by account
	recent     window
	maxRate    int
	actions    map[string]*action // by operation; "" of those that were not understood
	pending    int                // delayed effects yet to happen
}

// An action is the part of the gate that is about one operation.
type action struct {
	present int
	recent  window
	gauge   Gauge
}

// A window is the arrivals of the last second.
type window []time.Time

// add counts an arrival and returns how many there were in the second up to it.
func (w *window) add(now time.Time) int {
	for len(*w) > 0 && now.Sub((*w)[0]) >= time.Second {
		*w = (*w)[1:]
	}
	*w = append(*w, now)
	return len(*w)
}

func newGate(limit, perSecond int) gate {
	return gate{limit: limit, perSecond: perSecond, active: make(map[string]int), actions: make(map[string]*action)}
}

// setLimits changes the limits for those who come from now on.
func (g *gate) setLimits(limit, perSecond int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit, g.perSecond = limit, perSecond
}

// A visit is one request's stay. It ends before the answer's first byte is sent,
// so that a client that waits for answers never overlaps itself, and when the
// client is seen to have gone.
type visit struct {
	gate    *gate
	account string  // "" until admitted
	action  *action // nil until the operation is known
	ended   bool
	tooFast bool // came when this second's requests were used up
}

// enter begins a visit.
func (g *gate) enter(now time.Time) *visit {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.present++
	g.maxPresent = max(g.maxPresent, g.present)
	rate := g.recent.add(now)
	g.maxRate = max(g.maxRate, rate)
	return &visit{gate: g, tooFast: g.perSecond > 0 && rate > g.perSecond}
}

// does tells the gate what the visitor asks for, once that was read.
func (v *visit) does(operation string, now time.Time) {
	g := v.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.actions[operation]
	if a == nil {
		a = &action{}
		g.actions[operation] = a
	}
	a.gauge.Arrivals++
	a.gauge.MaxPerSecond = max(a.gauge.MaxPerSecond, a.recent.add(now))
	if v.ended {
		return
	}
	v.action = a
	a.present++
	a.gauge.MaxConcurrency = max(a.gauge.MaxConcurrency, a.present)
}

// admit takes one of the account's slots. It reports false if the limits do not
// allow it.
func (v *visit) admit(account string) bool {
	g := v.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if v.ended {
		return true // the client has gone; its request is worked all the same
	}
	if v.tooFast || g.limit >= 0 && g.active[account] >= g.limit {
		return false
	}
	v.account = account
	g.active[account]++
	return true
}

// leave ends the visit; once is enough, and again is harmless.
func (v *visit) leave() {
	g := v.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if v.ended {
		return
	}
	v.ended = true
	g.present--
	if v.account != "" {
		g.active[v.account]--
	}
	if v.action != nil {
		v.action.present--
	}
}

func (g *gate) addPending(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending += n
}

// reset forgets the maxima. Requests being worked on stay counted.
func (g *gate) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.maxPresent = g.present
	g.recent = nil
	g.maxRate = 0
	g.actions = make(map[string]*action)
}

// load fills in the part of a State the gate knows.
func (g *gate) load(s *State) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.InFlight, s.MaxConcurrency, s.MaxPerSecond, s.PendingEffects = g.present, g.maxPresent, g.maxRate, g.pending
	for _, n := range g.active {
		s.Admitted += n
	}
	for name, a := range g.actions {
		if s.Actions == nil {
			s.Actions = make(map[string]Gauge)
		}
		s.Actions[cmp.Or(name, "unknown")] = a.gauge
	}
}
