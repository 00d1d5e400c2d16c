package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

func newAudit(opt *options) *cobra.Command {
	var f outbox.AuditFilter
	var since string
	c := &cobra.Command{
		Use: "audit", Short: "Show who did what, and why", Args: usage(cobra.NoArgs),
		Long: `Audit shows the newest lines of the audit log, the oldest of them first: every
replay, settlement and discard, every pause, every change of a cross-reference table, with
who did it and the reason he gave. Nothing is ever taken out of the log.`,
		Example: `  erpbridge audit --since 24h
  erpbridge audit --object "dead letter 17"`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkLimit(f.Limit); err != nil {
				return err
			}
			if since != "" {
				var err error
				if f.Since, err = readTime(since, time.UTC, time.Now()); err != nil {
					return &codedError{exitUsage, fmt.Errorf("--since: %w", err)}
				}
			}
			return withTargets(c, opt, func(ctx context.Context, _ *config.Config, s *outbox.Store) error {
				wide := f
				wide.Limit++ // one more tells whether there are more
				acts, err := s.Acts(ctx, wide)
				if err != nil {
					return err
				}
				if len(acts) > f.Limit {
					acts = acts[:f.Limit]
					_, _ = fmt.Fprintf(c.ErrOrStderr(), "there are more: these are the newest %d; --limit and --since show more of them\n", f.Limit)
				}
				slices.Reverse(acts)
				if opt.json() {
					return printJSON(c.OutOrStdout(), append([]outbox.Act{}, acts...))
				}
				return showAudit(c.OutOrStdout(), acts)
			})
		},
	}
	c.Flags().StringVar(&f.Actor, "actor", "", "only what this user did; erpbridge is the daemon itself")
	c.Flags().StringVar(&f.Object, "object", "", `only about this, such as "dead letter 17" or "target netsuite"`)
	c.Flags().StringVar(&since, "since", "", "only since then, such as 24h (ago), 2026-11-23 or 2026-11-23T18:00:00Z")
	c.Flags().IntVar(&f.Limit, "limit", 100, "at most so many")
	return c
}

func showAudit(w io.Writer, acts []outbox.Act) error {
	if len(acts) == 0 {
		_, err := fmt.Fprintln(w, "nothing was done")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "AT\tWHO\tWHAT\tABOUT\tWHY")
	for _, a := range acts {
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", a.At.UTC().Format(time.RFC3339), printable(a.Actor), a.Action, printable(a.Object), printable(firstLine(a.Detail, 200)))
	}
	return tw.Flush()
}
