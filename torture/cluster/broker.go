package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Nodes is how many nodes the broker has.
const Nodes = 3

const (
	rabbit = "/usr/lib/rabbitmq/bin/rabbitmq-server"
	// comingUp is how long a node may take to start on a busy machine.
	comingUp = 3 * time.Minute
	// ticktime is after how many seconds of silence a node takes another for gone:
	// short, so that a node that is cut off for ten seconds notices.
	ticktime = 6
)

// A Broker is a cluster of three nodes of RabbitMQ.
type Broker struct {
	account        *account
	network        network
	nodes          [Nodes]*node
	front          *door // leads to any node that is up
	turn           atomic.Uint64
	user, password string
	amqp           int // ports, the same at every node
	dist, api      int
}

// A node is one of them. Its number counts from 1.
type node struct {
	number int
	dir    string
	door   *door

	mu        sync.Mutex
	server    *server
	suspended bool // cut off, where there is no better way
}

// startBroker makes a cluster and waits until it is whole.
func startBroker(ctx context.Context, a *account) (b *Broker, err error) {
	b = &Broker{account: a, user: "torture", password: rand.Text()}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting the broker's cluster: %w", err), b.stop())
			b = nil
		}
	}()
	if err := b.settle(ctx); err != nil {
		return b, err
	}
	if err := a.write(filepath.Join(a.dir, ".erlang.cookie"), b.password, 0o400); err != nil {
		return b, err
	}
	for i := range b.nodes {
		b.nodes[i] = &node{number: i + 1, dir: filepath.Join(a.dir, fmt.Sprintf("n%d", i+1))}
		if err := b.configure(b.nodes[i]); err != nil {
			return b, err
		}
	}
	if err := b.open(); err != nil {
		return b, err
	}
	// The first makes the cluster, the others join it: all at once might make three.
	if err := b.StartNode(ctx, 1); err != nil {
		return b, err
	}
	if err := b.startNodes(ctx, 2, Nodes); err != nil {
		return b, err
	}
	return b, b.AwaitWhole(ctx, comingUp)
}

// settle chooses the network and the ports.
func (b *Broker) settle(ctx context.Context) error {
	host := "127.0.0.1"
	if b.account.root {
		ns, err := separate(ctx, Nodes)
		if err != nil {
			return err
		}
		b.network = ns
	} else {
		var some [2]byte
		if _, err := rand.Read(some[:]); err != nil {
			return err
		}
		l := loopback{prefix: fmt.Sprintf("127.%d.%d.1", 64+some[0]%128, some[1])}
		b.network, host = l, l.local(1)
	}
	for _, port := range []*int{&b.amqp, &b.dist, &b.api} {
		var err error
		if *port, err = freePort(host); err != nil {
			return err
		}
	}
	return nil
}

// name is what the nodes call one of them.
func (b *Broker) name(n int) string { return "rabbit@" + b.network.host(n) }

// configure writes the files of a node.
func (b *Broker) configure(n *node) error {
	for _, dir := range []string{n.dir, filepath.Join(n.dir, "log")} {
		if err := b.account.folder(dir); err != nil {
			return err
		}
	}
	local := b.network.local(n.number)
	var conf strings.Builder
	_, _ = fmt.Fprintf(&conf, `listeners.tcp.1 = %[1]s:%[2]d
management.tcp.ip = %[1]s
management.tcp.port = %[3]d
default_user = %[4]s
default_pass = %[5]s
disk_free_limit.absolute = 50MB
raft.wal_max_size_bytes = 67108864
log.file = rabbitmq.log
log.file.level = info
cluster_partition_handling = pause_minority
cluster_formation.peer_discovery_backend = classic_config
`, local, b.amqp, b.api, b.user, b.password)
	for i := 1; i <= Nodes; i++ {
		_, _ = fmt.Fprintf(&conf, "cluster_formation.classic_config.nodes.%d = %s\n", i, b.name(i))
	}
	return errors.Join(
		b.account.write(filepath.Join(n.dir, "rabbitmq.conf"), conf.String(), 0o600),
		b.account.write(filepath.Join(n.dir, "plugins"), "[rabbitmq_management].\n", 0o600))
}

// open opens the doors.
func (b *Broker) open() error {
	for _, n := range b.nodes {
		var err error
		if n.door, err = openDoor(func() (net.Conn, error) { return b.dial(n.number, b.amqp) }); err != nil {
			return err
		}
	}
	var err error
	b.front, err = openDoor(func() (net.Conn, error) {
		var errs []error
		first := int(b.turn.Add(1) % Nodes) // #nosec G115 -- below three
		for i := range Nodes {
			conn, err := b.dial(1+(first+i)%Nodes, b.amqp)
			if err == nil {
				return conn, nil
			}
			errs = append(errs, err)
		}
		return nil, errors.Join(errs...)
	})
	return err
}

func (b *Broker) dial(n, port int) (net.Conn, error) { return b.network.dial(n, port) }

// URLs are the addresses of the nodes, in their order.
func (b *Broker) URLs() []string {
	var urls []string
	for _, n := range b.nodes {
		urls = append(urls, b.url(n.door))
	}
	return urls
}

// URL is an address that leads to any of the nodes that takes a connection, as a load
// balancer's does.
func (b *Broker) URL() string { return b.url(b.front) }

func (b *Broker) url(d *door) string {
	return fmt.Sprintf("amqp://%s:%s@%s/", b.user, b.password, d.addr())
}

// Separable reports whether a node can be cut off from the others while it runs.
// Otherwise Partition suspends it.
func (b *Broker) Separable() bool { return b.network.namespace(1) != "" }

// Kill is kill -9 of a node. Its data is kept.
func (b *Broker) Kill(n int) error {
	at := b.nodes[n-1]
	at.mu.Lock()
	defer at.mu.Unlock()
	if !at.server.alive() {
		return fmt.Errorf("node %d does not run: it cannot be killed", n)
	}
	return at.server.kill()
}

// StartNode starts a node and waits until it serves.
func (b *Broker) StartNode(ctx context.Context, n int) error {
	at := b.nodes[n-1]
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.server.alive() {
		return nil
	}
	log, out := filepath.Join(at.dir, "log", "rabbitmq.log"), filepath.Join(at.dir, "log", "out")
	began := size(log)
	var err error
	if at.server, err = launch(fmt.Sprintf("node %d", n), out, b.command(at)); err != nil {
		return err
	}
	at.suspended = false
	err = at.server.await(ctx, comingUp, func() error { return says(log, began, "Server startup complete") })
	if err != nil {
		return fmt.Errorf("%w\n%s", err, tail(log))
	}
	return nil
}

// startNodes starts several nodes at once.
func (b *Broker) startNodes(ctx context.Context, first, last int) error {
	var starting sync.WaitGroup
	var errs [Nodes]error
	for n := first; n <= last; n++ {
		starting.Go(func() { errs[n-1] = b.StartNode(ctx, n) })
	}
	starting.Wait()
	return errors.Join(errs[:]...)
}

// command is the program of a node. There is no epmd, Erlang's port mapper, which
// would outlive it: all nodes have the same port, and are told.
func (b *Broker) command(n *node) *exec.Cmd {
	host, local, none := b.network.host(n.number), b.network.local(n.number), filepath.Join(n.dir, "none")
	return b.account.command(b.network.namespace(n.number), []string{
		"ERL_FLAGS=-start_epmd false", "ERL_EPMD_ADDRESS=" + local, fmt.Sprintf("ERL_EPMD_PORT=%d", b.dist+1),
		"RABBITMQ_NODENAME=" + b.name(n.number), "RABBITMQ_USE_LONGNAME=true",
		fmt.Sprintf("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-name %s -erl_epmd_port %d -kernel inet_dist_use_interface {%s} -kernel net_ticktime %d +sbwt none +sbwtdcpu none +sbwtdio none",
			b.name(n.number), b.dist, strings.ReplaceAll(host, ".", ","), ticktime),
		"RABBITMQ_NODE_IP_ADDRESS=" + local, fmt.Sprintf("RABBITMQ_NODE_PORT=%d", b.amqp), fmt.Sprintf("RABBITMQ_DIST_PORT=%d", b.dist),
		"RABBITMQ_CONF_ENV_FILE=" + none, "RABBITMQ_CONFIG_FILES=" + none + "/*.conf", "RABBITMQ_ADVANCED_CONFIG_FILE=" + none,
		"RABBITMQ_CONFIG_FILE=" + filepath.Join(n.dir, "rabbitmq.conf"), "RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(n.dir, "plugins"),
		"RABBITMQ_MNESIA_BASE=" + filepath.Join(n.dir, "data"), "RABBITMQ_SCHEMA_DIR=" + filepath.Join(n.dir, "schema"),
		"RABBITMQ_GENERATED_CONFIG_DIR=" + filepath.Join(n.dir, "generated"), "RABBITMQ_PID_FILE=" + filepath.Join(n.dir, "pid"),
		"RABBITMQ_LOG_BASE=" + filepath.Join(n.dir, "log"),
		"detached=yes", // the script then execs the server
	}, rabbit)
}

// Partition cuts a node off from the other two. Its clients still reach it, unless it
// had to be suspended.
func (b *Broker) Partition(ctx context.Context, n int) error {
	err := b.network.cut(ctx, n)
	if !errors.Is(err, errUncuttable) {
		return err
	}
	at := b.nodes[n-1]
	at.mu.Lock()
	defer at.mu.Unlock()
	if !at.server.alive() {
		return fmt.Errorf("node %d does not run: it cannot be suspended", n)
	}
	at.suspended = true
	return at.server.signal(syscall.SIGSTOP)
}

// Heal ends what Partition began.
func (b *Broker) Heal(ctx context.Context, n int) error {
	at := b.nodes[n-1]
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.suspended {
		at.suspended = false
		return at.server.signal(syscall.SIGCONT)
	}
	return b.network.mend(ctx, n)
}

// stop ends everything at once: nothing is to be kept.
func (b *Broker) stop() error {
	var errs []error
	for _, n := range b.nodes {
		if n == nil {
			continue
		}
		errs = append(errs, n.door.close())
		n.mu.Lock()
		if n.server.alive() {
			errs = append(errs, n.server.kill())
		}
		n.mu.Unlock()
	}
	errs = append(errs, b.front.close())
	if b.network != nil {
		errs = append(errs, b.network.close())
	}
	return errors.Join(errs...)
}
