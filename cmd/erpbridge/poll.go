package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/outbox"
	polling "github.com/hakooi/erpbridge/poll"
)

// pollStores starts a poller for every store that can list what changed.
func pollStores(ctx context.Context, g *errgroup.Group, conf *config.Config, n neighbours, store *outbox.Store, log *zap.Logger) {
	for _, c := range conf.Stores {
		lister, ok := n.stores[c.Name].(erpbridge.Lister)
		if !ok || c.Poll.Every == 0 {
			log.Info("the store is not polled: events its webhooks lose are not found", zap.String("store", c.Name), zap.Bool("could_be", ok))
			continue
		}
		subscriber, _ := n.stores[c.Name].(erpbridge.Subscriber)
		p := &polling.Poller{
			Lister: lister, Subscriber: subscriber,
			Sieve: polling.Sieve{Store: c.Name, Normalizer: n.stores[c.Name], Known: knownStates{store}},
			Feed:  polling.FeedFunc(store.Receive), Book: pollBook{store},
			Settings: polling.Settings{
				Every: c.Poll.Every, Overlap: c.Poll.Overlap, Initial: c.Poll.Initial, Grace: c.Poll.Grace,
				AlertOver: c.Poll.AlertOver, Resubscribe: c.Poll.Resubscribe,
			},
			Log: log.Named("poll"),
		}
		g.Go(func() error { return p.Run(ctx) })
	}
}

// knownStates asks the outbox which states are in the inbox.
type knownStates struct{ *outbox.Store }

func (k knownStates) Known(ctx context.Context, store string, states []polling.State) ([]polling.Answer, error) {
	rs := make([]outbox.ResourceState, len(states))
	for i, s := range states {
		rs[i] = outbox.ResourceState(s)
	}
	as, err := k.KnownStates(ctx, store, rs)
	answers := make([]polling.Answer, len(as))
	for i, a := range as {
		answers[i] = polling.Answer(a)
	}
	return answers, err
}

// pollBook gives the pollers the outbox's tables.
type pollBook struct{ *outbox.Store }

func (b pollBook) Take(ctx context.Context, store string, p polling.Pace) (polling.Round, time.Duration, error) {
	r, wait, err := b.TakePoll(ctx, store, outbox.PollPace(p))
	return polling.Round(r), wait, err
}

func (b pollBook) Keep(ctx context.Context, r polling.Round, p polling.Progress) error {
	progress := outbox.PollProgress{Until: p.Until, Listed: p.Listed}
	for _, f := range p.Found {
		progress.Found = append(progress.Found, outbox.PollFound(f))
	}
	return late(b.KeepPoll(ctx, outbox.PollRound(r), progress))
}

func (b pollBook) End(ctx context.Context, r polling.Round, o polling.Outcome) error {
	return late(b.EndPoll(ctx, outbox.PollRound(r), outbox.PollOutcome(o)))
}

func (b pollBook) Subscriptions(ctx context.Context, r polling.Round, subs []erpbridge.Subscription, told, alert string) error {
	return late(b.KeepSubscriptions(ctx, outbox.PollRound(r), subs, told, alert))
}

func (b pollBook) Settle(ctx context.Context, store string, grace time.Duration, tell func([]polling.Found) string) (int, []polling.Found, error) {
	waiting, lost, err := b.SettleFound(ctx, store, grace, func(lost []outbox.PollFound) string { return tell(founds(lost)) })
	return waiting, founds(lost), err
}

func founds(fs []outbox.PollFound) []polling.Found {
	var all []polling.Found
	for _, f := range fs {
		all = append(all, polling.Found(f))
	}
	return all
}

// late says in the poller's word that the turn is another daemon's.
func late(err error) error {
	if errors.Is(err, outbox.ErrPollLate) {
		return fmt.Errorf("%w: %w", polling.ErrLate, err)
	}
	return err
}

// refusePoll refuses settings of a poll that cannot be.
func refusePoll(c config.Store, s erpbridge.Storefront) error {
	_, lists := s.(erpbridge.Lister)
	_, subscribes := s.(erpbridge.Subscriber)
	switch {
	case c.Poll.Given() && !lists:
		return c.Errorf("poll: the store cannot be asked what changed: poll needs api:, the address and the credentials of the shop's API, in the same section")
	case c.Poll.Resubscribe && !subscribes:
		return c.Errorf("poll.resubscribe: the store's webhooks cannot be brought back: resubscribe needs webhooks:, the address they are sent to, in the same section")
	}
	return nil
}

// partners is the kind of store that has neither webhooks nor an API.
const partners = "partner"

// checkStore asks the shop, without any effect there.
func checkStore(ctx context.Context, c config.Store, s erpbridge.Storefront) []finding {
	subject := "store " + c.Name
	lister, ok := s.(erpbridge.Lister)
	if !ok && c.Kind == partners {
		return []finding{{subject, true, "takes what partners publish to RabbitMQ", ""}}
	}
	if !ok {
		return []finding{{subject, true, "takes webhooks; events they lose are not found, for want of api: in its section", ""}}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	fs := []finding{{subject, true, "its API answers; what webhooks lose is found every " + c.Poll.Every.String(), ""}}
	if c.Poll.Every == 0 {
		fs[0].Detail = "its API answers; it is not polled, as poll.every is 0"
	}
	if _, err := lister.List(ctx, time.Now(), ""); err != nil {
		return []finding{{subject, false, err.Error(), adviceAbout(err)}}
	}
	subscriber, ok := s.(erpbridge.Subscriber)
	if !ok {
		return fs
	}
	subs, err := subscriber.Subscriptions(ctx)
	if err != nil {
		return append(fs, finding{subject + " webhooks", false, err.Error(), adviceAbout(err)})
	}
	for _, x := range subs {
		f := finding{subject + " webhook " + x.Topic, x.State == erpbridge.Subscribed, string(x.State), ""}
		if !f.OK {
			f.Advice = "erpbridge store subscribe --store " + c.Name
			if x.Detail != "" {
				f.Detail += ": " + x.Detail
			}
		}
		fs = append(fs, f)
	}
	return fs
}

func adviceAbout(err error) string {
	if erpbridge.KindOf(err) == erpbridge.Refused {
		return "check the address and the credentials in the store's api:"
	}
	return "check that the shop's API runs and that this machine reaches it"
}
