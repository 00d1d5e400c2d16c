package netsuite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
)

// The adapter against a simulated account.

var login = suitetalk.Credential{
	Account: "1234567_SB1", ConsumerKey: "consumer-key-canary", ConsumerSecret: "consumer-secret-canary", Token: "token-canary", TokenSecret: "token-secret-canary",
}

// An account is the simulator behind an HTTP server that keeps what it was sent.
type account struct {
	*suitetalk.Server
	url string

	mu       sync.Mutex
	requests [][]byte
}

func simulate(t *testing.T, conf suitetalk.Config) *account {
	t.Helper()
	conf.Credentials = []suitetalk.Credential{login}
	conf.Customers = []string{"99"}
	conf.Concurrency = -1
	conf.OneWorld = true
	server, err := suitetalk.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	a := &account{Server: server}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // cut
		}
		a.mu.Lock()
		a.requests = append(a.requests, body)
		a.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		server.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		srv.CloseClientConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
	})
	a.url = srv.URL + "/services/NetSuitePort_2023_2"
	return a
}

// adapter returns the adapter for the account.
func (a *account) adapter(t *testing.T, more string) erpbridge.ERP {
	t.Helper()
	erp, err := New("ns", decodeYAML(withSettings(more+"\nurl: "+a.url+"\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	switch e := erp.(type) {
	case *ERP:
		t.Cleanup(e.soap.Close)
	case *Async:
		t.Cleanup(e.soap.Close)
	}
	return erp
}

func (a *account) mode(t *testing.T, m suitetalk.Mode) {
	t.Helper()
	if err := a.AddMode(m); err != nil {
		t.Fatal(err)
	}
}

func documents(t *testing.T, erp erpbridge.ERP, evs ...erpbridge.Event) (docs []erpbridge.Document) {
	t.Helper()
	for _, ev := range evs {
		ds, err := erp.Translate(ev)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, ds...)
	}
	return docs
}

func kinds(rs []erpbridge.Result) (out []string) {
	for _, r := range rs {
		switch {
		case r.Err != nil:
			out = append(out, string(erpbridge.KindOf(r.Err)))
		case r.Receipt.Accepted:
			out = append(out, "accepted")
		default:
			out = append(out, "delivered")
		}
	}
	return out
}

func wantKinds(t *testing.T, rs []erpbridge.Result, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, kinds(rs)); diff != "" {
		t.Errorf("%s%+v", diff, rs)
	}
}

// A refund waits for its order, does not hold up others, and is booked once on the
// order's customer, whoever that is in NetSuite.
func TestRefundsFollowTheirOrders(t *testing.T) {
	for _, async := range []bool{false, true} {
		t.Run(fmt.Sprintf("async %v", async), func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{})
			e := sim.adapter(t, fmt.Sprintf("async: %v\n", async)+booked)
			refund := documents(t, e, refundEvent(refunded(erpbridge.Returned)))[0]
			other := placed()
			other.ID = "6001"
			docs := append([]erpbridge.Document{refund}, documents(t, e, event(other))...)
			done := "delivered"
			if async {
				done = "accepted"
			}
			results := e.Deliver(t.Context(), docs)
			wantKinds(t, results, "missing", done, done, done)
			if !strings.Contains(results[0].Err.Error(), "sales order shop-eu-order-5001 is not in NetSuite") {
				t.Error(results[0].Err)
			}
			settleAll(t, e, documents(t, e, event(placed())), 20)
			settleAll(t, e, []erpbridge.Document{refund}, 20)
			settleAll(t, e, []erpbridge.Document{refund}, 20) // sent again, it is there once

			held := sim.Records("returnAuthorization")
			order, _ := sim.Record("salesOrder", "shop-eu-order-5001")
			if len(held) != 1 || held[0].Entity != order.Entity || held[0].Entity == "" || held[0].Total != "46.86" {
				t.Errorf("%+v of customer %s", held, order.Entity)
			}
			if st := sim.State(); st.Refunds != 1 || st.Duplicates != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// In one batch an order and its refund go in two requests, in this order.
func TestOrderAndRefundTogether(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, booked)
	docs := documents(t, e, event(placed()), refundEvent(refunded(erpbridge.NoRestock)), gone("5001"))
	wantKinds(t, e.Deliver(t.Context(), docs), "delivered", "delivered", "delivered", "delivered", "delivered")
	var asked []string
	entries, err := sim.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for _, en := range entries {
		if en.Kind == suitetalk.Arrival {
			asked = append(asked, en.Operation)
		}
	}
	if diff := cmp.Diff([]string{"upsertList", "getList", "upsertList", "getList", "updateList"}, asked); diff != "" {
		t.Error(diff)
	}
	if r, _ := sim.Record("creditMemo", "shop-eu-credit-509"); r.Total != "46.86" {
		t.Errorf("%+v", r)
	}
}

// When NetSuite is away nothing more is asked of it, and what was not sent is not in doubt.
func TestNoMoreRequestsWhenAway(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, booked)
	docs := documents(t, e, event(placed()), refundEvent(refunded(erpbridge.NoRestock)), gone("5001"))
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.DropBeforeEffect, Count: 1})
	wantKinds(t, e.Deliver(t.Context(), docs), "in-doubt", "in-doubt", "in-doubt", "transient", "transient")
	if n := sim.State().Arrivals; n != 1 {
		t.Errorf("%d requests", n)
	}
	settleAll(t, e, docs[:3], 5)
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.Throttle, Count: 1})
	wantKinds(t, e.Deliver(t.Context(), docs[3:]), "throttled", "throttled")
}

// Two refunds of one order are two records, and their order is looked up once.
func TestTwoRefundsOfAnOrder(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, booked)
	settleAll(t, e, documents(t, e, event(placed())), 5)
	other := refunded(erpbridge.NoRestock)
	other.ID = "510"
	wantKinds(t, e.Deliver(t.Context(), documents(t, e, refundEvent(refunded(erpbridge.NoRestock)), refundEvent(other))), "delivered", "delivered")
	entries, err := sim.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for _, en := range entries {
		if en.Operation == "getList" && len(en.Records) != 1 {
			t.Errorf("looked up %+v", en.Records)
		}
	}
	if n := sim.State().Refunds; n != 2 {
		t.Errorf("%d refunds", n)
	}
}

// An order of which no more is known than its id is closed line by line: once, however
// often that is asked, and not before it is there.
func TestClosing(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, "")
	closeIt := documents(t, e, gone("5001"))
	wantKinds(t, e.Deliver(t.Context(), closeIt), "missing")
	finder := e.(erpbridge.Finder)
	wantKinds(t, finder.Find(t.Context(), closeIt), "missing")
	if n := sim.State().Effects; n != 0 {
		t.Fatalf("%d effects", n)
	}
	settleAll(t, e, documents(t, e, event(placed())), 5)
	before, _ := sim.Record("salesOrder", "shop-eu-order-5001")
	if before.Closed {
		t.Fatal("closed too early")
	}
	wantKinds(t, finder.Find(t.Context(), closeIt), "missing")

	// The answer is lost: it is looked up.
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.EffectThenDrop, Count: 1, Match: suitetalk.Match{Operation: "updateList"}})
	wantKinds(t, e.Deliver(t.Context(), closeIt), "in-doubt")
	wantKinds(t, finder.Find(t.Context(), closeIt), "delivered")
	effects := sim.State().Effects
	wantKinds(t, e.Deliver(t.Context(), closeIt), "delivered")
	after, _ := sim.Record("salesOrder", "shop-eu-order-5001")
	if !after.Closed || after.Total != before.Total || after.Memo != before.Memo || sim.State().Effects != effects {
		t.Errorf("%+v", after)
	}
}

// A retried request has a new nonce and the same externalIds; NetSuite takes a passport
// once only.
func TestRetriesAreSignedAnew(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, "")
	docs := documents(t, e, event(placed()))
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.EffectThenDrop, Count: 3})
	for range 3 {
		wantKinds(t, e.Deliver(t.Context(), docs), "in-doubt", "in-doubt", "in-doubt")
	}
	wantKinds(t, e.Deliver(t.Context(), docs), "delivered", "delivered", "delivered")
	nonces := map[string]bool{}
	for _, request := range sim.requests {
		root := parse(t, request)
		nonces[root.FindElement("./Header/tokenPassport/nonce").Text()] = true
	}
	if len(sim.requests) != 4 || len(nonces) != 4 {
		t.Errorf("%d nonces in %d requests", len(nonces), len(sim.requests))
	}
	entries, err := sim.Journal()
	if err != nil {
		t.Fatal(err)
	}
	for _, en := range entries {
		var ids []string
		for _, r := range en.Records {
			ids = append(ids, r.ExternalID)
		}
		if want := []string{"shop-eu-customer-7001", "shop-eu-order-5001", "shop-eu-deposit-5001"}; en.Kind == suitetalk.Arrival && !slices.Equal(ids, want) {
			t.Errorf("sent %v", ids)
		}
	}
	if st := sim.State(); st.Creates != 3 || st.Duplicates != 0 || st.Refused != 0 {
		t.Errorf("%+v", st)
	}
}

func TestItemAvailability(t *testing.T) {
	sim := simulate(t, suitetalk.Config{Stock: []suitetalk.Stock{
		{Item: "57", Location: "1", OnHand: "264.0", Available: "260.5"}, {Item: "57", Location: "2", OnHand: "-1.0", Available: "0.0"}, {Item: "58", Location: "1", OnHand: "1", Available: "1"},
	}})
	e := sim.adapter(t, "").(*ERP)
	got, err := e.ItemAvailability(t.Context(), []string{"57", "59"})
	if err != nil {
		t.Fatal(err)
	}
	want := []Availability{{"57", "1", dec("264"), dec("260.5")}, {"57", "2", dec("-1"), dec("0")}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b erpbridge.Decimal) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
	if got, err := e.ItemAvailability(t.Context(), []string{"60"}); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if _, err := e.ItemAvailability(t.Context(), []string{"MUG"}); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Error(err)
	}
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerHTML, Count: 1})
	if _, err := e.ItemAvailability(t.Context(), []string{"57"}); erpbridge.KindOf(err) != erpbridge.Transient {
		t.Error(err)
	}
}

// settleAll does what the outbox does: documents one after the other, each until it is
// delivered; what is in doubt is looked up, what is accepted is asked about.
func settleAll(t *testing.T, erp erpbridge.ERP, docs []erpbridge.Document, tries int) {
	t.Helper()
	for _, d := range docs {
		if err := settle(t.Context(), erp, d, tries); err != nil {
			t.Errorf("%s: %v", d.Key, err)
			return
		}
	}
}

func settle(ctx context.Context, erp erpbridge.ERP, d erpbridge.Document, tries int) error {
	var last erpbridge.Result
	doubtful := false
	for range tries {
		if doubtful {
			last = erp.(erpbridge.Finder).Find(ctx, []erpbridge.Document{d})[0]
			if doubtful = last.Err != nil && erpbridge.KindOf(last.Err) != erpbridge.Missing; last.Err != nil {
				continue
			}
			return nil
		}
		last = erp.Deliver(ctx, []erpbridge.Document{d})[0]
		if last.Err == nil && last.Receipt.Accepted {
			return confirm(ctx, erp.(erpbridge.Confirmer), d, last.Receipt.Ref)
		}
		switch erpbridge.KindOf(last.Err) {
		case "":
			return nil
		case erpbridge.Invalid:
			return last.Err
		case erpbridge.InDoubt:
			doubtful = true
		}
	}
	return fmt.Errorf("not delivered after %d tries: %w", tries, last.Err)
}

// confirm asks until it is known what became of a document.
func confirm(ctx context.Context, c erpbridge.Confirmer, d erpbridge.Document, ref string) error {
	var last erpbridge.Result
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		last = c.Confirm(ctx, []erpbridge.Accepted{{Document: d, Ref: ref}})[0]
		switch {
		case last.Err == nil && !last.Receipt.Accepted:
			return nil
		case erpbridge.KindOf(last.Err) == erpbridge.Invalid:
			return last.Err
		}
	}
	return fmt.Errorf("not confirmed: %w (%s)", last.Err, last.Receipt.Warning)
}

// 200 orders, some with refunds, some cancelled, with everything that can go wrong going
// wrong: each is there once, and comes to its total.
func TestManyOrders(t *testing.T) {
	erptest.Serial(t)
	for _, async := range []bool{false, true} {
		t.Run(fmt.Sprintf("async %v", async), func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{})
			e := sim.adapter(t, fmt.Sprintf("timeout: 2s\nasync: %v\n", async)+booked)
			for i, m := range []suitetalk.Mode{
				{Kind: suitetalk.Throttle},
				{Kind: suitetalk.Maintenance},
				{Kind: suitetalk.SessionExpired},
				{Kind: suitetalk.Unavailable},
				{Kind: suitetalk.Fault},
				{Kind: suitetalk.DropBeforeEffect},
				{Kind: suitetalk.EffectThenDrop},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerHTML},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerEmpty},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerTruncated},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerCut},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerFault200},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerDoubled},
				{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerFewer},
				{Kind: suitetalk.AfterSubmitFailed},
				{Kind: suitetalk.Warning},
				{Kind: suitetalk.Reject, Code: "RCRD_HAS_BEEN_CHANGED"},
				{Kind: suitetalk.Reject, Code: "RCRD_DSNT_EXIST"},
				{Kind: suitetalk.JobLost},
				{Kind: suitetalk.JobFailed},
				{Kind: suitetalk.JobHalf},
				{Kind: suitetalk.JobForgotten},
				{Kind: suitetalk.JobSlow, Delay: 3 * time.Millisecond},
			} {
				m.Probability, m.Seed = 0.02, uint64(i)
				sim.mode(t, m)
			}
			dice := rand.New(rand.NewPCG(2, 5))
			var evs []erpbridge.Event
			totals := map[string]string{}
			closed := map[string]bool{}
			for i := range 200 {
				o := placed()
				o.ID, o.Number = fmt.Sprint(1000+i), fmt.Sprintf("#%d", i)
				o.Customer = &erpbridge.Customer{ID: fmt.Sprint(i % 50), LastName: "Lovelace"}
				evs = append(evs, event(o))
				totals["shop-eu-order-"+o.ID] = "51.85"
				switch dice.IntN(4) {
				case 0:
					r := refunded([]erpbridge.Restock{erpbridge.Returned, erpbridge.NoRestock}[i%2])
					r.ID, r.OrderID = "9"+o.ID, o.ID
					evs = append(evs, refundEvent(r))
					totals["shop-eu-"+[]string{"return-", "credit-"}[i%2]+r.ID] = "46.86"
				case 1:
					evs = append(evs, gone(o.ID))
					closed["shop-eu-order-"+o.ID] = true
				}
			}
			settleAll(t, e, documents(t, e, evs...), 60)
			if t.Failed() {
				return
			}
			got := map[string]string{}
			for _, r := range sim.Records("") {
				if r.Created != 1 {
					t.Errorf("%s was created %d times", r.ExternalID, r.Created)
				}
				if r.Type == "customer" || r.Type == "customerDeposit" {
					continue
				}
				if _, twice := got[r.ExternalID]; twice {
					t.Errorf("%s is there twice", r.ExternalID)
				}
				got[r.ExternalID] = r.Total
				if r.Closed != closed[r.ExternalID] {
					t.Errorf("%s: closed %v", r.ExternalID, r.Closed)
				}
			}
			if diff := cmp.Diff(totals, got); diff != "" {
				t.Error(diff)
			}
			st := sim.State()
			if st.Duplicates != 0 || st.Deposits != 200 || st.Customers != 50 || (st.Jobs > 0) != async {
				t.Errorf("%+v", st)
			}
			for _, m := range sim.Modes() {
				if m.Fired == 0 && (async || !strings.HasPrefix(string(m.Kind), "job-")) {
					t.Errorf("%s %s %s never happened", m.Kind, m.Answer, m.Code)
				}
			}
		})
	}
}
