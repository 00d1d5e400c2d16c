package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/hakooi/erpbridge/torture/recorder"
	"github.com/hakooi/erpbridge/torture/world"
)

// everything is a little of everything a daemon meets: events through both doors,
// twice and late; an answer of the ERP that was lost, a request it throttles, an order
// it rejects, which an operator replays, and one it never takes, which he discards; a
// body that is none, and an order that does not add up, which he gives up; a broker that
// is away for a moment; a pause and a cross-reference by command; a stop.
func (h *house) everything(name string) scenario {
	plan := recorder.New(h.seedOf(name), 16, 40)
	plan.Poison, plan.Partner = 1, 0.2
	return scenario{
		name: name, plan: plan, rate: 60, lasting: true, provoke: everything,
		send: 40 * time.Second, drain: 45 * time.Second, operator: replayer(1),
	}
}

func everything(ctx context.Context, r *run) error {
	w := r.world
	for _, m := range []world.Mode{
		{Kind: "effect-then-drop", Count: 2, Match: world.Match{RecordType: "salesOrder"}},
		{Kind: "drop-before-effect", Count: 1},
		{Kind: "throttle", Count: 1, Match: world.Match{Operation: "upsert"}},
		{Kind: "reject", Count: 1, Code: "INVALID_KEY_OR_REF", Message: "Invalid reference key.", Match: world.Match{RecordType: "customerDeposit"}},
	} {
		if err := w.ERP.AddMode(ctx, m); err != nil {
			return err
		}
	}
	pause(ctx, 100*time.Millisecond)
	signed(ctx, r, "garbage-1", garbage)
	signed(ctx, r, "held-1", unbalanced)
	if err := errors.Join(w.GiveUp(r.world.Name()+"-given-up"), w.Poison()); err != nil {
		return err
	}
	// The broker's ways are gone for a moment: it has what it confirmed, and not more.
	if err := w.Unbind(ctx); err != nil {
		return err
	}
	pause(ctx, 150*time.Millisecond)
	signed(ctx, r, "unbound-1", garbage) // on a slow machine nothing else may come in meanwhile
	// The broker is away for longer than a storefront may be kept waiting, and the mail
	// server too.
	if err := w.ERP.SetMails(ctx, world.MailsDown); err != nil {
		return err
	}
	for _, d := range w.Daemons {
		d.Broker.Block()
		d.Broker.Reset()
	}
	pause(ctx, 1200*time.Millisecond)
	for _, d := range w.Daemons {
		d.Broker.Unblock()
	}
	first := w.Daemons[0]
	// The operator's commands meet the same fault as the daemons.
	w.SetCommandEnv(r.env...)
	for _, args := range [][]string{
		{"target", "pause", "netsuite", "--reason", "a look at it"},
		{"target", "resume", "netsuite"},
		{"xref", "set", "--target", "netsuite", "items", "NOT-SOLD", "100"},
	} {
		r.insist(ctx, args...)
	}
	r.giveUpHeld(ctx)
	select {
	case <-r.sent:
	case <-ctx.Done():
	}
	if err := w.ERP.SetMails(context.WithoutCancel(ctx), world.MailsAccepted); err != nil {
		return err
	}
	return first.Term()
}

// insist runs a command as an operator does: again, if it broke.
func (r *run) insist(ctx context.Context, args ...string) {
	for range 2 {
		if _, err := r.world.Operate(ctx, args...); err != nil {
			r.note("operator: %v", err)
			continue
		}
		return
	}
}

// giveUpHeld waits for a held event and discards it.
func (r *run) giveUpHeld(ctx context.Context) {
	for range 50 {
		out, err := r.world.Operate(ctx, "held", "list", "--output", "json")
		var held []struct {
			Event int64 `json:"event"`
		}
		if err == nil && json.Unmarshal(out, &held) == nil && len(held) > 0 {
			r.insist(ctx, "held", "discard", strconv.FormatInt(held[0].Event, 10), "--reason", "booked by hand")
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
	r.note("operator: nothing was held")
}

const (
	garbage = `{"id": 9999999, "name": "#9999999", "line_items": [` // no JSON
	// unbalanced is an order whose parts do not come to its total.
	unbalanced = `{"id": 9999998, "name": "#9999998", "currency": "USD", "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
		"total_price": "99.99", "subtotal_price": "10.00", "total_tax": "0.00", "total_discounts": "0.00", "taxes_included": false, "financial_status": "pending",
		"line_items": [{"id": 1, "title": "one", "quantity": 1, "price": "10.00", "sku": "A"}], "shipping_lines": [], "tax_lines": []}`
)

// signed sends a body, signed as it has to be, until it is taken.
func signed(ctx context.Context, r *run, id, text string) {
	body := []byte(text)
	mac := hmac.New(sha256.New, []byte(r.world.Secret))
	mac.Write(body)
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for n := range 20 {
		d := r.world.Daemons[n%len(r.world.Daemons)]
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.WebhookURL(), bytes.NewReader(body))
		if err != nil {
			return
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": world.Shop,
			"X-Shopify-Webhook-Id": id, "X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		} {
			req.Header.Set(name, value)
		}
		if res, err := client.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		pause(ctx, 100*time.Millisecond)
	}
}
