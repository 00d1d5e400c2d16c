package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/hakooi/erpbridge/torture/check"
	"github.com/hakooi/erpbridge/torture/nemesis"
	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// clock plays with PostgreSQL's clock: an hour ahead and back, an hour behind and
// back, and small steps, while daemons are killed. Where it cannot be moved that is left
// out.
func (h *house) clock(ctx context.Context) error {
	if !h.hasClock(ctx) {
		return nil
	}
	plan := recorder.New(h.seedOf("clock"), 150, 1000)
	plan.Poison = 1
	return h.do(ctx, scenario{
		name: "clock", plan: plan, rate: 70,
		conf: world.Config{Batch: 8, Limits: world.Limits{Concurrency: 4, Rate: 60}, LookupAfter: 1500 * time.Millisecond},
		// So that requests are under way whenever the clock is moved.
		modes:   modes(world.Mode{Kind: "slow", Delay: "400ms", Probability: 0.6, Seed: h.seed}),
		provoke: h.moveClock, lasting: true, send: time.Minute, drain: 30 * time.Second, operator: replayer(1),
	})
}

// hasClock tells whether PostgreSQL's clock can be moved, and says so if not.
func (h *house) hasClock(ctx context.Context) bool {
	err := h.servers.HasClock(ctx)
	if err != nil {
		h.say("%-24s left out: %v", "clock", err)
	}
	return err == nil
}

// moveClock moves the clock and has daemons killed meanwhile.
func (h *house) moveClock(ctx context.Context, r *run) error {
	killing, stop := context.WithCancel(ctx)
	defer stop()
	killed := make(chan error, 1)
	go func() {
		killed <- unleash(h.seedOf("clock/nemesis"), 0, 500*time.Millisecond, 1500*time.Millisecond, nemesis.Kill(1))(killing, r)
	}()
	dice := rand.New(rand.NewPCG(h.seedOf("clock/steps"), 0)) // #nosec G404 -- to be repeated, not to be secret
	steps := []time.Duration{time.Hour, 0, -time.Hour, 0}
	for range 6 {
		steps = append(steps, time.Duration(dice.Int64N(int64(10*time.Second)))-5*time.Second)
	}
	var err error
	for i, off := range append(steps, 0) {
		wait := 2 * time.Second
		if i >= 5 { // a small step before
			wait = 700 * time.Millisecond
		}
		pause(ctx, wait)
		if err = r.world.Servers.MoveClock(ctx, off); err != nil {
			break
		}
	}
	stop()
	r.fact("the clock moved %d times", len(steps)+1)
	return errors.Join(err, <-killed, r.world.Servers.RightClock(context.WithoutCancel(ctx)))
}

// unlimited are the times in which the ERP's limits are not judged: PostgreSQL's clock
// was moved forward, so that what it gave out for a lease ended early. It is written
// down with the evidence.
func (r *run) unlimited() ([]check.Span, error) {
	var spans []check.Span
	var moves []world.ClockMove
	for _, m := range r.world.Servers.ClockMoves() {
		if m.Ended.Before(r.began) {
			continue
		}
		moves = append(moves, m)
		if m.By > 0 {
			spans = append(spans, check.Span{From: m.Began, To: m.Ended.Add(r.world.Conf().Lease)})
		}
	}
	if len(moves) == 0 {
		return nil, nil
	}
	raw, err := json.MarshalIndent(moves, "", "  ")
	if err != nil {
		return nil, err
	}
	return spans, os.WriteFile(filepath.Join(r.dir, "clock.json"), append(raw, '\n'), 0o600)
}
