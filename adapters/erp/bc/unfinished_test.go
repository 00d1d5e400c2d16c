package bc

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/navws"
)

// states are two states of one order: the later one has a line more.
func states(t *testing.T, e *ERP) (one, two []erpbridge.Document) {
	t.Helper()
	o := placed()
	o.Shipping, o.Discounts, o.Note = nil, nil, ""
	o.Lines[0].Discounts = nil
	first := *o
	first.Lines = slices.Clone(o.Lines[:1])
	first.TaxTotal, first.Total = eur("5.51"), eur("35.51")
	o.TaxTotal, o.Total = eur("6.85"), eur("43.88")
	later := event(o)
	later.Version = erpbridge.Version{At: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), Digest: "later0000000"}
	return translate(t, e, event(&first)), translate(t, e, later)
}

// linesIn asserts that there is one order with so many lines.
func linesIn(t *testing.T, sim *navws.Server, want int) {
	t.Helper()
	orders := sim.Records("SalesOrder")
	if len(orders) != 1 || len(orders[0].Lines) != want {
		t.Errorf("%d orders, want one with %d lines: %+v", len(orders), want, orders)
	}
}

// A line that the shop added, or that a clerk took out, is a change like any other: the
// setting decides, and nothing is added.
func TestOrderWithFewerLinesIsLeftToTheSetting(t *testing.T) {
	for _, c := range []struct {
		name   string
		happen func(t *testing.T, sim *navws.Server, e *ERP) []erpbridge.Document // what is delivered next
		lines  int
	}{
		{"the shop added a line", func(t *testing.T, _ *navws.Server, e *ERP) []erpbridge.Document {
			one, two := states(t, e)
			delivered(t, e, one)
			return two
		}, 1},
		{"a clerk took a line out", func(t *testing.T, sim *navws.Server, e *ERP) []erpbridge.Document {
			_, two := states(t, e)
			sim.DropLine("SalesOrder", delivered(t, e, two))
			return two
		}, 1},
		{"a clerk took the only line out", func(t *testing.T, sim *navws.Server, e *ERP) []erpbridge.Document {
			one, two := states(t, e)
			sim.DropLine("SalesOrder", delivered(t, e, one))
			return two
		}, 0},
		{"a clerk took a line out of an order that had been unfinished", func(t *testing.T, sim *navws.Server, e *ERP) []erpbridge.Document {
			_, two := states(t, e)
			addMode(t, sim, navws.Mode{Kind: navws.HeaderOnly, Count: 1})
			sim.DropLine("SalesOrder", delivered(t, e, two))
			return two
		}, 1},
	} {
		for _, changes := range []Changes{IgnoreChanges, HoldChanges} {
			t.Run(c.name+"/"+string(changes), func(t *testing.T) {
				sim, e := company(t, navws.Config{}, "changes: "+string(changes))
				docs := c.happen(t, sim, e)
				r := deliver(t, e, docs)[0]
				switch {
				case changes == HoldChanges, c.lines == 0: // an order of nothing is for a person, whatever the setting
					wantKind(t, erpbridge.Held, r.Err)
				case r.Err != nil || !strings.Contains(r.Receipt.Warning, "stays as it is: it has "):
					t.Errorf("%+v", r)
				}
				linesIn(t, sim, c.lines)
			})
		}
	}
}

// An order whose creation broke off is completed, whatever the setting says: at once, or
// after it was looked up.
func TestUnfinishedOrderIsCompleted(t *testing.T) {
	for _, c := range []struct {
		name  string
		modes []navws.Mode
		drop  bool             // and one of the lines is not there
		first []erpbridge.Kind // what Deliver says, attempt for attempt
	}{
		{"header only", []navws.Mode{{Kind: navws.HeaderOnly, Count: 1}}, false, []erpbridge.Kind{""}},
		{"header and a fault", []navws.Mode{{Kind: navws.HeaderThenFault, Count: 1}}, false, []erpbridge.Kind{""}},
		{"header only, then busy", []navws.Mode{
			{Kind: navws.HeaderOnly, Count: 1},
			{Kind: navws.Locked, Count: 1, Match: navws.Match{Operation: "Update"}},
		}, false, []erpbridge.Kind{erpbridge.InDoubt, ""}},
		{"header only, then throttled", []navws.Mode{
			{Kind: navws.HeaderOnly, Count: 1},
			{Kind: navws.Throttle, RetryAfter: "1", Count: 1, Match: navws.Match{Operation: "Update"}},
		}, false, []erpbridge.Kind{erpbridge.InDoubt, ""}},
		{"no answer, and a line is not there", []navws.Mode{{Kind: navws.EffectThenDrop, Count: 1}}, true, []erpbridge.Kind{erpbridge.InDoubt, ""}},
	} {
		for _, changes := range []Changes{IgnoreChanges, HoldChanges} {
			for _, restarted := range []bool{false, true} {
				name := c.name + "/" + string(changes) + map[bool]string{true: "/restarted"}[restarted]
				t.Run(name, func(t *testing.T) {
					sim, e := company(t, navws.Config{}, "changes: "+string(changes))
					_, docs := states(t, e)
					if err := e.Probe(t.Context()); err != nil { // and the WSDL is read
						t.Fatal(err)
					}
					for _, m := range c.modes {
						addMode(t, sim, m)
					}
					for attempt, want := range c.first {
						r := deliver(t, e, docs)[0]
						wantKind(t, want, r.Err)
						if c.drop && attempt == 0 {
							sim.DropLine("SalesOrder", sim.Records("SalesOrder")[0].No)
						}
						if want != erpbridge.InDoubt {
							continue
						}
						if restarted {
							e.unfinished.records = nil // what a bridge forgets that is started anew
						}
						wantKind(t, erpbridge.Missing, e.Find(t.Context(), docs)[0].Err)
					}
					linesIn(t, sim, 2)
					if r := e.Find(t.Context(), docs)[0]; r.Err != nil {
						t.Error(r.Err)
					}
					if len(e.unfinished.records) != 0 {
						t.Errorf("still unfinished: %v", e.unfinished.records)
					}
				})
			}
		}
	}
}

// The state that completes an order need not be the one whose creation broke off.
func TestNewerStateCompletesAnUnfinishedOrder(t *testing.T) {
	sim, e := company(t, navws.Config{}, "changes: hold")
	one, two := states(t, e)
	addMode(t, sim, navws.Mode{Kind: navws.HeaderOnly, Count: 1})
	addMode(t, sim, navws.Mode{Kind: navws.Locked, Count: 1, Match: navws.Match{Operation: "Update"}})
	wantKind(t, erpbridge.InDoubt, deliver(t, e, one)[0].Err)
	wantKind(t, erpbridge.Missing, e.Find(t.Context(), one)[0].Err)
	delivered(t, e, two)
	linesIn(t, sim, 2)
}

// What the ERP will not have it does not get by trying on: its reason is told.
func TestUnfinishedOrderThatCannotBeCompleted(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	_, docs := states(t, e)
	addMode(t, sim, navws.Mode{Kind: navws.HeaderOnly, Count: 1})
	addMode(t, sim, navws.Mode{
		Kind: navws.Fault, Exception: "Types.Exceptions.NavTestFieldException", Text: "Blocked must be equal to 'No'.", Count: 1, Match: navws.Match{Operation: "Update"},
	})
	r := deliver(t, e, docs)[0]
	wantKind(t, erpbridge.Invalid, r.Err)
	for _, part := range []string{"S-ORD000001", "0 of 2 lines", "Blocked must be"} {
		if r.Err == nil || !strings.Contains(r.Err.Error(), part) {
			t.Errorf("%q is not in %v", part, r.Err)
		}
	}
	delivered(t, e, docs) // mended and replayed
	linesIn(t, sim, 2)
}

// A dead letter is replayed days later, by a bridge that was started anew and has forgotten
// what broke off. An order without a line is not called delivered.
func TestHeaderWithoutLinesIsNotDeliveredAfterARestart(t *testing.T) {
	for _, lists := range []bool{false, true} {
		sim, e := company(t, navws.Config{ListsWithoutLines: lists}, "changes: ignore")
		_, docs := states(t, e)
		addMode(t, sim, navws.Mode{Kind: navws.HeaderOnly, Count: 1})
		addMode(t, sim, navws.Mode{
			Kind: navws.Fault, Exception: "Types.Exceptions.NavTestFieldException", Text: "Blocked must be equal to 'No'.", Count: 1, Match: navws.Match{Operation: "Update"},
		})
		wantKind(t, erpbridge.Invalid, deliver(t, e, docs)[0].Err)
		e.unfinished.records = nil
		r := deliver(t, e, docs)[0]
		wantKind(t, erpbridge.Held, r.Err)
		if r.Err == nil || !strings.Contains(r.Err.Error(), "S-ORD000001") {
			t.Errorf("the order is not named: %v", r.Err)
		}
		linesIn(t, sim, 0)
	}
}

// Business Central ends an operation after eight minutes, with 408. What AL code committed
// by then is there: here, a header and no lines.
func TestOperationThatTookTooLong(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	_, docs := states(t, e)
	if err := e.Probe(t.Context()); err != nil { // and the WSDL is read
		t.Fatal(err)
	}
	addMode(t, sim, navws.Mode{Kind: navws.HeaderOnly, Count: 1})
	cut := false
	e.cutShort(t, func(req *http.Request) bool {
		first := !cut && strings.HasSuffix(actionOf(req), `:Create"`)
		cut = cut || first
		return first
	})
	wantKind(t, erpbridge.InDoubt, deliver(t, e, docs)[0].Err)
	wantKind(t, erpbridge.Missing, e.Find(t.Context(), docs)[0].Err)
	delivered(t, e, docs)
	linesIn(t, sim, 2)
	// A look-up has no effect, and nothing is in doubt after it.
	cut = false
	e.cutShort(t, func(req *http.Request) bool { return strings.HasSuffix(actionOf(req), `:ReadMultiple"`) })
	wantKind(t, erpbridge.Transient, deliver(t, e, docs)[0].Err)
}

// cutShort answers chosen requests with 408, after the ERP had them.
func (e *ERP) cutShort(t *testing.T, chosen func(*http.Request) bool) {
	t.Helper()
	e.services = map[string]*service{} // they are connected anew
	e.tripper = func(next http.RoundTripper) http.RoundTripper { return cutting{next, chosen} }
}

type cutting struct {
	next   http.RoundTripper
	chosen func(*http.Request) bool
}

func (c cutting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	if err == nil && c.chosen(req) {
		resp.StatusCode = http.StatusRequestTimeout
	}
	return resp, err
}

// A page whose answers show no lines has them all the same: none is added twice.
func TestAnswerWithoutLinesIsReadAgain(t *testing.T) {
	sim, e := company(t, navws.Config{ListsWithoutLines: true}, "")
	_, docs := states(t, e)
	addMode(t, sim, navws.Mode{Kind: navws.EffectThenFault, Count: 1})
	delivered(t, e, docs)
	linesIn(t, sim, 2)
}

func addMode(t *testing.T, sim *navws.Server, m navws.Mode) {
	t.Helper()
	if err := sim.AddMode(m); err != nil {
		t.Fatal(err)
	}
}
