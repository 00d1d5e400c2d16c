package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/hakooi/erpbridge"
)

// subscriptions looks whether the shop still sends webhooks here. A fault is told once,
// until it is over, and brought back where the settings say so. It is over when a round
// finds none: a shop that drops each time what was brought back is not told of each time.
func (p *Poller) subscriptions(ctx context.Context, r Round) error {
	subs, err := p.ask(ctx)
	if err != nil {
		return err
	}
	bad := faults(subs)
	told := fingerprint(bad)
	alert := ""
	if fresh(bad, r.Told) {
		alert = p.tellFaults(bad)
	}
	if len(bad) > 0 && p.Settings.Resubscribe {
		word := p.resubscribe(ctx, bad)
		if alert != "" {
			alert += "; " + word
		}
		// What the shop says now is what the operator is shown, if it says anything. What
		// was brought back is no fault to the next round, so it is told in this one.
		now, asking := p.ask(ctx)
		if err = asking; err == nil {
			subs = now
		}
	}
	switch {
	case len(bad) > 0:
		p.Log.Warn("the shop does not send all webhooks", p.store(), zap.Strings("subscriptions", names(bad)), zap.Bool("resubscribe", p.Settings.Resubscribe))
	case r.Told != "":
		p.Log.Info("the shop sends all webhooks again", p.store())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // also when the daemon is being stopped
	defer cancel()
	return errors.Join(err, p.Book.Subscriptions(ctx, r, subs, told, alert))
}

func (p *Poller) ask(ctx context.Context) (subs []erpbridge.Subscription, err error) {
	err = patiently(ctx, patience, func(ctx context.Context) error {
		subs, err = p.Subscriber.Subscriptions(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("asking for its subscriptions: %w", err)
	}
	return subs, nil
}

// resubscribe brings back what it can and says what became of it.
func (p *Poller) resubscribe(ctx context.Context, bad []erpbridge.Subscription) string {
	var back, not, yet []string
	for _, s := range bad {
		err := patiently(ctx, patience, func(ctx context.Context) error { return p.Subscriber.Subscribe(ctx, s) })
		if err != nil && ctx.Err() != nil { // stopped: what was not asked for is the next round's
			yet = append(yet, s.Topic)
			continue
		}
		if err != nil {
			p.Log.Warn("a subscription cannot be brought back", p.store(), zap.String("topic", s.Topic), zap.Error(err))
			not = append(not, fmt.Sprintf("%s (%v)", s.Topic, err))
			continue
		}
		p.Log.Info("a subscription is brought back", p.store(), zap.String("topic", s.Topic))
		back = append(back, s.Topic)
	}
	var parts []string
	if len(back) > 0 {
		parts = append(parts, "brought back: "+strings.Join(back, ", "))
	}
	if len(not) > 0 {
		parts = append(parts, "could not be brought back: "+strings.Join(not, ", "))
	}
	if len(yet) > 0 {
		parts = append(parts, "not brought back yet: "+strings.Join(yet, ", "))
	}
	return strings.Join(parts, "; ")
}

func (p *Poller) tellFaults(bad []erpbridge.Subscription) string {
	text := fmt.Sprintf("%s no longer sends %s; the poll fetches what is missing every %s", p.Sieve.Store, strings.Join(names(bad), ", "), p.Settings.Every)
	if !p.Settings.Resubscribe {
		text += "; bring the webhooks back with erpbridge store subscribe --store " + p.Sieve.Store
	}
	return text
}

// faults are the subscriptions that do not work.
func faults(subs []erpbridge.Subscription) []erpbridge.Subscription {
	var bad []erpbridge.Subscription
	for _, s := range subs {
		if s.State != erpbridge.Subscribed {
			bad = append(bad, s)
		}
	}
	return bad
}

// fingerprint is what faults are remembered by: not by their details, which may count
// failures and differ each time.
func fingerprint(bad []erpbridge.Subscription) string {
	var lines []string
	for _, s := range bad {
		lines = append(lines, fmt.Sprintf("%q %q %s", s.Topic, s.Address, s.State))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// fresh reports whether there is a fault among bad that was not told.
func fresh(bad []erpbridge.Subscription, told string) bool {
	return slices.ContainsFunc(bad, func(s erpbridge.Subscription) bool {
		return !slices.Contains(strings.Split(told, "\n"), fingerprint([]erpbridge.Subscription{s}))
	})
}

// names says which subscriptions they are and what is wrong with them.
func names(subs []erpbridge.Subscription) []string {
	var list []string
	for _, s := range subs {
		name := fmt.Sprintf("%s (%s)", s.Topic, s.State)
		if s.Detail != "" {
			name = fmt.Sprintf("%s (%s: %s)", s.Topic, s.State, s.Detail)
		}
		list = append(list, name)
	}
	return list
}
