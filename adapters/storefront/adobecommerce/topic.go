package adobecommerce

import (
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A subject is what an event's data is the state of.
type subject string

// The subjects the bridge acts on. Each is the type of a message that brings such a
// thing without an event: from the API, or from a partner.
const (
	ofOrder           subject = "order"
	ofMemo            subject = "creditmemo"
	ofShipment        subject = "shipment"
	ofCustomer        subject = "customer"
	ofDeletedCustomer subject = "customer-deleted"
	ofProduct         subject = "product"
	ofDeletedProduct  subject = "product-deleted"
	ofStock           subject = "stock"
)

// subjects are the events the bridge acts on, by the name behind "observer." or
// "plugin.". What goes before it names the shop, or the module.
var subjects = map[string]subject{
	"order": ofOrder, "creditmemo": ofMemo, "shipment": ofShipment, "customer": ofCustomer, "product": ofProduct, "stock_item": ofStock,

	"sales_order_save_after":                   ofOrder,
	"sales_order_save_commit_after":            ofOrder,
	"sales_order_place_after":                  ofOrder,
	"order_repository.save":                    ofOrder,
	"order_management.place":                   ofOrder,
	"sales_order_creditmemo_save_after":        ofMemo,
	"sales_order_creditmemo_save_commit_after": ofMemo,
	"creditmemo_repository.save":               ofMemo,
	"sales_order_shipment_save_after":          ofShipment,
	"sales_order_shipment_save_commit_after":   ofShipment,
	"shipment_repository.save":                 ofShipment,

	"customer_save_after":          ofCustomer,
	"customer_save_commit_after":   ofCustomer,
	"customer_repository.save":     ofCustomer,
	"customer_delete_after":        ofDeletedCustomer,
	"customer_delete_commit_after": ofDeletedCustomer,

	"catalog_product_save_after":          ofProduct,
	"catalog_product_save_commit_after":   ofProduct,
	"product_repository.save":             ofProduct,
	"catalog_product_delete_after":        ofDeletedProduct,
	"catalog_product_delete_commit_after": ofDeletedProduct,

	"cataloginventory_stock_item_save_after":        ofStock,
	"cataloginventory_stock_item_save_commit_after": ofStock,
	"stock_item_repository.save":                    ofStock,
	"inventory_source_item_save_after":              ofStock,
	"inventory_source_item_save_commit_after":       ofStock,
}

// reasons say why an event is ignored, where it is not simply of no interest.
var reasons = map[string]string{
	"invoice":                               "an invoice says again what its order says",
	"sales_order_invoice_save_after":        "an invoice says again what its order says",
	"sales_order_invoice_save_commit_after": "an invoice says again what its order says",
	"invoice_repository.save":               "an invoice says again what its order says",
	"sales_order_payment_save_after":        "a payment is not the order; the order's own event comes with it",
	"customer_address_save_after":           "an address is not the customer; the customer's own event comes with it",
	"customer_address_save_commit_after":    "an address is not the customer; the customer's own event comes with it",
}

// about returns what a message of a type is about, or why it is of no interest.
func about(code string) (subject, error) {
	name := code
	if i := strings.LastIndex(code, "observer."); i >= 0 {
		name = code[i+len("observer."):]
	} else if i := strings.LastIndexByte(code, '.'); i >= 0 {
		// Of a plugin's method count the interface and the method:
		// plugin.magento.sales.api.order_repository.save.
		name = code[strings.LastIndexByte(code[:i], '.')+1:]
	}
	if s, ok := subjects[name]; ok {
		return s, nil
	}
	reason, ok := reasons[name]
	if !ok {
		reason = "it is none the bridge acts on: those are called such as observer.sales_order_save_commit_after, or " + strings.Join(plain(), ", ")
	}
	return "", fmt.Errorf("event %q: %s", signed.Clip(code), reason)
}

// plain are the types of messages that bring a thing without an event.
func plain() []string {
	return []string{string(ofOrder), string(ofMemo), string(ofShipment), string(ofCustomer), string(ofProduct), "stock_item"}
}
