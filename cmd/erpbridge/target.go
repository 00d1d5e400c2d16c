package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

func newTarget(opt *options) *cobra.Command {
	c := &cobra.Command{
		Use: "target", Short: "List, pause and resume ERPs, and ask them for stock",
		Long: `A paused target is sent nothing, by any daemon, until it is resumed; orders are
accepted and wait. Pausing and resuming are written to the audit log.`,
	}
	c.AddCommand(newTargetList(opt), newTargetPause(opt), newTargetResume(opt), newTargetAvailability(opt))
	return c
}

// A targetLine is one configured target and how it is doing.
type targetLine struct {
	outbox.TargetState
	Kind string `json:"kind"`
	// ClosedUntil is when the maintenance window ends that it is in.
	ClosedUntil *time.Time `json:"closed_until,omitempty"`
	Concurrency int        `json:"concurrency"`
	Rate        float64    `json:"rate"`
}

func newTargetList(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the ERPs and how they are doing", Args: usage(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
				states, err := s.Targets(ctx)
				if err != nil {
					return err
				}
				lines := targetLines(conf, states, time.Now())
				if opt.json() {
					return printJSON(c.OutOrStdout(), lines)
				}
				return showTargets(c.OutOrStdout(), lines)
			})
		},
	}
}

func targetLines(conf *config.Config, states []outbox.TargetState, now time.Time) []targetLine {
	lines := make([]targetLine, 0, len(conf.Targets))
	for _, t := range conf.Targets {
		line := targetLine{Kind: t.Kind, Concurrency: t.Delivery.Concurrency, Rate: float64(t.Delivery.Rate)}
		line.Name = t.Name
		if i := slices.IndexFunc(states, func(s outbox.TargetState) bool { return s.Name == t.Name }); i >= 0 {
			line.TargetState = states[i]
		}
		if until, closed := calendar(t.Delivery.Maintenance).Until(now); closed {
			line.ClosedUntil = &until
		}
		lines = append(lines, line)
	}
	return lines
}

func showTargets(w io.Writer, lines []targetLine) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "TARGET\tKIND\tOPEN\tAT MOST\tSTATE")
	for _, l := range lines {
		most := fmt.Sprint(l.Concurrency)
		if l.Window > 0 {
			most = fmt.Sprintf("%.0f of %d", max(l.Window, 1), l.Concurrency)
		}
		if l.Rate > 0 {
			most += fmt.Sprintf(", %g/s", l.Rate)
		}
		state := stateOf(l.TargetState)
		if l.ClosedUntil != nil {
			state = strings.TrimPrefix(state+"; in its maintenance window until "+l.ClosedUntil.Format(time.RFC3339), "; ")
		}
		if state == "" {
			state = "ready"
		}
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\n", l.Name, l.Kind, l.Open, most, printable(state))
	}
	return tw.Flush()
}

// stateOf says in words what keeps a target from being delivered to at full pace;
// nothing if nothing does.
func stateOf(t outbox.TargetState) string {
	var parts []string
	if t.PausedBy != "" {
		until := "until it is resumed"
		if t.PausedUntil != nil {
			until = "until " + t.PausedUntil.UTC().Format(time.RFC3339)
		}
		parts = append(parts, fmt.Sprintf("paused by %s %s: %s", t.PausedBy, until, t.PauseReason))
	}
	switch {
	case t.FailingSince == nil || !t.Away:
	case t.RestsUntil != nil: // nothing probes it before that
		parts = append(parts, fmt.Sprintf("failing since %s, %d requests in a row", t.FailingSince.UTC().Format(time.RFC3339), t.Failures))
	default:
		parts = append(parts, fmt.Sprintf("away since %s, %d requests in a row failed; probing", t.FailingSince.UTC().Format(time.RFC3339), t.Failures))
	}
	if t.RestsUntil != nil {
		parts = append(parts, fmt.Sprintf("rests until %s: %s", t.RestsUntil.UTC().Format(time.RFC3339), firstLine(t.RestReason, 200)))
	}
	return strings.Join(parts, "; ")
}

func newTargetPause(opt *options) *cobra.Command {
	var p outbox.Pause
	c := &cobra.Command{
		Use: "pause TARGET", Short: "Send an ERP nothing until it is resumed", Args: usage(cobra.ExactArgs(1)),
		Long: `Pause keeps all daemons from sending anything to an ERP, from the next request on;
requests under way end. Orders are accepted and wait. With --for it ends by itself.`,
		RunE: func(c *cobra.Command, args []string) error {
			if strings.TrimSpace(p.Reason) == "" {
				return &codedError{exitUsage, errors.New("say why with --reason: whoever finds the target paused will want to know")}
			}
			if p.For < 0 || p.For == 0 && c.Flags().Changed("for") {
				return &codedError{exitUsage, errors.New("--for must be more than nothing, such as 2h")}
			}
			p.Actor = actor()
			return changeTarget(c, opt, args[0], "paused", func(ctx context.Context, s *outbox.Store) error { return s.PauseTarget(ctx, args[0], p) })
		},
	}
	c.Flags().StringVar(&p.Reason, "reason", "", "why; it is shown by status and kept in the audit log")
	c.Flags().DurationVar(&p.For, "for", 0, "how long, such as 2h; without it until it is resumed")
	return c
}

func newTargetResume(opt *options) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "resume TARGET", Short: "End an ERP's pause, or its rest after failures", Args: usage(cobra.ExactArgs(1)),
		Long: `Resume ends a pause. It also ends the rest of a target that refused access or did
not answer: it is tried at once, with one request first.`,
		RunE: func(c *cobra.Command, args []string) error {
			return changeTarget(c, opt, args[0], "resumed", func(ctx context.Context, s *outbox.Store) error {
				return s.ResumeTarget(ctx, args[0], actor(), reason)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	return c
}

// changeTarget does act on a target that is configured, and says so.
func changeTarget(c *cobra.Command, opt *options, name, done string, act func(ctx context.Context, s *outbox.Store) error) error {
	return withTargets(c, opt, func(ctx context.Context, conf *config.Config, s *outbox.Store) error {
		if err := knownTarget(conf, name); err != nil {
			return err
		}
		if err := act(ctx, s); err != nil {
			return err
		}
		if opt.json() {
			return printJSON(c.OutOrStdout(), map[string]string{"target": name, "done": done})
		}
		_, err := fmt.Fprintf(c.OutOrStdout(), "%s %s\n", done, name)
		return err
	})
}

// knownTarget refuses the name of a target that is not configured.
func knownTarget(conf *config.Config, name string) error {
	if slices.ContainsFunc(conf.Targets, func(t config.Target) bool { return t.Name == name }) {
		return nil
	}
	var names []string
	for _, t := range conf.Targets {
		names = append(names, t.Name)
	}
	return &codedError{exitUsage, fmt.Errorf("there is no target %q; configured: %s", name, strings.Join(names, ", "))}
}

func withTargets(c *cobra.Command, opt *options, do func(ctx context.Context, conf *config.Config, s *outbox.Store) error) error {
	conf, err := opt.load()
	if err != nil {
		return err
	}
	store, err := openStore(c.Context(), conf)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(c.Context(), conf, store)
}
