package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// more lets the simulated shops and the partner sell something.
func (s *story) more(ctx context.Context) error {
	h := s.house
	if err := h.wait(ctx, "the first poll of each shop", s.polled); err != nil {
		return err
	}
	for _, shop := range h.shops() {
		if err := shop.sell(ctx, 4); err != nil {
			return err
		}
		orders, err := shop.orders(ctx)
		if err != nil {
			return err
		}
		if err := shop.do(ctx, fmt.Sprintf("change?id=%d", orders[0].ID), ""); err != nil {
			return err
		}
	}
	tellf("woo sells four orders and changes one: a webhook is the whole order")
	tellf("big sells four orders and changes one: a webhook is an envelope, the bridge fetches the order")
	for _, name := range []string{"order-placed", "order-paid"} {
		o, err := s.loadPartner(name)
		if err != nil {
			return err
		}
		if err := s.publish(ctx, o, rand.Text()); err != nil {
			return err
		}
		s.sent[o.key()] = o
		tellf("partner publishes %s, %s %s %s, as docs/PARTNERS.md has it: confirmed", o.topic, o.number, o.total, o.money)
	}
	if err := s.arrive(ctx); err != nil {
		return err
	}
	tellf("NetSuite holds them all, in their last state; webhooks that told nothing new are ignored")
	return nil
}

// polled says whether each shop was polled to the end once.
func (s *story) polled(ctx context.Context) error {
	var lines []struct {
		Name    string `json:"name"`
		CanList bool   `json:"can_list"`
		Poll    *struct {
			CompleteAt *string `json:"complete_at"`
		} `json:"poll"`
	}
	if err := s.house.query(ctx, &lines, "store", "list"); err != nil {
		return err
	}
	for _, l := range lines {
		if l.CanList && (l.Poll == nil || l.Poll.CompleteAt == nil) {
			return fmt.Errorf("%s was not polled yet", l.Name)
		}
	}
	return nil
}

// lose has woo lose webhooks and drop its subscriptions. The poll makes up for both.
func (s *story) lose(ctx context.Context) error {
	h := s.house
	woo := h.woo
	if err := woo.losing(ctx, 1); err != nil {
		return err
	}
	if err := woo.sell(ctx, 3); err != nil {
		return err
	}
	tellf("woo sells three orders, and loses every webhook about them")
	if err := woo.do(ctx, "drop", ""); err != nil {
		return err
	}
	tellf("woo disables its webhooks, as WooCommerce does after six failures in a row")
	if err := s.arrive(ctx); err != nil {
		return err
	}
	tellf("the poll finds the orders: NetSuite holds them")
	if err := h.wait(ctx, "the webhooks to be brought back", woo.sends); err != nil {
		return err
	}
	for _, text := range []string{"woo no longer sends", "woo did not send"} {
		m, err := s.mailed(ctx, text)
		if err != nil {
			return err
		}
		tellf("a mail to %s says:", strings.Join(m.To, ", "))
		show(m.why())
	}
	if err := woo.losing(ctx, 0); err != nil {
		return err
	}
	if err := woo.sell(ctx, 1); err != nil {
		return err
	}
	if err := h.wait(ctx, "a webhook of woo", woo.told); err != nil {
		return err
	}
	tellf("woo sells one more order: its webhook comes again, -> %d", http.StatusOK)
	tellf("$ erpbridge store list")
	out, err := h.cli(ctx, "store", "list")
	show(out)
	return err
}

// backfill asks big by hand: its next poll is a quarter of an hour away.
func (s *story) backfill(ctx context.Context) error {
	h := s.house
	big := h.big
	var r struct {
		Missing int `json:"missing"`
	}
	args := []string{"backfill", "--store", "big", "--since", "1h"}
	dry := append(slices.Clone(args), "--dry-run")
	if err := h.wait(ctx, "all of big to be known", func(ctx context.Context) error {
		if err := h.query(ctx, &r, dry...); err != nil || r.Missing == 0 {
			return err
		}
		return fmt.Errorf("%d missing", r.Missing)
	}); err != nil {
		return err
	}
	if err := errors.Join(big.losing(ctx, 1), big.sell(ctx, 2)); err != nil {
		return err
	}
	tellf("big sells two orders, loses the webhooks, and is polled every 15 minutes only")
	tellf("$ erpbridge backfill --store big --since 1h --dry-run")
	out, err := h.cli(ctx, dry...)
	if err != nil {
		return err
	}
	show(out)
	tellf("$ erpbridge backfill --store big --since 1h")
	if out, err = h.cli(ctx, args...); err != nil {
		return err
	}
	first, _, _ := strings.Cut(out, "\n") // the rest is as above
	show(first)
	return s.arrive(ctx)
}
