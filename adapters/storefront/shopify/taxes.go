package shopify

import (
	"fmt"

	"github.com/quagmt/udecimal"

	"github.com/hakooi/erpbridge"
)

// taxesIncluded tells whether a refund's subtotals contain their tax. A webhook does
// not say so, but its numbers do, of the lines' own tax rates:
//
//	tax = subtotal × rate               the tax is on top of the subtotal
//	tax = subtotal × rate / (1 + rate)  the subtotal contains it
//
// and of its payments, which are the sum of the subtotals with or without the taxes; they
// are in the buyer's currency, and so told by the twin where there is one. A line that
// allows both readings, as one of a few cents does, tells nothing. If neither is told for
// certain, the tax is on top: then what does not meet is seen.
func taxesIncluded(body *refund, r, twin *erpbridge.Refund) (bool, error) {
	if body.TaxesIncluded.Given() {
		included, err := body.TaxesIncluded.Bool()
		if err != nil {
			return false, fmt.Errorf("taxes_included: %w", err)
		}
		// Where nothing is taxed a webhook could not tell: the two are to be one version.
		return included && taxed(r), nil
	}
	onTop, contained := false, false
	for i := range r.Lines {
		if t, c := rateSays(&body.Lines[i], r.Lines[i]); t != c {
			onTop, contained = onTop || t, contained || c
		}
	}
	if onTop != contained {
		return contained, nil
	}
	return paymentsSay(r) || twin != nil && paymentsSay(twin), nil
}

// taxed reports whether any part of a refund has a tax.
func taxed(r *erpbridge.Refund) bool {
	with, without := *r, *r
	with.TaxesIncluded, without.TaxesIncluded = true, false
	return !with.Sum().Equal(without.Sum())
}

// rateSays reports which of the two readings a line's tax rates allow, to the last
// digit of each tax.
func rateSays(body *refundLine, l erpbridge.RefundLine) (onTop, contained bool) {
	if body.Item.V == nil || l.Tax.IsZero() {
		return false, false
	}
	one := udecimal.MustFromInt64(1, 0)
	var rate erpbridge.Decimal
	for _, t := range body.Item.V.TaxLines {
		d, err := erpbridge.ParseDecimal(t.Rate.Text())
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

// paymentsSay reports whether what was paid back is what the parts come to if they
// contain their taxes, and is not what they come to otherwise.
func paymentsSay(r *erpbridge.Refund) bool {
	paid, all := r.Paid()
	if !all || paid.IsZero() {
		return false
	}
	with, without := *r, *r
	with.TaxesIncluded, without.TaxesIncluded = true, false
	return with.Sum().Equal(paid) && !without.Sum().Equal(paid)
}
