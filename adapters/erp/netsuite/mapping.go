package netsuite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// can is what SuiteTalk's records express.
var can = salesdoc.Can{
	ERP:       "NetSuite",
	As:        []salesdoc.As{salesdoc.AsItem},
	Taxes:     []salesdoc.Taxes{salesdoc.ItemTax, salesdoc.PassTax},
	Prices:    []salesdoc.Prices{salesdoc.NetPrices},
	Lines:     []salesdoc.DiscountAs{salesdoc.ItemDiscount, salesdoc.NetDiscount},
	Order:     []salesdoc.DiscountAs{salesdoc.ItemDiscount, salesdoc.HeaderDiscount, salesdoc.SpreadDiscount},
	Refunds:   []salesdoc.RefundAs{salesdoc.RefundByRestock, salesdoc.RefundAsCreditMemo, salesdoc.RefundAsReturnOrder},
	Cancels:   []salesdoc.Cancel{salesdoc.CloseOrder},
	Customers: []salesdoc.Unknown{salesdoc.CreateCustomer},
	Countries: true,
	Negative:  true,
}

// shippingCost stands where a shipping line's item would: it goes into the order's own
// field of that name. It is no internal id, so that no setting can mean it by accident.
const shippingCost = "shippingCost"

// translators returns what makes the sales documents of orders and those of refunds, or
// everything that is wrong with the mapping. They differ in shipping: the records of
// refunds have no shipping cost, or none without a ship method, so there it is an item.
func (c *Config) translators(target string, xref erpbridge.CrossReference) (orders, refunds *salesdoc.Translator, err error) {
	m, err := c.mapping()
	if err != nil {
		return nil, nil, err
	}
	if orders, err = salesdoc.New(target, shippingTo(m, func(salesdoc.Rules) string { return shippingCost }), can, xref); err != nil {
		return nil, nil, err
	}
	refunds, err = salesdoc.New(target, shippingTo(m, func(r salesdoc.Rules) string { return r.Refund.Residual.Code }), can, xref)
	return orders, refunds, err
}

// shippingTo returns a mapping where shipping that the settings send nowhere goes to a
// code, which may differ from store to store.
func shippingTo(m salesdoc.Mapping, code func(salesdoc.Rules) string) salesdoc.Mapping {
	if m.Shipping.Code != "" {
		return m
	}
	m.Shipping.Code = code(m.Rules)
	m.Stores = maps.Clone(m.Stores)
	for name, r := range m.Stores {
		if r.Shipping.Code == "" {
			r.Shipping.Code = code(r)
			m.Stores[name] = r
		}
	}
	return m
}

// mapping returns the setting mapping, with the shorthands and NetSuite's own defaults
// filled in.
func (c *Config) mapping() (salesdoc.Mapping, error) {
	m := c.Mapping
	errs := []error{c.shorten(&m.Rules), checkCodes("mapping", m.Rules)}
	for _, store := range slices.Sorted(maps.Keys(m.Stores)) {
		errs = append(errs, checkCodes("mapping.stores."+store, m.Stores[store]))
	}
	errs = append(errs, c.lookUpItems(&m))
	preset(&m.Number.From, salesdoc.FromERP)
	preset(&m.Addresses.Missing, salesdoc.NoAddress)
	preset(&m.FreeShipping, salesdoc.Keep) // a ship method without cost is still one
	preset(&m.Refund.As, salesdoc.HoldRefund)
	return m, errors.Join(errs...)
}

// lookUpItems makes goods that no table knows be looked up, where the settings say so. A
// store may have a rule of its own for them.
func (c *Config) lookUpItems(m *salesdoc.Mapping) error {
	if c.Items.LookUp == "" {
		return nil
	}
	var errs []error
	if m.Items.Unknown != "" || m.Items.Placeholder != "" {
		errs = append(errs, errors.New("items.look_up says what becomes of goods that no table knows, and so does the placeholder or mapping.items.unknown: leave one of them out"))
	}
	bySKU := func(at string, keys []salesdoc.ItemKey) {
		if len(keys) > 0 && !slices.Contains(keys, salesdoc.SKUKey) {
			errs = append(errs, fmt.Errorf("%s.items.key: items.look_up looks for SKUs: add %s", at, salesdoc.SKUKey))
		}
	}
	bySKU("mapping", m.Items.Key)
	for _, store := range slices.Sorted(maps.Keys(m.Stores)) {
		bySKU("mapping.stores."+store, m.Stores[store].Items.Key)
	}
	m.Items.Unknown, m.Items.Placeholder = salesdoc.PlaceholderItem, lookedUp
	return errors.Join(errs...)
}

func preset[T ~string](into *T, value T) {
	if *into == "" {
		*into = value
	}
}

// shorten fills the rules by the settings that stand outside of mapping. What is said
// in both places is an error: nobody could tell which of them counts.
func (c *Config) shorten(r *salesdoc.Rules) error {
	var errs []error
	both := func(setting, rule string) {
		errs = append(errs, fmt.Errorf("%s and mapping.%s say the same thing: leave one of them out", setting, rule))
	}
	for _, s := range []struct {
		setting, value, rule string
		into                 *string
	}{
		{"customer.default", c.Customer.Default, "customer.default", &r.Customer.Default},
		{"items.placeholder", c.Items.Placeholder, "items.placeholder", &r.Items.Placeholder},
		{"discount_item", c.DiscountItem, "discounts.code", &r.Discounts.Code},
		{"tax_item", c.TaxItem, "tax.item.code", &r.Tax.Item.Code},
		{"gift_card_item", c.GiftCardItem, "gift_card_sold.code", &r.GiftCardSold.Code},
		{"gift_card_item", c.GiftCardItem, "gift_card_redeemed.code", &r.GiftCardRedeemed.Code},
		{"credit_item", c.CreditItem, "store_credit.code", &r.StoreCredit.Code},
		{"tip_item", c.TipItem, "tip.code", &r.Tip.Code},
		{"duty_item", c.DutyItem, "duty.code", &r.Duty.Code},
		{"fee_item", c.FeeItem, "fee.code", &r.Fee.Code},
		{"rounding_item", c.RoundingItem, "rounding.code", &r.Rounding.Code},
		{"tax_code", c.TaxCode, "tax.exempt", &r.Tax.Exempt},
		{"shipping.default", c.Shipping.Default, "ship_methods.default", &r.ShipMethods.Default},
		{"payment_methods.default", c.PaymentMethods.Default, "payment.methods.default", &r.Payment.Methods.Default},
		{"location", c.Location, "locations.default", &r.Locations.Default},
	} {
		switch {
		case s.value == "":
		case *s.into != "":
			both(s.setting, s.rule)
		default:
			*s.into = s.value
		}
	}
	for _, s := range []struct {
		setting string
		values  map[string]string
		rule    string
		into    *map[string]string
	}{
		{"items.by_sku", c.Items.BySKU, "items.aliases", &r.Items.Aliases},
		{"shipping.by_title", c.Shipping.ByTitle, "ship_methods.values", &r.ShipMethods.Values},
		{"payment_methods.by_gateway", c.PaymentMethods.ByGateway, "payment.methods.values", &r.Payment.Methods.Values},
		{"countries", c.Countries, "addresses.countries.values", &r.Addresses.Countries.Values},
	} {
		switch {
		case len(s.values) == 0:
		case len(*s.into) > 0:
			both(s.setting, s.rule)
		default:
			*s.into = s.values
		}
	}
	switch create := c.Customer.Create; {
	case create == nil:
	case r.Customer.Unknown != "":
		both("customer.create", "customer.unknown")
	case *create:
		r.Customer.Unknown = salesdoc.CreateCustomer
	default:
		r.Customer.Unknown = salesdoc.DefaultCustomer
	}
	return errors.Join(errs...)
}

// checkCodes returns which of the mapping's names are none that NetSuite could know:
// they are internal ids, but for countries and regions.
func checkCodes(at string, r salesdoc.Rules) error {
	var errs []error
	id := func(setting, value string) {
		if value != "" && !internalIDShape.MatchString(value) {
			errs = append(errs, fmt.Errorf("%s.%s: %q is not an internal id, which is a number", at, setting, value))
		}
	}
	for _, s := range []struct{ name, value string }{
		{"customer.default", r.Customer.Default},
		{"items.placeholder", r.Items.Placeholder},
		{"units.default", unitID(r.Units.Default)},
		{"shipping.code", r.Shipping.Code},
		{"ship_methods.default", r.ShipMethods.Default},
		{"discounts.code", r.Discounts.Code},
		{"tip.code", r.Tip.Code},
		{"gift_card_sold.code", r.GiftCardSold.Code},
		{"gift_card_redeemed.code", r.GiftCardRedeemed.Code},
		{"store_credit.code", r.StoreCredit.Code},
		{"duty.code", r.Duty.Code},
		{"fee.code", r.Fee.Code},
		{"rounding.code", r.Rounding.Code},
		{"tax.item.code", r.Tax.Item.Code},
		{"tax.default", r.Tax.Default},
		{"tax.exempt", r.Tax.Exempt},
		{"payment.methods.default", r.Payment.Methods.Default},
		{"payment.terms.default", r.Payment.Terms.Default},
		{"locations.default", r.Locations.Default},
		{"refund.no_goods.code", r.Refund.NoGoods.Code},
		{"refund.residual.code", r.Refund.Residual.Code},
	} {
		id(s.name, s.value)
	}
	units := make(map[string]string, len(r.Units.Items))
	for item, unit := range r.Units.Items {
		units[item] = unitID(unit)
	}
	for _, s := range []struct {
		name   string
		values map[string]string
	}{
		{"customer.default_by_country", r.Customer.ByCountry},
		{"customer.default_by_currency", r.Customer.ByCurrency},
		{"items.aliases", r.Items.Aliases},
		{"units.by_item", units},
		{"shipping.by_title", r.Shipping.Titles},
		{"fee.by_title", r.Fee.Titles},
		{"ship_methods.values", r.ShipMethods.Values},
		{"payment.methods.values", r.Payment.Methods.Values},
		{"payment.terms.values", r.Payment.Terms.Values},
		{"locations.values", r.Locations.Values},
	} {
		for _, key := range slices.Sorted(maps.Keys(s.values)) {
			id(s.name+"."+key, s.values[key])
		}
	}
	for i, code := range r.Tax.Codes {
		id("tax.codes["+strconv.Itoa(i)+"].code", code.Code)
	}
	for _, code := range slices.Sorted(maps.Keys(r.Addresses.Countries.Values)) {
		if name := r.Addresses.Countries.Values[code]; !countryShape.MatchString(name) {
			errs = append(errs, fmt.Errorf("%s.addresses.countries.values.%s: %q is not a NetSuite country such as _germany", at, code, name))
		}
	}
	return errors.Join(errs...)
}

// unitID returns the unit of "3*12": NetSuite's id of it.
func unitID(unit string) string {
	id, _, _ := strings.Cut(unit, "*")
	return id
}

// discountItem returns the item a store's discounts of whole orders are booked on.
func (e *ERP) discountItem(store string) string {
	if own := e.conf.Mapping.Stores[store].Discounts.Code; own != "" {
		return own
	}
	if e.conf.DiscountItem != "" {
		return e.conf.DiscountItem
	}
	return e.conf.Mapping.Discounts.Code
}
