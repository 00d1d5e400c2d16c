package mishap

import (
	"fmt"
	"slices"
	"sync"
)

// A Journal is what came to a simulated ERP and what it did: what was asked of it, whatever
// became of that; what changed its books; and what no real one would have taken. The ERP
// writes it, and whoever holds the bridge to account reads it. The zero Journal is empty.
type Journal[Attempt, Effect any] struct {
	mu       sync.Mutex
	requests int
	attempts []Attempt
	effects  []Effect
	bad      []string
}

// Arrive counts a request, or a file, and returns its number.
func (j *Journal[Attempt, Effect]) Arrive() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.requests++
	return j.requests
}

// Ask notes what was asked for.
func (j *Journal[Attempt, Effect]) Ask(a Attempt) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.attempts = append(j.attempts, a)
}

// Book notes a change in the books.
func (j *Journal[Attempt, Effect]) Book(e Effect) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.effects = append(j.effects, e)
}

// Object notes what no real ERP would have taken, and returns it.
func (j *Journal[Attempt, Effect]) Object(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.bad = append(j.bad, text)
	return text
}

// Attempts returns everything that was asked for, in order.
func (j *Journal[Attempt, Effect]) Attempts() []Attempt {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.attempts)
}

// Effects returns everything that changed the books, in order.
func (j *Journal[Attempt, Effect]) Effects() []Effect {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.effects)
}

// Requests returns how many requests and files arrived, and what was wrong with those no
// real ERP would have taken.
func (j *Journal[Attempt, Effect]) Requests() (n int, bad []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.requests, slices.Clone(j.bad)
}
