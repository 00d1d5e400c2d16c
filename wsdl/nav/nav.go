// Package nav is the service contracts of the pages of Dynamics NAV and Business
// Central as far as this bridge uses them: one WSDL for each kind of record,
// written for it.
//
// There are no bindings. A page is published under a name of the merchant's own,
// which is part of its namespace and of its elements, and shows what it was made to
// show: types that are fixed when the bridge is built would drop what a page has
// besides, without a word. adapters/erp/bc reads the page's own WSDL when it starts.
package nav

import _ "embed" // for the WSDLs

// The contracts of pages that are published as SalesOrder, SalesCreditMemo and
// Customer.
var (
	//go:embed salesorder.wsdl
	SalesOrder []byte

	//go:embed salescreditmemo.wsdl
	SalesCreditMemo []byte

	//go:embed customer.wsdl
	Customer []byte
)
