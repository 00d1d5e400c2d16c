package shopify

import (
	"cmp"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A reader reads amounts that stand there in two currencies, the shop's and the
// buyer's: one reader reads one of them. What was charged to a buyer is never mixed
// with what the shop books.
type reader struct {
	*normalizer.Reader
	presentment bool // reads the buyer's
}

// amount returns an amount, and whether there is one.
//
// An amount stands there twice: plain ("price"), in the shop's currency, and in a set
// ("price_set"), whose shop_money says the same and whose presentment_money is what
// the buyer saw. Of the shop's, the plain one counts, because all of a body's plain
// amounts are known to belong together; the set's counts where there is no plain one,
// or where it is the same amount with digits that the plain one lacks.
func (r *reader) amount(at, name string, plain scalar, set *moneySet) (erpbridge.Money, bool) {
	if r.presentment {
		return r.presented(at, name, plain, set)
	}
	text := plain.Text()
	if precise := r.ofSet(set); text == "" || r.finer(precise, text) {
		text = cmp.Or(precise, text)
	}
	return r.money(at, name, text)
}

// exact returns an amount whose plain spelling is a JSON number, which a sender's
// floats may have passed through: the set counts where there is one.
func (r *reader) exact(at, name string, plain scalar, set *moneySet) (erpbridge.Money, bool) {
	if r.presentment {
		return r.presented(at, name, plain, set)
	}
	if m, ok := r.only(at, name+"_set", set); ok {
		return m, true
	}
	return r.Amount(at, name, plain)
}

// charge is an amount that must not be negative.
func (r *reader) charge(at, name string, plain scalar, set *moneySet) (erpbridge.Money, bool) {
	m, ok := r.amount(at, name, plain, set)
	return r.positive(at, name, m), ok
}

// due is a charge that must be there.
func (r *reader) due(at, name string, plain scalar, set *moneySet) erpbridge.Money {
	m, ok := r.charge(at, name, plain, set)
	if !ok {
		r.Fail(at, name, "is missing")
	}
	return m
}

// unit returns the price of one piece. It may be finer than the currency, as
// 119.235 EUR is, if the pieces together come to an amount of the currency.
func (r *reader) unit(at, name string, plain scalar, set *moneySet, quantity erpbridge.Decimal) erpbridge.Money {
	text := plain.Text()
	if text == "" || r.presentment {
		text = r.ofSet(set)
	}
	price, err := erpbridge.ParseDecimal(text)
	if err != nil {
		return r.due(at, name, plain, set)
	}
	m := erpbridge.Money{Amount: price, Currency: r.Currency()}
	digits, _ := erpbridge.Digits(r.Currency())
	if price.RoundBank(digits).Equal(price) {
		return r.due(at, name, plain, set)
	}
	all := m.Times(quantity).Amount
	if quantity.IsZero() || !all.RoundBank(digits).Equal(all) {
		return r.due(at, name, plain, set) // says what is wrong with it
	}
	return r.positive(at, name, m)
}

// only returns an amount that has no plain spelling. One in another currency than the
// rest cannot be booked, and leaving it out would be a guess.
func (r *reader) only(at, name string, set *moneySet) (erpbridge.Money, bool) {
	if r.presentment {
		return r.presented(at, name, scalar{}, set)
	}
	if set == nil || set.Shop.V == nil {
		return erpbridge.Zero(r.Currency()), false
	}
	if code := set.Shop.V.Currency.Text(); code != "" && code != r.Currency() {
		r.Fail(at, name, "shop_money is in %q, the rest in %s", signed.Clip(code), r.Currency())
		return erpbridge.Zero(r.Currency()), false
	}
	return r.money(at, name, set.Shop.V.Amount.Text())
}

// presented returns the buyer's amount of a set. Where only the shop's is given, it
// is not known, but for zero, which is zero in every currency.
func (r *reader) presented(at, name string, plain scalar, set *moneySet) (erpbridge.Money, bool) {
	if text := r.ofSet(set); text != "" {
		return r.money(at, name, text)
	}
	text := cmp.Or(plain.Text(), shopText(set))
	if d, err := erpbridge.ParseDecimal(text); text != "" && (err != nil || !d.IsZero()) {
		r.Fail(at, name, "is not given in %s", r.Currency())
	}
	return erpbridge.Zero(r.Currency()), text != ""
}

// money returns the amount that text says, and whether it says one.
func (r *reader) money(at, name, text string) (erpbridge.Money, bool) {
	if text == "" {
		return erpbridge.Zero(r.Currency()), false
	}
	m, err := erpbridge.ParseMoney(text, r.Currency())
	if err != nil {
		r.Fail(at, name, "%w", err)
		return erpbridge.Zero(r.Currency()), false
	}
	return m, true
}

func (r *reader) positive(at, name string, m erpbridge.Money) erpbridge.Money {
	if m.Amount.IsNeg() {
		r.Fail(at, name, "%s is negative", m)
	}
	return m
}

// ofSet returns the text of a set's amount in the reader's currency, or "".
func (r *reader) ofSet(set *moneySet) string {
	if set == nil {
		return ""
	}
	side := set.Shop.V
	if r.presentment {
		side = set.Presentment.V
	}
	if side == nil {
		return ""
	}
	if code := side.Currency.Text(); code != "" && code != r.Currency() {
		return ""
	}
	return side.Amount.Text()
}

// shopText returns the text of a set's amount in the shop's currency, whichever that
// is, or "".
func shopText(set *moneySet) string {
	if set == nil || set.Shop.V == nil {
		return ""
	}
	return set.Shop.V.Amount.Text()
}

// finer reports whether precise is the amount of plain with more digits, such as
// 1.234 for 1.23, and still an amount of the currency.
func (r *reader) finer(precise, plain string) bool {
	if len(precise) <= len(plain) {
		return false // most of all amounts: equal, letter by letter
	}
	p, err := erpbridge.ParseDecimal(plain)
	if err != nil {
		return false
	}
	q, err := erpbridge.ParseDecimal(precise)
	if err != nil || q.PrecUint() <= p.PrecUint() || q.Equal(p) {
		return false
	}
	if digits, _ := erpbridge.Digits(r.Currency()); !q.RoundBank(digits).Equal(q) {
		return false
	}
	return q.RoundHAZ(p.PrecUint()).Equal(p) || q.Trunc(p.PrecUint()).Equal(p)
}
