package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
	polling "github.com/hakooi/erpbridge/poll"
)

func newBackfill(opt *options) *cobra.Command {
	var name, since, until string
	var dry bool
	c := &cobra.Command{
		Use: "backfill --store STORE --since TIME", Short: "Fetch what changed in a shop and is not here", Args: usage(cobra.NoArgs),
		Long: `Backfill lists everything that changed in a shop since a time, and puts what is not
here into the inbox, where the daemon takes it up as it does a webhook; it may run or
not meanwhile. What is here already, or in a newer state, is left alone, so that it is
safe to run again.

A time is RFC 3339, a date such as 2026-11-23 or 2026-11-23T15:04 in the shop's time
zone (the setting time_zone of its section, or else UTC), or how long ago: 90m, 48h, 7d.

With --dry-run it only tells what it would fetch. Interrupted, it says where to go on.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return withStores(c, opt, func(ctx context.Context, conf *config.Config, n neighbours, s *outbox.Store) error {
				front, err := oneStore(conf, n, name)
				if err != nil {
					return err
				}
				lister, ok := front.(erpbridge.Lister)
				if !ok {
					return &codedError{exitUsage, fmt.Errorf("store %s: it cannot be asked what changed: that needs api: in its section", name)}
				}
				span, err := readSpan(since, until, shopZone(conf, name), time.Now())
				if err != nil {
					return &codedError{exitUsage, err}
				}
				b := polling.Backfill{
					Lister: lister, Sieve: polling.Sieve{Store: name, Normalizer: front, Known: knownStates{s}},
					Since: span.since, Until: span.until, Log: zap.NewNop(),
				}
				if !dry {
					b.Feed = polling.FeedFunc(s.Receive)
				}
				return backfill(ctx, c, opt, s, b, name)
			})
		},
	}
	c.Flags().StringVar(&name, "store", "", "the store's name")
	c.Flags().StringVar(&since, "since", "", "from when on")
	c.Flags().StringVar(&until, "until", "", "until when; default: now")
	c.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be fetched")
	return c
}

// backfill runs b, shows how it is doing, and tells what it came to.
func backfill(ctx context.Context, c *cobra.Command, opt *options, s *outbox.Store, b polling.Backfill, name string) error {
	dry := b.Feed == nil
	if !dry {
		if err := s.Audit(ctx, actor(), "began a backfill", "store "+name, spanWord(b)); err != nil {
			return err
		}
	}
	shown := &progress{w: c.ErrOrStderr(), terminal: isTerminal(c.ErrOrStderr()), began: time.Now()}
	shown.next = shown.began.Add(shown.pace())
	b.Tell = shown.tell
	filled, err := b.Run(ctx)
	shown.end()
	if !dry {
		// Also of one that was interrupted.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		detail := fmt.Sprintf("%s: %d put into the inbox, done: %t", spanWord(b), filled.Fed, filled.Done)
		err = errors.Join(err, s.Audit(ctx, actor(), "ended a backfill", "store "+name, detail))
	}
	if showErr := showFilled(c.OutOrStdout(), opt, name, b, filled); showErr != nil {
		return errors.Join(err, showErr)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if filled.Done {
		return err
	}
	return fmt.Errorf("%w\nwhat was fetched is safe; go on with: %s", err, goOn(name, b, filled, dry))
}

func goOn(name string, b polling.Backfill, f polling.Filled, dry bool) string {
	// Down to the second: what changed within it is asked for again.
	cmd := fmt.Sprintf("erpbridge backfill --store %s --since %s", name, f.Safe.UTC().Format(time.RFC3339))
	if !b.Until.IsZero() {
		cmd += " --until " + b.Until.UTC().Format(time.RFC3339)
	}
	if dry {
		cmd += " --dry-run"
	}
	return cmd
}

func spanWord(b polling.Backfill) string {
	text := "since " + b.Since.UTC().Format(time.RFC3339)
	if !b.Until.IsZero() {
		text += " until " + b.Until.UTC().Format(time.RFC3339)
	}
	return text
}

// progress shows how far a backfill is: on a terminal in one line that changes, and
// elsewhere with a line now and then.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time
	next     time.Time
	width    int // of the line on the terminal
}

func (p *progress) pace() time.Duration {
	if p.terminal {
		return 200 * time.Millisecond
	}
	return 10 * time.Second
}

func (p *progress) tell(f polling.Filled) {
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(p.pace())
	line := progressLine(f, now.Sub(p.began))
	if !p.terminal {
		_, _ = fmt.Fprintln(p.w, line)
		return
	}
	_, _ = fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// end leaves a terminal with an empty line.
func (p *progress) end() {
	if p.width > 0 {
		_, _ = fmt.Fprintf(p.w, "\r%*s\r", p.width, "")
	}
}

func progressLine(f polling.Filled, took time.Duration) string {
	at := ""
	if !f.Position.IsZero() {
		at = ", at " + f.Position.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%d listed, %d missing, %d known%s, %.0f/s", f.Listed, f.Fed, f.Known, at, float64(f.Listed)/max(took.Seconds(), 0.001))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// A filledReport is what a backfill came to, as JSON.
type filledReport struct {
	Store         string                      `json:"store"`
	Since         time.Time                   `json:"since"`
	Until         *time.Time                  `json:"until,omitempty"`
	DryRun        bool                        `json:"dry_run"`
	Done          bool                        `json:"done"`
	Listed        int                         `json:"listed"`
	Known         int                         `json:"known"`
	Ignored       int                         `json:"ignored"`
	Later         int                         `json:"later"`
	Missing       int                         `json:"missing"`
	NotUnderstood int                         `json:"not_understood"`
	ByType        map[erpbridge.EventType]int `json:"missing_by_type"`
	Examples      []filledExample             `json:"examples"`
	// GoOnSince is where to go on if it is not Done.
	GoOnSince *time.Time `json:"go_on_since,omitempty"`
}

type filledExample struct {
	Event     erpbridge.EventType `json:"event"`
	Resource  string              `json:"resource"`
	ChangedAt time.Time           `json:"changed_at"`
}

func showFilled(w io.Writer, opt *options, name string, b polling.Backfill, f polling.Filled) error {
	if opt.json() {
		r := filledReport{
			Store: name, Since: b.Since, DryRun: b.Feed == nil, Done: f.Done, Listed: f.Listed, Known: f.Known, Ignored: f.Ignored, Later: f.Later,
			Missing: f.Fed, NotUnderstood: f.NotUnderstood, ByType: f.Missing, Examples: []filledExample{},
		}
		if !b.Until.IsZero() {
			r.Until = &b.Until
		}
		if !f.Done {
			r.GoOnSince = &f.Safe
		}
		for _, e := range f.Examples {
			r.Examples = append(r.Examples, filledExample{e.Event, e.Resource, e.Version.At})
		}
		return printJSON(w, r)
	}
	verb := "put into the inbox"
	if b.Feed == nil {
		verb = "would be put into the inbox"
	}
	_, err := fmt.Fprintf(w, "%s %s: %d listed, %d known, %d of no interest; %d missing %s\n", name, spanWord(b), f.Listed, f.Known, f.Ignored, f.Fed, verb)
	if err != nil {
		return err
	}
	if f.Fed == 0 {
		return showLater(w, f)
	}
	if len(f.Missing) > 0 {
		if _, err := fmt.Fprintf(w, "missing: %s\n", polling.Counted(f.Missing)); err != nil {
			return err
		}
	}
	if f.NotUnderstood > 0 {
		if _, err := fmt.Fprintf(w, "not understood: %d, which end as dead letters or are held\n", f.NotUnderstood); err != nil {
			return err
		}
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range f.Examples {
		_, _ = fmt.Fprintf(tw, "  %s\t%s\t%s\n", e.Event, printable(e.Resource), e.Version.At.UTC().Format(time.RFC3339))
	}
	if n := f.Fed - len(f.Examples) - f.NotUnderstood; n > 0 {
		_, _ = fmt.Fprintf(tw, "  … and %d more\n", n)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	return showLater(w, f)
}

// showLater says what is missing and was left out.
func showLater(w io.Writer, f polling.Filled) error {
	if f.Later == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "%d more are missing, changed after that, and were left out: without --until they are fetched too\n", f.Later)
	return err
}

// span is what a backfill is asked for.
type span struct{ since, until time.Time }

func readSpan(since, until string, zone *time.Location, now time.Time) (sp span, err error) {
	if since == "" {
		return sp, errors.New("say from when on with --since, such as 2026-11-23 or 48h")
	}
	if sp.since, err = readTime(since, zone, now); err != nil {
		return sp, fmt.Errorf("--since: %w", err)
	}
	if until != "" {
		if sp.until, err = readTime(until, zone, now); err != nil {
			return sp, fmt.Errorf("--until: %w", err)
		}
		if !sp.until.After(sp.since) {
			return sp, fmt.Errorf("--until %s is not after --since %s", sp.until.Format(time.RFC3339), sp.since.Format(time.RFC3339))
		}
	}
	if sp.since.After(now) {
		return sp, fmt.Errorf("--since %s lies in the future", sp.since.Format(time.RFC3339))
	}
	return sp, nil
}

var days = regexp.MustCompile(`^([0-9]{1,5})d$`)

// readTime reads a time as an operator writes it.
func readTime(text string, zone *time.Location, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return time.Time{}, err
		}
		return now.In(zone).AddDate(0, 0, -n), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateTime} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: write 2026-11-23T15:04:05Z, 2026-11-23, or how long ago: 90m, 48h, 7d", text)
}

// shopZone is the time zone that a store's section names, UTC where it names none.
func shopZone(conf *config.Config, name string) *time.Location {
	for _, c := range conf.Stores {
		var settings map[string]any
		if c.Name != name || c.Decode(&settings) != nil {
			continue
		}
		if text, ok := settings["time_zone"].(string); ok {
			if zone, err := time.LoadLocation(text); err == nil {
				return zone
			}
		}
	}
	return time.UTC
}
