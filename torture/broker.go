package main

import (
	"context"
	"sync"
	"time"

	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// broker breaks RabbitMQ in four ways while 500 events a second come in. Partners have
// to wait while it takes nothing: there are senders enough for the webhooks beside them.
func (h *house) broker() scenario {
	plan := recorder.New(h.seedOf("broker"), 800, 12_000)
	plan.Partner = 0.02
	return scenario{
		name: "broker", plan: plan, rate: 500, senders: 128, conf: world.Config{Batch: 8},
		provoke: breakBroker, lasting: true, send: 3 * time.Minute, drain: 3 * time.Minute, operator: replayer(3),
	}
}

// alarmFor is how long the broker takes nothing, backFor how soon all has to be as
// before then: five seconds are asked for and told, and a busy machine is given more.
const (
	alarmFor = 8 * time.Second
	backFor  = 45 * time.Second
)

func breakBroker(ctx context.Context, r *run) error {
	w := r.world
	for _, s := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"a memory alarm", r.alarm}, // first, while nothing else is amiss
		{"kill -9 of RabbitMQ", w.Servers.KillBroker},
		{"its start", w.Servers.StartBroker},
		{"closing all connections", w.Servers.CloseConnections},
		{"deleting the bindings", w.Unbind},
		{"putting them back", w.Bind},
	} {
		pause(ctx, time.Second)
		r.note("%s", s.what)
		if err := within(ctx, 45*time.Second, s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

// alarm has the broker take nothing for a while: the storefronts must not notice, and
// soon after it all must be as before.
func (r *run) alarm(ctx context.Context) error {
	w := r.world
	before := r.calm(ctx, 5*time.Second)
	from := time.Now()
	if err := w.Servers.RaiseAlarm(ctx); err != nil {
		return err
	}
	pause(ctx, alarmFor)
	to := time.Now()
	var wg sync.WaitGroup
	ended, end := context.WithCancel(ctx)
	defer end()
	for _, d := range w.Daemons {
		wg.Go(func() {
			if !r.confirmed(ended, d, time.Minute) {
				r.wrong("%v after the alarm the broker had confirmed nothing to daemon %d", backFor, d.Number)
			}
		})
	}
	if err := w.Servers.ClearAlarm(ctx); err != nil {
		return err
	}
	stop := time.AfterFunc(backFor, end)
	defer stop.Stop()
	wg.Wait()
	r.fact("confirms again %.1f s after the end of the alarm was asked for", time.Since(to).Seconds())
	during := r.answers.between(from, to)
	r.fact("during it %v", during)
	switch {
	case len(during.sorted) == 0:
		r.wrong("the torture fell short: no webhook was sent during the alarm")
	case during.longest() > patient:
		r.wrong("during the alarm a webhook was kept hanging: %v", during)
	case during.p99() > prompt:
		r.fact("SLOW: p99 over %v; before it %v", prompt, before)
	}
	return nil
}

// calm waits until webhooks are answered promptly, and returns how they were in the
// last second of that.
func (r *run) calm(ctx context.Context, most time.Duration) (w waits) {
	for end := time.Now().Add(most); ctx.Err() == nil && time.Now().Before(end); {
		pause(ctx, time.Second)
		now := time.Now()
		if w = r.answers.between(now.Add(-time.Second), now); len(w.sorted) > 0 && w.p99() <= prompt/2 && w.failed == 0 {
			break
		}
	}
	return w
}
