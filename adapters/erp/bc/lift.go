package bc

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A lifted is the record of a Document, on its way into a request.
type lifted struct {
	index     int // of its Document
	kind      string
	service   string
	field     string // the field that carries its reference
	setting   string // where that is configured
	reference string
	record    *etree.Element   // nil for one that is to be deleted
	lines     []*etree.Element // of the record
	sent      string           // the Document's body
}

// rank is when it is sent: customers before all others.
func (l *lifted) rank() int {
	if l.kind == customer {
		return 0
	}
	return 1
}

// referenceShape is what a reference may be made of. What a filter could take for a sign
// of its own is left out.
var referenceShape = regexp.MustCompile(`^[\pL\pN_#/+:.,-]([\pL\pN _#/+:.,-]*[\pL\pN_#/+:.,-])?$`)

// lift takes the records out of docs. A Document that is not one of ours gets its result
// at once and is not sent.
func (e *ERP) lift(op string, docs []erpbridge.Document, results []erpbridge.Result) []*lifted {
	sent := make([]*lifted, 0, len(docs))
	for i, d := range docs {
		l, err := e.liftOne(d)
		if err != nil {
			results[i].Err = &erpbridge.Error{Op: op, Kind: erpbridge.Invalid, Err: err}
			continue
		}
		l.index = i
		sent = append(sent, l)
	}
	return sent
}

func (e *ERP) liftOne(d erpbridge.Document) (*lifted, error) {
	l := &lifted{kind: d.Kind, sent: string(d.Body)}
	operation := "Create"
	switch d.Kind {
	case salesOrder, deleting, closing:
		l.service, l.field, l.setting = e.conf.Pages.SalesOrder, e.conf.ReferenceField, "reference_field"
	case creditMemo:
		l.service, l.field, l.setting = e.conf.Pages.CreditMemo, e.conf.memoReference(), "credit_memo.reference_field"
	case customer:
		l.service, l.field, l.setting = e.conf.Pages.Customer, "No", "pages.customer"
	default:
		return nil, fmt.Errorf("the document is a %s, which this target does not know", soap.Reason(d.Kind))
	}
	switch d.Kind {
	case deleting:
		operation = "ReadMultiple"
	case closing:
		operation = "Update"
	}
	root, err := soap.Parse(d.Body, "")
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	if !soap.Is(root, namespaceOf(l.service), operation) {
		return nil, fmt.Errorf("the document is %s of %s, and target %s has page %s for it: render it again",
			soap.Reason(root.Tag), soap.Reason(root.NamespaceURI()), e.name, l.service)
	}
	inside := root.ChildElements()
	if d.Kind == deleting {
		return l, e.liftFilter(l, root)
	}
	if len(inside) != 1 || !soap.Is(inside[0], namespaceOf(l.service), l.service) {
		return nil, errors.New("the document is not one record to create")
	}
	l.record = inside[0]
	l.reference = value(l.record, l.field)
	if err := once(l.record); err != nil {
		return nil, err
	}
	return l, l.checkReference(e.name)
}

// size is how many lines it has.
func (l *lifted) size() int {
	if l.record == nil {
		return 0
	}
	if lines := l.record.SelectElement(salesLines); lines != nil {
		return len(lines.ChildElements())
	}
	return 1
}

// cancels reports whether it is about an order that is there and is to be there no more.
func (l *lifted) cancels() bool { return l.kind == deleting || l.kind == closing }

// liftFilter reads a cancellation: the look-up of the order that is cancelled.
func (e *ERP) liftFilter(l *lifted, root *etree.Element) error {
	filter := root.SelectElement("filter")
	if filter == nil || value(filter, "Field") != l.field {
		return fmt.Errorf("the document does not look the order up by %s, which target %s does: render it again", l.field, e.name)
	}
	l.reference = unquoted(value(filter, "Criteria"))
	return l.checkReference(e.name)
}

func (l *lifted) checkReference(target string) error {
	switch {
	case l.reference == "":
		return fmt.Errorf("the document has nothing in %s, by which target %s looks it up: render it again", l.field, target)
	case !referenceShape.MatchString(l.reference):
		return fmt.Errorf("the reference %q has characters that no filter takes", soap.Reason(l.reference))
	}
	return nil
}

// unquoted returns the value of a criteria of one value.
func unquoted(criteria string) string {
	if n := len(criteria); n > 2 && criteria[0] == '\'' && criteria[n-1] == '\'' {
		return criteria[1 : n-1]
	}
	return criteria
}
