package salesdoc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A complaint tells what is wrong with a setting.
type complaint func(setting, format string, args ...any)

// check returns what is wrong with rules, each with its setting below at.
func (c Can) check(at string, r Rules) error {
	var errs []error
	wrong := func(setting, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %w", at, setting, fmt.Errorf(format, args...)))
	}
	oneOf(wrong, "currency", r.Currency, ShopSide, PresentmentSide)
	oneOf(wrong, "prices", r.Prices, c.Prices...)
	oneOf(wrong, "number.from", r.Number.From, FromNumber, FromID, FromERP)
	oneOf(wrong, "customer.unknown", r.Customer.Unknown, append(slices.Clone(c.Customers), DefaultCustomer, HoldCustomer)...)
	oneOf(wrong, "customer.guest", r.Customer.Guest, append(slices.Clone(c.Customers), DefaultCustomer, HoldCustomer)...)
	for i, by := range r.Customer.By {
		oneOf(wrong, fmt.Sprintf("customer.by[%d]", i), by, ByCompany, ByID, ByEmail, ByPhone)
	}
	oneOf(wrong, "addresses.missing", r.Addresses.Missing, OtherAddress, NoAddress)
	for i, key := range r.Items.Key {
		oneOf(wrong, fmt.Sprintf("items.key[%d]", i), key, SKUKey, BarcodeKey, VariantKey, ProductKey)
	}
	oneOf(wrong, "items.case", r.Items.Case, ExactCase, UpperCase)
	oneOf(wrong, "items.unknown", r.Items.Unknown, AsIsItem, PlaceholderItem, HoldItem)
	if r.Items.Unknown == PlaceholderItem && r.Items.Placeholder == "" {
		wrong("items.placeholder", "is missing: items.unknown asks for it")
	}
	for _, item := range slices.Sorted(maps.Keys(r.Units.Items)) {
		if _, _, err := parseUnit(r.Units.Items[item]); err != nil {
			wrong("units.by_item."+item, "%v", err)
		}
	}
	oneOf(wrong, "free_shipping", r.FreeShipping, Keep, Drop)
	oneOf(wrong, "notes.customer", r.Notes.Customer, Keep, Drop)
	oneOf(wrong, "discounts.lines", r.Discounts.Lines, c.Lines...)
	oneOf(wrong, "discounts.order", r.Discounts.Order, c.Order...)
	oneOf(wrong, "tax.mode", r.Tax.Mode, c.Taxes...)
	oneOf(wrong, "payment.redeemed", r.Payment.Redeemed, RedeemedApart, ItemRedemption, PaidRedemption, HoldRedemption)
	oneOf(wrong, "tax.marketplace.mode", r.Tax.Marketplace.Mode, OwnTax, RemittedItem, HoldRemitted)
	oneOf(wrong, "tax.marketplace.refunds", r.Tax.Marketplace.Refunds, OwnTax, RemittedItem, HoldRemitted)
	for i, name := range r.Refund.Tips {
		if slices.Contains(r.Refund.GiftCards, name) {
			wrong(fmt.Sprintf("refund.tips[%d]", i), "%q is among refund.gift_cards too: one line is one of them", name)
		}
	}
	checkNames(wrong, r)
	for _, t := range []struct {
		setting string
		Table
		leave UnknownName
	}{
		{"addresses.countries", r.Addresses.Countries, AsIsName},
		{"addresses.regions", r.Addresses.Regions, AsIsName},
		{"ship_methods", r.ShipMethods, OmitName},
		{"payment.methods", r.Payment.Methods, OmitName},
		{"payment.terms", r.Payment.Terms, OmitName},
		{"locations", r.Locations, OmitName},
		{"tax", Table{Default: r.Tax.Default, Unknown: r.Tax.Unknown}, OmitName},
	} {
		if t.Unknown != "" {
			oneOf(wrong, t.setting+".unknown", t.Unknown, HoldName, DefaultName, t.leave)
		}
		if t.Unknown == DefaultName && t.Default == "" {
			wrong(t.setting+".default", "is missing: %s.unknown asks for it", t.setting)
		}
	}
	for i, code := range r.Tax.Codes {
		if code.Code == "" {
			wrong(fmt.Sprintf("tax.codes[%d].code", i), "is missing")
		}
	}
	refunds := append(slices.Clone(c.Refunds), HoldRefund, IgnoreRefund)
	oneOf(wrong, "refund.as", r.Refund.As, refunds...)
	if slices.Contains(refunds, r.Refund.As) {
		ways := slices.DeleteFunc(refunds, func(as RefundAs) bool { return as == RefundByRestock })
		oneOf(wrong, "refund.by_restock.returned", r.Refund.ByRestock.Returned, ways...)
		oneOf(wrong, "refund.by_restock.never_shipped", r.Refund.ByRestock.NeverShipped, ways...)
		oneOf(wrong, "refund.by_restock.not_returned", r.Refund.ByRestock.NotReturned, ways...)
		oneOf(wrong, "refund.by_restock.unknown", r.Refund.ByRestock.Unknown, ways...)
	}
	oneOf(wrong, "cancel", r.Cancel, append(slices.Clone(c.Cancels), HoldCancel, IgnoreCancel)...)
	if t := r.Rounding.Tolerance; t != nil && t.IsNeg() {
		wrong("rounding.tolerance", "must not be negative")
	}
	for _, p := range r.postings() {
		if p.As != "" {
			oneOf(wrong, p.setting+".as", p.As, c.As...)
		}
	}
	return errors.Join(errs...)
}

func oneOf[T ~string](wrong complaint, setting string, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	words := make([]string, 0, len(allowed))
	for _, a := range allowed {
		if !slices.Contains(words, string(a)) {
			words = append(words, string(a))
		}
	}
	wrong(setting, "%q is not one of %s", string(value), strings.Join(words, ", "))
}
