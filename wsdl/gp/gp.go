// Package gp is the service contract of the Dynamics GP web service as far as this
// bridge uses it: a WSDL written for it (gp.wsdl) and the types of the answer to
// GetSalesOrderByKey generated from that. The other answers say nothing.
//
// Generated types are used where they are right: an answer that the strict reader
// of wsdl/soap has taken apart and whose names and namespaces have been checked can
// be decoded into them (soap.Decode). They are not used to write orders: GP demands
// two dozen elements that say xsi:nil, which gowsdl leaves out, and makes floats of
// amounts.
package gp

import _ "embed" // for the WSDL

//go:generate go run ../gen -wsdl gp.wsdl -out bindings.go -package gp -roots GetSalesOrderByKeyResponse

// WSDL is the contract.
//
//go:embed gp.wsdl
var WSDL []byte
