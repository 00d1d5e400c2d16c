package fo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/hakooi/erpbridge"
)

const confirmOp = "fo.Confirm"

// Confirm asks how the imports of accepted documents went, and reads back the orders of
// those that are over.
//
//	state        the order, as it is read back       result
//	under way    is not read                         still Accepted
//	succeeded    whole                               Receipt; other amounts are its Warning
//	partly       as it was sent                      Receipt with a Warning
//	failed       as it was sent                      Receipt with a Warning: it was there already
//	any of them  lines missing, or other ones        Invalid, with the lines and F&O's reasons
//	unknown      as it was sent                      Receipt
//	unknown      not so                              Accepted for unknown_after, then Missing
func (e *ERP) Confirm(ctx context.Context, docs []erpbridge.Accepted) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	imports := map[string]*outcome{}
	for start := 0; start < len(docs); start += MaxBatch {
		end := min(start+MaxBatch, len(docs))
		e.confirm(ctx, docs[start:end], results[start:end], imports)
	}
	return results
}

// An outcome is what F&O says of an import.
type outcome struct {
	progress  progress
	word      string // F&O's own
	execution string // the id of its execution, where that is known
	err       error  // it could not be learnt
	reasons   *reasons
}

func (e *ERP) confirm(ctx context.Context, docs []erpbridge.Accepted, results []erpbridge.Result, imports map[string]*outcome) {
	plain := make([]erpbridge.Document, len(docs))
	for i, d := range docs {
		plain[i] = d.Document
	}
	var over []lifted
	for _, s := range e.lift(confirmOp, plain, results, erpbridge.Refused) {
		d := docs[s.index]
		o := imports[d.Ref]
		if o == nil {
			o = e.outcome(ctx, d.Ref)
			imports[d.Ref] = o
		}
		switch {
		case o.err != nil:
			results[s.index].Err = harmless(o.err)
		case o.progress == underWay:
			results[s.index].Receipt = accepted(d.Ref, o.word)
		default:
			over = append(over, s)
		}
	}
	if len(over) == 0 {
		return
	}
	findings, err := e.look(ctx, confirmOp, ordersOf(over))
	for i, s := range over {
		d := docs[s.index]
		if err != nil {
			results[s.index].Err = harmless(err)
			continue
		}
		results[s.index] = e.concluded(ctx, d, s.order, imports[d.Ref], findings[i])
	}
}

// concluded says what became of one order whose import is over.
func (e *ERP) concluded(ctx context.Context, d erpbridge.Accepted, o *order, out *outcome, f *finding) erpbridge.Result {
	switch {
	case f.exact() && out.progress == succeeded:
		return erpbridge.Result{Receipt: e.receipt(o, out.word, f.remarks())}
	case f.exact():
		return erpbridge.Result{Receipt: e.receipt(o, out.word, joined("the import was "+out.word+", and the order is whole", f.remarks()))}
	case f.whole() && out.progress == succeeded:
		return erpbridge.Result{Receipt: e.receipt(o, out.word, f.remarks())}
	case out.progress == unknown && e.now().Before(d.Since.Add(e.conf.UnknownAfter)):
		return erpbridge.Result{Receipt: accepted(d.Ref, "F&O does not know the import yet")}
	case out.progress == unknown:
		return erpbridge.Result{Err: e.client.fail(confirmOp, erpbridge.Missing, fmt.Errorf("F&O knows nothing of the import %s; %s", d.Ref, f.lacks()))}
	}
	err := e.client.fail(confirmOp, erpbridge.Invalid, e.why(ctx, d.Ref, o, out, f))
	err.Code = out.word
	return erpbridge.Result{Err: err}
}

// why words an import that did not book an order as it should be.
func (e *ERP) why(ctx context.Context, ref string, o *order, out *outcome, f *finding) error {
	if out.reasons == nil {
		out.reasons = e.reasons(ctx, out.execution)
	}
	text := fmt.Sprintf("the import is %s, and sales order %s is not whole: %s", out.word, o.number(), f.lacks())
	if told := out.reasons.about(o); told != "" {
		text += ". F&O says: " + told
		if isPassing(told) {
			text += " (this passes: send it again)"
		}
	}
	return errors.New(text + ". See job history, " + ref)
}

func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "; ")
}

// outcome asks for the state of the import that a reference names.
func (e *ERP) outcome(ctx context.Context, ref string) *outcome {
	if id, ok := strings.CutPrefix(ref, executionRef); ok {
		p, word, err := e.execution(ctx, confirmOp, id)
		return &outcome{progress: p, word: word, execution: id, err: err}
	}
	if id, ok := strings.CutPrefix(ref, messageRef); ok {
		return e.message(ctx, id)
	}
	return &outcome{err: e.client.fail(confirmOp, erpbridge.Unknown, fmt.Errorf("%q names no import", clip(ref, 60)))}
}

// A jobStatus is what jobstatus answers.
type jobStatus struct {
	Status *struct {
		State     word   `json:"DataJobState"`
		Execution string `json:"ExecutionIdentifier"`
	} `json:"DataJobStatus"`
}

// A word is a name of an enumeration, or its number.
type word string

// UnmarshalJSON reads either.
func (w *word) UnmarshalJSON(raw []byte) error {
	*w = word(strings.Trim(string(raw), `"`))
	if *w == "null" {
		*w = ""
	}
	return nil
}

// message asks for the state of a message of the recurring data job.
func (e *ERP) message(ctx context.Context, id string) *outcome {
	if e.conf.Activity == "" {
		return &outcome{err: e.client.fail(confirmOp, erpbridge.Refused, errors.New("documents were accepted in mode recurring, and activity_id is not set: set it until they are confirmed"))}
	}
	got, err := e.send(ctx, request{
		op: confirmOp, method: http.MethodGet, absent: true,
		url: e.conf.base() + "/api/connector/jobstatus/%7B" + e.conf.Activity + "%7D?jobId=" + url.QueryEscape(id),
	})
	if err != nil {
		return &outcome{err: err}
	}
	if got.status == http.StatusNotFound || got.status == http.StatusNoContent {
		return &outcome{progress: unknown, word: "unknown"}
	}
	var answer jobStatus
	if err := decodeJSON(got.raw, &answer); err != nil {
		return &outcome{err: e.client.fail(confirmOp, erpbridge.Transient, fmt.Errorf("the answer of jobstatus is not understood: %w", err))}
	}
	if answer.Status == nil || answer.Status.State == "" {
		return &outcome{err: e.client.fail(confirmOp, erpbridge.Transient, errors.New("the answer of jobstatus has no state"))}
	}
	out := &outcome{progress: stateOf(messageStates, string(answer.Status.State)), word: clip(string(answer.Status.State), 60)}
	if out.progress == notUnderstood {
		return &outcome{err: e.client.fail(confirmOp, erpbridge.Transient, fmt.Errorf("the message is %q, which is no state that is known", out.word))}
	}
	if execution := answer.Status.Execution; execution != "" && execution != uuid.Nil.String() {
		out.execution = execution
	}
	if out.execution == "" && (out.progress == partly || out.progress == failed) {
		out.execution = e.executionOf(ctx, id)
	}
	return out
}

// executionOf asks for the execution of a message, for its reasons alone; "" where there
// is none.
func (e *ERP) executionOf(ctx context.Context, message string) string {
	var id string
	if err := e.call(ctx, confirmOp, "GetExecutionIdByMessageId", false, map[string]string{"_messageId": message}, &id); err != nil || id == uuid.Nil.String() {
		return ""
	}
	return id
}
