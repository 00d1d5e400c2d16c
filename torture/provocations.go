package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/hakooi/erpbridge/torture/nemesis"
	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// provocation is a small scenario that a sound daemon survives and one bug or another
// does not.
func (h *house) provocation(name string) scenario {
	s := scenario{name: name, plan: recorder.New(h.seedOf(name), 40, 120), rate: 60, send: 40 * time.Second, drain: 25 * time.Second}
	switch name {
	case "bodies":
		s.plan.Orders, s.plan.Events = 80, 100
	case "repeats":
		s.plan.Redelivered, s.plan.Retold = 0.3, 0
	case "shuffled":
		s.plan.Shuffled, s.plan.Impatient, s.rate = 0.6, 1, 20
	case "crash-at-commit":
		s.plan.Orders, s.plan.Events, s.rate = 150, 300, 40
		s.env = []string{"ERPBRIDGE_FAULTS=outbox.record.commit=crash@4"}
		s.lasting, s.provoke = true, again(time.Second)
	case "unbound":
		s.lasting, s.provoke = true, unbound
	case "unconfirmed":
		// Each order once: nothing newer covers for what was lost.
		s.plan = recorder.Plan{Seed: h.seedOf(name), Orders: 450, Events: 450}
		s.rate = 40
		s.lasting, s.provoke = true, unconfirmed
	case "sessions":
		s.plan, s.rate = recorder.Plan{Seed: h.seedOf(name), Orders: 400, Events: 400}, 40
		s.lasting, s.provoke = true, sessions
	case "lost-answers":
		s.modes = modes(
			world.Mode{Kind: "effect-then-drop", Probability: 0.2, Seed: h.seed, Count: 12},
			world.Mode{Kind: "drop-before-effect", Probability: 0.2, Seed: h.seed + 1, Count: 12})
	case "mixed-answers":
		s.plan = recorder.Plan{Seed: h.seedOf(name), Orders: 200, Events: 200}
		s.conf.Batch, s.rate = 4, 40
		s.conf.Limits.Concurrency = 2
		s.modes = modes(
			world.Mode{Kind: "slow", Delay: "150ms"}, // so that batches fill
			world.Mode{Kind: "reject", Probability: 0.3, Seed: h.seed, Count: 120, Code: "UNEXPECTED_ERROR", Message: "Try again."},
			world.Mode{Kind: "malformed", Answer: "reordered", Probability: 0.6, Seed: h.seed + 1, Count: 60},
			world.Mode{Kind: "malformed", Answer: "fewer", Probability: 0.3, Seed: h.seed + 2, Count: 10})
	case "zombie-result":
		s.lasting, s.provoke, s.rate = true, outlived, 15
		s.conf.Timeout, s.conf.Lease, s.conf.Limits.Concurrency = 3*time.Second, 6*time.Second, 12
		s.modes = modes(world.Mode{Kind: "reject", Probability: 0.5, Seed: h.seed, Count: 60, Code: "UNEXPECTED_ERROR", Message: "Try again."})
	case "zombie-sender":
		// Room for another daemon beside what the sleeper claimed.
		s.plan.Orders, s.plan.Events = 250, 500
		s.conf.Limits.Concurrency, s.rate = 16, 60
		s.lasting, s.provoke = true, lateClaims
		s.modes = modes(world.Mode{Kind: "slow", Delay: "300ms", Match: world.Match{Operation: "upsert"}})
	case "buried":
		s.plan.Orders, s.plan.Events = 30, 300
		s.env = []string{"ERPBRIDGE_FAULTS=pipeline.decide=error@2"}
		s.lasting, s.provoke = true, again(300*time.Millisecond)
		s.operator = replayer(2)
	case "one-order":
		s.plan = recorder.Plan{Seed: h.seedOf(name), Orders: 4, Events: 200, Impatient: 0.5}
		s.modes = modes(world.Mode{Kind: "slow", Delay: "80ms", Probability: 0.5, Seed: h.seed})
	case "pace":
		s.conf.Limits = world.Limits{Concurrency: 8, Rate: 15}
	case "failing-records":
		s.plan.Orders, s.plan.Events = 80, 80
		s.conf.Retry, s.conf.RetryMax = 400*time.Millisecond, 3200*time.Millisecond
		s.provoke = failingRecords
		s.lasting = true
	case "poison":
		s.provoke = func(ctx context.Context, r *run) error { return r.world.Poison() }
		s.lasting = true
	case "many-dead":
		s.plan.Poison, s.plan.Orders, s.plan.Events = 30, 40, 60
		s.conf.MailEvery, s.mailsPerHour = 4*time.Second, 9
		s.operator = replayer(0)
	case "stops":
		s.conf.Limits = world.Limits{Concurrency: 8, Rate: 12}
		s.lasting, s.provoke = true, stops
	}
	return s
}

func modes(ms ...world.Mode) []world.Mode { return ms }

func unbound(ctx context.Context, r *run) error {
	pause(ctx, 500*time.Millisecond)
	if err := r.world.Unbind(ctx); err != nil {
		return err
	}
	pause(ctx, time.Second)
	return r.world.Bind(context.WithoutCancel(ctx))
}

// unconfirmed holds back what the daemons publish, and loses it: nothing confirms it.
// It does so each time the broker has confirmed something again.
func unconfirmed(ctx context.Context, r *run) error {
	w := r.world
	for i := 0; ; i++ {
		d := w.Daemons[i%len(w.Daemons)]
		select {
		case <-r.sent:
			return nil
		case <-ctx.Done():
			return nil
		default:
		}
		r.confirmed(ctx, d, 3*time.Second)
		d.Broker.Block()
		pause(ctx, 300*time.Millisecond)
		d.Broker.Reset()
		d.Broker.Unblock()
	}
}

// confirmed waits until the broker has confirmed something to a daemon from now on, and
// tells whether it did.
func (r *run) confirmed(ctx context.Context, d *world.Daemon, most time.Duration) bool {
	seen := d.Broker.Counts().Seen
	for end := time.Now().Add(most); ctx.Err() == nil && time.Now().Before(end); pause(ctx, 10*time.Millisecond) {
		if d.Broker.Counts().Seen > seen {
			return true
		}
	}
	return false
}

// lateClaims holds each commit of a daemon up for longer than a lease: what it claims is
// not its own any more when it hears of it.
func lateClaims(ctx context.Context, r *run) error {
	d := r.world.Daemons[0].Database
	d.Delay(2500 * time.Millisecond)
	defer d.Delay(0)
	select {
	case <-ctx.Done():
	case <-r.sent:
	}
	pause(ctx, 4*time.Second) // what is held up comes through
	return nil
}

// again arms the faults that happened once more, over and over.
func again(d time.Duration) func(context.Context, *run) error {
	return func(ctx context.Context, r *run) error {
		return every(ctx, r, d, func(int) error {
			marks, err := filepath.Glob(filepath.Join(r.ledger, "*.fired"))
			for _, m := range marks {
				err = errors.Join(err, os.Remove(m))
			}
			return err
		})
	}
}

// outlived has the leases of requests under way end before their answers come, as when
// the database's clock is moved: another daemon delivers, and then the first one hears
// that it failed.
func outlived(ctx context.Context, r *run) error {
	r.world.Daemons[0].ERP.Delay(2500 * time.Millisecond)
	return every(ctx, r, 100*time.Millisecond, func(int) error { return r.world.ExpireLeases(ctx) })
}

// sessions ends the daemons' sessions with the broker while their work is slow: a short
// one, then a longer one that comes to the same numbers.
func sessions(ctx context.Context, r *run) error {
	w := r.world
	for _, d := range w.Daemons {
		d.Database.Delay(120 * time.Millisecond)
	}
	return every(ctx, r, 10*time.Millisecond, func(i int) error {
		for _, d := range w.Daemons {
			r.confirmed(ctx, d, 2*time.Second)
		}
		pause(ctx, 150*time.Millisecond+time.Duration(i%2)*1200*time.Millisecond)
		for _, d := range w.Daemons {
			d.Broker.Reset()
		}
		return nil
	})
}

// failingRecords has the ERP refuse records for a while, for a reason that passes, and
// looks at how the next tries are spread.
func failingRecords(ctx context.Context, r *run) error {
	err := r.world.ERP.AddMode(ctx, world.Mode{Kind: "reject", Code: "UNEXPECTED_ERROR", Message: "Try again.", Count: 250, Probability: 0.7, Seed: r.plan.Seed})
	if err != nil {
		return err
	}
	seen := map[string]time.Duration{}
	for began := time.Now(); time.Since(began) < 5*time.Second && ctx.Err() == nil && err == nil; pause(ctx, 50*time.Millisecond) {
		var waits map[string]time.Duration
		waits, err = r.world.Waits(ctx)
		for key, w := range waits {
			seen[key] = w
		}
	}
	if share, n := together(seen, r.world.Conf().Retry, r.world.Conf().RetryMax); n >= 20 && share > 0.6 {
		r.wrong("of %d tries %.0f %% wait exactly as long as the schedule says: what failed together comes back together", n, 100*share)
	} else if n < 20 {
		r.wrong("the torture fell short: only %d waits were seen", n)
	}
	return err
}

// together is the share of waits that are those of the schedule.
func together(waits map[string]time.Duration, first, most time.Duration) (float64, int) {
	hits := 0
	for _, w := range waits {
		for d := first; ; d = min(2*d, most) {
			// The request before it took a moment, too.
			if w >= d-10*time.Millisecond && w <= d+150*time.Millisecond {
				hits++
				break
			}
			if d == most {
				break
			}
		}
	}
	return float64(hits) / float64(max(len(waits), 1)), len(waits)
}

// stops sends both daemons SIGTERM again and again.
func stops(ctx context.Context, r *run) error {
	return every(ctx, r, 600*time.Millisecond, func(i int) error { return r.world.Daemons[i%2].Term() })
}

// mixed are all actions of the long run, but for the two that do not go together: how
// long an ERP may dawdle is measured by PostgreSQL's clock.
func mixed(lease time.Duration, clock bool) []nemesis.Action {
	last := nemesis.ERP(3, nemesis.Dawdling())
	if clock {
		last = nemesis.Clock(3, time.Hour)
	}
	return []nemesis.Action{
		nemesis.Kill(30), nemesis.Term(8), nemesis.Suspend(6, lease),
		nemesis.Cut("confirm", 8, 5), nemesis.Cut("commit", 8, 5), nemesis.Cut("before-answer", 8, 5), nemesis.Cut("mid-answer", 4, 5),
		nemesis.Reset(10), nemesis.Blackhole(5, 3*time.Second),
		nemesis.KillBroker(1), nemesis.Alarm(1, time.Second, 5*time.Second), nemesis.CloseConnections(2), nemesis.Unbind(2, 200*time.Millisecond, 2*time.Second),
		nemesis.KillPostgres(2), nemesis.MailDown(2, time.Second, 5*time.Second),
		nemesis.ERP(15, nemesis.Lies()), last,
	}
}
