package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const (
	asyncUpsertList  = "asyncUpsertList"
	checkAsyncStatus = "checkAsyncStatus"
	getAsyncResult   = "getAsyncResult"
)

// Async is an ERP that delivers by asyncUpsertList: NetSuite answers with the id of a
// job, works its jobs one after the other, and is asked for their results.
//
//	asyncUpsertList ──▶ jobId ──▶ Accepted, confirmed by jobId#position/records
//	       │                           │
//	       └─ no answer ──▶ InDoubt    ├─ pending, processing, retry ──▶ Accepted still
//	          (look up by Find)        └─ finished, finishedWithErrors ──▶ getAsyncResult
//	                                          ├─ saved ──▶ Receipt
//	                                          ├─ not saved, never will be ──▶ Invalid
//	                                          └─ anything else, or a job that failed or
//	                                             is not known ──▶ looked up, and where it
//	                                             is not there sent again by upsertList
//
// Sending again is safe, as always: the externalId is the same. NetSuite keeps job ids
// for 30 days. Orders that are closed, and customers that are added, do not go by a job.
type Async struct{ *ERP }

// Deliver sends the records of docs as one asyncUpsertList. What NetSuite took is
// Accepted.
func (a *Async) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	return a.deliver(ctx, docs, MaxAsyncBatch, a.submit)
}

func (e *ERP) submit(ctx context.Context, sent []lifted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(sent))
	content, err := e.call(ctx, deliverOp, asyncUpsertList, listOf(asyncUpsertList, sent))
	if err != nil {
		return all(results, whole(err))
	}
	job, err := e.readJob(content, asyncUpsertList)
	if err != nil {
		return all(results, e.inDoubt(deliverOp, "the answer is not understood: %v", err))
	}
	if job.Status == jobFailed {
		return all(results, &erpbridge.Error{Op: deliverOp, Kind: erpbridge.InDoubt, Whole: true, Err: errors.New("NetSuite says that the job failed, and not how far it came")})
	}
	for i := range results {
		results[i].Receipt = erpbridge.Receipt{Ref: ticket{job.JobId, i, len(sent)}.String(), Accepted: true, Raw: e.evidence(content)}
	}
	return results
}

// The states of a job, of which only these are told apart.
const (
	jobFailed   = "failed"
	jobFinished = "finished"
	jobMixed    = "finishedWithErrors"
)

// jobUnderway are the states of a job that has no results yet.
var jobUnderway = map[string]bool{"pending": true, "processing": true, "retry": true}

// readJob reads what NetSuite says about a job.
func (e *ERP) readJob(content *etree.Element, operation string) (*wsdl.AsyncStatusResult, error) {
	if err := e.named(content, operation+"Response"); err != nil {
		return nil, err
	}
	told := content.SelectElements("asyncStatusResult")
	if len(told) != 1 {
		return nil, errors.New("it has no asyncStatusResult")
	}
	var job wsdl.AsyncStatusResult
	if err := soap.Decode(told[0], &job); err != nil {
		return nil, err
	}
	job.JobId, job.Status = strings.TrimSpace(job.JobId), strings.TrimSpace(job.Status)
	switch {
	case job.JobId == "" || len(job.JobId) > 200 || strings.ContainsAny(job.JobId, "#/ \t\r\n"):
		return nil, fmt.Errorf("%q is not the id of a job", e.reason(clip(job.JobId)))
	case !jobUnderway[job.Status] && job.Status != jobFailed && job.Status != jobFinished && job.Status != jobMixed:
		return nil, fmt.Errorf("%q is not a state of a job", e.reason(clip(job.Status)))
	}
	return &job, nil
}

// A ticket is by what a document is confirmed: the job, its place in it, and how many
// records that has.
type ticket struct {
	job       string
	at, total int
}

func (t ticket) String() string { return fmt.Sprintf("%s#%d/%d", t.job, t.at, t.total) }

func parseTicket(ref string) (ticket, error) {
	job, place, ok := strings.Cut(ref, "#")
	at, total, also := strings.Cut(place, "/")
	n, err := strconv.Atoi(at)
	of, err2 := strconv.Atoi(total)
	if !ok || !also || errors.Join(err, err2) != nil || job == "" || n < 0 || n >= of || of > MaxAsyncBatch {
		return ticket{}, fmt.Errorf("%q does not name a job and a place in it", clip(ref))
	}
	return ticket{job, n, of}, nil
}
