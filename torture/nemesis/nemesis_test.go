package nemesis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/torture/world"
)

// script runs count actions of a seed and returns what the log says of them, without
// the times.
func script(t *testing.T, seed uint64, count int, actions ...Action) []string {
	t.Helper()
	var log bytes.Buffer
	n := &Nemesis{Seed: seed, Actions: actions, Most: time.Microsecond, Log: &log}
	if err := n.Run(t.Context(), count); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for text := range strings.Lines(log.String()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l.Action+" "+l.Figures)
	}
	return lines
}

// harmless is an action that does nothing, with the figures of a real one.
func harmless(a Action) Action {
	draw := a.Draw
	a.Draw = func(r *rand.Rand) Step {
		s := draw(r)
		s.Do = func(context.Context, *world.World, func(func(context.Context) error)) error { return nil }
		return s
	}
	return a
}

func TestSameSeedSameActions(t *testing.T) {
	actions := []Action{
		harmless(Kill(3)), harmless(Suspend(1, time.Second)), harmless(Cut("confirm", 2, 5)), harmless(Reset(1)),
		harmless(Blackhole(1, time.Second)), harmless(Alarm(1, time.Second, time.Minute)), harmless(ERP(2, Lies())),
		harmless(Clock(1, time.Hour)),
	}
	first := script(t, 7, 200, actions...)
	if diff := cmp.Diff(first, script(t, 7, 200, actions...)); diff != "" {
		t.Errorf("the same seed did something else:\n%s", diff)
	}
	if cmp.Equal(first, script(t, 8, 200, actions...)) {
		t.Error("another seed did the same")
	}
	counts := map[string]int{}
	for _, l := range first {
		name, _, _ := strings.Cut(l, " ")
		counts[name]++
	}
	if len(counts) < len(actions) {
		t.Errorf("of %d kinds of action only these were done: %v", len(actions), counts)
	}
}

// What ends an action is waited for, and what goes wrong is told.
func TestRunWaitsAndTells(t *testing.T) {
	broken := errors.New("it stays broken")
	mended := false
	n := &Nemesis{Most: time.Microsecond, Actions: []Action{{Name: "lasting", Weight: 1, Draw: func(*rand.Rand) Step {
		return Step{Do: func(_ context.Context, _ *world.World, later func(func(context.Context) error)) error {
			later(func(context.Context) error {
				mended = true
				return broken
			})
			return nil
		}}
	}}}}
	if err := n.Run(t.Context(), 1); !errors.Is(err, broken) {
		t.Errorf("Run returned %v", err)
	}
	if !mended {
		t.Error("Run did not wait for the end of an action")
	}
	if n.Done()["lasting"] != 1 {
		t.Errorf("done: %v", n.Done())
	}
}
