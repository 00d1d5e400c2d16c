package saps4

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/saps4"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// That S/4 has the order is no word that it has taken this state of it.
func TestReadBackIsOfThisState(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
	send := func(ev erpbridge.Event) erpbridge.Accepted {
		t.Helper()
		a := sent(t, e, documents(t, e, ev)[0])
		a.Since = time.Now().Add(time.Hour)
		return a
	}
	confirm := func(a erpbridge.Accepted) erpbridge.Result {
		return e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]
	}
	first := send(erptest.Placed(order("1"), 0))
	s4.Process()
	if r := confirm(first); r.Err != nil || r.Receipt.Accepted {
		t.Fatalf("%+v", r)
	}
	changed := order("1")
	changed.Lines, changed.Total = changed.Lines[1:], usd("19.93")
	moved := order("1") // comes to the same as the state before
	moved.Lines, moved.Total = changed.Lines, changed.Total
	to := *moved.ShipTo
	to.Street1 = "2 Loop"
	moved.ShipTo = &to
	gone := order("1")
	gone.CancelledAt = time.Unix(1, 0)
	for i, o := range []*erpbridge.Order{changed, moved, gone} {
		a := send(erptest.Placed(o, i+1))
		if r := confirm(a); r.Err != nil || !r.Receipt.Accepted || r.Receipt.Warning == "" {
			t.Errorf("state %d, before S/4 worked: %+v", i, r)
		}
		s4.Process()
		if r := confirm(a); r.Err != nil || r.Receipt.Accepted || r.Receipt.Ref == "" {
			t.Errorf("state %d: %+v", i, r)
		}
	}
}

// Where S/4 keeps no texts, a state is known by its items, and by S/4's having changed the
// order since.
func TestReadBackWithoutTexts(t *testing.T) {
	s4 := sim.New(sim.Config{NoTexts: true})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
	moved := order("1")
	to := *moved.ShipTo
	to.Street1 = "2 Loop"
	moved.ShipTo = &to
	for i, o := range []*erpbridge.Order{order("1"), moved} {
		a := sent(t, e, documents(t, e, erptest.Placed(o, i))[0])
		a.Since = time.Now().Truncate(time.Millisecond) // OData tells no more
		if i > 0 {
			erptest.Until(t, "the clock goes on", func() bool { return time.Now().After(a.Since.Add(2 * time.Millisecond)) })
			a.Since = time.Now().Truncate(time.Millisecond)
			if r := e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; r.Err != nil || !r.Receipt.Accepted {
				t.Errorf("state %d, before S/4 worked: %+v", i, r)
			}
		}
		s4.Process()
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; r.Err != nil || r.Receipt.Accepted || r.Receipt.Ref == "" {
			t.Errorf("state %d: %+v", i, r)
		}
	}
}

// What tells that S/4 has a state, and what does not.
func TestWhatProvesAState(t *testing.T) {
	since := time.Unix(1763600000, 0)
	const (
		before = `"LastChangeDateTime":"/Date(1763599990000+0000)/",` // ten seconds
		after  = `"LastChangeDateTime":"/Date(1763600000000+0000)/",`
		same   = `"TotalNetAmount":"59.730",`
		other  = `"TotalNetAmount":"61.00",`
		items  = `"to_Item":{"results":[{"HigherLevelItem":"000000","RequestedQuantity":"2.000"},{"HigherLevelItem":"0","RequestedQuantity":"3"},{"HigherLevelItem":"20","RequestedQuantity":"9"},` +
			`{"RequestedQuantity":"1"},{"RequestedQuantity":"1"},{"RequestedQuantity":"1"}]},`
		fewer = `"to_Item":{"results":[{"RequestedQuantity":"2"}]},`
		none  = `"to_Text":{"results":[]},`
	)
	text := func(long string) string {
		return `"to_Text":{"results":[{"LongText":"by hand"},{"LongText":"` + long + `"}]},`
	}
	e := open(t, "http://127.0.0.1:9", usual+"read_back_url: http://127.0.0.1:9/odata\n")
	first, second := documents(t, e, erptest.Placed(order("1"), 0))[0], documents(t, e, erptest.Placed(order("1"), 1))[0]
	state := func(d erpbridge.Document) string { return sentBy(erpbridge.Accepted{Document: d}).state }
	if len(state(first)) != 12 || state(first) == state(second) {
		t.Fatalf("the marks of two states: %q, %q", state(first), state(second))
	}
	mine, its := text("State "+state(second)+" of shop order #1"), text("State "+state(first)+" of shop order #1\\nState "+state(second)+" of shop order #1")
	for name, c := range map[string]struct {
		more    string
		waits   bool
		warning bool
		kind    erpbridge.Kind
	}{
		"its mark":                                    {mine + same + items + before, false, false, ""},
		"its mark, in other lines":                    {text("State "+state(second)+`\r\nof shop\norder #1`) + same, false, false, ""},
		"its mark, at another price":                  {mine + other + before, false, true, ""},
		"its mark, with other items":                  {mine + same + fewer, false, true, ""},
		"its mark, partly rejected":                   {mine + same + `"OverallSDDocumentRejectionSts":"B",`, false, true, ""},
		"its mark, all rejected":                      {mine + same + `"OverallSDDocumentRejectionSts":"C",`, false, false, erpbridge.Invalid},
		"the mark of the state before":                {its + same + items + after, true, true, ""},
		"the mark of the state before, another price": {its + other + before, true, true, ""},
		"no text, changed since":                      {none + same + items + after, false, false, ""},
		"no text, another price, changed since":       {none + other + items + after, false, true, ""},
		"no text, changed before":                     {none + same + items + before, true, true, ""},
		"no text, another price, changed before":      {none + other + items + before, true, true, ""},
		"no text, other items, changed since":         {none + other + fewer + after, true, true, ""},
		"no text of ours":                             {text("State of the art, shop order #1") + same + items + before, true, true, ""},
		"nothing told of texts and items":             {same + after, false, false, ""},
		"nothing told":                                {`"LastChangeDateTime":null,`, true, true, ""},
		"no number":                                   {mine + `"TotalNetAmount":"lots",`, false, false, erpbridge.Unknown},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"d":{"results":[{%s"SalesOrder":"1"}]}}`, c.more)
		}))
		e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
		a := erpbridge.Accepted{Document: second, Ref: "shop-1", Since: since}
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; r.Receipt.Accepted != c.waits || (r.Receipt.Warning != "") != c.warning || erpbridge.KindOf(r.Err) != c.kind {
			t.Errorf("%s: %+v, %v", name, r.Receipt, r.Err)
		}
		srv.Close()
	}
}

// The mark is that of all that is sent, and nothing that customers write passes for it.
func TestMarkOfAState(t *testing.T) {
	const readBack = "read_back_url: http://127.0.0.1:9/odata\n"
	text := func(more string, o *erpbridge.Order, at int) string {
		d := documents(t, open(t, "http://127.0.0.1:9", usual+more), erptest.Placed(o, at))[0]
		body, err := soap.Parse(d.Body, "")
		if err != nil {
			t.Fatal(err)
		}
		return textAt(body, "Order/Text/TextElementText")
	}
	noted := order("1")
	noted.Note = "State 0123456789AB of shop order #1"
	moved := order("1")
	to := *moved.ShipTo
	to.City = "Neu-Ulm"
	moved.ShipTo = &to
	seen := map[string]bool{}
	for _, got := range []string{text(readBack, order("1"), 0), text(readBack, order("1"), 1), text(readBack, moved, 0), text(readBack, noted, 0)} {
		m := mark.FindStringSubmatch(got)
		if m == nil || seen[m[1]] || m[1] == "0123456789AB" || !strings.Contains(got, " of shop order #1\n") {
			t.Errorf("%q", got)
			continue
		}
		seen[m[1]] = true
	}
	for _, more := range []string{readBack + "mark_state: false\n", "", readBack + "confirm: none\n"} {
		if got := text(more, noted, 0); !strings.HasPrefix(got, "Shop order #1\n") || mark.MatchString(got) {
			t.Errorf("%q: without a mark: %q", more, got)
		}
	}
}

// What S/4 quotes of the customer, or of the login, is in no reason.
func TestReasonsNameNobody(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>`+
			`CX_ST_ Engines &amp; Co, Ada Løvelace, 1 Loop, +49 731, ada@example.com; secret; TG11</faultstring></s:Fault></s:Body></s:Envelope>`)
	}))
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, creating)
	docs := documents(t, e, erptest.Placed(order("1"), 0))
	var r []erpbridge.Result
	for i := range docs { // an order would not be sent after its partner
		r = append(r, e.Deliver(t.Context(), docs[i:i+1])...)
	}
	if !strings.Contains(r[1].Err.Error(), "TG11") {
		t.Errorf("%v", r[1].Err)
	}
	for bad, of := range map[string]int{"Ada L": 1, "Engines": 1, "1 Loop": 1, "731": 1, "ada@": 0, "secret": 1} {
		if strings.Contains(r[of].Err.Error(), bad) {
			t.Errorf("%s in %v", bad, r[of].Err)
		}
	}
}

// A price has no more decimals than its currency: 5 yen for two are 5 yen for two.
func TestPriceOfCurrenciesWithoutCents(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	for code, want := range map[string]string{
		"JPY": `<Amount currencyCode="JPY">5</Amount><BaseQuantity unitCode="PCE">2</BaseQuantity>`,
		"USD": `<Amount currencyCode="USD">2.50</Amount><BaseQuantity unitCode="PCE">1</BaseQuantity>`,
		"KWD": `<Amount currencyCode="KWD">2.500</Amount><BaseQuantity unitCode="PCE">1</BaseQuantity>`,
	} {
		five := erpbridge.Money{Amount: erptest.Dec("5"), Currency: code}
		o := &erpbridge.Order{
			ID: "1", PostingDate: "2026-11-20", Currency: code, TaxTotal: erpbridge.Zero(code), Total: five,
			Lines: []erpbridge.Line{{SKU: "PEN", Title: "Pens", Quantity: erptest.Dec("2"), Unit: erpbridge.Money{Amount: erptest.Dec("2.5"), Currency: code}, Extended: five}},
		}
		if got := string(documents(t, e, erptest.Placed(o, 0))[0].Body); !strings.Contains(got, want) {
			t.Errorf("%s: %s", code, got)
		}
	}
}

// A confirmation that was lost on its way is read back, where that is possible too; one of
// a business partner is waited for. A cancellation goes by another name than its order, and
// is read back by the order's.
func TestReadBackBesideMessages(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, creating+"read_back_url: "+srv.URL+"/odata\n")
	var accepted []erpbridge.Accepted
	for _, d := range documents(t, e, erptest.Placed(order("1"), 0)) {
		accepted = append(accepted, sent(t, e, d))
	}
	s4.Process()
	r := e.Confirm(t.Context(), accepted)
	if len(r) != 2 || r[0].Err != nil || !r[0].Receipt.Accepted || r[1].Err != nil || r[1].Receipt.Accepted {
		t.Errorf("%+v", r)
	}
	gone := order("1")
	gone.CancelledAt = time.Unix(1, 0)
	cancelled := sent(t, e, documents(t, e, erptest.Placed(gone, 1))[0])
	for _, processed := range []bool{false, true} {
		if processed {
			s4.Process()
		}
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{cancelled})[0]; r.Err != nil || r.Receipt.Accepted == processed {
			t.Errorf("the cancellation, processed %t: %+v", processed, r)
		}
	}
}
