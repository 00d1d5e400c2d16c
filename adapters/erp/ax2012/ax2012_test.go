package ax2012

import (
	"errors"
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
	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const settings = `
company: USMF
deliver_after: 5
mapping:
  customer: {default: "100002"}
  items: {unknown: as-is, placeholder: ANY}
  shipping: {code: FREIGHT}
  fee: {code: FEE}
  duty: {code: DUTY}
  discounts: {code: DISCOUNT}
  tip: {code: TIP}
  gift_card_sold: {as: item, code: GIFT}
  gift_card_redeemed: {code: GIFT}
  store_credit: {code: CREDIT}
  rounding: {code: ROUND}
  tax: {item: {code: TAX}, exempt: NONE}
`

const asUser = "auth: {basic: {user: ax, password: secret}}\n"

func decodeYAML(text string) func(any) error {
	return func(into any) error { return yaml.Load([]byte(text), into, yaml.WithKnownFields()) }
}

func open(t testing.TB, more string) erpbridge.ERP {
	t.Helper()
	erp, err := New("ax", decodeYAML(settings+more), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		switch e := erp.(type) {
		case overHTTP:
			e.soap.Close()
		case byFile:
			_ = e.files.Close()
		}
	})
	return erp
}

func overWeb(t testing.TB, url string) overHTTP {
	t.Helper()
	return open(t, asUser+"url: "+url+"\n").(overHTTP)
}

func usd(s string) erpbridge.Money { return erptest.Money(s, "USD") }

func order(id string) *erpbridge.Order { return erptest.Pens(id, "10003") }

func TestGolden(t *testing.T) {
	got := erptest.One(t, overWeb(t, "http://127.0.0.1:9/"), erptest.Placed(order("4711"), 0)).Body
	file := erptest.Golden(t, *update, "order.xml", got)
	t.Run("by the schema", func(t *testing.T) { testenv.Xmlcheck(t, "ax2012-salesorder", file) })
}

func TestTextsFitTheirFieldsOrAreHeld(t *testing.T) {
	e := overWeb(t, "http://127.0.0.1:9/")
	for field, r := range rules {
		if _, err := e.fit(field, strings.Repeat("x", r.Length)); err != nil {
			t.Errorf("%s does not take %d characters: %v", field, r.Length, err)
		}
		long, err := e.fit(field, strings.Repeat("x", r.Length+1))
		if err != nil && erpbridge.KindOf(err) != erpbridge.Held || len([]rune(long)) > r.Length {
			t.Errorf("%s: %q, %v", field, long, err)
		}
		if err == nil && (field == "CustomerRef" || field == "ItemId" || field == "PurchOrderFormNum" || field == "CustAccount") {
			t.Errorf("%s, a key, was cut", field)
		}
	}
}

func TestWhatAXDoesNotTakeIsHeld(t *testing.T) {
	e := overWeb(t, "http://127.0.0.1:9/")
	long := order("1")
	long.PO = strings.Repeat("7", 21)
	cancelled := order("1")
	cancelled.CancelledAt = time.Unix(1, 0)
	for name, ev := range map[string]erpbridge.Event{
		"PurchOrderFormNum": erptest.Placed(long, 0), "mapping.cancel": erptest.Placed(cancelled, 0),
		"mapping.refund.as": {Store: "shop", Refund: &erpbridge.Refund{ID: "1", Currency: "USD"}},
	} {
		if _, err := e.Translate(ev); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongPurchaseOrderNumberGoesIntoTheLines(t *testing.T) {
	o := order("1")
	o.PO = strings.Repeat("7", 21)
	got := string(erptest.One(t, open(t, asUser+"url: http://127.0.0.1:9/\nlong_po: lines\n"), erptest.Placed(o, 0)).Body)
	if !strings.Contains(got, "<PurchOrderFormNum>1<") || strings.Count(got, "<CustomerRef>"+o.PO+"<") != 2 {
		t.Error(got)
	}
}

func TestSettingsThatCannotBeAreTold(t *testing.T) {
	for settings, wants := range map[string][]string{
		"url: http://ax.example.com/x\nauth: {basic: {user: a, password: b}}\ntimeout: -1s\ncompany: USMFX\nchanges: merge\nlong_po: cut\ndeliver_after: 400\nlengths: {Nose: 3}\n": {
			"url: must be https", "timeout: must", `company: "USMFX"`, `changes: "merge"`, `long_po: "cut"`, "deliver_after: ", `lengths: "Nose"`,
		},
		"company: USMF\n": {"url is missing"},
		"company: USMF\nurl: https://x/\nfiles: {dir: /tmp}\n": {"url and files exclude each other"},
		"company: USMF\nfiles: {dir: /tmp}\n":                  {"files.acks.dir is missing"},
	} {
		_, err := New("ax", decodeYAML(settings), nil)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("not told: %s\n%v", want, err)
			}
		}
	}
}

func TestRefusalsAreKnownByCodeExceptionOrWords(t *testing.T) {
	for code, want := range codes {
		if got := (refusal{codes: []string{"?", code}, said: "does not exist"}).kind(); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
	for number, want := range exceptions {
		if got := (refusal{exception: number, said: "does not exist"}).kind(); got != want {
			t.Errorf("exception %s is %s, want %s", number, got, want)
		}
	}
	for _, c := range texts {
		if got := (refusal{said: strings.ToUpper(c.part)}).kind(); got != c.kind {
			t.Errorf("%q is %s, want %s", c.part, got, c.kind)
		}
	}
	if got := (refusal{said: "?"}).kind(); got != erpbridge.Unknown {
		t.Errorf("what nobody knows is %s", got)
	}
}

func suite() erptest.Suite {
	say := func(status int, body string) erptest.Answer {
		return func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>`+body+`</s:Body></s:Envelope>`)
		}
	}
	found := `<SalesOrderServiceFindResponse xmlns="` + nsServices + `"/>`
	return erptest.Suite{
		Open:   func(t *testing.T, url string) erpbridge.ERP { return overWeb(t, url) },
		Events: []erpbridge.Event{erptest.Placed(order("1"), 0)},
		Good: say(200, `<SalesOrderServiceCreateResponse xmlns="`+nsServices+`"><EntityKeyList xmlns="`+nsKeyList+`"><EntityKey xmlns="`+nsEntityKey+
			`"><KeyData><KeyField><Field>SalesId</Field><Value>SO-1</Value></KeyField></KeyData></EntityKey></EntityKeyList></SalesOrderServiceCreateResponse>`),
		Throttle: func(w http.ResponseWriter, _ []byte) {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		Fault: say(500, `<s:Fault><faultcode>s:Client</faultcode><faultstring>No.</faultstring><detail><AifFault xmlns="urn:x"><FaultMessageListArray><FaultMessageList><FaultMessageArray>`+
			`<FaultMessage><Code>UnauthorizedAccess</Code><Message>The user is not authorized.</Message></FaultMessage></FaultMessageArray></FaultMessageList></FaultMessageListArray></AifFault></detail></s:Fault>`),
		FaultKind: erpbridge.Refused,
		Absent:    say(200, found),
		Alive:     say(200, found),
	}
}

func TestSuite(t *testing.T) { erptest.Run(t, suite()) }

func TestConformanceHostileAnswers(t *testing.T) {
	suite().Hostile(t, filepath.Join(testenv.Shared(t), "corpora", "soap-hostile"))
}

// What AX was told once is compared, and neither created again nor written over.
func TestOrderThatIsThereIsNeitherCreatedAgainNorWrittenOver(t *testing.T) {
	sim := aif.New(aif.Config{})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := overWeb(t, srv.URL)
	deliver := func(e erpbridge.ERP, d erpbridge.Document) erpbridge.Result {
		return e.Deliver(t.Context(), []erpbridge.Document{d})[0]
	}
	first := erptest.One(t, e, erptest.Placed(order("1"), 0))
	if r := e.Find(t.Context(), []erpbridge.Document{first})[0]; erpbridge.KindOf(r.Err) != erpbridge.Missing {
		t.Errorf("found before it was sent: %+v", r)
	}
	for range 2 {
		if r := deliver(e, first); r.Err != nil || r.Receipt.Ref != "SO-100000" {
			t.Fatalf("%+v", r)
		}
	}
	paid := order("1")
	paid.Outstanding, paid.PaymentStatus = usd("0.00"), erpbridge.Paid
	if r := deliver(e, erptest.One(t, e, erptest.Placed(paid, 1))); r.Err != nil || r.Receipt.Ref != "SO-100000" {
		t.Errorf("a state that sells the same: %+v", r)
	}
	changed := order("1")
	changed.Lines[0].Quantity, changed.Total = erptest.Dec("1"), usd("39.83")
	d := erptest.One(t, e, erptest.Placed(changed, 2))
	if r := deliver(e, d); erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "it has no SalesLine 10003 1 19.9") {
		t.Errorf("another state: %+v", r)
	}
	if r := deliver(open(t, asUser+"changes: ignore\nurl: "+srv.URL+"\n"), d); r.Err != nil || r.Receipt.Warning == "" {
		t.Errorf("another state, ignored: %+v", r)
	}
	if n := len(sim.Effects()); n != 1 {
		t.Errorf("%d orders", n)
	}
	if _, bad := sim.Requests(); len(bad) > 0 {
		t.Errorf("no AX would have taken: %v", bad)
	}
}

// AX writes numbers with all the places of its database, and an item as its own card has
// it, which the database takes for the same.
func TestSameOrderInOtherLetters(t *testing.T) {
	e := overWeb(t, "http://127.0.0.1:9/")
	o := order("1")
	o.Lines[0].SKU = "tee-black-m"
	ours, err := soap.Parse(erptest.One(t, e, erptest.Placed(o, 0)).Body, "")
	if err != nil {
		t.Fatal(err)
	}
	theirs := ours.Copy()
	for _, l := range theirs.FindElements("//SalesLine") {
		item, qty := l.SelectElement("ItemId"), l.SelectElement("SalesQty")
		item.SetText(strings.ToUpper(item.Text()))
		qty.SetText(qty.Text() + ".0000000000000000")
	}
	if d := difference(theirs.SelectElement("SalesTable"), ours.SelectElement("SalesTable")); d != "" {
		t.Error(d)
	}
}

// A port that does not tell its exceptions says the same of everything: also of a message
// that it has processed. What AX has is compared all the same.
func TestFaultThatSaysNothingIsLookedBehind(t *testing.T) {
	sim := aif.New(aif.Config{})
	front := sim.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		front.ServeHTTP(rec, r)
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(rec.Code)
		if rec.Code == http.StatusInternalServerError {
			_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>`+
				`<faultstring xml:lang="en-US">Request Failed. See the Exception Log for details.</faultstring></s:Fault></s:Body></s:Envelope>`)
			return
		}
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(srv.Close)
	e := overWeb(t, srv.URL)
	first := []erpbridge.Document{erptest.One(t, e, erptest.Placed(order("1"), 0))}
	for range 2 {
		if r := e.Deliver(t.Context(), first)[0]; r.Err != nil || r.Receipt.Ref != "SO-100000" {
			t.Errorf("%v %s", r.Err, r.Receipt.Ref)
		}
	}
	changed := order("1")
	changed.Lines[0].Quantity, changed.Total = erptest.Dec("1"), usd("39.83")
	d := erptest.One(t, e, erptest.Placed(changed, 1))
	if r := e.Deliver(t.Context(), []erpbridge.Document{d})[0]; erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "SO-100000 in another state") {
		t.Errorf("another state: %v", r.Err)
	}
	sim.SetFaults(aif.Faults{Words: 1})
	never := erptest.One(t, e, erptest.Placed(order("2"), 0))
	if r := e.Deliver(t.Context(), []erpbridge.Document{never})[0]; erpbridge.KindOf(r.Err) != erpbridge.Unknown {
		t.Errorf("one that is not there: %v", r.Err)
	}
}

// Whether the order is there cannot be asked just now: that is not held against it.
func TestFaultThatSaysNothingAndNobodyToAsk(t *testing.T) {
	for want, answer := range map[erpbridge.Kind]http.HandlerFunc{
		erpbridge.Throttled: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		erpbridge.Transient: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		erpbridge.Refused:   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || strings.Contains(string(body), "SalesOrderServiceFindRequest") {
				answer(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>`+
				`<faultstring>Request Failed. See the Exception Log for details.</faultstring></s:Fault></s:Body></s:Envelope>`)
		}))
		t.Cleanup(srv.Close)
		e := overWeb(t, srv.URL)
		r := e.Deliver(t.Context(), []erpbridge.Document{erptest.One(t, e, erptest.Placed(order("1"), 0))})[0]
		var known *erpbridge.Error
		if !errors.As(r.Err, &known) || known.Kind != want || (known.After != 0) != (want == erpbridge.Throttled) || !strings.Contains(r.Err.Error(), "Exception Log") {
			t.Errorf("%s: %+v", want, r.Err)
		}
	}
}

// An AX at its worst: each order is there once.
func TestEveryOrderIsThereOnce(t *testing.T) {
	sim := aif.New(aif.Config{Seed: 5, User: "ax", Password: "secret", Company: "USMF", Faults: aif.Faults{
		DropBefore: .1, DropAfter: .1, Deadlock: .1, Restart: .05, Words: .05, FaultAfter: .1, Page: .05, Slow: .02, SlowBy: time.Millisecond,
	}})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := overWeb(t, srv.URL)
	const orders = 200
	for i := range orders {
		if _, err := erptest.Insist(t.Context(), e, erptest.One(t, e, erptest.Placed(order(fmt.Sprint(5000+i)), 0))); err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
	}
	once := map[string]bool{}
	for _, eff := range sim.Effects() {
		if once[eff.Reference] {
			t.Errorf("%s twice", eff.Reference)
		}
		once[eff.Reference] = true
	}
	if n, bad := sim.Requests(); len(once) != orders || len(bad) > 0 || n < orders*5/4 {
		t.Errorf("%d orders by %d requests, no AX would have taken: %v", len(once), n, bad)
	}
}
