package sapidoc

import (
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/erp/salesdoc"
)

// totals: what an ORDERS comes to is
//
//	  VPREI x MENGE / PEINH     of each E1EDP01
//	± BETRG                     of each E1EDP05 that has one (discounts), by its ALCKZ
//	± BETRG                     of each E1EDK05 (charges, header discount), by its ALCKZ
//	+ MWSBT                     of each E1EDK04, where prices are net
//	= SUMME                     of E1EDS01 002
//
// Amounts with an ALCKZ are positive; all others that are below nought end with a minus,
// as SAP writes them.

var hundred = decimal("100")

func decimal(s string) erpbridge.Decimal {
	d, err := erpbridge.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// signed writes an amount with its minus behind it.
func signed(m erpbridge.Money) string { return salesdoc.TrailingMinus(m.Plain()) }

// maxPriceUnit is the largest price unit: SAP's field has five digits.
const maxPriceUnit = 99_999

// price returns a price in the currency's decimals, which is all that a condition of
// SAP's has, and for how many units it is: 10.00 for 3 instead of 3.333... for one.
func (t *translation) price(it salesdoc.Item) (price erpbridge.Money, unit string, ok bool) {
	for places, unit := uint8(0), int64(1); unit <= 10_000; places, unit = places+1, unit*10 {
		if p, exact := it.Price(t.d.Digits + places); exact {
			return erpbridge.Money{Amount: p.Mul(number(unit)), Currency: t.d.Currency}, number(unit).String(), true
		}
	}
	for places, scale := uint8(0), int64(1); places <= 3; places, scale = places+1, scale*10 {
		units := it.Quantity.Mul(number(scale))
		if !units.Trunc(0).Equal(units) {
			continue
		}
		if units.GreaterThan(number(maxPriceUnit)) {
			break
		}
		return erpbridge.Money{Amount: it.Gross.Amount.Mul(number(scale)), Currency: t.d.Currency}, units.Trunc(0).String(), true
	}
	return price, "", false
}

func number(n int64) erpbridge.Decimal { return decimal(strconv.FormatInt(n, 10)) }

// headerMoney writes the taxes and the conditions of the document as a whole.
func (t *translation) headerMoney(d *idoc) error {
	type tax struct{ code, rate string }
	var order []tax
	sums := map[tax]erpbridge.Money{}
	for _, it := range t.d.Items {
		if it.Tax.IsZero() {
			continue
		}
		k := tax{it.TaxCode, percent(it.TaxRate)}
		if _, ok := sums[k]; !ok {
			order = append(order, k)
		}
		sums[k] = sums[k].Add(it.Tax)
	}
	if len(order) > most["E1EDK04"] {
		return t.held("the order has %d kinds of tax, an ORDERS takes %d", len(order), most["E1EDK04"])
	}
	for _, k := range order {
		d.add("E1EDK04").set("MWSKZ", k.code).set("MSATZ", k.rate).set("MWSBT", signed(sums[k]))
	}
	return t.conditions(d)
}

// A condition is an amount in the header. Those that differ in nothing but the amount are
// one where there are too many.
type condition struct{ kind, sign, text, code, rate string }

func (t *translation) conditions(d *idoc) error {
	var order []condition
	sums := map[condition]erpbridge.Money{}
	add := func(c condition, m erpbridge.Money) {
		if m.IsZero() {
			return
		}
		c.sign = "+"
		if m.Amount.IsNeg() {
			c.sign, m = "-", m.Neg()
		}
		if _, ok := sums[c]; !ok {
			order = append(order, c)
		}
		sums[c] = sums[c].Add(m)
	}
	fill := func(texts bool) {
		order, sums = nil, map[condition]erpbridge.Money{}
		for _, it := range t.d.Items {
			if it.As == salesdoc.AsCharge {
				c := condition{kind: it.Code, code: it.TaxCode, rate: percent(it.TaxRate)}
				if texts {
					c.text = oneLine(it.Description)
				}
				add(c, it.Amount)
			}
		}
		add(condition{kind: t.conf.Conditions.HeaderDiscount, text: "Discount"}, t.d.HeaderDiscount.Neg())
	}
	if fill(true); len(order) > most["E1EDK05"] {
		fill(false)
	}
	if len(order) > most["E1EDK05"] {
		return t.held("the order has %d charges and discounts of its own, an ORDERS takes %d: post some of them as items (mapping)", len(order), most["E1EDK05"])
	}
	for _, c := range order {
		d.add("E1EDK05").set("ALCKZ", c.sign).set("KSCHL", c.kind).set("KOTXT", c.text).
			set("BETRG", signed(sums[c])).set("MWSKZ", c.code).set("MSATZ", c.rate).set("KOEIN", t.d.Currency)
	}
	return nil
}

// addsUp asserts that the segments, as they were written, come to the document's total.
func (t *translation) addsUp(d *idoc) error {
	if len(d.errs) > 0 {
		return nil // it is not delivered anyway
	}
	sum := erpbridge.Zero(t.d.Currency).Amount
	for _, s := range d.top {
		switch s.name {
		case "E1EDP01":
			price, err := s.amount("VPREI").Mul(s.amount("MENGE")).Div(s.amount("PEINH"))
			if err != nil {
				return t.held("an item without a price unit")
			}
			sum = sum.Add(price)
			for _, c := range s.children {
				if c.name == "E1EDP05" {
					sum = sum.Add(c.condition())
				}
			}
		case "E1EDK05":
			sum = sum.Add(s.condition())
		case "E1EDK04":
			if !t.d.PricesIncludeTax {
				sum = sum.Add(s.amount("MWSBT"))
			}
		}
	}
	if !sum.Equal(t.d.Total.Amount) {
		return t.held("the IDoc does not add up: it comes to %s, the storefront says %s, the difference is %s", sum, t.d.Total, t.d.Total.Amount.Sub(sum))
	}
	return nil
}

// condition returns the amount of a condition, by its sign.
func (s *segment) condition() erpbridge.Decimal {
	if s.values["ALCKZ"] == "-" {
		return s.amount("BETRG").Neg()
	}
	return s.amount("BETRG")
}

// amount reads a field back.
func (s *segment) amount(name string) erpbridge.Decimal {
	v := s.values[name]
	if rest, ok := strings.CutSuffix(v, "-"); ok {
		v = "-" + rest
	}
	d, err := erpbridge.ParseDecimal(v)
	if err != nil {
		return erpbridge.Decimal{}
	}
	return d
}
