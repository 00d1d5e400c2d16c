// Package saps4 is the service contracts of SAP S/4HANA as far as this bridge uses
// them: one WSDL for orders and one for business partners, written for it.
//
// There are no bindings. Both services are one-way, so there is no answer to read,
// and gowsdl's requests are wrong on the wire: it puts the children of a root into
// its namespace, where SAP has them in none, and makes floats of amounts.
package saps4

import _ "embed" // for the WSDLs

// The contracts.
var (
	//go:embed orderrequest.wsdl
	OrderRequest []byte

	//go:embed businesspartner.wsdl
	BusinessPartner []byte
)
