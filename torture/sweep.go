package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// actions are what is done at each point. The pause is of two leases.
var actions = []string{"crash", "error", "cut", "pause:4s"}

// A fault is one action at one point.
type fault struct{ point, action string }

func (f fault) String() string { return f.point + "=" + f.action }

// mark is the file that the fault leaves in the ledger once it happened.
func (f fault) mark() string {
	word, _, _ := strings.Cut(f.action, ":")
	return f.point + "." + word + ".fired"
}

// impossible are the faults that cannot happen, and why. They are listed, not broken.
var impossible = map[fault]string{}

func newSweep(o *options) *cobra.Command {
	sw := sweep{source: "."}
	c := &cobra.Command{
		Use: "sweep", Short: "Break every point of the source in every way", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			p := parameters{Command: "sweep", Parallel: sw.parallel, Points: sw.only, Actions: sw.actions, Source: sw.source}
			return errors.Join(h.keep(p), sw.run(ctx, h))
		}),
	}
	f := c.Flags()
	f.StringVar(&sw.source, "source", sw.source, "the source, which names the points")
	f.IntVar(&sw.parallel, "parallel", 6, "worlds at once")
	f.StringSliceVar(&sw.only, "point", nil, "only these points")
	f.StringSliceVar(&sw.actions, "action", actions, "only these actions")
	return c
}

// A sweep breaks each point once in each way. A world has one fault of each action, at
// points far from one another, for whichever of its processes comes there first:
//
//	for each row: world up ──▶ a little of everything ──▶ rest ──▶ judged
//	                            └─ a fault that did not happen, and each fault of a row
//	                               that came out red, is tried again in a world of its own
//
// It fails if the daemons never came to a point, or a fault never happened: what is not
// reached is not tested.
type sweep struct {
	source   string
	parallel int
	only     []string
	actions  []string

	mu      sync.Mutex
	reached map[string]bool
	fired   map[fault]bool
	red     map[fault]bool
	worlds  int
}

func (sw *sweep) run(ctx context.Context, h *house) error {
	points, err := pointsIn(sw.source)
	if err != nil {
		return err
	}
	if sw.only != nil {
		points = sw.only
	}
	began := time.Now()
	sw.reached, sw.fired, sw.red = map[string]bool{}, map[fault]bool{}, map[fault]bool{}
	rows := arranged(points, sw.actions)
	err = sw.play(ctx, h, rows)
	again := sw.suspects(rows)
	if ctx.Err() == nil && len(again) > 0 {
		red := sw.red
		sw.red = map[fault]bool{}
		err = errors.Join(err, sw.play(ctx, h, again))
		sw.name(h, rows, red)
	}
	pairs := 0
	for f, why := range impossible {
		h.say("%-24s %s: %s", "impossible", f, why)
	}
	for _, row := range rows {
		pairs += len(row)
		for _, f := range row {
			if !sw.fired[f] {
				h.total.violate("the sweep never broke %s", f)
			}
		}
	}
	for _, p := range points {
		if !sw.reached[p] {
			h.total.violate("the sweep never reached %s", p)
		}
	}
	h.say("%-24s %d points, %d reached; %d pairs, %d fired, %d impossible; %d worlds in %.0f s",
		"sweep", len(points), len(sw.reached), pairs, len(sw.fired), len(impossible), sw.worlds, time.Since(began).Seconds())
	return err
}

// arranged puts each fault into one row, with one of each action at points that are far
// from one another. Where there are fewer points than actions a fault is a row.
func arranged(points, actions []string) [][]fault {
	var rows [][]fault
	for i := range points {
		var row []fault
		for j, a := range actions {
			f := fault{points[(i+j*len(points)/len(actions))%len(points)], a}
			if impossible[f] != "" {
				continue
			}
			if len(points) < len(actions) {
				rows = append(rows, []fault{f})
				continue
			}
			row = append(row, f)
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

// suspects are what has to be tried alone: what did not happen, and what was in a row
// with others that came out red.
func (sw *sweep) suspects(rows [][]fault) [][]fault {
	var alone [][]fault
	for _, row := range rows {
		for _, f := range row {
			if !sw.fired[f] || len(row) > 1 && sw.red[f] {
				alone = append(alone, []fault{f})
			}
		}
	}
	return alone
}

// name tells which fault of a red row is red alone.
func (sw *sweep) name(h *house, rows [][]fault, red map[fault]bool) {
	for _, row := range rows {
		if len(row) < 2 || !red[row[0]] {
			continue
		}
		var culprits []string
		for _, f := range row {
			if sw.red[f] {
				culprits = append(culprits, f.String())
			}
		}
		if culprits == nil {
			h.say("%-24s %v: none of them alone", "culprit", row)
			continue
		}
		h.say("%-24s %s", "culprit", strings.Join(culprits, ", "))
	}
}

// play plays a world for each row, some at once.
func (sw *sweep) play(ctx context.Context, h *house, rows [][]fault) error {
	var jobs []func() error
	for _, row := range rows {
		jobs = append(jobs, func() error { return sw.one(ctx, h, row) })
	}
	return atOnce(ctx, sw.parallel, jobs)
}

// one is one world with its faults.
func (sw *sweep) one(ctx context.Context, h *house, row []fault) error {
	title := row[0].String()
	if len(row) > 1 {
		title += fmt.Sprintf("+%d", len(row)-1)
	}
	name := "sweep-" + strings.NewReplacer(".", "-", ":", "-").Replace(title)
	s := h.everything(name)
	s.ledger = filepath.Join(h.results, name+".ledger")
	var plan []string
	for _, f := range row {
		plan = append(plan, f.String())
	}
	s.env = []string{"ERPBRIDGE_FAULTS=" + strings.Join(plan, ";")}
	v, err := h.play(ctx, s)
	if err != nil {
		return fmt.Errorf("%v: %w", row, err)
	}
	files, err := os.ReadDir(s.ledger)
	if err != nil {
		return err
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	sw.worlds++
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".fired") {
			sw.reached[f.Name()] = true
		}
	}
	for _, f := range row {
		if slices.ContainsFunc(files, func(file os.DirEntry) bool { return file.Name() == f.mark() }) {
			sw.fired[f] = true
		}
		if len(v.Violations) > 0 {
			sw.red[f] = true
		}
	}
	h.total.add(title, v)
	if len(v.Violations) > 0 || os.Getenv("TORTURE_KEEP") != "" {
		h.say("%v %s", row, v)
		for _, line := range v.Violations[:min(3, len(v.Violations))] {
			h.say("    %s", line)
		}
	}
	return errors.Join(os.RemoveAll(s.ledger), h.settleEvidence(name, v))
}
