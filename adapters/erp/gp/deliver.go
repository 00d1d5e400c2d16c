package gp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	wsdl "github.com/hakooi/erpbridge/wsdl/gp"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// Deliver sends the documents one after the other: GP takes one per request.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	for i, d := range docs {
		results[i] = e.deliver(ctx, d)
	}
	return results
}

func (e *ERP) deliver(ctx context.Context, d erpbridge.Document) erpbridge.Result {
	const op = "gp.Deliver"
	body, err := soap.Parse(d.Body, "")
	if err != nil {
		return failed(op, erpbridge.Invalid, fmt.Errorf("reading the document: %w", err))
	}
	if body.NamespaceURI() != nsGP || body.Tag != "CreateSalesOrder" && body.Tag != voidOrder {
		return failed(op, erpbridge.Invalid, errors.New("the document is neither a CreateSalesOrder nor a VoidSalesOrder"))
	}
	if body.Tag == voidOrder {
		return e.void(ctx, d, body)
	}
	r, f := e.call(ctx, op, body)
	if f == nil {
		if r.Err == nil {
			r.Receipt.Ref = numberOf(body)
		}
		return r
	}
	if kind := kindOf(f); kind == erpbridge.Refused || kind == erpbridge.Throttled {
		return r // who is not let in has not booked anything
	}
	return e.refused(ctx, body, r)
}

// void voids an order that is ours and stands. GP voids by the number alone, and somebody
// else's order may have it: so it is read first.
func (e *ERP) void(ctx context.Context, d erpbridge.Document, body *etree.Element) erpbridge.Result {
	const op = "gp.Deliver"
	number := numberOf(body)
	there, err := e.read(ctx, op, number)
	switch {
	case erpbridge.KindOf(err) == erpbridge.Missing:
		return erpbridge.Result{Receipt: erpbridge.Receipt{Warning: "the order was cancelled before it was ever in GP"}}
	case err != nil:
		return erpbridge.Result{Err: err}
	case reference(there) != referenceOf(d):
		return foreigner(op, number, there)
	case voided(there):
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: number, Warning: "it was voided already"}}
	}
	r, f := e.call(ctx, op, body)
	if r.Err == nil {
		r.Receipt.Ref = number
	}
	return mayBeOpen(r, f)
}

// mayBeOpen is what GP says of a change to an order that it has. One that is open at
// somebody's desk fails its validation, and the cause stands in GP's exception log only
// (Microsoft, "Concurrency", of the web service's programmer's guide): it is tried a few
// times before a person looks.
func mayBeOpen(r erpbridge.Result, f *soap.Fault) erpbridge.Result {
	var known *erpbridge.Error
	if f == nil || !errors.As(r.Err, &known) || known.Kind != erpbridge.Invalid {
		return r
	}
	told := *known
	told.Kind = erpbridge.Unknown
	told.Err = fmt.Errorf("%w (so it says, too, while the order is open at somebody's desk)", known.Err)
	return erpbridge.Result{Receipt: r.Receipt, Err: &told}
}

// referenceOf returns our reference, by which an order is known for ours.
func referenceOf(d erpbridge.Document) string { return strings.TrimPrefix(d.Record, salesOrder+"/") }

// foreigner is the result where somebody else's order has the number.
func foreigner(op, number string, there *wsdl.SalesOrder) erpbridge.Result {
	return failed(op, erpbridge.Invalid, fmt.Errorf("GP has an order %s that is not this one (its FrontOfficeIntegrationId is %q): give the store a prefix of its own (mapping.number.prefix) and replay with --render-again",
		number, soap.Reason(reference(there))))
}

// refused finds out what a Fault of a create means: the order may be there, from an
// earlier attempt, or in an older state.
func (e *ERP) refused(ctx context.Context, body *etree.Element, r erpbridge.Result) erpbridge.Result {
	const op = "gp.Deliver"
	there, err := e.read(ctx, op, numberOf(body))
	switch {
	case erpbridge.KindOf(err) == erpbridge.Missing:
		return r
	case err != nil:
		return failed(op, erpbridge.InDoubt, fmt.Errorf("%w; and whether the order is there could not be learnt: %w", r.Err, err))
	}
	number := numberOf(body)
	switch standing := compare(there, body); {
	case standing == foreign:
		return foreigner(op, number, there)
	case standing == same:
		return erpbridge.Result{Receipt: erpbridge.Receipt{Ref: number, Warning: "it was there already"}}
	case voided(there):
		return failed(op, erpbridge.Invalid, fmt.Errorf("order %s is voided in GP, which takes no change of it: enter it anew by hand if it stands after all", number))
	}
	update := updateOf(body, there)
	r, f := e.call(ctx, op, update)
	if f == nil && r.Err == nil {
		r.Receipt.Ref = numberOf(body)
	}
	return mayBeOpen(r, f)
}

// call makes one request. A Fault is returned with its Result.
func (e *ERP) call(ctx context.Context, op string, body *etree.Element) (erpbridge.Result, *soap.Fault) {
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	envelope, err := enveloped(body)
	if err != nil {
		return failed(op, erpbridge.Invalid, err), nil
	}
	answer, err := e.soap.Call(ctx, nsGP+"/"+body.Tag, envelope)
	if err != nil {
		var known *erpbridge.Error
		if errors.As(err, &known) {
			known.Op = op
		}
		return erpbridge.Result{Err: err}, nil
	}
	if f := answer.Fault; f != nil {
		r := failed(op, kindOf(f), errors.New(e.reason(f.Text(), body)))
		r.Receipt.Raw = evidence(answer.Raw)
		return r, f
	}
	if answer.Status != 200 || !soap.Is(answer.Content, nsGP, body.Tag+"Response") {
		return failed(op, erpbridge.InDoubt, fmt.Errorf("HTTP %d: the answer is not the %sResponse", answer.Status, body.Tag)), nil
	}
	return erpbridge.Result{Receipt: erpbridge.Receipt{Raw: evidence(answer.Raw)}}, nil
}

// personal are the elements of an address that say whose it is.
var personal = []string{"Line1", "Line2", "City", "PostalCode", "Value", "Name", "ContactPerson"}

// reason makes GP's words fit for a reason: without secrets, and without whom it quotes.
func (e *ERP) reason(text string, body *etree.Element) string {
	secrets := e.login.Secrets()
	if order := body.SelectElement("salesOrder"); order != nil {
		secrets = append(secrets, soap.Personal(order, "CustomerName", "Note")...)
		if a := order.SelectElement("ShipToAddress"); a != nil {
			secrets = append(secrets, soap.Personal(a, personal...)...)
		}
	}
	return soap.Reason(text, secrets...)
}

// enveloped wraps a body for sending.
func enveloped(body *etree.Element) ([]byte, error) {
	env := etree.NewElement("soap:Envelope")
	env.CreateAttr("xmlns:soap", soap.Namespace)
	env.CreateElement("soap:Body").AddChild(body.Copy())
	return soap.Serialize(env)
}

// mostEvidence is how much of an answer is kept.
const mostEvidence = 64 << 10

func evidence(raw []byte) []byte { return slices.Clone(raw[:min(len(raw), mostEvidence)]) }

func failed(op string, kind erpbridge.Kind, err error) erpbridge.Result {
	return erpbridge.Result{Err: &erpbridge.Error{Op: op, Kind: kind, Err: err}}
}

// numberOf returns the order's number in a request of ours.
func numberOf(body *etree.Element) string {
	for _, path := range []string{"salesOrder/Key/Id", "key/Id"} {
		if el := body.FindElement(path); el != nil {
			return soap.Text(el)
		}
	}
	return ""
}

func child(el *etree.Element, name string) string {
	if el == nil {
		return ""
	}
	for _, c := range el.ChildElements() {
		if soap.Is(c, nsGP, name) {
			return soap.Text(c)
		}
	}
	return ""
}
