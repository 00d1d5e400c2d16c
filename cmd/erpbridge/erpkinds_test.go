package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A kindOfERP is how an ERP of a kind is simulated and configured, and what can be
// expected of it.
type kindOfERP struct {
	name string // of the row
	kind string // in the configuration
	// changes: an order that the ERP has is brought to each later state.
	changes bool
	cancels cancelling
	// concurrency is how many requests at once, batch how many events in one; 0: four, and
	// one.
	concurrency, batch int
	// once: nothing goes wrong that makes a document come twice.
	once bool
	// unconfirmable: the ERP has no word for that there is nothing to be cancelled. An
	// order that was cancelled before it got there is an operator's, who settles it.
	unconfirmable bool
	open          func(t *testing.T, w *erpWorld) *simulatedERP
}

// cancelling is what becomes of cancelled orders.
type cancelling int

const (
	told    cancelling = iota // as one more state, like others
	marked                    // the ERP's order is cancelled, if it ever came to be
	ignored                   // the ERP is told nothing, of this state and of later ones
)

// A simulatedERP is an ERP behind the daemon, and what it has to tell. Orders are named
// by the shop's id of them.
type simulatedERP struct {
	// section is its part of the configuration, but for name, kind and delivery.
	section string
	booked  func() map[string]booking
	// attempts is nil where the key is the reference itself: that an order was created once
	// is all there is to see.
	attempts func() []attempted
	effects  func() []effected
	// refunds are what the ERP booked of each refund, by the shop's id of it: its totals.
	// Nil where it books none.
	refunds func() map[string][]string
	// figures are how many requests arrived, what went wrong with them, and those that no
	// such ERP would have taken.
	figures func() (requests int, mishaps map[string]int, bad []string)
}

// A booking is an order as an ERP has it.
type booking struct {
	state     int    // which of the shop's; 0: it does not say
	street    string // where it goes, which is what most states change; "": it does not say
	total     string
	cancelled bool
}

// An attempted is a document that arrived, whatever became of it.
type attempted struct {
	order string
	what  string // which of the order's documents it is, by what is in it
	key   string // its idempotency key
}

// An effected is a change of an order in an ERP's books.
type effected struct {
	order  string
	create bool
	state  int // that it led to; 0: it does not say
}

var stateShape = regexp.MustCompile(`\bstate (\d+)`)

// stateIn returns the state that a text tells of: the shop's notes are "state 3".
func stateIn(text string) int {
	m := stateShape.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// afterDash returns the shop's id of the order that one of our references is about.
func afterDash(ref string) string { return ref[strings.LastIndexByte(ref, '-')+1:] }

// kindsOfERP are the ERPs of the table, some of them by more than one way.
var kindsOfERP = []kindOfERP{
	{name: "gp", kind: "gp", changes: true, cancels: marked, open: openGP},
	{name: "ax2012 by HTTP", kind: "ax2012", cancels: ignored, open: openAXByHTTP},
	{name: "ax2012 by file", kind: "ax2012", cancels: ignored, open: openAXByFile},
	{name: "sap-s4 by message", kind: "sap-s4", changes: true, cancels: marked, unconfirmable: true, open: openS4ByMessage},
	{name: "sap-s4 by read-back", kind: "sap-s4", changes: true, cancels: marked, open: openS4ByReadBack},
	// Cancelled orders are closed and not deleted: a refund of one that is gone finds no order.
	{name: "bc", kind: "bc", cancels: marked, open: openBC},
	{name: "fo", kind: "fo", changes: true, cancels: ignored, concurrency: 1, batch: 20, open: openFO},
	{name: "sap-idoc by SOAP", kind: "sap-idoc", cancels: marked, open: openIDocBySOAP},
	{name: "sap-idoc by file", kind: "sap-idoc", cancels: marked, once: true, open: openIDocByFile},
	{name: "netsuite", kind: "netsuite", changes: true, cancels: told, open: openNetSuiteERP},
}

// serve serves a simulator until the test ends.
func (w *erpWorld) serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/login/") && !strings.HasPrefix(r.URL.Path, "/storage/") { // not the ERP's own
			w.arrived.Add(1)
		}
		h.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
