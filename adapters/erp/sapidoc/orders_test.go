package sapidoc

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	sim "github.com/hakooi/erpbridge/cmd/erpsim/sapidoc"
)

// How many orders the tests below place.
const (
	many     = 200
	manyHTTP = 100
	inFiles  = 40 // each of them is synced to the disk several times
)

// numbered is an order of its own, sometimes with a customer's discount and sometimes
// without tax.
func numbered(i int) *erpbridge.Order {
	o := placed()
	switch i % 3 {
	case 1:
		o = yen()
	case 2:
		o = dinar()
	}
	o.ID, o.Number = fmt.Sprint(9000+i), fmt.Sprintf("#%d", 9000+i)
	return o
}

// states are what an order goes through: placed, changed, and some are cancelled.
func states(i int) []erpbridge.Event {
	first := event(numbered(i))
	next := first
	next.Type = erpbridge.OrderPaid
	next.Version = erpbridge.Version{At: first.Version.At.Add(time.Minute), Digest: "paid"}
	all := []erpbridge.Event{first, next}
	if i%10 == 0 {
		o := numbered(i)
		o.CancelledAt = time.Date(2026, 3, 15, 8, 0, 0, 0, berlin)
		last := event(o)
		last.Version = erpbridge.Version{At: first.Version.At.Add(time.Hour), Digest: "cancelled"}
		all = append(all, last)
	}
	return all
}

// insist delivers as the outbox does: in doubt is looked up where that can be done, and
// sent again where it cannot or where nothing is found.
func insist(ctx context.Context, erp erpbridge.ERP, docs []erpbridge.Document) ([]erpbridge.Receipt, error) {
	receipts := make([]erpbridge.Receipt, len(docs))
	finder, _ := erp.(erpbridge.Finder)
	type work struct {
		at    int
		doubt bool
	}
	var left []work
	for i := range docs {
		left = append(left, work{at: i})
	}
	for range 300 {
		var deliver, look, next []work
		for _, w := range left {
			if w.doubt && finder != nil {
				look = append(look, w)
			} else {
				deliver = append(deliver, w)
			}
		}
		settle := func(ws []work, ask func(context.Context, []erpbridge.Document) []erpbridge.Result) error {
			var some []erpbridge.Document
			for _, w := range ws {
				some = append(some, docs[w.at])
			}
			for i, r := range ask(ctx, some) {
				w := ws[i]
				switch kind := erpbridge.KindOf(r.Err); kind {
				case "":
					receipts[w.at] = r.Receipt
					continue
				case erpbridge.Invalid:
					return r.Err
				default:
					w.doubt = kind == erpbridge.InDoubt || w.doubt && kind != erpbridge.Missing
				}
				next = append(next, w)
			}
			return nil
		}
		if len(deliver) > 0 {
			if err := settle(deliver, erp.Deliver); err != nil {
				return nil, err
			}
		}
		if len(look) > 0 {
			if err := settle(look, finder.Find); err != nil {
				return nil, err
			}
		}
		if left = next; len(left) == 0 {
			return receipts, nil
		}
	}
	return nil, errors.New("there is no end to it")
}

// once asserts that the books have every order once, with the right total, and cancelled
// where it is.
func once(t *testing.T, system *sim.System, many int) {
	t.Helper()
	totals := map[string]int64{"EUR": 51_850, "JPY": 4_510_000, "KWD": 9_313}
	seen := map[string]bool{}
	for _, o := range system.Orders() {
		if seen[o.Reference] {
			t.Errorf("%s is there twice", o.Reference)
		}
		seen[o.Reference] = true
		if o.Total != totals[o.Currency] {
			t.Errorf("%s comes to %d %s", o.Reference, o.Total, o.Currency)
		}
		if cancel := strings.HasSuffix(o.Reference, "0"); o.Cancelled != cancel {
			t.Errorf("%s cancelled: %t", o.Reference, o.Cancelled)
		}
	}
	if len(seen) != many {
		t.Errorf("%d orders of %d", len(seen), many)
	}
	if _, bad := system.Requests(); len(bad) > 0 {
		t.Errorf("no SAP would have taken: %v", bad)
	}
	// Whatever is tried again is the same message.
	ids := map[string]string{}
	for _, a := range system.Attempts() {
		if before, ok := ids[a.DOCNUM]; ok && before != a.MessageID {
			t.Errorf("DOCNUM %s under two message ids", a.DOCNUM)
		}
		ids[a.DOCNUM] = a.MessageID
	}
}

// A SAP at its worst, by SOAP: each order is there once, and every IDoc is confirmed.
func TestEveryOrderOnceSOAP(t *testing.T) {
	system := sim.New(sim.Config{Seed: 3, System: "S4HCLNT100", User: "BRIDGE", Password: "canary-password", Partners: []string{"SHOPBRIDGE"}, Faults: sim.Faults{
		DropBefore: .08, DropAfter: .08, Overload: .05, Page: .05, Generic: .05, GenericAfter: .05, Locked: .05, TimeOut: .05, Half: .05, Wordless: .3,
		Slow: .02, SlowBy: time.Millisecond, NotPosted: .1, Twice: .2,
	}})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	erp := open(t, "url: "+srv.URL+"\n")
	booked := map[string]string{}
	for i := range many {
		for _, ev := range states(i) {
			for _, d := range translate(t, erp, ev) {
				receipts, err := insist(t.Context(), erp, []erpbridge.Document{d})
				if err != nil {
					t.Fatalf("order %d: %v", i, err)
				}
				if !receipts[0].Accepted {
					t.Fatalf("order %d: stored is not booked: %+v", i, receipts[0])
				}
				booked[receipts[0].Ref] = ""
				// As the outbox waits for a stream's first document, and as people in SAP mend.
				system.Process()
				system.Audit()
				system.Repair()
			}
		}
	}
	system.Audit()
	once(t, system, many)
	door := erp.(erpbridge.Acknowledger)
	for _, body := range system.Audits() {
		acks, err := door.Acknowledge(posted(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range acks {
			if _, ok := booked[a.Ref]; !ok {
				t.Errorf("%s was never sent", a.Ref)
			}
			if a.Result.Err == nil && !a.Result.Receipt.Accepted {
				booked[a.Ref] = a.Result.Receipt.Ref
			}
		}
	}
	for docnum, order := range booked {
		if order == "" {
			t.Errorf("%s is not confirmed", docnum)
		}
	}
	if n, _ := system.Requests(); n < many*5/2 {
		t.Errorf("%d requests: nothing went wrong", n)
	}
}

// By plain HTTP it is at least once; where SAP checks the reference it is once.
func TestEveryOrderHTTP(t *testing.T) {
	for check, most := range map[bool]int{true: manyHTTP, false: 2 * manyHTTP} {
		system := sim.New(sim.Config{Seed: 4, System: "S4HCLNT100", CheckReference: check, Faults: sim.Faults{
			DropBefore: .1, DropAfter: .1, Overload: .05, Page: .05, TimeOut: .05, Half: .05,
		}})
		srv := httptest.NewServer(system.Handler())
		erp := open(t, "transport: http\nurl: "+srv.URL+"\n")
		for at := 0; at < manyHTTP; at += 5 {
			var docs []erpbridge.Document
			for i := at; i < at+5; i++ {
				docs = append(docs, translate(t, erp, event(numbered(i)))...)
			}
			if _, err := insist(t.Context(), erp, docs); err != nil {
				t.Fatal(err)
			}
		}
		srv.Close()
		system.Process()
		n, references := 0, map[string]bool{}
		for _, o := range system.Orders() {
			n++
			references[o.Reference] = true
		}
		if len(references) != manyHTTP || n > most || check != (n == manyHTTP) {
			t.Errorf("reference checked: %t: %d orders of %d references", check, n, len(references))
		}
		if _, bad := system.Requests(); len(bad) > 0 {
			t.Errorf("no SAP would have taken: %v", bad)
		}
	}
}

// By file, with a partner that takes files away at once, and daemons that die and start
// anew: each order is there once, and confirmed by files.
func TestEveryOrderOnceFile(t *testing.T) {
	in, acks, more := folders(t, "files")
	system := sim.New(sim.Config{Seed: 5, System: "S4HCLNT100", Faults: sim.Faults{Stuck: .2, NotPosted: .1, Twice: .2}})
	erp := open(t, more)
	waits := map[string]bool{}
	for at := 0; at < inFiles; at += 10 {
		for round := range 3 { // the states of the orders, ten orders together
			var docs []erpbridge.Document
			for i := at; i < at+10; i++ {
				if all := states(i); round < len(all) {
					docs = append(docs, translate(t, erp, all[round])...)
				}
			}
			receipts, err := insist(t.Context(), erp, docs)
			if err != nil {
				t.Fatal(err)
			}
			again, err := insist(t.Context(), open(t, more), docs) // by a daemon that knows of nothing
			if err != nil {
				t.Fatal(err)
			}
			for i := range docs {
				if receipts[i].Ref != again[i].Ref || receipts[i].Accepted != again[i].Accepted {
					t.Errorf("%s: %+v and then %+v", docs[i].Key, receipts[i], again[i])
				}
				if receipts[i].Accepted {
					waits[receipts[i].Ref] = true
				}
			}
			for range 12 { // until also what was stuck is read
				if err := system.ReadFolder(in, ".done"); err != nil {
					t.Fatal(err)
				}
			}
			system.Process()
			system.Audit()
			system.Repair()
		}
	}
	once(t, system, inFiles)
	if left, err := filepath.Glob(filepath.Join(in, "*")); err != nil || len(left) > 0 && !onlyManifests(left) {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	system.Audit()
	if err := system.WriteAudits(acks, ".done"); err != nil {
		t.Fatal(err)
	}
	var accepted []erpbridge.Accepted
	for docnum := range waits {
		accepted = append(accepted, erpbridge.Accepted{Ref: docnum})
	}
	for i, r := range erp.(erpbridge.Confirmer).Confirm(t.Context(), accepted) {
		if r.Err != nil || r.Receipt.Accepted || r.Receipt.Ref == accepted[i].Ref {
			t.Errorf("%s: %+v", accepted[i].Ref, r)
		}
	}
}

func onlyManifests(files []string) bool {
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || !info.IsDir() && !strings.HasSuffix(f, ".json") {
			return false
		}
	}
	return true
}

// The same key twice creates once, and every attempt carries the same message id.
func TestSameKeyTwice(t *testing.T) {
	system := sim.New(sim.Config{})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	erp := open(t, "url: "+srv.URL+"\n")
	docs := translate(t, erp, event(placed()))
	for range 5 {
		if r := erp.Deliver(t.Context(), docs)[0]; r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	system.Process()
	ids := map[string]bool{}
	for _, a := range system.Attempts() {
		ids[a.MessageID+a.DOCNUM] = true
	}
	if len(system.Orders()) != 1 || len(system.Attempts()) != 5 || len(ids) != 1 {
		t.Errorf("%d orders, %d attempts, %d identities", len(system.Orders()), len(system.Attempts()), len(ids))
	}
}

// A customer is there before the order that names it.
func TestCustomerFirst(t *testing.T) {
	system := sim.New(sim.Config{Customers: []string{"0000000001"}})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	erp := open(t, creating+"url: "+srv.URL+"\n")
	for _, r := range erp.Deliver(t.Context(), translate(t, erp, event(placed()))) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	system.Process()
	var ops []string
	for _, e := range system.Effects() {
		ops = append(ops, e.Op)
	}
	if got := strings.Join(ops, " "); got != "customer create" {
		t.Errorf("%s, %+v", got, system.IDocs())
	}
}

// An order that SAP works on before its customer is there stays in status 51, where it is
// seen, and is booked once it is repaired.
func TestOrderBeforeItsCustomer(t *testing.T) {
	system := sim.New(sim.Config{System: "S4HCLNT100", Customers: []string{"0000000001"}})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	erp := open(t, creating+"url: "+srv.URL+"\n")
	docs := translate(t, erp, event(placed()))
	word := func() erpbridge.Result {
		t.Helper()
		system.Audit()
		var last erpbridge.Result
		for _, body := range system.Audits() {
			acks, err := erp.(erpbridge.Acknowledger).Acknowledge(posted(body))
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range acks {
				if a.Ref == lifts(t, docs[1]).docnum {
					last = a.Result
				}
			}
		}
		return last
	}
	for i, d := range []erpbridge.Document{docs[1], docs[0]} { // SAP works them off in its own order
		if r := erp.Deliver(t.Context(), []erpbridge.Document{d})[0]; r.Err != nil {
			t.Fatal(r.Err)
		}
		system.Process()
		if r := word(); i == 0 && (r.Err != nil || !r.Receipt.Accepted || !strings.Contains(r.Receipt.Warning, "VG204")) {
			t.Errorf("without its customer: %+v", r)
		}
	}
	system.Repair()
	if r := word(); r.Err != nil || r.Receipt.Accepted || len(system.Orders()) != 1 {
		t.Errorf("repaired: %+v, %+v", r, system.Orders())
	}
}

func TestProbeAgainstTheSystem(t *testing.T) {
	system := sim.New(sim.Config{User: "BRIDGE", Password: "canary-password"})
	srv := httptest.NewServer(system.Handler())
	t.Cleanup(srv.Close)
	if err := open(t, "url: "+srv.URL+"\n").(erpbridge.Prober).Probe(t.Context()); err != nil {
		t.Error(err)
	}
	for _, more := range []string{"client: \"200\"\n", "auth: {basic: {user: BRIDGE, password: wrong}}\n", "ping_path: /sap/bc/nothing\n"} {
		if err := open(t, more+"url: "+srv.URL+"\n").(erpbridge.Prober).Probe(t.Context()); erpbridge.KindOf(err) != erpbridge.Refused {
			t.Errorf("%s: %v", more, err)
		}
	}
}
