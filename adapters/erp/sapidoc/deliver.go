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

const deliverOp = "sapidoc.Deliver"

// Deliver sends the IDocs of docs: over SOAP each in a request of its own, because
// exactly once and batches exclude each other there; over HTTP and as files all of one
// basic type together. Once a request fails in a way that is not about its IDocs alone,
// those after it are not sent, and neither is an IDoc whose stream has one before it that
// failed.
func (e *ERP) Deliver(ctx context.Context, docs []erpbridge.Document) []erpbridge.Result {
	results := make([]erpbridge.Result, len(docs))
	sent := lift(deliverOp, docs, results)
	broken := map[string]bool{} // streams
	for i, d := range docs {
		broken[d.Stream] = broken[d.Stream] || results[i].Err != nil
	}
	for n, group := range e.groups(sent) {
		var ready []lifted
		for _, l := range group {
			if broken[docs[l.index].Stream] && n > 0 {
				results[l.index].Err = notSent("the IDoc before it in its stream was not taken")
				continue
			}
			ready = append(ready, l)
		}
		if len(ready) == 0 {
			continue
		}
		stop := e.send(ctx, ready, docs, results)
		for _, l := range ready {
			broken[docs[l.index].Stream] = broken[docs[l.index].Stream] || results[l.index].Err != nil
		}
		if stop {
			e.skip(sent, results)
			break
		}
	}
	return results
}

// skip says of everything that has no result yet that it was not sent.
func (e *ERP) skip(sent []lifted, results []erpbridge.Result) {
	for _, l := range sent {
		if r := results[l.index]; r.Err == nil && r.Receipt.Ref == "" {
			results[l.index].Err = notSent("an IDoc before it could not be sent")
		}
	}
}

func notSent(why string) error {
	return &erpbridge.Error{Op: deliverOp, Kind: erpbridge.Transient, Err: errors.New("not sent: " + why)}
}

// groups returns what goes into one request each, in order.
func (e *ERP) groups(sent []lifted) [][]lifted {
	var groups [][]lifted
	for _, l := range sent {
		last := len(groups) - 1
		if last >= 0 && e.conf.Transport != SOAPTransport && groups[last][0].root.Tag == l.root.Tag {
			groups[last] = append(groups[last], l)
			continue
		}
		groups = append(groups, []lifted{l})
	}
	return groups
}

// send makes one request and reports whether the following ones had better wait.
func (e *ERP) send(ctx context.Context, group []lifted, docs []erpbridge.Document, results []erpbridge.Result) (stop bool) {
	var err error
	switch e.conf.Transport {
	case SOAPTransport:
		l := group[0]
		results[l.index], err = e.call(ctx, l)
	case HTTPTransport:
		err = e.post(ctx, group, results)
	default:
		err = e.place(ctx, group, docs, results)
	}
	if err == nil {
		return false
	}
	var about *erpbridge.Error
	if errors.As(err, &about) {
		about.Whole = true
	}
	for _, l := range group {
		results[l.index] = erpbridge.Result{Err: err}
	}
	return true
}

// receipt is SAP's word that it stored an IDoc.
func (e *ERP) receipt(l lifted, number, warning string, raw []byte) erpbridge.Result {
	r := erpbridge.Receipt{Ref: l.docnum, Warning: warning, Raw: raw[:min(len(raw), 64<<10)]}
	if e.conf.Confirm == ConfirmNone {
		if number != "" {
			r.Ref = number // what people find it by in SAP; nobody confirms it by another
		}
		return erpbridge.Result{Receipt: r}
	}
	r.Accepted = true
	return erpbridge.Result{Receipt: r}
}

// A lifted is the IDoc of a Document, on its way into a request.
type lifted struct {
	index   int // of its Document
	root    *etree.Element
	idoc    *etree.Element
	docnum  string
	message string // the message id in its ARCKEY
}

var (
	docnumShape  = regexp.MustCompile(`^[0-9]{16}$`)
	messageShape = regexp.MustCompile(`^[0-9A-F]{32}$`)
)

// lift takes the IDocs out of docs. A Document that is not one of ours gets its result at
// once and is not sent.
func lift(op string, docs []erpbridge.Document, results []erpbridge.Result) []lifted {
	sent := make([]lifted, 0, len(docs))
	for i, d := range docs {
		l, err := liftOne(d)
		if err != nil {
			results[i].Err = &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: err}
			continue
		}
		l.index = i
		sent = append(sent, l)
	}
	return sent
}

func liftOne(d erpbridge.Document) (lifted, error) {
	root, err := soap.Parse(d.Body, "")
	if err != nil {
		return lifted{}, fmt.Errorf("reading the document: %w", err)
	}
	inner := root.ChildElements()
	if len(inner) != 1 || inner[0].Tag != "IDOC" || len(inner[0].ChildElements()) < 2 || inner[0].ChildElements()[0].Tag != "EDI_DC40" {
		return lifted{}, errors.New("the document is not one IDoc with its control record")
	}
	control := inner[0].ChildElements()[0]
	l := lifted{root: root, idoc: inner[0], docnum: childText(control, "DOCNUM")}
	message, ok := strings.CutPrefix(childText(control, "ARCKEY"), arckeyPrefix)
	if l.message = message; !ok || !messageShape.MatchString(message) || !docnumShape.MatchString(l.docnum) || strings.Trim(l.docnum, "0") == "" {
		return lifted{}, errors.New("the document's control record has no DOCNUM and message id of ours")
	}
	return l, nil
}

// childText returns the text of the one child of this name, "" if there is none or more.
func childText(el *etree.Element, name string) string {
	found := ""
	for _, c := range el.ChildElements() {
		if c.Tag != name {
			continue
		}
		if found != "" {
			return ""
		}
		found = soap.Text(c)
	}
	return found
}

// batch returns one document with the IDocs of all of a group.
func batch(group []lifted) ([]byte, error) {
	root := etree.NewElement(group[0].root.Tag)
	for _, l := range group {
		root.AddChild(l.idoc)
	}
	return serialize(root)
}

// serialize writes an element as a document. Carriage returns are written as references:
// a reader would take them for line feeds otherwise.
func serialize(root *etree.Element) ([]byte, error) {
	doc := etree.NewDocument()
	doc.WriteSettings.CanonicalText = true
	doc.WriteSettings.CanonicalAttrVal = true
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	doc.SetRoot(root)
	return doc.WriteToBytes()
}
