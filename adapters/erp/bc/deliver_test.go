package bc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/navws"
)

func TestAnOrderIsCreatedOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		order *erpbridge.Order
		total string
	}{
		{"tax on top", placed(), "46.83"},
		{"tax included", included(), "39.03"},
		{"yen", yen(), "2999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim, e := company(t, navws.Config{}, "")
			docs := translate(t, e, event(c.order))
			first := delivered(t, e, docs)
			if again := delivered(t, e, docs); again != first {
				t.Errorf("delivered as %s and again as %s", first, again)
			}
			later := event(c.order)
			later.Version.Digest = "another00000"
			if again := delivered(t, e, translate(t, e, later)); again != first {
				t.Errorf("a later version became %s, not %s", again, first)
			}
			orders := sim.Records("SalesOrder")
			if len(orders) != 1 || orders[0].Total != c.total {
				t.Fatalf("there are %d orders, the first comes to %q; want one of %s", len(orders), orders[0].Total, c.total)
			}
			if st := sim.State(); st.Creates != 1 || st.DroppedFields != 0 || st.Faults != 0 {
				t.Errorf("%+v", st)
			}
			if found := e.Find(t.Context(), docs); found[0].Err != nil || found[0].Receipt.Ref != first {
				t.Errorf("looked up: %+v", found[0])
			}
		})
	}
}

func TestBatchIsOneTransaction(t *testing.T) {
	sim, e := company(t, navws.Config{Items: []string{"1000"}}, "mapping: {items: {unknown: as-is, aliases: {A-1: '1000', B-2: '1000'}}}")
	var docs []erpbridge.Document
	for _, id := range []string{"1", "2", "3"} {
		o := placed()
		o.ID = id
		if id == "2" {
			o.Lines[1].SKU = "NOT-THERE"
		}
		docs = append(docs, translate(t, e, event(o))...)
	}
	for _, r := range deliver(t, e, docs) {
		wantKind(t, erpbridge.Missing, r.Err)
		if !whole(r.Err) {
			t.Error("it is about the request as a whole")
		}
	}
	if n := len(sim.Records("SalesOrder")); n != 0 {
		t.Fatalf("%d orders after a fault", n)
	}
	delivered(t, e, []erpbridge.Document{docs[0], docs[2]})
	if n := len(sim.Records("SalesOrder")); n != 2 {
		t.Errorf("%d orders", n)
	}
}

// Long orders travel apart, and the longest fits.
func TestLongOrders(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	var docs []erpbridge.Document
	for _, n := range []int{300, 300, maxItems, 1} {
		o := &erpbridge.Order{ID: fmt.Sprint(len(docs)), Currency: "EUR", PostingDate: "2026-11-20", Total: eur(fmt.Sprintf("%d.00", n))}
		for range n {
			o.Lines = append(o.Lines, erpbridge.Line{SKU: "A", Title: "Cup", Quantity: erptest.Dec("1"), Unit: eur("1.00")})
		}
		docs = append(docs, translate(t, e, event(o))...)
	}
	if got := delivered(t, e, docs); got != "S-ORD000001 S-ORD000002 S-ORD000003 S-ORD000004" {
		t.Error(got)
	}
	if again := delivered(t, e, docs[2:3]); again != "S-ORD000003" {
		t.Error(again)
	}
	creations := 0
	for _, entry := range sim.Journal() {
		if entry.Kind == navws.Arrival && strings.HasPrefix(entry.Operation, "Create") {
			creations++
		}
	}
	if creations != 4 {
		t.Errorf("%d requests", creations)
	}
}

func TestCustomersAreCreatedFirst(t *testing.T) {
	for _, update := range []string{"false", "true"} {
		sim, e := company(t, navws.Config{Customers: []string{"10000"}}, "update_customers: "+update+"\nmapping: {customer: {unknown: create}}")
		docs := translate(t, e, event(placed()))
		if len(docs) != 2 || docs[0].Kind != customer {
			t.Fatalf("%d documents", len(docs))
		}
		if got := delivered(t, e, docs); !strings.HasPrefix(got, "SHOP-88 S-ORD") {
			t.Errorf("delivered as %s", got)
		}
		delivered(t, e, docs)
		o := placed()
		o.Phone = "+49 731 99"
		delivered(t, e, translate(t, e, event(o)))
		who := sim.Records("Customer")
		if len(who) != 1 || who[0].Fields["Name"] != "Ada Lovelace" {
			t.Fatalf("customers: %+v", who)
		}
		want := map[string]string{"false": "+49 731 1234", "true": "+49 731 99"}[update]
		if who[0].Fields["Phone_No"] != want {
			t.Errorf("update %s: phone %s, want %s", update, who[0].Fields["Phone_No"], want)
		}
		if (docs[0].Record != "") != (update == "true") {
			t.Errorf("update %s: record %q", update, docs[0].Record)
		}
	}
}

// A batch of one customer's orders: the customer is created once, first, and the orders
// in one request.
func TestBatchOfOneCustomer(t *testing.T) {
	sim, e := company(t, navws.Config{Customers: []string{"10000"}}, "mapping: {customer: {unknown: create}}")
	var docs []erpbridge.Document
	for _, id := range []string{"1", "2", "3"} {
		o := placed()
		o.ID = id
		if id == "3" {
			o.Phone = "+49 731 99"
		}
		docs = append(docs, translate(t, e, event(o))...)
	}
	results := deliver(t, e, docs)
	for i, want := range []erpbridge.Kind{"", "", "", "", "", ""} {
		wantKind(t, want, results[i].Err)
	}
	delivered(t, e, docs) // and once more, all of it
	if st := sim.State(); st.Customers != 1 || st.Orders != 3 || st.Creates != 4 {
		t.Errorf("%+v", st)
	}
	var creations []string
	for _, entry := range sim.Journal() {
		if entry.Kind == navws.Arrival && strings.HasPrefix(entry.Operation, "Create") {
			creations = append(creations, entry.Page+"."+entry.Operation)
		}
	}
	if got := strings.Join(creations, " "); got != "Customer.Create SalesOrder.CreateMultiple" {
		t.Error(got)
	}
}

func TestCancellation(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	delivered(t, e, translate(t, e, event(placed())))
	docs := translate(t, e, cancel(placed()))
	wantKind(t, erpbridge.Missing, e.Find(t.Context(), docs)[0].Err)
	delivered(t, e, docs)
	if n := len(sim.Records("SalesOrder")); n != 0 {
		t.Fatalf("%d orders", n)
	}
	if r := deliver(t, e, docs)[0]; r.Err != nil || r.Receipt.Warning == "" {
		t.Errorf("cancelled twice: %+v", r)
	}
	if err := e.Find(t.Context(), docs)[0].Err; err != nil {
		t.Error(err)
	}

	// What was shipped is not deleted.
	no := delivered(t, e, translate(t, e, event(placed())))
	sim.Change("SalesOrder", no, map[string]string{".Quantity_Shipped": "1"})
	wantKind(t, erpbridge.Held, deliver(t, e, docs)[0].Err)
	sim.Change("SalesOrder", no, map[string]string{".Quantity_Shipped": "0"})
	sim.Post(no)
	wantKind(t, erpbridge.Held, deliver(t, e, docs)[0].Err)
}

func TestCancellationThatStays(t *testing.T) {
	sim, e := company(t, navws.Config{}, "close_fields: {Campaign_No: CANCELLED}\nmapping: {cancel: close}")
	no := delivered(t, e, translate(t, e, event(placed())))
	docs := translate(t, e, cancel(placed()))
	wantKind(t, erpbridge.Missing, e.Find(t.Context(), docs)[0].Err)
	for range 2 {
		if got := delivered(t, e, docs); got != no {
			t.Errorf("closed %s, not %s", got, no)
		}
	}
	if r := sim.Records("SalesOrder"); len(r) != 1 || r[0].Fields["Campaign_No"] != "CANCELLED" || r[0].Changes != 1 {
		t.Errorf("%+v", r)
	}
	if err := e.Find(t.Context(), docs)[0].Err; err != nil {
		t.Error(err)
	}
}

// A posted order is on its page no more, and must not be created again.
func TestPostedOrderIsNotCreatedAgain(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	docs := translate(t, e, event(placed()))
	no := delivered(t, e, docs)
	sim.Post(no)
	if r := deliver(t, e, docs)[0]; r.Err != nil || r.Receipt.Ref != "P"+no || r.Receipt.Warning == "" {
		t.Errorf("%+v", r)
	}
	if r := e.Find(t.Context(), docs)[0]; r.Err != nil || r.Receipt.Ref != "P"+no {
		t.Errorf("%+v", r)
	}
	if st := sim.State(); st.Creates != 1 {
		t.Errorf("%d orders were created", st.Creates)
	}
}

// A reference that the ERP cannot look up, such as one that is longer than its field, takes
// no other order with it: the look-up of several is known for one of several.
func TestLookUpThatOneReferenceSpoils(t *testing.T) {
	for _, page := range []string{"SalesOrder", "PostedSalesInvoice"} {
		sim, e := company(t, navws.Config{}, "")
		one, two := placed(), placed()
		two.ID = "4712"
		docs := append(translate(t, e, event(one)), translate(t, e, event(two))...)
		addMode(t, sim, navws.Mode{
			Kind: navws.Fault, Exception: "Types.Exceptions.NavFilterException", Match: navws.Match{Page: page, Operation: "ReadMultiple"},
		})
		for _, r := range deliver(t, e, docs) {
			wantKind(t, erpbridge.Unknown, r.Err)
			if !whole(r.Err) {
				t.Errorf("%s: held against each: %v", page, r.Err)
			}
		}
		if r := deliver(t, e, docs[:1])[0]; whole(r.Err) {
			t.Errorf("%s: held against nobody: %v", page, r.Err)
		}
	}
}

// What was learnt of one order stays, whatever becomes of the look-up of the others.
func TestLaterLookUpUndoesNothing(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	there := translate(t, e, event(placed()))
	no := delivered(t, e, there)
	absent := placed()
	absent.ID = "4712"
	docs := append(there, translate(t, e, event(absent))...)
	addMode(t, sim, navws.Mode{Kind: navws.Throttle, RetryAfter: "1", Count: 2, Match: navws.Match{Page: "PostedSalesInvoice", Operation: "ReadMultiple"}})
	for _, ask := range []func(context.Context, []erpbridge.Document) []erpbridge.Result{e.Deliver, e.Find} {
		results := ask(t.Context(), docs)
		if results[0].Err != nil || results[0].Receipt.Ref != no {
			t.Errorf("the one that is there: %v", results[0].Err)
		}
		wantKind(t, erpbridge.Throttled, results[1].Err)
	}
	if n := len(sim.Records("SalesOrder")); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestRefund(t *testing.T) {
	sim, e := company(t, navws.Config{}, "mapping: {customer: {unknown: create}}")
	docs := translate(t, e, refund())
	wantKind(t, erpbridge.Missing, deliver(t, e, docs)[0].Err) // its order is not there yet
	no := strings.Fields(delivered(t, e, translate(t, e, event(placed()))))[1]
	sim.Post(no) // and by now it is posted
	first := delivered(t, e, docs)
	if again := delivered(t, e, docs); again != first {
		t.Errorf("%s and again %s", first, again)
	}
	defer func() {
		sim.Post(first)
		if again := delivered(t, e, docs); again != "P"+first {
			t.Errorf("posted, it became %s", again)
		}
	}()
	memos := sim.Records("SalesCreditMemo")
	if len(memos) != 1 || memos[0].Total != "17.46" || memos[0].Fields["Sell_to_Customer_No"] != "SHOP-88" || memos[0].Fields["Your_Reference"] != "SHOP-4711" {
		t.Errorf("%+v", memos)
	}
	if st := sim.State(); st.DroppedFields != 0 {
		t.Errorf("%d fields were dropped", st.DroppedFields)
	}
}

func whole(err error) bool {
	var e *erpbridge.Error
	return errors.As(err, &e) && e.Whole
}

// Two states of one order in one request: the second waits for the first.
func TestTwoStatesOfOneOrderInOneRequest(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	o := placed()
	docs := translate(t, e, event(o))
	o.Note = "ring once"
	docs = append(docs, translate(t, e, event(o))...)
	results := deliver(t, e, docs)
	wantKind(t, "", results[0].Err)
	wantKind(t, erpbridge.Transient, results[1].Err)
	delivered(t, e, docs[1:])
	if st := sim.State(); st.Creates != 1 {
		t.Errorf("%+v", st)
	}
}
