package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/outbox"
)

// An imported is what an import did, or would do.
type imported struct {
	Target string `json:"target"`
	DryRun bool   `json:"dry_run"`
	outbox.ReferenceChanges
}

func newXrefImport(opt *options) *cobra.Command {
	var target string
	var force bool
	var m outbox.ReferenceImport
	c := &cobra.Command{
		Use: "import --target T FILE.csv", Short: "Take entries from a CSV file, all of them or none", Args: usage(cobra.ExactArgs(1)),
		Long: `Import takes entries from a CSV file (- is standard input). Its first line is
table,key,value or table,key,value,note; with --table the column table may be left out.
UTF-8 with or without a byte order mark; commas, semicolons or tabs. A file without
notes leaves those that are there.

A file with a mistake changes nothing, and every mistake is named with its line. With
--replace what the file does not have is removed, of all the target's tables or of the
one that --table names. --dry-run says what would be changed. An apostrophe before
= + - or @ is taken off: export puts it there, so that no spreadsheet takes text for a
formula.

To have a way back, export first; import --replace of that file restores it.`,
		Example: `  erpbridge xref export --target netsuite > before.csv
  erpbridge xref import --target netsuite items.csv --table items --dry-run
  erpbridge xref import --target netsuite before.csv --replace`,
		RunE: func(c *cobra.Command, args []string) error {
			data, err := readBody(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			sheet, err := readReferences(data, m.Table, force)
			if err != nil {
				return fmt.Errorf("%s is refused, nothing was changed:\n%w", args[0], err)
			}
			if len(sheet.entries) == 0 && (!m.Replace || !force) {
				return errors.New("the file has no entries; with --replace and --force that removes them all")
			}
			m.Entries, m.KeepNotes, m.Actor = sheet.entries, !sheet.notes, actor()
			m.Source = fmt.Sprintf("%s (%s)", filepath.Base(args[0]), digestOf(data))
			return withTables(c, opt, target, func(ctx context.Context, target string, s *outbox.Store) error {
				m.Target = target
				changes, err := s.ImportReferences(ctx, m)
				if err != nil {
					return err
				}
				return showImport(c.OutOrStdout(), opt, imported{target, m.DryRun, changes})
			})
		},
	}
	targetFlag(c, &target)
	c.Flags().StringVar(&m.Table, "table", "", "all entries are of this table")
	c.Flags().BoolVar(&m.DryRun, "dry-run", false, "only say what would be changed")
	c.Flags().BoolVar(&m.Replace, "replace", false, "remove what the file does not have")
	c.Flags().BoolVar(&force, "force", false, "also tables that no ERP asks, what a spreadsheet seems to have damaged, and to remove all")
	return c
}

// mostShown is how many changes a dry run names; JSON has them all.
const mostShown = 100

func showImport(w io.Writer, opt *options, done imported) error {
	if opt.json() {
		return printJSON(w, done)
	}
	b := bufio.NewWriter(w)
	if done.DryRun {
		shown := 0
		for _, cs := range [][]outbox.ReferenceChange{done.Removed, done.Changed, done.Added} {
			for _, change := range cs[:min(len(cs), mostShown-shown)] {
				_, _ = fmt.Fprintln(b, printable(change.String()))
				shown++
			}
		}
		if all := len(done.Removed) + len(done.Changed) + len(done.Added); all > shown {
			_, _ = fmt.Fprintf(b, "and %d more\n", all-shown)
		}
		_, _ = fmt.Fprint(b, "dry run, nothing was changed: ")
	}
	_, _ = fmt.Fprintln(b, done.String())
	return b.Flush()
}

func newXrefExport(opt *options) *cobra.Command {
	var target, table string
	var bom bool
	c := &cobra.Command{
		Use: "export --target T", Short: "Write entries as CSV, as import takes them", Args: usage(cobra.NoArgs),
		Long: `Export writes entries as CSV to standard output: table,key,value,note. Import of the
file gives the same entries. A text that a spreadsheet would take for a formula begins
with an apostrophe in the file.`,
		Example: `  erpbridge xref export --target netsuite --table items > items.csv`,
		RunE: func(c *cobra.Command, _ []string) error {
			return withTables(c, opt, target, func(ctx context.Context, target string, s *outbox.Store) error {
				if opt.json() {
					return exportJSON(ctx, c.OutOrStdout(), s, target, table)
				}
				return exportReferences(ctx, c.OutOrStdout(), s, target, table, bom)
			})
		},
	}
	targetFlag(c, &target)
	c.Flags().StringVar(&table, "table", "", "only this table")
	c.Flags().BoolVar(&bom, "bom", false, "begin with a byte order mark: Excel needs it to see that the file is UTF-8")
	return c
}

func exportReferences(ctx context.Context, w io.Writer, s *outbox.Store, target, table string, bom bool) error {
	if bom {
		if _, err := io.WriteString(w, "\uFEFF"); err != nil {
			return err
		}
	}
	out, err := newReferenceWriter(w)
	if err != nil {
		return err
	}
	if err := s.References(ctx, target, table, 0, out.write); err != nil {
		return err
	}
	return out.flush()
}

func exportJSON(ctx context.Context, w io.Writer, s *outbox.Store, target, table string) error {
	rs := []outbox.Reference{}
	if err := s.References(ctx, target, table, 0, func(r outbox.Reference) error {
		rs = append(rs, r)
		return nil
	}); err != nil {
		return err
	}
	return printJSON(w, rs)
}
