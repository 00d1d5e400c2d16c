package netsuite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

const findOp = "netsuite.Find"

// Find looks the records of docs up by externalId and compares their markers. A
// record with another marker is another state, which is as good as none: the
// document is to be delivered (again), and upsert makes that safe. A customer that is only
// added is found in whatever state it is. An order that was to be closed is looked at
// instead: whether any of its lines is open.
func (e *ERP) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	sought := e.lift(docs, results)
	if len(sought) == 0 {
		return results
	}
	found, err := e.look(ctx, findOp, sought)
	for i, s := range sought {
		switch {
		case err != nil:
			results[s.index].Err = err
		case found[i].err != nil:
			results[s.index].Err = found[i].err
		default:
			results[s.index] = e.compare(found[i].record, s)
		}
	}
	return results
}

// A seen is what a look-up found of one record.
type seen struct {
	record *etree.Element
	err    error // why there is none
}

// look reads records by their external ids: one for each sought, in the same order. The
// error is of the look-up as a whole.
func (e *ERP) look(ctx context.Context, op string, sought []lifted) ([]seen, error) {
	content, err := e.call(ctx, op, "getList", e.lookup(sought))
	if err != nil {
		return nil, e.harmless(op, err)
	}
	found, err := e.readGet(op, content, sought)
	if err != nil {
		return nil, e.harmless(op, err)
	}
	return found, nil
}

// lookup returns the request for records by their external ids.
func (e *ERP) lookup(sought []lifted) *etree.Element {
	list := etree.NewElement(msgs + ":getList")
	for _, s := range sought {
		ref := list.CreateElement(msgs + ":baseRef")
		ref.CreateAttr("xsi:type", core+":RecordRef")
		ref.CreateAttr("externalId", s.externalID)
		ref.CreateAttr("type", recordTypes[s.kind])
	}
	return list
}

// readGet reads the answer to a getList: one result for each record sought, in
// the same order.
func (e *ERP) readGet(op string, content *etree.Element, sought []lifted) ([]seen, error) {
	var answer wsdl.GetListResponse
	if err := e.decode(content, "getListResponse", &answer); err != nil {
		return nil, fmt.Errorf("the answer is not understood: %w", err)
	}
	responses := content.FindElements("./readResponseList/readResponse")
	if list := answer.ReadResponseList; list != nil && list.Status != nil && len(responses) == 0 {
		if err := e.readable(op, list.Status); err != nil {
			return nil, err
		}
	}
	if answer.ReadResponseList == nil || len(responses) != len(sought) {
		return nil, fmt.Errorf("%d records looked up, %d results", len(sought), len(responses))
	}
	// "Not found" has no name and is believed by its place alone. So one name in the
	// wrong place spoils all places: what is taken for absent would be sent again.
	for i, r := range responses {
		if record := r.SelectElement("record"); record != nil {
			if id := soap.Attr(record, "externalId"); id != "" && !strings.EqualFold(id, sought[i].externalID) {
				return nil, fmt.Errorf("looked up %s and got %s", sought[i].externalID, e.reason(id))
			}
		}
	}
	found := make([]seen, len(sought))
	for i, got := range answer.ReadResponseList.ReadResponse {
		record, err := e.readRecord(op, got.Status, responses[i])
		if err != nil {
			err = e.harmless(op, err)
		}
		found[i] = seen{record, err}
	}
	return found, nil
}

// readable returns why a list without a record has none: what its status as a whole says.
// That something is "not there" is said of a record, and not of a list. Where there are
// records they speak for themselves: a list may have failed for one of them that is not there.
func (e *ERP) readable(op string, list *wsdl.Status) error {
	ok, err := success(list)
	if err != nil || ok {
		return err
	}
	failed := e.notFound(op, list)
	if failed.Kind != erpbridge.Throttled && failed.Kind != erpbridge.Refused {
		failed.Kind = erpbridge.Transient
	}
	return failed
}

// readRecord reads one result of a look-up. What the record is its xsi:type
// says, which is why it is read from the tree.
func (e *ERP) readRecord(op string, status *wsdl.Status, response *etree.Element) (*etree.Element, error) {
	ok, err := success(status)
	if err != nil {
		return nil, err
	}
	if !ok {
		err := e.notFound(op, status)
		if lacksPermission(err.Code) {
			err.Kind = erpbridge.Unknown // it is said of this record, and the others are told
		}
		return nil, err
	}
	records := response.SelectElements("record")
	if len(records) != 1 {
		return nil, fmt.Errorf("a look-up succeeded with %d records", len(records))
	}
	if id := soap.Attr(records[0], "internalId"); !savedShape.MatchString(id) {
		return nil, fmt.Errorf("a look-up succeeded with %q for an internal id", clip(id))
	}
	return records[0], nil
}

// compare reports whether a record is in the state that a document makes of it.
func (e *ERP) compare(record *etree.Element, sought lifted) erpbridge.Result {
	id := soap.Attr(record, "internalId")
	same := sought.operation == addList || e.marked(record, sought)
	if sought.kind == closing {
		open, err := e.openLines(record)
		if err != nil {
			return erpbridge.Result{Err: err}
		}
		same = len(open) == 0
	}
	if !same {
		return erpbridge.Result{Err: &erpbridge.Error{
			Op: findOp, Kind: erpbridge.Missing,
			Err: fmt.Errorf("NetSuite has %s as %s, in another state", sought.externalID, e.reason(id)),
		}}
	}
	return e.there(record)
}

// there is the result of a document that NetSuite has in a record, without its being sent.
func (e *ERP) there(record *etree.Element) erpbridge.Result {
	return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: e.reason(soap.Attr(record, "internalId")), Raw: e.evidence(record)}}
}

// marked reports whether a record of NetSuite's is in the state that a document makes of it.
func (e *ERP) marked(record *etree.Element, s lifted) bool {
	mark := e.markerOf(s)
	return mark != "" && strings.Contains(e.remark(record, s.kind), mark)
}

// remark returns the field of a record that carries the marker.
func (e *ERP) remark(record *etree.Element, kind string) string {
	space, name := e.ns.sales, "memo"
	switch kind {
	case customer:
		space, name = e.ns.relationships, "comments"
	case customerDeposit, returnAuthorization, creditMemo, cashRefund:
		space = e.ns.customers
	}
	for _, child := range record.ChildElements() {
		if soap.Is(child, space, name) {
			return child.Text()
		}
	}
	return ""
}

// Probe asks NetSuite for its time, signed like any other request.
func (e *ERP) Probe(ctx context.Context) error {
	const op = "netsuite.Probe"
	content, err := e.call(ctx, op, "getServerTime", etree.NewElement(msgs+":getServerTime"))
	if err != nil {
		return e.harmless(op, err)
	}
	var answer wsdl.GetServerTimeResponse
	if err := e.decode(content, "getServerTimeResponse", &answer); err != nil {
		return e.harmless(op, err)
	}
	if answer.GetServerTimeResult == nil {
		return e.harmless(op, errors.New("an answer without a result"))
	}
	ok, err := success(answer.GetServerTimeResult.Status)
	if err != nil {
		return e.harmless(op, err)
	}
	if !ok {
		return e.notFound(op, answer.GetServerTimeResult.Status)
	}
	return nil
}

// notFound is the error of a failed look-up. That a look-up is invalid says
// nothing against the document looked up.
func (e *ERP) notFound(op string, status *wsdl.Status) *erpbridge.Error {
	said := e.details(status)
	if said.kind == erpbridge.Invalid {
		said.kind = erpbridge.Unknown
	}
	if lacksPermission(said.code) {
		said.kind = erpbridge.Refused // it is said of the request
	}
	return &erpbridge.Error{Op: op, Kind: said.kind, Code: said.code, Err: errors.New(said.text)}
}

// harmless is the error of a request without effect: nothing is in doubt after
// it, it can be asked again.
func (e *ERP) harmless(op string, err error) error {
	var known *erpbridge.Error
	if !errors.As(err, &known) {
		return &erpbridge.Error{Op: op, Kind: erpbridge.Transient, Err: errors.New(e.reason(err.Error()))}
	}
	if known.Kind != erpbridge.InDoubt {
		return err
	}
	c := *known
	c.Kind = erpbridge.Transient
	return &c
}

// Keyed reports that NetSuite keeps an external id unique within a type of record,
// and that upsertList writes to the record that has it.
func (e *ERP) Keyed() bool { return true }
