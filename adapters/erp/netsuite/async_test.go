package netsuite

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/erptest"
	"github.com/hakooi/erpbridge/cmd/erpsim/suitetalk"
	"github.com/hakooi/erpbridge/internal/testenv"
)

// asynchronous delivers an order by a job and asks once what became of it.
func asynchronous(t *testing.T, modes ...suitetalk.Mode) (sim *account, asked func() []erpbridge.Result) {
	t.Helper()
	sim = simulate(t, suitetalk.Config{})
	for _, m := range modes {
		sim.mode(t, m)
	}
	e := sim.adapter(t, "async: true").(*Async)
	docs := documents(t, e, event(placed()))
	results := e.Deliver(t.Context(), docs)
	wantKinds(t, results, "accepted", "accepted", "accepted")
	var accepted []erpbridge.Accepted
	for i, r := range results {
		if want := fmt.Sprintf("#%d/3", i); !strings.HasSuffix(r.Receipt.Ref, want) {
			t.Errorf("%s does not end with %s", r.Receipt.Ref, want)
		}
		accepted = append(accepted, erpbridge.Accepted{Document: docs[i], Ref: r.Receipt.Ref})
	}
	return sim, func() []erpbridge.Result { return e.Confirm(t.Context(), accepted) }
}

// worked waits until all jobs are.
func worked(t *testing.T, sim *account) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); sim.State().JobsWaiting > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the job is not worked")
		}
	}
}

func TestAsync(t *testing.T) {
	for name, c := range map[string]struct {
		mode suitetalk.Mode
		want []string
		said string
	}{
		"finished":                {suitetalk.Mode{}, []string{"delivered", "delivered", "delivered"}, ""},
		"thrown out":              {suitetalk.Mode{Kind: suitetalk.Reject, Match: suitetalk.Match{RecordType: "customerDeposit"}}, []string{"delivered", "delivered", "invalid"}, "USER_ERROR"},
		"not saved this time":     {suitetalk.Mode{Kind: suitetalk.Reject, Code: "RCRD_HAS_BEEN_CHANGED", Count: 1}, []string{"delivered", "delivered", "delivered"}, ""},
		"saved all the same":      {suitetalk.Mode{Kind: suitetalk.AfterSubmitFailed}, []string{"delivered", "delivered", "delivered"}, "afterSubmit"},
		"there already":           {suitetalk.Mode{Kind: suitetalk.Reject, Count: 1, Code: "DUP_RCRD", Message: "x", Match: suitetalk.Match{RecordType: "salesOrder"}}, []string{"delivered", "delivered", "delivered"}, ""},
		"job lost":                {suitetalk.Mode{Kind: suitetalk.JobLost}, []string{"delivered", "delivered", "delivered"}, ""},
		"job failed":              {suitetalk.Mode{Kind: suitetalk.JobFailed}, []string{"delivered", "delivered", "delivered"}, ""},
		"job failed in the midst": {suitetalk.Mode{Kind: suitetalk.JobHalf}, []string{"delivered", "delivered", "delivered"}, ""},
		"job forgotten":           {suitetalk.Mode{Kind: suitetalk.JobForgotten}, []string{"delivered", "delivered", "delivered"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var modes []suitetalk.Mode
			if c.mode.Kind != "" {
				modes = append(modes, c.mode)
			}
			sim, asked := asynchronous(t, modes...)
			worked(t, sim)
			results := asked()
			wantKinds(t, results, c.want...)
			if c.said != "" && !strings.Contains(fmt.Sprint(results[2].Err, results[2].Receipt.Warning), c.said) {
				t.Errorf("%q is not in %v", c.said, results[2])
			}
			if st := sim.State(); st.Duplicates != 0 || st.Orders != 1 || st.Customers != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// While a job waits nothing is known; a question without an answer changes nothing.
func TestAsyncWaits(t *testing.T) {
	sim, asked := asynchronous(t, suitetalk.Mode{Kind: suitetalk.JobSlow, Delay: time.Hour})
	results := asked()
	wantKinds(t, results, "accepted", "accepted", "accepted")
	if results[0].Receipt.Warning != "the job is pending" {
		t.Errorf("%+v", results[0])
	}
	for _, m := range []suitetalk.Mode{
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerHTML},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerDoubled},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerTruncated},
		{Kind: suitetalk.Maintenance},
		{Kind: suitetalk.DropBeforeEffect, Match: suitetalk.Match{Operation: "checkAsyncStatus"}},
	} {
		m.Count = 1
		sim.mode(t, m)
		wantKinds(t, asked(), "transient", "transient", "transient")
	}
	sim.mode(t, suitetalk.Mode{Kind: suitetalk.Throttle, Count: 1})
	wantKinds(t, asked(), "throttled", "throttled", "throttled")
	if st := sim.State(); st.Effects != 0 {
		t.Errorf("%+v", st)
	}
}

// What is saved, in a list that failed as a whole, is looked up: the same results would be
// read for ever.
func TestAsyncListThatFailed(t *testing.T) {
	a := &Async{open(t, "")}
	of := []confirmed{
		{lifted: lifted{index: 0, kind: salesOrder, externalID: "a"}, at: 0, total: 2},
		{lifted: lifted{index: 1, kind: salesOrder, externalID: "b"}, at: 1, total: 2},
	}
	for status, want := range map[string][]int{`<c:status isSuccess="false"/>`: {0}, `<c:status isSuccess="true"/>`: nil} {
		answer := strings.NewReplacer("<upsertListResponse", "<getAsyncResultResponse", "</upsertListResponse", "</asyncResult></getAsyncResultResponse", "<writeResponseList>", "<asyncResult><writeResponseList>").
			Replace(upserted(status, saved("1", "a"), failedWith("b", detail("USER_ERROR", "x"))))
		content := parse(t, []byte(answer)).FindElement("./Body/getAsyncResultResponse")
		results := make([]erpbridge.Result, len(of))
		if again := a.readResults(content, of, results); !slices.Equal(again, want) {
			t.Errorf("%s: %v are looked up, want %v: %+v", status, again, want, results)
		}
		wantKind(t, erpbridge.Invalid, results[1].Err)
	}
}

// The results of a job that are not understood say nothing.
func TestAsyncResultsNotUnderstood(t *testing.T) {
	for _, answer := range []string{
		suitetalk.AnswerHTML, suitetalk.AnswerEmpty, suitetalk.AnswerTruncated, suitetalk.AnswerFewer, suitetalk.AnswerDoubled, suitetalk.AnswerReordered,
	} {
		sim, asked := asynchronous(t)
		worked(t, sim)
		sim.mode(t, suitetalk.Mode{Kind: suitetalk.Malformed, Answer: answer, Count: 1, Match: suitetalk.Match{Operation: "getAsyncResult"}})
		if diff := cmp.Diff([]string{"transient", "transient", "transient"}, kinds(asked())); diff != "" {
			t.Errorf("%s: %s", answer, diff)
		}
		wantKinds(t, asked(), "delivered", "delivered", "delivered")
	}
}

// An answer without the job's id may have been one all the same.
func TestAsyncAnswerLost(t *testing.T) {
	for _, m := range []suitetalk.Mode{
		{Kind: suitetalk.EffectThenDrop},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerHTML},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerEmpty},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerFewer},
		{Kind: suitetalk.Malformed, Answer: suitetalk.AnswerDoubled},
	} {
		sim := simulate(t, suitetalk.Config{})
		m.Count = 1
		sim.mode(t, m)
		e := sim.adapter(t, "async: true").(*Async)
		docs := documents(t, e, event(placed()))
		wantKinds(t, e.Deliver(t.Context(), docs), "in-doubt", "in-doubt", "in-doubt")
		worked(t, sim)
		wantKinds(t, e.Find(t.Context(), docs), "delivered", "delivered", "delivered")
	}
}

func TestTicket(t *testing.T) {
	for ref, ok := range map[string]bool{
		"J_1#0/1": true, "J#199/200": true, "": false, "J": false, "J#1": false, "#0/1": false, "J#1/1": false, "J#-1/2": false, "J#0/201": false, "J#x/2": false,
	} {
		got, err := parseTicket(ref)
		if (err == nil) != ok || ok && got.String() != ref {
			t.Errorf("%q: %v, %v", ref, got, err)
		}
	}
	e := open(t, "async: true")
	docs := documents(t, e, event(placed()))
	r := (&Async{e}).Confirm(t.Context(), []erpbridge.Accepted{{Document: docs[0], Ref: "970"}})
	wantKinds(t, r, "unknown")
	url := serve(t, 503, "")
	away := &Async{open(t, "async: true\nurl: "+url+"\n")}
	r = away.Confirm(t.Context(), []erpbridge.Accepted{{Document: docs[0], Ref: "J#0/1"}, {Document: docs[1], Ref: "J#1/3"}})
	wantKinds(t, r, "transient", "unknown")
}

// Up to 200 records go in one job, 100 in one upsertList.
func TestBatchLimits(t *testing.T) {
	docs := make([]erpbridge.Document, MaxAsyncBatch+1)
	for _, c := range []struct {
		more string
		most int
	}{{"", MaxBatch}, {"async: true", MaxAsyncBatch}} {
		erp, err := New("ns", decodeYAML(withSettings(c.more+"\n")), nil)
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range map[int]erpbridge.Kind{c.most: erpbridge.Invalid, c.most + 1: erpbridge.Refused} { // documents without a body are none
			wantKind(t, want, erp.Deliver(t.Context(), docs[:n])[0].Err)
		}
	}
}

// NetSuite's own answers, of other operations and versions.
func TestConformanceJobAndStock(t *testing.T) {
	sample := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(testenv.Shared(t), "erp-samples", "netsuite-dynamics", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	job := strings.ReplaceAll(sample("06-netsuite-asyncResponse-pending.oracle-docs.xml"), "asyncGetListResponse", "asyncUpsertListResponse")
	e := at(t, serve(t, 200, job), "version: 2017_1\nasync: true")
	r := (&Async{e}).Deliver(t.Context(), documents(t, e, event(placed())))
	wantKinds(t, r, "accepted", "accepted", "accepted")
	if want := "ASYNCWEBSERVICES_563214_053120061943428686160042948_4bee0685#2/3"; r[2].Receipt.Ref != want {
		t.Errorf("%s, want %s", r[2].Receipt.Ref, want)
	}
	stock, err := at(t, serve(t, 200, sample("07-netsuite-getItemAvailabilityResponse.xml")), "version: 2016_2").ItemAvailability(t.Context(), []string{"57"})
	if err != nil || len(stock) != 2 || stock[0].Location != "1" || !stock[0].Available.Equal(dec("264")) || !stock[1].OnHand.Equal(dec("-1")) {
		t.Errorf("%+v, %v", stock, err)
	}
}

// Whatever is said, nothing becomes accepted that is not a job, and nothing is booked by
// results that are not those of the job.
func TestConformanceHostileJobs(t *testing.T) {
	erptest.Serial(t)
	dir := filepath.Join(testenv.Shared(t), "corpora", "soap-hostile")
	manifest, err := os.ReadFile(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(manifest)) {
		f := strings.Split(strings.TrimSpace(row), "\t")
		if len(f) < 3 || f[0] == "file" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{raw, asNetSuite(raw), bytes.ReplaceAll(asNetSuite(raw), []byte("upsertListResponse"), []byte("asyncUpsertListResponse")), bytes.ReplaceAll(asNetSuite(raw), []byte("upsertListResponse"), []byte("getAsyncResultResponse"))} {
			a := &Async{at(t, serve(t, 200, string(data)), "async: true")}
			doc := orderDocument(a.ERP, salesOrder, "ORD-1")
			for _, r := range append(a.Deliver(t.Context(), []erpbridge.Document{doc}), a.Confirm(t.Context(), []erpbridge.Accepted{{Document: doc, Ref: "J#0/1"}})...) {
				if r.Err == nil {
					t.Errorf("%s: %+v", f[0], r.Receipt)
				}
			}
		}
	}
}
