package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A network is how the nodes of the broker reach each other.
type network interface {
	// host is a node's address among the nodes, local the one it serves clients at.
	host(n int) string
	local(n int) string
	// namespace is the path of the node's network namespace, if it has one.
	namespace(n int) string
	// dial reaches a node from outside, whether or not it is cut off.
	dial(n int, port int) (net.Conn, error)
	// cut separates a node from the others, mend joins it again.
	cut(ctx context.Context, n int) error
	mend(ctx context.Context, n int) error
	close() error
}

// loopback is a network of addresses of 127.0.0.0/8, which cannot be cut.
type loopback struct{ prefix string }

// errUncuttable is returned by networks that cannot be cut.
var errUncuttable = errors.New("without root there are no network namespaces: no link can be cut")

func (l loopback) host(n int) string               { return fmt.Sprintf("%s%d", l.prefix, n) }
func (l loopback) local(n int) string              { return l.host(n) }
func (l loopback) namespace(int) string            { return "" }
func (l loopback) cut(context.Context, int) error  { return errUncuttable }
func (l loopback) mend(context.Context, int) error { return nil }
func (l loopback) close() error                    { return nil }
func (l loopback) dial(n, port int) (net.Conn, error) {
	return dialTCP(fmt.Sprintf("%s:%d", l.host(n), port))
}

// namespaces is a network of a namespace per node, each joined by a cable to a bridge
// in one more. The namespaces live as long as the processes in them that do nothing.
type namespaces struct {
	hub   *keeper
	nodes []*keeper
}

// A keeper keeps a namespace.
type keeper struct {
	cmd  *exec.Cmd
	file *os.File
}

// separate makes the network of count nodes.
func separate(ctx context.Context, count int) (ns *namespaces, err error) {
	ns = &namespaces{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("making network namespaces: %w", err), ns.close())
		}
	}()
	if ns.hub, err = newKeeper(); err != nil {
		return ns, err
	}
	if err := ns.hub.ip(ctx, "link add nodes type bridge", "link set nodes up"); err != nil {
		return ns, err
	}
	for n := 1; n <= count; n++ {
		k, err := newKeeper()
		if err != nil {
			return ns, err
		}
		ns.nodes = append(ns.nodes, k)
		err = ns.hub.ip(ctx,
			fmt.Sprintf("link add %s type veth peer name eth0 netns %d", cable(n), k.cmd.Process.Pid),
			fmt.Sprintf("link set %s master nodes", cable(n)), fmt.Sprintf("link set %s up", cable(n)))
		if err != nil {
			return ns, err
		}
		if err := k.ip(ctx, "link set lo up", fmt.Sprintf("addr add %s/24 dev eth0", ns.host(n)), "link set eth0 up"); err != nil {
			return ns, err
		}
	}
	return ns, nil
}

func newKeeper() (*keeper, error) {
	cmd := exec.Command("sleep", "infinity")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNET}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	k := &keeper{cmd: cmd}
	var err error
	if k.file, err = os.Open(k.path()); err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (k *keeper) path() string { return fmt.Sprintf("/proc/%d/ns/net", k.cmd.Process.Pid) }

// ip runs commands of ip(8) in the namespace.
func (k *keeper) ip(ctx context.Context, lines ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", "--net="+k.path(), "--", "ip", "-batch", "-") // #nosec G204 -- our own process
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", lines[0], err, end(string(out)))
	}
	return nil
}

// in does something on a thread that is in the namespace. The thread returns to its
// own: would it end instead, what it had started would die with it.
func (k *keeper) in(do func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() { _ = home.Close() }()
	if err := unix.Setns(int(k.file.Fd()), unix.CLONE_NEWNET); err != nil { // #nosec G115 -- a descriptor
		runtime.UnlockOSThread()
		return err
	}
	err = do()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil { // #nosec G115 -- a descriptor
		return errors.Join(err, back) // the thread stays locked: nobody else may get it
	}
	runtime.UnlockOSThread()
	return err
}

func (k *keeper) close() error {
	err := k.cmd.Process.Kill()
	_ = k.cmd.Wait() // it was killed
	if k.file != nil {
		err = errors.Join(err, k.file.Close())
	}
	return err
}

func cable(n int) string { return fmt.Sprintf("n%d", n) }

func (ns *namespaces) host(n int) string      { return fmt.Sprintf("10.99.0.%d", 10+n) }
func (ns *namespaces) local(int) string       { return "127.0.0.1" }
func (ns *namespaces) namespace(n int) string { return ns.nodes[n-1].path() }

func (ns *namespaces) dial(n, port int) (conn net.Conn, err error) {
	err = ns.nodes[n-1].in(func() (err error) {
		conn, err = dialTCP(fmt.Sprintf("%s:%d", ns.local(n), port))
		return err
	})
	return conn, err
}

func (ns *namespaces) cut(ctx context.Context, n int) error {
	return ns.hub.ip(ctx, fmt.Sprintf("link set %s down", cable(n)))
}

func (ns *namespaces) mend(ctx context.Context, n int) error {
	return ns.hub.ip(ctx, fmt.Sprintf("link set %s up", cable(n)))
}

func (ns *namespaces) close() error {
	var errs []error
	for _, k := range append([]*keeper{ns.hub}, ns.nodes...) {
		if k != nil {
			errs = append(errs, k.close())
		}
	}
	return errors.Join(errs...)
}
