package sapidoc

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/sapidoc"
)

// freight has everything as an item that can be one.
var freight = "mapping:\n" + strings.NewReplacer(
	"shipping: {as: charge, code: HD00}", "shipping: {as: item, code: FREIGHT}",
	"discounts: {as: charge, code: HB00}", "discounts: {lines: item, order: item, as: item, code: DISCOUNT}",
).Replace(after(settings, "mapping:\n")) + "change: {send: true}\n"

// varied is an order with a discount of a line and one of its own beside its shipping,
// all of them items.
func varied() *erpbridge.Order {
	o := placed()
	o.Lines[0].ID, o.Lines[1].ID = "13731698540887", "13731698573655"
	o.Lines[1].Discounts = []erpbridge.Discount{{Title: "HALF", Amount: eur("9.90")}}
	o.Discounts = []erpbridge.Discount{{Title: "WAIT", Amount: eur("1.00")}}
	o.Total = o.Sum()
	return o
}

var itemShape = regexp.MustCompile(`<POSEX>(\d{6})</POSEX>(?:<ACTION>(\d{3})</ACTION>)?<MENGE>([^<]*)</MENGE>.*?<VPREI>([^<]*)</VPREI>.*?<IDTNR>([^<]*)</IDTNR>`)

// numbersOf returns the numbers of a document's items, by material and price.
func numbersOf(t *testing.T, d erpbridge.Document) map[string]string {
	t.Helper()
	numbers := map[string]string{}
	for _, m := range itemShape.FindAllStringSubmatch(string(d.Body), -1) {
		numbers[m[5]+" "+m[4]] = m[1]
	}
	return numbers
}

// later is the state of an order some hours after it was placed.
func later(o *erpbridge.Order, hours int) erpbridge.Event {
	o.Total = o.Sum()
	ev := event(o)
	ev.Type = erpbridge.OrderChanged
	ev.Version = erpbridge.Version{At: ev.Version.At.Add(time.Duration(hours) * time.Hour), Digest: fmt.Sprint(hours)}
	return ev
}

// An item has its number whatever stands beside it: what both states have, both number
// alike.
func TestPositionsStay(t *testing.T) {
	erp := open(t, freight)
	sock := erptest.Item("SOCK", "Socks", "5", "1.00", "EUR")
	sock.ID = "13731701522775"
	first := numbersOf(t, translate(t, erp, event(varied()))[0])
	want := []string{"000000000000004711 19.90", "DISCOUNT 1.00-", "DISCOUNT 9.90-", "FREIGHT 9.95", "MUG-1 10.00"}
	if got := slices.Sorted(maps.Keys(first)); !cmp.Equal(got, want) {
		t.Fatalf("items %v, want %v", got, want)
	}
	for name, c := range map[string]struct {
		change func(*erpbridge.Order)
		gone   []string
	}{
		"a line added behind":    {func(o *erpbridge.Order) { o.Lines = append(o.Lines, sock) }, nil},
		"a line added before":    {func(o *erpbridge.Order) { o.Lines = append([]erpbridge.Line{sock}, o.Lines...) }, nil},
		"lines in another order": {func(o *erpbridge.Order) { slices.Reverse(o.Lines) }, nil},
		"the first line dropped": {func(o *erpbridge.Order) {
			o.Lines, o.TaxTotal = o.Lines[1:], eur("0.00")
		}, []string{"MUG-1 10.00"}},
		"the shipping dropped": {func(o *erpbridge.Order) { o.Shipping = nil }, []string{"FREIGHT 9.95"}},
		"a discount dropped":   {func(o *erpbridge.Order) { o.Lines[1].Discounts = nil }, []string{"DISCOUNT 9.90-"}},
		"a second charge": {func(o *erpbridge.Order) {
			o.Shipping = append(o.Shipping, erpbridge.ShippingLine{Title: "More", Price: eur("2.00")})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := varied()
			c.change(o)
			for _, d := range translate(t, erp, later(o, 1)) {
				got := numbersOf(t, d)
				for item, number := range first {
					if gone := slices.Contains(c.gone, item); gone != (got[item] == "") || !gone && got[item] != number {
						t.Errorf("%s: %s is %q, and was %s", d.Kind, item, got[item], number)
					}
				}
			}
		})
	}
}

// Where two items come to one number the order is made, and changes of it are a person's.
func TestPositionsShared(t *testing.T) {
	erp := open(t, freight)
	twins := func() *erpbridge.Order {
		o := varied()
		o.Lines[0].ID, o.Lines[1].ID = "1", fmt.Sprint(1+399_989)
		return o
	}
	if n := numbersOf(t, translate(t, erp, event(twins()))[0]); len(n) != 5 || n["MUG-1 10.00"] == n["000000000000004711 19.90"] {
		t.Errorf("%v", n)
	}
	if _, err := erp.Translate(later(twins(), 1)); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "100001") {
		t.Errorf("a change: %v", err)
	}
}

// A change changes in SAP what it changed in the shop. One that SAP cannot carry out as a
// whole stays in status 51, and changes nothing.
func TestChangesInSAP(t *testing.T) {
	system := sim.New(sim.Config{System: "S4HCLNT100"})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	erp := open(t, freight+"url: "+srv.URL+"\n")
	tell := func(ev erpbridge.Event) string {
		t.Helper()
		for _, r := range erp.Deliver(t.Context(), translate(t, erp, ev)) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		system.Process()
		all := system.IDocs()
		last := all[len(all)-1]
		out := []string{last.Status}
		if last.Status != "53" {
			out[0] += " " + last.Why[:5]
		}
		for _, it := range system.Orders()[0].Items {
			left := it.Quantity
			if it.Rejected {
				left = "0"
			}
			out = append(out, strings.TrimLeft(it.Material, "0")+" x"+left)
		}
		return strings.Join(out, ", ")
	}
	fewer := func(o *erpbridge.Order) *erpbridge.Order {
		o.Lines[0].Current = erptest.Dec("1")
		return o
	}
	without := func(o *erpbridge.Order) *erpbridge.Order {
		o.Lines[1].Current = erptest.Dec("0")
		return o
	}
	more := fewer(without(varied()))
	more.Lines = append(more.Lines, erptest.Item("SOCK", "Socks", "5", "1.00", "EUR"))
	dropped := varied()
	dropped.Lines, dropped.TaxTotal = dropped.Lines[1:], eur("0.00")
	for i, c := range []struct {
		o    *erpbridge.Order
		want string
	}{
		{varied(), "53, MUG-1 x2, 4711 x1, DISCOUNT x1, FREIGHT x1, DISCOUNT x1"},
		{fewer(varied()), "53, MUG-1 x1, 4711 x1, DISCOUNT x1, FREIGHT x1, DISCOUNT x1"},
		// A storefront that tells nothing more of a line: SAP keeps it, and nothing else is taken for it.
		{dropped, "53, MUG-1 x1, 4711 x1, DISCOUNT x1, FREIGHT x1, DISCOUNT x1"},
		{without(fewer(varied())), "53, MUG-1 x1, 4711 x0, DISCOUNT x0, FREIGHT x1, DISCOUNT x1"},
		{more, "51 VG000, MUG-1 x1, 4711 x0, DISCOUNT x0, FREIGHT x1, DISCOUNT x1"},
	} {
		if got := tell(later(c.o, i)); got != c.want {
			t.Errorf("state %d:\n%s, want\n%s", i, got, c.want)
		}
	}
	// SAP's word on it is one that waits for a person.
	system.Audit()
	var said []string
	for _, body := range system.Audits() {
		acks, err := erp.(erpbridge.Acknowledger).Acknowledge(posted(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range acks {
			if a.Result.Err != nil || a.Result.Receipt.Accepted {
				said = append(said, a.Result.Receipt.Warning)
			}
		}
	}
	if len(said) != 1 || !strings.Contains(said[0], "to be repaired in SAP") || !strings.Contains(said[0], "has no item") {
		t.Errorf("SAP says %q", said)
	}
}

// An order that is gone from the shop is cancelled where SAP reverses it as a whole, and is
// held where nothing would come of it.
func TestGoneInSAP(t *testing.T) {
	system := sim.New(sim.Config{System: "S4HCLNT100"})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	erp := open(t, reversing+"url: "+srv.URL+"\n")
	for _, ev := range []erpbridge.Event{event(placed()), goneEvent()} {
		for _, r := range erp.Deliver(t.Context(), translate(t, erp, ev)) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		system.Process()
	}
	if o := system.Orders(); len(o) != 1 || !o[0].Cancelled {
		t.Errorf("%+v, of %+v", o, system.IDocs())
	}
	_, err := open(t, "").Translate(goneEvent())
	if erpbridge.KindOf(err) != erpbridge.Held {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{"order 5001", "cancel.header_action of target sap", "held discard"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
}

// What reverses an order as a whole is not told of one that is to be closed.
func TestClosedNotReversed(t *testing.T) {
	closing := "mapping:\n" + after(settings, "mapping:\n") + "  cancel: close\n"
	for more, want := range map[string]bool{reversing: true, closing + reversing: false} {
		docs := translate(t, open(t, more), event(cancelledOrder()))
		body := string(docs[len(docs)-1].Body)
		if got := strings.Contains(body, `<E1EDK01 SEGMENT="1"><ACTION>001</ACTION>`); got != want {
			t.Errorf("reversed: %t, want %t: %s", got, want, more)
		}
		if got := strings.Count(body, "<ABGRU>00</ABGRU>"); (got == 2) == want {
			t.Errorf("%d items rejected", got)
		}
	}
}
