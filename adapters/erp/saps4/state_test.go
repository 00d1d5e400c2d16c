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
	sim "github.com/hakooi/erpbridge/cmd/erpsim/saps4"
)

// That S/4 has the order is no word that it has taken this state of it.
func TestReadBackIsOfThisState(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
	send := func(ev erpbridge.Event) erpbridge.Accepted {
		t.Helper()
		a, err := insist(t.Context(), e, documents(t, e, ev)[0])
		if err != nil {
			t.Fatal(err)
		}
		a.Since = time.Now().Add(time.Hour)
		return a
	}
	confirm := func(a erpbridge.Accepted) erpbridge.Result {
		return e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]
	}
	first := send(placed(order("1"), 0))
	s4.Process()
	if r := confirm(first); r.Err != nil || r.Receipt.Accepted {
		t.Fatalf("%+v", r)
	}
	changed := order("1")
	changed.Lines, changed.Total = changed.Lines[1:], usd("19.93")
	gone := order("1")
	gone.CancelledAt = time.Unix(1, 0)
	for i, o := range []*erpbridge.Order{changed, gone} {
		a := send(placed(o, i+1))
		if r := confirm(a); r.Err != nil || !r.Receipt.Accepted || r.Receipt.Warning == "" {
			t.Errorf("state %d, before S/4 worked: %+v", i, r)
		}
		s4.Process()
		if r := confirm(a); r.Err != nil || r.Receipt.Accepted || r.Receipt.Ref == "" {
			t.Errorf("state %d: %+v", i, r)
		}
	}
}

// S/4 may price an order by itself: then what it comes to tells nothing, and when it was
// changed does.
func TestReadBackOfAnotherPrice(t *testing.T) {
	since := time.Unix(1763600000, 0)
	for name, c := range map[string]struct {
		more     string
		accepted bool
		kind     erpbridge.Kind
	}{
		"the same":                  {`"TotalNetAmount":"59.730"`, false, ""},
		"not told":                  {`"TransactionCurrency":"USD"`, false, ""},
		"another, changed since":    {`"TotalNetAmount":"61.00","LastChangeDateTime":"/Date(1763600005000+0000)/"`, false, ""},
		"another, not changed":      {`"TotalNetAmount":"61.00","LastChangeDateTime":"/Date(1763590000000+0000)/"`, true, ""},
		"another, nobody says when": {`"TotalNetAmount":"61.00","LastChangeDateTime":null`, true, ""},
		"no number":                 {`"TotalNetAmount":"lots"`, false, erpbridge.Unknown},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"d":{"results":[{"SalesOrder":"1",%s}]}}`, c.more)
		}))
		e := open(t, srv.URL, usual+"confirm: read-back\nread_back_url: "+srv.URL+"/odata\n")
		a := erpbridge.Accepted{Document: documents(t, e, placed(order("1"), 0))[0], Ref: "shop-1", Since: since}
		if r := e.Confirm(t.Context(), []erpbridge.Accepted{a})[0]; r.Receipt.Accepted != c.accepted || erpbridge.KindOf(r.Err) != c.kind {
			t.Errorf("%s: %+v", name, r)
		}
		srv.Close()
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
	docs := documents(t, e, placed(order("1"), 0))
	r := e.Deliver(t.Context(), docs)
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
		five := erpbridge.Money{Amount: dec("5"), Currency: code}
		o := &erpbridge.Order{
			ID: "1", PostingDate: "2026-11-20", Currency: code, TaxTotal: erpbridge.Zero(code), Total: five,
			Lines: []erpbridge.Line{{SKU: "PEN", Title: "Pens", Quantity: dec("2"), Unit: erpbridge.Money{Amount: dec("2.5"), Currency: code}, Extended: five}},
		}
		if got := string(documents(t, e, placed(o, 0))[0].Body); !strings.Contains(got, want) {
			t.Errorf("%s: %s", code, got)
		}
	}
}

// A confirmation that was lost on its way is read back, where that is possible too; one of
// a business partner is waited for.
func TestReadBackBesideMessages(t *testing.T) {
	s4 := sim.New(sim.Config{})
	srv := httptest.NewServer(s4.Handler())
	t.Cleanup(srv.Close)
	e := open(t, srv.URL, creating+"read_back_url: "+srv.URL+"/odata\n")
	var accepted []erpbridge.Accepted
	for _, d := range documents(t, e, placed(order("1"), 0)) {
		a, err := insist(t.Context(), e, d)
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, a)
	}
	s4.Process()
	r := e.Confirm(t.Context(), accepted)
	if len(r) != 2 || r[0].Err != nil || !r[0].Receipt.Accepted || r[1].Err != nil || r[1].Receipt.Accepted {
		t.Errorf("%+v", r)
	}
}
