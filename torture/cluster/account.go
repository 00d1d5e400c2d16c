package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// An account runs the servers, which refuse to be run by root: root runs them as the
// user postgres, anybody else as himself.
type account struct {
	root     bool
	uid, gid int
	dir      string // home of the servers' files
	moved    bool   // dir is not where it was asked for
}

// plain are the paths that RabbitMQ's scripts do not stumble over.
var plain = regexp.MustCompile(`^[A-Za-z0-9/._+@-]+$`)

// newAccount makes the folder of the servers' files: dir, unless the account cannot
// live there.
func newAccount(dir string) (*account, error) {
	a := &account{root: os.Getuid() == 0, uid: os.Getuid(), gid: os.Getgid()}
	if a.root {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, fmt.Errorf("the servers refuse to be run by root: %w", err)
		}
		if a.uid, err = strconv.Atoi(u.Uid); err != nil {
			return nil, err
		}
		if a.gid, err = strconv.Atoi(u.Gid); err != nil {
			return nil, err
		}
	}
	var err error
	if a.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(a.dir, 0o750); err != nil {
		return nil, err
	}
	if err := a.own(a.dir); err != nil {
		return nil, err
	}
	if plain.MatchString(a.dir) && a.command("", nil, "test", "-x", a.dir).Run() == nil {
		return a, nil
	}
	if a.dir, err = os.MkdirTemp("/var/tmp", "erpbridge-cluster-"); err != nil {
		return nil, err
	}
	a.moved = true
	return a, a.own(a.dir)
}

// own gives a file to the account.
func (a *account) own(path string) error {
	if !a.root {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// write writes a file of the account's.
func (a *account) write(path, text string, mode os.FileMode) error {
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		return err
	}
	return a.own(path)
}

// folder makes a folder of the account's.
func (a *account) folder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return a.own(path)
}

// command is a program run by the account in a clean environment, in the network
// namespace of that path unless it is empty. Each step on the way execs, so that the
// process is the program itself, and it dies with us.
func (a *account) command(namespace string, env []string, program string, args ...string) *exec.Cmd {
	var line []string
	if namespace != "" {
		line = append(line, "nsenter", "--net="+namespace, "--")
	}
	if a.root {
		// The kernel forgets whom to die with when the user changes: it is told again.
		line = append(line, "setpriv", "--reuid="+strconv.Itoa(a.uid), "--regid="+strconv.Itoa(a.gid), "--clear-groups", "--pdeathsig", "KILL", "--")
	}
	line = append(line, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME="+a.dir, "LC_ALL=C.UTF-8")
	line = append(append(append(line, env...), program), args...)
	cmd := exec.Command(line[0], line[1:]...) // #nosec G204 -- our own programs
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs a program to its end.
func (a *account) run(ctx context.Context, env []string, program string, args ...string) error {
	cmd := a.command("", env, program, args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), errors.Join(err, ctx.Err()), end(out.String()))
	}
	return nil
}

// end is the end of a text.
func end(s string) string { return strings.TrimSpace(s[max(0, len(s)-1500):]) }
