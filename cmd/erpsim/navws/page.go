package navws

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// A page is what a page service knows.
type page struct {
	service  string
	table    string // of the record, in the language of the base application
	fields   []field
	lines    string // the field of the lines; "" without
	line     string
	lineOf   []field
	readOnly bool
	series   string // prefix of its numbers; "" where numbers are given
}

// A field is one of a record.
type field struct {
	name    string
	typ     string // string, code, decimal, date, boolean, int, or an option's name
	length  int    // of a string or code
	options []string
}

func str(name string, length int) field  { return field{name: name, typ: "string", length: length} }
func code(name string, length int) field { return field{name: name, typ: "code", length: length} }
func of(typ string, names ...string) (fields []field) {
	for _, n := range names {
		fields = append(fields, field{name: n, typ: typ})
	}
	return fields
}

// pagesOf returns the pages of a Business Central company, the order's without the hidden
// fields.
func pagesOf(hidden []string) map[string]*page {
	status := field{name: "Status", typ: "Status", options: []string{"Open", "Released", "Pending_Approval", "Pending_Prepayment"}}
	typ := field{name: "Type", typ: "Type", options: []string{"_blank_", "G_L_Account", "Item", "Resource", "Fixed_Asset", "Charge_Item"}}
	header := slices.Concat(
		[]field{
			str("Key", 0), code("No", 20), code("Sell_to_Customer_No", 20), str("Sell_to_Customer_Name", 100), str("Sell_to_Address", 100),
			str("Sell_to_Address_2", 50), str("Sell_to_City", 30), str("Sell_to_County", 30), code("Sell_to_Post_Code", 20),
			code("Sell_to_Country_Region_Code", 10), str("Sell_to_Contact", 100), str("Sell_to_Phone_No", 30), str("Sell_to_E_Mail", 80),
		},
		of("date", "Document_Date", "Posting_Date", "Order_Date", "Due_Date"),
		[]field{
			code("External_Document_No", 35), str("Your_Reference", 35), code("Salesperson_Code", 20), code("Campaign_No", 20), status,
			str("Work_Description", 0), code("Currency_Code", 10),
		},
		of("boolean", "Prices_Including_VAT"),
		[]field{
			code("VAT_Bus_Posting_Group", 20), code("Payment_Terms_Code", 10), code("Payment_Method_Code", 10), code("Ship_to_Code", 10),
			str("Ship_to_Name", 100), str("Ship_to_Address", 100), str("Ship_to_Address_2", 50), str("Ship_to_City", 30), str("Ship_to_County", 30),
			code("Ship_to_Post_Code", 20), code("Ship_to_Country_Region_Code", 10), str("Ship_to_Contact", 100), code("Location_Code", 10),
			code("Shipment_Method_Code", 10), code("Shipping_Agent_Code", 10),
		},
	)
	line := slices.Concat(
		[]field{
			str("Key", 0), typ, code("No", 20), code("Variant_Code", 10), code("VAT_Prod_Posting_Group", 20), str("Description", 100),
			code("Location_Code", 10),
		},
		of("decimal", "Quantity"), []field{code("Unit_of_Measure_Code", 10)},
		of("decimal", "Unit_Price", "Line_Discount_Percent", "Line_Amount", "Line_Discount_Amount", "Quantity_Shipped", "Quantity_Invoiced"),
		[]field{code("Shortcut_Dimension_1_Code", 20)}, of("int", "Line_No"),
	)
	order := &page{service: "SalesOrder", table: "Sales Header", lines: "SalesLines", line: "Sales_Order_Line", lineOf: line, series: "S-ORD"}
	for _, f := range header {
		if !slices.Contains(hidden, f.name) {
			order.fields = append(order.fields, f)
		}
	}
	customer := &page{service: "Customer", table: "Customer", fields: []field{
		str("Key", 0), code("No", 20), str("Name", 100), str("Address", 100), str("Address_2", 50), code("Country_Region_Code", 10),
		str("City", 30), str("County", 30), code("Post_Code", 20), str("Phone_No", 30), str("E_Mail", 80), str("Contact", 100),
		str("VAT_Registration_No", 20), code("Gen_Bus_Posting_Group", 20), code("VAT_Bus_Posting_Group", 20), code("Customer_Posting_Group", 20),
		code("Payment_Terms_Code", 10),
	}}
	memo := &page{
		service: "SalesCreditMemo", table: "Sales Header", fields: header, lines: "SalesLines", line: "Sales_Cr_Memo_Line", lineOf: line, series: "S-CR",
	}
	posted := &page{service: "PostedSalesInvoice", table: "Sales Invoice Header", readOnly: true, fields: []field{
		str("Key", 0), code("No", 20), code("Order_No", 20), code("Sell_to_Customer_No", 20), code("External_Document_No", 35), str("Your_Reference", 35),
	}}
	postedMemo := &page{service: "PostedSalesCreditMemo", table: "Sales Cr.Memo Header", readOnly: true, fields: posted.fields}
	return map[string]*page{
		order.service: order, customer.service: customer, memo.service: memo, posted.service: posted, postedMemo.service: postedMemo,
	}
}

func namespace(service string) string {
	return "urn:microsoft-dynamics-schemas/page/" + strings.ToLower(service)
}

func (p *page) field(name string) (field, bool) {
	i := slices.IndexFunc(p.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return p.fields[i], true
}

func (p *page) operations() []string {
	ops := []string{"Read", "ReadMultiple"}
	if !p.readOnly {
		ops = append(ops, "Create", "CreateMultiple", "Update", "Delete")
	}
	return ops
}

// wsdl is the description of the page service, as a GET returns it.
func (p *page) wsdl(address string) string {
	var b strings.Builder
	w := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	ns, svc := namespace(p.service), p.service
	w(`<?xml version="1.0" encoding="utf-8"?>`)
	w(`<definitions xmlns:tns="%s" targetNamespace="%s" xmlns="http://schemas.xmlsoap.org/wsdl/">`, ns, ns)
	w(`<types><xsd:schema elementFormDefault="qualified" targetNamespace="%s" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`, ns)
	for _, f := range append(slices.Clone(p.fields), p.lineOf...) {
		if len(f.options) > 0 {
			w(`<xsd:simpleType name="%s"><xsd:restriction base="xsd:string">`, f.typ)
			for _, o := range f.options {
				w(`<xsd:enumeration value="%s"/>`, o)
			}
			w(`</xsd:restriction></xsd:simpleType>`)
		}
	}
	record := func(name string, fields []field, more string) {
		w(`<xsd:complexType name="%s"><xsd:sequence>`, name)
		for _, f := range fields {
			w(`<xsd:element minOccurs="0" maxOccurs="1" name="%s" type="%s"/>`, f.name, f.xsd())
		}
		w(`%s</xsd:sequence></xsd:complexType>`, more)
		w(`<xsd:complexType name="%s_List"><xsd:sequence><xsd:element minOccurs="1" maxOccurs="unbounded" name="%s" type="tns:%s"/></xsd:sequence></xsd:complexType>`, name, name, name)
	}
	more := ""
	if p.lines != "" {
		record(p.line, p.lineOf, "")
		more = fmt.Sprintf(`<xsd:element minOccurs="0" maxOccurs="1" name="%s" type="tns:%s_List"/>`, p.lines, p.line)
	}
	record(svc, p.fields, more)
	w(`<xsd:simpleType name="%s_Fields"><xsd:restriction base="xsd:string">`, svc)
	for _, f := range p.fields[1:] {
		w(`<xsd:enumeration value="%s"/>`, f.name)
	}
	w(`</xsd:restriction></xsd:simpleType>`)
	w(`</xsd:schema></types>`)
	w(`<portType name="%s_Port">`, svc)
	for _, o := range p.operations() {
		w(`<operation name="%s"><input name="%s" message="tns:%s"/><output name="%s_Result" message="tns:%s_Result"/></operation>`, o, o, o, o, o)
	}
	w(`</portType>`)
	w(`<service name="%s_Service"><port name="%s_Port" binding="tns:%s_Binding"><address location="%s" xmlns="http://schemas.xmlsoap.org/wsdl/soap/"/></port></service>`,
		svc, svc, svc, html.EscapeString(address))
	w(`</definitions>`)
	return b.String()
}

func (f field) xsd() string {
	switch {
	case len(f.options) > 0:
		return "tns:" + f.typ
	case f.typ == "code":
		return "xsd:string"
	}
	return "xsd:" + f.typ
}
