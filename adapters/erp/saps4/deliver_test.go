package saps4

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

func faulted(text string) string {
	return `<s:Envelope xmlns:s="` + soap.Namespace + `"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>` + text + `</faultstring></s:Fault></s:Body></s:Envelope>`
}

// S/4 drops an order whose business partner it does not know, after a 202 and without a
// word. So it is not sent unless the partner was taken.
func TestOrderIsHeldBackBehindItsPartner(t *testing.T) {
	s := suite()
	s.Open = func(t *testing.T, url string) erpbridge.ERP { return open(t, url, creating) }
	s.HoldsBack(t, erptest.Placed(order("1"), 0))

	for name, c := range map[string]struct {
		status int
		body   string
		sent   []string // the paths
		kinds  []erpbridge.Kind
	}{
		"taken":    {202, "", []string{"/partner", "/order", "/partner", "/order"}, []erpbridge.Kind{"", "", "", ""}},
		"invalid":  {500, faulted("XML format error"), []string{"/partner", "/partner"}, []erpbridge.Kind{erpbridge.Invalid, erpbridge.Transient, erpbridge.Invalid, erpbridge.Transient}},
		"no word":  {500, "", []string{"/partner", "/partner"}, []erpbridge.Kind{erpbridge.InDoubt, erpbridge.Transient, erpbridge.InDoubt, erpbridge.Transient}},
		"refused":  {401, "", []string{"/partner"}, []erpbridge.Kind{erpbridge.Refused, erpbridge.Transient, erpbridge.Transient, erpbridge.Transient}},
		"overload": {429, "", []string{"/partner"}, []erpbridge.Kind{erpbridge.Throttled, erpbridge.Transient, erpbridge.Transient, erpbridge.Transient}},
	} {
		var sent []string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent = append(sent, r.URL.Path)
			if strings.HasPrefix(r.URL.Path, "/order") {
				w.WriteHeader(http.StatusAccepted)
				return
			}
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		e := open(t, srv.URL, creating)
		docs := slices.Concat(documents(t, e, erptest.Placed(order("1"), 0)), documents(t, e, erptest.Placed(order("2"), 0)))
		docs[2].Stream, docs[3].Stream = "another", "another"
		var kinds []erpbridge.Kind
		for _, r := range e.Deliver(t.Context(), docs) {
			kinds = append(kinds, erpbridge.KindOf(r.Err))
		}
		if !slices.Equal(sent, c.sent) || !slices.Equal(kinds, c.kinds) {
			t.Errorf("%s: sent to %s, %q", name, sent, kinds)
		}
		srv.Close()
	}
}

// A one-way service says that it has stored a message by saying nothing.
func TestSilenceIsAcceptance(t *testing.T) {
	const empty = `<s:Envelope xmlns:s="` + soap.Namespace + `"><s:Header/><s:Body/></s:Envelope>`
	for name, c := range map[string]struct {
		status int
		body   string
		kind   erpbridge.Kind
	}{
		"202":                       {202, "", ""},
		"200":                       {200, "", ""},
		"200 with an empty Body":    {200, empty, ""},
		"202 with an empty Body":    {202, empty, ""},
		"203 with an empty Body":    {203, empty, erpbridge.InDoubt},
		"500 with an empty Body":    {500, empty, erpbridge.InDoubt},
		"200 with something in it":  {200, strings.Replace(empty, "<s:Body/>", "<s:Body><x/></s:Body>", 1), erpbridge.InDoubt},
		"200 and too long a value":  {200, faulted("Value exceeds the maximum number of characters of element Name"), erpbridge.Invalid},
		"500 and too many sessions": {500, faulted("Maximum number of sessions exceeded"), erpbridge.Throttled},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		e := open(t, srv.URL, usual)
		r := e.Deliver(t.Context(), documents(t, e, erptest.Placed(order("1"), 0)))[0]
		if erpbridge.KindOf(r.Err) != c.kind || r.Receipt.Accepted != (c.kind == "") {
			t.Errorf("%s: %+v, %v", name, r.Receipt, r.Err)
		}
		srv.Close()
	}
}

// Half a postal code is another place.
func TestPostalCodesAreNeverCut(t *testing.T) {
	e := open(t, "http://127.0.0.1:9", usual)
	for _, field := range []string{"PostalCode", "StreetPostalCode"} {
		if got, err := e.fit(field, "97201-1234"); err != nil || got != "97201-1234" {
			t.Errorf("%s: %q, %v", field, got, err)
		}
		if got, err := e.fit(field, "97201-12345"); erpbridge.KindOf(err) != erpbridge.Held {
			t.Errorf("%s, too long: %q, %v", field, got, err)
		}
	}
}
