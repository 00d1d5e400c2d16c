// Command erpbridge is the bridge: the daemon, and the commands to look after it.
//
// main is flags, signals and the exit code; execute is the program. run.go is the
// only place where the rooms of the house meet.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // posting dates and maintenance windows must not depend on what the machine has installed
)

// version is set by the linker.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the process at once: what is under way is then in doubt
	// and looked up by whoever comes next.
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// The exit codes of all commands. They are stable: scripts may rely on them.
const (
	exitOK      = 0
	exitFailed  = 1 // the command could not do what it was asked, or found something wrong
	exitUsage   = 2 // wrong arguments, or a configuration that is refused
	exitHeld    = 3 // preview: held, a mapping is missing
	exitInvalid = 4 // preview: can never be understood
	exitIgnored = 5 // preview: understood, nothing to deliver
)

// A codedError ends the program with a code of its own. With a nil error
// everything was said already.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *codedError) Unwrap() error { return e.err }

// execute runs the program and returns its exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	// All of it is said, also what stands around or beside the error with the code.
	if said := err.Error(); said != "" {
		_, _ = fmt.Fprintln(stderr, "erpbridge:", said)
	}
	var coded *codedError
	if errors.As(err, &coded) {
		return coded.code
	}
	return exitFailed
}
