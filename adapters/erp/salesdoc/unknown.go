package salesdoc

import (
	"slices"
	"strings"

	"github.com/hakooi/erpbridge"
)

// What becomes of a name that a table does not have is one rule for all tables, the setting
// unknown beside values and default:
//
//	hold      the event waits until the name is in the table
//	default   the table's default stands for it
//	omit      the field is left to the ERP; of countries and regions as-is, the shop's own
//
// Where it is not set, a default stands for all the rest if there is one. Without one names
// are held as soon as the table has any entry, in the settings or in the cross-reference:
// who has begun to map a field wants it mapped. A table without entries is one that nobody
// uses, and its field is left to the ERP.
//
// What is not named at all (an order without terms, a line without a place) takes the
// default, whatever unknown says.

// kept is where the names of a cross-reference table are configured, and what they are.
type kept struct{ setting, what, value string }

var keptIn = map[string]kept{
	CountryTable:       {"addresses.countries", "country", "COUNTRY"},
	RegionTable:        {"addresses.regions", "region", "REGION"},
	ShipMethodTable:    {"ship_methods", "ship method", "METHOD"},
	PaymentMethodTable: {"payment.methods", "payment method", "METHOD"},
	PaymentTermsTable:  {"payment.terms", "payment terms", "TERMS"},
	LocationTable:      {"locations", "warehouse", "WAREHOUSE"},
}

// name returns what a name stands for; "" where that is left to the ERP. prefix is what the
// keys of names begin with that can be told from it: of regions their country.
func (b *building) name(t Table, table, key, prefix string) (string, error) {
	return b.oneName(t, table, []string{key}, prefix)
}

// oneName is name of something that has several; the last one that is known counts.
func (b *building) oneName(t Table, table string, keys []string, prefix string) (string, error) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == "" })
	if len(keys) == 0 {
		return t.Default, nil
	}
	for _, key := range slices.Backward(keys) {
		if value, ok := b.exactly(t, table, key); ok {
			return value, nil
		}
	}
	switch unknownRule(t.Unknown, t.Default, hasAny(t.Values, prefix) || b.xref.Kept(table, prefix)) {
	case DefaultName:
		return t.Default, nil
	case HoldName:
		k := keptIn[table]
		return "", b.held("no %s for %q: erpbridge xref set --target %s %s %q %s, or mapping.%s.values of the target; mapping.%s.default or .unknown say what becomes of all the others",
			k.what, clip(strings.Join(keys, ", ")), b.target, table, clip(keys[len(keys)-1]), k.value, k.setting, k.setting)
	}
	return "", nil
}

// unknownRule returns the rule for what a table does not have.
func unknownRule(set UnknownName, byDefault string, used bool) UnknownName {
	switch {
	case set != "":
		return set
	case byDefault != "":
		return DefaultName
	case used:
		return HoldName
	}
	return OmitName
}

// hasAny reports whether the settings have an entry whose key begins with prefix.
func hasAny(values map[string]string, prefix string) bool {
	for key, value := range values {
		if value != "" && strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// place returns the ERP's warehouse for the storefront's place.
func (b *building) place(id string) (string, error) {
	return b.name(b.Locations, LocationTable, id, "")
}

// shipBy settles the ship method by the title of transport.
func (b *building) shipBy(title string) (err error) {
	t := b.ShipMethods
	if title == "" && t.Default == "" && unknownRule(t.Unknown, "", hasAny(t.Values, "") || b.xref.Kept(ShipMethodTable, "")) == HoldName {
		return b.held("the order's transport has no title, by which mapping.ship_methods is asked: set mapping.ship_methods.default of target %s", b.target)
	}
	b.d.ShipMethod, err = b.name(t, ShipMethodTable, title, "")
	return err
}

// unknownTax returns the code of a tax that neither the cross-reference nor a row knows.
func (b *building) unknownTax(tax erpbridge.Tax) (string, error) {
	rule := unknownRule(b.Tax.Unknown, b.Tax.Default, len(b.Tax.Codes) > 0 || b.xref.Kept(TaxCodeTable, ""))
	nameless := b.nameless(tax)
	switch {
	case rule == DefaultName || nameless && b.Tax.Default != "":
		return b.Tax.Default, nil
	case rule != HoldName:
		return "", nil
	case nameless:
		return "", b.held("%s of the refund is tax, of which the storefront tells neither the title nor the rate: set mapping.tax.default of target %s, the code of what is taxed in refunds",
			tax.Amount, b.target)
	}
	key := strings.TrimSuffix(clip(tax.Title)+"|"+tax.Rate.String()+"|"+b.country, "|")
	return "", b.held("no tax code for %q at %s in %q: erpbridge xref set --target %s %s %q CODE, or mapping.tax.codes of the target; mapping.tax.default or .unknown say what becomes of all the others",
		clip(tax.Title), tax.Rate, b.country, b.target, TaxCodeTable, key)
}

// nameless reports whether a tax is told by its amount alone, as those of refunds are.
func (b *building) nameless(tax erpbridge.Tax) bool {
	return b.d.Refund != nil && tax.Title == "" && tax.Rate.IsZero()
}
