package fo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A record is one record of an entity: fields in the order in which they are written.
type record struct {
	names  []string
	values map[string]string
}

func newRecord() *record { return &record{values: map[string]string{}} }

// set gives a field its value. An empty one is left out: written, it would empty F&O's.
func (r *record) set(name, value string) {
	if value == "" {
		return
	}
	if _, ok := r.values[name]; !ok {
		r.names = append(r.names, name)
	}
	r.values[name] = value
}

func (r *record) get(name string) string { return r.values[name] }

// An order is a sales order on its way: what a Document.Body holds.
type order struct {
	header *record
	lines  []*record
}

// fieldsOf returns the fields that occur in the chosen records of orders, each once, in
// the order in which they come first.
func fieldsOf(orders []*order, chosen func(*order) []*record) []string {
	var names []string
	seen := map[string]bool{}
	for _, o := range orders {
		for _, r := range chosen(o) {
			for _, n := range r.names {
				if !seen[n] {
					seen[n] = true
					names = append(names, n)
				}
			}
		}
	}
	return names
}

// entityFile writes records as a file of the format XML-Element: an element for each record
// with an element for each field.
func entityFile(element string, records []*record) ([]byte, error) {
	doc := newDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="utf-8"`)
	root := doc.CreateElement("Document")
	for _, r := range records {
		r.write(root, element)
	}
	return doc.WriteToBytes()
}

// newDocument writes texts so that a reader gets every character back, carriage returns too.
func newDocument() *etree.Document {
	doc := etree.NewDocument()
	doc.WriteSettings.CanonicalText = true
	return doc
}

func (r *record) write(root *etree.Element, element string) {
	el := root.CreateElement(element)
	for _, n := range r.names {
		text(el, n, r.values[n])
	}
}

// body renders an order as it is kept: its header and lines one after the other. The
// package is made of it anew for each attempt.
func (e *ERP) body(o *order) ([]byte, error) {
	doc := newDocument()
	root := doc.CreateElement("Document")
	o.header.write(root, e.conf.Headers.Element)
	for _, l := range o.lines {
		l.write(root, e.conf.Lines.Element)
	}
	return doc.WriteToBytes()
}

// read reads a Document.Body back.
func (e *ERP) read(d erpbridge.Document) (*order, error) {
	root, err := soap.Parse(d.Body, "")
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	if root.FullTag() != "Document" {
		return nil, errors.New("the document is none of a data package")
	}
	o := &order{}
	for _, el := range root.ChildElements() {
		r := newRecord()
		for _, f := range el.ChildElements() {
			r.set(f.Tag, f.Text())
		}
		switch {
		case el.Tag == e.conf.Headers.Element && o.header == nil && len(o.lines) == 0:
			o.header = r
		case el.Tag == e.conf.Lines.Element && o.header != nil:
			o.lines = append(o.lines, r)
		default:
			return nil, fmt.Errorf("the document has a %s, which target %s does not send (entities): render it again", clip(el.Tag, 60), e.name)
		}
	}
	switch {
	case o.header == nil || o.number() == "" || len(o.lines) == 0:
		return nil, errors.New("the document has no header with a number, or no lines")
	case o.reference() == "":
		return nil, errors.New("the document's order does not say whose it is")
	}
	for i, l := range o.lines {
		if l.get(fieldLot) == "" || l.get(fieldNumber) != o.number() {
			return nil, fmt.Errorf("line %d of the document has no lot id, or is another order's", i+1)
		}
		for _, name := range []string{fieldQuantity, fieldAmount} {
			if _, err := erpbridge.ParseDecimal(l.get(name)); err != nil {
				return nil, fmt.Errorf("line %d of the document: %s: %w", i+1, name, err)
			}
		}
	}
	return o, nil
}

func (o *order) number() string { return o.header.get(fieldNumber) }

// reference says whose order it is, and which state of it.
func (o *order) reference() string { return o.header.get(fieldReference) }

// owner is the part of a reference that says whose order it is.
func owner(reference string) string {
	if i := strings.LastIndex(reference, " ["); i >= 0 {
		return reference[:i]
	}
	return reference
}
