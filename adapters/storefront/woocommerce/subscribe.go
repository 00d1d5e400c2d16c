package woocommerce

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
)

const webhooksPath = "/wp-json/wc/v3/webhooks"

// A webhook is a subscription in WooCommerce's words. It is "active", "paused" by a person,
// or "disabled": by WooCommerce, after more than five failures in a row, without a word to
// anybody.
type webhook struct {
	ID          scalar `json:"id"`
	Status      scalar `json:"status"`
	Topic       scalar `json:"topic"`
	DeliveryURL scalar `json:"delivery_url"`
}

// Subscriptions returns the state of the webhook of each configured topic. Of several the
// active one counts.
func (t *Tended) Subscriptions(ctx context.Context) ([]erpbridge.Subscription, error) {
	byTopic := map[string]erpbridge.Subscription{}
	for page := 1; ; page++ {
		raws, more, err := t.ask(ctx, webhooksPath, url.Values{"per_page": {strconv.Itoa(largestPage)}, "page": {strconv.Itoa(page)}})
		if err != nil {
			return nil, unreachable(err)
		}
		for _, raw := range raws {
			var w webhook
			if err := json.Unmarshal(raw, &w); err != nil {
				return nil, listing(erpbridge.Transient, fmt.Errorf("the shop listed what is not a webhook: %w", err))
			}
			if known := byTopic[w.Topic.Text()]; w.DeliveryURL.Text() == t.webhooks.Address && known.State != erpbridge.Subscribed {
				byTopic[w.Topic.Text()] = w.subscription()
			}
		}
		if !more {
			break
		}
	}
	var out []erpbridge.Subscription
	for _, topic := range t.webhooks.Topics {
		s, ok := byTopic[topic]
		if !ok {
			s = erpbridge.Subscription{Topic: topic, Address: t.webhooks.Address, State: erpbridge.Gone, Detail: "no webhook sends this topic here"}
		}
		out = append(out, s)
	}
	return out, nil
}

func (w webhook) subscription() erpbridge.Subscription {
	id, _ := w.ID.Integer()
	s := erpbridge.Subscription{ID: id, Topic: w.Topic.Text(), Address: w.DeliveryURL.Text(), State: erpbridge.Disabled}
	switch status := w.Status.Text(); status {
	case "active":
		s.State = erpbridge.Subscribed
	case "paused":
		s.Detail = "paused by somebody in WooCommerce"
	case "disabled":
		s.Detail = "disabled by WooCommerce, after more than five failed deliveries in a row"
	default:
		s.Detail = fmt.Sprintf("its status is %q", status)
	}
	return s
}

// Subscribe makes a webhook active again, with the secret the bridge knows, or creates it.
func (t *Tended) Subscribe(ctx context.Context, s erpbridge.Subscription) error {
	wanted := map[string]string{"status": "active", "secret": t.secret}
	r := shopapi.Request{Method: http.MethodPut, Path: webhooksPath + "/" + s.ID}
	if s.ID == "" {
		wanted["name"], wanted["topic"], wanted["delivery_url"] = "erpbridge "+s.Topic, s.Topic, t.webhooks.Address
		r = shopapi.Request{Method: http.MethodPost, Path: webhooksPath}
	}
	body, err := json.Marshal(wanted, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("asking for a webhook: %w", err)
	}
	r.Body = body
	if _, err := t.api.Do(ctx, r); err != nil {
		return fmt.Errorf("subscribing to %s: %w", s.Topic, err)
	}
	return nil
}
