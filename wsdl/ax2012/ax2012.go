// Package ax2012 is the service contract of Dynamics AX 2012's SalesOrderService as
// far as this bridge uses it: a WSDL written for it (salesorderservice.wsdl) and the
// types generated from that of the EntityKeyList, in which AX tells the numbers of
// orders it created.
//
// Generated types are used where they are right: the list is decoded into them
// (soap.Decode) from what the strict reader of wsdl/soap has taken apart, in the answer
// to create and in the response files of the file adapter alike. The rest is etree, in
// adapters/erp/ax2012:
//
//   - orders are not written with generated types, because gowsdl leaves out what is
//     empty, makes floats of amounts and gives the elements of three namespaces one;
//   - orders that AX tells of are not read with them: which fields a port has, its
//     administrator decides, and what is compared is the same part of either side;
//   - faults neither: what is in an AifFault and how deep differs between the two
//     adapters, and a fault that is read in part is better than one that is not.
package ax2012

import _ "embed" // for the WSDL

//go:generate go run ../gen -wsdl salesorderservice.wsdl -out bindings.go -package ax2012 -roots EntityKeyList

// WSDL is the contract.
//
//go:embed salesorderservice.wsdl
var WSDL []byte
