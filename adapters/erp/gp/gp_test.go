package gp

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/gpws"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const settings = `
auth: {basic: {user: gp, password: secret}}
company: -1
document_type: STDORD
batch: SHOP
mapping:
  customer: {default: AARONFIT0001}
  items: {unknown: as-is, placeholder: ANY}
  shipping: {as: charge, code: freight}
  fee: {as: charge, code: miscellaneous}
  duty: {as: item, code: DUTY}
  tip: {as: item, code: TIP}
  gift_card_sold: {as: item, code: GIFT}
  gift_card_redeemed: {as: charge, code: trade-discount}
  store_credit: {as: charge, code: trade-discount}
  tax: {item: {as: charge, code: miscellaneous}, default: VAT}
`

func decodeYAML(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

func open(t testing.TB, url, more string) *ERP {
	t.Helper()
	erp, err := New("gp", decodeYAML("url: "+url+"\n"+settings+more), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := erp.(*ERP)
	t.Cleanup(e.soap.Close)
	return e
}

func usd(s string) erpbridge.Money { return erptest.Money(s, "USD") }

// order is one with the tax in its lines, as GP has it.
func order(id, number string) *erpbridge.Order {
	o := erptest.Pens(id, "128 SDRAM")
	o.Number, o.ShipTo.Street2, o.ShipTo.Phone = number, "", "+49 731 5"
	for i, amount := range []string{"3.98", "1.00"} {
		o.Lines[i].Taxes = []erpbridge.Tax{{Title: "State", Rate: erptest.Dec("0.1"), Amount: usd(amount)}}
	}
	return o
}

func TestGolden(t *testing.T) {
	e := open(t, "http://127.0.0.1:9/", "")
	created := erptest.Golden(t, *update, "order.xml", erptest.One(t, e, erptest.Placed(order("1", "#1001"), 0)).Body)
	cancelled := order("1", "#1001")
	cancelled.CancelledAt = time.Unix(1763600001, 0)
	voided := erptest.Golden(t, *update, "void.xml", erptest.One(t, e, erptest.Placed(cancelled, 1)).Body)
	t.Run("by the vendor's schema", func(t *testing.T) { testenv.Xmlcheck(t, "gp", created, voided) })
}

func TestWhatGPDoesNotTakeIsHeld(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*erpbridge.Order)
		more string
		say  string
	}{
		{"a number too long", func(o *erpbridge.Order) { o.Number = "1234567890123456789012" }, "", "SalesDocumentKey"},
		{"a purchase order too long", func(o *erpbridge.Order) { o.PO = strings.Repeat("7", 22) }, "", "CustomerPONumber"},
		{"an item GP cannot spell", func(o *erpbridge.Order) { o.Lines[0].SKU = "Ö" }, "", "ItemKey"},
		{"half a piece", func(o *erpbridge.Order) { o.Lines[0].Quantity, o.Lines[0].Unit = erptest.Dec("0.5"), usd("79.60") }, "", "quantity_decimals"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := order("1", "#1001")
			c.set(o)
			_, err := open(t, "http://127.0.0.1:9/", c.more).Translate(erptest.Placed(o, 0))
			if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%v", err)
			}
		})
	}
	// What GP has no place for in one amount, it has in another.
	moved := order("1", "#1001")
	moved.Charges = []erpbridge.Charge{{Kind: erpbridge.Fee, Title: "x", Amount: usd("-1.00")}}
	moved.Discounts, moved.Total, moved.PO = nil, usd("63.73"), strings.Repeat("7", 22)
	d := string(erptest.One(t, open(t, "http://127.0.0.1:9/", "long_po: note\n"), erptest.Placed(moved, 0)).Body)
	for _, want := range []string{
		"<TradeDiscount><Amount><Currency>USD</Currency><Value>1.02<", "<CustomerPONumber>1<", "<Note>Purchase order 7777777777777777777777<",
	} {
		if !strings.Contains(d, want) {
			t.Errorf("%s is missing: %s", want, d)
		}
	}
	if strings.Contains(d, "MiscellaneousAmount>") {
		t.Error("the fee is in two places")
	}
	e := open(t, "http://127.0.0.1:9/", "")
	gone := erpbridge.Event{Store: "shop", Type: erpbridge.OrderCancelled, Stream: "order/1", Cancellation: &erpbridge.Cancellation{OrderID: "1"}}
	if _, err := e.Translate(gone); erpbridge.KindOf(err) != erpbridge.Held {
		t.Errorf("a cancellation without a number: %v", err)
	}
	refund := erpbridge.Event{Store: "shop", Type: erpbridge.RefundIssued, Stream: "order/1", Refund: &erpbridge.Refund{ID: "2", OrderID: "1", Currency: "USD"}}
	if _, err := e.Translate(refund); erpbridge.KindOf(err) != erpbridge.Held {
		t.Errorf("a refund: %v", err)
	}
}

func TestSettingsThatCannotBeAreTold(t *testing.T) {
	_, err := New("gp", decodeYAML(`
url: http://gp.example.com/x
timeout: -1s
culture: english
long_po: cut
auth: {basic: {user: a, password: b}}
price_decimals: {XXQ: 2}
lengths: {Nose: 3}
mapping: {shipping: {as: charge, code: post}, prices: gross}
`), nil)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"url: must be https", "timeout: must", "culture: ", `long_po: "cut"`, "company is missing", "document_type: ", "batch: ", "price_decimals: ",
		`lengths: "Nose"`, `mapping.shipping.code: "post"`, "mapping.prices",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\n%v", want, err)
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", open(t, "http://127.0.0.1:9/", "").conf), "secret") {
		t.Error("the password prints")
	}
}

func TestFaultsAreKnownByTheirWords(t *testing.T) {
	for _, c := range texts {
		if got := kindOf(&soap.Fault{String: "Oh: " + strings.ToUpper(c.part) + " again."}); got != c.kind {
			t.Errorf("%q is %s, want %s", c.part, got, c.kind)
		}
	}
	if got := kindOf(&soap.Fault{String: "Etwas ging schief."}); got != erpbridge.Unknown {
		t.Errorf("what nobody knows is %s", got)
	}
}

func suite() erptest.Suite {
	say := func(status int, body string) erptest.Answer {
		return func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+body+`</s:Body></s:Envelope>`)
		}
	}
	fault := func(text string) erptest.Answer {
		return say(500, `<s:Fault><faultcode>s:Server</faultcode><faultstring>`+text+`</faultstring></s:Fault>`)
	}
	return erptest.Suite{
		Open: func(t *testing.T, url string) erpbridge.ERP {
			return open(t, url, "")
		},
		Events:    []erpbridge.Event{erptest.Placed(order("1", "#1001"), 0)},
		Good:      say(200, `<CreateSalesOrderResponse xmlns="`+nsGP+`"/>`),
		Throttle:  fault("Server is too busy"),
		Fault:     fault("Security exception: the user is not authorized"),
		FaultKind: erpbridge.Refused,
		Absent:    fault("Business object not found."),
		Alive:     fault("Business object not found."),
	}
}

func TestSuite(t *testing.T) { erptest.Run(t, suite()) }

func TestConformanceHostileAnswers(t *testing.T) {
	suite().Hostile(t, filepath.Join(testenv.Shared(t), "corpora", "soap-hostile"))
}

// What GP has is compared before anything is written over it.
func TestOrderThatIsThereIsComparedBeforeItIsChanged(t *testing.T) {
	sim := gpws.New(gpws.Config{})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, "")
	deliver := func(d erpbridge.Document) erpbridge.Result { return e.Deliver(t.Context(), []erpbridge.Document{d})[0] }

	first := erptest.One(t, e, erptest.Placed(order("1", "#1001"), 0))
	if r := e.Find(t.Context(), []erpbridge.Document{first})[0]; erpbridge.KindOf(r.Err) != erpbridge.Missing {
		t.Errorf("found before it was sent: %+v", r)
	}
	for range 2 {
		if r := deliver(first); r.Err != nil || r.Receipt.Ref != "1001" {
			t.Fatalf("%+v", r)
		}
	}
	changed := order("1", "#1001")
	changed.Lines, changed.TaxTotal, changed.Total = changed.Lines[:1], usd("3.98"), usd("48.73")
	second := erptest.One(t, e, erptest.Placed(changed, 1))
	if r := e.Find(t.Context(), []erpbridge.Document{second})[0]; erpbridge.KindOf(r.Err) != erpbridge.Missing {
		t.Errorf("a state that is not there was found: %+v", r)
	}
	if r := deliver(second); r.Err != nil {
		t.Fatal(r.Err)
	}
	if o := sim.Orders()["1001"]; len(o.Lines) != 1 || o.Total != "48.73000" {
		t.Errorf("%d lines, %s", len(o.Lines), o.Total)
	}
	for _, d := range []erpbridge.Document{second} {
		if r := e.Find(t.Context(), []erpbridge.Document{d})[0]; r.Err != nil || r.Receipt.Ref != "1001" {
			t.Errorf("%+v", r)
		}
	}
	if r := deliver(erptest.One(t, e, erptest.Placed(order("2", "#1001"), 0))); erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "is not this one") {
		t.Errorf("another order of that number: %+v", r)
	}
	cancelled := order("1", "#1001")
	cancelled.CancelledAt = time.Unix(1, 0)
	void := erptest.One(t, e, erptest.Placed(cancelled, 2))
	for range 2 {
		if r := deliver(void); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	if r := e.Find(t.Context(), []erpbridge.Document{void})[0]; r.Err != nil {
		t.Error(r.Err)
	}
	never := order("9", "#1009")
	never.CancelledAt = time.Unix(1, 0)
	if r := deliver(erptest.One(t, e, erptest.Placed(never, 0))); r.Err != nil || r.Receipt.Warning == "" {
		t.Errorf("%+v", r)
	}
	if _, bad := sim.Requests(); len(bad) > 0 {
		t.Errorf("no GP would have taken: %v", bad)
	}
	if got := len(sim.Effects()); got != 3 {
		t.Errorf("%d effects: %+v", got, sim.Effects())
	}
}

// A GP at its worst: each order is there once, with the storefront's total.
func TestEveryOrderIsThereOnce(t *testing.T) {
	sim := gpws.New(gpws.Config{Seed: 5, User: "gp", Password: "secret", Company: "-1", Faults: gpws.Faults{
		DropBefore: .1, DropAfter: .1, Unhandled: .05, FaultAfter: .1, Deadlock: .1, Busy: .05, Page: .05, Slow: .02, SlowBy: time.Millisecond,
	}})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	srv.Config.ErrorLog = nil
	e := open(t, srv.URL, "")
	const orders = 200
	for i := range orders {
		d := erptest.One(t, e, erptest.Placed(order(fmt.Sprint(i), fmt.Sprintf("#%d", 5000+i)), 0))
		if _, err := erptest.Insist(t.Context(), e, d); err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
	}
	got, effects := sim.Orders(), sim.Effects()
	if len(got) != orders || len(effects) != orders {
		t.Errorf("%d orders and %d effects for %d", len(got), len(effects), orders)
	}
	for n, o := range got {
		if o.Total != "59.73000" {
			t.Errorf("order %s comes to %s", n, o.Total)
		}
	}
	if n, bad := sim.Requests(); len(bad) > 0 || n < orders*5/4 {
		t.Errorf("%d requests, no GP would have taken: %v", n, bad)
	}
}
