package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge/torture/journal"
)

var begin = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

var account = Account{Store: "shop", Currencies: map[string]string{"USD": "50"}, Items: map[string]string{"": "100", "CUP": "101"}}

// A story is evidence in the making: made up by hand, so that what is checked and
// what checks it come from two pens.
type story struct {
	sent []any // journal.Sent and journal.Answered
	erp  []map[string]any
	now  time.Time
	Final
	Limits
}

// orderID is the storefront's id of the n-th order.
func orderID(n int) int64 { return 7000000000000 + int64(n) }

func updatedAt(version int) time.Time { return begin.Add(time.Duration(version) * time.Second) }

// eventID names the telling of a version.
func eventID(n, version int) string { return fmt.Sprintf("e-%d-%d", n, version) }

// body is order n at a version: paid from version 2 on, 19.99 a piece and 5.01 for
// transport, with 1.00 tax.
func body(n, version int, cancelled bool) string {
	paid, open, at := "paid", "0.00", "null"
	if version == 1 {
		paid, open = "pending", total(version)
	}
	if cancelled {
		at = `"2026-03-01T10:00:00Z"`
	}
	address := `{"name":"Zo\u00eb M\u0001", "company":null, "address1":"1 Rue & Sons", "city":"Ulm", "zip":"0815", "province_code":"BW", "phone":"123"}`
	return fmt.Sprintf(`{ "id":%d, "name":"#%d", "po_number":null, "currency":"USD", "total_price":%q, "total_tax":"1.00",
	 "total_outstanding":%q, "financial_status":%q, "cancelled_at":%s, "note":"State %d\r\n]]> \u0000\ud83e\uddfe", "email":"b@example.com",
	 "customer":{"id":%d,"first_name":"Zo\u00eb","last_name":"M v%d","email":"b@example.com","phone":"+15185550111"},
	 "billing_address":%s, "shipping_address":%s,
	 "line_items":[{"sku":"CUP","title":"Cup <1>","quantity":%d.00,"price":"19.990"}], "shipping_lines":[{"price":5.01}] }`,
		orderID(n), n, total(version), open, paid, at, version, 8000000000000+n, version, address, address, version)
}

func total(version int) string {
	return fmt.Sprintf("%d.%02d", (1999*version+601)/100, (1999*version+601)%100)
}

const mark = "[erpbridge 0123456789abcdef]"

// xmlOf is what the ERP holds of a record.
func xmlOf(k kind, n, version int, cancelled bool) string {
	switch k {
	case customer:
		return fmt.Sprintf(`<record externalId="shop-customer-%d"><r:isPerson>true</r:isPerson><r:firstName>Zoë</r:firstName><r:lastName>M v%d</r:lastName>`+
			`<r:email>b@example.com</r:email><r:phone>+15185550111</r:phone><r:comments>%s</r:comments><r:currency internalId="50"/></record>`,
			8000000000000+n, version, mark)
	case deposit:
		return fmt.Sprintf(`<record externalId="shop-deposit-%d"><c:customer internalId="1%d"/>`+
			`<c:salesOrder internalId="2%d"/><c:payment>%s</c:payment><c:currency internalId="50"/><c:memo>%s</c:memo></record>`,
			orderID(n), n, n, total(version), mark)
	}
	isClosed := ""
	if cancelled {
		isClosed = `<s:isClosed>true</s:isClosed>`
	}
	address := func(name string) string {
		return `<s:` + name + `><p:country>_germany</p:country><p:addressee>Zoë M</p:addressee><p:addr1>1 Rue &amp; Sons</p:addr1><p:city>Ulm</p:city>` +
			`<p:state>BW</p:state><p:zip>0815</p:zip></s:` + name + `>`
	}
	left := "(addrPhone left out: shorter than 7) (addrPhone left out: shorter than 7)"
	return fmt.Sprintf(`<record externalId="shop-order-%d"><s:entity internalId="1%d"/><s:currency internalId="50"/>`+
		`<s:otherRefNum>#%d</s:otherRefNum><s:memo>%s %s State %d&#xD;`+"\n"+`]]&gt; 🧾</s:memo>%s%s<s:shippingCost>5.01</s:shippingCost><s:itemList>`+
		`<s:item><s:item internalId="101"/><s:line>1</s:line><s:quantity>%d</s:quantity><s:description>Cup &lt;1&gt;</s:description><s:rate>19.99</s:rate><s:amount>%s</s:amount>%s</s:item>`+
		`<s:item><s:item internalId="102"/><s:line>2</s:line><s:quantity>1</s:quantity><s:description>Tax</s:description><s:rate>1.00</s:rate><s:amount>1.00</s:amount>%s</s:item>`+
		`</s:itemList><s:total>%s</s:total></record>`,
		orderID(n), n, n, mark, left, version, address("billingAddress"), address("shippingAddress"), version,
		fmt.Sprintf("%d.%02d", 1999*version/100, 1999*version%100), isClosed, isClosed, total(version))
}

// tell sends a version and notes the answers.
func (s *story) tell(n, version int, cancelled bool, statuses ...int) {
	event := eventID(n, version)
	for _, status := range statuses {
		s.now = s.now.Add(time.Millisecond)
		s.sent = append(s.sent,
			journal.Sent{What: journal.Send, Event: event, Order: fmt.Sprint(n), OrderID: orderID(n), Version: version, UpdatedAt: updatedAt(version), Topic: "orders/updated", Body: body(n, version, cancelled), At: s.now},
			journal.Answered{What: journal.Answer, Event: event, Status: status, At: s.now})
	}
}

func (s *story) entry(e map[string]any) int64 {
	s.now = s.now.Add(time.Millisecond)
	seq := int64(len(s.erp) + 1)
	e["seq"], e["time"] = seq, s.now
	s.erp = append(s.erp, e)
	return seq
}

// write is one request that has an effect for each kind.
func (s *story) write(n, version int, cancelled bool, ks ...kind) {
	request := s.entry(map[string]any{"kind": "arrival", "operation": "upsertList", "records": []any{}})
	s.erp[request-1]["request"] = request
	for _, k := range ks {
		s.entry(effect(request, k, n, version, cancelled))
	}
	s.entry(map[string]any{"kind": "answer", "request": request, "status": 200})
	s.now = s.now.Add(time.Second)
}

func effect(request int64, k kind, n, version int, cancelled bool) map[string]any {
	internal := fmt.Sprintf("%d%d", [kinds]int{2, 1, 3}[k], n)
	id, amount := fmt.Sprintf("shop-%s-%d", [kinds]string{"order", "customer", "deposit"}[k], orderID(n)), total(version)
	if k == customer {
		id, amount = fmt.Sprintf("shop-customer-%d", 8000000000000+n), ""
	}
	return map[string]any{"kind": "effect", "request": request, "action": "create", "record": map[string]any{
		"type": kindNames[k], "internalId": internal, "externalId": id, "total": amount, "content": xmlOf(k, n, version, cancelled),
	}}
}

// find returns the index of an effect.
func (s *story) find(t testing.TB, k kind, n, version int) int {
	t.Helper()
	want := xmlOf(k, n, version, false)
	i := slices.IndexFunc(s.erp, func(e map[string]any) bool {
		r, ok := e["record"].(map[string]any)
		return ok && r["content"] == want
	})
	if i < 0 {
		t.Fatalf("the story has no %s of order %d version %d", kindNames[k], n, version)
	}
	return i
}

func (s *story) remove(t testing.TB, k kind, n, version int) {
	t.Helper()
	i := s.find(t, k, n, version)
	s.erp = slices.Delete(s.erp, i, i+1)
}

// garble replaces a text in an effect's content.
func (s *story) garble(t testing.TB, k kind, n, version int, old, with string) {
	t.Helper()
	r := s.erp[s.find(t, k, n, version)]["record"].(map[string]any)
	text := r["content"].(string)
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in %s", old, text)
	}
	r["content"] = strings.Replace(text, old, with, 1)
}

func key(n, version int, k kind) string {
	return fmt.Sprintf("shop/order/%d/%s-0123456789ab/%s", orderID(n), strings.ToLower(updatedAt(version).Format("20060102T150405.999999999Z")), documentKind(k))
}

// clean is a story with everything in it that is allowed.
func clean() *story {
	s := &story{now: begin, Limits: Limits{Concurrency: 2, PerSecond: 3, MailsPerHour: 2}}
	// 1001: three versions, each with its effects; the first was sent three times.
	s.tell(1001, 1, false, 503, 0, 200)
	s.write(1001, 1, false, customer, salesOrder)
	s.tell(1001, 2, false, 200)
	s.write(1001, 2, false, customer, salesOrder, deposit)
	s.tell(1001, 3, false, 200, 200)
	s.write(1001, 3, false, customer, salesOrder, deposit)
	// 1002: the first two states were superseded, the third came before the second.
	s.tell(1002, 1, false, 200)
	s.tell(1002, 3, false, 200)
	s.tell(1002, 2, false, 200)
	s.write(1002, 1, false, customer)
	s.write(1002, 3, false, customer, salesOrder, deposit)
	// 1003: dead, and a change waits behind it.
	s.tell(1003, 1, false, 200)
	s.tell(1003, 2, false, 200)
	s.write(1003, 1, false, customer)
	// 1004: nobody knows whether it was accepted; it took effect.
	s.tell(1004, 1, false, 200)
	s.tell(1004, 2, false, 503, 0)
	s.write(1004, 1, false, customer, salesOrder)
	s.write(1004, 2, false, customer, salesOrder, deposit)
	// 1005: nobody knows, and it did not.
	s.tell(1005, 1, false, 0)
	// 1006: paid, then cancelled.
	s.tell(1006, 2, false, 200)
	s.write(1006, 2, false, customer, salesOrder, deposit)
	s.tell(1006, 3, true, 200)
	s.write(1006, 3, true, customer, salesOrder)
	// 1007: discarded by an operator; the older state stands.
	s.tell(1007, 1, false, 200)
	s.write(1007, 1, false, customer, salesOrder)
	s.tell(1007, 2, false, 200)
	// 1008: replayed by an operator, and so there twice.
	s.tell(1008, 1, false, 200)
	s.write(1008, 1, false, customer, salesOrder)
	s.write(1008, 1, false, salesOrder)

	s.Final = Final{
		Status: status(14, 1, true),
		Looks:  []Status{status(3, 3, true), status(9, 2, true)},
		DeadLetters: []DeadLetter{
			{ID: 7, State: "open", Store: "shop", Order: "#1003", Stream: fmt.Sprintf("order/%d", orderID(1003)), Kind: "SalesOrder", Key: key(1003, 1, salesOrder), Waiting: 1},
			{ID: 8, State: "discarded", Store: "shop", Order: "#1007", Key: key(1007, 2, salesOrder)},
			{ID: 9, State: "replayed", Store: "shop", Order: "#1008", Key: key(1008, 1, salesOrder)},
		},
		Mails: []Mail{
			{MessageID: "a", ReceivedAt: begin, Text: "order #1003\n    $ erpbridge dead show 7\n    $ erpbridge dead replay 7\n"},
			{MessageID: "a", ReceivedAt: begin.Add(time.Minute), Text: "order #1003\n    $ erpbridge dead show 7\n"},
			{MessageID: "b", ReceivedAt: begin.Add(time.Hour), Text: "  $ erpbridge dead show 8\n\n  ... and 1 more of this cause.\n"},
		},
		Drained: 3, DrainLimit: 5,
	}
	return s
}

func status(accepted, pending int64, balanced bool) Status {
	raw := fmt.Sprintf(`{"accepted":%d,"delivered":1,"pending":%d,"in_doubt":0,"balanced":%t,"targets":{"netsuite":{"accepted":9,"balanced":true}},"oldest_pending_seconds":0,"broker":{"messages":0,"dead":0,"consumers":1}}`,
		accepted, pending, balanced)
	var st Status
	if err := json.Unmarshal([]byte(raw), &st); err != nil {
		panic(err) // the line above is wrong
	}
	return st
}

func (s *story) input(t testing.TB) Input {
	t.Helper()
	var sent, erp bytes.Buffer
	for _, line := range s.sent {
		if err := json.NewEncoder(&sent).Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range s.erp {
		if err := json.NewEncoder(&erp).Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	sent.WriteString(`{"what":"send","event":"torn`)
	erp.WriteString(`{"seq":99,"ki`)
	return Input{Seed: 1, Kills: 2, Cuts: 3, Seconds: 4, Sender: &sent, ERP: &erp, Final: s.Final, Account: account, Limits: s.Limits}
}
