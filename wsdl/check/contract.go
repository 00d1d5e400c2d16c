package check

import (
	"cmp"
	"encoding/xml"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// A Contract is a WSDL with its schemas.
type Contract struct {
	// Namespace is the target namespace of the WSDL.
	Namespace string

	definitions []*etree.Element
	operations  []*operation
	messages    map[xml.Name]xml.Name // a message's element

	elements, types, attributes, groups, attributeGroups map[xml.Name]*etree.Element
	spaces                                               map[*etree.Element]string // of schemas, as they were included
	derived                                              map[xml.Name][]xml.Name   // types by the type they extend
}

// An operation is what a port type says of it, and its bindings.
type operation struct {
	port     string
	name     string
	input    xml.Name // the elements of its messages
	output   xml.Name // empty: it has no answer
	action   string
	versions []string // of SOAP, "1.1" and "1.2"
}

func newContract() *Contract {
	c := &Contract{messages: map[xml.Name]xml.Name{}, spaces: map[*etree.Element]string{}, derived: map[xml.Name][]xml.Name{}}
	for _, m := range []*map[xml.Name]*etree.Element{&c.elements, &c.types, &c.attributes, &c.groups, &c.attributeGroups} {
		*m = map[xml.Name]*etree.Element{}
	}
	return c
}

// Operations returns the names of its operations, in its order.
func (c *Contract) Operations() []string {
	var names []string
	for _, op := range c.operations {
		names = append(names, op.name)
	}
	return names
}

// Types returns the names of the types it declares for all, sorted.
func (c *Contract) Types() []xml.Name {
	return slices.SortedFunc(maps.Keys(c.types), func(a, b xml.Name) int {
		return cmp.Or(strings.Compare(a.Space, b.Space), strings.Compare(a.Local, b.Local))
	})
}

// A Child is an element that a type has.
type Child struct{ Name, Type xml.Name }

// Children returns the elements of a type, in order. The Type of one whose type has
// no name is empty.
func (c *Contract) Children(t xml.Name) []Child {
	var list []Child
	for _, p := range c.contentOf(typ{name: t}).particles {
		list = append(list, Child{p.name, p.typ.name})
	}
	return list
}

// addSchema takes up what a schema declares for all. Of two declarations of one
// name the first holds.
func (c *Contract) addSchema(schema *etree.Element, namespace string) {
	c.spaces[schema] = namespace
	for _, decl := range schema.ChildElements() {
		if decl.NamespaceURI() != nsXSD {
			continue
		}
		into := map[string]map[xml.Name]*etree.Element{
			"element": c.elements, "complexType": c.types, "simpleType": c.types,
			"attribute": c.attributes, "group": c.groups, "attributeGroup": c.attributeGroups,
		}[decl.Tag]
		key := xml.Name{Space: namespace, Local: soap.Attr(decl, "name")}
		if into == nil || key.Local == "" || into[key] != nil {
			continue
		}
		into[key] = decl
		if base := c.base(decl); decl.Tag == "complexType" && base.Local != "" {
			c.derived[base] = append(c.derived[base], key)
		}
	}
}

// base returns the type that a complex type extends.
func (c *Contract) base(decl *etree.Element) xml.Name {
	for _, content := range children(decl, nsXSD, "complexContent") {
		for _, ext := range children(content, nsXSD, "extension") {
			return c.refer(ext, "base")
		}
	}
	return xml.Name{}
}

// refer resolves a reference. What has no prefix in a schema that was included
// without a namespace means the includer's.
func (c *Contract) refer(el *etree.Element, attr string) xml.Name {
	n := name(el, attr)
	if n.Space == "" && n.Local != "" {
		if schema := schemaOf(el); soap.Attr(schema, "targetNamespace") == "" {
			n.Space = c.spaces[schema]
		}
	}
	return n
}

func schemaOf(el *etree.Element) *etree.Element {
	for el.Parent() != nil && !soap.Is(el, nsXSD, "schema") {
		el = el.Parent()
	}
	return el
}

// link puts operations together, once all documents are read.
func (c *Contract) link() error {
	c.Namespace = soap.Attr(c.definitions[0], "targetNamespace")
	for _, d := range c.definitions {
		for _, m := range children(d, nsWSDL, "message") {
			for i, part := range children(m, nsWSDL, "part") {
				// Parts beyond the first are headers, or of the RPC style, which none of ours is.
				if i == 0 {
					c.messages[own(d, m)] = name(part, "element")
				}
			}
		}
	}
	for _, d := range c.definitions {
		for _, port := range children(d, nsWSDL, "portType") {
			for _, el := range children(port, nsWSDL, "operation") {
				c.addOperation(soap.Attr(port, "name"), el)
			}
		}
	}
	for _, d := range c.definitions {
		for _, binding := range children(d, nsWSDL, "binding") {
			c.bind(binding)
		}
	}
	if len(c.operations) == 0 {
		return errors.New("the WSDL has no operations, so it is of no service")
	}
	return nil
}

func own(definitions, el *etree.Element) xml.Name {
	return xml.Name{Space: soap.Attr(definitions, "targetNamespace"), Local: soap.Attr(el, "name")}
}

func (c *Contract) addOperation(port string, el *etree.Element) {
	op := &operation{port: port, name: soap.Attr(el, "name")}
	for _, in := range children(el, nsWSDL, "input") {
		op.input = c.messages[name(in, "message")]
	}
	for _, out := range children(el, nsWSDL, "output") {
		op.output = c.messages[name(out, "message")]
	}
	c.operations = append(c.operations, op)
}

// bind notes how the operations of a binding are called. SOAP's own elements stand
// in its first children, in the namespace that tells the version.
func (c *Contract) bind(binding *etree.Element) {
	for version, ns := range map[string]string{"1.1": nsSOAP11, "1.2": nsSOAP12} {
		if len(children(binding, ns, "binding")) == 0 {
			continue
		}
		for _, el := range children(binding, nsWSDL, "operation") {
			op := c.bound(name(binding, "type").Local, soap.Attr(el, "name"))
			if op == nil {
				continue
			}
			if !slices.Contains(op.versions, version) {
				op.versions = append(op.versions, version)
				slices.Sort(op.versions)
			}
			for _, call := range children(el, ns, "operation") {
				if op.action == "" {
					op.action = soap.Attr(call, "soapAction")
				}
			}
		}
	}
}

// bound returns an operation of a port type.
func (c *Contract) bound(port, name string) *operation {
	for _, op := range c.operations {
		if op.port == port && op.name == name {
			return op
		}
	}
	return nil
}

// find returns the operation that is most like another: of the same name, and with the
// same message if there are several. One WSDL may have a create for each of its
// services, and one of a kind that is no SOAP.
func (c *Contract) find(like *operation) *operation {
	var found *operation
	for _, op := range c.operations {
		switch {
		case op.name != like.name:
		case op.input == like.input:
			return op
		case found == nil || found.input.Local == "":
			found = op
		}
	}
	return found
}
