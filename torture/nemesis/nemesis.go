package nemesis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/torture/world"
)

// An Action is a way to break something. Draw decides on its figures, from the dice
// alone, and returns what it will do; the world is looked at only by that.
type Action struct {
	Name   string
	Weight int
	Draw   func(r *rand.Rand) Step
}

// A Step is an action with its figures.
type Step struct {
	// Figures are what the dice decided, for the log.
	Figures string
	// Do breaks something and returns. What it mends after a while it hands to later.
	Do func(ctx context.Context, w *world.World, later func(func(context.Context) error)) error
}

// A Nemesis is one sequence of breakages.
type Nemesis struct {
	World   *world.World
	Seed    uint64
	Actions []Action
	// Least and Most bound the wait between two actions.
	Least, Most time.Duration
	// Log gets a line of JSON for each action. May be nil.
	Log io.Writer

	mu   sync.Mutex
	done map[string]int
}

// A line is what the log says of one action.
type line struct {
	At      time.Time `json:"at"`
	Number  int       `json:"number"`
	Action  string    `json:"action"`
	Figures string    `json:"figures,omitempty"`
	Error   string    `json:"error,omitempty"`
}

// Run breaks things until ctx ends, or count times unless that is 0.
func (n *Nemesis) Run(ctx context.Context, count int) error {
	r := rand.New(rand.NewPCG(n.Seed, 0)) // #nosec G404 -- to be repeated, not to be secret
	var running sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	}
	for i := 1; count == 0 || i <= count; i++ {
		wait := n.Least + time.Duration(r.Int64N(int64(n.Most-n.Least)+1))
		a := n.pick(r)
		step := a.Draw(r)
		if !sleep(ctx, wait) {
			break
		}
		name, number := a.Name, i
		err := step.Do(ctx, n.World, func(mend func(context.Context) error) {
			running.Go(func() {
				if err := mend(ctx); err != nil {
					fail(fmt.Errorf("action %d, %s, the end of it: %w", number, name, err))
				}
			})
		})
		if err != nil && ctx.Err() == nil {
			fail(fmt.Errorf("action %d, %s: %w", i, a.Name, err))
		}
		n.note(i, a.Name, step.Figures, err)
	}
	running.Wait()
	mu.Lock()
	defer mu.Unlock()
	return errors.Join(errs...)
}

// pick chooses an action by weight.
func (n *Nemesis) pick(r *rand.Rand) Action {
	sum := 0
	for _, a := range n.Actions {
		sum += a.Weight
	}
	at := r.IntN(sum)
	for _, a := range n.Actions {
		if at -= a.Weight; at < 0 {
			return a
		}
	}
	return n.Actions[len(n.Actions)-1]
}

func (n *Nemesis) note(number int, action, figures string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.done == nil {
		n.done = map[string]int{}
	}
	n.done[action]++
	if n.Log == nil {
		return
	}
	l := line{At: time.Now(), Number: number, Action: action, Figures: figures}
	if err != nil {
		l.Error = err.Error()
	}
	_ = json.NewEncoder(n.Log).Encode(l) // it is for people; the journals are the evidence
}

// Done counts the actions by name.
func (n *Nemesis) Done() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	counts := make(map[string]int, len(n.done))
	for name, c := range n.done {
		counts[name] = c
	}
	return counts
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
