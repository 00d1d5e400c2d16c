// Package netsuite is the service contract of NetSuite SuiteTalk as far as this
// bridge uses it: a WSDL written for it (netsuite.wsdl) and the types of the
// answers generated from that.
//
// Generated types are used where they are right: an answer that the strict
// reader of wsdl/soap has taken apart and whose names and namespaces have been
// checked is decoded into them (soap.Decode). They are not used to write
// requests, because gowsdl gives the children of a type no namespace of their
// own, knows no xsi:type, which every NetSuite record needs, leaves out zeros
// and falses, and turns amounts into floats. Requests are built with etree, in
// adapters/erp/netsuite. The record in a getList answer is read with etree for
// the same reason: what it is, its xsi:type says.
package netsuite

import _ "embed" // for the WSDL

//go:generate go run ../gen -wsdl netsuite.wsdl -out bindings.go -package netsuite -roots upsertListResponse,getListResponse,asyncUpsertListResponse,getItemAvailabilityResponse,getServerTimeResponse -concrete BaseRef=RecordRef -omit ReadResponse.record -also StatusDetail.aftersubmitFailed

// WSDL is the contract.
//
//go:embed netsuite.wsdl
var WSDL []byte
