package fo

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
)

// The number of another order is never written to.
func TestOrderOfSomebodyElseIsNotWrittenTo(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	sim.Add(dmf.Order{Number: "W1001", Reference: "shop-eu-77 [0123456789ab]", Header: map[string]string{"CURRENCYCODE": "EUR"}})
	r := deliver(t, e, document(t, e, placed()))
	wantKind(t, erpbridge.Invalid, r.Err)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "mapping.number.prefix") {
		t.Errorf("it says %v", r.Err)
	}
	if c := sim.Counts(); c.Creates+c.Updates != 0 {
		t.Errorf("%+v", c)
	}
}

// Later states change the order, until somebody worked on it.
func TestLaterStatesChangeTheOrder(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	if r := booked(t, e, document(t, e, placed())); r.Err != nil {
		t.Fatal(r.Err)
	}
	changed := placed()
	changed.ShipTo = &erpbridge.Address{Name: "Ada Lovelace", Street1: "2 Side St", City: "Salem", Region: "OR", Postcode: "97301", Country: "US"}
	docs, err := e.Translate(later(changed))
	if err != nil {
		t.Fatal(err)
	}
	if found := e.Find(t.Context(), docs)[0]; erpbridge.KindOf(found.Err) != erpbridge.Missing {
		t.Errorf("another state was found: %+v", found)
	}
	if r := booked(t, e, docs[0]); r.Err != nil {
		t.Fatal(r.Err)
	}
	orders := sim.Orders()
	if len(orders) != 1 || len(orders[0].Lines) != 4 || orders[0].Header["DELIVERYADDRESSCITY"] != "Salem" {
		t.Errorf("%+v", orders)
	}
	if err := sim.SetStatus("W1001", "Invoiced"); err != nil {
		t.Fatal(err)
	}
	r := deliver(t, e, document(t, e, placed()))
	if r.Err != nil || r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, "Invoiced") {
		t.Errorf("%+v", r)
	}
}

// An order that was shipped before its last line was in is not complete, whoever shipped it.
func TestOrderShippedIncompleteIsNotComplete(t *testing.T) {
	sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: dmf.DropLine, Count: 1}}}, "")
	d := document(t, e, placed())
	wantKind(t, erpbridge.Invalid, booked(t, e, d).Err)
	if err := sim.SetStatus("W1001", "Delivered"); err != nil {
		t.Fatal(err)
	}
	r := deliver(t, e, d)
	wantKind(t, erpbridge.Invalid, r.Err)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "line 4 (TAX)") {
		t.Errorf("it says %v", r.Err)
	}
}

// Where F&O gives lines lot ids of its own, an order is not imported twice: its lines would
// be there twice.
func TestOrderWithLotIDsOfTheERPIsNotImportedTwice(t *testing.T) {
	sim, e := environment(t, dmf.Config{OwnLots: true}, "")
	d := document(t, e, placed())
	r := booked(t, e, d)
	wantKind(t, erpbridge.Invalid, r.Err)
	again := deliver(t, e, d)
	wantKind(t, erpbridge.Invalid, again.Err)
	for _, err := range []error{r.Err, again.Err} {
		if err == nil || !strings.Contains(err.Error(), "the number sequence of lot ids must be manual") {
			t.Errorf("it says %v", err)
		}
	}
	if c := sim.Counts(); c.Lines != 4 {
		t.Errorf("%d lines", c.Lines)
	}
}

func TestFirstStateIsKeptWhereSet(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "changes: keep\n")
	if r := booked(t, e, document(t, e, placed())); r.Err != nil {
		t.Fatal(r.Err)
	}
	docs, err := e.Translate(later(placed()))
	if err != nil {
		t.Fatal(err)
	}
	if r := deliver(t, e, docs[0]); r.Err != nil || r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, "keep") {
		t.Errorf("%+v", r)
	}
	if c := sim.Counts(); c.Updates != 0 {
		t.Errorf("%+v", c)
	}
}

// A line that a later state does not have stays in F&O: it is named.
func TestLineOfAnEarlierStateIsNamed(t *testing.T) {
	_, e := environment(t, dmf.Config{}, "")
	if r := booked(t, e, document(t, e, long("4001", 3))); r.Err != nil {
		t.Fatal(r.Err)
	}
	shorter := long("4001", 2)
	docs, err := e.Translate(later(shorter))
	if err != nil {
		t.Fatal(err)
	}
	r := booked(t, e, docs[0])
	wantKind(t, erpbridge.Invalid, r.Err)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "left over from an earlier state, to be deleted in F&O: lot EB") {
		t.Errorf("it says %v", r.Err)
	}
}
