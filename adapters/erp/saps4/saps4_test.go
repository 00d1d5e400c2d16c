package saps4

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/saps4"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const settings = `
auth: {basic: {user: erpbridge, password: secret}}
sender: SHOP
recipient: S4
sales_organization: "1010"
deliver_after: 3
confirm_user: s4
confirm_password: confirmed
mapping:
  items: {unknown: as-is, placeholder: ANY}
  shipping: {code: FREIGHT}
  fee: {code: FEE}
  duty: {code: DUTY}
  discounts: {code: DISCOUNT}
  tip: {code: TIP}
  gift_card_sold: {code: GIFT}
  gift_card_redeemed: {code: GIFT}
  store_credit: {code: CREDIT}
  rounding: {code: ROUND}
  tax: {item: {code: TAX}}
`

func decodeYAML(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

func open(t testing.TB, url, more string) *ERP {
	t.Helper()
	erp, err := New("s4", decodeYAML("order_url: "+url+"/order?sap-client=100\npartner_url: "+url+"/partner\n"+settings+more), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := erp.(*ERP)
	t.Cleanup(func() {
		e.orders.Close()
		e.partners.Close()
		if e.odata != nil {
			e.odata.CloseIdleConnections()
		}
	})
	return e
}

const creating = "  customer: {unknown: create}\n"

func dec(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func usd(s string) erpbridge.Money { return erpbridge.Money{Amount: dec(s), Currency: "USD"} }

// order is one whose second line has a price no cent can say: 10.00 for three.
func order(id string) *erpbridge.Order {
	return &erpbridge.Order{
		ID: id, Number: "#" + id, PostingDate: "2026-11-20", Currency: "USD", Email: "ada@example.com", Note: "ring\ntwice",
		Customer: &erpbridge.Customer{ID: "7001", FirstName: "Ada", LastName: "Løvelace"},
		ShipTo:   &erpbridge.Address{Name: "Ada Løvelace", Company: "Engines & Co", Street1: "1 Loop", Street2: "Gate 2", City: "Ulm", Region: "BW", Postcode: "89073", Country: "DE", Phone: "+49 731"},
		Lines: []erpbridge.Line{
			{ID: "11", SKU: "TG11", Title: "Memory", Quantity: dec("2"), Unit: usd("19.90")},
			{ID: "12", SKU: "PEN", Title: "Pens <blue>", Quantity: dec("3"), Unit: usd("4.00"), Discounts: []erpbridge.Discount{{Title: "bulk", Amount: usd("2.00")}}},
		},
		Shipping:  []erpbridge.ShippingLine{{Title: "Ground", Price: usd("9.95")}},
		Discounts: []erpbridge.Discount{{Title: "LOYAL", Amount: usd("5.00")}},
		TaxTotal:  usd("4.98"), Total: usd("59.73"), PaymentStatus: erpbridge.Paid,
	}
}

func placed(o *erpbridge.Order, at int) erpbridge.Event {
	return erpbridge.Event{
		Store: "shop", Type: erpbridge.OrderPlaced, Stream: "order/" + o.ID, Resource: "order/" + o.ID, Order: o,
		Version: erpbridge.Version{At: time.Unix(int64(1763600000+at), 0), Digest: fmt.Sprintf("%064d", at)},
	}
}

func documents(t testing.TB, e erpbridge.ERP, ev erpbridge.Event) []erpbridge.Document {
	t.Helper()
	docs, err := e.Translate(ev)
	if err != nil || len(docs) == 0 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	return docs
}

const usual = "  customer: {default: \"10100001\"}\n" // below mapping, which settings ends with

func TestGolden(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", creating)
	docs := documents(t, e, placed(order("4711"), 0))
	cancelled := order("4711")
	cancelled.CancelledAt = time.Unix(1, 0)
	docs = append(docs, documents(t, e, placed(cancelled, 1))...)
	gone := erpbridge.Event{Store: "shop", Type: erpbridge.OrderCancelled, Stream: "order/1", Cancellation: &erpbridge.Cancellation{OrderID: "4711"}}
	docs = append(docs, documents(t, e, gone)...)
	files := []string{"partner.xml", "order.xml", "cancelled.xml", "gone.xml"}
	if len(docs) != len(files) {
		t.Fatalf("%d documents", len(docs))
	}
	for i, name := range files {
		files[i] = filepath.Join("testdata", name)
		if *update {
			if err := errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(files[i], docs[i].Body, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(docs[i].Body)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Run("by the vendor's schemas", func(t *testing.T) {
		testenv.Xmlcheck(t, "s4-orderrequest", files[1:]...)
		testenv.Xmlcheck(t, "s4-businesspartner", files[0])
	})
}

func TestRules(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	for field, r := range rules {
		if _, err := e.fit(field, strings.Repeat("x", r.Length)); err != nil {
			t.Errorf("%s does not take %d characters: %v", field, r.Length, err)
		}
		long, err := e.fit(field, strings.Repeat("x", r.Length+1))
		if err != nil && erpbridge.KindOf(err) != erpbridge.Held || len([]rune(long)) > r.Length {
			t.Errorf("%s: %q, %v", field, long, err)
		}
		if err == nil && strings.HasSuffix(field, "ID") {
			t.Errorf("%s, a key, was cut", field)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	_, err := New("s4", decodeYAML(`
order_url: http://s4.example.com/x
auth: {basic: {user: a, password: b}}
timeout: -1s
sales_organization: "10100"
division: "123"
confirm: telepathy
deliver_after: -1
lengths: {Nose: 3}
mapping: {customer: {unknown: create}, prices: gross}
`), nil)
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{
		"order_url: must be https", "timeout: must", "sales_organization: ", "division: ", "sender and recipient", `confirm: "telepathy"`, "deliver_after", `lengths: "Nose"`,
		"partner_url is missing", "mapping.prices",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\n%v", want, err)
		}
	}
	if printed := fmt.Sprintf("%+v", open(t, "http://127.0.0.1:9", usual).conf); strings.Contains(printed, "secret") || strings.Contains(printed, "confirmed") {
		t.Error("a password prints")
	}
}

func TestFaults(t *testing.T) {
	for _, c := range texts {
		if got := kindOf(&soap.Fault{String: "Oh: " + strings.ToUpper(c.part)}); got != c.kind {
			t.Errorf("%q is %s, want %s", c.part, got, c.kind)
		}
	}
	for typ, want := range rfcErrors {
		f := rfcFault(t, typ)
		if got := kindOf(f); got != want {
			t.Errorf("%s is %s, want %s", typ, got, want)
		}
	}
	if got := kindOf(rfcFault(t, "ELSE")); got != erpbridge.Invalid {
		t.Errorf("an rfc:Error nobody knows is %s", got)
	}
	if got := kindOf(&soap.Fault{String: "?"}); got != erpbridge.Unknown {
		t.Errorf("what nobody knows is %s", got)
	}
}

func rfcFault(t *testing.T, typ string) *soap.Fault {
	t.Helper()
	env, err := soap.ParseEnvelope([]byte(`<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>Internal Server Error</faultstring>`+
		`<detail><rfc:Error xmlns:rfc="urn:sap-com:document:sap:soap:functions"><type>`+typ+`</type><message>m</message></rfc:Error></detail></s:Fault></s:Body></s:Envelope>`), "")
	if err != nil {
		t.Fatal(err)
	}
	return env.Fault
}

func suite() erptest.Suite {
	fault := func(text string) erptest.Answer {
		return func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>`+text+`</faultstring></s:Fault></s:Body></s:Envelope>`)
		}
	}
	return erptest.Suite{
		Open:      func(t *testing.T, url string) erpbridge.ERP { return open(t, url, usual) },
		Events:    []erpbridge.Event{placed(order("1"), 0)},
		Good:      func(w http.ResponseWriter, _ []byte) { w.WriteHeader(http.StatusAccepted) },
		GoodEmpty: true,
		Throttle:  fault("Server overload"),
		Fault:     fault("Authorization role missing for service"),
		FaultKind: erpbridge.Refused,
	}
}

func TestSuite(t *testing.T) { erptest.Run(t, suite()) }

func TestConformanceHostileAnswers(t *testing.T) {
	suite().Hostile(t, filepath.Join(testenv.Shared(t), "corpora", "soap-hostile"))
}

// What SAP has really answered, and what it meant.
func TestConformanceFaults(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "erp-samples", "sap", "faults")
	for file, want := range map[string]erpbridge.Kind{
		"bydesign.missing-authorization-500.xml": erpbridge.Refused, "rfc-soap.error-500.xml": erpbridge.Invalid, "s4.generic-500.xml": erpbridge.Unknown,
		"s4.sync-confirmation.BUSINESS-FAILURE-in-HTTP-200.xml": erpbridge.Invalid, "s4.sync-confirmation.SUCCESS-in-HTTP-200.xml": erpbridge.InDoubt,
	} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			if strings.Contains(file, "500") {
				w.WriteHeader(500)
			}
			_, _ = w.Write(raw)
		}))
		e := open(t, srv.URL, usual)
		if r := e.Deliver(t.Context(), documents(t, e, placed(order("1"), 0)))[0]; erpbridge.KindOf(r.Err) != want {
			t.Errorf("%s is %q, want %s: %v", file, erpbridge.KindOf(r.Err), want, r.Err)
		}
		srv.Close()
	}
}

func confirmation(user, password, body string) erpbridge.Message {
	h := http.Header{}
	h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return erpbridge.Message{Header: h, Body: []byte(body)}
}

func TestConformanceOrderConfirmation(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "sap", "s4-soap", "OrderConfRequest.xml"))
	if err != nil {
		t.Fatal(err)
	}
	as, err := open(t, "http://127.0.0.1:9", usual).Acknowledge(confirmation("s4", "confirmed", string(raw)))
	if err != nil || len(as) != 1 || as[0].Ref != "4500000494" || as[0].Result.Receipt.Ref != "60002212" {
		t.Errorf("%+v, %v", as, err)
	}
}

func TestAcknowledge(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	conf := `<n0:OrderConfRequest xmlns:n0="` + nsEDI + `"><MessageHeader/><OrderConfirmation><PurchaseOrderID>r</PurchaseOrderID><SalesOrderID>1</SalesOrderID></OrderConfirmation></n0:OrderConfRequest>`
	for name, c := range map[string]struct {
		m    erpbridge.Message
		want erpbridge.Kind
	}{
		"good":                    {confirmation("s4", "confirmed", conf), ""},
		"in an envelope":          {confirmation("s4", "confirmed", `<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body>`+conf+`</s:Body></s:Envelope>`), ""},
		"another password":        {confirmation("s4", "else", conf), erpbridge.Refused},
		"another user":            {confirmation("s5", "confirmed", conf), erpbridge.Refused},
		"no login":                {erpbridge.Message{Header: http.Header{}, Body: []byte(conf)}, erpbridge.Refused},
		"another document":        {confirmation("s4", "confirmed", `<x/>`), erpbridge.Invalid},
		"a DTD":                   {confirmation("s4", "confirmed", `<!DOCTYPE x>`+conf), erpbridge.Invalid},
		"no number":               {confirmation("s4", "confirmed", strings.Replace(conf, "<SalesOrderID>1</SalesOrderID>", "", 1)), erpbridge.Invalid},
		"a partner without a key": {confirmation("s4", "confirmed", `<n:BusinessPartnerSUITEBulkReplicateConfirmation xmlns:n="`+nsGlobal+`"><BusinessPartnerSUITEReplicateConfirmationMessage/></n:BusinessPartnerSUITEBulkReplicateConfirmation>`), erpbridge.Invalid},
	} {
		if _, err := e.Acknowledge(c.m); erpbridge.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	as, err := e.Acknowledge(confirmation("s4", "confirmed", `<n:BusinessPartnerSUITEBulkReplicateConfirmation xmlns:n="`+nsGlobal+`"><BusinessPartnerSUITEReplicateConfirmationMessage>`+
		`<BusinessPartner><UUID>ABC</UUID></BusinessPartner><Log><MaximumLogItemSeverityCode>3</MaximumLogItemSeverityCode><Item><Note>no region</Note></Item></Log>`+
		`</BusinessPartnerSUITEReplicateConfirmationMessage></n:BusinessPartnerSUITEBulkReplicateConfirmation>`))
	if err != nil || len(as) != 1 || as[0].Ref != "abc" || erpbridge.KindOf(as[0].Result.Err) != erpbridge.Invalid {
		t.Errorf("%+v, %v", as, err)
	}
}

// An S/4 at its worst: each order is there once, in its last state, and every attempt at
// a document had the same id.
func TestEveryOrderOnce(t *testing.T) {
	s4 := sim.New(sim.Config{Seed: 5, User: "erpbridge", Password: "secret", Recipient: "S4", Faults: sim.Faults{
		DropBefore: .1, DropAfter: .1, Generic: .05, TimeOut: .1, Overload: .05, Page: .05, Slow: .02, SlowBy: time.Millisecond,
	}})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, creating+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
	const orders = 200
	for i := range orders {
		o := order(fmt.Sprint(5000 + i))
		o.Customer.ID = o.ID
		for _, d := range documents(t, e, placed(o, 0)) {
			accepted, err := insist(t.Context(), e, d)
			if err != nil {
				t.Fatalf("order %d: %v", i, err)
			}
			if d.Kind != orderRequest {
				s4.Process()
				continue
			}
			if r := e.Confirm(t.Context(), []erpbridge.Accepted{accepted})[0]; erpbridge.KindOf(r.Err) != erpbridge.Missing {
				t.Fatalf("confirmed before S/4 worked: %+v", r)
			}
			s4.Process()
			if r := e.Confirm(t.Context(), []erpbridge.Accepted{accepted})[0]; r.Err != nil || r.Receipt.Accepted || r.Receipt.Ref == "" {
				t.Fatalf("not confirmed: %+v", r)
			}
		}
	}
	created := map[string]int{}
	for _, eff := range s4.Effects() {
		created[eff.Op]++
	}
	if n, bad := s4.Requests(); created["create"] != orders || created["change"] != 0 || created["partner"] != orders || len(bad) > 0 || n < orders*2*5/4 {
		t.Errorf("%v by %d requests, no S/4 would have taken: %v", created, n, bad)
	}
	cancelled := order("5000")
	cancelled.CancelledAt = time.Unix(1, 0)
	if _, err := insist(t.Context(), e, documents(t, e, placed(cancelled, 1))[0]); err != nil {
		t.Fatal(err)
	}
	s4.Process()
	if !s4.Orders()["shop-5000"].Cancelled {
		t.Error("the cancelled order stands")
	}
}

// insist delivers as the outbox does to a keyed target that cannot look up: the same
// again.
func insist(ctx context.Context, e *ERP, d erpbridge.Document) (erpbridge.Accepted, error) {
	for range 200 {
		r := e.Deliver(ctx, []erpbridge.Document{d})[0]
		switch kind := erpbridge.KindOf(r.Err); {
		case r.Err == nil:
			return erpbridge.Accepted{Document: d, Ref: r.Receipt.Ref}, nil
		case kind == erpbridge.Invalid || kind == erpbridge.Refused:
			return erpbridge.Accepted{}, r.Err
		}
	}
	return erpbridge.Accepted{}, errors.New("there is no end to it")
}

func TestReadBackSaysWhatItKnows(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   erpbridge.Kind
	}{
		"found": {200, `{"d":{"results":[{"SalesOrder":"1"}]}}`, ""}, "none": {200, `{"d":{"results":[]}}`, erpbridge.Missing},
		"two": {200, `{"d":{"results":[{"SalesOrder":"1"},{"SalesOrder":"2"}]}}`, erpbridge.Invalid}, "no number": {200, `{"d":{"results":[{}]}}`, erpbridge.Unknown},
		"a page": {200, `<html>`, erpbridge.Unknown}, "nothing": {200, `{}`, erpbridge.Unknown}, "no rights": {403, ``, erpbridge.Refused},
		"busy": {429, ``, erpbridge.Throttled}, "down": {502, ``, erpbridge.Transient}, "elsewhere": {302, ``, erpbridge.Transient},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{{Ref: "shop-1"}})[0]; erpbridge.KindOf(r.Err) != c.want {
			t.Errorf("%s: %+v", name, r)
		}
		srv.Close()
	}
}

// A cancellation of what was never there is done, but not as long as it may be under way.
func TestNothingToCancel(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	defer srv.Close()
	e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\nunknown_after: 1m\n")
	o := order("4711")
	placed1 := documents(t, e, placed(o, 0))[0]
	o.CancelledAt = time.Unix(1763600001, 0)
	cancelled := documents(t, e, placed(o, 1))[0]
	for _, c := range []struct {
		name string
		d    erpbridge.Document
		ago  time.Duration
		want erpbridge.Kind
	}{
		{"a cancellation, just sent", cancelled, 0, erpbridge.Missing},
		{"a cancellation, long ago", cancelled, 2 * time.Minute, ""},
		{"an order, long ago", placed1, 2 * time.Minute, erpbridge.Missing},
	} {
		r := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: c.d, Ref: "shop-4711", Since: time.Now().Add(-c.ago)}})[0]
		if erpbridge.KindOf(r.Err) != c.want || c.want == "" && (r.Receipt.Warning == "" || r.Receipt.Accepted) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}
