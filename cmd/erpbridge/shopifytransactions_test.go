package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/cmd/erpsim/shopsim"
	"github.com/hakooi/erpbridge/outbox"
)

// Shopify's webhooks do not tell how much of an order was paid by gift card. Without api
// such orders are held, and the reason names what to set. With api the shop is asked: what
// was held goes on by itself, each order has a deposit of what was received, and no order
// without a gift card costs a question.
func TestGiftCardsOfShopifyAreAskedFor(t *testing.T) {
	if testing.Short() {
		t.Skip("the daemon is a process: the race detector has nothing to see")
	}
	t.Parallel()
	kind := kindsOfShop[0]
	if kind.platform != "shopify" {
		t.Fatalf("%s is not Shopify", kind.platform)
	}
	kind.watched = false // so that nothing but payments is asked for
	const api = `    api: {url: "`
	w := newShopWorld(t, kind, shopsim.Config{Seed: 30, Pace: 10 * time.Millisecond}, true, "every: 0s")
	with, err := os.ReadFile(w.config)
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(with), api)
	line, rest, _ := strings.Cut(string(with)[begin:], "\n")
	without := string(with)[:begin] + rest[strings.Index(rest, "targets:"):] // nobody is polled, either
	if !strings.HasSuffix(line, "rate: 200}") {
		t.Fatalf("the configuration has %q", line)
	}

	w.configure(t, without)
	daemon := w.start(t)
	stop := func() {
		_ = daemon.Process.Signal(os.Interrupt)
		_ = daemon.Wait()
	}
	defer func() { stop() }()
	w.awaitReady(t)
	w.shop.Place(30)
	split := map[int64]bool{}
	for _, o := range w.shop.Orders() {
		split[o.ID] = len(w.paid(t, o).redeemed) > 0
	}
	var held []outbox.HeldEvent
	poll(t, "the orders with gift cards to be held, and the others to arrive", 60*time.Second, func() error {
		if st := w.status(t); !w.shop.Quiet() || st.Pending != 0 || st.Dead != 0 || !st.Balanced {
			return fmt.Errorf("%+v", st.Ledger)
		}
		w.cli(t, &held, "held", "list")
		numbers := map[string]bool{}
		for _, h := range held {
			numbers[h.Order] = true
		}
		for _, o := range w.shop.Orders() {
			_, there := w.netsuite.Record("salesOrder", fmt.Sprintf("shop-order-%d", o.ID))
			if is := numbers["#"+o.Number]; is != split[o.ID] || there == is {
				return fmt.Errorf("order %s is held: %t, is in the ERP: %t, has a gift card: %t", o.Number, is, there, split[o.ID])
			}
		}
		return nil
	})
	for _, h := range held {
		if !strings.Contains(h.Cause, "does not tell how much of") || !strings.Contains(h.Cause, "mapping.payment.redeemed") {
			t.Errorf("held: %s", h.Cause)
		}
	}
	stop()

	asked := len(w.shop.Journal(shopsim.Asked))
	w.configure(t, string(with))
	daemon = w.start(t)
	w.awaitReady(t)
	poll(t, "what was held to arrive", 60*time.Second, func() error { return w.settled(t) })
	w.checkDeposits(t)
	asked += len(split) // by this test
	// What was held is asked for once, and each webhook that came since about an order with
	// a gift card.
	before := len(w.shop.Journal(shopsim.Sent))
	for range 3 {
		for _, o := range w.shop.Orders() {
			if err := w.shop.Change(o.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	poll(t, "the changes to arrive", 90*time.Second, func() error {
		if !w.shop.Quiet() {
			return errors.New("the shop is still sending")
		}
		return w.settled(t)
	})
	most := len(held)
	for _, e := range w.shop.Journal(shopsim.Sent)[before:] {
		if split[e.Order] {
			most++
		}
	}
	if n := len(w.shop.Journal(shopsim.Asked)) - asked; n < len(held) || n > most {
		t.Errorf("the shop was asked %d times, want %d to %d", n, len(held), most)
	}
	if deposits := w.checkDeposits(t); deposits == 0 {
		t.Error("no order that was paid by gift card and card has a deposit")
	}
	var r filledReport
	w.cli(t, &r, "backfill", "--store", "shop", "--since", "1h", "--dry-run")
	if !r.Done || r.Missing != 0 || r.Listed < 30 || r.NotUnderstood != 0 {
		t.Errorf("listed, they are other states: %+v", r)
	}
}

// shopifyPayments are what gift cards paid of an order, and what was received for it.
type shopifyPayments struct{ redeemed, received []string }

// paid asks the shop how an order was paid.
func (w *shopWorld) paid(t *testing.T, o *shopsim.Order) (p shopifyPayments) {
	t.Helper()
	const query = `query Q($id: ID!) { order(id: $id) { transactions { kind gateway amountSet { shopMoney { amount } } } } }`
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"id": fmt.Sprintf("gid://shopify/Order/%d", o.ID)}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/admin/api/2026-10/graphql.json", strings.NewReader(string(body)))
	r.Header.Set("X-Shopify-Access-Token", "shpat_0123")
	rec := httptest.NewRecorder()
	w.shop.Handler().ServeHTTP(rec, r)
	var answer struct {
		Data struct {
			Order struct {
				Transactions []struct {
					Kind, Gateway string
					AmountSet     struct{ ShopMoney struct{ Amount string } }
				}
			}
		}
	}
	if err := json.NewDecoder(rec.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	for _, tx := range answer.Data.Order.Transactions {
		switch amount := tx.AmountSet.ShopMoney.Amount; {
		case slices.Contains([]string{"gift_card", "shopify_store_credit"}, tx.Gateway) && tx.Kind == "SALE":
			p.redeemed = append(p.redeemed, amount)
		case tx.Kind == "CAPTURE":
			p.received = append(p.received, amount)
		}
	}
	return p
}

// checkDeposits checks that the ERP has a deposit of what was received for each order and
// of nothing else. It returns how many there are of orders with gift cards.
func (w *shopWorld) checkDeposits(t *testing.T) (split int) {
	t.Helper()
	for _, o := range w.shop.Orders() {
		p := w.paid(t, o)
		r, there := w.netsuite.Record("customerDeposit", fmt.Sprintf("shop-deposit-%d", o.ID))
		if len(p.received) == 0 {
			if there {
				t.Errorf("nothing was received for order %s, and there is a deposit of %s", o.Number, r.Total)
			}
			continue
		}
		want, _ := new(big.Rat).SetString(p.received[0])
		got, ok := new(big.Rat).SetString(r.Total)
		if !ok || got.Cmp(want) != 0 {
			t.Errorf("for order %s %v was received and %v redeemed, and there is a deposit of %q", o.Number, p.received, p.redeemed, r.Total)
		}
		if len(p.redeemed) > 0 {
			split++
		}
	}
	return split
}
