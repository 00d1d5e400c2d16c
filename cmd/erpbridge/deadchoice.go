package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

// chooseDead adds the flags that choose dead letters.
func chooseDead(c *cobra.Command, f *outbox.DeadLetterFilter) {
	c.Flags().StringVar(&f.Store, "store", "", "only of this store")
	c.Flags().StringVar(&f.Target, "target", "", "only of this target")
	c.Flags().StringVar(&f.Order, "order", "", `only of this order, such as "#1001"`)
	c.Flags().StringVar(&f.CauseKind, "cause", "", "only of this kind of reason, such as invalid")
	c.Flags().StringVar(&f.CauseCode, "code", "", "only of this code of the ERP's, such as USER_ERROR")
}

// whichDead are the dead letters that a command acts on: those it names, or all that are
// chosen.
type whichDead struct {
	all    bool
	filter outbox.DeadLetterFilter
}

func (w *whichDead) flags(c *cobra.Command) {
	c.Flags().BoolVar(&w.all, "all", false, "all that are open, or all that --store, --target, --order, --cause and --code choose")
	chooseDead(c, &w.filter)
}

// named returns the numbers that args name, none with --all, and refuses what leaves open
// which are meant.
func (w whichDead) named(c *cobra.Command, args []string) ([]int64, error) {
	if w.all {
		if err := narrowed(c, "store", "target", "order", "cause", "code"); err != nil {
			return nil, err
		}
	}
	switch {
	case w.all == (len(args) > 0):
		return nil, &codedError{exitUsage, errors.New("name dead letters by their numbers, or all of them with --all; see erpbridge dead list and dead groups")}
	case !w.all && w.filter != (outbox.DeadLetterFilter{}):
		return nil, &codedError{exitUsage, errors.New("--store, --target, --order, --cause and --code choose among --all; dead letters that are named need none")}
	}
	return numbers(args)
}

// chosen returns the numbers of all that are chosen, and refuses the name of a store or a
// target that there is not.
func (w whichDead) chosen(ctx context.Context, conf *config.Config, s *outbox.Store) ([]int64, error) {
	ids, err := s.DeadLetterNumbers(ctx, w.filter)
	if err == nil && len(ids) == 0 {
		err = nothingOf(conf, w.filter.Store, w.filter.Target)
	}
	return ids, err
}

// A deadDeed is what was done about a dead letter.
type deadDeed struct {
	ID     int64  `json:"id"`
	Action string `json:"action"`
	Order  string `json:"order"`
	Key    string `json:"key"`
	Error  string `json:"error,omitempty"`
	what   string
}

func (d deadDeed) String() string {
	what := d.what
	if d.Order != "" {
		what += " of order " + d.Order
	}
	return fmt.Sprintf("dead letter %d (%s): %s", d.ID, printable(what), d.Action)
}

func (d deadDeed) failed(err error) any {
	d.Action, d.Error = "failed", err.Error()
	return d
}

// eachDeadLetter does act on each of the open dead letters that are chosen or that args
// name. Act returns what it did, or would do.
func eachDeadLetter(c *cobra.Command, opt *options, which whichDead, args []string, act func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error)) error {
	ids, err := which.named(c, args)
	if err != nil {
		return err
	}
	return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
		if which.all {
			var err error
			if ids, err = which.chosen(ctx, conf, s); err != nil {
				return err
			}
			if len(ids) == 0 && !opt.json() {
				return showDeadLetters(c.OutOrStdout(), nil)
			}
		}
		return each(ctx, c.OutOrStdout(), opt, ids, func(id int64) (deadDeed, error) {
			d, err := s.DeadLetter(ctx, id)
			if err != nil {
				return deadDeed{ID: id}, fmt.Errorf("dead letter %d: %w", id, err)
			}
			did := deadDeed{ID: id, Order: d.Order, Key: d.Key, what: cmp.Or(d.Kind, d.Type)}
			if d.State != "open" {
				return did, fmt.Errorf("dead letter %d: %w: it was %s by %s", id, outbox.ErrNotOpen, d.State, d.ClosedBy)
			}
			did.Action, err = act(ctx, s, d)
			return did, err
		})
	})
}

func newDeadGroups(opt *options) *cobra.Command {
	var f outbox.DeadLetterFilter
	c := &cobra.Command{
		Use: "groups", Short: "Count the open dead letters by their reason", Args: usage(cobra.NoArgs),
		Long: `Groups counts the open dead letters of each store and target by the kind of their
reason and the ERP's code, the largest group first, with what the newest of them says.
What is mended for one of a group is mostly mended for all of it: see dead replay --all.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
				gs, err := s.DeadLetterGroups(ctx, f)
				if err == nil && len(gs) == 0 {
					err = nothingOf(conf, f.Store, f.Target)
				}
				if err != nil {
					return err
				}
				if opt.json() {
					return printJSON(c.OutOrStdout(), append([]outbox.DeadLetterGroup{}, gs...))
				}
				return showDeadGroups(c.OutOrStdout(), gs)
			})
		},
	}
	chooseDead(c, &f)
	return c
}

func showDeadGroups(w io.Writer, gs []outbox.DeadLetterGroup) error {
	if len(gs) == 0 {
		return showDeadLetters(w, nil)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "COUNT\tORDERS\tSTORE\tTARGET\tCAUSE\tCODE\tFIRST\tLAST\tTHE NEWEST SAYS")
	for _, g := range gs {
		_, _ = fmt.Fprintf(tw, "%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", g.Count, g.Orders, g.Store, g.Target, g.CauseKind, printable(g.CauseCode),
			g.First.UTC().Format(time.RFC3339), g.Last.UTC().Format(time.RFC3339), printable(firstLine(g.Cause, 100)))
	}
	return tw.Flush()
}
