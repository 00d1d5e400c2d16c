//go:build torture

package fault

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A process has one plan, so every case is a process of its own.
func TestFaults(t *testing.T) {
	if os.Getenv("FAULT_CHILD") != "" {
		child(t)
		return
	}
	for _, tt := range []struct {
		name, faults, bugs string
		want               string // what the child printed
		killed             bool
	}{
		{name: "nothing", want: "made ok made ok made ok sound"},
		{name: "error", faults: "a.b=error", want: "failed made ok made ok sound"},
		{name: "the second time", faults: "a.b=error@2", want: "made ok failed made ok sound"},
		{name: "another point", faults: "c.d=crash", want: "made ok made ok made ok sound"},
		{name: "any point", faults: "*=error", want: "failed made ok made ok sound"},
		{name: "cut", faults: "a.b=cut", want: "made failed made ok made ok sound"},
		{name: "pause", faults: "a.b=pause:30ms", want: "slowly made ok made ok made ok sound"},
		{name: "crash", faults: "a.b=crash@3", want: "made ok made ok", killed: true},
		{name: "a bug", bugs: "x,y", want: "made ok made ok made ok buggy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ledger := t.TempDir()
			for _, round := range []string{"first", "second"} {
				cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFaults$")
				cmd.Env = append(os.Environ(), "FAULT_CHILD=1", "ERPBRIDGE_FAULTS="+tt.faults, "ERPBRIDGE_BUGS="+tt.bugs, "ERPBRIDGE_FAULT_LEDGER="+ledger)
				out, err := cmd.Output()
				got, _, _ := strings.Cut(string(out), "PASS")
				want, killed := tt.want, tt.killed
				if round == "second" { // what happened once does not happen again
					want, killed = "made ok made ok made ok sound", false
					if tt.bugs != "" {
						want = tt.want
					}
				}
				if got = strings.TrimSpace(got); got != want || (err != nil) != killed {
					t.Errorf("%s: %q, %v; want %q", round, got, err, want)
				}
			}
			if _, err := os.Stat(filepath.Join(ledger, "a.b")); err != nil {
				t.Errorf("the ledger does not tell that the point was reached: %v", err)
			}
		})
	}
}

func child(t *testing.T) {
	for range 3 {
		began := time.Now()
		err := Do("a.b", func() error {
			if time.Since(began) > 20*time.Millisecond {
				say("slowly")
			}
			say("made")
			return nil
		})
		switch {
		case errors.Is(err, ErrInjected):
			say("failed")
		case err == nil:
			say("ok")
		default:
			t.Fatal(err)
		}
	}
	if Planted("y") {
		say("buggy")
	} else {
		say("sound")
	}
}

func say(word string) { _, _ = os.Stdout.WriteString(word + " ") }

func TestBadPlans(t *testing.T) {
	for _, spec := range []string{"", "a", "=error", "a=burn", "a=error@x", "a=pause", "a=pause:soon"} {
		if f, err := parse(spec); err == nil {
			t.Errorf("%q: %+v", spec, f)
		}
	}
}
