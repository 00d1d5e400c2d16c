package netsuite

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/internal/testenv"
)

const xsd = "http://www.w3.org/2001/XMLSchema"

// A schema is the declarations of a set of schemas, by kind and qualified name.
type schema map[string]*etree.Element

func (s schema) add(sc *etree.Element) {
	for _, decl := range sc.ChildElements() {
		if name := decl.SelectAttrValue("name", ""); name != "" {
			s[decl.Tag+" {"+sc.SelectAttrValue("targetNamespace", "")+"}"+name] = decl
		}
	}
}

func read(t *testing.T, path string) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromFile(path); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

func ours(t *testing.T) (root *etree.Element, s schema) {
	t.Helper()
	root, s = read(t, "netsuite.wsdl"), schema{}
	for _, sc := range root.FindElements("./types/schema") {
		s.add(sc)
	}
	return root, s
}

// Everything our contract declares is the vendor's: the same names in the same
// namespaces, of the same types, in the same order.
func TestConformanceSchema(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "vendor-schemas", "netsuite")
	files, err := filepath.Glob(filepath.Join(dir, "xsd", "*.xsd"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas of the vendor's: %v", err)
	}
	vendor := schema{}
	for _, f := range files {
		vendor.add(read(t, f))
	}
	_, mine := ours(t)
	if len(mine) < 40 {
		t.Fatalf("only %d declarations were found", len(mine))
	}
	for name, decl := range mine {
		theirs, ok := vendor[name]
		if !ok {
			t.Errorf("the vendor has no %s", name)
			continue
		}
		if a, b := qname(decl, "type"), qname(theirs, "type"); a != b {
			t.Errorf("%s is of type %s, the vendor's of %s", name, a, b)
		}
		if a, b := decl.SelectAttrValue("abstract", ""), theirs.SelectAttrValue("abstract", ""); a != b {
			t.Errorf("%s: abstract %q, the vendor's %q", name, a, b)
		}
		for _, part := range []string{"extension", "restriction"} {
			if a, b := base(decl, part), base(theirs, part); a != b {
				t.Errorf("%s is an %s of %s, the vendor's of %s", name, part, a, b)
			}
		}
		within(t, name, particles(decl, "element"), particles(theirs, "element"))
		within(t, name, particles(decl, "attribute"), particles(theirs, "attribute"))
		if values := particles(decl, "enumeration"); len(values) > 0 {
			if diff := cmp.Diff(particles(theirs, "enumeration"), values); diff != "" {
				t.Errorf("%s has other values: %s", name, diff)
			}
		}
	}
}

// within reports what of list is not in all, in all's order.
func within(t *testing.T, name string, list, all []string) {
	t.Helper()
	i := 0
	for _, p := range list {
		for i < len(all) && all[i] != p {
			i++
		}
		if i == len(all) {
			t.Errorf("%s: the vendor has no such part, or not in this place: %s", name, p)
			return
		}
		i++
	}
}

// particles lists the parts of a declaration with all that is said of them.
func particles(decl *etree.Element, tag string) (out []string) {
	for _, el := range decl.FindElements(".//" + tag) {
		name := el.SelectAttrValue("name", qname(el, "ref")) + el.SelectAttrValue("value", "")
		out = append(out, fmt.Sprintf("%s type=%s occurs %s to %s use=%s default=%s", name, qname(el, "type"),
			el.SelectAttrValue("minOccurs", "1"), el.SelectAttrValue("maxOccurs", "1"), el.SelectAttrValue("use", ""), el.SelectAttrValue("default", "")))
	}
	return out
}

func base(decl *etree.Element, tag string) string {
	if el := decl.FindElement(".//" + tag); el != nil {
		return qname(el, "base")
	}
	return ""
}

// qname resolves the prefix of a name in an attribute.
func qname(el *etree.Element, attr string) string {
	value := el.SelectAttrValue(attr, "")
	if value == "" {
		return ""
	}
	prefix, local := "", value
	for i := range value {
		if value[i] == ':' {
			prefix, local = value[:i], value[i+1:]
		}
	}
	key := "xmlns"
	if prefix != "" {
		key = "xmlns:" + prefix
	}
	for up := el; up != nil; up = up.Parent() {
		if a := up.SelectAttr(key); a != nil {
			return "{" + a.Value + "}" + local
		}
	}
	return "{}" + local
}

// The operations are the vendor's, with the same actions and messages.
func TestConformanceOperations(t *testing.T) {
	vendor := read(t, filepath.Join(testenv.Shared(t), "vendor-schemas", "netsuite", "netsuite.wsdl"))
	mine, _ := ours(t)
	operations := mine.FindElements("./binding/operation")
	if len(operations) != 9 {
		t.Fatalf("%d operations", len(operations))
	}
	for _, op := range operations {
		name := op.SelectAttrValue("name", "")
		action := func(root *etree.Element) string {
			el := root.FindElement("./binding/operation[@name='" + name + "']/soap:operation")
			if el == nil {
				return "none"
			}
			return el.SelectAttrValue("soapAction", "")
		}
		if a, b := action(mine), action(vendor); a != b || a != name {
			t.Errorf("%s has the action %s, the vendor's %s", name, a, b)
		}
		for _, part := range []string{"Request", "Response"} {
			element := func(root *etree.Element) string {
				el := root.FindElement("./message[@name='" + name + part + "']/part")
				if el == nil {
					return "none"
				}
				return qname(el, "element")
			}
			if a, b := element(mine), element(vendor); a != b {
				t.Errorf("the %s of %s is %s, the vendor's %s", part, name, a, b)
			}
		}
	}
}

// What is referred to is declared.
func TestReferences(t *testing.T) {
	root, s := ours(t)
	for _, el := range root.FindElements("./types//*") {
		for attr, kinds := range map[string][]string{"type": {"complexType", "simpleType"}, "base": {"complexType", "simpleType"}, "ref": {"element"}} {
			name := qname(el, attr)
			if name == "" || strings.HasPrefix(name, "{"+xsd+"}") {
				continue
			}
			ok := false
			for _, kind := range kinds {
				ok = ok || s[kind+" "+name] != nil
			}
			if !ok {
				t.Errorf("%s refers to %s, which is not declared", el.SelectAttrValue("name", el.Tag), name)
			}
		}
	}
}

// The documents the adapter renders are as this contract says: every element
// declared, in order. (The vendor's own schema is asked in the adapter's tests.)
func TestDocumentsKeepTheContract(t *testing.T) {
	_, s := ours(t)
	files, err := filepath.Glob(filepath.Join("..", "..", "adapters", "erp", "netsuite", "testdata", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, f := range files {
		root := read(t, f)
		decl := s["element {"+root.NamespaceURI()+"}"+root.Tag]
		if decl == nil {
			t.Errorf("%s: %s is not declared", f, root.Tag)
			continue
		}
		for _, problem := range s.check(root, qname(decl, "type")) {
			t.Errorf("%s: %s", filepath.Base(f), problem)
		}
	}
}

// check holds an element's children against its type, or the one it says it is.
func (s schema) check(el *etree.Element, typ string) (problems []string) {
	if xsi := el.SelectAttr("xsi:type"); xsi != nil {
		typ = qname(el, "xsi:type")
	}
	decl := s["complexType "+typ]
	if decl == nil {
		if s["simpleType "+typ] == nil && !strings.HasPrefix(typ, "{"+xsd+"}") {
			problems = append(problems, "the type "+typ+" is not declared")
		}
		return problems
	}
	parts := s.elements(decl)
	i := 0
	for _, child := range el.ChildElements() {
		for i < len(parts) && parts[i].SelectAttrValue("name", "") != child.Tag {
			i++
		}
		if i == len(parts) {
			return append(problems, fmt.Sprintf("%s in %s is not declared, or out of place", child.Tag, el.Tag))
		}
		if want := parts[i]; "{"+child.NamespaceURI()+"}" != "{"+owner(want)+"}" {
			problems = append(problems, fmt.Sprintf("%s is in the namespace %s", child.Tag, child.NamespaceURI()))
		}
		problems = append(problems, s.check(child, qname(parts[i], "type"))...)
	}
	return problems
}

// elements are those of a type, with those of the type it extends before its own.
func (s schema) elements(decl *etree.Element) (list []*etree.Element) {
	if of := s["complexType "+base(decl, "extension")]; of != nil {
		list = s.elements(of)
	}
	return append(list, decl.FindElements(".//element")...)
}

// owner returns the target namespace of the schema a declaration stands in.
func owner(el *etree.Element) string {
	for el.Tag != "schema" {
		el = el.Parent()
	}
	return el.SelectAttrValue("targetNamespace", "")
}
