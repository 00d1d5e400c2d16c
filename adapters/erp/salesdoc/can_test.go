package salesdoc

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// What is not set has a default; nought is set.
func TestToleranceOfNought(t *testing.T) {
	cent := small()
	cent.TaxTotal, cent.Total = eur("7.81"), eur("46.84") // its parts come to a cent less
	nought, two := must("0"), must("0.02")
	for _, c := range []struct {
		name          string
		target, store *erpbridge.Decimal
		held          bool
	}{
		{"not set", nil, nil, false},
		{"nought", &nought, nil, true},
		{"nought of the store, two cents of the target", &two, &nought, true},
		{"two cents of the store, nought of the target", &nought, &two, false},
		{"nought of the target, nothing of the store", &nought, nil, true},
	} {
		m := generous()
		m.Rounding.Tolerance = c.target
		m.Stores = map[string]Rules{"eu": {Rounding: Rounding{Tolerance: c.store}}}
		_, err := translator(t, m, nil).Translate(placed(cent))
		switch {
		case c.held && (erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.rounding.tolerance")):
			t.Errorf("%s: a cent passes: %v", c.name, err)
		case !c.held && err != nil:
			t.Errorf("%s: %v", c.name, err)
		}
	}
	exact := generous()
	exact.Rounding.Tolerance = &nought
	if _, err := translator(t, exact, nil).Translate(placed(small())); err != nil {
		t.Errorf("what adds up: %v", err)
	}
}

// What stands where nothing is configured depends on what the ERP can, and a rule can be
// another one's default.
func TestDefaults(t *testing.T) {
	r := everything.defaults(Rules{})
	for setting, is := range map[string]bool{
		"prices":                  r.Prices == ShopPrices,
		"tax.mode":                r.Tax.Mode == PassTax,
		"discounts.order":         r.Discounts.Order == HeaderDiscount,
		"customer.guest":          r.Customer.Guest == CreateCustomer,
		"items.unknown":           r.Items.Unknown == HoldItem,
		"rounding.tolerance":      r.Rounding.Tolerance == nil, // see building.tolerance
		"payment.redeemed":        r.Payment.Redeemed == RedeemedApart,
		"refund.as":               r.Refund.As == RefundByRestock,
		"tax.marketplace.mode":    r.Tax.Marketplace.Mode == OwnTax,
		"tax.marketplace.refunds": r.Tax.Marketplace.Refunds == OwnTax,
		"tip.as":                  r.Tip.As == "",
	} {
		if !is {
			t.Errorf("%s: %+v", setting, r)
		}
	}
	if r := (Can{}).defaults(Rules{}); r.Refund.As != HoldRefund || r.Cancel != HoldCancel || r.Customer.Unknown != DefaultCustomer {
		t.Errorf("an ERP that can do nothing: %+v", r)
	}
	r = everything.defaults(Rules{Items: Items{Placeholder: "X"}, Tip: Posting{Code: "T"}, Tax: TaxRules{Marketplace: MarketplaceTax{Posting: Posting{Code: "M"}}}})
	if r.Items.Unknown != PlaceholderItem || r.Tip.As != AsItem || r.Tax.Marketplace.Mode != RemittedItem || r.Tax.Marketplace.Refunds != HoldRemitted {
		t.Errorf("%+v", r)
	}
}
