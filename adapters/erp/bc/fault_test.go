package bc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/cmd/erpsim/navws"
)

// What goes wrong with one order, and what the attempt says of it. In the end, by looking
// up what is in doubt and trying the rest again, it is there once.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		mode navws.Mode
		want erpbridge.Kind
	}{
		{navws.Mode{Kind: navws.DropBeforeEffect}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.EffectThenDrop}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.EffectThenFault}, ""},
		{navws.Mode{Kind: navws.HeaderOnly}, ""},
		{navws.Mode{Kind: navws.HeaderThenFault}, ""},
		{navws.Mode{Kind: navws.Partial}, ""},
		{navws.Mode{Kind: navws.Locked}, erpbridge.Transient},
		{navws.Mode{Kind: navws.Throttle}, erpbridge.Throttled},
		{navws.Mode{Kind: navws.Unavailable, RetryAfter: "7"}, erpbridge.Throttled},
		{navws.Mode{Kind: navws.RefuseCredentials}, erpbridge.Refused},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerHTML}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerEmpty}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerTruncated}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerOther}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerFewer}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerNoNumber}, erpbridge.InDoubt},
		{navws.Mode{Kind: navws.Fault, Exception: "Types.Exceptions.NavNCLDialogException", Text: "Something of our own."}, erpbridge.Unknown},
		{navws.Mode{Kind: navws.Fault, Exception: "Types.Exceptions.NavCSideDuplicateKeyException", Text: "The Sales Header already exists."}, erpbridge.Unknown},
		{navws.Mode{Kind: navws.Fault, Exception: "Types.Exceptions.NavTestFieldException", Text: "Gen. Bus. Posting Group must have a value."}, erpbridge.Invalid},
		{navws.Mode{Kind: navws.Slow, Delay: time.Millisecond}, ""},
		// The look-up before the creation.
		{navws.Mode{Kind: navws.DropBeforeEffect, Match: navws.Match{Operation: "ReadMultiple"}}, erpbridge.Transient},
		{navws.Mode{Kind: navws.Malformed, Answer: navws.AnswerHTML, Match: navws.Match{Operation: "ReadMultiple"}}, erpbridge.Transient},
		{navws.Mode{Kind: navws.Fault, Exception: "Types.Exceptions.NavFilterException", Match: navws.Match{Operation: "ReadMultiple"}}, erpbridge.Unknown},
	} {
		for _, lists := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %s %s %s %v", c.mode.Kind, c.mode.Answer, c.mode.Exception, c.mode.Match.Operation, lists), func(t *testing.T) {
				sim, e := company(t, navws.Config{ListsWithoutLines: lists}, "")
				docs := translate(t, e, event(placed()))
				if err := e.Probe(t.Context()); err != nil { // and the WSDL is read
					t.Fatal(err)
				}
				c.mode.Count = 1
				if err := sim.AddMode(c.mode); err != nil {
					t.Fatal(err)
				}
				r := deliver(t, e, docs)[0]
				wantKind(t, c.want, r.Err)
				var said *erpbridge.Error
				if c.mode.RetryAfter != "" && (!errors.As(r.Err, &said) || said.After != 7*time.Second) {
					t.Errorf("what it asked for is not in %v", r.Err)
				}
				settle(t, e, docs[0], r)
				orders := sim.Records("SalesOrder")
				if len(orders) != 1 || orders[0].Total != "46.83" || len(orders[0].Lines) != 5 {
					t.Errorf("%d orders: %+v", len(orders), orders)
				}
				if st := sim.State(); st.Duplicates != 0 || st.DroppedFields != 0 {
					t.Errorf("%+v", st)
				}
			})
		}
	}
}

// settle does with a result what the outbox does, until the document is delivered.
func settle(t testing.TB, e *ERP, doc erpbridge.Document, r erpbridge.Result) int {
	t.Helper()
	docs := []erpbridge.Document{doc}
	for attempt := range 60 {
		switch kind := erpbridge.KindOf(r.Err); kind {
		case "":
			return attempt
		case erpbridge.InDoubt:
			for tries := 0; ; tries++ {
				found := e.Find(t.Context(), docs)[0]
				if found.Err == nil {
					return attempt
				}
				if erpbridge.KindOf(found.Err) == erpbridge.Missing {
					break
				}
				if tries > 60 {
					t.Fatalf("cannot be looked up: %v", found.Err)
				}
			}
		case erpbridge.Held:
			t.Fatalf("%s is held: %v", doc.Key, r.Err)
		}
		r = deliver(t, e, docs)[0]
	}
	t.Fatalf("%s is never delivered: %v", doc.Key, r.Err)
	return 0
}

// Two hundred orders with all that can go wrong at once, in batches: each is there once,
// with its lines, and comes to its total.
func TestOrdersUnderFailures(t *testing.T) {
	const n = 200
	languages := []string{"en-US", "de-DE", "fr-FR", "it-IT", "es-ES"}
	if testing.Short() {
		languages = languages[:1] // the race detector needs no more
	}
	for _, language := range languages {
		t.Run(language, func(t *testing.T) {
			sim, e := company(t, navws.Config{Language: language, ListsWithoutLines: language == "de-DE"}, "")
			for i, m := range []navws.Mode{
				{Kind: navws.DropBeforeEffect, Probability: 0.05},
				{Kind: navws.EffectThenDrop, Probability: 0.05},
				{Kind: navws.EffectThenFault, Probability: 0.05},
				{Kind: navws.HeaderOnly, Probability: 0.05},
				{Kind: navws.HeaderThenFault, Probability: 0.05},
				{Kind: navws.Partial, Probability: 0.05},
				{Kind: navws.Locked, Probability: 0.05},
				{Kind: navws.Throttle, Probability: 0.03},
				{Kind: navws.Unavailable, Probability: 0.03},
				{Kind: navws.RefuseCredentials, Probability: 0.02},
				{Kind: navws.Malformed, Answer: navws.AnswerHTML, Probability: 0.03},
				{Kind: navws.Malformed, Answer: navws.AnswerEmpty, Probability: 0.03},
				{Kind: navws.Malformed, Answer: navws.AnswerTruncated, Probability: 0.03},
				{Kind: navws.Malformed, Answer: navws.AnswerFewer, Probability: 0.03},
				{Kind: navws.Malformed, Answer: navws.AnswerNoNumber, Probability: 0.02},
				{Kind: navws.DropBeforeEffect, Probability: 0.03, Match: navws.Match{Operation: "Read"}},
				{Kind: navws.Fault, Exception: "Types.Exceptions.NavNCLDialogException", Text: "?", Probability: 0.02},
			} {
				m.Seed = uint64(i)
				if err := sim.AddMode(m); err != nil {
					t.Fatal(err)
				}
			}
			dice := rand.New(rand.NewPCG(1, 2))
			total := map[string]string{}
			for at := 0; at < n; {
				size := 1 + dice.IntN(5)
				var docs []erpbridge.Document
				for ; size > 0 && at < n; size-- {
					o := placed()
					if at%3 == 1 {
						o = included()
					}
					o.ID = fmt.Sprint(5000 + at)
					total["SHOP-"+o.ID] = o.Total.Plain()
					docs = append(docs, translate(t, e, event(o))...)
					at++
				}
				for i, r := range deliver(t, e, docs) {
					settle(t, e, docs[i], r)
				}
			}
			sim.ClearModes()
			orders := sim.Records("SalesOrder")
			if len(orders) != n {
				t.Errorf("%d orders, want %d", len(orders), n)
			}
			for _, o := range orders {
				if o.Total != total[o.Reference] {
					t.Errorf("%s comes to %s, want %s", o.Reference, o.Total, total[o.Reference])
				}
			}
			if st := sim.State(); st.Duplicates != 0 || st.DroppedFields != 0 || st.Dropped == 0 || st.Faults == 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// Orders with the same reference are not of our making; nothing is done until somebody
// says which one counts.
func TestTwoOrdersWithOneReference(t *testing.T) {
	sim, e := company(t, navws.Config{}, "")
	docs := translate(t, e, event(placed()))
	if err := sim.AddMode(navws.Mode{Kind: navws.StaleRead, Count: 1}); err != nil {
		t.Fatal(err)
	}
	delivered(t, e, docs)
	if err := sim.AddMode(navws.Mode{Kind: navws.StaleRead, Count: 1}); err != nil {
		t.Fatal(err)
	}
	delivered(t, e, docs)
	if st := sim.State(); st.Duplicates != 1 {
		t.Fatalf("the simulator kept it from happening: %+v", st)
	}
	r := deliver(t, e, docs)[0]
	wantKind(t, erpbridge.Held, r.Err)
	if !strings.Contains(r.Err.Error(), "S-ORD000001 and S-ORD000002") {
		t.Error(r.Err)
	}
	wantKind(t, erpbridge.Unknown, e.Find(t.Context(), docs)[0].Err)
}

func TestChangedOrders(t *testing.T) {
	for _, changes := range []string{"ignore", "hold"} {
		sim, e := company(t, navws.Config{}, "changes: "+changes)
		docs := translate(t, e, event(placed()))
		no := delivered(t, e, docs)
		sim.Change("SalesOrder", no, map[string]string{".Unit_Price": "1"})
		r := deliver(t, e, docs)[0]
		if changes == "hold" {
			wantKind(t, erpbridge.Held, r.Err)
		} else if r.Err != nil || !strings.Contains(r.Receipt.Warning, "Unit_Price") {
			t.Errorf("%+v", r)
		}
		wantKind(t, erpbridge.Missing, e.Find(t.Context(), docs)[0].Err)
	}
}

// A price of the ERP's own is warned of.
func TestAmountsOfTheERPs(t *testing.T) {
	_, e := company(t, navws.Config{}, "")
	docs := translate(t, e, event(placed()))
	l, err := e.liftOne(docs[0])
	if err != nil {
		t.Fatal(err)
	}
	theirs := l.record.SelectElement(salesLines).Copy()
	for _, line := range theirs.ChildElements() {
		line.CreateElement("Line_Amount").CreateText("1")
	}
	if w := e.offTotal(theirs.ChildElements(), l.record.SelectElement(salesLines).ChildElements()); !strings.Contains(w, "comes to 1 in the ERP") {
		t.Errorf("warning %q", w)
	}
}

// A page that does not show a field that we send would drop it: the target is refused, by
// the field's name, until the page shows it or the settings let it go.
func TestMissingField(t *testing.T) {
	sim, e := company(t, navws.Config{HiddenFields: []string{"Ship_to_County", "Ship_to_Address_2"}}, "missing_fields: [Ship_to_County]")
	docs := translate(t, e, event(placed()))
	r := deliver(t, e, docs)[0]
	wantKind(t, erpbridge.Refused, r.Err)
	if !strings.Contains(r.Err.Error(), "Ship_to_Address_2") {
		t.Error(r.Err)
	}
	if st := sim.State(); st.Creates != 0 {
		t.Fatal("it was sent")
	}
	sim.Show("Ship_to_Address_2")
	e.now = func() time.Time { return time.Now().Add(2 * pageFor) } // the WSDL is believed for a while
	delivered(t, e, docs)
	if st := sim.State(); st.DroppedFields != 0 || st.WSDLs != 2+1 { // the order's twice, the posted invoices'
		t.Errorf("%+v", st)
	}
}

func TestReferenceFieldMustBeThere(t *testing.T) {
	sim, e := company(t, navws.Config{HiddenFields: []string{"External_Document_No"}}, "")
	err := e.Probe(t.Context())
	wantKind(t, erpbridge.Refused, err)
	if !strings.Contains(err.Error(), "External_Document_No") {
		t.Error(err)
	}
	docs := translate(t, e, event(placed()))
	wantKind(t, erpbridge.Refused, deliver(t, e, docs)[0].Err)
	wantKind(t, erpbridge.Refused, e.Find(t.Context(), docs)[0].Err)
	if st := sim.State(); st.Creates != 0 {
		t.Error("it was sent")
	}
}

// A fault that may mean that the page has changed makes the WSDL be read again.
func TestPageThatChanges(t *testing.T) {
	sim, e := company(t, navws.Config{}, "missing_fields: [Ship_to_City]")
	docs := translate(t, e, event(placed()))
	delivered(t, e, docs)
	before := sim.State().WSDLs
	if err := sim.AddMode(navws.Mode{Kind: navws.Fault, Exception: "ActionNotSupported", Count: 1}); err != nil {
		t.Fatal(err)
	}
	o := placed()
	o.ID = "9"
	docs = translate(t, e, event(o))
	wantKind(t, erpbridge.Refused, deliver(t, e, docs)[0].Err)
	sim.Hide("Ship_to_City")
	delivered(t, e, docs)
	if st := sim.State(); st.WSDLs != before+1 || st.DroppedFields != 0 {
		t.Errorf("%+v", st)
	}
}

func TestWSDLThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		header string
		want   erpbridge.Kind
	}{
		{http.StatusUnauthorized, "<html/>", "", erpbridge.Refused},
		{http.StatusNotFound, "", "", erpbridge.Refused},
		{http.StatusFound, "", "", erpbridge.Refused},
		{http.StatusTooManyRequests, "", "3", erpbridge.Throttled},
		{http.StatusServiceUnavailable, "", "3", erpbridge.Throttled},
		{http.StatusServiceUnavailable, "", "", erpbridge.Transient},
		{http.StatusBadGateway, "<html/>", "", erpbridge.Transient},
		{http.StatusOK, "<!DOCTYPE html><html/>", "", erpbridge.Transient},
		{http.StatusOK, "", "", erpbridge.Transient},
		{http.StatusOK, "<html/>", "", erpbridge.Refused},
		{http.StatusOK, pageWSDL("Customer"), "", erpbridge.Refused},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				t.Error("a request was sent")
			}
			if c.header != "" {
				w.Header().Set("Retry-After", c.header)
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		e := open(t, srv.URL, "")
		docs := translate(t, e, event(placed()))
		for what, err := range map[string]error{"Deliver": deliver(t, e, docs)[0].Err, "Find": e.Find(t.Context(), docs)[0].Err, "Probe": e.Probe(t.Context())} {
			if kind := erpbridge.KindOf(err); kind != c.want {
				t.Errorf("HTTP %d %.20q: %s says %q, want %q: %v", c.status, c.body, what, kind, c.want, err)
			}
		}
		srv.Close()
	}
}

func TestHangingWSDLHonoursTheContext(t *testing.T) {
	over := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer srv.Close()
	defer close(over)
	e := open(t, srv.URL, "")
	docs := translate(t, e, event(placed()))
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	wantKind(t, erpbridge.Transient, e.Deliver(ctx, docs)[0].Err)
}

func TestTokens(t *testing.T) {
	sim, err := navws.New(navws.Config{Company: "CRONUS International Ltd.", ClientID: "app", ClientSecret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(sim.Handler())
	defer srv.Close()
	defer func() { _ = sim.Close() }()
	e := open(t, srv.URL, "auth: {basic: null, oauth2: {token_url: '"+srv.URL+"/token', client_id: app, client_secret: s3cret, scope: 'x/.default'}}")
	docs := translate(t, e, event(placed()))
	no := delivered(t, e, docs)
	sim.ExpireTokens()
	if again := delivered(t, e, docs); again != no { // the first request after it may be refused
		t.Errorf("%s and again %s", no, again)
	}
}
