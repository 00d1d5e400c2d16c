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
			return eachDeadLetter(c, opt, args, func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error) {
				r := outbox.Replay{Actor: actor(), Note: note, Force: force}
				if again && d.AcceptedAt != nil && !force {
					return "", fmt.Errorf("dead letter %d: %w, with --force", d.ID, outbox.ErrTaken)
				}
				if again && d.Document != 0 {
					var err error
					if r.Documents, r.Mapping, err = renderAgain(ctx, opt, s, d); err != nil {
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
				if dry {
					return verb, nil
				}
				return verb, s.ReplayDeadLetter(ctx, d.ID, r)
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
			return eachDeadLetter(c, opt, args, func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error) {
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
	var reason string
	var dry bool
	c := &cobra.Command{
		Use: "discard NUMBER... --reason R", Short: "Give dead letters up for good", Args: usage(cobra.MinimumNArgs(1)),
		Long: `Discard closes dead letters: they will not be delivered. What waited behind them
goes on. The reason is written to the audit log, and the ledger counts them.`,
		RunE: func(c *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return &codedError{exitUsage, errors.New("say why with --reason: it is kept in the audit log")}
			}
			return eachDeadLetter(c, opt, args, func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error) {
				if dry {
					return "would be discarded", nil
				}
				return "discarded", s.DiscardDeadLetter(ctx, d.ID, actor(), reason)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why it is given up (required)")
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return c
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

// eachDeadLetter does act on each of the open dead letters that args name. Act returns
// what it did, or would do.
func eachDeadLetter(c *cobra.Command, opt *options, args []string, act func(ctx context.Context, s *outbox.Store, d outbox.DeadLetterDetail) (string, error)) error {
	ids, err := numbers(args)
	if err != nil {
		return err
	}
	return withStore(c, opt, func(ctx context.Context, s *outbox.Store) error {
		return each(c.OutOrStdout(), opt, ids, func(id int64) (deadDeed, error) {
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
