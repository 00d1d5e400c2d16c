package main

import (
	"context"
	"errors"
	"fmt"
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
		Use: "ci", Short: "All of it within ten minutes: kills, cuts, the sweep, broker and Postgres, some planted bugs", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			return errors.Join(h.keep(parameters{Command: "ci", Only: only}), h.ci(ctx, only))
		}),
	}
	c.Flags().StringVar(&only, "only", "", "only this scenario")
	return c
}

// ci plays what each change has to pass, each part within its share of ten minutes.
func (h *house) ci(ctx context.Context, only string) error {
	parts := []struct {
		name string
		play func(context.Context) error
	}{
		{"sweep", func(ctx context.Context) error {
			return (&sweep{source: ".", parallel: 8, actions: actions}).run(ctx, h)
		}},
		{"bugs", func(ctx context.Context) error { return (&hunt{some: 5, parallel: 4}).run(ctx, h) }},
	}
	for _, s := range []scenario{h.postgres(5), h.broker(), h.cuts(200), h.kills(100)} {
		parts = append(parts, struct {
			name string
			play func(context.Context) error
		}{s.name, func(ctx context.Context) error {
			_, err := h.do(ctx, s)
			return err
		}})
	}
	var errs []error
	for _, p := range parts {
		if only != "" && only != p.name {
			continue
		}
		if err := p.play(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
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
		lasting: true, send: 4 * time.Minute, drain: time.Minute, operator: replayer(3),
	}
}

// cuts takes n answers away at each of the three places where that leaves somebody
// not knowing what was done.
func (h *house) cuts(n int) scenario {
	plan := recorder.New(h.seedOf("cuts"), 10*n, 40*n)
	plan.Partner = 0.3
	return scenario{
		name: "cuts", plan: plan, rate: 200, conf: world.Config{Batch: 8},
		provoke: cutting(n, proxy.Confirm, proxy.Commit, proxy.BeforeAnswer),
		lasting: true, send: 2 * time.Minute, drain: time.Minute, operator: replayer(3),
	}
}

// broker breaks RabbitMQ in four ways while 500 events a second come in.
func (h *house) broker() scenario {
	return scenario{
		name: "broker", plan: recorder.New(h.seedOf("broker"), 1500, 8000), rate: 500, conf: world.Config{Batch: 8},
		provoke: h.breakBroker, lasting: true, send: 3 * time.Minute, drain: 90 * time.Second, operator: replayer(3),
	}
}

func (h *house) breakBroker(ctx context.Context, r *run) error {
	w := r.world
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"kill -9 of RabbitMQ", w.Servers.KillBroker},
		{"its start", w.Servers.StartBroker},
		{"a memory alarm", w.Servers.RaiseAlarm},
		{"answers during it", func(ctx context.Context) error { r.answering(ctx, 10*time.Second); return nil }},
		{"its end", w.Servers.ClearAlarm},
		{"closing all connections", w.Servers.CloseConnections},
		{"deleting the bindings", w.Unbind},
		{"", func(ctx context.Context) error { pause(ctx, 2*time.Second); return nil }},
		{"putting them back", w.Bind},
	}
	for _, s := range steps {
		pause(ctx, 2*time.Second)
		r.note("%s", s.what)
		if err := within(ctx, 45*time.Second, s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

// postgres kills PostgreSQL n times.
func (h *house) postgres(n int) scenario {
	return scenario{
		name: "postgres", plan: recorder.New(h.seedOf("postgres"), 1000, 5000), rate: 150, conf: world.Config{Batch: 8},
		provoke: unleash(h.seedOf("postgres/nemesis"), n, time.Second, 3*time.Second, nemesis.KillPostgres(1)),
		lasting: true, send: 2 * time.Minute, drain: time.Minute, operator: replayer(3),
	}
}

// prompt is how soon a webhook is answered also while the broker takes nothing.
const prompt = 250 * time.Millisecond

// answering sends the same webhook over and over for a while, and finds it wrong if
// most of its answers keep the storefront waiting. The odd one may: the machine is
// busy.
func (r *run) answering(ctx context.Context, d time.Duration) {
	var slow, all int
	var slowest time.Duration
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; pause(ctx, 200*time.Millisecond) {
		began := time.Now()
		garbage(ctx, r)
		took := time.Since(began)
		slowest = max(slowest, took)
		if all++; took > prompt {
			slow++
		}
	}
	r.note("%d answers during the alarm, %d of them slower than %v, the slowest took %v", all, slow, prompt, slowest)
	if 2*slow > all {
		r.wrong("during the alarm %d of %d webhooks waited longer than %v for their answer, one %v", slow, all, prompt, slowest)
	}
}
