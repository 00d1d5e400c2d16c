package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/outbox"
)

func newDead(opt *options) *cobra.Command {
	dead := &cobra.Command{
		Use: "dead", Short: "List, show, replay, settle and discard dead letters",
		Long: `A dead letter is an event or a document that will not move without a person. A
dead document parks its order: later changes of the same order wait behind it.`,
	}
	dead.AddCommand(newDeadList(opt), newDeadShow(opt), newDeadReplay(opt), newDeadSettle(opt), newDeadDiscard(opt))
	return dead
}

// withStore runs do on the outbox of the configuration.
func withStore(c *cobra.Command, opt *options, do func(ctx context.Context, s *outbox.Store) error) error {
	conf, err := opt.load()
	if err != nil {
		return err
	}
	store, err := openStore(c.Context(), conf)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(c.Context(), store)
}

func newDeadList(opt *options) *cobra.Command {
	var f outbox.DeadLetterFilter
	c := &cobra.Command{
		Use: "list", Short: "List the open dead letters", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				ds, err := s.DeadLetters(ctx, f)
				if err != nil {
					return err
				}
				if opt.json() {
					return printJSON(c.OutOrStdout(), append([]outbox.DeadLetter{}, ds...))
				}
				return showDeadLetters(c.OutOrStdout(), ds)
			})
		},
	}
	c.Flags().StringVar(&f.Store, "store", "", "only of this store")
	c.Flags().StringVar(&f.Target, "target", "", "only of this target")
	c.Flags().StringVar(&f.Order, "order", "", `only of this order, such as "#1001"`)
	c.Flags().BoolVar(&f.All, "all", false, "closed ones too")
	c.Flags().IntVar(&f.Limit, "limit", 1000, "at most so many")
	return c
}

func showDeadLetters(w io.Writer, ds []outbox.DeadLetter) error {
	if len(ds) == 0 {
		_, err := fmt.Fprintln(w, "no dead letters")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "NUMBER\tSINCE\tORDER\tSTORE\tTARGET\tWHAT\tSTATE\tWAITING\tREASON")
	for _, d := range ds {
		what := d.Kind
		if what == "" {
			what = d.Type
		}
		_, _ = fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.At.UTC().Format(time.RFC3339), printable(d.Order), d.Store, d.Target, printable(what), d.State, d.Waiting, printable(firstLine(d.Cause, 100)))
	}
	return tw.Flush()
}

func newDeadShow(opt *options) *cobra.Command {
	var raw, body bool
	c := &cobra.Command{
		Use: "show NUMBER", Short: "Show one dead letter with its history", Args: usage(cobra.ExactArgs(1)),
		Long: `Show prints a dead letter, why it died, and every attempt. With --raw it prints the
storefront's bytes instead, with --document the document as it would be sent:
both hold personal data.`,
		RunE: func(c *cobra.Command, args []string) error {
			id, err := number(args[0])
			if err != nil {
				return err
			}
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				d, err := s.DeadLetter(ctx, id)
				if err != nil {
					return fmt.Errorf("dead letter %d: %w; see erpbridge dead list --all", id, err)
				}
				w := c.OutOrStdout()
				switch {
				case raw:
					_, err = w.Write(d.Message.Body)
				case body:
					_, err = w.Write(d.Body)
				case opt.json():
					err = printJSON(w, d)
				default:
					err = showDeadLetter(w, d)
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "print the storefront's raw bytes")
	c.Flags().BoolVar(&body, "document", false, "print the document")
	return c
}

func showDeadLetter(w io.Writer, d outbox.DeadLetterDetail) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(tw, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	line("dead letter", "%d (%s), since %s", d.ID, d.State, d.At.UTC().Format(time.RFC3339))
	line("order", "%s of store %s", printable(d.Order), d.Store)
	line("event", "%d, %s", d.EventID, printable(d.Type))
	if d.Document != 0 {
		line("document", "%d, %s for %s", d.Document, d.Kind, d.Target)
		line("key", "%s", printable(d.Key))
	}
	line("reason", "%s", printable(d.Cause))
	if d.AcceptedAt != nil {
		line("with the ERP", "since %s %s", d.AcceptedAt.UTC().Format(time.RFC3339), printable(d.Ref))
	}
	if d.Waiting > 0 {
		line("waiting behind", "%d later changes of this order", d.Waiting)
	}
	for _, a := range d.Attempts {
		line(fmt.Sprintf("attempt %d", a.Number), "%s at %s: %s %s", a.Action, a.Started.UTC().Format(time.RFC3339), a.Kind, printable(firstLine(a.Detail, 200)))
	}
	if d.ClosedAt != nil {
		line("closed", "%s by %s at %s: %s", d.State, d.ClosedBy, d.ClosedAt.UTC().Format(time.RFC3339), printable(d.Note))
	}
	switch {
	case d.State == "open" && d.AcceptedAt != nil:
		line("to do", "look in the ERP. If it is booked there: erpbridge dead settle %d --reason \"...\"", d.ID)
		line("", "to wait for its confirmation once more: erpbridge dead replay %d", d.ID)
		line("", "if the ERP does not have it any more, send it again: erpbridge dead replay %d --force", d.ID)
		line("", "or give it up: erpbridge dead discard %d --reason \"...\"", d.ID)
	case d.State == "open":
		line("to do", "mend the cause, then: erpbridge dead replay %d", d.ID)
		if d.Document != 0 {
			line("", "after a change of the mapping: erpbridge dead replay %d --render-again", d.ID)
		}
		line("", "or give it up: erpbridge dead discard %d --reason \"...\"", d.ID)
	}
	return tw.Flush()
}

func newDeadReplay(opt *options) *cobra.Command {
	var again, force, dry bool
	var note string
	c := &cobra.Command{
		Use: "replay NUMBER...", Short: "Try dead letters again", Args: usage(cobra.MinimumNArgs(1)),
		Long: `Replay gives dead letters a fresh set of tries. A document goes out under the same
idempotency key and, unless --render-again is given, as the same bytes. With
--render-again the event is taken through the pipeline with the configuration and
the cross-reference tables as they are now, and the new bytes take the place of the
old ones.

It refuses to put an older state over a newer one that was delivered since;
--force does it all the same. A document that the ERP has taken, and not booked in
time or thrown out, is not sent again either: its confirmation is waited for once
more. With --force it is sent again; if the ERP may still have it, and can be asked,
it is looked up first. Everything is written to the audit log.`,
		RunE: func(c *cobra.Command, args []string) error {
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				return eachNumber(args, func(id int64) error {
					r := outbox.Replay{Actor: actor(), Note: note, Force: force}
					d, err := s.DeadLetter(ctx, id)
					if err != nil {
						return fmt.Errorf("dead letter %d: %w", id, err)
					}
					if d.State != "open" {
						return fmt.Errorf("dead letter %d: %w: it was %s by %s", id, outbox.ErrNotOpen, d.State, d.ClosedBy)
					}
					if again && d.AcceptedAt != nil && !force {
						return fmt.Errorf("dead letter %d: %w, with --force", id, outbox.ErrTaken)
					}
					if again && d.Document != 0 {
						if r.Documents, r.Mapping, err = renderAgain(ctx, opt, s, d); err != nil {
							return fmt.Errorf("dead letter %d stays as it is: %w", id, err)
						}
					}
					verb := "replayed"
					if dry {
						verb = "would be replayed"
					}
					if d.AcceptedAt != nil && !force {
						verb += "; nothing is sent, its confirmation is waited for (--force sends it again)"
					}
					if !dry {
						if err := s.ReplayDeadLetter(ctx, id, r); err != nil {
							return err
						}
					}
					return say(c.OutOrStdout(), opt, id, verb, d)
				})
			})
		},
	}
	c.Flags().BoolVar(&again, "render-again", false, "render the documents anew with the present mapping")
	c.Flags().BoolVar(&force, "force", false, "also over a newer state, and what the ERP has taken")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	c.Flags().StringVar(&note, "note", "", "a note for the audit log")
	return c
}

// renderAgain takes the event of a dead letter through the pipeline as it is
// configured now, with the cross-reference tables of now.
func renderAgain(ctx context.Context, opt *options, s *outbox.Store, d outbox.DeadLetterDetail) ([]erpbridge.Document, string, error) {
	tables := outbox.NewCrossReferences()
	conf, n, err := opt.loadWith(tables.Of)
	if err != nil {
		return nil, "", err
	}
	if _, err := s.LoadReferences(ctx, tables); err != nil {
		return nil, "", err
	}
	p, err := lay(conf, n)
	if err != nil {
		return nil, "", err
	}
	p.References = tables
	res := p.Decide(ctx, d.Message)
	if res.Verdict != erpbridge.Accept {
		return nil, "", fmt.Errorf("with the present mapping the event comes to no document (%s): %w", res.Verdict, res.Cause)
	}
	return res.Documents, p.Mapping, nil
}

func newDeadSettle(opt *options) *cobra.Command {
	var st outbox.Settlement
	var dry bool
	c := &cobra.Command{
		Use: "settle NUMBER... --reason R", Short: "Say that the ERP has the document of a dead letter", Args: usage(cobra.MinimumNArgs(1)),
		Long: `Settle closes dead letters whose documents are in the ERP: somebody has looked, or
entered them by hand. They count as delivered, nothing is sent, and what waited
behind them goes on. The reason is written to the audit log.`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case strings.TrimSpace(st.Note) == "":
				return &codedError{exitUsage, errors.New("say with --reason how you know: it is kept in the audit log")}
			case st.Ref != "" && len(args) > 1:
				return &codedError{exitUsage, errors.New("--ref is the number of one document: settle the others by themselves")}
			}
			st.Actor = actor()
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				return eachNumber(args, func(id int64) error {
					d, err := s.DeadLetter(ctx, id)
					if err != nil {
						return fmt.Errorf("dead letter %d: %w", id, err)
					}
					verb := "settled"
					if dry {
						verb = "would be settled"
					} else if err := s.SettleDeadLetter(ctx, id, st); err != nil {
						return err
					}
					return say(c.OutOrStdout(), opt, id, verb, d)
				})
			})
		},
	}
	c.Flags().StringVar(&st.Note, "reason", "", "how it is known that the ERP has it (required)")
	c.Flags().StringVar(&st.Ref, "ref", "", "the ERP's own number for it")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
}

func newDeadDiscard(opt *options) *cobra.Command {
	var reason string
	var dry bool
	c := &cobra.Command{
		Use: "discard NUMBER... --reason R", Short: "Give dead letters up for good", Args: usage(cobra.MinimumNArgs(1)),
		Long: `Discard closes dead letters: they will not be delivered. What waited behind them
goes on. The reason is written to the audit log, and the ledger counts them.`,
		RunE: func(c *cobra.Command, args []string) error {
			if reason == "" {
				return &codedError{exitUsage, errors.New("say why with --reason: it is kept in the audit log")}
			}
			return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
				return eachNumber(args, func(id int64) error {
					d, err := s.DeadLetter(ctx, id)
					if err != nil {
						return fmt.Errorf("dead letter %d: %w", id, err)
					}
					verb := "discarded"
					if dry {
						verb = "would be discarded"
					} else if err := s.DiscardDeadLetter(ctx, id, actor(), reason); err != nil {
						return err
					}
					return say(c.OutOrStdout(), opt, id, verb, d)
				})
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why it is given up (required)")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
}

// eachNumber acts on every number and goes on after an error; the errors come
// back together.
func eachNumber(args []string, act func(id int64) error) error {
	var errs []error
	for _, a := range args {
		id, err := number(a)
		if err == nil {
			err = act(id)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func number(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 {
		return 0, &codedError{exitUsage, fmt.Errorf("%q is not a number as the lists show it", s)}
	}
	return id, nil
}

func say(w io.Writer, opt *options, id int64, verb string, d outbox.DeadLetterDetail) error {
	if opt.json() {
		return printJSON(w, map[string]any{"id": id, "action": verb, "order": d.Order, "key": d.Key})
	}
	what := d.Kind
	if what == "" {
		what = d.Type
	}
	_, err := fmt.Fprintf(w, "dead letter %d (%s of order %s): %s\n", id, printable(what), printable(d.Order), verb)
	return err
}

func firstLine(s string, most int) string {
	for i, r := range s {
		if r == '\n' || r == '\r' {
			return s[:i]
		}
		if i >= most {
			return s[:i] + "…"
		}
	}
	return s
}

// printable keeps foreign text from steering the terminal: what is not a graphic
// character, or turns the direction of writing, is shown as an escape.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\u00ad' || unicode.Is(unicode.Bidi_Control, r) || !unicode.IsGraphic(r) && r != '\u200d':
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
