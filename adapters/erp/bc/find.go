package bc

import (
	"context"
	"errors"
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
)

const findOp = "bc.Find"

// Find looks the records of docs up by their references. A record with other content is
// another state, which is as good as none: the document is to be delivered (again), and
// Deliver finds the record and does not create a second one.
func (e *ERP) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	sought := e.lift(findOp, docs, results)
	byKind := map[string][]*lifted{}
	var kinds []string
	for _, r := range sought {
		if byKind[r.kind] == nil {
			kinds = append(kinds, r.kind)
		}
		byKind[r.kind] = append(byKind[r.kind], r)
	}
	for _, kind := range kinds {
		run := byKind[kind]
		if err := e.findRun(ctx, run, results); err != nil {
			spread(run, results, e.harmless(findOp, err))
		}
	}
	return results
}

func (e *ERP) findRun(ctx context.Context, run []*lifted, results []erpbridge.Result) error {
	s, p, err := e.open(ctx, findOp, run[0].service)
	if err != nil {
		return err
	}
	if err := e.suit(run, p); err != nil {
		return err
	}
	found, err := e.look(ctx, findOp, s, p, run[0].field, references(run))
	if err != nil {
		return err
	}
	var gone []*lifted
	for _, r := range run {
		theirs := found[fold(r.reference)]
		switch {
		case len(theirs) == 0:
			gone = append(gone, r)
			continue
		case r.cancels():
			results[r.index] = e.findCancelled(r, theirs[0], len(theirs))
			continue
		}
		if err := several(findOp, erpbridge.Unknown, r, theirs); err != nil {
			results[r.index].Err = err
			continue
		}
		record, like, err := e.compare(ctx, findOp, s, p, r, theirs[0])
		if err != nil {
			results[r.index].Err = e.harmless(findOp, err)
			continue
		}
		no := e.reason(value(record, "No"))
		// A customer that is to stay as it is has no states.
		if like.state != same && (r.kind != customer || e.conf.UpdateCustomers) {
			if like.state == incomplete {
				e.unfinished.add(r) // its creation is what is in doubt
			}
			results[r.index].Err = missing("the ERP has it as %s, in another state: %s", no, e.reason(like.differ))
			continue
		}
		e.unfinished.drop(r)
		results[r.index].Receipt = erpbridge.Receipt{Ref: no, Raw: e.evidence(record)}
	}
	if err := e.findPosted(ctx, gone, results); err != nil {
		spread(gone, results, e.harmless(findOp, err)) // those that were found stay found
	}
	return nil
}

// findPosted looks for orders that are not on their page among the posted ones.
func (e *ERP) findPosted(ctx context.Context, gone []*lifted, results []erpbridge.Result) error {
	if len(gone) == 0 {
		return nil
	}
	posted := map[string]erpbridge.Receipt{}
	if !gone[0].cancels() {
		var err error
		if posted, err = e.posted(ctx, findOp, gone[0].kind, references(gone)); err != nil {
			return err
		}
	}
	for _, r := range gone {
		receipt, ok := posted[fold(r.reference)]
		switch {
		case ok:
			results[r.index].Receipt = receipt
		case r.cancels():
			results[r.index].Receipt = erpbridge.Receipt{Ref: r.reference, Warning: "the order is not there any more"}
		default:
			results[r.index].Err = missing("page %s has no %s in %s", r.service, r.reference, r.field)
		}
	}
	return nil
}

// findCancelled reports whether an order that is still there is a cancelled one.
func (e *ERP) findCancelled(r *lifted, theirs *etree.Element, n int) erpbridge.Result {
	no := e.reason(value(theirs, "No"))
	if n == 1 && r.kind == closing && compareFields(theirs, r.record).state == same {
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: no, Raw: e.evidence(theirs)}}
	}
	return erpbridge.Result{Err: missing("order %s is there and not cancelled", no)}
}

func missing(format string, args ...any) error {
	return &erpbridge.Error{Op: findOp, Kind: erpbridge.Missing, Err: fmt.Errorf(format, args...)}
}

// Probe reads the page of orders and looks for an order that is not there. It fails where
// the field that carries our reference cannot be used.
func (e *ERP) Probe(ctx context.Context) error {
	const op = "bc.Probe"
	s, p, err := e.open(ctx, op, e.conf.Pages.SalesOrder)
	if err != nil {
		return e.harmless(op, err)
	}
	if err := filterable(p, e.conf.ReferenceField, "reference_field"); err != nil {
		return &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: err}
	}
	for _, operation := range []string{"Create", "ReadMultiple"} {
		if !p.operation[operation] {
			return &erpbridge.Error{Op: op, Kind: erpbridge.Refused, Err: errors.New("page " + p.service + " has no " + operation)}
		}
	}
	if _, err := e.readMultiple(ctx, op, s, e.conf.ReferenceField, []string{"ERPBRIDGE-PROBE"}, 1); err != nil {
		return e.harmless(op, err)
	}
	return nil
}
