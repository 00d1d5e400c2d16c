package shopify

import (
	"cmp"

	"github.com/hakooi/erpbridge"
)

// amount returns an amount in the shop's currency, and whether there is one.
//
// An amount stands there twice: plain ("price") and in a set ("price_set"), whose
// shop_money says the same and whose presentment_money is what the buyer saw. The
// plain one counts, because all of an order's plain amounts are known to belong
// together; the set's counts where there is no plain one, or where it is the same
// amount with digits that the plain one lacks.
func (r *reader) amount(at, name string, plain scalar, set *moneySet) (erpbridge.Money, bool) {
	text := plain.Text()
	if precise := r.shopMoney(set); text == "" || r.finer(precise, text) {
		text = cmp.Or(precise, text)
	}
	if text == "" {
		return erpbridge.Zero(r.currency), false
	}
	m, err := erpbridge.ParseMoney(text, r.currency)
	if err != nil {
		r.fail(at, name, "%w", err)
		return erpbridge.Zero(r.currency), false
	}
	return m, true
}

// charge is an amount that must not be negative.
func (r *reader) charge(at, name string, plain scalar, set *moneySet) (erpbridge.Money, bool) {
	m, ok := r.amount(at, name, plain, set)
	if m.Amount.IsNeg() {
		r.fail(at, name, "%s is negative", m)
	}
	return m, ok
}

// due is a charge that must be there.
func (r *reader) due(at, name string, plain scalar, set *moneySet) erpbridge.Money {
	m, ok := r.charge(at, name, plain, set)
	if !ok {
		r.fail(at, name, "is missing")
	}
	return m
}

// unit returns the price of one piece. It may be finer than the currency, as
// 119.235 EUR is, if the pieces together come to an amount of the currency.
func (r *reader) unit(at, name string, plain scalar, set *moneySet, quantity erpbridge.Decimal) erpbridge.Money {
	price, err := erpbridge.ParseDecimal(plain.Text())
	if err != nil {
		return r.due(at, name, plain, set)
	}
	m := erpbridge.Money{Amount: price, Currency: r.currency}
	digits, _ := erpbridge.Digits(r.currency)
	if price.RoundBank(digits).Equal(price) {
		return r.due(at, name, plain, set)
	}
	all := m.Times(quantity).Amount
	if quantity.IsZero() || !all.RoundBank(digits).Equal(all) {
		return r.due(at, name, plain, set) // says what is wrong with it
	}
	if price.IsNeg() {
		r.fail(at, name, "%s is negative", m)
	}
	return m
}

// only returns an amount that has no plain spelling. One in another currency
// than the shop's cannot be booked, and leaving it out would be a guess.
func (r *reader) only(at, name string, set *moneySet) (erpbridge.Money, bool) {
	if set == nil || set.Shop.V == nil {
		return erpbridge.Zero(r.currency), false
	}
	if code := set.Shop.V.Currency.Text(); code != "" && code != r.currency {
		r.fail(at, name, "shop_money is in %q, the order in %s", clip(code), r.currency)
		return erpbridge.Zero(r.currency), false
	}
	return r.charge(at, name, set.Shop.V.Amount, nil)
}

// shopMoney returns the text of a set's amount in the shop's currency, or "".
func (r *reader) shopMoney(set *moneySet) string {
	if set == nil || set.Shop.V == nil {
		return ""
	}
	if code := set.Shop.V.Currency.Text(); code != "" && code != r.currency {
		return ""
	}
	return set.Shop.V.Amount.Text()
}

// finer reports whether precise is the amount of plain with more digits, such as
// 1.234 for 1.23, and still an amount of the currency.
func (r *reader) finer(precise, plain string) bool {
	p, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		return false
	}
	q, err := erpbridge.ParseDecimal(precise)
	if err != nil || q.PrecUint() <= p.PrecUint() || q.Equal(p) {
		return false
	}
	if digits, _ := erpbridge.Digits(r.currency); !q.RoundBank(digits).Equal(q) {
		return false
	}
	return q.RoundHAZ(p.PrecUint()).Equal(p) || q.Trunc(p.PrecUint()).Equal(p)
}
