package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is one process that runs.
type server struct {
	name string
	cmd  *exec.Cmd
	out  string // file of its output
	done chan struct{}
	err  error // how it ended; to be read after done
}

// launch starts a server whose output goes to the end of a file.
func launch(name, out string, cmd *exec.Cmd) (*server, error) {
	f, err := os.OpenFile(out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // #nosec G304 -- our own file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	s := &server{name: name, cmd: cmd, out: out, done: make(chan struct{})}
	go func() {
		s.err = cmd.Wait()
		close(s.done)
	}()
	return s, nil
}

// alive reports whether the server runs.
func (s *server) alive() bool {
	if s == nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// signal sends a signal. That the server has ended already is no error.
func (s *server) signal(sig syscall.Signal) error {
	err := s.cmd.Process.Signal(sig)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// kill is SIGKILL of the server and its children at once, as when the machine dies,
// and waits until none of them runs.
func (s *server) kill() error {
	if !s.alive() {
		return nil
	}
	children := s.children()
	err := s.signal(syscall.SIGKILL)
	for _, child := range children {
		_ = syscall.Kill(child, syscall.SIGKILL) // it may have ended with its parent
	}
	<-s.done
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(err, poll(ctx, 10*time.Millisecond, func() error {
		for _, child := range children {
			if runs(child) {
				return fmt.Errorf("process %d of %s outlives SIGKILL", child, s.name)
			}
		}
		return nil
	}))
}

// children are the processes the server has started.
func (s *server) children() []int {
	pid := s.cmd.Process.Pid
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // gone: no children
	var pids []int
	for _, field := range strings.Fields(string(raw)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}

// runs reports whether a process exists that is more than a zombie nobody waits for.
func runs(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name before it may hold anything
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// halt ends the server with a signal, and by force after most.
func (s *server) halt(sig syscall.Signal, most time.Duration) error {
	if !s.alive() {
		return nil
	}
	if err := s.signal(sig); err != nil {
		return err
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(most):
		return s.kill()
	}
}

// await waits until ok returns nil, unless the server ends before.
func (s *server) await(ctx context.Context, most time.Duration, ok func() error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := poll(ctx, 50*time.Millisecond, func() error {
		err := ok()
		if err != nil && !s.alive() {
			cancel()
			return errors.New("it ended")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w: %s", s.name, err, tail(s.out))
	}
	return nil
}

// tail is the end of a log.
func tail(file string) string {
	raw, err := os.ReadFile(file) // #nosec G304 -- our own file
	if err != nil {
		return ""
	}
	return end(string(raw))
}

// poll calls ok until it returns nil or ctx ends, and returns what it said last.
func poll(ctx context.Context, every time.Duration, ok func() error) error {
	for {
		err := ok()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(every):
		}
	}
}
