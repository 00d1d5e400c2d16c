package gp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/gp"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Find reads each order back by its number. An older state of it, or somebody else's
// order of that number, is Missing: this state is surely not there, and Deliver then
// says what stands in its way.
func (e *ERP) Find(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		results[i] = e.find(ctx, d)
	}
	return results
}

func (e *ERP) find(ctx context.Context, d erpbridge.Document) erpbridge.Result {
	const op = "gp.Find"
	body, err := soap.Parse(d.Body, "")
	if err != nil {
		return failed(op, erpbridge.Invalid, fmt.Errorf("reading the document: %w", err))
	}
	number := numberOf(body)
	there, err := e.read(ctx, op, number)
	if err != nil {
		return erpbridge.Result{Err: err}
	}
	found := erpbridge.Result{Receipt: erpbridge.Receipt{Ref: number}}
	if d.Kind == voidOrder {
		if reference(there) == referenceOf(d) && voided(there) {
			return found
		}
		return failed(op, erpbridge.Missing, fmt.Errorf("order %s is not voided, or is somebody else's", number))
	}
	if body.SelectElement("salesOrder") == nil || compare(there, body) != same {
		return failed(op, erpbridge.Missing, fmt.Errorf("GP has an order %s, in another state", number))
	}
	return found
}

// read returns the order of a number. The error is of kind Missing if there is none.
func (e *ERP) read(ctx context.Context, op, number string) (*wsdl.SalesOrder, error) {
	get := etree.NewElement("GetSalesOrderByKey")
	get.CreateAttr("xmlns", nsGP)
	get.CreateAttr("xmlns:xsi", nsXSI)
	get.AddChild(id("key", number))
	get.AddChild(e.context())
	content, err := e.get(ctx, op, get)
	if err != nil {
		return nil, err
	}
	unknown := func(format string, args ...any) (*wsdl.SalesOrder, error) {
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: fmt.Errorf(format, args...)}
	}
	var answer wsdl.GetSalesOrderByKeyResponse
	if err := soap.Decode(content, &answer, nsGP); err != nil {
		return unknown("what GP told of order %s is not understood: %w", number, err)
	}
	there := answer.GetSalesOrderByKeyResult
	switch {
	case there == nil, there.SalesDocument == nil:
		// What is not there is a Fault. An answer without an order says nothing.
		return unknown("GP was asked for order %s and told of none", number)
	case there.Key == nil, !strings.EqualFold(strings.TrimSpace(there.Key.Id), number): // SQL Server's keys know no case
		return unknown("GP was asked for order %s and told of another", number)
	}
	return there, nil
}

// get makes one request that has no effect.
func (e *ERP) get(ctx context.Context, op string, body *etree.Element) (*etree.Element, error) {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	envelope, err := enveloped(body)
	if err != nil {
		return nil, err
	}
	answer, err := e.soap.Call(ctx, nsGP+"/"+body.Tag, envelope)
	var known *erpbridge.Error
	switch {
	case errors.As(err, &known):
		known.Op = op
		switch known.Kind {
		case erpbridge.InDoubt:
			known.Kind = erpbridge.Transient // nothing was done: asked again, it is answered
		case erpbridge.Invalid:
			known.Kind = erpbridge.Unknown // said of the question, not of the order
		}
		return nil, known
	case err != nil:
		return nil, err
	case answer.Fault != nil:
		kind := kindOf(answer.Fault)
		if kind == erpbridge.Invalid {
			kind = erpbridge.Unknown // said of the question, not of the order
		}
		return nil, &erpbridge.Error{Op: op, Kind: kind, Err: errors.New(e.reason(answer.Fault.Text(), body))}
	case answer.Status != 200 || !soap.Is(answer.Content, nsGP, body.Tag+"Response"):
		return nil, &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: fmt.Errorf("HTTP %d: the answer is not the %sResponse", answer.Status, body.Tag)}
	}
	return answer.Content, nil
}

// Probe asks for an order that does not exist: that GP says so shows that it answers, in
// words that are understood, and that the user may read orders of the company.
func (e *ERP) Probe(ctx context.Context) error {
	const op = "gp.Probe"
	_, err := e.read(ctx, op, "ERPBRIDGE-PROBE")
	switch erpbridge.KindOf(err) {
	case erpbridge.Missing:
		return nil
	case erpbridge.Unknown:
		return &erpbridge.Error{Op: op, Kind: erpbridge.Unknown, Err: fmt.Errorf(
			"asked for an order that does not exist, GP did not say %q, by which it is known what is not there: %w", notFound, err)}
	}
	return err
}
