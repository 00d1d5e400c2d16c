package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// story is what happens, in order.
type story struct {
	house    *house
	testdata string
	ids      map[string]string // the fixtures' order ids to this run's
	sent     map[string]order  // what NetSuite must hold in the end, by its key there
	before   ledger
}

// ledger is what erpbridge status says, as far as the story needs it.
type ledger struct {
	Accepted   int  `json:"accepted"`
	Delivered  int  `json:"delivered"`
	Superseded int  `json:"superseded"`
	Ignored    int  `json:"ignored"`
	Held       int  `json:"held"`
	Dead       int  `json:"dead"`
	Discarded  int  `json:"discarded"`
	Pending    int  `json:"pending"`
	InDoubt    int  `json:"in_doubt"`
	Balanced   bool `json:"balanced"`
	Unsent     int  `json:"unsent_alerts"`
}

// since is what was added to the ledger since an earlier one.
func (l ledger) since(b ledger) ledger {
	l.Accepted -= b.Accepted
	l.Delivered -= b.Delivered
	l.Superseded -= b.Superseded
	l.Ignored -= b.Ignored
	l.Held -= b.Held
	l.Dead -= b.Dead
	l.Discarded -= b.Discarded
	l.Pending -= b.Pending
	return l
}

func (s *story) status(ctx context.Context) (ledger, error) {
	var l ledger
	return l, s.house.query(ctx, &l, "status")
}

// brokenSKU is mapped to an item that NetSuite does not have.
const brokenSKU = "CLS-PO"

func (s *story) tell(ctx context.Context) error {
	s.ids, s.sent = map[string]string{}, map[string]order{}
	for _, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"A house on private servers", s.open},
		{"A storefront sends its orders, while NetSuite has a bad day", s.sell},
		{"A partner, a duplicate, a forgery", s.others},
		{"The bridge works until only what needs a person is left", s.drain},
		{"The dead order: shown, repaired, replayed", s.repair},
		{"More shops: webhooks, envelopes, messages of a partner", s.more},
		{"A shop loses webhooks, and then its subscriptions", s.lose},
		{"A shop that is asked by hand", s.backfill},
		{"What waits for a person: shown, mended, closed", s.hold},
		{"The ledger", s.balance},
	} {
		fmt.Printf("\n== %s\n", chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(chapter.title), err)
		}
	}
	return nil
}

func tellf(format string, args ...any) { fmt.Printf("   "+format+"\n", args...) }

// show prints what a program printed, indented.
func show(out string) {
	for line := range strings.Lines(out) {
		fmt.Printf("   | %s\n", strings.TrimRight(line, "\n"))
	}
}

func (s *story) open(ctx context.Context) error {
	h := s.house
	tellf("simulated NetSuite at %s, mail server at %s", h.sim.NetSuiteURL, h.sim.SMTPAddr)
	for _, shop := range h.shops() {
		tellf("simulated %s shop %q at %s", shop.platform, shop.name, shop.apiURL)
	}
	if err := h.configure(brokenSKU, brokenItem); err != nil {
		return err
	}
	tellf("$ erpbridge migrate")
	out, err := h.cli(ctx, "migrate")
	if err != nil {
		return err
	}
	show(out)
	if s.before, err = s.status(ctx); err != nil {
		return err
	}
	if s.before.Pending > 0 {
		return errors.New("this database has pending events of something else: give the demo a database of its own")
	}
	if err := h.daemon(); err != nil {
		return err
	}
	if err := h.wait(ctx, "the daemon to be ready", func(ctx context.Context) error {
		return ask(ctx, "http://"+h.listen+"/readyz", &map[string]any{})
	}); err != nil {
		return err
	}
	tellf("$ erpbridge check")
	out, err = h.cli(ctx, "check")
	show(out)
	return err
}

// fixtures are the orders of the story, and what is special about each.
var fixtures = []struct{ name, topic, what string }{
	{"taxed", "orders/create", "tax on top"},
	{"tax-included", "orders/create", "tax included in the prices"},
	{"line-discount", "orders/create", "a discount on a line"},
	{"order-discount-two-codes", "orders/create", "two codes over the whole order"},
	{"partial-payment", "orders/create", "paid in part"},
	{"jpy", "orders/create", "yen have no decimals"},
	{"kwd", "orders/create", "dinars have three"},
	{"no-customer", "orders/create", "nobody is named"},
	{"no-shipping-address", "orders/create", "nothing to ship to"},
	{"gift-card-sold-and-redeemed", "orders/paid", "a gift card sold, another redeemed"},
	{"tip", "orders/create", "a tip; and its item is mapped to one that NetSuite does not have"},
	{"lines-250", "orders/create", "250 lines, tax rounded on each"},
	{"hostile-unicode", "orders/create", "emoji, right-to-left, XML-hostile text"},
	{"free-shipping-code", "orders/create", "a code for free shipping"},
	{"zero-total", "orders/create", "everything discounted"},
	{"two-shipping-lines", "orders/create", "two shipping lines"},
	{"duties", "orders/create", "import duties"},
	{"presentment-eur-shop-usd", "orders/create", "the buyer paid in another currency"},
	{"cancelled", "orders/cancelled", "cancelled again"},
}

func (s *story) sell(ctx context.Context) error {
	h := s.house
	for _, m := range []struct {
		say  string
		mode map[string]any
	}{
		{"NetSuite will throttle three requests (WS_REQUEST_BLOCKED)", map[string]any{"kind": "throttle", "count": 3}},
		{"NetSuite will store #1103 and cut the connection instead of answering", map[string]any{"kind": "effect-then-drop", "count": 1, "match": map[string]any{"otherRefNum": "#1103"}}},
		{"NetSuite will cut the connection on #1104 before doing anything", map[string]any{"kind": "drop-before-effect", "count": 1, "match": map[string]any{"otherRefNum": "#1104"}}},
	} {
		if err := h.misbehave(ctx, m.mode); err != nil {
			return err
		}
		tellf("%s", m.say)
	}
	for _, f := range fixtures {
		o, err := s.load(f.name, f.topic)
		if err != nil {
			return err
		}
		status, took, err := s.webhook(ctx, o, rand.Text(), false)
		if err != nil {
			return err
		}
		tellf("%-17s %-6s %10s %s  -> %d in %5.1f ms   %s", o.topic, o.number[:min(6, len(o.number))], o.total, o.money, status, float64(took.Microseconds())/1000, f.what)
		if status != http.StatusOK {
			return fmt.Errorf("the webhook of %s was answered with %d", f.name, status)
		}
		s.sent[o.key()] = o
	}
	return nil
}

func (s *story) others(ctx context.Context) error {
	partner, err := s.load("b2b-po-number", "orders/create")
	if err != nil {
		return err
	}
	if err := s.publish(ctx, partner, rand.Text()); err != nil {
		return err
	}
	s.sent[partner.key()] = partner
	tellf("a partner publishes %s (%s %s, with a purchase order number) straight to RabbitMQ: confirmed", partner.number, partner.total, partner.money)

	twice, err := s.load("partially-refunded", "orders/updated")
	if err != nil {
		return err
	}
	delivery := rand.Text()
	for range 2 {
		status, _, err := s.webhook(ctx, twice, delivery, false)
		if err != nil || status != http.StatusOK {
			return errors.Join(err, fmt.Errorf("answered with %d", status))
		}
	}
	s.sent[twice.key()] = twice
	tellf("the storefront delivers %s twice: 200, 200", twice.number)

	forged, err := s.load("updated", "orders/updated")
	if err != nil {
		return err
	}
	status, _, err := s.webhook(ctx, forged, rand.Text(), true)
	if err != nil {
		return err
	}
	if status != http.StatusUnauthorized {
		return fmt.Errorf("a tampered webhook was answered with %d, not 401", status)
	}
	tellf("somebody tampers with a webhook of %s: 401, nothing stored", forged.number)
	return nil
}

func (s *story) drain(ctx context.Context) error {
	var l ledger
	want := len(s.sent)
	if err := s.house.wait(ctx, "the outbox to drain", func(ctx context.Context) error {
		var err error
		if l, err = s.status(ctx); err != nil {
			return err
		}
		l = l.since(s.before)
		if l.Accepted < want || l.Pending > 0 || l.Unsent > 0 {
			return fmt.Errorf("%+v", l)
		}
		return nil
	}); err != nil {
		return err
	}
	tellf("accepted %d, delivered %d, dead %d, pending %d", l.Accepted, l.Delivered, l.Dead, l.Pending)
	if l.Accepted != want || l.Dead != 1 || l.Delivered != want-1 {
		return fmt.Errorf("want %d accepted, all but one delivered and one dead: %+v", want, l)
	}
	return nil
}

func (s *story) repair(ctx context.Context) error {
	h := s.house
	tellf("$ erpbridge dead list")
	out, err := h.cli(ctx, "dead", "list", "--order", "#1111")
	if err != nil {
		return err
	}
	show(out)
	var dead []struct {
		ID int `json:"id"`
	}
	if err := h.query(ctx, &dead, "dead", "list", "--order", "#1111"); err != nil || len(dead) != 1 {
		return errors.Join(err, fmt.Errorf("want one dead letter of order #1111: %v", dead))
	}
	id := fmt.Sprint(dead[0].ID)
	tellf("$ erpbridge dead show %s", id)
	if out, err = h.cli(ctx, "dead", "show", id); err != nil {
		return err
	}
	show(out)

	m, err := s.mailed(ctx, "order #1111")
	if err != nil {
		return err
	}
	tellf("the mail to %s:", strings.Join(m.To, ", "))
	show("Subject: " + m.Subject + "\n\n" + m.Text)

	tellf("the operator maps %s to item %s instead of %s, and replays", brokenSKU, goodItem, brokenItem)
	if err := h.configure(brokenSKU, goodItem); err != nil {
		return err
	}
	tellf("$ erpbridge dead replay %s --render-again", id)
	if out, err = h.cli(ctx, "dead", "replay", id, "--render-again", "--note", "item mapped"); err != nil {
		return err
	}
	show(out)
	return h.wait(ctx, "the replayed order to arrive", func(ctx context.Context) error {
		l, err := s.status(ctx)
		if err != nil {
			return err
		}
		if l = l.since(s.before); l.Delivered != len(s.sent) {
			return fmt.Errorf("%+v", l)
		}
		return nil
	})
}
