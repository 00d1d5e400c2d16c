package netsuite

import (
	"context"
	"fmt"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Changes says what becomes of a later state of a record that NetSuite has.
type Changes string

// The ways to treat changes.
const (
	ImportChanges    Changes = "import"    // the record is written, unless it is in that state already
	OverwriteChanges Changes = "overwrite" // the record is written, and nothing is looked up before
	KeepChanges      Changes = "keep"      // an order stays as it is
	HoldChanges      Changes = "hold"      // a person decides
)

// deliverPlainly delivers documents that need no other record to be looked up. What
// NetSuite has of them is: by one request for all, before anything is written.
//
//	look up ──▶ not there ───────────────────▶ written; a customer by addList
//	   ├─▶ there, a customer ────────────────▶ Receipt; with update_customers written
//	   ├─▶ there, with the document's marker ▶ Receipt
//	   ├─▶ there, in another state ──────────▶ written, without a status
//	   │        └─ an order ─────────────────▶ or a Receipt with a Warning, or Held (setting changes)
//	   └─▶ no answer, throttled, refused ────▶ that Kind; nothing was written
//
// Records that people have worked on (orders that are billed, deposits that are deposited)
// refuse to be written even where nothing would change, and a status that is written takes
// back what was decided since.
func (e *ERP) deliverPlainly(ctx context.Context, round []lifted, results []erpbridge.Result, write upsert) error {
	standing, err := e.standing(ctx, round)
	if err != nil {
		for _, s := range round {
			results[s.index].Err = err
		}
		return err
	}
	var added, rest []lifted
	for i, s := range round {
		if r, settled := e.hold(s, standing[i]); settled {
			results[s.index] = r
			continue
		}
		if s.operation == addList {
			added = append(added, s)
			continue
		}
		rest = append(rest, s)
	}
	if down := e.perform(ctx, added, results, e.add); down != nil {
		for _, s := range rest {
			results[s.index].Err = down
		}
		return down
	}
	return e.perform(ctx, rest, results, write)
}

// looksFirst reports whether what NetSuite has of a record decides what is done.
func (e *ERP) looksFirst(s lifted) bool {
	switch s.kind {
	case customer, salesOrder, customerDeposit:
		return s.operation == addList || e.conf.Changes != OverwriteChanges
	}
	return false
}

// standing looks up what NetSuite has of records: one answer for each, in the same order.
// One of a record that is not to be looked up is empty. The error is of the look-up as a
// whole.
func (e *ERP) standing(ctx context.Context, round []lifted) ([]seen, error) {
	standing := make([]seen, len(round))
	places := map[string]int{} // each record once
	var sought []lifted
	for _, s := range round {
		if _, ok := places[s.kind+"/"+s.externalID]; ok || !e.looksFirst(s) {
			continue
		}
		places[s.kind+"/"+s.externalID] = len(sought)
		sought = append(sought, s)
	}
	if len(sought) == 0 {
		return standing, nil
	}
	found, err := e.look(ctx, deliverOp, sought)
	if err != nil {
		return nil, whole(err)
	}
	for i, s := range round {
		if at, ok := places[s.kind+"/"+s.externalID]; ok {
			standing[i] = found[at]
		}
	}
	return standing, nil
}

// hold holds a document against what NetSuite has of its record. It is settled, or is to
// be written; of one that changes a record, what must not be written again is taken out.
func (e *ERP) hold(s lifted, has seen) (r erpbridge.Result, settled bool) {
	switch {
	case erpbridge.KindOf(has.err) == erpbridge.Missing:
		return r, false
	case has.err != nil:
		return erpbridge.Result{Err: has.err}, true
	case has.record == nil: // not looked up
		return r, false
	case s.operation == addList:
		return e.there(has.record), true
	case len(s.goods) == 0 && e.marked(has.record, s): // what an item's name stands for may have changed
		return e.there(has.record), true
	}
	switch s.kind {
	case customer:
		// NetSuite refuses another currency once there are transactions, and a customer may
		// order in several.
		remove(s.record, e.ns.relationships, "currency")
	case salesOrder:
		if r, settled = e.changed(s, has.record); settled {
			return r, true
		}
		remove(s.record, e.ns.sales, "orderStatus")
	}
	return r, false
}

// changed is what becomes of another state of an order that NetSuite has. That an order
// was cancelled is written in any case.
func (e *ERP) changed(s lifted, order *etree.Element) (r erpbridge.Result, settled bool) {
	if e.conf.Changes == ImportChanges || e.cancels(s.record) {
		return r, false
	}
	id := e.reason(soap.Attr(order, "internalId"))
	if e.conf.Changes == HoldChanges {
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: deliverOp, Kind: erpbridge.Held,
			Err: fmt.Errorf("the order changed, and NetSuite has %s as %s: change it there by hand, or set changes of target %s to import", s.externalID, id, e.name),
		}}, true
	}
	r = e.there(order)
	r.Receipt.Warning = "not written: NetSuite has another state of the order, and changes is keep"
	return r, true
}

// cancels reports whether an order is written with all its lines closed.
func (e *ERP) cancels(record *etree.Element) bool {
	open, err := e.openLines(record)
	return err == nil && len(open) == 0
}

// add adds customers by one request. One that is there in spite of the look-up before, made
// by somebody else meanwhile, is as good as added; NetSuite has several codes for that.
func (e *ERP) add(ctx context.Context, sent []lifted) []erpbridge.Result {
	results := e.write(ctx, addList, sent)
	var refused []int
	var sought []lifted
	for i, r := range results {
		if erpbridge.KindOf(r.Err) == erpbridge.Invalid {
			refused, sought = append(refused, i), append(sought, sent[i])
		}
	}
	if len(sought) == 0 {
		return results
	}
	standing, err := e.standing(ctx, sought)
	if err != nil {
		for _, i := range refused {
			results[i].Err = err
		}
		return results
	}
	for n, i := range refused {
		if standing[n].record != nil {
			results[i] = e.there(standing[n].record)
			continue
		}
		results[i] = e.adopt(ctx, sent[i], results[i])
	}
	return results
}

// remove takes a field out of a record.
func remove(record *etree.Element, space, name string) {
	for _, c := range record.ChildElements() {
		if soap.Is(c, space, name) {
			record.RemoveChild(c)
		}
	}
}
