package bigcommerce

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/shopapi"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// hook is a webhook subscription of V3.
type hook struct {
	ID          scalar                    `json:"id"`
	Scope       scalar                    `json:"scope"`
	Destination scalar                    `json:"destination"`
	Active      scalar                    `json:"is_active"`
	Headers     object[map[string]scalar] `json:"headers"`
}

// Subscriptions returns the state of each configured scope at the configured address.
// The store switches a webhook off after two days of failures, and after 90 days
// without events. One that does not send the configured headers counts as switched off,
// too: what it sends is refused.
func (s *Subscribed) Subscriptions(ctx context.Context) ([]erpbridge.Subscription, error) {
	hooks, err := s.hooks(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]erpbridge.Subscription, 0, len(s.conf.Webhooks.Topics))
	for _, topic := range s.conf.Webhooks.Topics {
		out = append(out, s.subscription(topic, hooks))
	}
	return out, nil
}

// hooks reads all webhooks of the token's client.
func (s *Subscribed) hooks(ctx context.Context) ([]hook, error) {
	const path = "/v3/hooks"
	var out []hook
	for page := 1; page <= mostPages; page++ {
		found, err := s.api.datas(ctx, path, url.Values{"limit": {strconv.Itoa(pageSize)}, "page": {strconv.Itoa(page)}})
		if err != nil {
			return nil, err
		}
		for _, raw := range found {
			h, err := read[hook](raw)
			if err != nil {
				return nil, err
			}
			out = append(out, h)
		}
		if len(found) < pageSize {
			break
		}
	}
	return out, nil
}

// subscription returns the best of the hooks for a topic.
func (s *Subscribed) subscription(topic string, hooks []hook) erpbridge.Subscription {
	out := erpbridge.Subscription{
		Topic: topic, Address: s.conf.Webhooks.Address, State: erpbridge.Gone,
		Detail: "the store has no webhook for this scope to this address",
	}
	for _, h := range hooks {
		if h.Scope.Text() != topic || strings.TrimSuffix(h.Destination.Text(), "/") != strings.TrimSuffix(out.Address, "/") {
			continue
		}
		out.ID = h.ID.Text()
		active, _ := h.Active.Bool()
		switch {
		case !active:
			out.State, out.Detail = erpbridge.Disabled, "the store has switched the webhook off: its deliveries failed for two days, or there was nothing to send for 90"
		case !s.sends(h):
			out.State, out.Detail = erpbridge.Disabled, "the webhook does not send the configured headers, so that its deliveries are refused"
		default:
			out.State, out.Detail = erpbridge.Subscribed, ""
			return out
		}
	}
	return out
}

// sends reports whether a webhook has the configured headers.
func (s *Subscribed) sends(h hook) bool {
	if len(s.headers) == 0 {
		return true
	}
	if h.Headers.V == nil {
		return false
	}
	sent := http.Header{}
	for name, value := range *h.Headers.V {
		sent[name] = append(sent[name], value.Text())
	}
	return headersProof(sent, s.headers) == nil
}

// Subscribe makes a webhook, or switches it on again and gives it the configured
// headers.
func (s *Subscribed) Subscribe(ctx context.Context, sub erpbridge.Subscription) error {
	body := struct {
		Scope       string            `json:"scope"`
		Destination string            `json:"destination"`
		Active      bool              `json:"is_active"`
		Headers     map[string]string `json:"headers,omitzero"`
	}{Scope: sub.Topic, Destination: sub.Address, Active: true}
	for _, name := range slices.Sorted(maps.Keys(s.conf.Headers)) {
		if body.Headers == nil {
			body.Headers = map[string]string{}
		}
		body.Headers[name] = plain(s.conf.Headers[name])
	}
	text, err := json.Marshal(body)
	if err != nil {
		return unaskable(err)
	}
	request := shopapi.Request{Method: http.MethodPost, Path: "/v3/hooks", Body: text}
	if sub.ID != "" {
		id, err := strconv.ParseUint(sub.ID, 10, 64)
		if err != nil {
			return unaskable(err)
		}
		request.Method, request.Path = http.MethodPut, "/v3/hooks/"+strconv.FormatUint(id, 10)
	}
	_, err = s.api.client.Do(ctx, request)
	return err
}

// plain returns a secret as it is sent. Files and heredocs end in a newline that is not
// part of it.
func plain(s signed.Secret) string {
	return strings.TrimSuffix(strings.TrimSuffix(string(s), "\n"), "\r")
}
