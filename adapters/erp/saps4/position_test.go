package saps4

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// numbersOf returns the numbers of an order's items, by material and amount.
func numbersOf(t *testing.T, d erpbridge.Document) map[string]string {
	t.Helper()
	root, err := soap.Parse(d.Body, "")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{}
	for _, it := range root.FindElements("Order/OrderItem") {
		numbers[textAt(it, "Product/SupplierProductID")+" "+textAt(it, "ExpectedNetAmount")] = textAt(it, "PurchaseOrderItemID")
	}
	return numbers
}

// S/4 finds the items of an order that is sent again by PurchaseOrderItemID. What a state
// has in common with the one before has the same numbers, whatever stands beside it: a line
// that is added must not become what was the freight.
func TestItemsKeepTheirNumbers(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	of := func(change func(*erpbridge.Order), seconds int) map[string]string {
		o := order("4711")
		for i := range o.Lines {
			o.Lines[i].ID = []string{"13731698540887", "13731698573655"}[i]
		}
		change(o)
		o.Total = o.Sum()
		return numbersOf(t, documents(t, e, erptest.Placed(o, seconds))[0])
	}
	first := of(func(*erpbridge.Order) {}, 0)
	if len(first) < 4 {
		t.Fatalf("only %v", first)
	}
	sock := erptest.Item("SOCK", "Socks", "5", "1.00", "USD")
	sock.ID = "13731701522775"
	for name, c := range map[string]struct {
		change func(*erpbridge.Order)
		gone   int
	}{
		"a line added":           {func(o *erpbridge.Order) { o.Lines = append(o.Lines, sock) }, 0},
		"a line added before":    {func(o *erpbridge.Order) { o.Lines = append([]erpbridge.Line{sock}, o.Lines...) }, 0},
		"the first line dropped": {func(o *erpbridge.Order) { o.Lines = o.Lines[1:] }, 1},
		"lines in another order": {func(o *erpbridge.Order) { slices.Reverse(o.Lines) }, 0},
		"cancelled":              {func(o *erpbridge.Order) { o.CancelledAt = time.Unix(1, 0) }, 0},
	} {
		got, gone := of(c.change, 1), 0
		for item, number := range first {
			switch got[item] {
			case number:
			case "":
				gone++
			default:
				t.Errorf("%s: %s is %s, and was %s", name, item, got[item], number)
			}
		}
		if gone != c.gone {
			t.Errorf("%s: %d items are gone: %v", name, gone, got)
		}
		if all := slices.Collect(maps.Values(got)); len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) {
			t.Errorf("%s: one number twice: %v", name, got)
		}
	}
}

// Where two items come to one number the order is made, and what follows is a person's: S/4
// could take the one for the other.
func TestItemsThatShareANumber(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	twins := func(typ erpbridge.EventType, seconds int) erpbridge.Event {
		o := order("4711")
		o.Lines[0].ID, o.Lines[1].ID = "1", "399990"
		if typ == erpbridge.OrderCancelled {
			o.CancelledAt = time.Unix(1, 0)
		}
		ev := erptest.Placed(o, seconds)
		ev.Type = typ
		return ev
	}
	for i, typ := range []erpbridge.EventType{erpbridge.OrderPlaced, erpbridge.OrderCancelled} {
		if n := numbersOf(t, documents(t, e, twins(typ, i))[0]); len(n) < 4 {
			t.Errorf("%s: %v", typ, n)
		}
	}
	for i, typ := range []erpbridge.EventType{erpbridge.OrderChanged, erpbridge.OrderPaid} {
		docs, err := e.Translate(twins(typ, i+2))
		if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "100001") || len(docs) > 0 {
			t.Errorf("%s: %d documents, %v", typ, len(docs), err)
		}
	}
}
