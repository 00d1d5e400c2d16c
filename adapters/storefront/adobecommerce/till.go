package adobecommerce

import (
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A till reads one half of a body's amounts: those of the shop's books, or those the
// buyer saw.
type till struct {
	*normalizer.Reader
	base bool // the half whose names begin with base_
	same bool // both are in one currency, so either stands for the other
}

// of returns the half that counts, and what its name begins with.
func (t till) of(base, shown scalar) (scalar, string) {
	if t.base && (base.Given() || !t.same || !shown.Given()) {
		return base, "base_"
	}
	return shown, ""
}

// amount returns an amount, and whether there is one. It may be negative.
func (t till) amount(at, name string, base, shown scalar) (erpbridge.Money, bool) {
	s, half := t.of(base, shown)
	return t.Amount(at, half+name, s)
}

// exact returns an amount that is told beside those that count, if it is one of the
// currency.
func (t till) exact(base, shown scalar) (erpbridge.Money, bool) {
	s, _ := t.of(base, shown)
	return t.Exact(s)
}

// size returns how large an amount is. Discounts are negative in the head of an order
// and positive in its lines; which way they go is known without the sign.
func (t till) size(at, name string, base, shown scalar) (erpbridge.Money, bool) {
	m, ok := t.amount(at, name, base, shown)
	m.Amount = m.Amount.Abs()
	return m, ok
}

// due returns an amount that must be there, and not be negative.
func (t till) due(name string, base, shown scalar) erpbridge.Money {
	s, half := t.of(base, shown)
	return t.Due("", half+name, s)
}

// price returns the price of one.
func (t till) price(at, name string, base, shown scalar) erpbridge.Money {
	s, half := t.of(base, shown)
	return t.Price(at, half+name, s)
}

// instant reads a time as the shop tells it: UTC, without saying so. RFC 3339 is taken,
// too; zeros are how MySQL writes that there is none.
func (t till) instant(name string, s scalar) time.Time {
	text := s.Text()
	switch {
	case text == "" || strings.HasPrefix(text, "0000-00-00"):
		return time.Time{}
	case len(text) == len(time.DateTime) && text[10] == ' ':
		at, err := time.Parse(time.DateTime, text)
		if err != nil {
			t.Fail("", name, "%q is not a time such as 2026-03-01 10:00:00", signed.Clip(text))
			return time.Time{}
		}
		return t.Plausible("", name, at)
	}
	return t.Time("", name, s).UTC()
}

// identity returns the digits of the id of an order, or of another thing that the bridge
// keeps states of.
func identity(s scalar) (string, bool) {
	id, ok := s.Integer()
	// Twenty digits hold the largest unsigned 64-bit number.
	return id, ok && id != "0" && len(id) <= 20
}
