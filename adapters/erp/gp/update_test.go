package gp

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/gpws"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// full is an order that has something of everything.
func full() *erpbridge.Order {
	o := order("1", "#1001")
	o.Note, o.ShipTo.Street2 = "Ring twice.", "Gate 2"
	o.Charges = []erpbridge.Charge{{Kind: erpbridge.Fee, Title: "Wrapping", Amount: usd("2.00")}}
	o.Total = usd("61.73")
	return o
}

// bare is a later state of it: one line, nothing on top, another door.
func bare() *erpbridge.Order {
	o := order("1", "#1001")
	o.Lines, o.Shipping, o.Discounts = o.Lines[:1], nil, nil
	o.Lines[0].Taxes = nil
	o.ShipTo.Phone, o.ShipTo.Company = "", ""
	o.TaxTotal, o.Total = usd("0.00"), usd("39.80")
	return o
}

// GP keeps what it is not told of: what a later state of an order has no more is taken
// away in so many words.
func TestUpdateTakesAway(t *testing.T) {
	sim := gpws.New(gpws.Config{})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, "")
	for at, state := range []struct {
		order *erpbridge.Order
		total string
		lines int
	}{{full(), "61.73000", 2}, {bare(), "39.80000", 1}, {full(), "61.73000", 2}} {
		d := []erpbridge.Document{erptest.One(t, e, erptest.Placed(state.order, at))}
		if r := e.Deliver(t.Context(), d)[0]; r.Err != nil {
			t.Fatalf("state %d: %v", at, r.Err)
		}
		if o := sim.Orders()["1001"]; o.Total != state.total || len(o.Lines) != state.lines || o.Note != state.order.Note {
			t.Errorf("state %d comes to %s with %d lines, note %q", at, o.Total, len(o.Lines), o.Note)
		}
		there, err := e.read(t.Context(), "test", "1001")
		if err != nil {
			t.Fatal(err)
		}
		to := there.ShipToAddress
		if to.Line2 != state.order.ShipTo.Street2 || to.ContactPerson != map[bool]string{true: state.order.ShipTo.Name}[state.order.ShipTo.Company != ""] {
			t.Errorf("state %d goes to %+v", at, to.AddressBase)
		}
		if phone := to.Phone1.Value; phone != digitsOf(state.order.ShipTo.Phone) {
			t.Errorf("state %d is announced to %q", at, phone)
		}
	}
	if _, bad := sim.Requests(); len(bad) > 0 {
		t.Errorf("no GP would have taken: %v", bad)
	}
}

// updating returns the update that e makes of an order that GP has in another state.
func updating(t *testing.T, e *ERP, there, now *erpbridge.Order) *etree.Element {
	t.Helper()
	sim := gpws.New(gpws.Config{})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	gp := open(t, srv.URL, "")
	if r := gp.Deliver(t.Context(), []erpbridge.Document{erptest.One(t, gp, erptest.Placed(there, 0))})[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	has, err := gp.read(t.Context(), "test", "1001")
	if err != nil {
		t.Fatal(err)
	}
	body, err := soap.Parse(erptest.One(t, e, erptest.Placed(now, 1)).Body, "")
	if err != nil {
		t.Fatal(err)
	}
	return updateOf(body, has)
}

func TestGoldenUpdate(t *testing.T) {
	e := open(t, "http://127.0.0.1:9/", "")
	got, err := soap.Serialize(updating(t, e, full(), bare()))
	if err != nil {
		t.Fatal(err)
	}
	file := erptest.Golden(t, *update, "update.xml", got)
	t.Run("by the vendor's schema", func(t *testing.T) { testenv.Xmlcheck(t, "gp", file) })
}

// What an order never had is not taken away, but for its amounts: those are always told,
// with the decimals of the order's own prices.
func TestUpdateTellsEveryAmount(t *testing.T) {
	got := updating(t, open(t, "http://127.0.0.1:9/", "price_decimals: {USD: 4}\n"), bare(), bare())
	for _, path := range []string{"FreightAmount", "MiscellaneousAmount", "TaxAmount", "TradeDiscount/Amount"} {
		el := got.FindElement("salesOrder/" + path)
		if el == nil || child(el, "Currency") != "USD" || child(el, "Value") != "0.0000" || child(el, "DecimalDigits") != "4" {
			t.Errorf("%s is not told as nought", path)
		}
	}
	for _, path := range []string{"Taxes", "Note", "ShipToAddress/Line2"} {
		if got.FindElement("salesOrder/"+path) != nil {
			t.Errorf("%s is told", path)
		}
	}
}

// Where the tax has another detail now, the old one comes to nought.
func TestUpdateOfTaxes(t *testing.T) {
	other := open(t, "http://127.0.0.1:9/", "  stores: {shop: {tax: {default: CITY, item: {as: charge, code: miscellaneous}}}}\n")
	var told []string
	for _, el := range updating(t, other, full(), full()).FindElements("salesOrder/Taxes/SalesDocumentTax") {
		told = append(told, el.FindElement("Key/SequenceNumber").Text()+" "+el.FindElement("Key/TaxDetailKey/Id").Text()+" "+el.FindElement("TaxAmount/Value").Text())
	}
	if got, want := strings.Join(told, ", "), "1 CITY 4.98, 2 VAT 0.00"; got != want {
		t.Errorf("%s instead of %s", got, want)
	}
}
