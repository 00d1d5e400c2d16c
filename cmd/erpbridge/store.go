package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
)

func newStore(opt *options) *cobra.Command {
	c := &cobra.Command{
		Use: "store", Short: "List the storefronts, bring their webhooks back",
		Long: `A store whose section has api: is polled: what its webhooks lose is found and
fetched. Store shows how far that is, and whether the shop still sends its webhooks.`,
	}
	c.AddCommand(newStoreList(opt), newStoreSubscribe(opt))
	return c
}

// A storeLine is one configured store and how its poll is doing.
type storeLine struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// CanList: its adapter can tell what changed. Every is how often it is asked, in
	// seconds; 0: it is not.
	CanList bool    `json:"can_list"`
	Every   float64 `json:"every_seconds"`
	// Poll is nil where no poll ever began.
	Poll *outbox.PollState `json:"poll"`
}

func newStoreList(opt *options) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the storefronts and what is known of them", Args: usage(cobra.NoArgs),
		Long: `List shows for each store until when everything that changed there is known, how many
events the last poll and all polls found that were not here, how many of those the
shop never sent, and the state of its webhook subscriptions.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return withStores(c, opt, func(ctx context.Context, conf *config.Config, n neighbours, s *outbox.Store) error {
				states, err := s.Polls(ctx)
				if err != nil {
					return err
				}
				lines := storeLines(conf, n, states)
				if opt.json() {
					return printJSON(c.OutOrStdout(), lines)
				}
				return showStores(c.OutOrStdout(), lines)
			})
		},
	}
}

func storeLines(conf *config.Config, n neighbours, states []outbox.PollState) []storeLine {
	lines := make([]storeLine, 0, len(conf.Stores))
	for _, c := range conf.Stores {
		line := storeLine{Name: c.Name, Kind: c.Kind}
		if _, line.CanList = n.stores[c.Name].(erpbridge.Lister); line.CanList {
			line.Every = c.Poll.Every.Seconds()
		}
		if i := slices.IndexFunc(states, func(s outbox.PollState) bool { return s.Store == c.Name }); i >= 0 {
			line.Poll = &states[i]
		}
		lines = append(lines, line)
	}
	return lines
}

func showStores(w io.Writer, lines []storeLine) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "STORE\tKIND\tLAST POLL\tKNOWN UNTIL\tLAG\tMISSING\tNOT SENT\tSTATE")
	var more []string
	for _, l := range lines {
		last, until, lag, found, lost := "never", "", "", "", ""
		if p := l.Poll; p != nil {
			if p.EndedAt != nil {
				last = p.EndedAt.UTC().Format(time.RFC3339)
			}
			until, lag = p.KnownUntil.UTC().Format(time.RFC3339), (time.Duration(p.Lag) * time.Second).String()
			found, lost = fmt.Sprintf("%d of %d", p.Found, p.FoundTotal), fmt.Sprintf("%d of %d", p.Lost, p.LostTotal)
			for _, s := range p.Subscriptions {
				if s.State != string(erpbridge.Subscribed) {
					more = append(more, strings.TrimSuffix(fmt.Sprintf("%s: webhook %s is %s: %s", l.Name, s.Topic, s.State, s.Detail), ": "))
				}
			}
		}
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, l.Kind, last, until, lag, found, lost, printable(pollWord(l)))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, m := range more {
		if _, err := fmt.Fprintln(w, printable(m)); err != nil {
			return err
		}
	}
	return nil
}

// pollWord says in words how a poll is doing.
func pollWord(l storeLine) string {
	switch p := l.Poll; {
	case !l.CanList && l.Kind == partners:
		return "AMQP only"
	case !l.CanList:
		return "webhooks only: its section has no api"
	case l.Every == 0:
		return "not polled: poll.every is 0"
	case p == nil:
		return "never polled: does the daemon run?"
	case p.ErrorSince != nil:
		return fmt.Sprintf("failing since %s: %s", p.ErrorSince.UTC().Format(time.RFC3339), firstLine(p.Error, 200))
	case p.Running:
		return "polling"
	case p.CompleteAt == nil:
		return "not polled to the end yet"
	}
	return "ok" + webhooksWord(l.Poll.Subscriptions)
}

func webhooksWord(subs []outbox.PollSubscription) string {
	active := 0
	for _, s := range subs {
		if s.State == string(erpbridge.Subscribed) {
			active++
		}
	}
	if len(subs) == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of %d webhooks active", active, len(subs))
}

func newStoreSubscribe(opt *options) *cobra.Command {
	var name string
	var topics []string
	var dry bool
	c := &cobra.Command{
		Use: "subscribe --store STORE", Short: "Bring a storefront's webhooks back", Args: usage(cobra.NoArgs),
		Long: `Subscribe asks the shop which of the webhooks that the configuration wants it sends,
and creates or enables the others. It is written to the audit log. What was lost in
between is found by the poll, or by erpbridge backfill.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return withStores(c, opt, func(ctx context.Context, conf *config.Config, n neighbours, s *outbox.Store) error {
				front, err := oneStore(conf, n, name)
				if err != nil {
					return err
				}
				subscriber, ok := front.(erpbridge.Subscriber)
				if !ok {
					return &codedError{exitUsage, fmt.Errorf("store %s: its webhooks cannot be looked after: that needs api: and webhooks: in its section, and a kind of shop that can", name)}
				}
				return subscribe(ctx, c.OutOrStdout(), opt, s, subscriber, name, topics, dry)
			})
		},
	}
	c.Flags().StringVar(&name, "store", "", "the store's name")
	c.Flags().StringSliceVar(&topics, "topic", nil, "only this topic; may be repeated")
	c.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be done")
	return c
}

// A subscribed is what subscribe did about one subscription.
type subscribed struct {
	Topic   string `json:"topic"`
	Address string `json:"address,omitempty"`
	State   string `json:"state"` // as found
	// Done is "nothing", "would subscribe", "subscribed" or "failed".
	Done  string `json:"done"`
	Error string `json:"error,omitempty"`
}

func subscribe(ctx context.Context, w io.Writer, opt *options, s *outbox.Store, subscriber erpbridge.Subscriber, name string, topics []string, dry bool) error {
	subs, err := subscriber.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("asking %s for its subscriptions: %w", name, err)
	}
	var have []string
	for _, x := range subs {
		have = append(have, x.Topic)
	}
	for _, t := range topics {
		if !slices.Contains(have, t) {
			return &codedError{exitUsage, fmt.Errorf("the configuration does not ask %s for %q; it asks for: %s", name, t, strings.Join(have, ", "))}
		}
	}
	done, failed := []subscribed{}, 0
	for _, x := range subs {
		if len(topics) > 0 && !slices.Contains(topics, x.Topic) {
			continue
		}
		d := subscribed{Topic: x.Topic, Address: x.Address, State: string(x.State), Done: "nothing"}
		switch {
		case x.State == erpbridge.Subscribed:
		case dry:
			d.Done = "would subscribe"
		default:
			if d.Done = "subscribed"; subscribeOne(ctx, s, subscriber, name, x, &d) != nil {
				failed++
			}
		}
		done = append(done, d)
	}
	if err := showSubscribed(w, opt, done); err != nil {
		return err
	}
	if failed > 0 {
		return &codedError{exitFailed, fmt.Errorf("%d of %d webhooks could not be brought back", failed, len(done))}
	}
	return nil
}

// subscribeOne writes down what it is about to do before it does it.
func subscribeOne(ctx context.Context, s *outbox.Store, subscriber erpbridge.Subscriber, name string, x erpbridge.Subscription, d *subscribed) error {
	err := s.Audit(ctx, actor(), "subscribed", "store "+name, fmt.Sprintf("%s to %s, which was %s", x.Topic, x.Address, x.State))
	if err == nil {
		err = subscriber.Subscribe(ctx, x)
	}
	if err != nil {
		d.Done, d.Error = "failed", err.Error()
	}
	return err
}

func showSubscribed(w io.Writer, opt *options, done []subscribed) error {
	if opt.json() {
		return printJSON(w, done)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "TOPIC\tADDRESS\tWAS\tDONE")
	for _, d := range done {
		what := d.Done
		if d.Error != "" {
			what += ": " + firstLine(d.Error, 300)
		}
		_, _ = fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", printable(d.Topic), printable(d.Address), d.State, printable(what))
	}
	return tw.Flush()
}

// knownStore refuses the name of a store that is not configured.
func knownStore(conf *config.Config, name string) error {
	if slices.ContainsFunc(conf.Stores, func(s config.Store) bool { return s.Name == name }) {
		return nil
	}
	var names []string
	for _, s := range conf.Stores {
		names = append(names, s.Name)
	}
	return &codedError{exitUsage, fmt.Errorf("there is no store %q; configured: %s", name, strings.Join(names, ", "))}
}

// oneStore returns the storefront of a name.
func oneStore(conf *config.Config, n neighbours, name string) (erpbridge.Storefront, error) {
	if name == "" {
		return nil, &codedError{exitUsage, fmt.Errorf("say which store with --store; configured: %s", known(n.stores))}
	}
	return n.stores[name], knownStore(conf, name)
}

func withStores(c *cobra.Command, opt *options, do func(ctx context.Context, conf *config.Config, n neighbours, s *outbox.Store) error) error {
	conf, n, err := opt.loadAll()
	if err != nil {
		return err
	}
	store, err := openStore(c.Context(), conf)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(c.Context(), conf, n, store)
}
