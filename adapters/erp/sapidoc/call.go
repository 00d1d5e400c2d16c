package sapidoc

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// nsIDoc is the namespace of the exactly-once rules (message EA728). All elements are in
// it, attributes are not (EXCHANGE_RATE.WSDL: elementFormDefault qualified).
const nsIDoc = "urn:sap-com:document:sap:idoc:soap:messages"

// numberless is the warning about an answer to what SAP had before: to a message that was
// sent again after a lost answer, or by force. The two cannot be told apart.
const numberless = "SAP answered without an IDoc number, as it does for a message that it has already; if its IDoc is not there any more, sending it again brings it no more: what it was to book is entered by hand, then erpbridge dead settle"

// call sends one IDoc over SOAP. The error is about the request, a Result's about the
// IDoc.
func (e *ERP) call(ctx context.Context, l lifted) (erpbridge.Result, error) {
	request, err := envelope(l.root)
	if err != nil {
		return erpbridge.Result{Err: &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Invalid, Err: err}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	// The dispatch is by the element, the action stays empty as in SAP's own WSDL.
	answer, err := e.soap.Call(ctx, "", request)
	switch {
	case err != nil:
		return erpbridge.Result{}, e.told(deliverOp, err)
	case answer.Fault != nil:
		kind, code := kindOfFault(answer.Fault)
		err := &erpbridge.Error{Op: deliverOp, Kind: kind, Code: e.reason(code), Err: errors.New(e.reason(answer.Fault.Text()))}
		if kind == erpbridge.Unknown || strings.Contains(strings.ToLower(answer.Fault.Text()), "msgid_locked") {
			return erpbridge.Result{Err: err}, nil // about this IDoc, as far as anybody can tell
		}
		return erpbridge.Result{}, err
	case answer.Empty:
		return erpbridge.Result{Err: e.inDoubt("HTTP %d with an empty answer", answer.Status)}, nil
	case answer.Content == nil:
		return e.receipt(l, "", numberless, answer.Raw), nil
	}
	number, err := assigned(answer.Content, l)
	if err != nil {
		return erpbridge.Result{Err: e.inDoubt("%v", err)}, nil
	}
	warning := ""
	if number == "" {
		warning = numberless
	}
	return e.receipt(l, number, warning, answer.Raw), nil
}

// assigned reads the answer to one IDoc and returns the number that SAP gave it; "" where
// the answer names none.
func assigned(content *etree.Element, l lifted) (string, error) {
	if !soap.Is(content, nsIDoc, l.root.Tag+"Response") {
		return "", fmt.Errorf("the answer is %s in %s instead of %sResponse", content.Tag, content.NamespaceURI(), l.root.Tag)
	}
	pairs := content.ChildElements()
	if len(pairs) == 0 {
		if words := soap.Text(content); words != "" {
			return "", fmt.Errorf("the answer has words where it should have a number: %s", words)
		}
		return "", nil
	}
	if len(pairs) > 1 || !soap.Is(pairs[0], nsIDoc, "IdocAssign") {
		return "", fmt.Errorf("the answer to one IDoc has %d parts, the first of them %s", len(pairs), pairs[0].Tag)
	}
	for _, c := range pairs[0].ChildElements() {
		if c.NamespaceURI() != nsIDoc {
			return "", fmt.Errorf("%s in the namespace %q", c.Tag, c.NamespaceURI())
		}
	}
	transfer, number := childText(pairs[0], "TransferId"), childText(pairs[0], "DbId")
	if strings.TrimLeft(transfer, "0") != strings.TrimLeft(l.docnum, "0") {
		return "", fmt.Errorf("the answer is about IDoc %q, %s was sent", transfer, l.docnum)
	}
	if !numberShape.MatchString(number) {
		return "", errors.New("the answer names no IDoc number")
	}
	return number, nil
}

// numberShape is the number of an IDoc in SAP.
var numberShape = regexp.MustCompile(`^0*[1-9][0-9]*$`)

// envelope wraps the basic type in SOAP 1.1.
func envelope(root *etree.Element) ([]byte, error) {
	env := etree.NewElement("soap-env:Envelope")
	env.CreateAttr("xmlns:soap-env", soap.Namespace)
	content := root.Copy()
	content.CreateAttr("xmlns:n0", nsIDoc)
	prefix(content)
	env.CreateElement("soap-env:Body").AddChild(content)
	return serialize(env)
}

// prefix puts an element and all below it into the IDocs' namespace.
func prefix(el *etree.Element) {
	el.Space = "n0"
	for _, c := range el.ChildElements() {
		prefix(c)
	}
}

// told passes an error on in words that hold no secret.
func (e *ERP) told(op string, err error) error {
	out := &erpbridge.Error{Op: op, Kind: erpbridge.KindOf(err), Err: errors.New(e.reason(err.Error()))}
	var in *erpbridge.Error
	if errors.As(err, &in) {
		out.Code, out.After = in.Code, in.After
	}
	return out
}

// reason makes foreign words fit to be stored, logged and mailed.
func (e *ERP) reason(text string) string { return soap.Reason(text, e.secrets...) }

// inDoubt is the error of an answer that was not fully understood.
func (e *ERP) inDoubt(format string, args ...any) error {
	return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.InDoubt, Err: errors.New(e.reason(fmt.Sprintf(format, args...)))}
}
