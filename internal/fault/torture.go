//go:build torture

package fault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrInjected is what a step fails with when it is told to.
var ErrInjected = errors.New("a fault was injected here")

type fault struct {
	point, action string
	at            int
	wait          time.Duration
}

// plan is what the environment asks for; it is read once, since a process keeps
// its environment.
var plan = sync.OnceValue(func() []*fault {
	var fs []*fault
	for spec := range strings.SplitSeq(os.Getenv("ERPBRIDGE_FAULTS"), ";") {
		if spec == "" {
			continue
		}
		f, err := parse(spec)
		if err != nil {
			fmt.Fprintln(os.Stderr, "ERPBRIDGE_FAULTS:", err)
			os.Exit(2)
		}
		fs = append(fs, f)
	}
	return fs
})

var bugs = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for name := range strings.SplitSeq(os.Getenv("ERPBRIDGE_BUGS"), ",") {
		m[name] = true
	}
	return m
})

// parse reads point=action[@n][:duration].
func parse(spec string) (*fault, error) {
	point, rest, ok := strings.Cut(spec, "=")
	if !ok || point == "" {
		return nil, fmt.Errorf("%q is not point=action[@n][:duration]", spec)
	}
	f := &fault{point: point, at: 1}
	var err error
	rest, wait, timed := strings.Cut(rest, ":")
	if timed {
		if f.wait, err = time.ParseDuration(wait); err != nil {
			return nil, fmt.Errorf("%q: %w", spec, err)
		}
	}
	action, n, counted := strings.Cut(rest, "@")
	if counted {
		if f.at, err = strconv.Atoi(n); err != nil {
			return nil, fmt.Errorf("%q: %w", spec, err)
		}
	}
	switch f.action = action; action {
	case "crash", "error", "cut":
	case "pause":
		if f.wait <= 0 {
			return nil, fmt.Errorf("%q: how long is the pause? (pause:2s)", spec)
		}
	default:
		return nil, fmt.Errorf("%q: there is no action %q", spec, action)
	}
	return f, nil
}

var (
	mu      sync.Mutex
	reached = map[string]int{}
)

// Do makes a step, or breaks it as ERPBRIDGE_FAULTS says.
func Do(point string, step func() error) error {
	f := due(point)
	if f == nil {
		return step()
	}
	switch f.action {
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	case "error":
		return fmt.Errorf("%s: %w", point, ErrInjected)
	case "cut":
		if err := step(); err != nil {
			return err
		}
		return fmt.Errorf("%s: the answer was lost: %w", point, ErrInjected)
	default:
		time.Sleep(f.wait)
		return step()
	}
}

// Planted reports whether ERPBRIDGE_BUGS names the bug.
func Planted(bug string) bool {
	on := bugs()[bug]
	if on {
		mark("bug." + bug)
	}
	return on
}

// due counts that point was reached and returns the fault that is to happen now.
func due(point string) *fault {
	mu.Lock()
	defer mu.Unlock()
	if reached[point]++; reached[point] == 1 {
		mark(point)
	}
	for _, f := range plan() {
		if (f.point == point || f.point == "*") && reached[point] >= f.at && mark(point+"."+f.action+".fired") {
			return f
		}
	}
	return nil
}

// mark leaves a file in the ledger and reports whether it was not there before.
// Without a ledger a fault happens once in a process.
func mark(name string) bool {
	dir := os.Getenv("ERPBRIDGE_FAULT_LEDGER")
	if dir == "" {
		_, seen := marked.LoadOrStore(name, true)
		return !seen
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

var marked sync.Map
