package normalizer

import (
	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/strictjson"
)

// Amount returns an amount of the Reader's currency, and whether there is one. It may
// be negative.
func (r *Reader) Amount(at, name string, s strictjson.Scalar) (erpbridge.Money, bool) {
	return r.AmountIn(r.currency, at, name, s)
}

// AmountIn is Amount for another currency than the Reader's.
func (r *Reader) AmountIn(currency, at, name string, s strictjson.Scalar) (erpbridge.Money, bool) {
	if !s.Given() {
		return erpbridge.Zero(currency), false
	}
	plain, ok := s.Plain()
	if !ok {
		r.Fail(at, name, "%q is out of bounds", clip(s.Text()))
		return erpbridge.Zero(currency), false
	}
	m, err := erpbridge.ParseMoney(r.calm(plain, currency), currency)
	if err != nil {
		r.Fail(at, name, "%w", err)
		return erpbridge.Zero(currency), false
	}
	return m, true
}

// Exact returns an amount if it is one of the Reader's currency: not finer, nor missing,
// nor anything else. It is for what is told beside the amounts that count.
func (r *Reader) Exact(s strictjson.Scalar) (erpbridge.Money, bool) {
	plain, ok := s.Plain()
	if !ok || plain == "" {
		return erpbridge.Zero(r.currency), false
	}
	m, err := erpbridge.ParseMoney(r.calm(plain, r.currency), r.currency)
	if err != nil {
		return erpbridge.Zero(r.currency), false
	}
	return m, true
}

// Charge is an Amount that must not be negative.
func (r *Reader) Charge(at, name string, s strictjson.Scalar) (erpbridge.Money, bool) {
	m, ok := r.Amount(at, name, s)
	if m.Amount.IsNeg() {
		r.Fail(at, name, "%s is negative", m)
	}
	return m, ok
}

// Due is a Charge that must be there.
func (r *Reader) Due(at, name string, s strictjson.Scalar) erpbridge.Money {
	m, ok := r.Charge(at, name, s)
	if !ok {
		r.Fail(at, name, "is missing")
	}
	return m
}

// Price returns the price of one, which may be finer than the currency.
func (r *Reader) Price(at, name string, s strictjson.Scalar) erpbridge.Money {
	plain, ok := s.Plain()
	if !ok || plain == "" {
		return erpbridge.Zero(r.currency)
	}
	d, err := erpbridge.ParseDecimal(r.calm(plain, r.currency))
	if err != nil {
		r.Fail(at, name, "%w", err)
	}
	return erpbridge.Money{Amount: d, Currency: r.currency}
}
