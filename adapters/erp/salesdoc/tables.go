package salesdoc

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/hakooi/erpbridge"
)

// The cross-reference tables the translation asks for. A key is the storefront's name
// for a thing, the value the ERP's.
const (
	ItemTable          = "items"           // SKU, barcode, variant's or product's id
	UnitTable          = "units"           // the ERP's item to its unit, as in "CS*12"
	CustomerTable      = "customers"       // the storefront's id
	CustomerEmailTable = "customer_emails" // in small letters
	CustomerPhoneTable = "customer_phones" // digits alone
	CompanyTable       = "companies"       // the merchant's number for it, else the storefront's id
	CountryTable       = "countries"       // ISO 3166-1 alpha-2
	RegionTable        = "regions"         // country and region, as in "US-NY"
	ShipMethodTable    = "ship_methods"    // title
	PaymentMethodTable = "payment_methods" // gateway
	PaymentTermsTable  = "payment_terms"   // name
	LocationTable      = "locations"       // the storefront's id
	TaxCodeTable       = "tax_codes"       // "title|rate|country", or what is shorter
)

// Tables lists all of them.
var Tables = []string{
	ItemTable, UnitTable, CustomerTable, CustomerEmailTable, CustomerPhoneTable, CompanyTable, CountryTable, RegionTable,
	ShipMethodTable, PaymentMethodTable, PaymentTermsTable, LocationTable, TaxCodeTable,
}

// exactly returns what a name stands for: by the settings, or by the cross-reference.
func (b *building) exactly(t Table, table, key string) (string, bool) {
	if key == "" {
		return "", false
	}
	if value := t.Values[key]; value != "" {
		return value, true
	}
	return b.crossed(table, key)
}

// crossed returns what the cross-reference has for a name. A row without a value says
// nothing.
func (b *building) crossed(table, key string) (string, bool) {
	value, ok := b.xref.Value(table, key)
	return value, ok && value != ""
}

// sell settles which item of the ERP a line sells, and in which unit.
func (b *building) sell(it *Item, i int, l erpbridge.Line) error {
	var err error
	switch l.Kind {
	case erpbridge.GiftCard:
		it.Kind = GiftCardItem
		it.Posting, err = b.post(b.GiftCardSold, "gift_card_sold", fmt.Sprintf("line %d sells a gift card, which", i+1), l.Gross())
		return err
	case erpbridge.Tip:
		it.Kind = TipItem
		it.Posting, err = b.post(b.Tip, "tip", fmt.Sprintf("line %d is a tip, which", i+1), l.Gross())
		return err
	}
	code, err := b.item(i, l.Title, map[ItemKey]string{SKUKey: l.SKU, BarcodeKey: l.Barcode, VariantKey: l.VariantID, ProductKey: l.ProductID})
	if err != nil {
		return err
	}
	it.Posting = Posting{As: AsItem, Code: code}
	return b.count(it)
}

// item returns the ERP's item for goods.
func (b *building) item(i int, title string, by map[ItemKey]string) (string, error) {
	known := ""
	for _, k := range b.Items.Key {
		key := strings.TrimSpace(by[k])
		if b.Items.Case == UpperCase {
			key = strings.ToUpper(key)
		}
		if key == "" {
			continue
		}
		known = cmp.Or(known, key)
		if code, ok := b.exactly(Table{Values: b.Items.Aliases}, ItemTable, key); ok {
			return code, nil
		}
	}
	switch {
	case b.Items.Unknown == PlaceholderItem:
		return b.Items.Placeholder, nil
	case known == "":
		return "", b.held("line %d, %q, has no %s: give it one in the shop, or set mapping.items.placeholder of target %s%s", i+1, clip(title), b.Items.Key[0], b.target, b.orOwed())
	case b.Items.Unknown == AsIsItem:
		return known, nil
	}
	return "", b.held("no item for %q (line %d, %q): erpbridge xref set --target %s %s %q ITEM, or mapping.items of the target",
		clip(known), i+1, clip(title), b.target, ItemTable, clip(known))
}

// orOwed is what else mends a line of a refund that no key knows.
func (b *building) orOwed() string {
	if b.d.Refund == nil {
		return ""
	}
	return "; a tip or a gift card belongs in mapping.refund.tips or .gift_cards"
}

// count turns the shop's pieces into the ERP's unit.
func (b *building) count(it *Item) error {
	unit := b.Units.Default
	if own, ok := b.exactly(Table{Values: b.Units.Items}, UnitTable, it.Code); ok {
		unit = own
	}
	name, pack, err := parseUnit(unit)
	if err != nil {
		return b.held("the unit of item %q: %w: correct xref %s, or mapping.units of target %s", it.Code, err, UnitTable, b.target)
	}
	it.Unit = name
	if pack.IsZero() {
		return nil
	}
	q, err := it.Quantity.Div(pack)
	if err != nil || !q.Mul(pack).Equal(it.Quantity) || whole(it.Quantity) && !whole(q) {
		return b.held("%s pieces of item %q are no whole number of %s: order it in packs, or correct xref %s", it.Quantity, it.Code, unit, UnitTable)
	}
	it.Quantity = q
	return nil
}

func whole(d erpbridge.Decimal) bool { return d.Trunc(0).Equal(d) }

// parseUnit reads "PCE" or "CS*12". The pack is nought where there is none.
func parseUnit(s string) (string, erpbridge.Decimal, error) {
	name, factor, packed := strings.Cut(s, "*")
	if !packed {
		return name, erpbridge.Decimal{}, nil
	}
	pack, err := erpbridge.ParseDecimal(factor)
	if err != nil || !pack.IsPos() || name == "" {
		return "", pack, fmt.Errorf("%q is not a unit such as PCE or CS*12", clip(s))
	}
	return name, pack, nil
}
