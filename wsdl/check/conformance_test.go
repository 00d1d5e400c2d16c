package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge/internal/testenv"
	"github.com/hakooi/erpbridge/wsdl/ax2012"
	"github.com/hakooi/erpbridge/wsdl/gp"
	"github.com/hakooi/erpbridge/wsdl/nav"
	"github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/sapidoc"
	"github.com/hakooi/erpbridge/wsdl/saps4"
)

func parse(t *testing.T, wsdl []byte) *Contract {
	t.Helper()
	c, err := Parse(wsdl)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{testenv.Shared(t), "vendor-schemas"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func load(t *testing.T, path ...string) *Contract {
	t.Helper()
	file := filepath.Join(append([]string{testenv.Shared(t), "vendor-schemas"}, path...)...)
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	c, err := Load(t.Context(), Files{root}, filepath.Base(file))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// withTypes puts the vendor's schemas into our WSDL, in place of ours of the same
// namespace, for vendors who publish no more than schemas. What is named in own
// remains ours: it is of the transport.
func withTypes(t *testing.T, wsdl []byte, own []string, schemas ...[]byte) []byte {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(wsdl); err != nil {
		t.Fatal(err)
	}
	types := doc.Root().SelectElement("types")
	for _, s := range schemas {
		theirs := etree.NewDocument()
		if err := theirs.ReadFromBytes(s); err != nil {
			t.Fatal(err)
		}
		for _, el := range theirs.Root().SelectElements("import") {
			el.RemoveAttr("schemaLocation")
		}
		for _, el := range types.SelectElements("schema") {
			if el.SelectAttrValue("targetNamespace", "") != theirs.Root().SelectAttrValue("targetNamespace", "") {
				continue
			}
			for _, decl := range el.ChildElements() {
				if !slices.Contains(own, decl.SelectAttrValue("name", "")) {
					el.RemoveChild(decl)
				}
			}
		}
		types.AddChild(theirs.Root())
	}
	out, err := doc.WriteToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// idocSchema is SAP's schema of ORDERS05, put into the namespace that IDocs have over
// SOAP: all elements in it, and no attribute.
func idocSchema(t *testing.T) []byte {
	t.Helper()
	return qualified(string(read(t, "sap", "idoc", "ORDERS05.xsd")))
}

func qualified(schema string) []byte {
	return []byte(strings.Replace(schema, "<xsd:schema ", `<xsd:schema xmlns="`+nsIDoc+`" targetNamespace="`+nsIDoc+`" elementFormDefault="qualified" `, 1))
}

// Of DEBMAS07 there is SAP's schema of an extension, which has all segments of the basic
// type and a root of its own name. It differs in two fields of the control record: that it
// is an extension has to be said, and the message type need not be.
func TestConformanceCustomer(t *testing.T) {
	for name, root := range map[string]string{"ERP_ZZ_DEBMAS.xsd": "ZZ_DEBMAS", "ZZ_DEBMAS_360.XSD": "ZZ_DEBMAS_360"} {
		t.Run(name, func(t *testing.T) {
			schema := strings.Replace(string(read(t, "sap", "idoc", name)), `<xsd:element name="`+root+`">`, `<xsd:element name="DEBMAS07">`, 1)
			theirs := parse(t, withTypes(t, sapidoc.Customer, []string{"DEBMAS07Response", "IdocAssign", "IDocId"}, qualified(schema)))
			want := []string{
				"DEBMAS.DEBMAS07 request: DEBMAS07/IDOC/EDI_DC40/CIMTYP: it occurs 1 times, ours 0 to 1 times",
				"DEBMAS.DEBMAS07 request: DEBMAS07/IDOC/EDI_DC40/MESTYP: it occurs 0 to 1 times, ours 1 times",
			}
			if diff := cmp.Diff(want, told(Compare(parse(t, sapidoc.Customer), theirs, Options{Exact: true}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Everything our contracts declare is the vendor's: the same operations with the same
// actions and messages, the same elements, of the same types, as often, in the same
// order. What a vendor demands, ours has.
func TestConformanceContracts(t *testing.T) {
	ax := func(t *testing.T, name string) []byte {
		return read(t, "dynamics-ax2012", "reconstructed-AxdSalesOrder", name)
	}
	for _, c := range []struct {
		name   string
		ours   []byte
		theirs func(*testing.T) *Contract
		want   []string
	}{
		{"netsuite", netsuite.WSDL, func(t *testing.T) *Contract { return load(t, "netsuite", "netsuite.wsdl") }, nil},
		{"gp", gp.WSDL, func(t *testing.T) *Contract { return load(t, "dynamics-gp", "DynamicsGP.wsdl") }, nil},
		{"businesspartner", saps4.BusinessPartner, func(t *testing.T) *Contract { return load(t, "sap", "s4-soap", "BUSINESSPARTNERSUITEBULKREPLIC.wsdl") }, nil},
		{"orderrequest", saps4.OrderRequest, func(t *testing.T) *Contract {
			return parse(t, withTypes(t, saps4.OrderRequest, nil, read(t, "sap", "derived", "OrderRequest.S4C-1905.xsd")))
		}, nil},
		{"orders05", sapidoc.WSDL, func(t *testing.T) *Contract {
			return parse(t, withTypes(t, sapidoc.WSDL, []string{"ORDERS05Response", "IdocAssign", "IDocId"}, idocSchema(t)))
		}, nil},
		{"salesorderservice", ax2012.WSDL, func(t *testing.T) *Contract {
			return parse(t, withTypes(t, ax2012.WSDL, nil, ax(t, "SalesOrder.xsd"), ax(t, "SharedTypes.xsd"), ax(t, "EntityKey.xsd")))
		}, nil},
		// A page of NAV 2016 does not show all fields that our documents have.
		{"salesorder", nav.SalesOrder, func(t *testing.T) *Contract { return load(t, "dynamics-nav-bc", "SalesOrder.wsdl") }, notShown},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours := parse(t, c.ours)
			if len(ours.Operations()) == 0 {
				t.Fatal("our contract has no operations")
			}
			var got []string
			for _, d := range Compare(ours, c.theirs(t), Options{Exact: true}) {
				if c.want != nil && d.Kind == Element {
					got = append(got, filepath.Base(d.Path))
				} else {
					t.Error(d)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("what is not there is other than what is known: %s", diff)
			}
		})
	}
}

var notShown = []string{
	"Sell_to_County", "Sell_to_Country_Region_Code", "Sell_to_Phone_No", "Sell_to_E_Mail", "Your_Reference", "Due_Date",
	"External_Document_No", "Ship_to_County", "Ship_to_Country_Region_Code", "Prices_Including_VAT",
}

// A vendor's contract that was changed is found out, and by name.
func TestConformanceChanges(t *testing.T) {
	for _, c := range []struct {
		name     string
		ours     []byte
		theirs   string
		old, new string // of the vendor's text
		all      bool
		want     string
	}{
		{"an operation gone", gp.WSDL, "gp", `<wsdl:operation name="VoidSalesOrder">`, `<wsdl:operation name="CancelSalesOrder">`, true, "VoidSalesOrder: there is no such operation"},
		{"another action", nav.SalesOrder, "nav", `page/salesorder:Create"`, `page/salesorder:CreateOne"`, false, `Create: its SOAPAction is "urn:microsoft-dynamics-schemas/page/salesorder:CreateOne"`},
		{"an element gone", nav.SalesOrder, "nav", `<xsd:element minOccurs="0" maxOccurs="1" name="Unit_Price" type="xsd:decimal" />`, ``, false, "SalesLines/Sales_Order_Line/Unit_Price: there is no such element"},
		{"an element renamed", nav.SalesOrder, "nav", `name="Ship_to_City"`, `name="Ship_to_Town"`, false, "Create/SalesOrder/Ship_to_City: there is no such element"},
		{"another type", nav.SalesOrder, "nav", `name="Quantity" type="xsd:decimal"`, `name="Quantity" type="xsd:int"`, false, "Sales_Order_Line/Quantity: its type is int, ours is decimal"},
		{"text became a structure", nav.SalesOrder, "nav", `name="Salesperson_Code" type="xsd:string"`, `name="Salesperson_Code" type="tns:Sales_Order_Line_List"`, false, "Create/SalesOrder/Salesperson_Code: its type is made of elements, ours is string"},
		{"another order", nav.SalesOrder, "nav", `<xsd:element minOccurs="0" maxOccurs="1" name="Sell_to_Contact_No"`, `<xsd:element minOccurs="0" maxOccurs="1" name="Ship_to_Name" type="xsd:string" /><xsd:element minOccurs="0" maxOccurs="1" name="Sell_to_Contact_No"`, false, "Create/SalesOrder/Ship_to_Name: it comes before Payment_Method_Code, and after it in ours"},
		{"a new mandatory element", nav.SalesOrder, "nav", `<xsd:element minOccurs="0" maxOccurs="1" name="Quote_No"`, `<xsd:element minOccurs="1" maxOccurs="1" name="Quote_No"`, false, "Create/SalesOrder/Quote_No: it is mandatory, and we never send it"},
		{"once only", gp.WSDL, "gp", `maxOccurs="unbounded" name="SalesOrderLine"`, `maxOccurs="1" name="SalesOrderLine"`, true, "Lines/SalesOrderLine: it occurs 0 to 1 times, ours 0 to any number of times"},
		{"a value gone", nav.SalesOrder, "nav", `<xsd:enumeration value="G_L_Account" />`, ``, true, `Sales_Order_Line/Type: the value "G_L_Account" is not among its values`},
		{"unqualified children", nav.SalesOrder, "nav", `elementFormDefault="qualified" `, ``, false, "Create/SalesOrder: it is in none, ours in urn:microsoft-dynamics-schemas/page/salesorder"},
		{"another page", nav.SalesOrder, "nav", `page/salesorder`, `page/order`, true, "Create request: Create: the message is {urn:microsoft-dynamics-schemas/page/order}Create"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := map[string][]string{"gp": {"dynamics-gp", "DynamicsGP.wsdl"}, "nav": {"dynamics-nav-bc", "SalesOrder.wsdl"}}[c.theirs]
			raw := string(read(t, file...))
			if !strings.Contains(raw, c.old) {
				t.Fatalf("the vendor's has no %s", c.old)
			}
			n := 1
			if c.all {
				n = -1
			}
			before := told(Compare(parse(t, c.ours), parse(t, []byte(raw)), Options{}))
			after := told(Compare(parse(t, c.ours), parse(t, []byte(strings.Replace(raw, c.old, c.new, n))), Options{}))
			fresh := slices.DeleteFunc(slices.Clone(after), func(s string) bool { return slices.Contains(before, s) })
			if !slices.ContainsFunc(fresh, func(s string) bool { return strings.Contains(s, c.want) }) {
				t.Errorf("no %q in:\n%s", c.want, strings.Join(fresh, "\n"))
			}
		})
	}
}

func told(ds []Difference) []string {
	var lines []string
	for _, d := range ds {
		lines = append(lines, fmt.Sprint(d))
	}
	return lines
}

// The vendors' other contracts can be read: the largest and the strangest.
func TestConformanceLoad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "vendor-schemas", "sap", "*", "*.[wW][sS][dD][lL]"))
	if err != nil || len(files) == 0 {
		t.Fatal("no WSDLs of SAP's", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(raw)
			if err != nil && !strings.Contains(err.Error(), "no operations") { // those of basic types have types only
				t.Error(err)
			}
		})
	}
}
