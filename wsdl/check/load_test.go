package check

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// memory is a Source of documents by name.
type memory map[string]string

func (memory) Resolve(_, location string) (string, error) {
	if strings.HasPrefix(location, "forbidden") {
		return "", fmt.Errorf("%s is forbidden", location)
	}
	return location, nil
}

func (m memory) Read(_ context.Context, location string) ([]byte, error) {
	if text, ok := m[location]; ok {
		return []byte(text), nil
	}
	return nil, fmt.Errorf("%s is not there", location)
}

// wsdl is a WSDL with one operation, whose request is the element ask of urn:a.
func wsdl(schemas string) string {
	return `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
		xmlns:a="urn:a" xmlns:b="urn:b" targetNamespace="urn:a">
		<w:types>` + schemas + `</w:types>
		<w:message name="in"><w:part name="p" element="a:ask"/></w:message>
		<w:portType name="P"><w:operation name="do"><w:input message="a:in"/></w:operation></w:portType>
		<w:binding name="B" type="a:P"><s:binding transport="x"/><w:operation name="do"><s:operation soapAction="urn:do"/></w:operation></w:binding>
	</w:definitions>`
}

func schema(content string) string {
	return `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:a="urn:a" xmlns:b="urn:b" targetNamespace="urn:a" elementFormDefault="qualified">` + content + `</xsd:schema>`
}

// request is a schema whose ask has this content.
func request(content string) string {
	return schema(`<xsd:element name="ask"><xsd:complexType>` + content + `</xsd:complexType></xsd:element>`)
}

func sequence(content string) string {
	return request(`<xsd:sequence>` + content + `</xsd:sequence>`)
}

// paths lists everything below an element as far as it can be reached.
func paths(t *testing.T, docs memory) []string {
	t.Helper()
	c, err := Load(t.Context(), docs, "main")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	var walk func(path string, x typ, depth int)
	walk = func(path string, x typ, depth int) {
		content := c.contentOf(x)
		if content.simple != nil {
			path += " " + content.simple.builtin
		}
		list = append(list, path)
		if depth > 5 {
			return
		}
		for _, p := range content.particles {
			walk(fmt.Sprintf("%s/%s %s", strings.SplitN(path, " ", 2)[0], p.name.Local, often(p)), p.typ, depth+1)
		}
	}
	walk("ask", c.typeOf(c.elements[c.operations[0].input]), 0)
	return list
}

func TestLoad(t *testing.T) {
	const none = `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">`
	for name, c := range map[string]struct {
		docs memory
		want []string
	}{
		"a sequence with its types": {
			memory{"main": wsdl(schema(`<xsd:element name="ask" type="a:Ask"/>
				<xsd:complexType name="Ask"><xsd:sequence><xsd:element name="n" type="a:Number" minOccurs="0" maxOccurs="5"/><xsd:element name="x"/></xsd:sequence></xsd:complexType>
				<xsd:simpleType name="Number"><xsd:restriction base="a:Base"/></xsd:simpleType>
				<xsd:simpleType name="Base"><xsd:restriction base="xsd:decimal"/></xsd:simpleType>`))},
			[]string{"ask", "ask/n 0 to 5 decimal", "ask/x 1"},
		},
		"choice, nested sequences, all and a group": {
			memory{"main": wsdl(schema(`<xsd:element name="ask"><xsd:complexType><xsd:sequence>
					<xsd:choice><xsd:element name="a" type="xsd:int"/><xsd:element name="b" type="xsd:int"/></xsd:choice>
					<xsd:sequence maxOccurs="unbounded"><xsd:element name="c" type="xsd:int" maxOccurs="2"/></xsd:sequence>
					<xsd:group ref="a:G" minOccurs="0"/>
				</xsd:sequence></xsd:complexType></xsd:element>
				<xsd:group name="G"><xsd:all><xsd:element name="d" type="xsd:int"/></xsd:all></xsd:group>`))},
			[]string{"ask", "ask/a 0 to 1 int", "ask/b 0 to 1 int", "ask/c 1 to any number of int", "ask/d 0 to 1 int"},
		},
		"an extension and a simple content": {
			memory{"main": wsdl(schema(`<xsd:element name="ask" type="a:More"/>
				<xsd:complexType name="Less"><xsd:sequence><xsd:element name="a" type="xsd:int"/></xsd:sequence></xsd:complexType>
				<xsd:complexType name="More"><xsd:complexContent><xsd:extension base="a:Less"><xsd:sequence><xsd:element name="b" type="a:Money"/></xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
				<xsd:complexType name="Money"><xsd:simpleContent><xsd:extension base="xsd:decimal"><xsd:attribute name="currency"/></xsd:extension></xsd:simpleContent></xsd:complexType>`))},
			[]string{"ask", "ask/a 1 int", "ask/b 1 decimal"},
		},
		"imports in a circle": {
			memory{
				"main": wsdl(`<xsd:schema><xsd:import namespace="urn:a" schemaLocation="a"/></xsd:schema>`),
				"a":    strings.Replace(sequence(`<xsd:element ref="b:b"/>`), "<xsd:element", `<xsd:import namespace="urn:b" schemaLocation="b"/><xsd:element`, 1),
				"b":    strings.Replace(schema(`<xsd:import namespace="urn:a" schemaLocation="a"/><xsd:element name="b" type="xsd:date"/>`), `targetNamespace="urn:a"`, `targetNamespace="urn:b"`, 1),
			},
			[]string{"ask", "ask/b 1 date"},
		},
		"an include without a namespace": {
			memory{
				"main": wsdl(schema(`<xsd:include schemaLocation="part"/><xsd:element name="ask" type="a:Ask"/>`)),
				"part": none + `<xsd:complexType name="Ask"><xsd:sequence><xsd:element name="x" type="Y"/></xsd:sequence></xsd:complexType><xsd:simpleType name="Y"><xsd:restriction base="xsd:time"/></xsd:simpleType></xsd:schema>`,
			},
			[]string{"ask", "ask/x 1 time"},
		},
		"a WSDL in two parts": {
			memory{
				"main": `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/"><w:import location="rest"/></w:definitions>`,
				"rest": wsdl(sequence(`<xsd:element name="x" type="xsd:int"/>`)),
			},
			[]string{"ask", "ask/x 1 int"},
		},
		"schemas of the web": {
			memory{"main": wsdl(strings.Replace(sequence(``), "<xsd:element", `<xsd:import schemaLocation="http://www.w3.org/2001/xml.xsd"/><xsd:element`, 1))},
			[]string{"ask"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, paths(t, c.docs)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	chain := memory{"main": wsdl(`<xsd:schema><xsd:import schemaLocation="0"/></xsd:schema>`)}
	for i := range MaxDocuments + 1 {
		chain[fmt.Sprint(i)] = fmt.Sprintf(`<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema"><xsd:import schemaLocation="%d"/></xsd:schema>`, i+1)
	}
	large := memory{
		"main": wsdl(`<xsd:schema><xsd:include schemaLocation="x"/></xsd:schema>`),
		"x":    schema(strings.Repeat("<!-- 30 characters of nothing  -->", MaxBytes/30)),
	}
	for name, c := range map[string]struct {
		docs memory
		want string
	}{
		"a DOCTYPE":                {memory{"main": `<!DOCTYPE d [<!ENTITY x "y">]>` + wsdl("")}, "a DOCTYPE"},
		"a DOCTYPE in an import":   {memory{"main": wsdl(`<xsd:schema><xsd:import schemaLocation="x"/></xsd:schema>`), "x": `<!DOCTYPE d><d/>`}, "x cannot be read"},
		"what is too deep":         {memory{"main": wsdl(strings.Repeat("<x>", 100) + strings.Repeat("</x>", 100))}, "levels"},
		"what has no end":          {memory{"main": wsdl("")[:200]}, "cannot be read"},
		"too many elements":        {memory{"main": wsdl(strings.Repeat("<x/>", 100_001))}, "more than 100000 elements"},
		"too many documents":       {chain, "more than 200 documents"},
		"too many bytes":           {large, "more than 32 MB"},
		"a page":                   {memory{"main": `<html/>`}, "main is not a WSDL, but <html>"},
		"a schema":                 {memory{"main": schema("")}, "main is not a WSDL, but <schema>"},
		"an import that is a page": {memory{"main": wsdl(`<xsd:schema><xsd:import schemaLocation="x"/></xsd:schema>`), "x": `<html/>`}, "x is not a WSDL, but <html>"},
		"no operations":            {memory{"main": `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/"/>`}, "has no operations"},
		"what is not there, all at once": {
			memory{"main": wsdl(`<xsd:schema><xsd:import schemaLocation="x"/><xsd:include schemaLocation="forbidden/y"/></xsd:schema>`)},
			"x is not there\nforbidden/y is forbidden",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(t.Context(), c.docs, "main")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.300v, want %q", err, c.want)
			}
		})
	}
}

// Groups and extensions that lead into each other have an end, and soon.
func TestContentEnds(t *testing.T) {
	var bomb strings.Builder // twice as many at each level
	for i := range 60 {
		fmt.Fprintf(&bomb, `<xsd:group name="g%d"><xsd:sequence><xsd:group ref="a:g%d"/><xsd:group ref="a:g%d"/></xsd:sequence></xsd:group>`, i, i+1, i+1)
	}
	bomb.WriteString(`<xsd:group name="g60"><xsd:sequence><xsd:element name="x" type="xsd:int"/></xsd:sequence></xsd:group>`)
	for name, content := range map[string]string{
		"a bomb of groups":     `<xsd:element name="ask"><xsd:complexType><xsd:group ref="a:g0"/></xsd:complexType></xsd:element>` + bomb.String(),
		"a group in itself":    `<xsd:element name="ask"><xsd:complexType><xsd:group ref="a:g"/></xsd:complexType></xsd:element><xsd:group name="g"><xsd:sequence><xsd:group ref="a:g"/><xsd:group ref="a:g"/></xsd:sequence></xsd:group>`,
		"a type of itself":     `<xsd:element name="ask" type="a:T"/><xsd:complexType name="T"><xsd:complexContent><xsd:extension base="a:T"/></xsd:complexContent></xsd:complexType>`,
		"a text of itself":     `<xsd:element name="ask" type="a:T"/><xsd:simpleType name="T"><xsd:restriction base="a:T"/></xsd:simpleType>`,
		"an element in itself": `<xsd:element name="ask" type="a:T"/><xsd:complexType name="T"><xsd:sequence><xsd:element name="t" type="a:T"/></xsd:sequence></xsd:complexType>`,
		"times without end":    `<xsd:element name="ask"><xsd:complexType><xsd:sequence minOccurs="2000000000" maxOccurs="99999999999999999999"><xsd:element name="x" minOccurs="2000000000" maxOccurs="2000000000"/></xsd:sequence></xsd:complexType></xsd:element>`,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse([]byte(wsdl(schema(content))))
			if err != nil {
				t.Fatal(err)
			}
			if found := Compare(c, c, Options{Exact: true}); len(found) > 0 {
				t.Error(found)
			}
		})
	}
}

// FuzzParse reads contracts that nobody would write, and compares them.
func FuzzParse(f *testing.F) {
	f.Add([]byte(wsdl(schema(`<xsd:element name="ask" type="a:T"/><xsd:complexType name="T"><xsd:simpleContent><xsd:restriction base="a:T"><xsd:maxLength value="-1"/></xsd:restriction></xsd:simpleContent></xsd:complexType>`))))
	f.Add([]byte(wsdl(sequence(`<xsd:element ref="a:ask"/><xsd:group ref="a:g"/><xsd:any/>`))))
	f.Add([]byte(wsdl(request(`<xsd:complexContent><xsd:extension base="a:ask"><xsd:attribute ref="a:b"/></xsd:extension></xsd:complexContent>`))))
	ours, err := Parse([]byte(wsdl(sequence(`<xsd:element name="x" type="xsd:int"/>`))))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		theirs, err := Parse(data)
		if err != nil {
			return
		}
		for _, d := range Compare(ours, theirs, Options{}) {
			if d.Operation == "" || d.Kind == "" || !strings.Contains(d.String(), d.Operation) {
				t.Errorf("%+v", d)
			}
		}
		Compare(theirs, theirs, Options{Exact: true})
		for _, n := range theirs.Types() {
			theirs.Children(n)
		}
	})
}
