package check

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompare(t *testing.T) {
	const two = `<xsd:element name="x" type="xsd:string"/><xsd:element name="y" type="xsd:string" minOccurs="0"/>`
	enumerated := func(values ...string) string {
		return sequence(`<xsd:element name="x"><xsd:simpleType><xsd:restriction base="xsd:string"><xsd:enumeration value="` +
			strings.Join(values, `"/><xsd:enumeration value="`) + `"/></xsd:restriction></xsd:simpleType></xsd:element>`)
	}
	long := func(n string) string {
		return sequence(`<xsd:element name="x"><xsd:simpleType><xsd:restriction base="xsd:string"><xsd:maxLength value="` + n + `"/></xsd:restriction></xsd:simpleType></xsd:element>`)
	}
	derived := func(name string) string {
		return schema(`<xsd:element name="ask"><xsd:complexType><xsd:sequence><xsd:element name="r" type="a:Base"/></xsd:sequence></xsd:complexType></xsd:element>
			<xsd:complexType name="Base" abstract="true"/>
			<xsd:complexType name="Order"><xsd:complexContent><xsd:extension base="a:Base"><xsd:sequence><xsd:element name="` + name + `" type="xsd:int"/></xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>`)
	}
	for _, c := range []struct {
		name         string
		ours, theirs string
		options      Options
		want         []string
	}{
		{name: "the same", ours: sequence(two), theirs: sequence(two)},
		{name: "more", ours: sequence(two), theirs: sequence(two + `<xsd:element name="z" minOccurs="0"/>`)},
		{name: "more between", ours: sequence(two), theirs: sequence(`<xsd:element name="x" type="xsd:string"/><xsd:element name="z" minOccurs="0"/><xsd:element name="y" type="xsd:string" minOccurs="0"/>`)},
		{name: "another kind of text", ours: sequence(`<xsd:element name="x" type="xsd:string"/>`), theirs: sequence(`<xsd:element name="x" type="xsd:token"/>`)},
		{
			name: "another kind of text, exactly", ours: sequence(`<xsd:element name="x" type="xsd:string"/>`), theirs: sequence(`<xsd:element name="x" type="xsd:token"/>`), options: Options{Exact: true},
			want: []string{"do request: ask/x: its type is token, ours is string"},
		},
		{name: "wider", ours: sequence(two), theirs: sequence(`<xsd:element name="x" type="xsd:string" minOccurs="0" maxOccurs="3"/><xsd:element name="y" type="xsd:string" minOccurs="0"/>`)},
		{
			name: "wider, exactly", ours: sequence(two), theirs: sequence(`<xsd:element name="x" type="xsd:string" minOccurs="0" maxOccurs="3"/><xsd:element name="y" type="xsd:string" minOccurs="0"/>`), options: Options{Exact: true},
			want: []string{"do request: ask/x: it occurs 0 to 3 times, ours 1 times"},
		},
		{
			name: "narrower", ours: sequence(`<xsd:element name="x" maxOccurs="3"/>`), theirs: sequence(`<xsd:element name="x" maxOccurs="2"/>`),
			want: []string{"do request: ask/x: it occurs 1 to 2 times, ours 1 to 3 times"},
		},
		{
			name: "demanded", ours: sequence(two), theirs: sequence(`<xsd:element name="x" type="xsd:string"/><xsd:element name="y" type="xsd:string"/>`),
			want: []string{"do request: ask/y: it occurs 1 times, ours 0 to 1 times"},
		},
		{
			name: "gone", ours: sequence(two), theirs: sequence(`<xsd:element name="x" type="xsd:string"/>`),
			want: []string{"do request: ask/y: there is no such element"},
		},
		{name: "gone, but anything may come", ours: sequence(two), theirs: sequence(`<xsd:element name="x" type="xsd:string"/><xsd:any/>`)},
		{
			name: "another order", ours: sequence(two), theirs: sequence(`<xsd:element name="y" type="xsd:string" minOccurs="0"/><xsd:element name="x" type="xsd:string"/>`),
			want: []string{"do request: ask/y: it comes before x, and after it in ours"},
		},
		{name: "another order, of no matter", ours: sequence(two), theirs: sequence(`<xsd:element name="y" type="xsd:string" minOccurs="0"/><xsd:element name="x" type="xsd:string"/>`), options: Options{AnyOrder: true}},
		{name: "no order", ours: sequence(two), theirs: request(`<xsd:all><xsd:element name="y" type="xsd:string" minOccurs="0"/><xsd:element name="x" type="xsd:string"/></xsd:all>`)},
		{
			name: "more that is demanded", ours: sequence(two), theirs: sequence(two + `<xsd:element name="z"/>`),
			want: []string{"do request: ask/z: it is mandatory, and we never send it"},
		},
		{
			name: "another type", ours: sequence(`<xsd:element name="x" type="xsd:decimal"/>`), theirs: sequence(`<xsd:element name="x" type="xsd:string"/>`),
			want: []string{"do request: ask/x: its type is string, ours is decimal"},
		},
		{
			name: "a type that is not there", ours: sequence(`<xsd:element name="x" type="xsd:decimal"/>`), theirs: sequence(`<xsd:element name="x" type="b:gone"/>`),
			want: []string{"do request: ask/x: its type is an unknown type, ours is decimal"},
		},
		{name: "more values", ours: enumerated("A"), theirs: enumerated("A", "B")},
		{name: "a value gone", ours: enumerated("A", "B"), theirs: enumerated("B", "C"), want: []string{`do request: ask/x: the value "A" is not among its values`}},
		{name: "longer", ours: long("10"), theirs: long("20")},
		{name: "shorter", ours: long("20"), theirs: long("10"), want: []string{"do request: ask/x: it takes 10 characters, ours 20"}},
		{name: "a derived type", ours: derived("n"), theirs: derived("n")},
		{name: "a derived type that changed", ours: derived("n"), theirs: derived("m"), want: []string{
			"do request: ask/r(Order)/n: there is no such element", "do request: ask/r(Order)/m: it is mandatory, and we never send it",
		}},
		{name: "a derived type that is gone", ours: derived("n"), theirs: strings.Replace(derived("n"), `"Order"`, `"Other"`, 1), want: []string{"do request: ask/r(Order): its type is not there, ours is {urn:a}Order"}},
		{
			name: "an attribute gone, another demanded", ours: request(`<xsd:attribute name="a"/>`), theirs: request(`<xsd:attribute name="b" use="required"/><xsd:attribute name="c"/>`),
			want: []string{"do request: ask/@a: there is no such attribute", "do request: ask/@b: it is mandatory, and we never send it"},
		},
		{
			name: "unqualified", ours: sequence(`<xsd:element name="x"/>`), theirs: strings.Replace(sequence(`<xsd:element name="x"/>`), ` elementFormDefault="qualified"`, "", 1),
			want: []string{"do request: ask/x: it is in none, ours in urn:a"},
		},
		{name: "qualified by its form", ours: sequence(`<xsd:element name="x"/>`), theirs: strings.Replace(sequence(`<xsd:element name="x" form="qualified"/>`), ` elementFormDefault="qualified"`, "", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(parse(t, []byte(wsdl(c.ours))), parse(t, []byte(wsdl(c.theirs))), c.options)
			if diff := cmp.Diff(c.want, told(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is said of a request is not what is said of an answer.
func TestCompareAnswers(t *testing.T) {
	answering := func(content string) []byte {
		both := strings.Replace(wsdl(sequence(content)), `<w:input message="a:in"/>`, `<w:input message="a:in"/><w:output message="a:in"/>`, 1)
		return []byte(both)
	}
	ours := parse(t, answering(`<xsd:element name="x" minOccurs="1" maxOccurs="2"/>`))
	for _, c := range []struct {
		name, theirs string
		want         []string
	}{
		{"may be missing", `<xsd:element name="x" minOccurs="0" maxOccurs="2"/>`, []string{"do answer: ask/x: it occurs 0 to 2 times, ours 1 to 2 times"}},
		{"may be more", `<xsd:element name="x" maxOccurs="9"/>`, []string{"do answer: ask/x: it occurs 1 to 9 times, ours 1 to 2 times"}},
		{"may be fewer", `<xsd:element name="x"/>`, []string{"do request: ask/x: it occurs 1 times, ours 1 to 2 times"}},
		{"is always there besides", `<xsd:element name="x" maxOccurs="2"/><xsd:element name="z"/>`, []string{"do request: ask/z: it is mandatory, and we never send it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, told(Compare(ours, parse(t, answering(c.theirs)), Options{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is sent and read lacks its element once.
func TestCompareSaysItOnce(t *testing.T) {
	both := func(content string) *Contract {
		text := wsdl(schema(`<xsd:element name="ask" type="a:T"/><xsd:element name="told" type="a:T"/>
			<xsd:element name="other"><xsd:complexType><xsd:sequence><xsd:element name="x" type="xsd:int"/>` + content + `</xsd:sequence></xsd:complexType></xsd:element>
			<xsd:complexType name="T"><xsd:sequence>` + content + `</xsd:sequence></xsd:complexType>`))
		text = strings.Replace(text, `<w:portType`, `<w:message name="out"><w:part name="p" element="a:told"/></w:message><w:message name="more"><w:part name="p" element="a:other"/></w:message><w:portType`, 1)
		text = strings.Replace(text, `<w:operation name="do">`, `<w:operation name="get"><w:input message="a:gone"/><w:output message="a:more"/></w:operation><w:operation name="do"><w:output message="a:out"/>`, 1)
		return parse(t, []byte(text))
	}
	ours, theirs := both(`<xsd:element name="y" type="xsd:int" minOccurs="0"/>`), both(``)
	want := []string{"get answer: other/y: there is no such element", "do request: ask/y: there is no such element"}
	if diff := cmp.Diff(want, told(Compare(ours, theirs, Options{}))); diff != "" {
		t.Error(diff)
	}
}

func TestCompareOperations(t *testing.T) {
	ours := wsdl(sequence(""))
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"gone", `operation name="do"`, `operation name="other"`, []string{"do: there is no such operation"}},
		{"another action", `"urn:do"`, `"urn:other"`, []string{`do: its SOAPAction is "urn:other", ours is "urn:do"`}},
		{"another version of SOAP", "wsdl/soap/", "wsdl/soap12/", []string{"do: it is offered in SOAP 1.2, and called in SOAP 1.1"}},
		{"another element", `element="a:ask"`, `element="a:other"`, []string{"do request: ask: the message is {urn:a}other, ours is {urn:a}ask"}},
		{"no element", ` element="a:ask"`, ``, []string{"do request: ask: the message is none, ours is {urn:a}ask"}},
		{"no binding", `<w:binding name="B" type="a:P"><s:binding transport="x"/><w:operation name="do"><s:operation soapAction="urn:do"/></w:operation></w:binding>`, ``, []string{`do: its SOAPAction is "", ours is "urn:do"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			theirs := strings.ReplaceAll(ours, c.old, c.new)
			if theirs == ours {
				t.Fatal("nothing was changed")
			}
			if diff := cmp.Diff(c.want, told(Compare(parse(t, []byte(ours)), parse(t, []byte(theirs)), Options{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two services in one WSDL may each have an operation of one name.
func TestCompareOfTwoServices(t *testing.T) {
	two := strings.NewReplacer(
		`<w:portType name="P">`, `<w:message name="none"/><w:portType name="Get"><w:operation name="do"><w:input message="a:none"/></w:operation></w:portType>
			<w:message name="more"><w:part name="p" element="a:more"/></w:message><w:portType name="Q"><w:operation name="do"><w:input message="a:more"/></w:operation></w:portType><w:portType name="P">`,
		`<w:binding name="B"`, `<w:binding name="C" type="a:Q"><s:binding transport="x"/><w:operation name="do"><s:operation soapAction="urn:more"/></w:operation></w:binding><w:binding name="B"`,
	).Replace(wsdl(sequence("")))
	ours := wsdl(sequence(""))
	if found := Compare(parse(t, []byte(ours)), parse(t, []byte(two)), Options{}); len(found) > 0 {
		t.Error(found)
	}
	// If neither has our message, one that has any tells more than one that has none.
	other := strings.Replace(two, `element="a:ask"`, `element="a:asked"`, 1)
	want := []string{`do: its SOAPAction is "urn:more", ours is "urn:do"`, "do request: ask: the message is {urn:a}more, ours is {urn:a}ask"}
	if diff := cmp.Diff(want, told(Compare(parse(t, []byte(ours)), parse(t, []byte(other)), Options{}))); diff != "" {
		t.Error(diff)
	}
}

func TestChildren(t *testing.T) {
	c := parse(t, []byte(wsdl(schema(`<xsd:element name="ask" type="a:T"/>
		<xsd:complexType name="T"><xsd:sequence><xsd:element name="x" type="xsd:int"/><xsd:element name="y"><xsd:simpleType><xsd:restriction base="xsd:int"/></xsd:simpleType></xsd:element></xsd:sequence></xsd:complexType>`))))
	types := c.Types()
	if len(types) != 1 || types[0].Local != "T" || types[0].Space != "urn:a" {
		t.Fatal(types)
	}
	got := c.Children(types[0])
	if len(got) != 2 || got[0].Name.Local != "x" || got[0].Type.Local != "int" || got[1].Name.Local != "y" || got[1].Type.Local != "" {
		t.Error(got)
	}
	if c.Namespace != "urn:a" || len(c.Operations()) != 1 || c.Operations()[0] != "do" {
		t.Error(c.Namespace, c.Operations())
	}
}
