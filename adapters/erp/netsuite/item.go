package netsuite

import (
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
	"github.com/hakooi/erpbridge/internal/fault"
)

// ratePlaces is how many decimals a rate may have.
const ratePlaces = 8

// customPrice is the price level that leaves rate and amount to us.
const customPrice = "-1"

// itemList writes the lines of a transaction. Each type of transaction has the fields of
// a line in another order.
func (t *translation) itemList(f fields, typ string, items []salesdoc.Item, layout []string) error {
	list := f.group("itemList", f.prefix, typ+"ItemList")
	list.el.CreateAttr("replaceAll", "true")
	for _, it := range items {
		if err := t.line(list.group("item", f.prefix, typ+"Item"), it, layout); err != nil {
			return err
		}
	}
	return nil
}

// The fields of a line, in the schema's order.
var (
	orderLine  = strings.Fields("item quantity units description price rate amount isTaxable department class location isClosed tax1Amt taxCode taxRate1")
	returnLine = strings.Fields("item quantity units description price rate amount department class location taxCode taxRate1 tax1Amt isTaxable")
	creditLine = strings.Fields("item quantity description price rate amount isTaxable taxCode taxRate1 tax1Amt department class location units")
	cashLine   = strings.Fields("item quantity units description price rate amount taxCode taxRate1 tax1Amt isTaxable department class location")
)

// line writes one line. Its amount is told, and its rate where that is exact, so that
// NetSuite has nothing to work out.
func (t *translation) line(f fields, it salesdoc.Item, layout []string) error {
	if err := t.checkItem(it); err != nil {
		return err
	}
	if fault.Planted("float-totals") { // planted: money in binary
		it.Gross, it.Amount = floated(it), floated(it)
	}
	passed := t.d.Taxes == salesdoc.PassTax
	pieces := it.Kind != salesdoc.DiscountItem && it.Kind != salesdoc.RedeemedItem
	for _, name := range layout {
		switch name {
		case "item":
			t.item(f, it)
		case "quantity":
			if pieces {
				f.plain(name, it.Quantity.String())
			}
		case "units":
			f.ref(name, it.Unit)
		case "description":
			f.text(name, strings.Join(append([]string{it.Description}, it.Notes...), "; "))
		case "price":
			f.ref(name, customPrice)
		case "rate":
			if rate, exact := it.NetPrice(ratePlaces); exact {
				f.plain(name, erpbridge.Money{Amount: rate, Currency: t.d.Currency}.Plain())
			}
		case "amount":
			f.plain(name, it.Amount.Plain())
		case "isTaxable":
			if !passed && it.TaxCode == "" {
				f.flag(name, false)
			}
		case "department":
			f.ref(name, t.conf.Department)
		case "class":
			f.ref(name, t.conf.Class)
		case "location":
			f.ref(name, orElse(it.Location, t.d.Location))
		case "isClosed":
			if t.d.Cancelled {
				f.flag(name, true)
			}
		case "tax1Amt":
			if passed {
				f.plain(name, it.Tax.Plain())
			}
		case "taxCode":
			f.ref(name, it.TaxCode)
		case "taxRate1":
			if passed && !it.Tax.IsZero() && !it.TaxRate.IsZero() {
				f.plain(name, it.TaxRate.Mul(hundred).String())
			}
		}
	}
	return nil
}

var hundred = erpbridge.Decimal{}.Add64(100)

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// checkItem holds what NetSuite could not book as a line.
func (t *translation) checkItem(it salesdoc.Item) error {
	switch {
	case it.Code == lookedUp && strings.TrimSpace(it.SKU) == "":
		return held("%q has no SKU to look its item up by: give it one in the shop", clip(it.Description))
	case t.d.Taxes == salesdoc.PassTax && it.TaxCode == "":
		return held("%q has a tax of %s and no tax code: add it to mapping.tax.codes, or set mapping.tax.default and mapping.tax.exempt, of target %s",
			clip(it.Description), it.Tax, t.name)
	case it.Code == lookedUp:
		return nil
	case !internalIDShape.MatchString(it.Code) && it.Code == it.SKU:
		return held("mapping.items.unknown of target %s is as-is, and SKU %q is not an internal id, which is a number", t.name, clip(it.SKU))
	case !internalIDShape.MatchString(it.Code):
		return held("cross-reference table items of target %s has %q for SKU %q (%q): that is not an internal id, which is a number",
			t.name, clip(it.Code), clip(it.SKU), clip(it.Description))
	}
	return nil
}

// floated is the planted bug "float-totals": what a line comes to, worked out in
// binary, where every multiplication and every difference is a little off.
func floated(it salesdoc.Item) erpbridge.Money {
	unit, exact := it.Price(ratePlaces)
	if !exact {
		return it.Gross
	}
	q, _ := strconv.ParseFloat(it.Quantity.String(), 64)
	p, _ := strconv.ParseFloat(unit.String(), 64)
	d, err := erpbridge.ParseDecimal(strconv.FormatFloat(q*p, 'f', -1, 64))
	if err != nil || d.String() == it.Gross.Amount.String() {
		return it.Gross
	}
	return erpbridge.Money{Amount: d, Currency: it.Gross.Currency}
}
