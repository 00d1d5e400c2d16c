package gp

import (
	"strings"

	"github.com/beevik/etree"

	wsdl "github.com/hakooi/erpbridge/wsdl/gp"
)

// A standing is what GP's order is to one of ours.
type standing int

const (
	foreign standing = iota // somebody else's
	older                   // ours, in another state
	same                    // ours, in this state
)

func compare(there *wsdl.SalesOrder, body *etree.Element) standing {
	ours := body.SelectElement("salesOrder")
	switch {
	case reference(there) != child(ours, "FrontOfficeIntegrationId"):
		return foreign
	case strings.TrimSpace(there.IntegrationId) != child(ours, "IntegrationId"):
		return older
	}
	return same
}

// reference returns whose GP's order is.
func reference(there *wsdl.SalesOrder) string {
	return strings.TrimSpace(there.FrontOfficeIntegrationId)
}

func voided(there *wsdl.SalesOrder) bool {
	if there.IsVoided == nil {
		return false
	}
	v := strings.TrimSpace(*there.IsVoided)
	return v == "true" || v == "1"
}
