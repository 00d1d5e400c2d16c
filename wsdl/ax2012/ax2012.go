// Package ax2012 is the service contract of Dynamics AX 2012's SalesOrderService as
// far as this bridge uses it: a WSDL written for it (salesorderservice.wsdl) and the
// types of the answer to create generated from that.
//
// Generated types are used where they are right: an answer that the strict reader
// of wsdl/soap has taken apart and whose names and namespaces have been checked can
// be decoded into them (soap.Decode). They are not used to write orders, because
// gowsdl leaves out what is empty, makes floats of amounts and gives the elements of
// three namespaces one.
package ax2012

import _ "embed" // for the WSDL

//go:generate go run ../gen -wsdl salesorderservice.wsdl -out bindings.go -package ax2012 -roots SalesOrderServiceCreateResponse

// WSDL is the contract.
//
//go:embed salesorderservice.wsdl
var WSDL []byte
