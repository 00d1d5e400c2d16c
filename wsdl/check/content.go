package check

import (
	"encoding/xml"
	"math"
	"strconv"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// unbounded is as often as one likes.
const unbounded = math.MaxInt32

// maxNesting is how deep groups and extensions may lead into each other, and
// maxSteps how many declarations one type may be made of: groups that name each
// other twice at every level would have no end.
const (
	maxNesting = 40
	maxSteps   = 20_000
)

// A content is what a type lets stand in an element, with everything it inherits.
type content struct {
	particles  []particle
	attributes []attribute
	simple     *simple // the text; nil for a type that has elements or nothing
	any        bool    // other elements may come
	unordered  bool    // xsd:all
	steps      int     // taken to collect it
}

// A particle is an element in a type.
type particle struct {
	name     xml.Name
	typ      typ
	min, max int
}

type attribute struct {
	name     string
	required bool
}

// A typ is a type by its name, or one without a name by its declaration.
type typ struct {
	name xml.Name
	decl *etree.Element
}

// A simple is what text an element may have.
type simple struct {
	builtin string // "decimal"
	values  []string
	length  int // at most; 0: any
}

// typeOf returns the type an element has.
func (c *Contract) typeOf(el *etree.Element) typ {
	if ref := c.refer(el, "type"); ref.Local != "" {
		return typ{name: ref}
	}
	for _, tag := range []string{"complexType", "simpleType"} {
		for _, decl := range children(el, nsXSD, tag) {
			return typ{decl: decl}
		}
	}
	return typ{name: xml.Name{Space: nsXSD, Local: "anyType"}}
}

// declOf returns the declaration of a type; nil for a built-in one, or one that is
// not there.
func (c *Contract) declOf(t typ) *etree.Element {
	if t.decl != nil {
		return t.decl
	}
	return c.types[t.name]
}

// contentOf returns what a type lets stand in an element.
func (c *Contract) contentOf(t typ) content {
	var out content
	c.collect(t, &out, 0)
	return out
}

func (c *Contract) collect(t typ, out *content, depth int) {
	decl := c.declOf(t)
	switch {
	case depth > maxNesting:
		return
	case decl == nil && t.name.Space == nsXSD && t.name.Local == "anyType":
		out.any = true
		return
	case decl == nil || decl.Tag == "simpleType":
		s := c.simpleOf(t, 0)
		out.simple = &s
		return
	}
	c.walk(decl, out, 1, 1, depth)
}

// walk goes through a complex type, or a part of it, whose parts occur min to max
// times.
func (c *Contract) walk(el *etree.Element, out *content, minimum, maximum, depth int) {
	if depth > maxNesting {
		return
	}
	for _, part := range el.ChildElements() {
		if out.steps++; out.steps > maxSteps {
			return
		}
		if part.NamespaceURI() != nsXSD {
			continue
		}
		least, most := occurs(part)
		least, most = times(least, minimum), times(most, maximum)
		switch part.Tag {
		case "sequence":
			c.walk(part, out, least, most, depth+1)
		case "choice":
			c.walk(part, out, 0, most, depth+1)
		case "all":
			out.unordered = true
			c.walk(part, out, least, most, depth+1)
		case "group":
			if ref := c.groups[c.refer(part, "ref")]; ref != nil {
				c.walk(ref, out, least, most, depth+1)
			}
		case "element":
			out.particles = append(out.particles, c.particle(part, least, most))
		case "any":
			out.any = true
		case "complexContent", "simpleContent":
			c.walk(part, out, minimum, maximum, depth+1)
		case "extension":
			c.collect(typ{name: c.refer(part, "base")}, out, depth+1)
			c.walk(part, out, minimum, maximum, depth+1)
		case "restriction":
			c.restrict(part, out, depth)
		case "attribute":
			out.attributes = append(out.attributes, attributeOf(part))
		case "attributeGroup":
			if ref := c.attributeGroups[c.refer(part, "ref")]; ref != nil {
				c.walk(ref, out, 1, 1, depth+1)
			}
		}
	}
}

// restrict reads a restriction. That of simple content is a text with facets; that
// of complex content says itself which elements it keeps.
func (c *Contract) restrict(part *etree.Element, out *content, depth int) {
	if soap.Is(part.Parent(), nsXSD, "simpleContent") {
		c.collect(typ{name: c.refer(part, "base")}, out, depth+1)
		if out.simple != nil {
			out.simple.facets(part)
		}
		return
	}
	c.walk(part, out, 1, 1, depth+1)
}

func (c *Contract) particle(el *etree.Element, least, most int) particle {
	if ref := c.refer(el, "ref"); ref.Local != "" {
		p := particle{name: ref, min: least, max: most}
		if decl := c.elements[ref]; decl != nil {
			p.typ = c.typeOf(decl)
		} else {
			p.typ = typ{name: xml.Name{Space: nsXSD, Local: "anyType"}}
		}
		return p
	}
	schema := schemaOf(el)
	n := xml.Name{Local: soap.Attr(el, "name")}
	form := soap.Attr(el, "form")
	if form == "qualified" || form == "" && soap.Attr(schema, "elementFormDefault") == "qualified" {
		n.Space = c.spaces[schema]
	}
	return particle{name: n, typ: c.typeOf(el), min: least, max: most}
}

func attributeOf(el *etree.Element) attribute {
	a := attribute{name: soap.Attr(el, "name"), required: soap.Attr(el, "use") == "required"}
	if a.name == "" {
		a.name = name(el, "ref").Local
	}
	return a
}

// simpleOf returns the text a simple type allows.
func (c *Contract) simpleOf(t typ, depth int) simple {
	decl := c.declOf(t)
	if t.name.Space == nsXSD && decl == nil {
		return simple{builtin: t.name.Local}
	}
	if decl == nil || depth > maxNesting {
		return simple{builtin: "an unknown type"}
	}
	restrictions := children(decl, nsXSD, "restriction")
	if len(restrictions) == 0 {
		return simple{builtin: "a list or union"}
	}
	r := restrictions[0]
	base := typ{name: c.refer(r, "base")}
	if inner := children(r, nsXSD, "simpleType"); base.name.Local == "" && len(inner) > 0 {
		base = typ{decl: inner[0]}
	}
	s := c.simpleOf(base, depth+1)
	s.facets(r)
	return s
}

func (s *simple) facets(restriction *etree.Element) {
	var values []string
	for _, facet := range restriction.ChildElements() {
		if facet.NamespaceURI() != nsXSD {
			continue
		}
		switch facet.Tag {
		case "enumeration":
			values = append(values, facet.SelectAttrValue("value", ""))
		case "maxLength", "length":
			if n, err := strconv.Atoi(soap.Attr(facet, "value")); err == nil {
				s.length = n
			}
		}
	}
	if values != nil {
		s.values = values
	}
}

// occurs returns how often an element may occur where it stands.
func occurs(el *etree.Element) (least, most int) {
	least, most = 1, 1
	if n, err := strconv.Atoi(soap.Attr(el, "minOccurs")); err == nil {
		least = n
	}
	switch value := soap.Attr(el, "maxOccurs"); value {
	case "":
	case "unbounded":
		most = unbounded
	default:
		if n, err := strconv.Atoi(value); err == nil {
			most = n
		} else {
			most = unbounded // a number beyond all numbers
		}
	}
	return least, most
}

func times(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	if a >= unbounded/b {
		return unbounded
	}
	return a * b
}
