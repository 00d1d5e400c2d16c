package suitetalk

import (
	"strings"
	"testing"
	"time"
)

// submit makes a job of records and returns its id.
func (b *testbed) submit(records ...string) string {
	b.t.Helper()
	a, err := b.call("asyncUpsertList", records...)
	if err != nil {
		b.t.Fatal(err)
	}
	status := a.body.FindElement("./asyncStatusResult/status")
	if status == nil || status.Text() != "pending" {
		b.t.Fatalf("%s", a.raw)
	}
	return a.body.FindElement("./asyncStatusResult/jobId").Text()
}

func (b *testbed) worked() {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); b.State().JobsWaiting > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal("the jobs are not worked")
		}
	}
}

// about asks about a job and returns its status, or the code of the fault.
func (b *testbed) about(id string) string {
	b.t.Helper()
	a, err := b.call("checkAsyncStatus", "<platformMsgs:jobId>"+id+"</platformMsgs:jobId>")
	if err != nil {
		b.t.Fatal(err)
	}
	if el := a.body.FindElement("./asyncStatusResult/status"); el != nil {
		return el.Text()
	}
	return a.faultCode()
}

func (b *testbed) resultsOf(id string) (answerXML, error) {
	return b.call("getAsyncResult", "<platformMsgs:jobId>"+id+"</platformMsgs:jobId><platformMsgs:pageIndex>1</platformMsgs:pageIndex>")
}

// What becomes of a job by its mode: what is said of it, what its results are, and how
// many of its two records there are.
func TestJobs(t *testing.T) {
	broken := strings.Replace(order1, "c-1", "c-9", 1)
	for name, c := range map[string]struct {
		mode    Mode
		second  string
		status  string
		effects int
		fault   string // of getAsyncResult
	}{
		"finished":  {Mode{}, order1, "finished", 2, ""},
		"mixed":     {Mode{}, broken, "finishedWithErrors", 1, ""},
		"lost":      {Mode{Kind: JobLost}, order1, "INVALID_JOB_ID", 0, "INVALID_JOB_ID"},
		"failed":    {Mode{Kind: JobFailed}, order1, "failed", 0, "JOB_NOT_COMPLETE"},
		"half":      {Mode{Kind: JobHalf}, order1, "failed", 1, "JOB_NOT_COMPLETE"},
		"forgotten": {Mode{Kind: JobForgotten}, order1, "INVALID_JOB_ID", 2, "INVALID_JOB_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{})
			if c.mode.Kind != "" {
				b.mode(c.mode)
			}
			id := b.submit(ada, c.second)
			b.worked()
			if got := b.about(id); got != c.status {
				t.Errorf("status %s, want %s", got, c.status)
			}
			a, err := b.resultsOf(id)
			if err != nil || a.body.FindElement("./asyncResult") == nil && a.faultCode() != c.fault {
				t.Errorf("%v: %s", err, a.raw)
			}
			if n := len(a.body.FindElements("./asyncResult/writeResponseList/writeResponse")); c.fault == "" && n != 2 {
				t.Errorf("%d results", n)
			}
			if st := b.State(); st.Effects != c.effects || st.Jobs != 1 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// Jobs are worked in the order they came: a slow one holds up those behind it.
func TestJobsQueue(t *testing.T) {
	b := start(t, Config{})
	b.mode(Mode{Kind: JobSlow, Delay: 50 * time.Millisecond, Count: 1})
	first := b.submit(ada)
	second := b.submit(order1) // its customer is the first job's
	if got := b.about(second); got != "pending" && got != "finished" {
		t.Error(got)
	}
	b.worked()
	if a, b := b.about(first), b.about(second); a != "finished" || b != "finished" {
		t.Errorf("%s, %s", a, b)
	}
	if st := b.State(); st.Orders != 1 || st.Customers != 1 {
		t.Errorf("%+v", st)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := b.about(first); got != "INVALID_JOB_ID" {
		t.Error(got)
	}
}

const (
	returned1 = `<platformMsgs:record xsi:type="tranCust:ReturnAuthorization" externalId="r-1"><tranCust:entity externalId="c-1" type="customer"/>
		<tranCust:memo>m</tranCust:memo><tranCust:itemList><tranCust:item><tranCust:item internalId="57"/><tranCust:quantity>1</tranCust:quantity>
		<tranCust:amount>19.90</tranCust:amount></tranCust:item></tranCust:itemList></platformMsgs:record>`
	credit1 = `<platformMsgs:record xsi:type="tranCust:CreditMemo" externalId="r-1"><tranCust:entity externalId="c-1" type="customer"/>
		<tranCust:itemList><tranCust:item><tranCust:item internalId="57"/><tranCust:rate>10.00</tranCust:rate></tranCust:item></tranCust:itemList></platformMsgs:record>`
	cash1 = `<platformMsgs:record xsi:type="tranCust:CashRefund" externalId="r-1"><tranCust:entity externalId="c-1" type="customer"/>
		<tranCust:currency internalId="1"/><tranCust:itemList><tranCust:item><tranCust:item internalId="57"/><tranCust:amount>5</tranCust:amount></tranCust:item></tranCust:itemList></platformMsgs:record>`
)

// The records of refunds have their own totals and numbers, and are a customer's: an
// entity that names an order is refused.
func TestRefundRecords(t *testing.T) {
	b := start(t, Config{})
	wantResults(t, b.upsert(ada, returned1, credit1, cash1), "ok", "ok", "ok", "ok")
	for typ, want := range map[string]string{"returnAuthorization": "RMA1002 19.90", "creditMemo": "CM1003 10.00", "cashRefund": "CR1004 5.00"} {
		r, ok := b.Record(typ, "r-1")
		if got := r.TranID + " " + r.Total; !ok || got != want || r.Entity != "1001" {
			t.Errorf("%s: %+v", typ, r)
		}
	}
	if st := b.State(); st.Refunds != 3 {
		t.Errorf("%+v", st)
	}
	wantResults(t, b.upsert(strings.Replace(credit1, `externalId="c-1" type="customer"`, `externalId="c-1" type="salesOrder"`, 1)), "RCRD_DSNT_EXIST")
	wantResults(t, b.upsert(strings.NewReplacer(`<tranCust:entity externalId="c-1" type="customer"/>`, "", "r-1", "r-2").Replace(credit1)), "USER_ERROR")
}

// Lines are closed one by one, by their numbers.
func TestClosingLines(t *testing.T) {
	b := start(t, Config{})
	two := strings.Replace(order1, "<tranSales:itemList>", `<tranSales:itemList><tranSales:item><tranSales:item internalId="58"/></tranSales:item>`, 1)
	wantResults(t, b.upsert(ada, two), "ok", "ok")
	for i, closed := range []bool{false, true} {
		record := order(`<tranSales:itemList replaceAll="false"><tranSales:item><tranSales:isClosed>true</tranSales:isClosed><tranSales:line>` +
			string(rune('1'+i)) + `</tranSales:line></tranSales:item></tranSales:itemList>`)
		a, err := b.call("updateList", record)
		if err != nil {
			t.Fatal(err)
		}
		wantResults(t, a, "ok")
		if r, _ := b.Record("salesOrder", "o-1"); r.Closed != closed || r.Lines != 2 || r.Total != "44.75" {
			t.Errorf("%+v", r)
		}
	}
}
