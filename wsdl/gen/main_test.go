package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const service = `<?xml version="1.0"?>
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:m="urn:m" xmlns:c="urn:c" name="S">
  <w:types>
    <xsd:schema targetNamespace="urn:m">
      <xsd:import namespace="urn:c"/>
      <xsd:element name="ask" type="m:Ask"/>
      <xsd:complexType name="Ask"><xsd:sequence><xsd:element name="what" type="xsd:decimal"/></xsd:sequence></xsd:complexType>
      <xsd:element name="answer" type="m:Answer"/>
      <xsd:complexType name="Answer">
        <xsd:sequence>
          <xsd:element ref="c:status"/>
          <xsd:element name="price" type="xsd:decimal"/>
          <xsd:element name="ok" type="xsd:boolean"/>
          <xsd:element name="colour" type="c:Colour" maxOccurs="unbounded"/>
          <xsd:element name="ref" type="c:Base"/>
          <xsd:element name="thing" type="c:Thing"/>
        </xsd:sequence>
      </xsd:complexType>
    </xsd:schema>
    <xsd:schema targetNamespace="urn:c">
      <xsd:element name="status" type="c:Status"/>
      <xsd:complexType name="Status"><xsd:sequence/><xsd:attribute name="good" type="xsd:boolean"/></xsd:complexType>
      <xsd:simpleType name="Colour"><xsd:restriction base="xsd:string"><xsd:enumeration value=" "/></xsd:restriction></xsd:simpleType>
      <xsd:complexType name="Base" abstract="true"><xsd:sequence/></xsd:complexType>
      <xsd:complexType name="Ref"><xsd:complexContent><xsd:extension base="c:Base"><xsd:attribute name="id" type="xsd:int"/></xsd:extension></xsd:complexContent></xsd:complexType>
      <xsd:complexType name="Thing"><xsd:sequence><xsd:element name="x" type="xsd:int"/></xsd:sequence></xsd:complexType>
    </xsd:schema>
  </w:types>
  <w:portType name="P"/>
</w:definitions>`

func TestRun(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "s.wsdl"), filepath.Join(dir, "bindings.go")
	if err := os.WriteFile(in, []byte(service), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run([]string{"-wsdl", in, "-out", out, "-package", "s", "-roots", "answer", "-concrete", "Base=Ref", "-omit", "Answer.thing", "-also", "Answer.coulour"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(string(raw)), " ")
	for _, want := range []string{
		"DO NOT EDIT.", "package s", "XMLName xml.Name `xml:\"answer\"`", "Price string `xml:\"price,omitempty\"", "Ok string `xml:\"ok,omitempty\"",
		"Colour []string `xml:\"colour,omitempty\"", "Ref *Ref `xml:\"ref,omitempty\"", "Id string `xml:\"id,attr,omitempty\"",
		"Coulour string `xml:\"coulour,omitempty\"", "Status *Status `xml:\"status,omitempty\"", "Good string `xml:\"good,attr,omitempty\"",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, raw)
		}
	}
	for _, unwanted := range []string{"float64", "bool", "type Ask", "type Thing", "Thing", "soap", "Client"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("%s in %s", unwanted, raw)
		}
	}
}

func TestRunComplains(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "s.wsdl")
	if err := os.WriteFile(in, []byte(service), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"-wsdl", in, "-out", filepath.Join(dir, "x.go"), "-package", "s"}
	for name, args := range map[string][]string{
		"no roots":           nil,
		"no such root":       {"-roots", "nothing"},
		"no such element":    {"-roots", "answer", "-omit", "Answer.nothing"},
		"no such type":       {"-roots", "answer", "-omit", "Nothing.x"},
		"nowhere to add":     {"-roots", "answer", "-also", "Colour.x"},
		"not a pair":         {"-roots", "answer", "-concrete", "Base"},
		"an unknown setting": {"-root", "answer"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(append(base, args...)); err == nil {
				t.Error("no complaint")
			}
		})
	}
	if err := run([]string{"-wsdl", filepath.Join(dir, "none"), "-out", "x", "-package", "s", "-roots", "a"}); err == nil {
		t.Error("no complaint about a file that is not there")
	}
}

// What is generated is what stands in the repository: each go:generate line
// below wsdl, run into another file, gives the same bytes.
func TestBindingsAreUpToDate(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join("..", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, source := range sources {
		raw, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(raw)) {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "//go:generate go run ../gen ")
			if !ok {
				continue
			}
			found++
			upToDate(t, filepath.Dir(source), strings.Fields(rest))
		}
	}
	if found == 0 {
		t.Error("nothing is generated")
	}
}

func upToDate(t *testing.T, dir string, args []string) {
	t.Helper()
	var committed, fresh string
	for i := range args {
		switch {
		case i > 0 && args[i-1] == "-wsdl":
			args[i] = filepath.Join(dir, args[i])
		case i > 0 && args[i-1] == "-out":
			committed, fresh = filepath.Join(dir, args[i]), filepath.Join(t.TempDir(), "bindings.go")
			args[i] = fresh
		}
	}
	if err := run(args); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what its WSDL gives: run go generate ./wsdl/...", committed)
	}
}
