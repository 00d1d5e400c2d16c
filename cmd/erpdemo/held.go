package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
)

// The order that does not add up: what its shop says it comes to, what it does come to,
// and the end of the time of its last change, then and after it is mended.
const (
	wrongTotal, rightTotal = "66.30", "66.29"
	wrongTime, rightTime   = `"updated_at": "2026-08-08T15:15:15`, `"updated_at": "2026-08-08T16:00:00`
)

// hold has two events that no program should decide about.
func (s *story) hold(ctx context.Context) error {
	wrong, err := s.load("does-not-add-up", "orders/create")
	if err != nil {
		return err
	}
	if err := s.mustTake(ctx, wrong); err != nil {
		return err
	}
	tellf("the storefront sends %s, whose parts do not come to its total: 200", wrong.number)
	if err := s.mustTake(ctx, forgetMe()); err != nil {
		return err
	}
	tellf("the storefront sends a request to forget a customer: 200")
	if err := s.held(ctx, 2); err != nil {
		return err
	}
	tellf("$ erpbridge held list")
	out, err := s.house.cli(ctx, "held", "list", "--store", "shop")
	if err != nil {
		return err
	}
	show(out)
	return s.mend(ctx, wrong)
}

// mend is the shop's correction, after which the held order can be closed.
func (s *story) mend(ctx context.Context, wrong order) error {
	right := wrong
	right.topic, right.total = "orders/updated", rightTotal
	right.body = bytes.ReplaceAll(right.body, []byte(wrongTotal), []byte(rightTotal))
	right.body = bytes.ReplaceAll(right.body, []byte(wrongTime), []byte(rightTime))
	if err := s.mustTake(ctx, right); err != nil {
		return err
	}
	s.sent[right.key()] = right
	tellf("the shop mends %s and sends it again: 200", right.number)
	if err := s.arrive(ctx); err != nil {
		return err
	}
	var held []struct {
		Event int64 `json:"event"`
	}
	if err := s.house.query(ctx, &held, "held", "list", "--store", "shop", "--order", wrong.number); err != nil || len(held) == 0 {
		return errors.Join(err, fmt.Errorf("no held event of order %s", wrong.number))
	}
	id := fmt.Sprint(held[len(held)-1].Event)
	tellf(`$ erpbridge held discard %s --reason "mended in the shop"`, id)
	out, err := s.house.cli(ctx, "held", "discard", id, "--reason", "mended in the shop")
	if err != nil {
		return err
	}
	show(out)
	tellf("the privacy request stays until somebody has answered it")
	return s.held(ctx, 1)
}

// mustTake sends a webhook that has to be taken.
func (s *story) mustTake(ctx context.Context, o order) error {
	status, _, err := s.webhook(ctx, o, rand.Text(), false)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("a webhook of %s was answered with %d", o.topic, status)
	}
	return err
}

// held waits until so many events of this story are held.
func (s *story) held(ctx context.Context, want int) error {
	return s.house.wait(ctx, "what no program should decide", func(ctx context.Context) error {
		l, err := s.status(ctx)
		if err != nil {
			return err
		}
		if l = l.since(s.before); l.Held != want || l.Pending > 0 {
			return fmt.Errorf("%+v", l)
		}
		return nil
	})
}

// forgetMe is a request under data protection law. No two are about one customer, so
// that the story can be told twice on the same database.
func forgetMe() order {
	return order{store: "shop", topic: "customers/redact", body: fmt.Appendf(nil,
		`{"shop_id": 60000000001, "shop_domain": "demo.myshopify.com", "customer": {"id": %d, "email": "maya@example.com"}, "orders_to_redact": [6800001110909]}`,
		randomID())}
}
