package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
	"github.com/hakooi/erpbridge/pipeline"
)

func newDead(opt *options) *cobra.Command {
	dead := &cobra.Command{
		Use: "dead", Short: "List, group, show, replay, settle and discard dead letters",
		Long: `A dead letter is an event or a document that will not move without a person. A
dead document parks its order: later changes of the same order wait behind it.`,
	}
	dead.AddCommand(newDeadList(opt), newDeadGroups(opt), newDeadShow(opt), newDeadReplay(opt), newDeadSettle(opt), newDeadDiscard(opt))
	return dead
}

func newDeadList(opt *options) *cobra.Command {
	var f outbox.DeadLetterFilter
	c := &cobra.Command{
		Use: "list", Short: "List the open dead letters", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkLimit(f.Limit); err != nil {
				return err
			}
			return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
				wide := f
				wide.Limit++ // one more tells whether there are more
				ds, err := s.DeadLetters(ctx, wide)
				if err == nil && len(ds) == 0 {
					err = nothingOf(conf, f.Store, f.Target)
				}
				if err != nil {
					return err
				}
				ds = atMost(c.ErrOrStderr(), ds, f.Limit)
				if opt.json() {
					return printJSON(c.OutOrStdout(), append([]outbox.DeadLetter{}, ds...))
				}
				return showDeadLetters(c.OutOrStdout(), ds)
			})
		},
	}
	chooseDead(c, &f)
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
		what := cmp.Or(d.Kind, d.Type)
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
			return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
				d, err := s.DeadLetter(ctx, id)
				if err != nil {
					return fmt.Errorf("dead letter %d: %w; see erpbridge dead list --all", id, err)
				}
				w := c.OutOrStdout()
				switch {
				case body && d.Document == 0:
					return fmt.Errorf("dead letter %d is about an event that never became a document; --raw prints what the storefront sent", id)
				case raw:
					_, err = w.Write(d.Message.Body)
				case body:
					_, err = w.Write(d.Body)
				case opt.json():
					err = printJSON(w, d)
				default:
					err = showDeadLetter(w, d, takesOnce(conf, d.Target))
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&raw, "raw", false, "print the storefront's raw bytes")
	c.Flags().BoolVar(&body, "document", false, "print the document")
	return c
}

// showDeadLetter also says what to do. once tells that its ERP takes a document under
// one identity only once, for ever.
func showDeadLetter(w io.Writer, d outbox.DeadLetterDetail, once string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(tw, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	line("dead letter", "%d (%s), since %s", d.ID, d.State, d.At.UTC().Format(time.RFC3339))
	if d.Order == "" {
		line("store", "%s", d.Store) // what nobody understands is about no order
	} else {
		line("order", "%s of store %s", printable(d.Order), d.Store)
	}
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
		if once == "" {
			line("", "if the ERP does not have it any more, send it again: erpbridge dead replay %d --force", d.ID)
		} else {
			line("", "if the ERP does not have it any more: %s", once)
		}
		line("", "or give it up: erpbridge dead discard %d --reason \"...\"", d.ID)
	case d.State == "open":
		line("to do", "mend the cause, then: erpbridge dead replay %d", d.ID)
		if d.Document != 0 {
			line("", "after a change of the mapping: erpbridge dead replay %d --render-again", d.ID)
			line("", "if the ERP has it all the same: erpbridge dead settle %d --reason \"...\"", d.ID)
		}
		line("", "or give it up: erpbridge dead discard %d --reason \"...\"", d.ID)
	}
	return tw.Flush()
}

func newDeadReplay(opt *options) *cobra.Command {
	var which whichDead
	var again, force, dry bool
	var note string
	c := &cobra.Command{
		Use: "replay NUMBER... | --all", Short: "Try dead letters again",
		Long: `Replay gives dead letters a fresh set of tries. A document goes out under the same
idempotency key and, unless --render-again is given, as the same bytes. With
--render-again the event is taken through the pipeline with the configuration and
the cross-reference tables as they are now, and the new bytes take the place of the
old ones.

It refuses to put an older state over a newer one that was delivered since;
--force does it all the same. A document that the ERP has taken, and not booked in
time or thrown out, is not sent again either: its confirmation is waited for once
more. With --force it is sent again; if the ERP may still have it, and can be asked,
it is looked up first. Everything is written to the audit log.

With --all it does so for all open dead letters, or for all that the other flags choose:
those of one reason are shown by dead groups. They go out at the target's own pace.`,
		Example: `  erpbridge dead replay 17
  erpbridge dead groups
  erpbridge dead replay --all --target netsuite --code INVALID_KEY_OR_REF --dry-run`,
		RunE: func(c *cobra.Command, args []string) error {
			render := rendering(opt)
			return eachDeadLetter(c, opt, which, args, func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error) {
				r := outbox.Replay{Actor: actor(), Note: note, Force: force, Dry: dry}
				if again && d.AcceptedAt != nil && !force {
					return "", fmt.Errorf("dead letter %d: %w, with --force", d.ID, outbox.ErrTaken)
				}
				if again && d.Document != 0 {
					var err error
					if r.Documents, r.Mapping, err = render(ctx, s, d); err != nil {
						return "", fmt.Errorf("dead letter %d stays as it is: %w", d.ID, err)
					}
				}
				verb := "replayed"
				if dry {
					verb = "would be replayed"
				}
				if d.AcceptedAt != nil && !force {
					verb += "; nothing is sent, its confirmation is waited for (--force sends it again)"
				}
				return verb, s.ReplayDeadLetter(ctx, d.ID, r)
			})
		},
	}
	which.flags(c)
	c.Flags().BoolVar(&again, "render-again", false, "render the documents anew with the present mapping")
	c.Flags().BoolVar(&force, "force", false, "also over a newer state, and what the ERP has taken")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	c.Flags().StringVar(&note, "note", "", "a note for the audit log")
	return c
}

// A renderer takes the event of a dead letter through the pipeline once more.
type renderer func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) ([]erpbridge.Document, string, error)

// rendering returns a renderer with the configuration and the cross-reference tables of
// the time when it is used first.
func rendering(opt *options) renderer {
	var p *pipeline.Pipeline
	return func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (_ []erpbridge.Document, _ string, err error) {
		if p == nil {
			if p, err = layNow(ctx, opt, s); err != nil {
				return nil, "", err
			}
		}
		res := p.Decide(ctx, d.Message)
		if res.Verdict != erpbridge.Accept {
			return nil, "", fmt.Errorf("with the present mapping the event comes to no document (%s): %w", res.Verdict, res.Cause)
		}
		return res.Documents, p.Mapping, nil
	}
}

// layNow lays the pipeline as it is configured now, with the cross-reference tables of now.
func layNow(ctx context.Context, opt *options, s *outbox.Store) (*pipeline.Pipeline, error) {
	tables := outbox.NewCrossReferences()
	conf, n, err := opt.loadWith(tables.Of)
	if err != nil {
		return nil, err
	}
	if _, err := s.LoadReferences(ctx, tables); err != nil {
		return nil, err
	}
	p, err := lay(conf, n)
	if err != nil {
		return nil, err
	}
	p.References = tables
	return p, nil
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
			return eachDeadLetter(c, opt, whichDead{}, args, func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error) {
				switch {
				case d.Document == 0:
					return "", fmt.Errorf("dead letter %d: %w", d.ID, outbox.ErrNoDocument)
				case dry:
					return "would be settled", nil
				}
				return "settled", s.SettleDeadLetter(ctx, d.ID, st)
			})
		},
	}
	c.Flags().StringVar(&st.Note, "reason", "", "how it is known that the ERP has it (required)")
	c.Flags().StringVar(&st.Ref, "ref", "", "the ERP's own number for it")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
}

func newDeadDiscard(opt *options) *cobra.Command {
	var which whichDead
	var reason string
	var dry bool
	c := &cobra.Command{
		Use: "discard NUMBER... | --all", Short: "Give dead letters up for good",
		Long: `Discard closes dead letters: they will not be delivered. What waited behind them
goes on. The reason is written to the audit log, and the ledger counts them. With --all it
closes all that are open, or all that the other flags choose.`,
		RunE: func(c *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return &codedError{exitUsage, errors.New("say why with --reason: it is kept in the audit log")}
			}
			return eachDeadLetter(c, opt, which, args, func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error) {
				if dry {
					return "would be discarded", nil
				}
				return "discarded", s.DiscardDeadLetter(ctx, d.ID, actor(), reason)
			})
		},
	}
	which.flags(c)
	c.Flags().StringVar(&reason, "reason", "", "why it is given up (required)")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
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
