package sapidoc

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// A segment is one of an IDoc being written. Its fields are written in the order its
// table has them, whatever order they were set in; its children in theirs.
type segment struct {
	idoc     *idoc
	name     string
	values   map[string]string
	children []*segment
}

// An idoc is an IDoc being written. Which elements it has follows from what the order
// has, never from what stands in its texts.
type idoc struct {
	erp       *ERP
	basic     string // the basic type
	extension string // its extension, or ""
	top       []*segment
	errs      []error
}

// add opens a segment at the top.
func (d *idoc) add(name string) *segment {
	s := &segment{idoc: d, name: name, values: map[string]string{}}
	d.top = append(d.top, s)
	return s
}

// add opens a segment below another.
func (s *segment) add(name string) *segment {
	child := &segment{idoc: s.idoc, name: name, values: map[string]string{}}
	s.children = append(s.children, child)
	return child
}

// set writes a field as its rule takes it, and returns the segment. An empty one is left
// out: an empty element would clear the field.
func (s *segment) set(name, value string) *segment {
	if value == "" {
		return s
	}
	f, ok := fieldOf(s.name, name)
	if !ok || f.s4 && s.idoc.erp.conf.Release != S4 {
		s.idoc.errs = append(s.idoc.errs, fmt.Errorf("%s has no field %s", s.name, name))
		return s
	}
	fitted, err := s.idoc.erp.rule(f).Fit(value)
	if err != nil {
		s.idoc.errs = append(s.idoc.errs, salesdoc.Misfit("sapidoc.Translate", s.name+"-"+name, err))
		return s
	}
	if fitted != "" {
		s.values[name] = fitted
	}
	return s
}

// rule returns a field's rule in the code page of the system.
func (e *ERP) rule(f field) salesdoc.Rule {
	r := f.rule
	if e.conf.Charset == "latin1" {
		r.Charset = salesdoc.Latin1
	}
	return r
}

func fieldOf(segment, name string) (field, bool) {
	for _, f := range segments[segment] {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// bytes returns the finished document: the type with its one IDoc.
func (d *idoc) bytes() ([]byte, error) {
	if len(d.errs) > 0 {
		return nil, errors.Join(d.errs...)
	}
	var b bytes.Buffer
	root := cmp.Or(d.extension, d.basic) // as WE60 names it
	b.WriteString(xml.Header)
	b.WriteString("<" + root + "><IDOC BEGIN=\"1\">")
	for _, s := range d.top {
		s.write(&b)
	}
	b.WriteString("</IDOC></" + root + ">\n")
	return b.Bytes(), nil
}

// write appends the segment. Names come from our tables and were checked by the schema;
// values are legal in XML, see Fit.
func (s *segment) write(b *bytes.Buffer) {
	b.WriteString("<" + s.name + ` SEGMENT="1">`)
	for _, f := range segments[s.name] {
		if v, ok := s.values[f.name]; ok {
			b.WriteString("<" + f.name + ">")
			_ = xml.EscapeText(b, []byte(v)) // a Buffer takes everything
			b.WriteString("</" + f.name + ">")
		}
	}
	for _, c := range s.children {
		c.write(b)
	}
	b.WriteString("</" + s.name + ">")
}
