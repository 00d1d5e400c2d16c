package netsuite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const confirmOp = "netsuite.Confirm"

// Confirm asks for the jobs of accepted documents, and for the results of those that
// are finished. What a job did not save for a reason that may pass, or what nobody knows
// of a job, is looked up, and sent once more where it is not there: by upsertList, whose
// answer says what became of it.
func (a *Async) Confirm(ctx context.Context, accepted []erpbridge.Accepted) []erpbridge.Result {
	docs := make([]erpbridge.Document, len(accepted))
	for i, d := range accepted {
		docs[i] = d.Document
	}
	results := make([]erpbridge.Result, len(accepted))
	jobs := map[string][]confirmed{}
	var order []string // of the jobs, as they were asked about
	for _, l := range a.lift(docs, results) {
		t, err := parseTicket(accepted[l.index].Ref)
		if of := jobs[t.job]; err == nil && of != nil && of[0].total != t.total {
			err = fmt.Errorf("job %s is said to have %d records, and %d", t.job, of[0].total, t.total)
		}
		if err != nil {
			results[l.index].Err = &erpbridge.Error{Op: confirmOp, Kind: erpbridge.Unknown, Err: err}
			continue
		}
		if jobs[t.job] == nil {
			order = append(order, t.job)
		}
		jobs[t.job] = append(jobs[t.job], confirmed{lifted: l, at: t.at, total: t.total})
	}
	var again []int
	for _, job := range order {
		missed := a.ask(ctx, job, jobs[job], results)
		for _, c := range jobs[job] {
			if slices.Contains(missed, c.index) || notTaken(results[c.index].Err) {
				a.distrust(c.lifted)
			}
		}
		again = append(again, missed...)
	}
	a.mend(ctx, docs, again, results)
	return results
}

// A confirmed is a record on its way out of a job.
type confirmed struct {
	lifted
	at, total int
}

// ask asks about one job, and returns which of its documents it gives no result for.
func (a *Async) ask(ctx context.Context, job string, of []confirmed, results []erpbridge.Result) (again []int) {
	content, err := a.jobCall(ctx, checkAsyncStatus, job)
	if err == nil {
		status, readErr := a.readJob(content, checkAsyncStatus)
		switch {
		case readErr != nil:
			err = a.harmless(confirmOp, readErr)
		case status.JobId != job:
			err = a.harmless(confirmOp, fmt.Errorf("asked about job %s and told about %s", job, a.reason(status.JobId)))
		case jobUnderway[status.Status]:
			for _, c := range of {
				results[c.index].Receipt = erpbridge.Receipt{Ref: ticket{job, c.at, c.total}.String(), Accepted: true, Warning: "the job is " + status.Status}
			}
			return nil
		case status.Status == jobFailed:
			return indices(of)
		default:
			content, err = a.jobCall(ctx, getAsyncResult, job)
		}
	}
	switch {
	case codeOf(err) == "INVALID_JOB_ID": // NetSuite knows nothing of it, any more
		return indices(of)
	case err != nil:
		for _, c := range of {
			results[c.index].Err = err
		}
		return nil
	}
	return a.readResults(content, of, results)
}

func indices(of []confirmed) (list []int) {
	for _, c := range of {
		list = append(list, c.index)
	}
	return list
}

// jobCall asks about a job. Nothing is in doubt when there is no answer.
func (a *Async) jobCall(ctx context.Context, operation, job string) (*etree.Element, error) {
	ask := etree.NewElement(msgs + ":" + operation)
	ask.CreateElement(msgs + ":jobId").CreateText(job)
	if operation == getAsyncResult {
		ask.CreateElement(msgs + ":pageIndex").CreateText(strconv.Itoa(1)) // what one request can have is on one page
	}
	content, err := a.call(ctx, confirmOp, operation, ask)
	if err != nil {
		return nil, a.harmless(confirmOp, err)
	}
	return content, nil
}

// readResults reads the results of a job, and returns which documents it gives none for
// that could stand. A job has a result for each record that was sent, in their order;
// of those that are not asked about only the number is known.
func (a *Async) readResults(content *etree.Element, of []confirmed, results []erpbridge.Result) (again []int) {
	lists := content.SelectElements("asyncResult")
	err := a.named(content, getAsyncResult+"Response")
	if err == nil && len(lists) != 1 {
		err = errors.New("it has no asyncResult")
	}
	if err == nil {
		if n := len(lists[0].FindElements("./writeResponseList/writeResponse")); n != of[0].total {
			err = fmt.Errorf("%d records sent, %d results", of[0].total, n)
		}
	}
	if err != nil {
		for _, c := range of {
			results[c.index].Err = a.harmless(confirmOp, fmt.Errorf("the results of a job are not understood: %w", err))
		}
		return nil
	}
	sent := make([]lifted, of[0].total)
	for i := range sent { // records that are not asked about agree with whatever is said of them
		sent[i] = unknownAt(lists[0], i)
	}
	for _, c := range of {
		sent[c.at] = c.lifted
	}
	status := lists[0].FindElement("./writeResponseList/status")
	failed := status != nil && !slices.Contains([]string{"true", "1"}, soap.Attr(status, "isSuccess"))
	read := a.readList(lists[0], sent)
	for _, c := range of {
		r := read[c.at]
		switch kind := erpbridge.KindOf(r.Err); {
		case kind == erpbridge.Invalid && c.kind != customer && existsElsewhere(codeOf(r.Err)):
			again = append(again, c.index) // made by another attempt, perhaps: see upsert
		case kind == "" || kind == erpbridge.Invalid:
			results[c.index] = r
		case kind == erpbridge.InDoubt && !failed: // what is saved in a list that failed is looked up
			results[c.index].Err = a.harmless(confirmOp, r.Err)
		default:
			again = append(again, c.index)
		}
	}
	return again
}

// unknownAt stands for a record that is not asked about: it is called what the result
// calls it.
func unknownAt(list *etree.Element, i int) lifted {
	response := list.FindElements("./writeResponseList/writeResponse")[i]
	l := lifted{kind: "record " + strconv.Itoa(i)}
	if ref := response.SelectElement("baseRef"); ref != nil {
		l.externalID = soap.Attr(ref, "externalId")
	}
	return l
}

// mend looks documents up that no job answers for, and sends what is not there.
func (a *Async) mend(ctx context.Context, docs []erpbridge.Document, which []int, results []erpbridge.Result) {
	if len(which) == 0 {
		return
	}
	var lost []erpbridge.Document
	for _, i := range which {
		lost = append(lost, docs[i])
	}
	var absent []erpbridge.Document
	var places []int
	for n, r := range a.Find(ctx, lost) {
		results[which[n]] = r
		if erpbridge.KindOf(r.Err) == erpbridge.Missing {
			absent, places = append(absent, lost[n]), append(places, which[n])
		}
	}
	for len(absent) > 0 {
		n := min(len(absent), MaxBatch)
		for i, r := range a.ERP.Deliver(ctx, absent[:n]) {
			results[places[i]] = r
		}
		absent, places = absent[n:], places[n:]
	}
}
