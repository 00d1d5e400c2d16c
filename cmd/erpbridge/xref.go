package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

func newXref(opt *options) *cobra.Command {
	x := &cobra.Command{
		Use: "xref", Short: "Keep the cross-reference tables: what the storefronts' names are called in an ERP",
		Long: `Cross-reference tables say what the storefronts' names are called in an ERP: items
by SKU, tax codes, ship methods. They are kept in the database, one set for each
target, and may be changed while daemons run. These learn of it within seconds; what
was held for want of an entry is then tried again by itself.

Keys are compared letter by letter, upper and lower case apart, but for blanks around
them. Documents that were rendered keep their bytes, in every retry and every replay:
a changed entry holds for what is rendered from then on. dead replay --render-again
renders an undelivered document anew.

Changes are written to the audit log. To have a way back, export before an import;
import --replace of that file restores what was there.`,
		Example: `  erpbridge xref set --target netsuite items MUG-1 57
  erpbridge xref export --target netsuite > before.csv
  erpbridge xref import --target netsuite items.csv --dry-run`,
	}
	x.AddCommand(newXrefSet(opt), newXrefGet(opt), newXrefRemove(opt), newXrefList(opt), newXrefImport(opt), newXrefExport(opt))
	return x
}

// withTables does act on the tables of a target. A configuration with one target needs
// no name for it.
func withTables(c *cobra.Command, opt *options, target string, act func(ctx context.Context, target string, s *outbox.Store) error) error {
	return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
		if target == "" && len(conf.Targets) == 1 {
			target = conf.Targets[0].Name
		}
		var names []string
		for _, t := range conf.Targets {
			if t.Name == target {
				return act(ctx, target, s)
			}
			names = append(names, t.Name)
		}
		if target == "" {
			return &codedError{exitUsage, fmt.Errorf("say whose tables with --target; configured: %s", strings.Join(names, ", "))}
		}
		return &codedError{exitUsage, fmt.Errorf("there is no target %q; configured: %s", target, strings.Join(names, ", "))}
	})
}

func targetFlag(c *cobra.Command, target *string) {
	c.Flags().StringVar(target, "target", "", "the configured target; may be left out where there is one")
}

func newXrefSet(opt *options) *cobra.Command {
	var target, note string
	var force bool
	c := &cobra.Command{
		Use: "set --target T TABLE KEY VALUE", Short: "Set one entry", Args: usage(cobra.ExactArgs(3)),
		Long: `Set makes VALUE what KEY stands for. An entry that is there keeps its note unless
--note gives another one. Before a key that begins with a dash write --.`,
		RunE: func(c *cobra.Command, args []string) error {
			r, err := outbox.Reference{Table: args[0], Key: asked(args[0], args[1]), Value: args[2], Note: note}.Tidy()
			if err == nil && !force {
				err = suspect(r)
			}
			if err != nil {
				return &codedError{exitUsage, err}
			}
			var newNote *string
			if c.Flags().Changed("note") {
				newNote = &r.Note
			}
			return withTables(c, opt, target, func(ctx context.Context, target string, s *outbox.Store) error {
				change, err := s.SetReference(ctx, target, r, newNote, actor())
				if err != nil {
					return err
				}
				return showSet(c.OutOrStdout(), opt, target, r, change)
			})
		},
	}
	targetFlag(c, &target)
	c.Flags().StringVar(&note, "note", "", "a note beside the entry")
	c.Flags().BoolVar(&force, "force", false, "also into a table that no ERP asks, and what a spreadsheet seems to have damaged")
	return c
}

// A setReference is what set has done.
type setReference struct {
	Target string `json:"target"`
	Done   string `json:"done"` // set, or unchanged
	outbox.ReferenceChange
}

func showSet(w io.Writer, opt *options, target string, r outbox.Reference, change *outbox.ReferenceChange) error {
	done := setReference{target, "set", outbox.ReferenceChange{Table: r.Table, Key: r.Key, Before: r.Value, After: r.Value}}
	if change == nil {
		done.Done = "unchanged"
	} else {
		done.ReferenceChange = *change
	}
	if opt.json() {
		return printJSON(w, done)
	}
	text := done.String()
	if change == nil {
		text = fmt.Sprintf("%s %q: %q stands there already", r.Table, r.Key, r.Value)
	}
	_, err := fmt.Fprintln(w, printable(text))
	return err
}

func newXrefGet(opt *options) *cobra.Command {
	var target string
	c := &cobra.Command{
		Use: "get --target T TABLE KEY", Short: "Print what a key stands for", Args: usage(cobra.ExactArgs(2)),
		Long: `Get prints the value of a key. Exit code 1 if there is none.`,
		RunE: func(c *cobra.Command, args []string) error {
			return withTables(c, opt, target, func(ctx context.Context, target string, s *outbox.Store) error {
				r, err := s.FindReference(ctx, target, args[0], asked(args[0], args[1]))
				if err != nil {
					return err
				}
				if opt.json() {
					return printJSON(c.OutOrStdout(), r)
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), printable(r.Value))
				return err
			})
		},
	}
	targetFlag(c, &target)
	return c
}

func newXrefRemove(opt *options) *cobra.Command {
	var target string
	c := &cobra.Command{
		Use: "rm --target T TABLE KEY", Short: "Remove one entry", Args: usage(cobra.ExactArgs(2)),
		Long: `Rm removes an entry. Documents that were rendered with it stay as they are; what
comes later and needs it is held.`,
		RunE: func(c *cobra.Command, args []string) error {
			return withTables(c, opt, target, func(ctx context.Context, target string, s *outbox.Store) error {
				change, err := s.RemoveReference(ctx, target, args[0], asked(args[0], args[1]), actor())
				if err != nil {
					return err
				}
				if opt.json() {
					return printJSON(c.OutOrStdout(), setReference{target, "removed", change})
				}
				_, err = fmt.Fprintln(c.OutOrStdout(), printable(change.String()))
				return err
			})
		},
	}
	targetFlag(c, &target)
	return c
}

func newXrefList(opt *options) *cobra.Command {
	var target, table string
	var limit int
	c := &cobra.Command{
		Use: "list --target T", Short: "List entries", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit <= 0 {
				return &codedError{exitUsage, errors.New("--limit must be more than nothing")}
			}
			return withTables(c, opt, target, func(ctx context.Context, target string, s *outbox.Store) error {
				rs := []outbox.Reference{}
				if err := s.References(ctx, target, table, limit, func(r outbox.Reference) error {
					rs = append(rs, r)
					return nil
				}); err != nil {
					return err
				}
				if opt.json() {
					return printJSON(c.OutOrStdout(), rs)
				}
				n, err := s.CountReferences(ctx, target, table)
				if err != nil {
					return err
				}
				return showReferences(c.OutOrStdout(), rs, n)
			})
		},
	}
	targetFlag(c, &target)
	c.Flags().StringVar(&table, "table", "", "only this table")
	c.Flags().IntVar(&limit, "limit", 1000, "at most so many")
	return c
}

func showReferences(w io.Writer, rs []outbox.Reference, of int) error {
	if len(rs) == 0 {
		_, err := fmt.Fprintln(w, "no entries")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "TABLE\tKEY\tVALUE\tSET\tBY\tNOTE")
	for _, r := range rs {
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Table, printable(r.Key), printable(r.Value), r.UpdatedAt.UTC().Format(time.RFC3339), printable(r.UpdatedBy), printable(r.Note))
	}
	if of > len(rs) {
		_, _ = fmt.Fprintf(tw, "%d more: erpbridge xref export writes them all\n", of-len(rs))
	}
	return tw.Flush()
}
