package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/torture/journal"
)

// How soon a webhook is answered also while the broker takes nothing, and when a
// storefront gives up waiting. Only the second is judged: how fast a shared machine is
// today is told, and measured by benchmarks.
const (
	prompt  = 250 * time.Millisecond
	patient = 5 * time.Second
)

// answers are how long webhooks waited for theirs, as the sender saw it.
type answers struct {
	mu  sync.Mutex
	all []answer
}

// An answer is one of them.
type answer struct {
	sent   time.Time
	waited time.Duration
	status int
}

// add is the sender's Watch.
func (a *answers) add(door string, status int, sent, answered time.Time) {
	if door != journal.Webhook {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, answer{sent, answered.Sub(sent), status})
}

// between looks at the webhooks that were sent in a while.
func (a *answers) between(from, to time.Time) (w waits) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.all {
		if one.sent.Before(from) || !one.sent.Before(to) {
			continue
		}
		w.sorted = append(w.sorted, one.waited)
		if one.status != http.StatusOK {
			w.failed++
		}
	}
	slices.Sort(w.sorted)
	return w
}

// waits are those of some webhooks.
type waits struct {
	sorted []time.Duration
	failed int // were not answered with 200
}

func (w waits) p99() time.Duration {
	if len(w.sorted) == 0 {
		return 0
	}
	return w.sorted[len(w.sorted)*99/100]
}

func (w waits) longest() time.Duration {
	if len(w.sorted) == 0 {
		return 0
	}
	return w.sorted[len(w.sorted)-1]
}

func (w waits) String() string {
	return fmt.Sprintf("%d webhooks, p99 %d ms, at most %d ms, %d failed", len(w.sorted), w.p99().Milliseconds(), w.longest().Milliseconds(), w.failed)
}
