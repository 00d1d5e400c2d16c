package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// roundOf is how long one round of the long run lasts: what breaks is found, and its
// journals are read, while they are small.
const roundOf = 5 * time.Minute

// clusterFor is how much time the part with the cluster has to be left.
const clusterFor = 8 * time.Minute

// parameters are what a run is repeated from. They are written before it begins.
type parameters struct {
	Command string    `json:"command"`
	Seed    uint64    `json:"seed"`
	At      time.Time `json:"at"`
	// The flags of the command.
	Minutes  float64  `json:"minutes,omitempty"`
	Rate     float64  `json:"rate,omitempty"`
	Only     string   `json:"only,omitempty"`
	Parallel int      `json:"parallel,omitempty"`
	Source   string   `json:"source,omitempty"`
	Points   []string `json:"points,omitempty"`
	Actions  []string `json:"actions,omitempty"`
	Bugs     []string `json:"bugs,omitempty"`
	Some     int      `json:"some,omitempty"`
}

func (h *house) keep(p parameters) error {
	p.Seed, p.At = h.seed, time.Now().UTC()
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(h.results, "parameters.json"), append(raw, '\n'), 0o600)
}

func newLong(o *options) *cobra.Command {
	var p parameters
	c := &cobra.Command{
		Use: "long", Short: "Break everything at random, for as long as you like", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error { return h.long(ctx, p) }),
	}
	c.Flags().Float64Var(&p.Minutes, "minutes", 60, "how long")
	c.Flags().Float64Var(&p.Rate, "rate", 120, "events a second")
	return c
}

// long is round after round of a nemesis that does everything, each in a fresh world.
func (h *house) long(ctx context.Context, p parameters) error {
	p.Command = "long"
	if err := h.keep(p); err != nil {
		return err
	}
	clock := h.hasClock(ctx)
	end := h.began.Add(time.Duration(p.Minutes * float64(time.Minute)))
	for n := 1; ctx.Err() == nil && time.Until(end) > 20*time.Second; n++ {
		if err := h.do(ctx, h.round(n, min(roundOf, time.Until(end)), p.Rate, clock && n%2 == 0)); err != nil {
			return err
		}
		if n == 1 && time.Until(end) > clusterFor {
			// Once: what else is broken is broken at random, this in turn.
			if err := h.cluster(ctx, parameters{Minutes: 3, Rate: 50}); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// round is one world of the long run. In some of them PostgreSQL's clock is moved.
func (h *house) round(n int, lasts time.Duration, rate float64, clock bool) scenario {
	name := fmt.Sprintf("round-%d", n)
	events := int(lasts.Seconds() * rate * 0.7) // the rest of the time it drains
	plan := recorder.New(h.seedOf(name), max(1, events/8), max(1, events))
	plan.Poison = min(5, plan.Orders)
	conf := world.Config{Batch: 8, MailEvery: 20 * time.Second, LookupAfter: 3 * time.Second}
	return scenario{
		name: name, conf: conf, plan: plan, rate: rate,
		provoke: unleash(h.seedOf(name+"/nemesis"), 0, 100*time.Millisecond, 1500*time.Millisecond, mixed(2*time.Second, clock)...),
		send:    2*lasts + time.Minute, drain: lasts + 2*time.Minute, operator: replayer(2),
	}
}

func newReplay(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "replay", Short: "Repeat a run that was kept, by its --seed", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if o.seed == 0 {
				return errors.New("--seed is missing: it is the folder's name in " + o.results)
			}
			raw, err := os.ReadFile(filepath.Join(o.results, strconv.FormatUint(o.seed, 10), "parameters.json"))
			if err != nil {
				return fmt.Errorf("there is no run with seed %d to repeat: %w", o.seed, err)
			}
			var p parameters
			if err := json.Unmarshal(raw, &p); err != nil {
				return err
			}
			return playing(o, func(ctx context.Context, h *house) error { return h.again(ctx, p) })(c, args)
		},
	}
}

// again does what the parameters say.
func (h *house) again(ctx context.Context, p parameters) error {
	if p.Command != "long" && p.Command != "cluster" { // those keep it themselves
		if err := h.keep(p); err != nil {
			return err
		}
	}
	switch p.Command {
	case "smoke":
		err := h.do(ctx, h.smoke())
		return err
	case "long":
		return h.long(ctx, p)
	case "ci":
		return h.ci(ctx, p.Only)
	case "sweep":
		return (&sweep{source: p.Source, parallel: p.Parallel, only: p.Points, actions: p.Actions}).run(ctx, h)
	case "bugs":
		return (&hunt{parallel: p.Parallel, only: p.Bugs, some: p.Some}).run(ctx, h)
	case "cluster":
		return h.cluster(ctx, p)
	case "late":
		return h.onCluster(ctx, h.late)
	}
	return fmt.Errorf("nobody knows how to repeat %q", p.Command)
}
