package check

import "time"

// A gate watches how many requests are at the ERP at once, and how many come in any
// one second: I5. A request is there from its arrival to its answer, as the ERP wrote
// them down.
type gate struct {
	limits Limits
	sum    *Summary
	inside map[int64]time.Time // arrivals without an answer yet
	second []time.Time         // arrivals of the last second
}

// longest is after when a request without an answer in the journal is taken for
// gone: an ERP that was stopped does not write down what it breaks off.
const longest = 5 * time.Minute

func (g *gate) pass(e *entry) {
	switch e.Kind {
	case "arrival":
		g.arrive(e)
	case "answer":
		delete(g.inside, e.Request)
	}
}

func (g *gate) arrive(e *entry) {
	if g.inside == nil {
		g.inside = map[int64]time.Time{}
	}
	for request, at := range g.inside {
		if e.Time.Sub(at) > longest {
			delete(g.inside, request)
		}
	}
	g.inside[e.Request] = e.Time
	g.sum.MaxConcurrency = max(g.sum.MaxConcurrency, len(g.inside))
	if most := g.limits.Concurrency; most > 0 && len(g.inside) > most {
		g.blame(e.Time, "request %d made %d at once at the ERP; the limit is %d", e.Request, len(g.inside), most)
	}
	// The window is half open: two requests a second apart are not in one second.
	g.second = append(g.second, e.Time)
	for e.Time.Sub(g.second[0]) >= time.Second {
		g.second = g.second[1:]
	}
	g.sum.MaxPerSecond = max(g.sum.MaxPerSecond, len(g.second))
	if most := g.limits.PerSecond; most > 0 && len(g.second) > most {
		g.blame(e.Time, "request %d was number %d in one second at the ERP; the limit is %d", e.Request, len(g.second), most)
	}
}

// blame counts a request over a limit, unless that is waived at its time.
func (g *gate) blame(at time.Time, format string, args ...any) {
	for _, w := range g.limits.Waived {
		if !at.Before(w.From) && !at.After(w.To) {
			g.sum.Waived++
			return
		}
	}
	g.sum.blame(&g.sum.LimitViolations, format, args...)
}
