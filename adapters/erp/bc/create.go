package bc

import (
	"context"
	"errors"
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// create sends the records in one request. Its error is that of the request as a whole.
func (e *ERP) create(ctx context.Context, s *service, p *page, run []*lifted, results []erpbridge.Result) error {
	operation := "Create"
	ask := element(run[0].service, operation)
	into := ask
	if len(run) > 1 {
		operation = "CreateMultiple"
		ask = element(run[0].service, operation)
		into = ask.CreateElement(run[0].service + "_List")
	}
	if !p.operation[operation] {
		err := &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Refused, Err: fmt.Errorf("page %s has no %s", p.service, operation)}
		spread(run, results, err)
		return err
	}
	for _, r := range run {
		into.AddChild(r.record.Copy())
	}
	answer, err := e.call(ctx, deliverOp, s, ask)
	var theFault *faultError
	if errors.As(err, &theFault) {
		return e.afterFault(ctx, s, p, run, results, theFault)
	}
	var records []*etree.Element
	switch {
	case err != nil:
	case len(run) > 1:
		records, err = listed(answer, run[0].service+"_List", run[0].service)
	default:
		records = answer.ChildElements()
	}
	if err == nil {
		err = e.answers(run, records)
	}
	if err != nil {
		err := e.told(deliverOp, err, erpbridge.InDoubt)
		err.Whole = len(run) > 1
		spread(run, results, err)
		return err
	}
	for i, r := range run {
		results[r.index] = e.created(ctx, s, p, r, records[i])
	}
	return nil
}

// answers holds what the ERP says it created against what was sent: as many, in the same
// order, each with its reference, number and key.
func (e *ERP) answers(run []*lifted, records []*etree.Element) error {
	if len(records) != len(run) {
		return fmt.Errorf("%d records were sent and %d are in the answer", len(run), len(records))
	}
	numbers := map[string]bool{}
	for i, r := range run {
		got := records[i]
		no := value(got, "No")
		switch {
		case !soap.Is(got, namespaceOf(r.service), r.service):
			return fmt.Errorf("there is a %s in the answer", e.reason(got.Tag))
		case once(got) != nil:
			return once(got)
		case fold(value(got, r.field)) != fold(r.reference):
			return fmt.Errorf("%s was sent and %s is in the answer", r.reference, e.reason(value(got, r.field)))
		case no == "" || numbers[no]:
			return errors.New("a record in the answer has no number of its own")
		}
		numbers[no] = true
	}
	return nil
}

// created decides about a record that the ERP says it created.
func (e *ERP) created(ctx context.Context, s *service, p *page, r *lifted, theirs *etree.Element) erpbridge.Result {
	no := e.reason(value(theirs, "No"))
	receipt := erpbridge.Receipt{Ref: no, Raw: e.evidence(theirs)}
	if r.kind == customer {
		return erpbridge.Result{Receipt: receipt}
	}
	switch like := compareLines(linesOf(p, theirs), r.lines); like.state {
	case incomplete: // or the answer shows no lines
		return e.finish(ctx, s, p, r, theirs, "created, and its lines were not in the answer")
	case another:
		receipt.Warning = "the ERP made something else of it: " + e.reason(like.differ)
	}
	if warning := e.offTotal(linesOf(p, theirs), r.lines); warning != "" && receipt.Warning == "" {
		receipt.Warning = e.reason(warning)
	}
	return erpbridge.Result{Receipt: receipt}
}

// afterFault looks whether the records of a refused request were created all the same:
// they have been seen to be.
func (e *ERP) afterFault(ctx context.Context, s *service, p *page, run []*lifted, results []erpbridge.Result, f *faultError) error {
	err := refusedBy(f, len(run) > 1)
	found, lerr := e.look(ctx, deliverOp, s, p, run[0].field, references(run))
	if lerr != nil {
		doubt := e.told(deliverOp, lerr, erpbridge.InDoubt)
		doubt.Kind, doubt.Whole = erpbridge.InDoubt, len(run) > 1
		doubt.Err = fmt.Errorf("%s; and whether it was created all the same could not be learnt: %w", err.Error(), doubt.Err)
		spread(run, results, doubt)
		return doubt
	}
	for _, r := range run {
		theirs := found[fold(r.reference)]
		if len(theirs) == 0 {
			results[r.index] = erpbridge.Result{Err: err}
			continue
		}
		results[r.index] = e.createdAllTheSame(ctx, s, p, r, theirs, err)
	}
	return nil
}

func (e *ERP) createdAllTheSame(ctx context.Context, s *service, p *page, r *lifted, found []*etree.Element, said error) erpbridge.Result {
	if err := several(deliverOp, erpbridge.Held, r, found); err != nil {
		return erpbridge.Result{Err: err}
	}
	return e.finish(ctx, s, p, r, found[0], "created in spite of a fault: "+e.reason(said.Error()))
}

// refusedBy is the error that a fault comes to.
func refusedBy(f *faultError, whole bool) *erpbridge.Error {
	err := *f.said
	err.Whole = whole
	if err.Kind == erpbridge.Duplicate {
		// Something else has its number, or its key. What that is, only a person can see;
		// but a number series moves on.
		err.Kind = erpbridge.Unknown
	}
	return &err
}
