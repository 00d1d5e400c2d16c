package bc

import (
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/nav"
)

func parsed(t *testing.T, text string) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		t.Fatal(err)
	}
	return doc.Root()
}

const small = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:microsoft-dynamics-schemas/page/orders"
 targetNamespace="urn:microsoft-dynamics-schemas/page/orders"><types><x:schema xmlns:x="http://www.w3.org/2001/XMLSchema">
 <x:simpleType name="Status"><x:restriction base="x:string"><x:enumeration value="Open"/><x:enumeration value="Released"/></x:restriction></x:simpleType>
 <x:complexType name="Line"><x:sequence><x:element name="Key" type="x:string"/><x:element name="No" type="x:string"/><x:element name="Quantity" type="x:decimal"/></x:sequence></x:complexType>
 <x:complexType name="Line_List"><x:sequence><x:element name="Line" type="tns:Line"/></x:sequence></x:complexType>
 <x:complexType name="Orders"><x:sequence><x:element name="Key" type="x:string"/><x:element name="B" type="x:string"/><x:element name="A" type="x:string"/>
  <x:element name="Status" type="tns:Status"/><x:element name="Rows" type="tns:Line_List"/></x:sequence></x:complexType>
 <x:simpleType name="Orders_Fields"><x:restriction base="x:string"><x:enumeration value="B"/></x:restriction></x:simpleType>
 </x:schema></types><portType><operation name="Create"/></portType></definitions>`

func TestFit(t *testing.T) {
	p, err := readPage("Orders", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ record, missing, want, err string }{
		{"<Orders><A>1</A><B>2</B></Orders>", "", "<Orders><B>2</B><A>1</A></Orders>", ""},
		{
			"<Orders><A>1</A><SalesLines><Sales_Order_Line><Quantity>1</Quantity><No>7</No></Sales_Order_Line></SalesLines><Status>Open</Status></Orders>", "",
			"<Orders><A>1</A><Status>Open</Status><Rows><Line><No>7</No><Quantity>1</Quantity></Line></Rows></Orders>", "",
		},
		{"<Orders><A>1</A><C>1</C></Orders>", "", "", "page Orders: C is sent and the page does not show it"},
		{"<Orders><A>1</A><C>1</C></Orders>", "C", "<Orders><A>1</A></Orders>", ""},
		{"<Orders><SalesLines><L><D>1</D></L></SalesLines></Orders>", "", "", "page Orders: Line.D is sent"},
		{"<Orders><SalesLines><L><D>1</D><No>1</No></L></SalesLines></Orders>", "Line.D", "<Orders><Rows><Line><No>1</No></Line></Rows></Orders>", ""},
		{"<Orders><Status>Closed</Status></Orders>", "", "", "Status has no option Closed"},
		{"<Orders><A>1</A><A>2</A></Orders>", "", "", "A is there twice"},
	} {
		record := parsed(t, c.record)
		err := p.fit(record, map[string]bool{c.missing: true})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %s", c.record, err, c.err)
			}
			continue
		}
		got, werr := etree.NewDocumentWithRoot(record).WriteToString()
		if err != nil || werr != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.record, got, err, c.want)
		}
	}
	if err := filterable(p, "B", "reference_field"); err == nil || !strings.Contains(err.Error(), "no ReadMultiple") {
		t.Error(err)
	}
	if err := filterable(p, "A", "reference_field"); err == nil || !strings.Contains(err.Error(), "cannot be filtered by A") {
		t.Error(err)
	}
	if err := filterable(p, "Z", "reference_field"); err == nil || !strings.Contains(err.Error(), "does not show Z") {
		t.Error(err)
	}
}

func TestReadPageRefuses(t *testing.T) {
	for _, c := range []struct{ service, wsdl, want string }{
		{"Orders", "<a/>", "not the definitions"},
		{"Orders", "<!DOCTYPE a><a/>", "DOCTYPE"},
		{"Other", small, "it is of urn:microsoft-dynamics-schemas/page/orders"},
		{"orders", small, "it has no type orders"},
		{"Orders", strings.Replace(small, `<operation name="Create"/>`, "", 1), "names no fields, or no operations"},
		{"Orders", strings.Repeat("<a>", 100), "levels"},
	} {
		if _, err := readPage(c.service, []byte(c.wsdl)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestCriteria(t *testing.T) {
	for want, values := range map[string][]string{
		`'shop-1'`:            {"shop-1"},
		`'a'|'b'`:             {"a", "b"},
		`'O''Brien & Co (1)'`: {"O'Brien & Co (1)"},
		`'1..2'|'<>3'|'a|b'`:  {"1..2", "<>3", "a|b"},
	} {
		if got := criteria(values); got != want {
			t.Errorf("%q: %s, want %s", values, got, want)
		}
	}
	for _, bad := range []string{"", "a*", "a?", "@a", "a'b", "a|b", " a", "a ", "a&b", "<a", "a\nb", "(a)", "=a", "%a", `"a"`} {
		if referenceShape.MatchString(bad) {
			t.Errorf("%q may be looked up", bad)
		}
	}
	for _, good := range []string{"shop-4711", "SH#1001", "a b", "Größe/1", "x", "1.2", "a_b:c,d+e"} {
		if !referenceShape.MatchString(good) {
			t.Errorf("%q may not be looked up", good)
		}
	}
}

func TestCompareLines(t *testing.T) {
	line := func(no, q string) string {
		return "<L><Type>Item</Type><No>" + no + "</No><Quantity>" + q + "</Quantity><Line_Discount_Amount>0</Line_Discount_Amount></L>"
	}
	text := "<L><Description>said</Description></L>"
	ours := parsed(t, "<S>"+line("A", "1")+line("b", "2.50")+text+"</S>").ChildElements()
	for _, c := range []struct {
		theirs string
		state  state
		have   int
	}{
		{line("A", "1") + line("B", "2.5"), same, 0},
		{line("A", "1.00") + text + "<L><Type>_blank_</Type></L>" + line("B", "2.5"), same, 0},
		{"", incomplete, 0},
		{text, incomplete, 0},
		{line("A", "1"), incomplete, 1},
		{line("A", "2"), another, 0},
		{line("B", "2.5") + line("A", "1"), another, 0},
		{line("A", "1") + line("B", "2.5") + line("C", "1"), another, 0},
		{"<L><Type>Item</Type><No>A</No><Quantity>1</Quantity></L>" + line("B", "2.5"), same, 0},
		{"<L><Type>Item</Type><No>A</No><Quantity>1</Quantity><Line_Discount_Amount>1</Line_Discount_Amount></L>" + line("B", "2.5"), another, 0},
	} {
		got := compareLines(parsed(t, "<S>"+c.theirs+"</S>").ChildElements(), ours)
		if got.state != c.state || got.have != c.have {
			t.Errorf("%s: %+v, want %v with %d", c.theirs, got, c.state, c.have)
		}
		if (got.differ == "") != (c.state == same) {
			t.Errorf("%s: differs by %q", c.theirs, got.differ)
		}
	}
}

// What we send is in our own contracts of the pages, by which erpbridge wsdl check judges
// a customer's.
func TestContracts(t *testing.T) {
	contracts := map[string]*page{}
	for service, wsdl := range map[string][]byte{"SalesOrder": nav.SalesOrder, "SalesCreditMemo": nav.SalesCreditMemo, "Customer": nav.Customer} {
		p, err := readPage(service, wsdl)
		if err != nil {
			t.Fatal(err)
		}
		contracts[service] = p
	}
	e := open(t, "https://nav.example.com", `
mapping: {customer: {unknown: create}, locations: {default: EAST}, ship_methods: {default: DHL}, units: {default: PCS}, tax: {default: VAT19, exempt: NOVAT},
  payment: {methods: {default: CARD}, terms: {default: 14D}}}`)
	o := placed()
	o.Customer.Company, o.Customer.TaxID, o.Company = "Engines & Co", "DE1", nil
	o.BillTo.Region, o.ShipTo.Region, o.ShipTo.Company = "BW", "BW", "Engines & Co"
	docs := translate(t, e, event(o))
	docs = append(docs, translate(t, e, refund())...)
	for _, d := range docs {
		l, err := e.liftOne(d)
		if err != nil {
			t.Fatal(err)
		}
		p := contracts[l.service]
		if err := p.fit(l.record, nil); err != nil {
			t.Error(err)
		}
		if !p.has(l.field) {
			t.Errorf("page %s has no %s", l.service, l.field)
		}
	}
	for _, operation := range []string{"Read", "ReadMultiple", "Create", "CreateMultiple", "Update", "Delete"} {
		if !contracts["SalesOrder"].operation[operation] {
			t.Errorf("no %s", operation)
		}
	}
}
