package netsuite

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// booked books refunds by what becomes of the goods.
const booked = `mapping:
  refund: {as: by-restock, residual: {code: "96"}}
`

// refunded is a refund of order 5001: two mugs, one of which comes back, part of the
// shipping, and a cent nobody explains.
func refunded(restock erpbridge.Restock) *erpbridge.Refund {
	return &erpbridge.Refund{
		ID: "509", OrderID: "5001", OrderNumber: "#1001", PostingDate: "2026-03-20", Currency: "EUR", Presentment: "EUR",
		Lines: []erpbridge.RefundLine{
			{ID: "1", LineID: "l-MUG-1", SKU: "MUG-1", Title: "Mug", Quantity: dec("2"), Amount: eur("20.00"), Tax: eur("2.00"), Restock: restock, Location: "9"},
			{ID: "2", LineID: "l-TEE-2", SKU: "TEE-2", Title: "T-shirt", Quantity: dec("1"), Amount: eur("19.90"), Restock: erpbridge.NoRestock},
		},
		Shipping:    []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("4.95")}},
		Adjustments: []erpbridge.Adjustment{{Reason: "Goodwill", Amount: eur("0.01")}},
		Payments:    []erpbridge.Payment{{ID: "p", Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: eur("46.86")}},
		Reason:      "broken", Note: "sorry",
	}
}

func refundEvent(r *erpbridge.Refund) erpbridge.Event {
	ev := event(placed())
	ev.Type, ev.Order, ev.Refund = erpbridge.RefundIssued, nil, r
	ev.Stream, ev.Resource = "order/"+r.OrderID, "refund/"+r.ID
	return ev
}

func gone(orderID string) erpbridge.Event {
	ev := event(placed())
	ev.Type, ev.Order = erpbridge.OrderCancelled, nil
	ev.Stream, ev.Cancellation = "order/"+orderID, &erpbridge.Cancellation{OrderID: orderID}
	return ev
}

func TestRefundGolden(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		ev       erpbridge.Event
		kind     string
		id       string
	}{
		"returned": {booked, refundEvent(refunded(erpbridge.Returned)), returnAuthorization, "shop-eu-return-509"},
		"linked":   {"link_returns: true\n" + byItemID + booked, refundEvent(refunded(erpbridge.Returned)), returnAuthorization, "shop-eu-return-509"},
		"credited": {booked, refundEvent(refunded(erpbridge.NoRestock)), creditMemo, "shop-eu-credit-509"},
		"paid-back": {
			"refund_record: cash-refund\nundeposited_funds: false\ndeposit_account: \"77\"\nmapping:\n  number: {from: number, prefix: S}\n  shipping: {code: \"97\"}\n" +
				"  refund: {as: credit-memo, by_restock: {never_shipped: credit-memo}, residual: {code: \"96\"}, no_goods: {code: \"98\"}}\n",
			refundEvent(refunded(erpbridge.NeverShipped)), cashRefund, "shop-eu-cashrefund-509",
		},
		"closed": {"", gone("5001"), closing, "shop-eu-order-5001"},
	} {
		t.Run(name, func(t *testing.T) {
			docs, err := open(t, c.settings).Translate(c.ev)
			if err != nil {
				t.Fatal(err)
			}
			if len(docs) != 1 || docs[0].Kind != c.kind || docs[0].Stream != "shop-eu/order/5001" {
				t.Fatalf("%+v", docs)
			}
			d := docs[0]
			if wantRecord := c.kind + "/" + c.id; c.kind != closing && d.Record != wantRecord || c.kind == closing && d.Record != "" {
				t.Errorf("record %q", d.Record)
			}
			if !strings.Contains(string(d.Body), `externalId="`+c.id+`"`) {
				t.Errorf("it is not called %s", c.id)
			}
			path := filepath.Join("testdata", name+"."+d.Kind+".xml")
			if *update {
				if err := os.WriteFile(path, d.Body, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, d.Body) {
				t.Errorf("%s differs (-update rewrites it): %s", path, cmp.Diff(string(want), string(d.Body)))
			}
			if c.ev.Refund == nil {
				return
			}
			sum := erpbridge.Zero("EUR")
			for _, el := range parse(t, d.Body).FindElements(".//amount") {
				sum = sum.Add(eur(el.Text()))
			}
			if !sum.Equal(c.ev.Refund.Sum()) {
				t.Errorf("NetSuite would book %s of %s", sum, c.ev.Refund.Sum())
			}
		})
	}
}

// Two refunds of an order are two documents, whatever else they have in common.
func TestRefundKeys(t *testing.T) {
	e := open(t, booked)
	one, other := refunded(erpbridge.Returned), refunded(erpbridge.Returned)
	other.ID = "510"
	a, err := e.Translate(refundEvent(one))
	if err != nil {
		t.Fatal(err)
	}
	b, err := e.Translate(refundEvent(other))
	if err != nil {
		t.Fatal(err)
	}
	if a[0].Key == b[0].Key || a[0].Record == b[0].Record {
		t.Errorf("%q and %q", a[0].Key, b[0].Key)
	}
}

func TestRefundHolds(t *testing.T) {
	for name, c := range map[string]struct{ settings, want string }{
		"not configured":      {"", "set mapping.refund.as of target ns"},
		"nowhere for the odd": {`mapping: {refund: {as: credit-memo}, shipping: {code: "97"}}`, "set mapping.refund.residual.code of target ns"},
		"nor for shipping":    {`mapping: {refund: {as: credit-memo}}`, "set mapping.shipping.code"},
		"no currency":         {"currencies: {USD: \"1\"}\n" + booked, "add currencies.EUR"},
		"no item":             {"items: {}\n" + booked, `no item for "MUG-1"`},
		"kind":                {"", "NetSuite"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, c.settings).Translate(refundEvent(refunded(erpbridge.Returned)))
			wantKind(t, erpbridge.Held, err)
			if err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
		})
	}
	_, err := open(t, "mapping: {refund: {as: ignore}, cancel: ignore}").Translate(refundEvent(refunded("")))
	wantKind(t, erpbridge.Ignored, err)
	_, err = open(t, "mapping: {cancel: ignore}").Translate(gone("1"))
	wantKind(t, erpbridge.Ignored, err)
	_, err = open(t, "mapping: {cancel: hold}").Translate(gone("1"))
	wantKind(t, erpbridge.Held, err)
}

// otherRequests are requests and records beside those of orders, for the vendor's schema.
func otherRequests(t *testing.T) (all []*etree.Element) {
	t.Helper()
	list := etree.NewElement(msgs + ":asyncUpsertList")
	closings := etree.NewElement(msgs + ":updateList")
	for _, settings := range []string{booked, "link_returns: true\n" + byItemID + booked, byExternalID + booked, "refund_record: cash-refund\n" + passTaxWithRefunds} {
		e := open(t, settings)
		for _, restock := range []erpbridge.Restock{erpbridge.Returned, erpbridge.NoRestock} {
			docs, err := e.Translate(refundEvent(refunded(restock)))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range e.lift(docs, make([]erpbridge.Result, len(docs))) {
				list.AddChild(l.record)
			}
		}
	}
	e := open(t, "")
	docs, err := e.Translate(gone("5001"))
	if err != nil {
		t.Fatal(err)
	}
	order := parse(t, []byte(`<record xmlns:s="`+ns2023.sales+`"><s:itemList><s:item><s:line>1</s:line></s:item><s:item><s:line>2</s:line></s:item></s:itemList></record>`))
	for _, l := range e.lift(docs, make([]erpbridge.Result, len(docs))) {
		if open, err := e.setOpenLines(l.record, order); !open || err != nil {
			t.Error(open, err)
		}
		closings.AddChild(l.record)
	}
	all = append(all, list, closings)
	ask := etree.NewElement(msgs + ":" + checkAsyncStatus)
	ask.CreateElement(msgs + ":jobId").CreateText("J")
	fetch := etree.NewElement(msgs + ":" + getAsyncResult)
	fetch.CreateElement(msgs + ":jobId").CreateText("J")
	fetch.CreateElement(msgs + ":pageIndex").CreateText("1")
	all = append(all, ask, fetch, availabilityRequest([]string{"57", "58"}))
	all = append(all, searchRequest([]itemKey{{ByItemID, "MUG-1"}}), searchRequest([]itemKey{{ByExternalID, "MUG-1"}, {ByExternalID, "TEE-2"}}))
	return all
}

// What a look-up does not tell is not guessed.
func TestOrdersNotUnderstood(t *testing.T) {
	order := func(inside string) string {
		return `<readResponse><c:status isSuccess="true"/><record xsi:type="sales:SalesOrder" internalId="1" externalId="shop-eu-order-5001">` + inside + `</record></readResponse>`
	}
	for name, c := range map[string]struct {
		answer string
		refund erpbridge.Kind
		gone   erpbridge.Kind
	}{
		"nothing but the order": {order(""), erpbridge.Unknown, erpbridge.Unknown},
		"a customer by name":    {order(`<sales:entity><c:name>Ada</c:name></sales:entity>`), erpbridge.Unknown, erpbridge.Unknown},
		"lines without numbers": {order(`<sales:itemList><sales:item><sales:isClosed>false</sales:isClosed></sales:item></sales:itemList>`), erpbridge.Unknown, erpbridge.Unknown},
		"another order":         {strings.Replace(order(""), "5001", "5002", 1), erpbridge.Transient, erpbridge.Transient},
		"not there":             {`<readResponse><c:status isSuccess="false">` + detail("RCRD_DSNT_EXIST", "x") + `</c:status></readResponse>`, erpbridge.Missing, erpbridge.Missing},
		"not allowed":           {`<readResponse><c:status isSuccess="false">` + detail("INSUFFICIENT_PERMISSION", "x") + `</c:status></readResponse>`, erpbridge.Unknown, erpbridge.Unknown},
		"all closed": {
			order(`<sales:entity internalId="7"/><sales:itemList><sales:item><sales:isClosed>true</sales:isClosed></sales:item></sales:itemList>`),
			erpbridge.InDoubt, "", // the refund is sent, and its answer is none
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := at(t, serve(t, 200, got(c.answer)), booked)
			for _, d := range []struct {
				ev   erpbridge.Event
				want erpbridge.Kind
			}{{refundEvent(refunded(erpbridge.Returned)), c.refund}, {gone("5001"), c.gone}} {
				docs, err := e.Translate(d.ev)
				if err != nil {
					t.Fatal(err)
				}
				r := e.Deliver(t.Context(), docs)[0]
				wantKind(t, d.want, r.Err)
			}
		})
	}
}

// Documents keep the order of their streams, and those that need no look-up travel
// together as far as that allows.
func TestRounds(t *testing.T) {
	var sent []lifted
	for i, s := range []struct {
		stream string
		step   step
	}{{"a", plainly}, {"b", refers}, {"a", refers}, {"c", plainly}, {"b", plainly}, {"a", closes}, {"d", closes}} {
		sent = append(sent, lifted{index: i, stream: s.stream, step: s.step})
	}
	var shape [][]int
	for _, round := range rounds(sent) {
		var of []int
		for _, s := range round {
			of = append(of, s.index)
		}
		shape = append(shape, of)
	}
	if diff := cmp.Diff([][]int{{0, 3}, {1, 2}, {4}, {5, 6}}, shape); diff != "" {
		t.Error(diff)
	}
}
