// Package adapters is the list of the neighbours this bridge can speak to. A new
// one needs a folder and a line here; nothing registers itself.
package adapters

import (
	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/ax2012"
	"github.com/hakooi/erpbridge/adapters/erp/bc"
	"github.com/hakooi/erpbridge/adapters/erp/fo"
	"github.com/hakooi/erpbridge/adapters/erp/gp"
	"github.com/hakooi/erpbridge/adapters/erp/netsuite"
	"github.com/hakooi/erpbridge/adapters/erp/sapidoc"
	"github.com/hakooi/erpbridge/adapters/erp/saps4"
	"github.com/hakooi/erpbridge/adapters/storefront/adobecommerce"
	"github.com/hakooi/erpbridge/adapters/storefront/bigcommerce"
	"github.com/hakooi/erpbridge/adapters/storefront/partner"
	"github.com/hakooi/erpbridge/adapters/storefront/shopify"
	"github.com/hakooi/erpbridge/adapters/storefront/woocommerce"
)

// Storefronts makes storefronts, by kind. The settings are read by decode.
var Storefronts = map[string]func(name string, decode func(into any) error) (erpbridge.Storefront, error){
	"adobecommerce": adobecommerce.New,
	"bigcommerce":   bigcommerce.New,
	"partner":       partner.New,
	"shopify":       shopify.New,
	"woocommerce":   woocommerce.New,
}

// ERPs makes ERPs, by kind. The settings are read by decode, names are looked up in xref.
var ERPs = map[string]func(name string, decode func(into any) error, xref erpbridge.CrossReference) (erpbridge.ERP, error){
	"ax2012":   ax2012.New,
	"bc":       bc.New,
	"fo":       fo.New,
	"gp":       gp.New,
	"netsuite": netsuite.New,
	"sap-idoc": sapidoc.New,
	"sap-s4":   saps4.New,
}
