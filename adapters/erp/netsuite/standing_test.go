package netsuite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// usual are the settings that decide what becomes of what NetSuite has, as they are where
// nobody sets them; the other tests write everything, as it is.
const usual = "changes: import\nupdate_customers: false\n"

// later is a later state of an order.
func later(o *erpbridge.Order, by time.Duration) erpbridge.Event {
	ev := event(o)
	ev.Type = erpbridge.OrderChanged
	ev.Version.At = ev.Version.At.Add(by)
	ev.Version.Digest = "f00d" + ev.Version.Digest
	return ev
}

// stored returns a field of a record in the account.
func (a *account) stored(t *testing.T, typ, externalID, field string) string {
	t.Helper()
	r, ok := a.Record(typ, externalID)
	if !ok {
		t.Fatalf("no %s %s", typ, externalID)
	}
	root := parse(t, []byte(strings.Replace(r.Content, "<record", `<record xmlns:platformCommon="a" xmlns:platformCore="b" xmlns:listRel="c" xmlns:tranSales="d" xmlns:tranCust="e" xmlns:xsi="`+nsXSI+`"`, 1)))
	el := root.SelectElement(field)
	if el == nil {
		return ""
	}
	return el.Text() + soap.Attr(el, "internalId")
}

// A customer is made once. What it is later told in other orders, older or newer, in
// another currency, changes nothing, unless update_customers is set.
func TestCustomersAreAddedOnce(t *testing.T) {
	for _, update := range []bool{false, true} {
		sim := simulate(t, suitetalk.Config{})
		more := "currencies: {EUR: \"4\", JPY: \"5\"}\n" + usual
		if update {
			more = strings.Replace(more, "false", "true", 1)
		}
		e := sim.adapter(t, more)
		wantKinds(t, e.Deliver(t.Context(), documents(t, e, event(placed()))), "delivered", "delivered", "delivered")
		first, _ := sim.Record("customer", "shop-eu-customer-7001")

		other := yen()
		c := *placed().Customer
		c.LastName = "King"
		other.ID, other.Customer, other.Email = "6000", &c, "other@example.com"
		docs := documents(t, e, event(other))
		results := e.Deliver(t.Context(), docs)
		for i, r := range results {
			if r.Err != nil {
				t.Errorf("%s: %v", docs[i].Kind, r.Err)
			}
		}
		if results[0].Receipt.Ref != first.InternalID {
			t.Errorf("delivered as %s, it is %s", results[0].Receipt.Ref, first.InternalID)
		}
		wantKinds(t, e.(erpbridge.Finder).Find(t.Context(), docs), slices.Repeat([]string{"delivered"}, len(docs))...)
		want := map[bool]string{false: "Lovelace", true: "King"}[update]
		if got := sim.stored(t, "customer", "shop-eu-customer-7001", "lastName"); got != want {
			t.Errorf("update %v: the customer is called %s", update, got)
		}
		if got := sim.stored(t, "customer", "shop-eu-customer-7001", "currency"); got != "4" {
			t.Errorf("update %v: the customer's currency is %s", update, got)
		}
		order, _ := sim.Record("salesOrder", "shop-eu-order-6000")
		if order.Entity != first.InternalID || sim.State().Customers != 1 {
			t.Errorf("update %v: the order is of customer %s", update, order.Entity)
		}
	}
}

// Two orders of one new customer in a batch make one customer, in one request before the
// orders'; when that is known already nothing is asked but what there is.
func TestCustomersGoFirst(t *testing.T) {
	for _, async := range []string{"async: false\n", "async: true\n"} {
		sim := simulate(t, suitetalk.Config{})
		e := sim.adapter(t, usual+async)
		other := placed()
		other.ID = "6000"
		docs := documents(t, e, event(placed()), event(other))
		for i, r := range e.Deliver(t.Context(), docs) {
			if r.Err != nil || docs[i].Kind == customer && r.Receipt.Accepted {
				t.Errorf("%s: %+v", docs[i].Kind, r)
			}
		}
		if n := sim.State().Customers; n != 1 {
			t.Errorf("%d customers", n)
		}
		want := []string{"getList", "addList", "getList", map[bool]string{false: "upsertList", true: "asyncUpsertList"}[strings.Contains(async, "true")]}
		if diff := cmp.Diff(want, sim.asked(t)); diff != "" {
			t.Error(diff)
		}
	}
}

// While customers cannot be added nothing else is written, and what was not sent is not in
// doubt.
func TestNoOrdersWithoutCustomers(t *testing.T) {
	for _, c := range []struct {
		operation string
		want      []string
	}{
		{"getList", []string{"transient", "transient", "transient"}},
		{"addList", []string{"in-doubt", "transient", "transient"}},
		{"upsertList", []string{"delivered", "in-doubt", "in-doubt"}},
	} {
		sim := simulate(t, suitetalk.Config{})
		e := sim.adapter(t, usual)
		docs := documents(t, e, event(placed()))
		sim.mode(t, suitetalk.Mode{Kind: suitetalk.DropBeforeEffect, Count: 1, Match: suitetalk.Match{Operation: c.operation}})
		wantKinds(t, e.Deliver(t.Context(), docs), c.want...)
		settleAll(t, e, docs, 5)
	}
}

// What was paid of an order later, or what went back, is not a new state of what stays
// as it was: neither for the outbox nor for NetSuite.
func TestStatesThatSayTheSame(t *testing.T) {
	e := open(t, usual)
	first := translate(t, e, placed())
	same := func(f func(o *erpbridge.Order)) (equal []bool) {
		o := placed()
		f(o)
		docs, err := e.Translate(later(o, time.Hour))
		if err != nil || len(docs) != len(first) {
			t.Fatalf("%d documents, %v", len(docs), err)
		}
		for i := range docs {
			equal = append(equal, docs[i].Version.Digest == first[i].Version.Digest)
			if docs[i].Key == first[i].Key || docs[i].Version.At != first[i].Version.At.Add(time.Hour) {
				t.Errorf("%s of another event has version %v", docs[i].Key, docs[i].Version)
			}
			if equal[i] != (string(docs[i].Body) == string(first[i].Body)) {
				t.Errorf("%s: the digest is not of the body", docs[i].Kind)
			}
		}
		return equal
	}
	for name, c := range map[string]struct {
		change func(o *erpbridge.Order)
		want   []bool // customer, order, deposit
	}{
		"touched": {func(*erpbridge.Order) {}, []bool{true, true, true}},
		"refunded": {func(o *erpbridge.Order) {
			o.PaymentStatus, o.Remaining = erpbridge.Refunded, eur("12.00")
			o.Lines[0].Current = dec("0")
		}, []bool{true, true, true}},
		"another address": {func(o *erpbridge.Order) {
			a := *o.ShipTo
			a.Street1 = "2 Main St"
			o.ShipTo = &a
		}, []bool{true, false, true}},
		"another customer's name": {func(o *erpbridge.Order) {
			c := *o.Customer
			c.LastName = "King"
			o.Customer = &c
		}, []bool{false, true, true}},
		"less paid": {func(o *erpbridge.Order) {
			o.PaymentStatus, o.Outstanding = erpbridge.PartiallyPaid, eur("10.00")
		}, []bool{true, true, false}},
	} {
		if diff := cmp.Diff(c.want, same(c.change)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What people typed does not pass for a marker.
func TestMarkersAreOurs(t *testing.T) {
	e := open(t, usual)
	o := placed()
	o.Note = unmarked + marker("0123456789abcdef")
	docs := translate(t, e, o)
	memo := parse(t, docs[1].Body).FindElement(".//memo").Text()
	if !strings.HasPrefix(memo, marker(docs[1].Version.Digest)) || !strings.Contains(memo, o.Note) {
		t.Error(memo)
	}
}

// A later state of an order is written where it says something new, and its status is not;
// what says the same is not written at all, which records that people have worked on would
// refuse.
func TestLaterStates(t *testing.T) {
	changed := placed()
	a := *changed.ShipTo
	a.City = "Salem"
	changed.ShipTo = &a
	cancelledLater := placed()
	cancelledLater.CancelledAt = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		changes string
		order   *erpbridge.Order
		want    []string // of the documents but the customer
		written []string // the types of the records in the second upsertList
		warns   bool
	}{
		"import":               {"import", changed, []string{"delivered", "delivered"}, []string{"salesOrder"}, false},
		"import, the same":     {"import", placed(), []string{"delivered", "delivered"}, nil, false},
		"keep":                 {"keep", changed, []string{"delivered", "delivered"}, nil, true},
		"keep, the same":       {"keep", placed(), []string{"delivered", "delivered"}, nil, false},
		"keep, cancelled":      {"keep", cancelledLater, []string{"delivered"}, []string{"salesOrder"}, false},
		"hold":                 {"hold", changed, []string{"held", "delivered"}, nil, false},
		"hold, the same":       {"hold", placed(), []string{"delivered", "delivered"}, nil, false},
		"overwrite":            {"overwrite", changed, []string{"delivered", "delivered"}, []string{"salesOrder", "customerDeposit"}, false},
		"overwrite, the same ": {"overwrite", placed(), []string{"delivered", "delivered"}, []string{"salesOrder", "customerDeposit"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			sim := simulate(t, suitetalk.Config{})
			e := sim.adapter(t, "order_status: _pendingApproval\nupdate_customers: false\nchanges: "+c.changes)
			settleAll(t, e, documents(t, e, event(placed())), 2)
			if got := sim.stored(t, "salesOrder", "shop-eu-order-5001", "orderStatus"); got != "_pendingApproval" {
				t.Fatalf("made with the status %s", got)
			}
			sim.requests = nil
			results := e.Deliver(t.Context(), documents(t, e, later(c.order, time.Hour))[1:])
			wantKinds(t, results, c.want...)
			if (results[0].Receipt.Warning != "") != c.warns {
				t.Errorf("%+v", results[0])
			}
			if err := results[0].Err; err != nil && !strings.Contains(err.Error(), "set changes of target ns to import") {
				t.Error(err)
			}
			var written []string
			for _, request := range sim.requests {
				env := parse(t, request)
				for _, r := range env.FindElements("./Body/upsertList/record") {
					_, typ, _ := strings.Cut(xsiType(r), ":")
					written = append(written, recordTypes[typ])
					status := r.SelectElement("orderStatus") != nil
					if status != (c.changes == "overwrite" && typ == salesOrder) {
						t.Errorf("%s with a status: %v", typ, status)
					}
				}
			}
			if diff := cmp.Diff(c.written, written); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Goods that are looked up may be other items by now: such an order is written.
func TestLookedUpItemsAreWrittenAgain(t *testing.T) {
	sim := simulate(t, suitetalk.Config{Catalog: []suitetalk.Item{{InternalID: "57", ItemID: "MUG-1"}, {InternalID: "58", ItemID: "TEE-2"}}})
	e := sim.adapter(t, usual+"items: {look_up: item-id, look_up_keep: 0s}\ndiscount_item: \"57\"\ntax_item: \"57\"")
	docs := documents(t, e, event(placed()))
	settleAll(t, e, docs, 2)
	sim.SetCatalog([]suitetalk.Item{{InternalID: "57", ItemID: "old"}, {InternalID: "58", ItemID: "TEE-2"}, {InternalID: "59", ItemID: "MUG-1"}})
	wantKinds(t, e.Deliver(t.Context(), docs), "delivered", "delivered", "delivered")
	if got := sim.booked(t, "salesOrder", "shop-eu-order-5001"); !slices.Contains(got, "59") {
		t.Errorf("booked %v", got)
	}
}

// Whoever has the address already is named by what to do, and the order is not written in
// his stead.
func TestCustomerUnderAnotherID(t *testing.T) {
	sim := simulate(t, suitetalk.Config{UniqueEmail: true})
	e := sim.adapter(t, usual)
	o := placed()
	o.Email = "ada@example.com"
	settleAll(t, e, documents(t, e, event(o)), 2)
	twin := placed()
	c := *twin.Customer
	c.ID, twin.ID, twin.Email = "7002", "6000", "ada@example.com"
	twin.Customer = &c
	results := e.Deliver(t.Context(), documents(t, e, event(twin)))
	wantKinds(t, results, "invalid", "missing", "missing")
	for _, want := range []string{"external id shop-eu-customer-7002", "xref set --target ns", "customer_emails", "--render-again"} {
		if !strings.Contains(results[0].Err.Error(), want) {
			t.Errorf("%v does not say %q", results[0].Err, want)
		}
	}
}

// What the role may not do with one record is said of that one: the target goes on.
func TestPermissionOfOneRecord(t *testing.T) {
	sim := simulate(t, suitetalk.Config{})
	e := sim.adapter(t, usual)
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.Reject, Code: "INSUFFICIENT_PERMISSION", Message: "x", Match: suitetalk.Match{RecordType: "customerDeposit"}})
	results := e.Deliver(t.Context(), documents(t, e, event(placed())))
	wantKinds(t, results, "delivered", "delivered", "invalid")
	if !strings.Contains(results[2].Err.Error(), "see its permissions") {
		t.Error(results[2].Err)
	}
}

// Deposits are made of what was received, where they are to be made, on the account of
// what it was paid by.
func TestDeposits(t *testing.T) {
	for settings, want := range map[string]string{
		"deposits: false":                    "",
		"":                                   "<tranCust:undepFunds>true<",
		"deposit_accounts: {\"30\": \"71\"}": `<tranCust:account internalId="71"/><tranCust:undepFunds>false<`,
		"deposit_accounts: {\"33\": \"71\"}": "<tranCust:undepFunds>true<",
		"undeposited_funds: false\ndeposit_account: \"77\"\ndeposit_accounts: {\"30\": \"71\"}": `<tranCust:account internalId="71"/>`,
		"undeposited_funds: false\ndeposit_account: \"77\"\ndeposit_accounts: {\"33\": \"71\"}": `<tranCust:account internalId="77"/>`,
	} {
		o := placed()
		o.Gateways = []string{"bogus"}
		docs := translate(t, open(t, settings), o)
		if (len(docs) == 3) != (want != "") {
			t.Errorf("%q: %d documents", settings, len(docs))
			continue
		}
		if want != "" && !strings.Contains(string(docs[2].Body), want) {
			t.Errorf("%q: %s", settings, docs[2].Body)
		}
	}
}
