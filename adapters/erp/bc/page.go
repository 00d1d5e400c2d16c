package bc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/soap"
)

// The namespaces of a WSDL.
const (
	nsWSDL = "http://schemas.xmlsoap.org/wsdl/"
	nsXSD  = "http://www.w3.org/2001/XMLSchema"
)

// A page is what a page service says of itself in its WSDL: the fields it shows, in the
// order its messages have them. A page of the same name differs from country to country
// and from version to version, and merchants change it.
type page struct {
	service   string // as published: "SalesOrder"
	namespace string
	fields    []field         // of the record, in order
	filters   map[string]bool // fields that look-ups may filter by
	lines     string          // the field that holds the lines; "" without
	line      string          // the element of one line
	lineField []field         // of a line, in order
	operation map[string]bool
}

// A field is an element of a record.
type field struct {
	name   string
	typ    string   // local name of its type: "string", "decimal", "Type"
	values []string // of an option
}

// readPage reads the WSDL of a page service.
func readPage(service string, wsdl []byte) (*page, error) {
	root, err := soap.Parse(wsdl, "")
	if err != nil {
		return nil, err
	}
	if !soap.Is(root, nsWSDL, "definitions") {
		return nil, fmt.Errorf("the root is %s, not the definitions of a WSDL", soap.Reason(root.Tag))
	}
	p := &page{
		service: service, namespace: soap.Attr(root, "targetNamespace"),
		filters: map[string]bool{}, operation: map[string]bool{},
	}
	if want := namespaceOf(service); p.namespace != want {
		return nil, fmt.Errorf("it is of %s, not of %s", soap.Reason(p.namespace), want)
	}
	types := typesOf(root)
	record := types[service]
	if record == nil {
		return nil, fmt.Errorf("it has no type %s", service)
	}
	p.fields = fieldsOf(record, types)
	if filters := types[service+"_Fields"]; filters != nil {
		for _, name := range valuesOf(filters) {
			p.filters[name] = true
		}
	}
	p.findLines(types)
	for _, port := range root.ChildElements() {
		if soap.Is(port, nsWSDL, "portType") {
			for _, o := range port.ChildElements() {
				if soap.Is(o, nsWSDL, "operation") {
					p.operation[soap.Attr(o, "name")] = true
				}
			}
		}
	}
	if len(p.fields) == 0 || len(p.operation) == 0 {
		return nil, errors.New("it names no fields, or no operations")
	}
	return p, nil
}

// findLines finds the field whose type is a list of lines: X_List of elements X.
func (p *page) findLines(types map[string]*etree.Element) {
	for _, f := range p.fields {
		name, isList := strings.CutSuffix(f.typ, "_List")
		list, line := types[f.typ], types[name]
		if !isList || list == nil || line == nil {
			continue
		}
		of := fieldsOf(list, types)
		if len(of) != 1 || of[0].typ != name {
			continue
		}
		p.lines, p.line, p.lineField = f.name, of[0].name, fieldsOf(line, types)
		return
	}
}

// typesOf returns the types that a WSDL declares, by name.
func typesOf(root *etree.Element) map[string]*etree.Element {
	types := map[string]*etree.Element{}
	for _, section := range root.ChildElements() {
		if !soap.Is(section, nsWSDL, "types") {
			continue
		}
		for _, schema := range section.ChildElements() {
			for _, t := range schema.ChildElements() {
				if soap.Is(t, nsXSD, "complexType") || soap.Is(t, nsXSD, "simpleType") {
					types[soap.Attr(t, "name")] = t
				}
			}
		}
	}
	return types
}

// fieldsOf returns the elements of a complex type's sequence, in order.
func fieldsOf(typ *etree.Element, types map[string]*etree.Element) (fields []field) {
	for _, sequence := range typ.ChildElements() {
		if !soap.Is(sequence, nsXSD, "sequence") {
			continue
		}
		for _, el := range sequence.ChildElements() {
			if !soap.Is(el, nsXSD, "element") {
				continue
			}
			f := field{name: soap.Attr(el, "name"), typ: local(soap.Attr(el, "type"))}
			if t := types[f.typ]; t != nil && t.Tag == "simpleType" {
				f.values = valuesOf(t)
			}
			fields = append(fields, f)
		}
	}
	return fields
}

// valuesOf returns the values of an enumeration.
func valuesOf(typ *etree.Element) (values []string) {
	for _, restriction := range typ.ChildElements() {
		for _, v := range restriction.ChildElements() {
			if soap.Is(v, nsXSD, "enumeration") {
				values = append(values, soap.Attr(v, "value"))
			}
		}
	}
	return values
}

func local(qname string) string {
	if _, name, ok := strings.Cut(qname, ":"); ok {
		return name
	}
	return qname
}

// namespaceOf returns the namespace of a page service's messages.
func namespaceOf(service string) string {
	return "urn:microsoft-dynamics-schemas/page/" + strings.ToLower(service)
}

// has reports whether the page shows a field.
func (p *page) has(name string) bool {
	return slices.ContainsFunc(p.fields, func(f field) bool { return f.name == name })
}

// A misfit is what a document has and the page has not.
type misfit struct {
	page  string
	field string // "Sell_to_County", "Sales_Order_Line.Variant_Code"
	why   string
}

func (m misfit) Error() string { return fmt.Sprintf("page %s: %s %s", m.page, m.field, m.why) }

// fit brings a record into the page's order. A field that the page does not show is left
// out if it is among those that may be; otherwise it is the error, which names it.
func (p *page) fit(record *etree.Element, mayMiss map[string]bool) error {
	if lines := record.SelectElement(salesLines); lines != nil && p.lines != "" {
		lines.Tag = p.lines
	}
	if err := p.arrange(record, p.fields, "", mayMiss); err != nil {
		return err
	}
	if p.lines == "" {
		return nil
	}
	lines := record.SelectElement(p.lines)
	if lines == nil {
		return nil
	}
	for _, line := range lines.ChildElements() {
		line.Tag = p.line // what a line is called, only the page knows
		if err := p.arrange(line, p.lineField, p.line+".", mayMiss); err != nil {
			return err
		}
	}
	return nil
}

// remedy says what can be done about a field that a page does not show.
func remedy(name string) string {
	switch {
	case name == "Prices_Including_VAT":
		return "show it there, or say so on the customers' cards and set prices_including_vat to customer"
	case slices.Contains(never, name):
		return "show it there"
	}
	return "show it there, or name it in missing_fields"
}

// arrange sorts the children of el as fields are sorted.
func (p *page) arrange(el *etree.Element, fields []field, prefix string, mayMiss map[string]bool) error {
	place := make(map[string]int, len(fields))
	for i, f := range fields {
		place[f.name] = i
	}
	children := el.ChildElements()
	kept := make([]*etree.Element, 0, len(children))
	seen := map[string]bool{}
	for _, c := range children {
		i, ok := place[c.Tag]
		switch {
		case !ok && mayMiss[prefix+c.Tag]:
			continue
		case !ok:
			return misfit{p.service, prefix + c.Tag, "is sent and the page does not show it: " + remedy(c.Tag)}
		case seen[c.Tag]:
			return misfit{p.service, prefix + c.Tag, "is there twice"}
		}
		seen[c.Tag] = true
		if values := fields[i].values; len(values) > 0 && !slices.Contains(values, c.Text()) {
			return misfit{p.service, prefix + c.Tag, fmt.Sprintf("has no option %s", soap.Reason(c.Text()))}
		}
		kept = append(kept, c)
	}
	slices.SortStableFunc(kept, func(a, b *etree.Element) int { return place[a.Tag] - place[b.Tag] })
	for _, c := range children {
		el.RemoveChild(c)
	}
	for _, c := range kept {
		el.AddChild(c)
	}
	return nil
}
