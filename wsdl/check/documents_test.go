package check

import (
	"encoding/xml"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge/wsdl/ax2012"
	"github.com/hakooi/erpbridge/wsdl/gp"
	"github.com/hakooi/erpbridge/wsdl/nav"
	"github.com/hakooi/erpbridge/wsdl/sapidoc"
	"github.com/hakooi/erpbridge/wsdl/saps4"
	"github.com/hakooi/erpbridge/wsdl/soap"
)

// What the adapters send is in our contracts: an element that is not could not be
// found missing in a customer's.
func TestDocumentsKeepTheContracts(t *testing.T) {
	for adapter, wsdls := range map[string][][]byte{
		"ax2012": {ax2012.WSDL},
		"bc":     {nav.SalesOrder, nav.SalesCreditMemo, nav.Customer},
		"gp":     {gp.WSDL},
		"saps4":  {saps4.OrderRequest, saps4.BusinessPartner},
		// As they are written into files; over SOAP they are in a namespace.
		"sapidoc": {sapidoc.WSDL, sapidoc.Customer},
	} {
		t.Run(adapter, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("..", "..", "adapters", "erp", adapter, "testdata", "*.xml"))
			if err != nil || len(files) == 0 {
				t.Fatal("there are no documents", err)
			}
			var contracts []*Contract
			for _, w := range wsdls {
				contracts = append(contracts, parse(t, w))
			}
			for _, f := range files {
				raw, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range documents(overSOAP.ReplaceAllString(string(raw), `<$1 xmlns="`+nsIDoc+`">`)) {
					root, err := soap.Parse([]byte(text), "")
					if err != nil {
						t.Fatalf("%s: %v", f, err)
					}
					unknown := []string{root.Tag}
					for _, c := range contracts {
						if decl := c.elements[xml.Name{Space: root.NamespaceURI(), Local: root.Tag}]; decl != nil {
							unknown = c.unknown(root, c.typeOf(decl), root.Tag)
						}
					}
					for _, u := range unknown {
						if adapter == "bc" && slices.Contains(chosen, path.Base(u)) {
							continue
						}
						if adapter == "sapidoc" && strings.HasSuffix(u, "_LONG") {
							continue // S/4's own, and sent where the settings ask for it
						}
						t.Errorf("%s: %s is in no contract", filepath.Base(f), u)
					}
				}
			}
		})
	}
}

// nsIDoc is the namespace of IDocs over SOAP.
const nsIDoc = "urn:sap-com:document:sap:idoc:soap:messages"

// overSOAP finds the roots of IDocs.
var overSOAP = regexp.MustCompile(`<((?:ORDERS|DEBMAS)\d\d)>`)

// chosen are the fields that the settings of the adapter's tests add to a page's; in
// the field a merchant chooses such ones.
var chosen = []string{"Additional_Information", "Campaign_No", "Customer_Posting_Group", "Payment_Terms_Code", "Shortcut_Dimension_1_Code"}

// documents returns the documents of a file, which may have several, each with a
// declaration and perhaps a comment line before it.
func documents(text string) []string {
	const declaration = "<?xml "
	var list []string
	for _, part := range strings.Split(text, declaration)[1:] {
		if i := strings.LastIndexByte(part, '>'); i >= 0 {
			list = append(list, declaration+part[:i+1])
		}
	}
	return list
}

// unknown lists what an element has and its type has not.
func (c *Contract) unknown(el *etree.Element, x typ, at string) (found []string) {
	for _, a := range el.Attr {
		if a.Key == "type" && a.FullKey() != "type" {
			prefix, local, _ := strings.Cut(a.Value, ":")
			x = typ{name: xml.Name{Space: space(el, prefix), Local: local}}
		}
	}
	content := c.contentOf(x)
	for _, a := range el.Attr {
		if a.Space == "" && a.Key != "xmlns" && !slices.ContainsFunc(content.attributes, func(o attribute) bool { return o.name == a.Key }) {
			found = append(found, at+"/@"+a.Key)
		}
	}
	for _, child := range el.ChildElements() {
		i := slices.IndexFunc(content.particles, func(p particle) bool {
			return p.name == xml.Name{Space: child.NamespaceURI(), Local: child.Tag}
		})
		if i < 0 {
			found = append(found, at+"/"+child.Tag)
			continue
		}
		found = append(found, c.unknown(child, content.particles[i].typ, at+"/"+child.Tag)...)
	}
	return found
}
