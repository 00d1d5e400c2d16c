package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// A Step breaks one thing and mends it: it ends when the cluster is whole again, or
// with an error after Limit.
type Step struct {
	Name  string
	Limit time.Duration
	Do    func(ctx context.Context) error
}

// Run does the step within its limit.
func (s Step) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	if err := s.Do(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

const (
	// cutOff is how long the leader is cut off.
	cutOff = 10 * time.Second
	// apart is how long it then may take to find back by itself.
	apart = 45 * time.Second
)

// Steps are what a seed makes of the cluster's breakages: each node killed, the node
// that leads queue cut off for ten seconds, and two fail-overs of the database, in an
// order and with pauses that the seed decides.
func (c *Cluster) Steps(seed uint64, queue string) []Step {
	r := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- to be repeated, not to be secret
	pause := func() time.Duration { return time.Duration(500+r.IntN(2500)) * time.Millisecond }
	steps := []Step{c.Broker.PartitionLeader(queue, cutOff), c.Database.FailOver(pause()), c.Database.FailOver(pause())}
	for n := 1; n <= Nodes; n++ {
		steps = append(steps, c.Broker.KillNode(n, pause()))
	}
	r.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	return steps
}

// KillNode kills a node and starts it again after a pause.
func (b *Broker) KillNode(n int, pause time.Duration) Step {
	return Step{Name: fmt.Sprintf("kill node %d", n), Limit: 6 * time.Minute, Do: func(ctx context.Context) error {
		if err := b.Kill(n); err != nil {
			return err
		}
		sleep(ctx, pause)
		if err := b.StartNode(ctx, n); err != nil {
			return err
		}
		return b.AwaitWhole(ctx, comingUp)
	}}
}

// PartitionLeader cuts the node off that leads a queue.
func (b *Broker) PartitionLeader(queue string, lasts time.Duration) Step {
	return Step{Name: "partition the leader", Limit: 6 * time.Minute, Do: func(ctx context.Context) error {
		n, err := b.Leader(ctx, queue)
		if err != nil {
			return err
		}
		if err := b.Partition(ctx, n); err != nil {
			return err
		}
		sleep(ctx, lasts)
		// Healed even if there is no more time: a step leaves nothing broken.
		if err := b.Heal(context.WithoutCancel(ctx), n); err != nil {
			return err
		}
		return b.reunite(ctx, n)
	}}
}

// reunite waits until a node that was cut off is one with the others again. One that
// was back before it noticed does not pause, and stays apart until it is started
// again, which is what RabbitMQ tells its operators to do.
func (b *Broker) reunite(ctx context.Context, n int) error {
	if err := b.AwaitWhole(ctx, apart); err == nil || ctx.Err() != nil {
		return err
	}
	if err := b.Kill(n); err != nil {
		return err
	}
	if err := b.StartNode(ctx, n); err != nil {
		return err
	}
	return b.AwaitWhole(ctx, comingUp)
}

// FailOver kills the primary, promotes the standby after a pause, and makes the old
// primary the new standby.
func (d *Database) FailOver(pause time.Duration) Step {
	return Step{Name: "fail over", Limit: 5 * time.Minute, Do: func(ctx context.Context) error {
		if err := d.KillPrimary(); err != nil {
			return err
		}
		sleep(ctx, pause)
		if err := d.Promote(ctx); err != nil {
			return err
		}
		return d.Rebuild(ctx)
	}}
}

// FailOverLate is a fail-over to a standby that was down for a while, and with it the
// broker's majority: meanwhile nobody may acknowledge anything. What the primary takes
// all the same is lost with it.
func (c *Cluster) FailOverLate(down time.Duration) Step {
	return Step{Name: "fail over to a standby that was down", Limit: down + 10*time.Minute, Do: func(ctx context.Context) error {
		for n := 2; n <= Nodes; n++ {
			if err := c.Broker.Kill(n); err != nil {
				return err
			}
		}
		if err := c.Database.KillStandby(); err != nil {
			return err
		}
		sleep(ctx, down)
		if err := c.Database.KillPrimary(); err != nil {
			return err
		}
		if err := c.Database.StartStandby(ctx); err != nil {
			return err
		}
		if err := c.Database.Promote(ctx); err != nil {
			return err
		}
		if err := c.Database.Rebuild(ctx); err != nil {
			return err
		}
		if err := c.Broker.startNodes(ctx, 2, Nodes); err != nil {
			return err
		}
		return c.Broker.AwaitWhole(ctx, comingUp)
	}}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
