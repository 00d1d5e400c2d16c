// Package mishap decides what goes wrong in a simulated ERP, by dice that are seeded,
// counts it, and lets somebody change the odds while it runs, from this machine only. Its
// Journal is what the bridge is held to account by afterwards.
package mishap

import (
	"maps"
	"math/rand/v2"
)

// A Chance is something that may go wrong: 0.1 is one time in ten.
type Chance struct {
	Name string
	P    float64
}

// Dice are thrown for each request. Whoever has them locks them.
type Dice struct {
	random *rand.Rand
	fell   map[string]int
}

// New returns dice that fall the same way for the same seed.
func New(seed uint64) *Dice {
	return &Dice{random: rand.New(rand.NewPCG(seed, 7)), fell: map[string]int{}} //nolint:gosec // what goes wrong need not be secret
}

// First throws a die for each chance and returns the name of the first that came true, ""
// if none did. All are thrown, so that one chance more or less does not change what the
// others come to next.
func (d *Dice) First(chances ...Chance) (name string) {
	for _, c := range chances {
		if c.P > 0 && d.random.Float64() < c.P && name == "" {
			name = c.Name
		}
	}
	if name != "" {
		d.fell[name]++
	}
	return name
}

// Fell returns how often each chance came true.
func (d *Dice) Fell() map[string]int { return maps.Clone(d.fell) }
