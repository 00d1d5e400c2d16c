package bc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const deliverOp = "bc.Deliver"

// maxLines is how many lines travel in one request: its answer repeats them, with all
// their fields.
const maxLines = 500

// Deliver brings docs into the ERP: customers first, on which others depend and which
// depend on nothing, then neighbours of one kind together. What is there already is not
// created again.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	if len(docs) > MaxBatch {
		return all(results, &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Refused,
			Err: fmt.Errorf("%d documents in one request, %d are taken: lower the batch of target %s", len(docs), MaxBatch, e.name),
		})
	}
	sent := e.lift(deliverOp, docs, results)
	slices.SortStableFunc(sent, func(a, b *lifted) int { return a.rank() - b.rank() })
	for i := 0; i < len(sent); {
		j, lines := i+1, sent[i].size()
		for j < len(sent) && sent[j].kind == sent[i].kind && lines+sent[j].size() <= maxLines {
			lines += sent[j].size()
			j++
		}
		run, twins := apart(sent[i:j])
		err := e.deliverRun(ctx, run, results)
		for twin, first := range twins {
			results[twin.index] = e.asTwin(twin, first, results[first.index])
		}
		if err != nil {
			// What was not sent waits for what it may depend on.
			for _, s := range sent[j:] {
				results[s.index].Err = notSent(err)
			}
			break
		}
		i = j
	}
	return results
}

// apart takes out of a run what has the reference of one before it: by one request it
// would be created twice.
func apart(run []*lifted) (rest []*lifted, twins map[*lifted]*lifted) {
	seen := map[string]*lifted{}
	twins = map[*lifted]*lifted{}
	for _, r := range run {
		if first := seen[fold(r.reference)]; first != nil {
			twins[r] = first
			continue
		}
		seen[fold(r.reference)] = r
		rest = append(rest, r)
	}
	return rest, twins
}

// asTwin is the result of a record that was not sent because of the one before it: the
// same, if the same was sent, or if it makes no difference what was.
func (e *ERP) asTwin(twin, first *lifted, result erpbridge.Result) erpbridge.Result {
	stays := twin.kind == customer && !e.conf.UpdateCustomers
	if result.Err == nil && (twin.sent == first.sent || stays || twin.kind == deleting) {
		return result
	}
	return erpbridge.Result{Err: &erpbridge.Error{
		Op: deliverOp, Kind: erpbridge.Transient, Err: fmt.Errorf("not sent: %s is in the same request already", twin.reference),
	}}
}

// notSent is the error of a record that was not sent because the request before it came
// to nothing.
func notSent(before error) error {
	e := &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Transient, Err: fmt.Errorf("not sent, because the request before it came to nothing: %w", before)}
	var known *erpbridge.Error
	if errors.As(before, &known) {
		switch known.Kind {
		case erpbridge.Throttled, erpbridge.Refused:
			e.Kind, e.After = known.Kind, known.After
		}
	}
	return e
}

// deliverRun delivers records of one kind. The error is that of the whole run.
func (e *ERP) deliverRun(ctx context.Context, run []*lifted, results []erpbridge.Result) error {
	s, p, err := e.open(ctx, deliverOp, run[0].service)
	if err == nil {
		err = e.suit(run, p)
	}
	if err != nil {
		spread(run, results, err)
		return err
	}
	if run[0].cancels() {
		for _, r := range run {
			results[r.index] = e.cancel(ctx, s, p, r)
		}
		return nil
	}
	if run[0].kind == creditMemo {
		if run = e.nameCustomers(ctx, p, run, results); len(run) == 0 {
			return nil
		}
	}
	absent, err := e.settled(ctx, s, p, run, results)
	if err != nil {
		spread(absent, results, err)
		return err
	}
	if len(absent) == 0 {
		return nil
	}
	return e.create(ctx, s, p, absent, results)
}

// suit brings the records into the page's order, and makes sure that they can be found
// again.
func (e *ERP) suit(run []*lifted, p *page) error {
	if err := filterable(p, run[0].field, run[0].setting); err != nil {
		return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Refused, Err: err}
	}
	mayMiss := e.conf.mayMiss()
	for _, r := range run {
		if r.record == nil {
			continue
		}
		if err := p.fit(r.record, mayMiss); err != nil {
			return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Refused, Err: err}
		}
		r.lines = linesOf(p, r.record)
	}
	return nil
}

// settled looks up which records are there already, gives those their results and returns
// the others. A record is looked for among posted documents, too, before it counts as
// absent. An error is about those that are returned with it: the others have their results,
// which an error of a later look-up does not undo.
func (e *ERP) settled(ctx context.Context, s *service, p *page, run []*lifted, results []erpbridge.Result) ([]*lifted, error) {
	found, err := e.look(ctx, deliverOp, s, p, run[0].field, references(run))
	if err != nil {
		return run, e.ofAll(run, err)
	}
	var absent []*lifted
	for _, r := range run {
		if len(found[fold(r.reference)]) == 0 {
			absent = append(absent, r)
			continue
		}
		results[r.index] = e.there(ctx, s, p, r, found[fold(r.reference)])
	}
	if len(absent) == 0 {
		return absent, nil
	}
	gone, err := e.posted(ctx, deliverOp, run[0].kind, references(absent))
	if err != nil {
		return absent, e.ofAll(absent, err)
	}
	rest := absent[:0]
	for _, r := range absent {
		if receipt, ok := gone[fold(r.reference)]; ok {
			results[r.index].Receipt = receipt
			continue
		}
		rest = append(rest, r)
	}
	return rest, nil
}

// ofAll is the error of a look-up of several records: the reference of one may have spoilt
// it for the others, such as one that is longer than its field was in older versions.
func (e *ERP) ofAll(run []*lifted, err error) error {
	out := e.harmless(deliverOp, err)
	out.Whole = len(run) > 1
	return out
}

// there decides about a record whose reference the ERP has already.
func (e *ERP) there(ctx context.Context, s *service, p *page, r *lifted, found []*etree.Element) erpbridge.Result {
	if err := several(deliverOp, erpbridge.Held, r, found); err != nil {
		return erpbridge.Result{Err: err}
	}
	theirs, like, err := e.compare(ctx, deliverOp, s, p, r, found[0])
	if err != nil {
		return erpbridge.Result{Err: e.harmless(deliverOp, err)}
	}
	if like.state == incomplete && e.unfinished.has(r) {
		return e.complete(ctx, s, p, r, theirs, like)
	}
	// Whatever became of its creation, this is what it is now.
	e.unfinished.drop(r)
	no := e.reason(value(theirs, "No"))
	receipt := erpbridge.Receipt{Ref: no, Raw: e.evidence(theirs)}
	switch {
	case like.state == same:
		return erpbridge.Result{Receipt: receipt}
	case like.state == incomplete && len(booked(linesOf(p, theirs))) == 0:
		// Nothing of what was bought is in it: that is no state of the order, whatever the
		// setting says of states.
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Held,
			Err: fmt.Errorf("the ERP has it as %s without any of its lines: its creation broke off, or somebody took them out. Delete it there and replay, or settle it there", no),
		}}
	case r.kind == customer && e.conf.UpdateCustomers:
		return e.update(ctx, s, r, theirs, r.record)
	case r.kind == customer:
		return erpbridge.Result{Receipt: receipt}
	case e.conf.Changes == HoldChanges:
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Held,
			Err: fmt.Errorf("the ERP has it as %s with other content (%s): change it there", no, e.reason(like.differ)),
		}}
	}
	receipt.Warning = "it was there already, with other content, and stays as it is: " + e.reason(like.differ)
	return erpbridge.Result{Receipt: receipt}
}

// several reports that more than one record carries a reference.
func several(op string, kind erpbridge.Kind, r *lifted, found []*etree.Element) error {
	if len(found) == 1 {
		return nil
	}
	var numbers []string
	for _, f := range found {
		numbers = append(numbers, soap.Reason(value(f, "No")))
	}
	return &erpbridge.Error{
		Op: op, Kind: kind,
		Err: fmt.Errorf("page %s has %s in %s of %s: only one can be meant, delete the others or take it out of them",
			r.service, r.reference, r.field, strings.Join(numbers, " and ")),
	}
}

// compare holds a record of the ERP's against ours. Where a list shows no lines, the
// record itself is asked.
func (e *ERP) compare(ctx context.Context, op string, s *service, p *page, r *lifted, theirs *etree.Element) (*etree.Element, likeness, error) {
	if r.kind == customer {
		return theirs, compareFields(theirs, r.record), nil
	}
	if len(r.lines) > 0 && len(linesOf(p, theirs)) == 0 && p.operation["Read"] {
		whole, err := e.read(ctx, op, s, value(theirs, "No"))
		if err != nil {
			return nil, likeness{}, err
		}
		theirs = whole
	}
	return theirs, compareLines(linesOf(p, theirs), r.lines), nil
}

func linesOf(p *page, record *etree.Element) []*etree.Element {
	if lines := record.SelectElement(p.lines); p.lines != "" && lines != nil {
		return lines.ChildElements()
	}
	return nil
}

// complete adds the lines that a record lacks whose creation broke off. Its Key makes sure
// that nobody else did so meanwhile. Where the ERP is too busy for it the record is in doubt:
// then it is looked up before anything else, by which a bridge that was restarted learns
// that it is unfinished.
func (e *ERP) complete(ctx context.Context, s *service, p *page, r *lifted, theirs *etree.Element, like likeness) erpbridge.Result {
	add := etree.NewElement(r.service)
	lines := add.CreateElement(p.lines)
	for _, l := range booked(r.lines)[like.have:] {
		lines.AddChild(l.Copy())
	}
	if there := linesOf(p, theirs); len(booked(there)) == len(there) {
		for _, l := range r.lines {
			if isText(l) {
				lines.AddChild(l.Copy())
			}
		}
	}
	result := e.update(ctx, s, r, theirs, add)
	if result.Err == nil {
		e.unfinished.drop(r)
		result.Receipt.Warning = "its creation broke off: " + e.reason(like.differ) + "; the others were added"
		return result
	}
	err := e.told(deliverOp, result.Err, erpbridge.InDoubt)
	switch err.Kind {
	case erpbridge.Transient, erpbridge.Throttled:
		err.Kind, err.After = erpbridge.InDoubt, 0
	}
	err.Err = fmt.Errorf("order %s is unfinished: %s, and the others could not be added: %w", e.reason(value(theirs, "No")), e.reason(like.differ), err.Err)
	return erpbridge.Result{Err: err}
}

// update writes fields into a record of the ERP's.
func (e *ERP) update(ctx context.Context, s *service, r *lifted, theirs, fields *etree.Element) erpbridge.Result {
	ask := element(r.service, "Update")
	record := ask.CreateElement(r.service)
	record.CreateElement("Key").CreateText(value(theirs, "Key"))
	for _, f := range fields.ChildElements() {
		record.AddChild(f.Copy())
	}
	answer, err := e.call(ctx, deliverOp, s, ask)
	var theFault *faultError
	if errors.As(err, &theFault) {
		return erpbridge.Result{Err: refusedBy(theFault, false)}
	}
	if err != nil {
		return erpbridge.Result{Err: err}
	}
	records := answer.ChildElements()
	if len(records) != 1 || !soap.Is(records[0], answer.NamespaceURI(), r.service) || value(records[0], "No") != value(theirs, "No") {
		return erpbridge.Result{Err: &erpbridge.Error{Op: deliverOp, Kind: erpbridge.InDoubt, Err: errors.New("the answer to an Update is of another record")}}
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: e.reason(value(records[0], "No")), Raw: e.evidence(records[0])}}
}

func references(run []*lifted) []string {
	out := make([]string, len(run))
	for i, r := range run {
		out[i] = r.reference
	}
	return out
}

func spread(run []*lifted, results []erpbridge.Result, err error) {
	for _, r := range run {
		results[r.index] = erpbridge.Result{Err: err}
	}
}

func all(results []erpbridge.Result, err error) []erpbridge.Result {
	for i := range results {
		results[i] = erpbridge.Result{Err: err}
	}
	return results
}
