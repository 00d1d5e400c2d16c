package suitetalk

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// A schema reads elements of one endpoint version into their canonical form: the
// documented prefixes instead of namespaces, sorted attributes, no declarations,
// comments or white space between elements. Two elements of the same content
// have the same canonical form, whatever version and prefixes they came in.
type schema struct{ endpoint endpoint }

// read checks an element against a type and returns its canonical form. path
// names the element in faults.
func (s schema) read(in *etree.Element, typ, path string) (*etree.Element, *fault) {
	prefix := s.endpoint.prefix(in.NamespaceURI())
	if prefix == "" {
		return nil, malformedRequest("Invalid element in %s - {%s}%s", path, in.NamespaceURI(), in.Tag)
	}
	out := etree.NewElement(in.Tag)
	out.Space = prefix
	if f := s.attributes(in, out, typ, path); f != nil {
		return nil, f
	}
	t, complex := complexTypes[typ]
	switch {
	case complex:
		return out, s.children(in, out, t, path)
	case typ == "any" && len(in.ChildElements()) > 0:
		return out, s.anything(in, out, path)
	case len(in.ChildElements()) > 0:
		return nil, malformedRequest("Invalid element in %s - %s", path, in.ChildElements()[0].Tag)
	}
	value := text(in)
	if typ != "string" && typ != "any" {
		value = strings.TrimSpace(value)
	}
	if value != "" && !legal(typ, value) {
		return nil, malformedRequest("%q is not a legal value of type %s for %s", value, typ, path)
	}
	if value != "" {
		out.SetText(value)
	}
	return out, nil
}

// children reads the children of a sequence: known ones only, each in its place.
func (s schema) children(in, out *etree.Element, t complexType, path string) *fault {
	if f := noText(in); f != nil {
		return f
	}
	last := -1
	for _, c := range in.ChildElements() {
		at := t.position(s.endpoint.prefix(c.NamespaceURI()), c.Tag)
		switch {
		case at < 0:
			return malformedRequest("Invalid element in %s - unexpected element {%s}%s", path, c.NamespaceURI(), c.Tag)
		case at == last && !t.list:
			return malformedRequest("Invalid element in %s - %s is there twice", path, c.Tag)
		case at < last:
			return malformedRequest("Invalid element in %s - unexpected element %s: it belongs before %s",
				path, c.Tag, t.fields[last].name)
		}
		last = at
		child, f := s.read(c, t.fields[at].typ, path+"."+c.Tag)
		if f != nil {
			return f
		}
		out.AddChild(child)
	}
	return nil
}

// anything reads the children of an element the simulator does not look into.
func (s schema) anything(in, out *etree.Element, path string) *fault {
	if f := noText(in); f != nil {
		return f
	}
	for _, c := range in.ChildElements() {
		child, f := s.read(c, "any", path+"."+c.Tag)
		if f != nil {
			return f
		}
		out.AddChild(child)
	}
	return nil
}

// attributes copies the attributes a type may have. xsi:type is rewritten to the
// documented prefix; xsi:nil and the like are dropped.
func (s schema) attributes(in, out *etree.Element, typ, path string) *fault {
	seen := make(map[string]bool)
	for _, a := range in.Attr {
		if a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" {
			continue
		}
		if seen[a.FullKey()] {
			return malformedRequest("Attribute %q was already specified for %s", a.FullKey(), path)
		}
		seen[a.FullKey()] = true
		switch {
		case a.Space != "" && a.NamespaceURI() == xsiNS:
			if a.Key != "type" {
				continue
			}
			space, name := s.qname(in, a.Value)
			if space == "" {
				return malformedRequest("type %q of %s is not known", a.Value, path)
			}
			out.CreateAttr("xsi:type", space+":"+name)
		case a.Space == "" && (typ == "any" || slices.Contains(complexTypes[typ].attributes, a.Key)):
			if a.Key == "replaceAll" && !legal("boolean", a.Value) {
				return malformedRequest("%q is not a legal value of type boolean for %s@replaceAll", a.Value, path)
			}
			out.CreateAttr(a.Key, a.Value)
		default:
			return malformedRequest("unexpected attribute %q in %s", a.FullKey(), path)
		}
	}
	if typ == "CustomFieldRef" && !strings.HasSuffix(out.SelectAttrValue("xsi:type", ""), "CustomFieldRef") {
		return malformedRequest("%s is abstract: its xsi:type must be one of the custom field types", path)
	}
	out.SortAttrs()
	return nil
}

// qname resolves a qualified name in an element's value: prefix and local name,
// or "" if its namespace is none of the endpoint's.
func (s schema) qname(e *etree.Element, value string) (space, name string) {
	prefix, name, ok := strings.Cut(strings.TrimSpace(value), ":")
	declaration := "xmlns:" + prefix
	if !ok {
		name, declaration = prefix, "xmlns"
	}
	for ; e != nil; e = e.Parent() {
		for _, a := range e.Attr {
			if a.FullKey() == declaration {
				return s.endpoint.prefix(a.Value), name
			}
		}
	}
	return "", name
}

var (
	// A double as Java's parser reads it, without NaN and infinity: an amount that
	// is one of those is a bug of whoever sent it.
	doubleForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)
	// Enumerations start with an underscore; the lists themselves are not kept here.
	enumForm = regexp.MustCompile(`^_[A-Za-z0-9]+$`)
)

func legal(typ, value string) bool {
	switch typ {
	case "double":
		return doubleForm.MatchString(value)
	case "boolean":
		return slices.Contains([]string{"true", "false", "1", "0"}, value)
	case "long", "int":
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	case "enum":
		return enumForm.MatchString(value)
	case "dateTime":
		_, withZone := time.Parse(time.RFC3339Nano, value)
		_, without := time.Parse("2006-01-02T15:04:05.999999999", value)
		return withZone == nil || without == nil
	}
	return true
}

// isTrue reads an xsd:boolean that is known to be one.
func isTrue(value string) bool { return value == "true" || value == "1" }

// canonical writes an element that is in canonical form.
func canonical(e *etree.Element) string {
	var b bytes.Buffer
	e.WriteTo(&b, &etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true})
	return b.String()
}

// parseCanonical reads back what canonical wrote.
func parseCanonical(content string) (*etree.Element, error) {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(content); err != nil {
		return nil, err
	}
	return doc.Root(), nil
}
