package shopify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge"
)

// A subscribed storefront is a polled one that also knows where its webhooks are to be
// sent. It implements erpbridge.Subscriber.
type subscribed struct {
	polled
	webhooks Webhooks
}

var _ erpbridge.Subscriber = (*subscribed)(nil)

// Subscriptions returns the state of each configured topic. Shopify deletes a
// subscription whose webhooks failed eight times in a row; it disables none.
func (s *subscribed) Subscriptions(ctx context.Context) ([]erpbridge.Subscription, error) {
	existing, err := s.existing(ctx)
	if err != nil {
		return nil, err
	}
	var out []erpbridge.Subscription
	for _, topic := range s.webhooks.Topics {
		state := erpbridge.Subscription{Topic: topic, Address: s.webhooks.Address, State: erpbridge.Gone, Detail: "Shopify has no subscription to it"}
		for _, e := range existing {
			switch {
			case e.Topic != enum(topic):
			case e.URI == s.webhooks.Address:
				state.ID, state.State, state.Detail = e.ID, erpbridge.Subscribed, ""
			case state.State == erpbridge.Gone:
				state.Detail = "Shopify sends it to another address only"
			}
		}
		out = append(out, state)
	}
	return out, nil
}

type subscription struct {
	ID    string `json:"id"`
	Topic string `json:"topic"`
	URI   string `json:"uri"`
}

func (s *subscribed) existing(ctx context.Context) ([]subscription, error) {
	var out []subscription
	vars := variables{"after": nil}
	for {
		var answer struct {
			Page struct {
				Nodes    []subscription `json:"nodes"`
				PageInfo pageInfo       `json:"pageInfo"`
			} `json:"webhookSubscriptions"`
		}
		if _, err := s.admin.ask(ctx, opSubscriptions, vars, &answer); err != nil {
			return nil, fmt.Errorf("listing the webhook subscriptions: %w", err)
		}
		out = append(out, answer.Page.Nodes...)
		if !answer.Page.PageInfo.More || len(answer.Page.Nodes) == 0 {
			return out, nil
		}
		vars["after"] = answer.Page.PageInfo.Cursor
	}
}

// Subscribe creates a subscription.
func (s *subscribed) Subscribe(ctx context.Context, sub erpbridge.Subscription) error {
	var answer struct {
		Created struct {
			UserErrors []struct {
				Message string `json:"message"`
			} `json:"userErrors"`
		} `json:"webhookSubscriptionCreate"`
	}
	if _, err := s.admin.ask(ctx, opSubscribe, variables{"topic": enum(sub.Topic), "uri": sub.Address}, &answer); err != nil {
		return fmt.Errorf("subscribing to %s: %w", sub.Topic, err)
	}
	for _, e := range answer.Created.UserErrors {
		if !strings.Contains(e.Message, "already been taken") { // somebody else was faster
			return &erpbridge.Error{Op: "shopify.Subscribe", Kind: erpbridge.Refused, Err: errors.New(sub.Topic + ": " + clip(e.Message))}
		}
	}
	return nil
}

// enum returns a topic as GraphQL writes it: "orders/create" is ORDERS_CREATE.
func enum(topic string) string { return strings.ToUpper(strings.ReplaceAll(topic, "/", "_")) }
