// Package gp is the service contract of the Dynamics GP web service as far as this
// bridge uses it: a WSDL written for it (gp.wsdl) and the types of the answer to
// GetSalesOrderByKey generated from that. The other answers say nothing.
//
// Generated types are used where they are right: what GP tells of an order is decoded
// into them (soap.Decode) from what the strict reader of wsdl/soap has taken apart, all
// of it in GP's one namespace. They are not used to write orders, which are built with
// etree in adapters/erp/gp: GP demands some thirty elements that say xsi:nil, which gowsdl
// leaves out, amounts would be floats, and the company's key needs an xsi:type. A Fault
// has no type of GP's: all it says is text.
package gp

import _ "embed" // for the WSDL

//go:generate go run ../gen -wsdl gp.wsdl -out bindings.go -package gp -roots GetSalesOrderByKeyResponse

// WSDL is the contract.
//
//go:embed gp.wsdl
var WSDL []byte
