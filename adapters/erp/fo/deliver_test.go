package fo

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
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

func TestBooked(t *testing.T) {
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
func TestNineOfTenLines(t *testing.T) {
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
func TestOutcomes(t *testing.T) {
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
func TestBatch(t *testing.T) {
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
func TestLostAnswer(t *testing.T) {
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

// What fails before the decisive call can be tried again.
func TestNothingSent(t *testing.T) {
	for _, c := range []struct {
		call string
		kind dmf.Kind
		want erpbridge.Kind
	}{
		{"headers", dmf.DropBefore, erpbridge.Transient},
		{"headers", dmf.HTML, erpbridge.Transient},
		{"headers", dmf.Forbidden, erpbridge.Refused},
		{"headers", dmf.Throttle, erpbridge.Throttled},
		{"GetExecutionSummaryStatus", dmf.FailAfter, erpbridge.Transient},
		{"GetExecutionSummaryStatus", dmf.Empty, erpbridge.Transient},
		{"GetAzureWriteUrl", dmf.CutAnswer, erpbridge.Transient},
		{"GetAzureWriteUrl", dmf.Busy, erpbridge.Throttled},
		{"GetAzureWriteUrl", dmf.Login, erpbridge.Refused},
		{"upload", dmf.DropAfter, erpbridge.Transient},
		{"upload", dmf.Forbidden, erpbridge.Transient}, // another attempt has another address
		{"upload", dmf.Fail, erpbridge.Transient},
		{"ImportFromPackage", dmf.Throttle, erpbridge.Throttled},
		{"ImportFromPackage", dmf.ExpireTokens, erpbridge.Transient},
		{"token", dmf.Fail, erpbridge.Transient},
		{"token", dmf.Forbidden, erpbridge.Refused},
	} {
		t.Run(c.call+"/"+string(c.kind), func(t *testing.T) {
			sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: c.kind, Match: dmf.Match{Call: "^" + c.call + "$"}, Count: 1, RetryAfter: "7"}}}, "")
			d := document(t, e, placed())
			r := deliver(t, e, d)
			wantKind(t, c.want, r.Err)
			var about *erpbridge.Error
			if c.want == erpbridge.Throttled && (!errors.As(r.Err, &about) || about.After != 7*time.Second) {
				t.Errorf("after %v", about.After)
			}
			if n := sim.Counts(); n.Orders != 0 || n.Followed != 0 {
				t.Errorf("%+v", n)
			}
			if r = deliver(t, e, d); r.Err != nil { // a new token where that was the matter
				t.Errorf("the next attempt: %v", r.Err)
			}
		})
	}
}

// A token that never was any good is for a person; one that has ended is not.
func TestTokens(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	if err := e.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	sim.ExpireTokens()
	wantKind(t, erpbridge.Transient, e.Probe(t.Context()))
	if err := e.Probe(t.Context()); err != nil {
		t.Errorf("with a new token: %v", err)
	}
	if n := sim.Counts(); n.Tokens != 2 || n.Refused != 1 {
		t.Errorf("%+v", n)
	}
	_, wrong := environment(t, dmf.Config{}, "")
	wrong.conf.Auth.OAuth2.ClientSecret = "wrong"
	c, err := newClient(&wrong.conf)
	if err != nil {
		t.Fatal(err)
	}
	wrong.client = c
	wantKind(t, erpbridge.Refused, wrong.Probe(t.Context()))
	c.close()
}

// The number of another order is never written to.
func TestForeignOrder(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	sim.Add(dmf.Order{Number: "W1001", Reference: "shop-eu-77 [0123456789ab]", Header: map[string]string{"CURRENCYCODE": "EUR"}})
	r := deliver(t, e, document(t, e, placed()))
	wantKind(t, erpbridge.Invalid, r.Err)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "mapping.number.prefix") {
		t.Errorf("it says %v", r.Err)
	}
	if c := sim.Counts(); c.Creates+c.Updates != 0 {
		t.Errorf("%+v", c)
	}
}

// Later states change the order, until somebody worked on it.
func TestChanges(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	if r := booked(t, e, document(t, e, placed())); r.Err != nil {
		t.Fatal(r.Err)
	}
	changed := placed()
	changed.ShipTo = &erpbridge.Address{Name: "Ada Lovelace", Street1: "2 Side St", City: "Salem", Region: "OR", Postcode: "97301", Country: "US"}
	docs, err := e.Translate(later(changed))
	if err != nil {
		t.Fatal(err)
	}
	if found := e.Find(t.Context(), docs)[0]; erpbridge.KindOf(found.Err) != erpbridge.Missing {
		t.Errorf("another state was found: %+v", found)
	}
	if r := booked(t, e, docs[0]); r.Err != nil {
		t.Fatal(r.Err)
	}
	orders := sim.Orders()
	if len(orders) != 1 || len(orders[0].Lines) != 4 || orders[0].Header["DELIVERYADDRESSCITY"] != "Salem" {
		t.Errorf("%+v", orders)
	}
	if err := sim.SetStatus("W1001", "Invoiced"); err != nil {
		t.Fatal(err)
	}
	r := deliver(t, e, document(t, e, placed()))
	if r.Err != nil || r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, "Invoiced") {
		t.Errorf("%+v", r)
	}
}

// An order that was shipped before its last line was in is not complete, whoever shipped it.
func TestShippedIncomplete(t *testing.T) {
	sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: dmf.DropLine, Count: 1}}}, "")
	d := document(t, e, placed())
	wantKind(t, erpbridge.Invalid, booked(t, e, d).Err)
	if err := sim.SetStatus("W1001", "Delivered"); err != nil {
		t.Fatal(err)
	}
	r := deliver(t, e, d)
	wantKind(t, erpbridge.Invalid, r.Err)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "line 4 (TAX)") {
		t.Errorf("it says %v", r.Err)
	}
}

// Where F&O gives lines lot ids of its own, an order is not imported twice: its lines would
// be there twice.
func TestOwnLotIDs(t *testing.T) {
	sim, e := environment(t, dmf.Config{OwnLots: true}, "")
	d := document(t, e, placed())
	r := booked(t, e, d)
	wantKind(t, erpbridge.Invalid, r.Err)
	again := deliver(t, e, d)
	wantKind(t, erpbridge.Invalid, again.Err)
	for _, err := range []error{r.Err, again.Err} {
		if err == nil || !strings.Contains(err.Error(), "the number sequence of lot ids must be manual") {
			t.Errorf("it says %v", err)
		}
	}
	if c := sim.Counts(); c.Lines != 4 {
		t.Errorf("%d lines", c.Lines)
	}
}

func TestKeepFirst(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "changes: keep\n")
	if r := booked(t, e, document(t, e, placed())); r.Err != nil {
		t.Fatal(r.Err)
	}
	docs, err := e.Translate(later(placed()))
	if err != nil {
		t.Fatal(err)
	}
	if r := deliver(t, e, docs[0]); r.Err != nil || r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, "keep") {
		t.Errorf("%+v", r)
	}
	if c := sim.Counts(); c.Updates != 0 {
		t.Errorf("%+v", c)
	}
}

// A line that a later state does not have stays in F&O: it is named.
func TestStaleLine(t *testing.T) {
	_, e := environment(t, dmf.Config{}, "")
	if r := booked(t, e, document(t, e, long("4001", 3))); r.Err != nil {
		t.Fatal(r.Err)
	}
	shorter := long("4001", 2)
	docs, err := e.Translate(later(shorter))
	if err != nil {
		t.Fatal(err)
	}
	r := booked(t, e, docs[0])
	wantKind(t, erpbridge.Invalid, r.Err)
	if r.Err == nil || !strings.Contains(r.Err.Error(), "left over from an earlier state, to be deleted in F&O: lot EB") {
		t.Errorf("it says %v", r.Err)
	}
}

// An import that F&O does not know, yet or any more.
func TestUnknownImport(t *testing.T) {
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

func TestUnknownFirst(t *testing.T) {
	_, e := environment(t, dmf.Config{Modes: []dmf.Mode{{Kind: dmf.UnknownFirst, Delay: 30 * time.Millisecond}}}, "")
	if r := booked(t, e, document(t, e, placed())); r.Err != nil || r.Receipt.Ref != "W1001" {
		t.Errorf("%+v", r)
	}
}

// Packages stay for seven days. One that waits longer is gone, and says so.
func TestBlobLife(t *testing.T) {
	sim, e := environment(t, dmf.Config{Queue: 20 * time.Millisecond, BlobLife: time.Millisecond}, "")
	r := booked(t, e, document(t, e, placed()))
	wantKind(t, erpbridge.Invalid, r.Err)
	if sim.Counts().Orders != 0 {
		t.Error("it was booked")
	}
}

// The calls take turns however many there are at once.
func TestNeverInParallel(t *testing.T) {
	sim, e := environment(t, dmf.Config{}, "")
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if r := e.Deliver(t.Context(), []erpbridge.Document{document(t, e, long(string(rune('A'+i))+"1", 2))})[0]; r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
	wg.Wait()
	sim.Settle()
	if c := sim.Counts(); c.Parallel != 0 || c.Orders != 12 {
		t.Errorf("%+v", c)
	}
	// Waiting for a turn ends with the context.
	e.turn <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := e.Deliver(ctx, []erpbridge.Document{document(t, e, placed())})[0]
	wantKind(t, erpbridge.Transient, r.Err)
	<-e.turn
}

// Where another daemon calls at the same moment, the call that failed is tried again.
func TestParallelDaemons(t *testing.T) {
	sim, e := environment(t, dmf.Config{Modes: []dmf.Mode{{
		Kind: dmf.Fail, Match: dmf.Match{Call: "ImportFromPackage"}, Count: 1,
		Message: "Exception occurred while executing action ImportFromPackage: the action must not be called in parallel.",
	}}}, "")
	d := document(t, e, placed())
	wantKind(t, erpbridge.Transient, deliver(t, e, d).Err)
	if r := booked(t, e, d); r.Err != nil {
		t.Error(r.Err)
	}
	if sim.Counts().Orders != 1 {
		t.Errorf("%+v", sim.Counts())
	}
}

// Two states of an order do not travel in one package.
func TestApart(t *testing.T) {
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

// Storage addresses are passwords: no error shows one.
func TestNoSignatureIsTold(t *testing.T) {
	c := &client{}
	for _, text := range []string{
		"cannot write to https://x.blob.core.windows.net/dmf/1?sv=2014-02-14&sig=mQfCD7rNs7tVIm%3D&se=2020",
		`{"url":"https://x/dmf/1?sig=mQfCD7rNs7tVIm"}`,
	} {
		if got := c.reason(text); strings.Contains(got, "mQfCD7") {
			t.Errorf("%s", got)
		}
	}
	if _, err := storageURL("http://x.blob.core.windows.net/dmf/1?sig=a", true); err == nil {
		t.Error("a package would be written over http")
	}
	if got, err := storageURL("http://x.blob.core.windows.net/dmf/1?sig=a", false); err != nil || !strings.HasPrefix(got, "https://") {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{"", "file:///etc/passwd", "https://", "https://u:p@x/", "ftp://x/", "://"} {
		if _, err := storageURL(bad, false); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// Answers over several pages, and pages that are elsewhere.
func TestPages(t *testing.T) {
	_, e := environment(t, dmf.Config{PageSize: 3}, "")
	if r := booked(t, e, document(t, e, long("6001", 10))); r.Err != nil || r.Receipt.Ref != "W6001" {
		t.Errorf("%+v", r)
	}
	var asked []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"value":[],"@odata.nextLink":"https://elsewhere.example/data/SalesOrderHeadersV2?$skiptoken=1"}`))
	})
	far := open(t, "url: "+url+"\n"+authFor(tokenServer(t)))
	wantKind(t, erpbridge.Transient, far.Find(t.Context(), []erpbridge.Document{document(t, far, placed())})[0].Err)
	if len(asked) != 1 {
		t.Errorf("asked %v", asked)
	}
}
