// Package sapidoc is the service contract of SAP's IDocs over SOAP as far as this
// bridge uses it: a WSDL for the basic type ORDERS05, written for it.
//
// There are no bindings for what is sent: gowsdl makes a list of what is
// unbounded only, and would keep one of up to 99 partners (E1EDKA1), and it puts
// attributes, which every segment has, into the namespace. Segments are written
// with etree, in adapters/erp/sapidoc. The answer has two numbers; it is read where
// it is checked.
package sapidoc

import _ "embed" // for the WSDL

// WSDL is the contract.
//
//go:embed orders05.wsdl
var WSDL []byte
