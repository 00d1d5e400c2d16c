package saps4

import (
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

func usd(s string) erpbridge.Money { return erptest.Money(s, "USD") }

// order is one of a customer, with a note and a telephone number.
func order(id string) *erpbridge.Order {
	o := erptest.Pens(id, "TG11")
	o.Customer, o.Note, o.ShipTo.Phone = &erpbridge.Customer{ID: "7001", FirstName: "Ada", LastName: "Løvelace"}, "ring\ntwice", "+49 731"
	return o
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
	docs := documents(t, e, erptest.Placed(order("4711"), 0))
	cancelled := order("4711")
	cancelled.CancelledAt = time.Unix(1, 0)
	docs = append(docs, documents(t, e, erptest.Placed(cancelled, 1))...)
	gone := erpbridge.Event{Store: "shop", Type: erpbridge.OrderCancelled, Stream: "order/1", Cancellation: &erpbridge.Cancellation{OrderID: "4711"}}
	docs = append(docs, documents(t, e, gone)...)
	files := []string{"partner.xml", "order.xml", "cancelled.xml", "gone.xml"}
	if len(docs) != len(files) {
		t.Fatalf("%d documents", len(docs))
	}
	for i, name := range files {
		files[i] = erptest.Golden(t, *update, name, docs[i].Body)
	}
	t.Run("by the vendor's schemas", func(t *testing.T) {
		testenv.Xmlcheck(t, "s4-orderrequest", files[1:]...)
		testenv.Xmlcheck(t, "s4-businesspartner", files[0])
	})
}

func TestTextsFitTheirFieldsOrAreHeld(t *testing.T) {
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

func TestSettingsThatCannotBeAreTold(t *testing.T) {
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

func TestFaultsAreKnownByTypeOrWords(t *testing.T) {
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

// A Fault is known by the codes of the standards, and by the exceptions in its detail, in
// whatever language the rest of it is.
func TestFaultsInOtherWords(t *testing.T) {
	of := func(code, text, detail string) *soap.Fault {
		env, err := soap.ParseEnvelope([]byte(`<s:Envelope xmlns:s="`+soap.Namespace+`"><s:Body><s:Fault><faultcode>`+code+`</faultcode><faultstring>`+text+`</faultstring><detail>`+detail+`</detail></s:Fault></s:Body></s:Envelope>`), "")
		if err != nil {
			t.Fatal(err)
		}
		return env.Fault
	}
	chained := func(name, text string) string {
		return `<n0:SystemFault xmlns:n0="http://www.sap.com/webas/710/soap/runtime/abap/fault/system/generic/"><Host>undefined</Host><Component>COREMSG</Component>` +
			`<ChainedException><Exception_Name>` + name + `</Exception_Name><Exception_Text>` + text + `</Exception_Text></ChainedException></n0:SystemFault>`
	}
	for _, c := range []struct {
		fault *soap.Fault
		want  erpbridge.Kind
	}{
		{of("wsse:FailedAuthentication", "Der Benutzer konnte nicht angemeldet werden", ""), erpbridge.Refused},
		{of("s:MustUnderstand", "x", ""), erpbridge.Refused},
		{of("wsa:ActionNotSupported", "x", ""), erpbridge.Refused},
		{of("s:Server", "Keine Berechtigung für Serviceoperation OrderRequest_In", ""), erpbridge.Refused},
		{of("s:Server", "Fehler bei der Verarbeitung des Web-Service; weitere Details im Web-Service-Fehlerprotokoll auf Providerseite", ""), erpbridge.Unknown},
		{of("s:Server", "SRT: Verarbeitungsfehler", chained("CX_SOAP_CORE", "Keine Berechtigung")), erpbridge.Refused},
		{of("s:Server", "SRT: Verarbeitungsfehler", chained("CX_ST_GROUP_MISSING_CASE", "x")), erpbridge.Invalid},
		{of("s:Server", "Kundenauftrag 4711 wird gerade bearbeitet von MUELLER", ""), erpbridge.Transient},
		{of("s:Server", "x", `<d><AddressName>No Authorization Ltd, Addressing</AddressName></d>`), erpbridge.Unknown},
	} {
		if got := kindOf(c.fault); got != c.want {
			t.Errorf("%+v is %s, want %s", c.fault, got, c.want)
		}
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
		Events:    []erpbridge.Event{erptest.Placed(order("1"), 0)},
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
		if r := e.Deliver(t.Context(), documents(t, e, erptest.Placed(order("1"), 0)))[0]; erpbridge.KindOf(r.Err) != want {
			t.Errorf("%s is %q, want %s: %v", file, erpbridge.KindOf(r.Err), want, r.Err)
		}
		srv.Close()
	}
}

// An S/4 at its worst: each order is there once, in its last state, and every attempt at
// a document had the same id.
func TestEveryOrderIsThereOnceInItsLastState(t *testing.T) {
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
		for _, d := range documents(t, e, erptest.Placed(o, 0)) {
			accepted := sent(t, e, d)
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
	sent(t, e, documents(t, e, erptest.Placed(cancelled, 1))[0])
	s4.Process()
	if !s4.Orders()["shop-5000"].Cancelled {
		t.Error("the cancelled order stands")
	}
}

// sent delivers a document until S/4 has taken it.
func sent(t *testing.T, e *ERP, d erpbridge.Document) erpbridge.Accepted {
	t.Helper()
	receipt, err := erptest.Insist(t.Context(), e, d)
	if err != nil {
		t.Fatal(err)
	}
	return erpbridge.Accepted{Document: d, Ref: receipt.Ref}
}
