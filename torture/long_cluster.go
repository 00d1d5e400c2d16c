package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/torture/cluster"
	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

func newCluster(o *options) *cobra.Command {
	p := parameters{Command: "cluster"}
	var late bool
	c := &cobra.Command{
		Use: "cluster", Short: "Kill and cut off nodes of a RabbitMQ cluster, and fail PostgreSQL over", Args: cobra.NoArgs,
		RunE: playing(o, func(ctx context.Context, h *house) error {
			if late {
				p.Command = "late"
			}
			if err := h.keep(p); err != nil {
				return err
			}
			return h.again(ctx, p)
		}),
	}
	c.Flags().BoolVar(&late, "late", false, "only fail over to a standby that was down for 40 seconds, and the broker's majority with it")
	c.Flags().Float64Var(&p.Minutes, "minutes", 3, "how long events are sent")
	c.Flags().Float64Var(&p.Rate, "rate", 50, "events a second")
	return c
}

// cluster plays against servers that outlive the loss of one of them, while they lose
// one after the other.
func (h *house) cluster(ctx context.Context, p parameters) error {
	return h.onCluster(ctx, func(c *cluster.Cluster) scenario { return h.failing(c, p) })
}

// onCluster plays a scenario against a cluster of its own.
func (h *house) onCluster(ctx context.Context, of func(*cluster.Cluster) scenario) (err error) {
	c, err := cluster.Start(ctx, filepath.Join(h.results, "cluster-servers"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	if !c.Broker.Separable() {
		h.say("without root no link can be cut: the leader is suspended instead of cut off")
	}
	defer func(s *world.Servers) { h.servers = s }(h.servers)
	h.servers = world.Given(c.Database.FrontURL(), c.Broker.URL())
	err = h.do(ctx, of(c))
	return err
}

// failing is the scenario: the first daemon knows all addresses, the second one
// address that leads to whoever serves.
func (h *house) failing(c *cluster.Cluster, p parameters) scenario {
	events := max(1, int(p.Minutes*60*p.Rate))
	lasts := time.Duration(p.Minutes * float64(time.Minute))
	return scenario{
		name: "cluster", plan: recorder.New(h.seedOf("cluster"), max(1, events/8), events), rate: p.Rate, conf: world.Config{Batch: 8},
		provoke: func(ctx context.Context, r *run) error { return h.failOver(ctx, r, c) },
		lasting: true, send: 3*lasts + 10*time.Minute, drain: 3 * time.Minute, operator: replayer(3),
	}
}

// late leaves a primary without its standby and one node of the broker without the
// others, and takes the primary away then. Nothing may have been acknowledged that the
// standby has not got: it is all there is left.
func (h *house) late(c *cluster.Cluster) scenario {
	return scenario{
		name: "late", plan: recorder.New(h.seedOf("late"), 300, 1500), rate: 30, conf: world.Config{Batch: 8},
		provoke: func(ctx context.Context, r *run) error {
			pause(ctx, 3*time.Second)
			return c.FailOverLate(40 * time.Second).Run(context.WithoutCancel(ctx))
		},
		lasting: true, send: 5 * time.Minute, drain: 3 * time.Minute, operator: replayer(3),
	}
}

// failOver gives the first daemon all addresses and lets the servers fail, one round of
// steps after the other until the events are sent.
func (h *house) failOver(ctx context.Context, r *run, c *cluster.Cluster) error {
	if err := knowAll(ctx, r, c); err != nil {
		return err
	}
	if err := r.onAllNodes(ctx, c); err != nil {
		return err
	}
	done := map[string]int{}
	defer func() { h.say("%-24s %v", r.name, done) }()
	for round := 1; ; round++ {
		for _, s := range c.Steps(h.seedOf(fmt.Sprintf("cluster/%d", round)), r.world.Name()+".events") {
			began := time.Now()
			// A step that is begun is ended: it leaves the cluster whole.
			if err := s.Run(context.WithoutCancel(ctx)); err != nil {
				return err
			}
			done[s.Name]++
			r.note("%s: whole again after %v", s.Name, time.Since(began).Round(time.Millisecond))
			if ctx.Err() != nil || round > 1 && r.over() {
				return ctx.Err()
			}
			pause(ctx, 3*time.Second)
		}
		if r.over() {
			return nil
		}
	}
}

// over reports whether the sender is done.
func (r *run) over() bool {
	select {
	case <-r.sent:
		return true
	default:
		return false
	}
}

// onAllNodes sees that the queues the daemons declared are on all nodes: otherwise the
// loss of one would prove nothing.
func (r *run) onAllNodes(ctx context.Context, c *cluster.Cluster) error {
	qs, err := c.Broker.Queues(ctx)
	if err != nil {
		return err
	}
	for _, q := range qs {
		if strings.HasPrefix(q.Name, r.world.Name()+".") && len(q.Members) < cluster.Nodes {
			return fmt.Errorf("queue %s is on the nodes %v only", q.Name, q.Members)
		}
	}
	return nil
}

// addressed are the lines of a configuration that name the servers.
var addressed = regexp.MustCompile(`(?m)^database: \{url: "[^"]*"|^broker: \{url: "[^"]*"`)

// knowAll rolls a configuration out to the first daemon that names every server.
func knowAll(ctx context.Context, r *run, c *cluster.Cluster) error {
	d := r.world.Daemons[0]
	file := filepath.Join(r.dir, fmt.Sprintf("daemon%d.yaml", d.Number))
	raw, err := os.ReadFile(file) // #nosec G304 -- the world's own file
	if err != nil {
		return err
	}
	replaced := 0
	text := addressed.ReplaceAllStringFunc(string(raw), func(line string) string {
		replaced++
		if strings.HasPrefix(line, "database") {
			return fmt.Sprintf("database: {url: %q", cluster.DatabaseURL(c.Database.URL(), r.world.Name()))
		}
		return fmt.Sprintf(`broker: {urls: ["%s"]`, strings.Join(c.Broker.URLs(), `", "`))
	})
	if replaced != 2 {
		return fmt.Errorf("%s names its servers in %d lines, not in two", file, replaced)
	}
	if err := d.Stop(); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	if err := d.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	return d.Ready(ctx)
}
