package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Queue is how a quorum queue stands: the numbers of the node that leads it, of
// those that hold it and of those of them that are up. No leader is 0.
type Queue struct {
	Name    string
	Leader  int
	Members []int
	Online  []int
}

// Queues returns the quorum queues as a node that answers sees them, which is some
// seconds old.
func (b *Broker) Queues(ctx context.Context) ([]Queue, error) {
	var errs []error
	for n := 1; n <= Nodes; n++ {
		qs, err := b.queuesOf(ctx, n)
		if err == nil {
			return qs, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (b *Broker) queuesOf(ctx context.Context, n int) ([]Queue, error) {
	var raw []struct {
		Name, Type, Leader string
		Members, Online    []string
	}
	if err := b.ask(ctx, n, "/api/queues", &raw); err != nil {
		return nil, err
	}
	var qs []Queue
	for _, r := range raw {
		if r.Type == "quorum" {
			qs = append(qs, Queue{Name: r.Name, Leader: b.number(r.Leader), Members: b.numbers(r.Members), Online: b.numbers(r.Online)})
		}
	}
	return qs, nil
}

// Leader is the node that leads a queue.
func (b *Broker) Leader(ctx context.Context, queue string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	leader := 0
	return leader, poll(ctx, 500*time.Millisecond, func() error {
		qs, err := b.Queues(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(qs, func(q Queue) bool { return q.Name == queue })
		if at < 0 || qs[at].Leader == 0 {
			return fmt.Errorf("queue %s has no leader", queue)
		}
		leader = qs[at].Leader
		return nil
	})
}

// AwaitWhole waits until every node sees all three run, and every member of every
// quorum queue is up: then any one of them may be lost.
func (b *Broker) AwaitWhole(ctx context.Context, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := poll(ctx, 500*time.Millisecond, func() error {
		for n := 1; n <= Nodes; n++ {
			if err := b.whole(ctx, n); err != nil {
				return fmt.Errorf("asking node %d: %w", n, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("the broker's cluster is not whole within %v: %w", most, err)
	}
	return nil
}

func (b *Broker) whole(ctx context.Context, n int) error {
	var nodes []struct {
		Name       string
		Running    bool
		Partitions []string
	}
	if err := b.ask(ctx, n, "/api/nodes", &nodes); err != nil {
		return err
	}
	running := 0
	for _, o := range nodes {
		if len(o.Partitions) > 0 {
			return fmt.Errorf("%s is cut off from %s", o.Name, strings.Join(o.Partitions, " and "))
		}
		if o.Running {
			running++
		}
	}
	if running != Nodes {
		return fmt.Errorf("%d of %d nodes run", running, Nodes)
	}
	qs, err := b.queuesOf(ctx, n)
	if err != nil {
		return err
	}
	for _, q := range qs {
		if len(q.Online) != len(q.Members) || q.Leader == 0 {
			return fmt.Errorf("queue %s is led by %d and up on %v of %v", q.Name, q.Leader, q.Online, q.Members)
		}
	}
	return nil
}

// ask asks a node's management API.
func (b *Broker) ask(ctx context.Context, n int, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return b.dial(n, b.api) },
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://node"+path, nil)
	if err != nil {
		return err
	}
	req.SetBasicAuth(b.user, b.password)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("management API: %s", res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// number is that of the node with a name; 0 if there is none.
func (b *Broker) number(name string) int {
	for n := 1; n <= Nodes; n++ {
		if b.name(n) == name {
			return n
		}
	}
	return 0
}

func (b *Broker) numbers(names []string) []int {
	var ns []int
	for _, name := range names {
		ns = append(ns, b.number(name))
	}
	slices.Sort(ns)
	return ns
}
