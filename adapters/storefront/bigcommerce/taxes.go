package bigcommerce

import (
	"strconv"

	"github.com/hakooi/erpbridge"
)

// What a tax is on, in the order's list of taxes with details.
const (
	onItem     = "item"
	onShipping = "shipping"
	onHandling = "handling"
	onWrapping = "gift-wrapping"
)

// percent returns a rate that is written as a percentage.
func percent(r *reader, at string, s scalar) erpbridge.Decimal {
	rate, err := r.Rate(at, "rate", s).Div64(100)
	if err != nil {
		r.Fail(at, "rate", "%w", err)
	}
	return rate
}

// taxes is an order's list of taxes, by what they are on.
//
// They are told beside the amounts that count, for the ERP that books tax by line. A
// provider of taxes may calculate them finer than the currency; such a one is left out
// where it stands, and total_tax, which is not, has it.
type taxes struct {
	list list[tax]
	by   map[[2]string][]int
}

func openTaxes(l list[tax]) taxes {
	t := taxes{l, map[[2]string][]int{}}
	for i, x := range l {
		on, id := x.On.Text(), ""
		switch on {
		case onItem:
			id, _ = x.ItemID.Integer()
		case onShipping:
			id, _ = x.AddressID.Integer()
			t.by[[2]string{on, ""}] = append(t.by[[2]string{on, ""}], i)
		}
		t.by[[2]string{on, id}] = append(t.by[[2]string{on, id}], i)
	}
	return t
}

// of returns the taxes on a thing, and where the list has none, or not in amounts of
// the currency, the thing's own sum of them.
func (t taxes) of(r *reader, on, id string, sum scalar) []erpbridge.Tax {
	var out []erpbridge.Tax
	for _, i := range t.by[[2]string{on, id}] {
		x, ok := t.at(r, i)
		if !ok {
			return plainTax(r, sum)
		}
		out = append(out, x)
	}
	if out == nil {
		return plainTax(r, sum)
	}
	return out
}

// plainTax returns a tax of which only the amount is known, or none.
func plainTax(r *reader, amount scalar) []erpbridge.Tax {
	m, ok := r.Exact(amount)
	if !ok || m.IsZero() || m.Amount.IsNeg() {
		return nil
	}
	return []erpbridge.Tax{{Amount: m}}
}

// at returns one tax of the list, if its amount is one of the currency.
func (t taxes) at(r *reader, i int) (erpbridge.Tax, bool) {
	x, at := t.list[i], "taxes["+strconv.Itoa(i)+"]."
	m, ok := r.Exact(x.Amount)
	return erpbridge.Tax{
		Title:  r.Text(at, "name", x.Name),
		Rate:   percent(r, at, x.Rate),
		Amount: m,
	}, ok
}

// all returns the order's own list: one tax for each name and rate.
func (t taxes) all(r *reader) []erpbridge.Tax {
	var out []erpbridge.Tax
	seen := map[[2]string]int{}
	for i := range t.list {
		x, ok := t.at(r, i)
		if !ok {
			continue
		}
		key := [2]string{x.Title, x.Rate.String()}
		if same, ok := seen[key]; ok {
			out[same].Amount = out[same].Amount.Add(x.Amount)
			continue
		}
		seen[key] = len(out)
		out = append(out, x)
	}
	return out
}
