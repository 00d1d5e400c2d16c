// Package sapidoc is the service contract of SAP's IDocs over SOAP as far as this
// bridge uses it: a WSDL for each of the basic types ORDERS05 and DEBMAS07, written
// for it.
//
// There are no bindings for what is sent: gowsdl makes a list of what is
// unbounded only, and would keep one of up to 99 partners (E1EDKA1), and it puts
// attributes, which every segment has, into the namespace. Segments are written
// with etree, in adapters/erp/sapidoc. The answer has two numbers; it is read where
// it is checked.
package sapidoc

import _ "embed" // for the WSDLs

// WSDL is the contract of ORDERS05: orders, their changes, and returns.
//
//go:embed orders05.wsdl
var WSDL []byte

// Customer is the contract of DEBMAS07: the master records of customers.
//
//go:embed debmas07.wsdl
var Customer []byte
