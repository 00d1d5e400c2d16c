package woocommerce

import (
	"slices"
	"strconv"
	"strings"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// A part is one rate's share of a line's tax as WooCommerce calculated it, and where the
// share that is booked stands.
type part struct {
	fine   erpbridge.Decimal
	amount *erpbridge.Money
}

// A ledger reads the taxes of all of an order's lines.
type ledger struct {
	*reader
	rates map[string]erpbridge.Tax // by id, without amounts
	parts []part
	sum   erpbridge.Money // of the lines' total_tax
	net   erpbridge.Money // of the lines' total
}

// newLedger returns a ledger that knows the names of an order's tax rates.
func newLedger(r *reader, lines list[taxLine]) *ledger {
	l := &ledger{reader: r, rates: map[string]erpbridge.Tax{}, sum: erpbridge.Zero(r.Currency()), net: erpbridge.Zero(r.Currency())}
	for i := range lines {
		l.rates[lines[i].RateID.Text()] = rate(r, "tax_lines["+strconv.Itoa(i)+"].", &lines[i])
	}
	return l
}

// rate maps what a tax line says about its rate.
func rate(r *reader, at string, line *taxLine) erpbridge.Tax {
	tax := erpbridge.Tax{Title: r.word(at, "label", line.Label), Jurisdiction: r.word(at, "rate_code", line.RateCode)}
	if tax.Title == "" {
		tax.Title = tax.Jurisdiction
	}
	tax.Rate = percent(r, at, line.RatePercent)
	return tax
}

// percent returns a rate, which some plugins write with its sign.
func percent(r *reader, at string, s scalar) erpbridge.Decimal {
	rate, err := erpbridge.ParseDecimal(strings.TrimSpace(strings.TrimSuffix(s.Text(), "%")))
	if err != nil {
		rate = r.Rate(at, "rate_percent", s) // there is none, or it says what is wrong with it
	}
	if part, err := rate.Div64(100); err == nil {
		return part
	}
	return erpbridge.Decimal{}
}

// orderTaxes maps an order's own list. It is told beside the lines' taxes, which count: a
// tax that is finer than the currency is left out.
func orderTaxes(r *reader, lines list[taxLine]) []erpbridge.Tax {
	var out []erpbridge.Tax
	for i := range lines {
		at := "tax_lines[" + strconv.Itoa(i) + "]."
		tax := rate(r, at, &lines[i])
		goods, ok := r.Exact(lines[i].TaxTotal)
		transport, also := r.Exact(lines[i].ShippingTaxTotal)
		if !ok && lines[i].TaxTotal.Given() || !also && lines[i].ShippingTaxTotal.Given() {
			continue
		}
		tax.Amount = goods.Add(transport)
		out = append(out, tax)
	}
	return out
}

// taxes maps the taxes of a line, which come to its total_tax. Where the parts that it
// lists cannot be meant to come to that, the sum stands alone.
func (l *ledger) taxes(at string, item *lineItem) []erpbridge.Tax {
	total, _ := l.Amount(at, "total_tax", item.TotalTax)
	l.sum = l.sum.Add(total)
	var out []erpbridge.Tax
	var fine []erpbridge.Decimal
	for i, t := range item.Taxes {
		if t.Total.Given() {
			fine = append(fine, l.Rate(at, "taxes["+strconv.Itoa(i)+"].total", t.Total))
			out = append(out, l.rates[t.RateID.Text()])
		}
	}
	shares, ok := apportion(fine, total.Amount, l.digits())
	if !ok {
		if total.IsZero() {
			return nil
		}
		out, fine, shares = []erpbridge.Tax{l.only()}, []erpbridge.Decimal{total.Amount}, []erpbridge.Decimal{total.Amount}
	}
	for i := range out {
		out[i].Amount = erpbridge.Money{Amount: shares[i], Currency: l.Currency()}
		l.parts = append(l.parts, part{fine[i], &out[i].Amount})
	}
	return out
}

// only returns the order's rate if it has one only.
func (l *ledger) only() erpbridge.Tax {
	if len(l.rates) != 1 {
		return erpbridge.Tax{}
	}
	for _, tax := range l.rates {
		return tax
	}
	return erpbridge.Tax{}
}

func (l *ledger) digits() uint8 {
	digits, _ := erpbridge.Digits(l.Currency())
	return digits
}

// settle returns all tax of an order: what its lines say, unless the order says something
// else, its total shows that this is what counts, and it is no more than another rounding
// of the same parts. Then the parts are cut anew, so that they come to it. An order whose
// total has a tax that its lines do not have keeps what its lines say, and does not add up.
func (l *ledger) settle(stated, total erpbridge.Money) erpbridge.Money {
	if stated.Equal(l.sum) || l.net.Add(l.sum).Equal(total) || !l.net.Add(stated).Equal(total) {
		return l.sum
	}
	fine := make([]erpbridge.Decimal, len(l.parts))
	for i, p := range l.parts {
		fine[i] = p.fine
	}
	shares, ok := apportion(fine, stated.Amount, l.digits())
	if !ok {
		return l.sum
	}
	for i, p := range l.parts {
		p.amount.Amount = shares[i]
	}
	return stated
}

// apportion cuts the parts of a whole to a number of decimals, so that they still come to
// it: each is cut down, and what is then missing goes, a unit each, to those that lost
// most. It is false where that cannot be: the whole is not the parts, rounded.
func apportion(parts []erpbridge.Decimal, whole erpbridge.Decimal, digits uint8) ([]erpbridge.Decimal, bool) {
	unit, err := udecimal.NewFromInt64(1, digits)
	if err != nil {
		return nil, false
	}
	shares, missing := make([]erpbridge.Decimal, len(parts)), whole
	var cut []int // the parts that lost something
	for i, p := range parts {
		shares[i] = p.Trunc(digits)
		if shares[i].GreaterThan(p) {
			shares[i] = shares[i].Sub(unit)
		}
		if !shares[i].Equal(p) {
			cut = append(cut, i)
		}
		missing = missing.Sub(shares[i])
	}
	slices.SortStableFunc(cut, func(i, j int) int { return parts[j].Sub(shares[j]).Cmp(parts[i].Sub(shares[i])) })
	for _, i := range cut {
		if !missing.IsZero() && !missing.IsNeg() {
			shares[i], missing = shares[i].Add(unit), missing.Sub(unit)
		}
	}
	return shares, missing.IsZero()
}
