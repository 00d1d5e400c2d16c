// Command torture tries to break the promise of erpbridge: that an acknowledged event
// is never lost, takes effect in the ERP once, in its order's order, at a pace the ERP
// survives. It knows the product only as a program, and proves with planted bugs that
// it would see a break.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := 0
	if err := newRoot(os.Stdout, os.Stderr).ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errBroken) {
			_, _ = fmt.Fprintln(os.Stderr, "torture:", err)
		}
		code = 1
	}
	stop()
	os.Exit(code)
}

// errBroken is returned where the promise was broken: the summary says how.
var errBroken = errors.New("the promise was broken")

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use: "torture", Short: "Try to break the promise of erpbridge", SilenceUsage: true, SilenceErrors: true,
		Long: `torture starts daemons in a world of real servers and a simulated ERP, breaks all of
it in every way it knows, and checks by the journals of both ends that nothing was
lost, doubled, reordered, invented or changed. It ends with one line of JSON on
stdout, and with exit code 1 if the promise was broken.`,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	f := root.PersistentFlags()
	f.Uint64Var(&o.seed, "seed", 0, "seed of everything random; 0: a new one")
	f.StringVar(&o.bin, "bin", "bin", "folder of erpbridge-torture and erpsim")
	f.StringVar(&o.results, "results", "torture-results", "folder that keeps the evidence of what failed")
	f.StringVar(&o.script, "stack-script", "scripts/stack.sh", "the script that started the servers")
	root.AddCommand(newSmoke(o), newCI(o), newSweep(o), newBugs(o), newLong(o), newCluster(o), newReplay(o))
	return root
}

// playing makes a command of what plays scenarios.
func playing(o *options, play func(ctx context.Context, h *house) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		h, err := o.open(c.ErrOrStderr())
		if err != nil {
			return err
		}
		h.say("seed %d", h.seed)
		if err := play(c.Context(), h); err != nil {
			h.total.violate("the torture itself failed: %v", err)
		}
		if err := h.close(c.Context(), c.OutOrStdout()); err != nil {
			return err
		}
		if len(h.total.Violations) > 0 {
			return errBroken
		}
		return nil
	}
}
