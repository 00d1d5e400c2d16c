package woocommerce_test

import (
	"testing"

	"github.com/hakooi/erpbridge"
	signing "github.com/hakooi/erpbridge/adapters/storefront/signed"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

func TestSuite(t *testing.T) {
	var messages []erpbridge.Message
	for _, of := range [][2]string{
		{"order.created", "order-coupon"},
		{"order.updated", "order-two-rates"},
		{"order.updated", "order-subtotal-rounding"},
		{"order.updated", "order-kwd"},
		{"order.updated", "order-bundle"},
		{"order.updated", "order-refunded-in-part"},
		{"order.updated", "order-cancelled"},
		{"order.restored", "order-hostile-text"},
		{"order.deleted", "order-deleted"},
		{"refund.created", "refund"},
		{"refund.created", "refund-enveloped"},
		{"refund.created", "refund-shipping-and-fee"},
		{"customer.created", "customer"},
		{"product.created", "product"},
		{"product.updated", "product-variable"},
		{"product.updated", "product-variation"},
		{"product.restored", "product-bundle"},
		{"product.deleted", "order-deleted"},
		{"customer.deleted", "order-deleted"},
	} {
		m := message(of[0], fixture(t, of[1]))
		m.ID = signing.Digest(m.Type, m.Body)
		if of[1] == "order-deleted" {
			m.ID = signing.Digest(m.Type+" 5f0b1c6f6b3a2f9d0c1e2d3c4b5a6978", m.Body)
		}
		messages = append(messages, m)
	}
	storefronttest.Run(t, storefronttest.Suite{
		Open:     func(t *testing.T) erpbridge.Storefront { return open(t, "default_currency: EUR\n") },
		Sign:     func(m erpbridge.Message) erpbridge.Message { return signed(m, secret) },
		Forge:    func(m erpbridge.Message) erpbridge.Message { return signed(m, "another-secret-of-another-shop") },
		Messages: messages,
	})
}
