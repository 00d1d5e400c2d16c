package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge/broker"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

// A statusReport is the ledger and what is still with the broker.
type statusReport struct {
	outbox.Status
	// Broker is nil if the broker could not be asked; BrokerError says why.
	Broker      *brokerDepth `json:"broker"`
	BrokerError string       `json:"broker_error,omitempty"`
	// NotConfigured are the targets that have documents and are not, or no longer, in the
	// configuration.
	NotConfigured []string `json:"targets_not_configured"`
	// ClosedUntil is when the maintenance windows end that targets are in.
	ClosedUntil map[string]time.Time `json:"closed_until"`
}

type brokerDepth struct {
	// Declared: the broker has our queues. Before the first run it has not.
	Declared bool `json:"declared"`
	// Blocked is why the broker takes nothing from publishers; empty: it does.
	Blocked   string `json:"blocked"`
	Messages  int    `json:"messages"` // of one or more events, not in the ledger yet
	Dead      int    `json:"dead"`
	Consumers int    `json:"consumers"`
}

func newStatus(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Print the ledger: what was accepted, and what became of it", Args: usage(cobra.NoArgs),
		Long: `Status counts events, and per target documents:

  accepted = delivered + superseded + ignored + held + dead + discarded + pending

Events that the broker still holds are not in the ledger yet; they are shown
beside it. Exit code 1 if the ledger does not balance.`,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := opt.load()
			if err != nil {
				return err
			}
			store, err := openStore(c.Context(), conf)
			if err != nil {
				return err
			}
			defer store.Close()
			st, err := store.ReadStatus(c.Context())
			if err != nil {
				return err
			}
			rep := statusReport{Status: st, NotConfigured: notConfigured(conf, st.Targets), ClosedUntil: map[string]time.Time{}}
			for _, l := range targetLines(conf, nil, time.Now()) {
				if l.ClosedUntil != nil {
					rep.ClosedUntil[l.Name] = *l.ClosedUntil
				}
			}
			if rep.Broker, err = readDepth(c.Context(), conf); err != nil {
				rep.BrokerError = err.Error()
			}
			if opt.json() {
				err = printJSON(c.OutOrStdout(), rep)
			} else {
				err = showStatus(c.OutOrStdout(), rep)
			}
			if err == nil && !st.Balanced {
				return &codedError{exitFailed, errors.New("the ledger does not balance: please report this, with the output of status")}
			}
			return err
		},
	}
}

func readDepth(ctx context.Context, conf *config.Config) (*brokerDepth, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	t, err := broker.NewTopology(brokerConfig(conf))
	if err != nil {
		return nil, err
	}
	d, err := t.Depth(ctx)
	if err != nil {
		return nil, err
	}
	return &brokerDepth{Declared: d.Declared, Blocked: d.Blocked, Messages: d.Events, Dead: d.Dead, Consumers: d.Consumers}, nil
}

// notConfigured returns the targets that have documents and no section.
func notConfigured[T any](conf *config.Config, targets map[string]T) []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(targets)) {
		if knownTarget(conf, name) != nil {
			names = append(names, name)
		}
	}
	return names
}

// lead begins the line about a target that is not delivered to at full pace: loudly where
// what waits for it stands still, but for the short rests an ERP asks for.
func lead(name string, t outbox.TargetState, waiting int64) string {
	still := t.PausedBy != "" || t.Away || t.RestsUntil != nil && time.Until(*t.RestsUntil) > time.Minute
	if !still || waiting == 0 {
		return name + ": "
	}
	return standstill(name, waiting)
}

// standstill says what nothing else does: /readyz is about what is accepted.
func standstill(name string, waiting int64) string {
	return fmt.Sprintf("NOTHING IS DELIVERED TO %s, %d wait: ", name, waiting)
}

func showStatus(w io.Writer, r statusReport) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, l outbox.Ledger) {
		_, _ = fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t\n", name, l.Accepted, l.Delivered, l.Superseded, l.Ignored,
			l.Held, l.Dead, l.Discarded, l.Pending, l.InDoubt, map[bool]string{true: "yes", false: "NO"}[l.Balanced])
	}
	_, _ = fmt.Fprintln(tw, "\taccepted\tdelivered\tsuperseded\tignored\theld\tdead\tdiscarded\tpending\tin doubt\tbalanced\t")
	row("events", r.Ledger)
	for _, name := range slices.Sorted(maps.Keys(r.Targets)) {
		row("documents for "+name, r.Targets[name].Ledger)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("open dead letters: %d; alerts not mailed yet: %d", r.OpenDeadLetters, r.UnsentAlerts)}
	if r.Pending > 0 {
		lines = append(lines, fmt.Sprintf("oldest pending event: %s", time.Duration(r.Oldest*float64(time.Second)).Round(time.Second)))
	}
	for _, b := range r.Fetching {
		line := fmt.Sprintf("store %s: %d messages wait to be fetched, the oldest for %s", b.Store, b.Messages, time.Duration(b.Oldest*float64(time.Second)).Round(time.Second))
		if b.Failed > 0 {
			line += fmt.Sprintf("; %d were asked for in vain: %s", b.Failed, printable(firstLine(b.Cause, 300)))
		}
		lines = append(lines, line)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Targets)) {
		t := r.Targets[name]
		if t.Parked > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d orders wait behind a dead document", name, t.Parked))
		}
		if t.Unconfirmed > 0 {
			line := fmt.Sprintf("%s: %d accepted, waiting for confirmation", name, t.Unconfirmed)
			if t.UnconfirmedSince != nil {
				line += ", oldest since " + t.UnconfirmedSince.UTC().Format(time.RFC3339)
			}
			if t.WaitingBehind > 0 {
				line += fmt.Sprintf("; %d later documents wait behind them", t.WaitingBehind)
			}
			lines = append(lines, line)
		}
		if t.UnknownConfirmations > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d confirmations are about nothing it has accepted from here", name, t.UnknownConfirmations))
		}
		if t.State != nil {
			if word := stateOf(*t.State); word != "" {
				lines = append(lines, lead(name, *t.State, t.Pending)+word)
			}
		}
		if until, closed := r.ClosedUntil[name]; closed && t.Pending > 0 {
			lines = append(lines, standstill(name, t.Pending)+"in its maintenance window until "+until.UTC().Format(time.RFC3339))
		}
		if slices.Contains(r.NotConfigured, name) && t.Pending > 0 {
			lines = append(lines, standstill(name, t.Pending)+"the configuration has no such target")
		}
		if left := t.Pending - t.Unconfirmed; left > 0 && t.PerSecond > 0 {
			line := fmt.Sprintf("%s: %d waiting, %.1f/s", name, left, t.PerSecond)
			if t.EmptyAt != nil {
				line += ", empty at " + t.EmptyAt.UTC().Format(time.RFC3339)
			}
			lines = append(lines, line)
		}
	}
	switch {
	case r.Broker == nil:
		lines = append(lines, "the broker could not be asked: "+r.BrokerError)
	case !r.Broker.Declared:
		lines = append(lines, "the broker has no queues of ours yet: run erpbridge migrate")
	default:
		line := fmt.Sprintf("with the broker: %d messages, %d dead; consumers: %d", r.Broker.Messages, r.Broker.Dead, r.Broker.Consumers)
		if r.Broker.Consumers == 0 {
			line += ": NO DAEMON CONSUMES"
		}
		lines = append(lines, line)
		if r.Broker.Blocked != "" {
			lines = append(lines, "THE BROKER BLOCKS PUBLISHERS: "+r.Broker.Blocked)
		}
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(w, l); err != nil {
			return err
		}
	}
	return nil
}
