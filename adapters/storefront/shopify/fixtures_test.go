package shopify_test

import (
	"testing"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/storefronttest"
)

// TestFixtures reads every order of testdata/orders: each is a different order
// (but for updated.json, a later state of taxed.json), and each adds up (but for
// the one that must not).
func TestFixtures(t *testing.T) {
	files := storefronttest.Files(t, storefronttest.Root(t), "testdata", "orders", "*.json")
	if len(files) < 22 {
		t.Fatalf("%d fixtures", len(files))
	}
	s := open(t, "test_orders: deliver\n")
	ids, emails := map[string]string{}, map[string]string{}
	for _, file := range files {
		name := file.Name
		t.Run(name, func(t *testing.T) {
			topic := "orders/create"
			switch name {
			case "cancelled":
				topic = "orders/cancelled"
			case "updated":
				topic = "orders/updated"
			}
			o := order(t, s, topic, file.Body)
			off := o.Sum().Sub(o.Total)
			switch {
			case name == "does-not-add-up":
				if off.Plain() != "-0.01" {
					t.Errorf("off by %s, want -0.01 USD", off)
				}
			case !off.IsZero():
				t.Errorf("parts come to %s, the total is %s", o.Sum(), o.Total)
			}
			if other, ok := ids[o.ID]; ok && name != "updated" {
				t.Errorf("has the id of %s", other)
			}
			if other, ok := emails[o.Email]; ok && o.Email != "" && name != "updated" {
				t.Errorf("has the e-mail address of %s", other)
			}
			ids[o.ID], emails[o.Email] = name, name
		})
	}
}

// TestFixturesSayWhatTheirNamesSay keeps the fixtures what other tests take them
// for.
func TestFixturesSayWhatTheirNamesSay(t *testing.T) {
	s := open(t, "time_zone: Europe/Berlin\n")
	tests := map[string]func(o *erpbridge.Order) bool{
		"taxed.json":        func(o *erpbridge.Order) bool { return !o.TaxesIncluded && !o.TaxTotal.IsZero() },
		"updated.json":      func(o *erpbridge.Order) bool { return o.UpdatedAt.After(o.PlacedAt) && o.Number == "#1101" },
		"tax-included.json": func(o *erpbridge.Order) bool { return o.TaxesIncluded && !o.TaxTotal.IsZero() },
		"line-discount.json": func(o *erpbridge.Order) bool {
			return o.Lines[0].Discount().Plain() == "8.90" && o.Lines[0].Discounts[0].Title == "Lamp week"
		},
		"order-discount-two-codes.json": func(o *erpbridge.Order) bool {
			d := o.Lines[2].Discounts
			return len(d) == 2 && d[0].Title == "WELCOME10" && d[1].Title == "FIVEOFF" && d[1].Amount.Plain() == "0.58"
		},
		"partial-payment.json": func(o *erpbridge.Order) bool {
			return o.PaymentStatus == erpbridge.PartiallyPaid && o.Outstanding.Plain() == "307.39"
		},
		"jpy.json": func(o *erpbridge.Order) bool { return o.Currency == "JPY" && o.Total.Plain() == "11660" },
		"kwd.json": func(o *erpbridge.Order) bool {
			return o.Currency == "KWD" && o.Lines[1].Unit.Plain() == "7.375" && o.Total.Plain() == "46.375"
		},
		"no-customer.json":         func(o *erpbridge.Order) bool { return o.Customer == nil && o.BillTo == nil && o.Email == "" },
		"no-shipping-address.json": func(o *erpbridge.Order) bool { return o.ShipTo == nil && o.BillTo != nil },
		"gift-card-sold-and-redeemed.json": func(o *erpbridge.Order) bool {
			return o.Lines[0].Kind == erpbridge.GiftCard && o.Lines[1].Kind == erpbridge.Item && o.Gateways[0] == "gift_card"
		},
		"tip.json":                func(o *erpbridge.Order) bool { return o.Lines[1].Kind == erpbridge.Tip && o.Lines[1].ProductID == "" },
		"lines-250.json":          func(o *erpbridge.Order) bool { return len(o.Lines) == 250 },
		"free-shipping-code.json": func(o *erpbridge.Order) bool { return o.Shipping[0].Discount().Equal(o.Shipping[0].Price) },
		"zero-total.json":         func(o *erpbridge.Order) bool { return o.Total.IsZero() && len(o.Gateways) == 0 },
		"b2b-po-number.json": func(o *erpbridge.Order) bool {
			return o.PO == "4500098765 / Kst. 12 & Co" && o.BillTo.Company != "" && o.PaymentStatus == erpbridge.Unpaid
		},
		"two-shipping-lines.json": func(o *erpbridge.Order) bool { return len(o.Shipping) == 2 },
		"duties.json": func(o *erpbridge.Order) bool {
			return o.Charged(erpbridge.Duty).Plain() == "48.71" && o.Charged(erpbridge.Fee).Plain() == "2.75"
		},
		"presentment-eur-shop-usd.json": func(o *erpbridge.Order) bool {
			return o.Currency == "USD" && o.Presentment == "EUR" && o.PostingDate == "2026-03-01"
		},
		"cancelled.json":          func(o *erpbridge.Order) bool { return !o.CancelledAt.IsZero() && o.Lines[0].Current.IsZero() },
		"partially-refunded.json": func(o *erpbridge.Order) bool { return o.PaymentStatus == erpbridge.Refunded },
	}
	for name, holds := range tests {
		if o := order(t, s, "orders/updated", fixture(t, name)); !holds(o) {
			t.Errorf("%s does not say what its name says: %+v", name, o)
		}
	}
	if _, err := s.Normalize(message("orders/create", fixture(t, "test-order.json"))); erpbridge.KindOf(err) != erpbridge.Ignored {
		t.Errorf("test-order.json: %v", err)
	}
}
