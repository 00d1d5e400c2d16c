package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/outbox"
)

func newHeld(opt *options) *cobra.Command {
	held := &cobra.Command{
		Use: "held", Short: "List held events, try them again, give them up",
		Long: `A held event waits for a mapping or for a decision, such as an order whose parts do
not come to its total. When the configuration's mapping changes it is tried again by
itself, and what waits for an entry in a cross-reference table when the tables of its
target change, see xref. When it was mended in the shop, the shop sends the order
again, and the held event can be discarded.`,
	}
	held.AddCommand(newHeldList(opt), newHeldRetry(opt), newHeldDiscard(opt))
	return held
}

// whichHeld are the flags that choose held events.
type whichHeld struct {
	store, order string
	limit        int
}

func (f *whichHeld) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.store, "store", "", "only of this store")
	c.Flags().StringVar(&f.order, "order", "", `only of this order, such as "#1001"`)
	c.Flags().IntVar(&f.limit, "limit", 1000, "at most so many")
}

func newHeldList(opt *options) *cobra.Command {
	var f whichHeld
	c := &cobra.Command{
		Use: "list", Short: "List the held events and what they wait for", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				hs, err := s.HeldEvents(ctx, f.store, f.order, f.limit)
				if err != nil {
					return err
				}
				if opt.json() {
					return printJSON(c.OutOrStdout(), append([]outbox.HeldEvent{}, hs...))
				}
				return showHeld(c.OutOrStdout(), hs)
			})
		},
	}
	f.flags(c)
	return c
}

func showHeld(w io.Writer, hs []outbox.HeldEvent) error {
	if len(hs) == 0 {
		_, err := fmt.Fprintln(w, "no held events")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "EVENT\tSINCE\tORDER\tSTORE\tWHAT\tWAITS FOR")
	for _, h := range hs {
		_, _ = fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\n", h.Event, h.Since.UTC().Format(time.RFC3339), printable(h.Order), h.Store, printable(h.Type), printable(firstLine(h.Cause, 200)))
	}
	return tw.Flush()
}

func newHeldRetry(opt *options) *cobra.Command {
	var f whichHeld
	var all, dry bool
	var note string
	c := &cobra.Command{
		Use: "retry EVENT... | --all", Short: "Take held events through the pipeline again",
		Long: `Retry gives held events back to the pipeline of the running daemon. What is still
missing holds them again. What a webhook only pointed to is fetched anew. With --all it does so for all, or for those of --store and
--order. It is written to the audit log.`,
		RunE: func(c *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return &codedError{exitUsage, errors.New("name events by their numbers, or all of them with --all; see erpbridge held list")}
			}
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				ids, err := chooseHeld(ctx, s, f, args)
				if err != nil {
					return err
				}
				return eachHeld(c.OutOrStdout(), opt, ids, dry, "given back to the pipeline", func(id int64) error {
					return s.RetryHeld(ctx, id, actor(), note)
				})
			})
		},
	}
	f.flags(c)
	c.Flags().BoolVar(&all, "all", false, "all held events, or all of --store and --order")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	c.Flags().StringVar(&note, "note", "", "a note for the audit log")
	return c
}

func newHeldDiscard(opt *options) *cobra.Command {
	var reason string
	var dry bool
	c := &cobra.Command{
		Use: "discard EVENT... --reason R", Short: "Give held events up for good", Args: usage(cobra.MinimumNArgs(1)),
		Long: `Discard gives held events up: they will not be delivered. The reason is written to
the audit log, and the ledger counts them.`,
		RunE: func(c *cobra.Command, args []string) error {
			if reason == "" {
				return &codedError{exitUsage, errors.New("say why with --reason: it is kept in the audit log")}
			}
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				ids, err := chooseHeld(ctx, s, whichHeld{}, args)
				if err != nil {
					return err
				}
				return eachHeld(c.OutOrStdout(), opt, ids, dry, "discarded", func(id int64) error {
					return s.DiscardHeld(ctx, id, actor(), reason)
				})
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why it is given up (required)")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
}

// chooseHeld returns the events named by args or, without any, those that f chooses.
func chooseHeld(ctx context.Context, s *outbox.Store, f whichHeld, args []string) (ids []int64, err error) {
	if len(args) > 0 {
		return ids, eachNumber(args, func(id int64) error {
			ids = append(ids, id)
			return nil
		})
	}
	hs, err := s.HeldEvents(ctx, f.store, f.order, f.limit)
	for _, h := range hs {
		ids = append(ids, h.Event)
	}
	return ids, err
}

// eachHeld acts on every event and goes on after an error; the errors come back
// together.
func eachHeld(w io.Writer, opt *options, ids []int64, dry bool, done string, act func(id int64) error) error {
	var errs []error
	for _, id := range ids {
		verb := done
		if dry {
			verb = "would be " + done
		} else if err := act(id); err != nil {
			errs = append(errs, err)
			continue
		}
		if opt.json() {
			errs = append(errs, printJSON(w, map[string]any{"event": id, "action": verb}))
		} else {
			_, err := fmt.Fprintf(w, "event %d: %s\n", id, verb)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
