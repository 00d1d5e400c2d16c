package fo

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/dmf"
)

// booked delivers a document and confirms it.
func booked(t testing.TB, e *ERP, d erpbridge.Document) erpbridge.Result {
	t.Helper()
	r := deliver(t, e, d)
	if r.Err != nil || !r.Receipt.Accepted {
		t.Fatalf("not accepted: %+v", r)
	}
	return settled(t, e, d, r.Receipt.Ref)
}

func TestBookedOrderIsDelivered(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			sim, e := environment(t, dmf.Config{Queue: 5 * time.Millisecond, Work: 5 * time.Millisecond}, mode)
			for _, o := range []*erpbridge.Order{placed(), awkward(), yen()} {
				r := booked(t, e, document(t, e, o))
				if r.Err != nil || r.Receipt.Ref != "W"+strings.TrimPrefix(o.Number, "#") || r.Receipt.Warning != "" {
					t.Errorf("order %s: %+v", o.Number, r)
				}
			}
			want := map[string]string{"W1001": "51.85", "W1002": "99.15", "W1003": "4510"}
			for _, o := range sim.Orders() {
				if o.Total() != want[o.Number] {
					t.Errorf("order %s comes to %s in F&O, want %s", o.Number, o.Total(), want[o.Number])
				}
			}
			if c := sim.Counts(); c.Orders != 3 || c.Updates != 0 || c.Repeats != 0 {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestAcceptedWhileUnderWay(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			_, e := environment(t, dmf.Config{Queue: time.Hour}, mode)
			d := document(t, e, placed())
			r := deliver(t, e, d)
			if r.Err != nil || !r.Receipt.Accepted || r.Receipt.Ref == "" {
				t.Fatalf("%+v", r)
			}
			got := e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: r.Receipt.Ref, Since: time.Now()}})[0]
			if got.Err != nil || !got.Receipt.Accepted || got.Receipt.Ref != r.Receipt.Ref || got.Receipt.Warning == "" {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The same document again, whenever it comes, is one order.
func TestTwiceIsOnce(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			sim, e := environment(t, dmf.Config{Work: 500 * time.Millisecond}, mode)
			d := document(t, e, placed())
			first := deliver(t, e, d)
			second := deliver(t, e, d) // while the first is under way
			if second.Err != nil || !second.Receipt.Accepted {
				t.Fatalf("%+v", second)
			}
			if name == "package" && first.Receipt.Ref != second.Receipt.Ref {
				t.Errorf("two imports, %s and %s", first.Receipt.Ref, second.Receipt.Ref)
			}
			settled(t, e, d, first.Receipt.Ref)
			sim.Settle()
			third := deliver(t, e, d) // when it is booked
			if third.Err != nil || third.Receipt.Accepted || third.Receipt.Ref != "W1001" {
				t.Errorf("%+v", third)
			}
			orders := sim.Orders()
			if len(orders) != 1 || len(orders[0].Lines) != 4 || orders[0].Total() != "51.85" {
				t.Errorf("%+v", orders)
			}
			if name == "package" && sim.Counts().Arrivals["ImportFromPackage"] != 1 {
				t.Errorf("%d imports", sim.Counts().Arrivals["ImportFromPackage"])
			}
		})
	}
}

// Every attempt has the same key and the same bytes.
func TestRetriesCarryTheSame(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			call := map[string]string{"package": "ImportFromPackage", "recurring": "enqueue"}[name]
			sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: dmf.FailAfter, Match: dmf.Match{Call: call}, Count: 1}, {Kind: dmf.FailImport, Count: 1}}}, mode)
			d := document(t, e, placed())
			r := deliver(t, e, d)
			wantKind(t, erpbridge.InDoubt, r.Err)
			sim.Settle() // the first came to nothing
			if r = deliver(t, e, d); r.Err != nil {
				t.Fatal(r.Err)
			}
			keys, sums := map[string]bool{}, map[string]bool{}
			for _, entry := range sim.Journal() {
				if entry.Kind == dmf.Arrival && entry.SHA256 != "" {
					sums[entry.SHA256] = true
				}
				if entry.Kind == dmf.Arrival && entry.Call == "enqueue" {
					keys[entry.Key] = true
				}
			}
			if len(sums) != 1 || name == "recurring" && len(keys) != 1 {
				t.Errorf("packages %v under keys %v", sums, keys)
			}
		})
	}
}

// A line that is not in names itself, and the order is not delivered, whatever the state
// of the import says.
func TestLineThatIsNotInIsNamed(t *testing.T) {
	for name, mode := range interfaces {
		for _, kind := range []dmf.Kind{dmf.DropLine, dmf.LoseLine} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: kind, Line: 7, Count: 1}}}, mode)
				d := document(t, e, long("2001", 10))
				r := booked(t, e, d)
				wantKind(t, erpbridge.Invalid, r.Err)
				if r.Err == nil {
					t.Fatal("delivered")
				}
				text := r.Err.Error()
				if !strings.Contains(text, "not there: line 7 (SKU-07)") || strings.Contains(text, "SKU-06") {
					t.Errorf("it says %q", text)
				}
				if kind == dmf.DropLine && !strings.Contains(text, "is stopped for sales") {
					t.Errorf("F&O's reason is not in %q", text)
				}
				if o := sim.Orders()[0]; len(o.Lines) != 9 {
					t.Errorf("%d lines", len(o.Lines))
				}
				// The cause is mended, and it is sent again.
				if r = booked(t, e, d); r.Err != nil || r.Receipt.Ref != "W2001" {
					t.Errorf("sent again: %+v", r)
				}
				if o := sim.Orders()[0]; len(o.Lines) != 10 || o.Total() != "10" {
					t.Errorf("%d lines, %s", len(o.Lines), o.Total())
				}
			})
		}
	}
}

// What an import can come to, and what is made of it.
func TestEachOutcomeOfAnImportIsJudged(t *testing.T) {
	for name, mode := range interfaces {
		for _, c := range []struct {
			kind    dmf.Kind
			want    erpbridge.Kind
			says    string // the error, or the warning
			receipt bool
		}{
			{dmf.HeaderOnly, erpbridge.Invalid, "not there: line 1 (MUG-1), line 2 (TEE-2), line 3 (FREIGHT), line 4 (TAX)", false},
			{dmf.FailImport, erpbridge.Invalid, "this passes: send it again", false},
			{dmf.Cancel, erpbridge.Invalid, "not there: line 1 (MUG-1)", false},
			{dmf.BlobGone, erpbridge.Invalid, "The specified blob does not exist", false},
			{dmf.Reprice, "", "F&O works out other amounts: line 1 (MUG-1) comes to 19.5, not 20.00", true},
			{dmf.FalseAlarm, "", "and the order is whole", true},
		} {
			t.Run(name+"/"+string(c.kind), func(t *testing.T) {
				_, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: c.kind}}}, mode)
				r := booked(t, e, document(t, e, placed()))
				wantKind(t, c.want, r.Err)
				said := r.Receipt.Warning
				if r.Err != nil {
					said = r.Err.Error()
				}
				if !strings.Contains(said, c.says) {
					t.Errorf("it says %q", said)
				}
				if c.receipt != (r.Receipt.Ref == "W1001") {
					t.Errorf("%+v", r.Receipt)
				}
			})
		}
	}
}

// A package of several orders: each of them is judged by itself.
func TestOrdersOfABatchAreJudgedOneByOne(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			sim, e := environment(t, dmf.Config{Items: []string{"SKU-01", "SKU-02", "SKU-03"}}, mode)
			docs := []erpbridge.Document{document(t, e, long("3001", 3)), document(t, e, long("3002", 4)), document(t, e, long("3003", 2))}
			results := e.Deliver(t.Context(), docs)
			var accepted []erpbridge.Accepted
			for i, r := range results {
				if r.Err != nil || !r.Receipt.Accepted {
					t.Fatalf("%+v", r)
				}
				accepted = append(accepted, erpbridge.Accepted{Document: docs[i], Ref: r.Receipt.Ref, Since: time.Now()})
			}
			sim.Settle()
			got := e.Confirm(t.Context(), accepted)
			if got[0].Receipt.Ref != "W3001" || got[2].Receipt.Ref != "W3003" || got[0].Err != nil || got[2].Err != nil {
				t.Errorf("%+v and %+v", got[0], got[2])
			}
			wantKind(t, erpbridge.Invalid, got[1].Err)
			if got[1].Err != nil && !strings.Contains(got[1].Err.Error(), "not there: line 4 (SKU-04)") {
				t.Errorf("it says %v", got[1].Err)
			}
		})
	}
}

// A lost answer is looked up. What was imported, or is being imported, is not sent again.
func TestLostAnswerIsLookedUp(t *testing.T) {
	for name, mode := range interfaces {
		call := map[string]string{"package": "ImportFromPackage", "recurring": "enqueue"}[name]
		for _, kind := range []dmf.Kind{dmf.DropAfter, dmf.HTMLAfter, dmf.FailAfter, dmf.Empty, dmf.CutAnswer} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel() // each waits for its import
				sim, e := environment(t, dmf.Config{Work: time.Second, Modes: []dmf.Mode{{Kind: kind, Match: dmf.Match{Call: call}, Count: 1}}}, mode)
				d := document(t, e, placed())
				r := deliver(t, e, d)
				wantKind(t, erpbridge.InDoubt, r.Err)
				found := e.Find(t.Context(), []erpbridge.Document{d})[0]
				if name == "package" {
					if found.Err != nil || !found.Receipt.Accepted || !strings.HasPrefix(found.Receipt.Ref, executionRef) {
						t.Fatalf("while it is under way: %+v", found)
					}
				} else {
					wantKind(t, erpbridge.Missing, found.Err)
				}
				sim.Settle()
				found = e.Find(t.Context(), []erpbridge.Document{d})[0]
				if found.Err != nil || found.Receipt.Accepted || found.Receipt.Ref != "W1001" {
					t.Errorf("when it is over: %+v", found)
				}
				if c := sim.Counts(); c.Orders != 1 || c.Updates+c.Repeats != 0 {
					t.Errorf("%+v", c)
				}
			})
		}
	}
}

// Two orders that went each by itself and are looked up together: what is learnt of the one
// says nothing of the other.
func TestEachImportUnderWayIsFound(t *testing.T) {
	_, e := environment(t, dmf.Config{Queue: time.Hour}, "")
	docs := []erpbridge.Document{document(t, e, placed()), document(t, e, awkward()), document(t, e, yen())}
	refs := map[string]string{}
	for _, d := range docs[:2] {
		refs[d.Key] = deliver(t, e, d).Receipt.Ref
	}
	for i, r := range e.Find(t.Context(), docs) {
		if i == 2 {
			wantKind(t, erpbridge.Missing, r.Err)
			continue
		}
		if r.Err != nil || !r.Receipt.Accepted || r.Receipt.Ref != refs[docs[i].Key] {
			t.Errorf("order %d: %q, %v", i, r.Receipt.Ref, r.Err)
		}
	}
	// The pace has room for the look-up and for no question about an import.
	left := 2 // the orders, and whether all three travel together
	ctx := erpbridge.WithPace(t.Context(), func(context.Context) error {
		if left--; left < 0 {
			return errors.New("its turn did not come")
		}
		return nil
	})
	for i, r := range e.Find(ctx, docs) {
		if kind := erpbridge.KindOf(r.Err); kind != erpbridge.Transient {
			t.Errorf("order %d was not asked about, and is %q: %v", i, kind, r.Err)
		}
	}
}

// F&O wants less, or is away, in the middle of a look-up: it is not asked about each of the
// orders that are left, and none of them counts as missing. What was learnt stands.
func TestLookUpEndsWithTheFirstQuestionWithoutAnAnswer(t *testing.T) {
	sim, plain := environment(t, dmf.Config{Queue: time.Hour}, "")
	front := sim.Handler()
	asked, good := 0, 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "GetExecutionSummaryStatus") {
			if asked++; asked > good {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
		}
		front.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	e := open(t, "url: "+srv.URL+"\n"+authFor(plain.conf.URL))
	docs := []erpbridge.Document{document(t, e, placed()), document(t, e, awkward()), document(t, e, yen())}
	for _, good = range []int{0, 1, 2} { // none, all three together, and the first by itself
		asked = 0
		for i, r := range e.Find(t.Context(), docs) {
			want := erpbridge.Throttled
			if i < good-1 {
				want = erpbridge.Missing
			}
			wantKind(t, want, r.Err)
		}
		if asked != good+1 {
			t.Errorf("%d questions, of which %d were answered", asked, good)
		}
	}
}

// An import that F&O does not know, yet or any more.
func TestUnknownImportIsWaitedForThenMissing(t *testing.T) {
	for name, mode := range interfaces {
		t.Run(name, func(t *testing.T) {
			_, e := environment(t, dmf.Config{}, mode)
			d := document(t, e, placed())
			ref := map[string]string{"package": executionRef + "erpbridge-x", "recurring": messageRef + activity}[name]
			ask := func(since time.Time) erpbridge.Result {
				return e.Confirm(t.Context(), []erpbridge.Accepted{{Document: d, Ref: ref, Since: since}})[0]
			}
			if r := ask(time.Now()); r.Err != nil || !r.Receipt.Accepted || r.Receipt.Ref != ref {
				t.Errorf("at once: %+v", r)
			}
			wantKind(t, erpbridge.Missing, ask(time.Now().Add(-time.Hour)).Err)
			if r := booked(t, e, d); r.Err != nil {
				t.Fatal(r.Err)
			}
			// Its history was deleted; the order is there.
			if r := ask(time.Now().Add(-30 * 24 * time.Hour)); r.Err != nil || r.Receipt.Ref != "W1001" {
				t.Errorf("after all: %+v", r)
			}
		})
	}
}

func TestImportThatIsUnknownAtFirstIsWaitedFor(t *testing.T) {
	_, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: dmf.UnknownFirst, Delay: 30 * time.Millisecond}}}, "")
	if r := booked(t, e, document(t, e, placed())); r.Err != nil || r.Receipt.Ref != "W1001" {
		t.Errorf("%+v", r)
	}
}

// Packages stay for seven days. One that waits longer is gone, and says so.
func TestPackageThatWaitedTooLongIsGone(t *testing.T) {
	sim, e := environment(t, dmf.Config{Queue: 20 * time.Millisecond, BlobLife: time.Millisecond}, "")
	r := booked(t, e, document(t, e, placed()))
	wantKind(t, erpbridge.Invalid, r.Err)
	if sim.Counts().Orders != 0 {
		t.Error("it was booked")
	}
}

// Two states of an order do not travel in one package.
func TestStatesOfAnOrderTravelApart(t *testing.T) {
	_, e := environment(t, dmf.Config{}, "")
	docs, err := e.Translate(later(placed()))
	if err != nil {
		t.Fatal(err)
	}
	results := e.Deliver(t.Context(), []erpbridge.Document{document(t, e, placed()), docs[0]})
	if results[0].Err != nil {
		t.Error(results[0].Err)
	}
	wantKind(t, erpbridge.Transient, results[1].Err)
}
