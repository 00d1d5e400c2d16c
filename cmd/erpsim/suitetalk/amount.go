package suitetalk

import (
	"math/big"
	"strings"

	"github.com/beevik/etree"
)

// totals are what a sales order comes to, exactly: no amount is ever a float.
type totals struct {
	sub, discount, shipping, tax, total *big.Rat
}

// totalOf computes
//
//	total = lines + discountRate + shippingCost + handlingCost + tax
//
// from the order in canonical form. A line is its amount, else rate times
// quantity; a rate in percent takes its part of the line before it, and a
// discountRate in percent of all lines. Tax is what taxDetailsList says if
// taxDetailsOverride is set, else each line's tax1Amt or taxRate1 and the
// shipping's shippingTax1Rate, rounded to cents line by line. The bad value is
// named if one cannot be read.
func totalOf(order *etree.Element) (t totals, bad *badValue) {
	t = totals{new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)}
	read := func(e *etree.Element, name string) *big.Rat {
		v, ok := decimal(valueOf(e, name))
		if !ok && bad == nil {
			bad = &badValue{name, valueOf(e, name)}
		}
		return v
	}
	override := isTrue(valueOf(order, "taxDetailsOverride"))
	previous := new(big.Rat)
	for _, line := range listOf(order, "itemList") {
		amount := read(line, "amount")
		switch rate := valueOf(line, "rate"); {
		case valueOf(line, "amount") != "":
		case strings.HasSuffix(rate, "%"):
			amount = percent(rate, previous, &bad, "rate")
		default:
			quantity := big.NewRat(1, 1)
			if valueOf(line, "quantity") != "" {
				quantity = read(line, "quantity")
			}
			amount = new(big.Rat).Mul(read(line, "rate"), quantity)
		}
		t.sub.Add(t.sub, amount)
		previous = amount
		if override {
			continue
		}
		if valueOf(line, "tax1Amt") != "" {
			t.tax.Add(t.tax, read(line, "tax1Amt"))
		} else {
			t.tax.Add(t.tax, cents(percent(valueOf(line, "taxRate1"), amount, &bad, "taxRate1")))
		}
	}
	if rate := valueOf(order, "discountRate"); strings.HasSuffix(rate, "%") {
		t.discount = percent(rate, t.sub, &bad, "discountRate")
	} else {
		t.discount = read(order, "discountRate")
	}
	t.shipping.Add(read(order, "shippingCost"), read(order, "handlingCost"))
	if override {
		for _, d := range listOf(order, "taxDetailsList") {
			t.tax.Add(t.tax, read(d, "taxAmount"))
		}
	} else {
		t.tax.Add(t.tax, cents(percent(valueOf(order, "shippingTax1Rate"), read(order, "shippingCost"), &bad, "shippingTax1Rate")))
	}
	for _, part := range []*big.Rat{t.sub, t.discount, t.shipping, t.tax} {
		t.total.Add(t.total, part)
	}
	return t, bad
}

// A badValue is a field whose text is no number.
type badValue struct{ field, value string }

func percent(rate string, of *big.Rat, bad **badValue, field string) *big.Rat {
	v, ok := decimal(strings.TrimSuffix(rate, "%"))
	if !ok && *bad == nil {
		*bad = &badValue{field, rate}
	}
	v.Mul(v, of)
	return v.Quo(v, big.NewRat(100, 1))
}

// decimal reads a decimal number exactly; nothing is zero.
func decimal(s string) (*big.Rat, bool) {
	v := new(big.Rat)
	s = strings.TrimSpace(s)
	if s == "" {
		return v, true
	}
	if !doubleForm.MatchString(s) {
		return v, false
	}
	if _, ok := v.SetString(s); !ok {
		return new(big.Rat), false
	}
	return v, true
}

// cents rounds to two decimals, halves away from zero.
func cents(v *big.Rat) *big.Rat {
	rounded, _ := new(big.Rat).SetString(v.FloatString(2))
	return rounded
}

// plain writes a decimal with all its digits and at least two decimals.
func plain(v *big.Rat) string {
	digits, _ := v.FloatPrec() // exact: a sum of products of decimals is one
	return v.FloatString(max(2, digits))
}
