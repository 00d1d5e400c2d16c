package salesdoc

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/hakooi/erpbridge"
)

// refunded is a refund of one piece for each way of goods, at 10.00, and of 5.00 for
// transport.
func refunded(ways ...erpbridge.Restock) erpbridge.Event {
	r := &erpbridge.Refund{ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR", Shipping: []erpbridge.RefundedShipping{{Title: "Express", Amount: eur("5.00")}}}
	for i, restock := range ways {
		r.Lines = append(r.Lines, erpbridge.RefundLine{LineID: fmt.Sprint(i), SKU: fmt.Sprintf("S-%d", i), Quantity: must("2"), Amount: eur("10.00"), Restock: restock})
	}
	return erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r}
}

// What a refund becomes depends on where the goods are.
func TestRefundsByRestock(t *testing.T) {
	const (
		returned, legacy, never = erpbridge.Returned, erpbridge.LegacyRestock, erpbridge.NeverShipped
		not, unknown            = erpbridge.NoRestock, erpbridge.UnknownRestock
		byHand                  = "mapping.refund.by_restock.never_shipped"
	)
	ways := func(ws ...erpbridge.Restock) []erpbridge.Restock { return ws }
	for _, c := range []struct {
		refund string
		ways   []erpbridge.Restock
		kind   Kind
		err    erpbridge.Kind
		say    string
	}{
		{`{as: by-restock}`, ways(returned), ReturnOrder, "", ""},
		{`{as: by-restock}`, ways(legacy), ReturnOrder, "", ""},
		{`{as: by-restock}`, ways(not), CreditMemo, "", ""},
		{`{as: by-restock}`, ways(unknown), CreditMemo, "", ""},
		{`{as: by-restock}`, nil, CreditMemo, "", ""},
		{`{as: by-restock}`, ways(not, returned), ReturnOrder, "", ""},
		{`{as: by-restock}`, ways(never), "", erpbridge.Held, byHand},
		{`{as: credit-memo}`, ways(never), "", erpbridge.Held, byHand},
		{`{as: credit-memo}`, ways(returned, not, unknown), CreditMemo, "", ""},
		{`{as: return-order}`, ways(never), "", erpbridge.Held, byHand},
		{`{as: return-order}`, ways(not, unknown), ReturnOrder, "", ""},
		{`{as: return-order}`, nil, ReturnOrder, "", ""},
		{`{as: hold}`, ways(never), "", erpbridge.Held, "mapping.refund.as"},
		{`{as: ignore}`, ways(never, returned), "", erpbridge.Ignored, "mapping.refund.as"},
		// What is taken off and what comes back in one refund: all of it waits.
		{`{as: by-restock}`, ways(returned, never, not), "", erpbridge.Held, `2 of "S-1", taken off the order before shipping`},
		{`{as: credit-memo}`, ways(never, never, never, never, never, never, never), "", erpbridge.Held, `2 of "S-4", 2 more, taken`},
		{`{as: by-restock, by_restock: {never_shipped: ignore}}`, ways(never, never), "", erpbridge.Ignored, byHand},
		{`{as: by-restock, by_restock: {never_shipped: ignore}}`, ways(never, returned), "", erpbridge.Held, "mapping.refund.by_restock.never_shipped of target erp ignores, and others"},
		{`{as: by-restock, by_restock: {never_shipped: credit-memo}}`, ways(never), CreditMemo, "", ""},
		{`{as: by-restock, by_restock: {never_shipped: credit-memo}}`, ways(never, returned), ReturnOrder, "", ""},
		{`{as: by-restock, by_restock: {unknown: hold}}`, ways(unknown), "", erpbridge.Held, "mapping.refund.by_restock.unknown"},
		{`{as: by-restock, by_restock: {unknown: hold}}`, ways(unknown, never, unknown), "", erpbridge.Held, `pays back 2 of "S-1", taken off`},
		{`{as: by-restock, by_restock: {not_returned: ignore}}`, nil, "", erpbridge.Ignored, "mapping.refund.by_restock.not_returned"},
		{`{as: by-restock, by_restock: {returned: credit-memo}}`, ways(returned), CreditMemo, "", ""},
		{`{as: hold, by_restock: {returned: return-order, not_returned: credit-memo}}`, ways(returned, not), ReturnOrder, "", ""},
		{`{as: hold, by_restock: {returned: return-order, not_returned: credit-memo}}`, ways(unknown), "", erpbridge.Held, "mapping.refund.as"},
		{`{as: ignore, by_restock: {returned: return-order}}`, ways(never), "", erpbridge.Ignored, ""},
		{`{as: ignore, by_restock: {returned: return-order}}`, ways(returned), ReturnOrder, "", ""},
	} {
		m := generous()
		if err := yaml.Load([]byte("refund: "+c.refund), &m, yaml.WithKnownFields()); err != nil {
			t.Fatal(err)
		}
		m.Refund.Residual = Posting{Code: "REST"}
		d, err := translator(t, m, nil).Translate(refunded(c.ways...))
		switch {
		case erpbridge.KindOf(err) != c.err || err != nil && !strings.Contains(err.Error(), c.say):
			t.Errorf("%s, %v: %v", c.refund, c.ways, err)
		case err == nil && (d.Kind != c.kind || !d.Sum().Equal(d.Refund.Sum())):
			t.Errorf("%s, %v: %s of %s", c.refund, c.ways, d.Kind, d.Sum())
		}
	}
}

// Goods that were never shipped are named, with what is to be done.
func TestNeverShippedIsTold(t *testing.T) {
	_, err := translator(t, generous(), nil).Translate(refunded(erpbridge.NeverShipped))
	const want = `refund 5 of order 4711 over 15.00 EUR pays back 2 of "S-0", taken off the order before shipping: take them off the order in Ledger, where they may still be open, settle there what was paid, and close this with erpbridge held discard; or set mapping.refund.by_restock.never_shipped of target erp`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

// A tip is no goods, wherever the storefront says it is.
func TestTipsAreNeverShipped(t *testing.T) {
	m := generous()
	m.Refund.Tips = []string{"S-0"}
	if d, err := translator(t, m, nil).Translate(refunded(erpbridge.NeverShipped)); err != nil || d.Kind != CreditMemo {
		t.Errorf("%v, %v", d, err)
	}
}

// What an ERP has no document for is refused.
func TestRestockRulesThatCannotBe(t *testing.T) {
	can := everything
	can.Refunds = []RefundAs{RefundAsCreditMemo}
	for as, bad := range map[RefundAs]bool{RefundAsReturnOrder: true, RefundByRestock: true, "cash": true, RefundAsCreditMemo: false, HoldRefund: false, IgnoreRefund: false} {
		m := generous()
		m.Refund.ByRestock.Returned = as
		if _, err := New("erp", m, can, nil); (err != nil) != bad || bad && !strings.Contains(err.Error(), fmt.Sprintf("mapping.refund.by_restock.returned: %q is not one of credit-memo, hold, ignore", as)) {
			t.Errorf("%s: %v", as, err)
		}
	}
	m := generous()
	m.Refund.ByRestock.Unknown = RefundByRestock
	if _, err := New("erp", m, everything, nil); err == nil || !strings.Contains(err.Error(), "mapping.refund.by_restock.unknown") {
		t.Errorf("by-restock by restock: %v", err)
	}
}

// Whatever a refund consists of and whatever the rules are: it becomes one document with
// all its money, or none at all, and goods that a rule holds or ignores are on none.
func TestRefundsComeToAllOrNothing(t *testing.T) {
	all := []RefundAs{RefundAsReturnOrder, RefundAsCreditMemo, HoldRefund, IgnoreRefund}
	rapid.Check(t, func(t *rapid.T) {
		m := generous()
		rule := func(label string) RefundAs { return rapid.SampledFrom(all).Draw(t, label) }
		m.Refund.ByRestock = ByRestock{Returned: rule("returned"), NeverShipped: rule("never"), NotReturned: rule("not"), Unknown: rule("unknown")}
		ways := rapid.SliceOfN(rapid.SampledFrom([]erpbridge.Restock{
			erpbridge.Returned, erpbridge.LegacyRestock, erpbridge.NeverShipped, erpbridge.NoRestock, erpbridge.UnknownRestock,
		}), 0, 4).Draw(t, "ways")
		rules := map[erpbridge.Restock]RefundAs{
			erpbridge.Returned: m.Refund.ByRestock.Returned, erpbridge.LegacyRestock: m.Refund.ByRestock.Returned,
			erpbridge.NeverShipped: m.Refund.ByRestock.NeverShipped, erpbridge.NoRestock: m.Refund.ByRestock.NotReturned,
			erpbridge.UnknownRestock: m.Refund.ByRestock.Unknown,
		}
		count := map[RefundAs]int{}
		for _, w := range ways {
			count[rules[w]]++
		}
		if len(ways) == 0 {
			count[rules[erpbridge.NoRestock]]++
		}
		tr, err := New("erp", m, everything, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := tr.Translate(refunded(ways...))
		booked := count[RefundAsReturnOrder]+count[RefundAsCreditMemo] > 0
		switch {
		case count[HoldRefund] > 0, booked && count[IgnoreRefund] > 0:
			if erpbridge.KindOf(err) != erpbridge.Held {
				t.Fatalf("%v: %v", ways, err)
			}
		case !booked:
			if erpbridge.KindOf(err) != erpbridge.Ignored {
				t.Fatalf("%v: %v", ways, err)
			}
		case err != nil:
			t.Fatal(err)
		case !d.Sum().Equal(d.Refund.Sum()) || (d.Kind == ReturnOrder) != (count[RefundAsReturnOrder] > 0):
			t.Fatalf("%v: %s of %s", ways, d.Kind, d.Sum())
		}
	})
}
