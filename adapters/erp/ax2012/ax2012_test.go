package ax2012

import (
	"context"
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
	"github.com/hakooi/erpbridge/cmd/erpsim/aif"
	"github.com/hakooi/erpbridge/internal/testenv"
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

func dec(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func usd(s string) erpbridge.Money { return erpbridge.Money{Amount: dec(s), Currency: "USD"} }

// order is one whose second line has a price no decimal can say: 10.00 for three.
func order(id string) *erpbridge.Order {
	return &erpbridge.Order{
		ID: id, Number: "#" + id, PostingDate: "2026-11-20", Currency: "USD", Email: "ada@example.com",
		ShipTo: &erpbridge.Address{Name: "Ada Løvelace", Company: "Engines & Co", Street1: "1 Loop", Street2: "Gate 2", City: "Ulm", Region: "BW", Postcode: "89073", Country: "DE"},
		Lines: []erpbridge.Line{
			{ID: "11", SKU: "10003", Title: "Memory", Quantity: dec("2"), Unit: usd("19.90")},
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

func document(t testing.TB, e erpbridge.ERP, ev erpbridge.Event) erpbridge.Document {
	t.Helper()
	docs, err := e.Translate(ev)
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	return docs[0]
}

func TestGolden(t *testing.T) {
	got := document(t, overWeb(t, "http://127.0.0.1:9/"), placed(order("4711"), 0)).Body
	file := filepath.Join("testdata", "order.xml")
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(file, got, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	t.Run("by the schema", func(t *testing.T) { testenv.Xmlcheck(t, "ax2012-salesorder", file) })
}

func TestRules(t *testing.T) {
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
		"PurchOrderFormNum": placed(long, 0), "mapping.cancel": placed(cancelled, 0),
		"mapping.refund.as": {Store: "shop", Refund: &erpbridge.Refund{ID: "1", Currency: "USD"}},
	} {
		if _, err := e.Translate(ev); erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongPurchaseOrderNumber(t *testing.T) {
	o := order("1")
	o.PO = strings.Repeat("7", 21)
	got := string(document(t, open(t, asUser+"url: http://127.0.0.1:9/\nlong_po: lines\n"), placed(o, 0)).Body)
	if !strings.Contains(got, "<PurchOrderFormNum>1<") || strings.Count(got, "<CustomerRef>"+o.PO+"<") != 2 {
		t.Error(got)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
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

func TestRefusals(t *testing.T) {
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
		Events: []erpbridge.Event{placed(order("1"), 0)},
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
func TestOrderThatIsThere(t *testing.T) {
	sim := aif.New(aif.Config{})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := overWeb(t, srv.URL)
	deliver := func(e erpbridge.ERP, d erpbridge.Document) erpbridge.Result {
		return e.Deliver(t.Context(), []erpbridge.Document{d})[0]
	}
	first := document(t, e, placed(order("1"), 0))
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
	if r := deliver(e, document(t, e, placed(paid, 1))); r.Err != nil || r.Receipt.Ref != "SO-100000" {
		t.Errorf("a state that sells the same: %+v", r)
	}
	changed := order("1")
	changed.Lines[0].Quantity, changed.Total = dec("1"), usd("39.83")
	d := document(t, e, placed(changed, 2))
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

// An AX at its worst: each order is there once.
func TestEveryOrderOnce(t *testing.T) {
	sim := aif.New(aif.Config{Seed: 5, User: "ax", Password: "secret", Company: "USMF", Faults: aif.Faults{
		DropBefore: .1, DropAfter: .1, Deadlock: .1, Restart: .05, Words: .05, FaultAfter: .1, Page: .05, Slow: .02, SlowBy: time.Millisecond,
	}})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	e := overWeb(t, srv.URL)
	const orders = 200
	for i := range orders {
		if err := insist(t.Context(), e, document(t, e, placed(order(fmt.Sprint(5000+i)), 0))); err != nil {
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

// insist delivers as the outbox does: in doubt is looked up, what is not there is sent.
func insist(ctx context.Context, e overHTTP, d erpbridge.Document) error {
	doubt := false
	for range 200 {
		docs := []erpbridge.Document{d}
		var r erpbridge.Result
		if doubt {
			r = e.Find(ctx, docs)[0]
		} else {
			r = e.Deliver(ctx, docs)[0]
		}
		switch kind := erpbridge.KindOf(r.Err); {
		case r.Err == nil || kind == erpbridge.Duplicate:
			return nil
		case kind == erpbridge.InDoubt:
			doubt = true
		case kind == erpbridge.Missing:
			doubt = false
		case kind == erpbridge.Invalid || kind == erpbridge.Refused:
			return r.Err
		}
	}
	return errors.New("there is no end to it")
}

// By file, an order is accepted when it is put down, and booked when AIF says so.
func TestByFile(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	sim := aif.New(aif.Config{Items: []string{"10003", "PEN"}})
	e := open(t, fmt.Sprintf("files: {dir: %s, acks: {dir: %s, match: '*.xml', settle: 1ms}}\n", in, out)).(byFile)
	unknown := order("3")
	unknown.Lines[0].SKU = "NEW"
	docs := []erpbridge.Document{document(t, e, placed(order("1"), 0)), document(t, e, placed(order("2"), 0)), document(t, e, placed(unknown, 0))}
	var accepted []erpbridge.Accepted
	for range 2 { // the second time everything is there already
		accepted = nil
		for i, r := range e.Deliver(t.Context(), docs) {
			if r.Err != nil || !r.Receipt.Accepted || r.Receipt.Ref == "" {
				t.Fatalf("%+v", r)
			}
			accepted = append(accepted, erpbridge.Accepted{Document: docs[i], Ref: r.Receipt.Ref})
		}
	}
	for i, r := range e.Find(t.Context(), docs) {
		if r.Err != nil || r.Receipt.Ref != accepted[i].Ref || !r.Receipt.Accepted {
			t.Errorf("%+v", r)
		}
	}
	for _, r := range e.Confirm(t.Context(), accepted) {
		if r.Err != nil || !r.Receipt.Accepted {
			t.Errorf("before AIF has looked: %+v", r)
		}
	}
	if err := sim.ReadFolder(in, out); err != nil {
		t.Fatal(err)
	}
	var results []erpbridge.Result
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if results = e.Confirm(t.Context(), accepted); !results[0].Receipt.Accepted {
			break
		}
	}
	for i, want := range []string{"SO-100000", "SO-100001"} {
		if r := results[i]; r.Err != nil || r.Receipt.Ref != want || r.Receipt.Accepted {
			t.Errorf("%+v, want %s", r, want)
		}
	}
	if r := results[2]; erpbridge.KindOf(r.Err) != erpbridge.Invalid || !strings.Contains(r.Err.Error(), "'NEW'") {
		t.Errorf("an item AX does not have: %+v", r)
	}
	if n, bad := sim.Requests(); n != 3 || len(bad) > 0 {
		t.Errorf("%d messages; no AX would have taken: %v", n, bad)
	}
}

// Microsoft's own response files are understood.
func TestConformanceResponseFiles(t *testing.T) {
	e := byFile{&ERP{conf: Config{Changes: BuryChanges}}}
	dir := filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics")
	for _, c := range []struct {
		file, id, ref string
		kind          erpbridge.Kind
	}{
		{"11-ax2012-file-adapter-create-response.ms-docs.xml", "{5603D03A-4380-404D-9F27-738BE0FEA13E}", "SO-100004", ""},
		{"13-ax2012-DuplicateMessage-fault.ms-docs.xml", "{76704405-5237-4934-83EC-7E1357F28B10}", "", erpbridge.Invalid},
		{"10-ax2012-file-adapter-create-request.ms-docs.xml", "", "", erpbridge.Unknown},
	} {
		raw, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		id, r := e.response("test", raw)
		if id != c.id || r.Receipt.Ref != c.ref || erpbridge.KindOf(r.Err) != c.kind {
			t.Errorf("%s: %s, %+v", c.file, id, r)
		}
	}
}
