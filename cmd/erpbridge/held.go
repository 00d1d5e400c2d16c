package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
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
	limit        int // 0: all of them
}

func (f *whichHeld) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.store, "store", "", "only of this store")
	c.Flags().StringVar(&f.order, "order", "", `only of this order, such as "#1001"`)
}

func newHeldList(opt *options) *cobra.Command {
	var f whichHeld
	c := &cobra.Command{
		Use: "list", Short: "List the held events and what they wait for", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkLimit(f.limit); err != nil {
				return err
			}
			return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
				hs, err := s.HeldEvents(ctx, f.store, f.order, f.limit+1)
				if err == nil && len(hs) == 0 {
					err = nothingOf(conf, f.store, "")
				}
				if err != nil {
					return err
				}
				hs = atMost(c.ErrOrStderr(), hs, f.limit)
				if opt.json() {
					return printJSON(c.OutOrStdout(), append([]outbox.HeldEvent{}, hs...))
				}
				return showHeld(c.OutOrStdout(), hs, len(conf.Targets) > 1)
			})
		},
	}
	f.flags(c)
	c.Flags().IntVar(&f.limit, "limit", 1000, "at most so many")
	return c
}

// showHeld lists held events. Where there are several targets it says what the name of
// one in a reason does not: none of them gets anything.
func showHeld(w io.Writer, hs []outbox.HeldEvent, several bool) error {
	if len(hs) == 0 {
		_, err := fmt.Fprintln(w, "no held events")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "EVENT\tSINCE\tORDER\tSTORE\tWHAT\tWAITS FOR")
	for _, h := range hs {
		_, _ = fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\n", h.Event, h.Since.UTC().Format(time.RFC3339), printable(h.Order), h.Store, printable(h.Type), printable(firstLine(h.Cause, 200)))
	}
	if several {
		_, _ = fmt.Fprintln(tw, "Nothing of a held event is sent to any target, also where only one of them lacks something.")
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
missing holds them again. What a webhook only pointed to is fetched anew. With --all it
does so for all, or for all of --store and --order. It is written to the audit log.`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case all == (len(args) > 0):
				return &codedError{exitUsage, errors.New("name events by their numbers, or all of them with --all; see erpbridge held list")}
			case !all && (f.store != "" || f.order != ""):
				return &codedError{exitUsage, errors.New("--store and --order choose among --all; events that are named need neither")}
			case c.Flags().Changed("limit"):
				if err := checkLimit(f.limit); err != nil {
					return err
				}
			}
			if err := narrowed(c, "store", "order"); err != nil {
				return err
			}
			return eachHeld(c, opt, f, args, dry, "given back to the pipeline", func(ctx context.Context, s *outbox.Store, id int64) error {
				return s.RetryHeld(ctx, id, actor(), note)
			})
		},
	}
	c.Flags().IntVar(&f.limit, "limit", 0, "with --all: the oldest so many, instead of all")
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
			if strings.TrimSpace(reason) == "" {
				return &codedError{exitUsage, errors.New("say why with --reason: it is kept in the audit log")}
			}
			return eachHeld(c, opt, whichHeld{}, args, dry, "discarded", func(ctx context.Context, s *outbox.Store, id int64) error {
				return s.DiscardHeld(ctx, id, actor(), reason)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why it is given up (required)")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
}

// A heldDeed is what was done about a held event.
type heldDeed struct {
	Event  int64  `json:"event"`
	Action string `json:"action"`
	Error  string `json:"error,omitempty"`
}

func (d heldDeed) String() string { return fmt.Sprintf("event %d: %s", d.Event, d.Action) }

func (d heldDeed) failed(err error) any {
	d.Action, d.Error = "failed", err.Error()
	return d
}

// eachHeld does act on the events named by args or, without any, on those that f
// chooses. A dry run looks whether they are held.
func eachHeld(c *cobra.Command, opt *options, f whichHeld, args []string, dry bool, done string, act func(ctx context.Context, s *outbox.Store, id int64) error) error {
	ids, err := numbers(args)
	if err != nil {
		return err
	}
	return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
		var held []int64
		if dry || len(args) == 0 {
			if held, err = chooseHeld(ctx, s, f); err != nil {
				return err
			}
		}
		if len(args) == 0 {
			if ids = held; len(ids) == 0 {
				if err := nothingOf(conf, f.store, ""); err != nil || opt.json() {
					return errors.Join(err, each(ctx, c.OutOrStdout(), opt, nil, func(int64) (heldDeed, error) { return heldDeed{}, nil }))
				}
				return showHeld(c.OutOrStdout(), nil, false)
			}
		}
		return each(ctx, c.OutOrStdout(), opt, ids, func(id int64) (heldDeed, error) {
			switch {
			case !dry:
				return heldDeed{Event: id, Action: done}, act(ctx, s, id)
			case !slices.Contains(held, id):
				return heldDeed{Event: id}, fmt.Errorf("event %d: %w", id, outbox.ErrNotHeld)
			}
			return heldDeed{Event: id, Action: "would be " + done}, nil
		})
	})
}

// chooseHeld returns the numbers of the held events that f chooses.
func chooseHeld(ctx context.Context, s *outbox.Store, f whichHeld) (ids []int64, err error) {
	limit := f.limit
	if limit == 0 {
		limit = math.MaxInt32
	}
	hs, err := s.HeldEvents(ctx, f.store, f.order, limit)
	for _, h := range hs {
		ids = append(ids, h.Event)
	}
	return ids, err
}
