package recorder

import (
	"slices"
	"sync"
	"time"
)

// A Report is what a run came to, as the sender saw it.
type Report struct {
	Events   int           `json:"events"` // that were accepted or given up
	Accepted int           `json:"accepted"`
	GivenUp  int           `json:"given_up"` // refused too often
	Tries    int           `json:"tries"`
	Statuses map[int]int   `json:"statuses"` // of all tries; 0: no answer
	Took     time.Duration `json:"took"`

	// P50, P99 and Max are the latencies of accepted events, from when they were
	// meant to be sent to their 2xx.
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
	Max time.Duration `json:"max"`
	// Slowest is the longest that any try waited for its answer, whatever it was.
	Slowest time.Duration `json:"slowest"`
}

// A tally counts while a run goes on.
type tally struct {
	start time.Time

	mu        sync.Mutex
	counts    Report
	latencies []time.Duration
	done      map[int64]time.Time // by order: when its last event was done
}

func newTally() *tally {
	return &tally{start: time.Now(), counts: Report{Statuses: map[int]int{}}, done: map[int64]time.Time{}}
}

func (t *tally) answered(status int, sinceDue, sinceSent time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Tries++
	t.counts.Statuses[status]++
	t.counts.Slowest = max(t.counts.Slowest, sinceSent)
	if status >= 200 && status < 300 {
		t.latencies = append(t.latencies, sinceDue)
	}
}

func (t *tally) accepted(p parcel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Events++
	t.counts.Accepted++
	t.done[p.OrderID] = time.Now()
}

func (t *tally) gaveUp(p parcel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Events++
	t.counts.GivenUp++
	t.done[p.OrderID] = time.Now()
}

// doneAt returns when the order's last event was done.
func (t *tally) doneAt(order int64) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done[order]
}

func (t *tally) report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.counts
	r.Took = time.Since(t.start)
	if n := len(t.latencies); n > 0 {
		slices.Sort(t.latencies)
		r.P50, r.P99, r.Max = t.latencies[n/2], t.latencies[min(n-1, n*99/100)], t.latencies[n-1]
	}
	return r
}
