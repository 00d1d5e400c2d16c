package bigcommerce

import (
	"maps"
	"slices"
	"strings"
)

// A subject is what an event of a scope is about, and so what is fetched and made of
// it.
type subject int

const (
	nothing subject = iota
	anOrder
	aRefund
	aShipment
	aShipmentGone
	aCustomer
	aCustomerGone
	aProduct
	aProductGone
	aLevel
)

// The scopes that say more than which subject they have.
const (
	scopeOrderCreated    = "store/order/created"
	scopeOrderUpdated    = "store/order/updated"
	scopeStatusUpdated   = "store/order/statusUpdated"
	scopeRefundCreated   = "store/order/refund/created"
	scopeShipmentUpdated = "store/shipment/updated"
)

// scopes are those the bridge acts on.
var scopes = map[string]subject{
	scopeOrderCreated:        anOrder,
	scopeOrderUpdated:        anOrder,
	scopeStatusUpdated:       anOrder,
	scopeRefundCreated:       aRefund,
	"store/shipment/created": aShipment,
	scopeShipmentUpdated:     aShipment,
	"store/shipment/deleted": aShipmentGone,
	"store/customer/created": aCustomer,
	"store/customer/updated": aCustomer,
	"store/customer/deleted": aCustomerGone,
	// A customer's address book changes without store/customer/updated.
	"store/customer/address/created":        aCustomer,
	"store/customer/address/updated":        aCustomer,
	"store/customer/address/deleted":        aCustomer,
	"store/product/created":                 aProduct,
	"store/product/updated":                 aProduct,
	"store/product/deleted":                 aProductGone,
	"store/product/inventory/updated":       aLevel,
	"store/product/inventory/order/updated": aLevel,
	"store/sku/inventory/updated":           aLevel,
	"store/sku/inventory/order/updated":     aLevel,
}

// acted lists the scopes the bridge acts on.
func acted() []string { return slices.Sorted(maps.Keys(scopes)) }

// reasons say why a scope, or all scopes that begin so, are ignored, where it is not
// simply that they are of no interest.
var reasons = []struct{ scope, reason string }{
	{"store/order/archived", "an archived order is out of sight in the store, not cancelled: it keeps the status the ERP has"},
	{"store/order/message/", "a message about an order is no part of it"},
	{"store/order/transaction/", "a payment that counts changes the order's status, which store/order/statusUpdated tells"},
	{"store/cart/", "a cart is no order yet; store/order/created follows"},
}

func reason(scope string) string {
	for _, r := range reasons {
		if strings.HasPrefix(scope, r.scope) {
			return r.reason
		}
	}
	if !strings.HasPrefix(scope, "store/") {
		return "is not called as a scope of BigCommerce's; those are such as store/order/created and store/order/refund/created"
	}
	return "the bridge acts on orders, refunds, shipments, customers, products and stock only"
}
