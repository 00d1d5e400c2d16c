package suitetalk

import (
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
	recent     []time.Time    // arrivals in the last second
	maxRate    int
	pending    int // delayed effects yet to happen
}

func newGate(limit, perSecond int) gate {
	return gate{limit: limit, perSecond: perSecond, active: make(map[string]int)}
}

// A visit is one request's stay. It ends before the answer's first byte is sent,
// so that a client that waits for answers never overlaps itself, and when the
// client is seen to have gone.
type visit struct {
	gate    *gate
	account string // "" until admitted
	ended   bool
	tooFast bool // came when this second's requests were used up
}

// enter begins a visit.
func (g *gate) enter(now time.Time) *visit {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.present++
	g.maxPresent = max(g.maxPresent, g.present)
	for len(g.recent) > 0 && now.Sub(g.recent[0]) >= time.Second {
		g.recent = g.recent[1:]
	}
	g.recent = append(g.recent, now)
	g.maxRate = max(g.maxRate, len(g.recent))
	return &visit{gate: g, tooFast: g.perSecond > 0 && len(g.recent) > g.perSecond}
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
}

// load fills in the part of a State the gate knows.
func (g *gate) load(s *State) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.InFlight, s.MaxConcurrency, s.MaxPerSecond, s.PendingEffects = g.present, g.maxPresent, g.maxRate, g.pending
	for _, n := range g.active {
		s.Admitted += n
	}
}
