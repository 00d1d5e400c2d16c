package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"
)

const xsd = "http://www.w3.org/2001/XMLSchema"

// rewriting is what is done to a WSDL before it is generated from.
type rewriting struct {
	roots    []string
	concrete []pair
	omit     []pair
	also     []pair
}

type pair struct{ left, right string }

// A schema is the declarations of a WSDL by name. Names are unique across its
// namespaces as far as the roots lead; gowsdl asks for that anyway.
type schema struct {
	elements, complex, simple map[string]*etree.Element
}

func (r rewriting) rewrite(doc *etree.Document) error {
	s := collect(doc.Root())
	for _, p := range r.omit {
		if err := s.omit(p.left, p.right); err != nil {
			return err
		}
	}
	for _, p := range r.also {
		if err := s.add(p.left, p.right); err != nil {
			return err
		}
	}
	for _, el := range doc.FindElements("//*[@type]") {
		for _, p := range r.concrete {
			if local(el.SelectAttrValue("type", "")) == p.left {
				el.CreateAttr("type", p.right)
			}
		}
	}
	keep := map[*etree.Element]bool{}
	for _, root := range r.roots {
		el, ok := s.elements[root]
		if !ok {
			return fmt.Errorf("there is no element %s", root)
		}
		s.reach(el, keep)
	}
	for _, sc := range schemas(doc.Root()) {
		for _, decl := range sc.ChildElements() {
			if !keep[decl] {
				sc.RemoveChild(decl)
			}
		}
		sc.RemoveAttr("targetNamespace")
		s.plain(sc)
	}
	for _, el := range doc.Root().ChildElements() {
		if el.Tag != "types" {
			doc.Root().RemoveChild(el)
		}
	}
	return nil
}

func collect(root *etree.Element) schema {
	s := schema{map[string]*etree.Element{}, map[string]*etree.Element{}, map[string]*etree.Element{}}
	for _, sc := range schemas(root) {
		for _, decl := range sc.ChildElements() {
			name := decl.SelectAttrValue("name", "")
			switch decl.Tag {
			case "element":
				s.elements[name] = decl
			case "complexType":
				s.complex[name] = decl
			case "simpleType":
				s.simple[name] = decl
			}
		}
	}
	return s
}

func schemas(root *etree.Element) []*etree.Element {
	var found []*etree.Element
	for _, types := range root.SelectElements("types") {
		for _, el := range types.ChildElements() {
			if el.Tag == "schema" && el.NamespaceURI() == xsd {
				found = append(found, el)
			}
		}
	}
	return found
}

// reach marks a declaration and all it needs.
func (s schema) reach(el *etree.Element, keep map[*etree.Element]bool) {
	if top := el.Parent(); top != nil && top.Tag == "schema" {
		if keep[el] {
			return
		}
		keep[el] = true
	}
	if ref := local(el.SelectAttrValue("ref", "")); s.elements[ref] != nil {
		s.reach(s.elements[ref], keep)
	}
	for _, attr := range []string{"type", "base"} {
		if t := local(el.SelectAttrValue(attr, "")); s.complex[t] != nil {
			s.reach(s.complex[t], keep)
		}
	}
	for _, child := range el.ChildElements() {
		s.reach(child, keep)
	}
}

// plain turns every simple type into xsd:string.
func (s schema) plain(el *etree.Element) {
	for _, attr := range []string{"type", "base"} {
		a := el.SelectAttr(attr)
		if a == nil {
			continue
		}
		prefix, name, _ := strings.Cut(a.Value, ":")
		if s.simple[name] != nil || prefix == "xsd" || prefix == "xs" {
			a.Value = "xsd:string"
		}
	}
	for _, child := range el.ChildElements() {
		s.plain(child)
	}
}

func (s schema) omit(typ, element string) error {
	for _, el := range s.within(typ) {
		if el.Tag == "element" && el.SelectAttrValue("name", "") == element {
			el.Parent().RemoveChild(el)
			return nil
		}
	}
	return fmt.Errorf("-omit: there is no %s.%s", typ, element)
}

func (s schema) add(typ, element string) error {
	i := slices.IndexFunc(s.within(typ), func(el *etree.Element) bool { return el.Tag == "sequence" })
	if i < 0 {
		return fmt.Errorf("-also: %s is not a type with a sequence", typ)
	}
	el := s.within(typ)[i].CreateElement("xsd:element")
	el.CreateAttr("name", element)
	el.CreateAttr("type", "xsd:string")
	el.CreateAttr("minOccurs", "0")
	return nil
}

func (s schema) within(typ string) []*etree.Element {
	if s.complex[typ] == nil {
		return nil
	}
	return s.complex[typ].FindElements(".//*")
}

// local returns a name without its prefix.
func local(name string) string { return name[strings.IndexByte(name, ':')+1:] }
