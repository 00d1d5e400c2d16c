package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/torture/nemesis"
	"github.com/hakooi/erpbridge/torture/proxy"
	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

func newCI(o *options) *cobra.Command {
	var only string
	c := &cobra.Command{
		Use: "ci", Short: "All of it within ten minutes: an ERP that dawdles, a full disk, PostgreSQL and RabbitMQ down, a clock that moves, cuts, kills, some planted bugs, the sweep", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			return errors.Join(h.keep(parameters{Command: "ci", Only: only}), h.ci(ctx, only))
		}),
	}
	c.Flags().StringVar(&only, "only", "", "only this scenario")
	return c
}

// A part is one of those that ci plays, one after the other.
type part struct {
	name string
	play func(context.Context) error
}

// ci plays what each change has to pass: first what breaks a server that all worlds
// share, and the long ones last, which tell the least of where to look.
func (h *house) ci(ctx context.Context, only string) error {
	one := func(s scenario) part {
		return part{s.name, func(ctx context.Context) error {
			return h.do(ctx, s)
		}}
	}
	parts := []part{
		one(h.dawdling()),
		{"disk", h.disk},
		one(h.postgres(5)),
		{"clock", h.clock},
		one(h.broker()), one(h.cuts(200)), one(h.kills(100)),
		{"bugs", func(ctx context.Context) error { return (&hunt{some: 5, parallel: 4}).run(ctx, h) }},
		{"sweep", func(ctx context.Context) error {
			return (&sweep{source: ".", parallel: 6, actions: actions}).run(ctx, h)
		}},
	}
	var errs []error
	var times []string
	for _, p := range parts {
		if only != "" && only != p.name {
			continue
		}
		began := time.Now()
		if err := p.play(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
		times = append(times, fmt.Sprintf("%s %.0f s", p.name, time.Since(began).Seconds()))
		if ctx.Err() != nil {
			break
		}
	}
	h.say("%-24s %s", "times", strings.Join(times, ", "))
	return errors.Join(errs...)
}

// kills is kill -9 of one of two daemons, n times, while ten events of each of n*20
// orders come in.
func (h *house) kills(n int) scenario {
	return scenario{
		name: "kills", plan: recorder.New(h.seedOf("kills"), 20*n, 200*n), rate: 200, conf: world.Config{Batch: 8},
		provoke: func(ctx context.Context, r *run) error {
			err := unleash(h.seedOf("kills/nemesis"), n, 300*time.Millisecond, 1500*time.Millisecond, nemesis.Kill(1))(ctx, r)
			for end := time.Now().Add(2 * time.Second); r.kills() < n && time.Now().Before(end); {
				pause(ctx, 20*time.Millisecond) // the last one is counted once the process is gone
			}
			r.enough("kills", r.kills(), n)
			return err
		},
		lasting: true, send: 4 * time.Minute, drain: 2 * time.Minute, operator: replayer(3),
	}
}

// cuts takes n answers away at each of the three places where that leaves somebody
// not knowing what was done.
func (h *house) cuts(n int) scenario {
	plan := recorder.New(h.seedOf("cuts"), 4*n, 40*n)
	plan.Partner = 0.3
	return scenario{
		name: "cuts", plan: plan, rate: 200, conf: world.Config{Batch: 8},
		provoke: cutting(n, proxy.Confirm, proxy.Commit, proxy.BeforeAnswer),
		lasting: true, send: 2 * time.Minute, drain: 2 * time.Minute, operator: replayer(3),
	}
}

// postgres kills PostgreSQL n times.
func (h *house) postgres(n int) scenario {
	return scenario{
		name: "postgres", plan: recorder.New(h.seedOf("postgres"), 400, 4000), rate: 200, conf: world.Config{Batch: 8},
		provoke: unleash(h.seedOf("postgres/nemesis"), n, time.Second, 2500*time.Millisecond, nemesis.KillPostgres(1)),
		lasting: true, send: 2 * time.Minute, drain: time.Minute, operator: replayer(3),
	}
}
