package main

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"

	"github.com/hakooi/erpbridge/config"
	"github.com/hakooi/erpbridge/wsdl/ax2012"
	"github.com/hakooi/erpbridge/wsdl/check"
	"github.com/hakooi/erpbridge/wsdl/gp"
	"github.com/hakooi/erpbridge/wsdl/nav"
	"github.com/hakooi/erpbridge/wsdl/netsuite"
	"github.com/hakooi/erpbridge/wsdl/sapidoc"
	"github.com/hakooi/erpbridge/wsdl/saps4"
)

// A contract is what a target needs of one service.
type contract struct {
	document string // what it carries, where a kind of target has several services
	wsdl     []byte
	// adapt puts the customer's names into our WSDL, where they are his to choose; nil
	// where they are not.
	adapt func(ours []byte, theirs *check.Contract) []byte
	// anyOrder: the adapter writes in the customer's own order.
	anyOrder bool
}

// contracts are what targets need, by kind. What is not here speaks no SOAP.
var contracts = map[string][]contract{
	"netsuite": {{wsdl: netsuite.WSDL, adapt: sameVersion}},
	"sap-idoc": {{document: "order", wsdl: sapidoc.WSDL}, {document: "customer", wsdl: sapidoc.Customer}},
	"sap-s4": {
		{document: "order", wsdl: saps4.OrderRequest},
		{document: "business-partner", wsdl: saps4.BusinessPartner},
	},
	"bc": {
		{document: "order", wsdl: nav.SalesOrder, adapt: samePage("SalesOrder", "Sales_Order_Line"), anyOrder: true},
		{document: "credit-memo", wsdl: nav.SalesCreditMemo, adapt: samePage("SalesCreditMemo", "Sales_Cr_Memo_Line"), anyOrder: true},
		{document: "customer", wsdl: nav.Customer, adapt: samePage("Customer", ""), anyOrder: true},
	},
	"ax2012": {{wsdl: ax2012.WSDL}},
	"gp":     {{wsdl: gp.WSDL}},
}

var endpointVersion = regexp.MustCompile(`_(20\d\d_[12])\.`)

// sameVersion makes our contract one of the version of NetSuite's endpoint that theirs
// is of: it is part of every namespace.
func sameVersion(ours []byte, theirs *check.Contract) []byte {
	if m := endpointVersion.FindStringSubmatch(theirs.Namespace); m != nil {
		return bytes.ReplaceAll(ours, []byte("2023_2"), []byte(m[1]))
	}
	return ours
}

// samePage makes our contract one of the page that theirs is of; name and line are ours
// of a record and its lines. The name under which a page is published is part of its
// namespace, in lower case, and of its types; the line is named by whoever made the page.
func samePage(name, line string) func(ours []byte, theirs *check.Contract) []byte {
	const pages = "urn:microsoft-dynamics-schemas/page/"
	return func(ours []byte, theirs *check.Contract) []byte {
		service, ok := strings.CutPrefix(theirs.Namespace, pages)
		if !ok {
			return ours
		}
		for _, t := range theirs.Types() {
			if t.Space != theirs.Namespace || !strings.EqualFold(t.Local, service) {
				continue
			}
			ours = renamed(ours, name, t.Local)
			if other, ok := lineOf(theirs, t); ok {
				ours = renamed(ours, line, other)
			}
		}
		return bytes.ReplaceAll(ours, []byte(pages+strings.ToLower(name)), []byte(theirs.Namespace))
	}
}

// lineOf returns the type of a record's lines: the record has a list of them, and the
// list has nothing else.
func lineOf(c *check.Contract, record xml.Name) (string, bool) {
	for _, child := range c.Children(record) {
		if !strings.HasSuffix(child.Type.Local, "_List") {
			continue
		}
		if of := c.Children(child.Type); len(of) == 1 && of[0].Type.Local != "" {
			return of[0].Type.Local, true
		}
	}
	return "", false
}

// renamed gives a type of ours, with its list, filter and fields, another name.
func renamed(ours []byte, from, to string) []byte {
	if from == "" || from == to {
		return ours
	}
	names := regexp.MustCompile(`(["':])` + regexp.QuoteMeta(from) + `(_List|_Fields|_Filter)?(["'])`)
	return names.ReplaceAll(ours, []byte("${1}"+to+"${2}${3}"))
}

// takenOnce says of kinds of ERP that take a document under one identity only once, for
// ever, what there is to do about one that the ERP has lost: to send it again by force
// makes nothing of it there.
var takenOnce = map[string]string{
	"sap-idoc": "SAP takes each IDoc once, --force is of no use; see \"An order that SAP has lost\" in docs/erps/sap-idoc.md",
}

// takesOnce returns what takenOnce says of a configured target.
func takesOnce(conf *config.Config, target string) string {
	for _, t := range conf.Targets {
		if t.Name == target {
			return takenOnce[t.Kind]
		}
	}
	return ""
}
