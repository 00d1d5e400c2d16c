package shopify

import (
	"fmt"
	"slices"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// A reading says what the amounts of a refund hold of its taxes.
type reading int

const (
	onTop     reading = iota // none
	contained                // all
	goodsOnly                // subtotals contain their tax, the other amounts do not
)

// readTaxes says of a refund, and of its twin, whether their amounts contain their tax. A
// webhook does not say so, but its numbers do, of the lines' own tax rates:
//
//	tax = subtotal × rate               the tax is on top of the subtotal
//	tax = subtotal × rate / (1 + rate)  the subtotal contains it
//
// and of its payments, which are the sum of the subtotals with or without the taxes; they
// are in the buyer's currency, and so told by the twin where there is one. A line that
// allows both readings, as one of a few cents does, tells nothing. If neither is told for
// certain, the tax is on top: then what does not meet is seen.
//
// Where prices contain their tax, what is paid back of the transport may be told with its
// tax on top all the same: Shopify calls it added to the amount. Where the payments say
// so, it is added here, for a Refund is told in one way.
func readTaxes(body *refund, r, twin *erpbridge.Refund) error {
	how, err := taxesOf(body, r, twin)
	if err != nil {
		return err
	}
	*r = as(r, how)
	if twin != nil {
		*twin = as(twin, how)
	}
	return nil
}

func taxesOf(body *refund, r, twin *erpbridge.Refund) (reading, error) {
	if body.TaxesIncluded.Given() {
		included, err := body.TaxesIncluded.Bool()
		switch {
		case err != nil:
			return onTop, fmt.Errorf("taxes_included: %w", err)
		case !included || !taxed(r):
			return onTop, nil // where nothing is taxed a webhook could not tell: the two are to be one version
		}
		return paymentsSay(contained, []reading{contained, goodsOnly}, r, twin), nil
	}
	top, within := false, false
	for i := range r.Lines {
		if t, c := rateSays(&body.Lines[i], r.Lines[i]); t != c {
			top, within = top || t, within || c
		}
	}
	switch {
	case top == within:
		return paymentsSay(onTop, []reading{onTop, contained, goodsOnly}, r, twin), nil
	case within:
		return paymentsSay(contained, []reading{contained, goodsOnly}, r, twin), nil
	}
	return onTop, nil
}

// as returns a refund as a reading has it.
func as(r *erpbridge.Refund, how reading) erpbridge.Refund {
	out := *r
	out.TaxesIncluded = how != onTop
	if how == goodsOnly {
		out.Shipping, out.Adjustments = slices.Clone(r.Shipping), slices.Clone(r.Adjustments)
		for i, s := range out.Shipping {
			out.Shipping[i].Amount = s.Amount.Add(s.Tax)
		}
		for i, a := range out.Adjustments {
			out.Adjustments[i].Amount = a.Amount.Add(a.Tax)
		}
	}
	return out
}

// taxed reports whether any part of a refund has a tax.
func taxed(r *erpbridge.Refund) bool {
	with, without := as(r, contained), as(r, onTop)
	return !with.Sum().Equal(without.Sum())
}

// rateSays reports which of the two readings a line's tax rates allow, to the last
// digit of each tax. A tax that came to nothing has no say: it is listed with its rate
// where the buyer or the goods are free of it.
func rateSays(body *refundLine, l erpbridge.RefundLine) (onTop, contained bool) {
	if body.Item.V == nil || l.Tax.IsZero() {
		return false, false
	}
	one := udecimal.MustFromInt64(1, 0)
	var rate erpbridge.Decimal
	for _, t := range body.Item.V.TaxLines {
		if free(t) {
			continue
		}
		plain, _ := t.Rate.Plain()
		d, err := erpbridge.ParseDecimal(plain)
		if err != nil {
			return false, false
		}
		rate = rate.Add(d)
	}
	share, err := rate.Div(one.Add(rate))
	if err != nil || rate.IsZero() {
		return false, false
	}
	digits, _ := erpbridge.Digits(l.Tax.Currency)
	// Each tax line is rounded by itself.
	tolerance := udecimal.MustFromInt64(int64(len(body.Item.V.TaxLines)), digits)
	near := func(rate erpbridge.Decimal) bool {
		return l.Amount.Amount.Mul(rate).Sub(l.Tax.Amount).Abs().LessThanOrEqual(tolerance)
	}
	return near(rate), near(share)
}

// free reports whether a tax is listed, and came to nothing.
func free(t taxLine) bool {
	plain, _ := t.Price.Plain()
	if plain == "" {
		plain = shopText(t.PriceSet.V)
	}
	d, err := erpbridge.ParseDecimal(plain)
	return err == nil && d.IsZero()
}

// paymentsSay returns the first of some readings by which the parts come to what was paid
// back, in the shop's currency or the buyer's, or otherwise where none does.
func paymentsSay(otherwise reading, readings []reading, sides ...*erpbridge.Refund) reading {
	for _, how := range readings {
		for _, r := range sides {
			if r == nil {
				continue
			}
			paid, all := r.Paid()
			if read := as(r, how); all && !paid.IsZero() && read.Sum().Equal(paid) {
				return how
			}
		}
	}
	return otherwise
}
