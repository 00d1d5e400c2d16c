package nemesis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hakooi/erpbridge/torture/proxy"
	"github.com/hakooi/erpbridge/torture/world"
)

// later is how a step hands over what ends it.
type later = func(func(context.Context) error)

// oneDaemon makes an action that befalls one of the world's daemons.
func oneDaemon(name string, weight int, do func(ctx context.Context, d *world.Daemon, then later) error) Action {
	return Action{Name: name, Weight: weight, Draw: func(r *rand.Rand) Step {
		dice := r.IntN(1 << 16)
		return Step{
			Figures: fmt.Sprintf("dice %d", dice),
			Do: func(ctx context.Context, w *world.World, then later) error {
				return do(ctx, w.Daemons[dice%len(w.Daemons)], then)
			},
		}
	}}
}

// Kill is kill -9 of a daemon.
func Kill(weight int) Action {
	return oneDaemon("kill", weight, func(ctx context.Context, d *world.Daemon, _ later) error { return d.Kill(ctx) })
}

// Term is SIGTERM: a daemon ends as at a deployment, and is started again.
func Term(weight int) Action {
	return oneDaemon("term", weight, func(_ context.Context, d *world.Daemon, then later) error {
		then(func(context.Context) error { return d.Term() })
		return nil
	})
}

// Suspend is SIGSTOP for half to three times the lease, as a virtual machine that is
// moved.
func Suspend(weight int, lease time.Duration) Action {
	return Action{Name: "suspend", Weight: weight, Draw: func(r *rand.Rand) Step {
		dice, pause := r.IntN(1<<16), lease/2+time.Duration(r.Int64N(int64(5*lease/2)))
		return Step{
			Figures: fmt.Sprintf("dice %d, %v", dice, pause.Round(time.Millisecond)),
			Do: func(_ context.Context, w *world.World, then later) error {
				then(func(ctx context.Context) error { return w.Daemons[dice%len(w.Daemons)].Suspend(ctx, pause) })
				return nil
			},
		}
	}}
}

// Cut takes away the next few answers of a kind: confirms, commits, the ERP's.
func Cut(at proxy.Point, weight, most int) Action {
	return Action{Name: "cut " + string(at), Weight: weight, Draw: func(r *rand.Rand) Step {
		dice, n, every := r.IntN(1<<16), 1+r.IntN(most), 1+r.IntN(3)
		return Step{
			Figures: fmt.Sprintf("dice %d, %d answers, every %d", dice, n, every),
			Do: func(_ context.Context, w *world.World, _ later) error {
				return ProxyOf(w.Daemons[dice%len(w.Daemons)], at).CutAt(at, n, every)
			},
		}
	}}
}

// ProxyOf is the daemon's proxy that can cut at a point.
func ProxyOf(d *world.Daemon, at proxy.Point) *proxy.Proxy {
	switch at {
	case proxy.Confirm, proxy.Return:
		return d.Broker
	case proxy.Commit, proxy.Write:
		return d.Database
	default:
		return d.ERP
	}
}

// lines are a daemon's proxies by name.
var lines = []struct {
	name string
	of   func(*world.Daemon) *proxy.Proxy
}{
	{"broker", func(d *world.Daemon) *proxy.Proxy { return d.Broker }},
	{"database", func(d *world.Daemon) *proxy.Proxy { return d.Database }},
	{"erp", func(d *world.Daemon) *proxy.Proxy { return d.ERP }},
}

// Reset resets a daemon's connections to one of its neighbours.
func Reset(weight int) Action {
	return Action{Name: "reset", Weight: weight, Draw: func(r *rand.Rand) Step {
		dice, l := r.IntN(1<<16), lines[r.IntN(len(lines))]
		return Step{
			Figures: fmt.Sprintf("dice %d, %s", dice, l.name),
			Do: func(_ context.Context, w *world.World, _ later) error {
				l.of(w.Daemons[dice%len(w.Daemons)]).Reset()
				return nil
			},
		}
	}}
}

// Blackhole lets nothing through to one of a daemon's neighbours for a while: no
// reset, no answer.
func Blackhole(weight int, most time.Duration) Action {
	return Action{Name: "blackhole", Weight: weight, Draw: func(r *rand.Rand) Step {
		dice, l, pause := r.IntN(1<<16), lines[r.IntN(len(lines))], most/10+time.Duration(r.Int64N(int64(most)))
		return Step{
			Figures: fmt.Sprintf("dice %d, %s, %v", dice, l.name, pause.Round(time.Millisecond)),
			Do: func(_ context.Context, w *world.World, then later) error {
				p := l.of(w.Daemons[dice%len(w.Daemons)])
				p.Block()
				then(func(ctx context.Context) error {
					sleep(ctx, pause)
					p.Unblock()
					return nil
				})
				return nil
			},
		}
	}}
}

// whole makes an action upon the servers, with an end after a while.
func whole(name string, weight int, least, most time.Duration, begin, end func(context.Context, *world.World) error) Action {
	return Action{Name: name, Weight: weight, Draw: func(r *rand.Rand) Step {
		pause := least
		if most > least {
			pause += time.Duration(r.Int64N(int64(most - least)))
		}
		return Step{
			Figures: pause.Round(time.Millisecond).String(),
			Do: func(ctx context.Context, w *world.World, _ later) error {
				if err := begin(ctx, w); err != nil || end == nil {
					return err
				}
				sleep(ctx, pause)
				return end(context.WithoutCancel(ctx), w)
			},
		}
	}}
}

// KillBroker kills RabbitMQ and starts it again.
func KillBroker(weight int) Action {
	return whole("kill broker", weight, 0, time.Second,
		func(ctx context.Context, w *world.World) error { return w.Servers.KillBroker(ctx) },
		func(ctx context.Context, w *world.World) error { return w.Servers.StartBroker(ctx) })
}

// KillPostgres kills PostgreSQL and starts it again.
func KillPostgres(weight int) Action {
	return whole("kill postgres", weight, 0, time.Second,
		func(ctx context.Context, w *world.World) error { return w.Servers.KillPostgres(ctx) },
		func(ctx context.Context, w *world.World) error { return w.Servers.StartPostgres(ctx) })
}

// Clock moves PostgreSQL's clock by up to most, forward or back, in steps of a few
// seconds as often as in large ones, and puts it right after a while.
func Clock(weight int, most time.Duration) Action {
	const small = 5 * time.Second
	return Action{Name: "clock", Weight: weight, Draw: func(r *rand.Rand) Step {
		span := most
		if r.IntN(2) == 0 {
			span = min(small, most)
		}
		off := (time.Millisecond + time.Duration(r.Int64N(int64(span)))).Round(time.Millisecond)
		if r.IntN(2) == 0 {
			off = -off
		}
		pause := time.Second + time.Duration(r.Int64N(int64(3*time.Second)))
		return Step{
			Figures: fmt.Sprintf("%v for %v", off, pause.Round(time.Millisecond)),
			Do: func(ctx context.Context, w *world.World, _ later) error {
				if err := w.Servers.MoveClock(ctx, off); err != nil {
					return err
				}
				sleep(ctx, pause)
				return w.Servers.RightClock(context.WithoutCancel(ctx))
			},
		}
	}}
}

// Alarm is a memory alarm of RabbitMQ.
func Alarm(weight int, least, most time.Duration) Action {
	return whole("alarm", weight, least, most,
		func(ctx context.Context, w *world.World) error { return w.Servers.RaiseAlarm(ctx) },
		func(ctx context.Context, w *world.World) error { return w.Servers.ClearAlarm(ctx) })
}

// CloseConnections makes RabbitMQ close all connections.
func CloseConnections(weight int) Action {
	return whole("close connections", weight, 0, 0,
		func(ctx context.Context, w *world.World) error { return w.Servers.CloseConnections(ctx) }, nil)
}

// Unbind takes the bindings of the queue away for a while.
func Unbind(weight int, least, most time.Duration) Action {
	return whole("unbind", weight, least, most,
		func(ctx context.Context, w *world.World) error { return w.Unbind(ctx) },
		func(ctx context.Context, w *world.World) error { return w.Bind(ctx) })
}

// MailDown takes the mail server away for a while.
func MailDown(weight int, least, most time.Duration) Action {
	return whole("mail down", weight, least, most,
		func(ctx context.Context, w *world.World) error { return w.ERP.SetMails(ctx, world.MailsDown) },
		func(ctx context.Context, w *world.World) error { return w.ERP.SetMails(ctx, world.MailsAccepted) })
}

// ERP makes the ERP misbehave in one of some ways, a few times.
func ERP(weight int, modes []world.Mode) Action {
	return Action{Name: "erp", Weight: weight, Draw: func(r *rand.Rand) Step {
		m := modes[r.IntN(len(modes))]
		if m.Count == 0 {
			m.Count = 1 + r.IntN(8)
		}
		m.Seed = r.Uint64()
		name := m.Kind
		if m.Answer != "" {
			name += " " + m.Answer
		}
		return Step{
			Figures: fmt.Sprintf("%s, %d times", name, m.Count),
			Do:      func(ctx context.Context, w *world.World, _ later) error { return w.ERP.AddMode(ctx, m) },
		}
	}}
}

// Lies are the ways an ERP misleads without breaking its word about what it has.
func Lies() []world.Mode {
	modes := []world.Mode{
		{Kind: "effect-then-drop"},
		{Kind: "drop-before-effect"},
		{Kind: "slow", Delay: "300ms"},
		{Kind: "slow", Delay: "1500ms", Before: "answer"},
		{Kind: "unavailable", RetryAfter: "1"},
		{Kind: "unavailable", Status: 502},
		{Kind: "throttle"},
		{Kind: "fault", Code: "UNEXPECTED_ERROR", Message: "An unexpected error occurred."},
	}
	for _, a := range []string{"html", "empty", "truncated", "cut", "fault-with-200", "reordered", "fewer", "doubled"} {
		modes = append(modes, world.Mode{Kind: "malformed", Answer: a})
	}
	return modes
}

// Dawdling are the ways of an ERP that takes its time: less than half a second for
// what it did not answer, and its look-ups are as far behind. A daemon has to know that.
func Dawdling() []world.Mode {
	return []world.Mode{
		{Kind: "late-effect", Delay: "400ms"},
		{Kind: "stale-read", Delay: "300ms"},
	}
}
