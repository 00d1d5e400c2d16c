package testenv

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A Node is a RabbitMQ of one test's own, for what must not be done to a broker that
// others use: alarms, policies, users.
type Node struct {
	// URL is where it takes AMQP, as an administrator.
	URL string
	dir string
}

// rabbitBin is where Debian has RabbitMQ's commands.
const rabbitBin = "/usr/lib/rabbitmq/bin"

// OwnNode starts a Node, which ends with the test, or with the process if that comes
// first. Where no RabbitMQ is installed, because the tests use one elsewhere, the test
// is skipped.
func OwnNode(t testing.TB) *Node {
	t.Helper()
	if _, err := os.Stat(filepath.Join(rabbitBin, "rabbitmqctl")); err != nil {
		t.Skip("no RabbitMQ is installed here: what needs alarms, policies or users of the broker cannot be tested on that of AMQP_URL")
	}
	root, err := moduleRoot()
	if err != nil {
		t.Fatalf("looking for the project's root: %v", err)
	}
	n := &Node{dir: t.TempDir()}
	const untilWeEnd = `echo "$AMQP_URL"; while kill -0 "$0" 2>/dev/null; do sleep 0.5; done`
	cmd := exec.Command(filepath.Join(root, "scripts", "stack.sh"), "run", n.dir, "--", "sh", "-c", untilWeEnd, strconv.Itoa(os.Getpid())) // #nosec G204 -- the project's own script
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != "DATABASE_URL" && name != "AMQP_URL" && name != "ERPBRIDGE_STACK" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting a broker: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it ends with 143, or has ended
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the broker did not start: %v", err)
	}
	n.URL = strings.TrimSpace(line)
	return n
}

// Run runs one of RabbitMQ's commands against the node, rabbitmqctl or
// rabbitmq-plugins, and returns what it prints.
func (n *Node) Run(t testing.TB, command string, args ...string) string {
	t.Helper()
	// The node has no port mapper: the command is told the port, and listens on none.
	const script = `set -e
. "$0/state"
cd /
as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres "--regid=$(id -g postgres)" --init-groups --)
exec "${as[@]}" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$files/rabbitmq" LC_ALL=C.UTF-8 \
  ERL_FLAGS='-start_epmd false' ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd_port" \
  RABBITMQ_NODENAME="erpbridge_$id@localhost" RABBITMQ_USE_LONGNAME=false \
  RABBITMQ_CTL_ERL_ARGS="-erl_epmd_port $dist_port -dist_listen false" \
  RABBITMQ_ENABLED_PLUGINS_FILE="$files/rabbitmq/plugins" "$@"`
	all := append([]string{"-c", script, n.dir, filepath.Join(rabbitBin, command)}, args...)
	out, err := exec.CommandContext(t.Context(), "bash", all...).CombinedOutput() // #nosec G204 -- a test's own words
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Alarm raises the node's memory alarm, or clears it.
func (n *Node) Alarm(t testing.TB, on bool) {
	t.Helper()
	if on {
		n.Run(t, "rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "1000000")
		return
	}
	n.Run(t, "rabbitmqctl", "set_vm_memory_high_watermark", "0.4")
}
