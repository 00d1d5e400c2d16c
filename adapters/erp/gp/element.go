package gp

import (
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"github.com/hakooi/erpbridge"
)

// assemble puts the parts of an element in the order of the schema, with xsi:nil for what
// must be there and is not.
func assemble(name string, fields []field, parts map[string]*etree.Element) *etree.Element {
	el := etree.NewElement(name)
	for _, f := range fields {
		switch part := parts[f.name]; {
		case part != nil:
			el.AddChild(part)
		case f.nil:
			el.AddChild(none(f.name))
		}
	}
	return el
}

func text(name, value string) *etree.Element {
	el := etree.NewElement(name)
	el.CreateText(value)
	return el
}

func none(name string) *etree.Element {
	el := etree.NewElement(name)
	el.CreateAttr("xsi:nil", "true")
	return el
}

func under(name, child, value string) *etree.Element {
	el := etree.NewElement(name)
	el.AddChild(text(child, value))
	return el
}

// id is a key of GP's with its one id.
func id(name, value string) *etree.Element { return under(name, "Id", value) }

func (r *rendering) money(name string, m erpbridge.Money) *etree.Element {
	return r.amount(name, m.Amount, r.price)
}

func (r *rendering) amount(name string, value erpbridge.Decimal, places uint8) *etree.Element {
	return amount(name, r.d.Currency, value, places)
}

// amount is a MoneyAmount: GP wants the number of decimals its currency is set up with.
func amount(name, currency string, value erpbridge.Decimal, places uint8) *etree.Element {
	el := under(name, "Currency", currency)
	el.AddChild(text("Value", value.StringFixed(places)))
	el.AddChild(text("DecimalDigits", strconv.Itoa(int(places))))
	return el
}

func quantity(name string, value erpbridge.Decimal, places uint8) *etree.Element {
	el := under(name, "Value", value.RoundBank(places).StringFixed(places))
	el.AddChild(text("DecimalDigits", strconv.Itoa(int(places))))
	return el
}

func note(notes []string) string { return strings.Join(notes, "\n") }

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
