package salesdoc

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hakooi/erpbridge"
)

// What the parts miss of the total is an item, where it is little and somebody said where.
func TestDifferenceOfRounding(t *testing.T) {
	loose, tight := must("0.20"), must("0")
	for _, c := range []struct {
		name  string
		set   func(*Rules)
		total string
		want  []string // of the rounding's item
		say   string
	}{
		{"a cent is missing", func(*Rules) {}, "46.84", []string{"ROUND 0.01"}, ""},
		{"five cents too much", func(*Rules) {}, "46.78", []string{"ROUND -0.05"}, ""},
		{"six cents", func(*Rules) {}, "46.89", nil, "more than mapping.rounding.tolerance of target erp lets pass (0.05)"},
		{"six cents, and more is allowed", func(r *Rules) { r.Rounding.Tolerance = &loose }, "46.89", []string{"ROUND 0.06"}, ""},
		{"a cent, and none is allowed", func(r *Rules) { r.Rounding.Tolerance = &tight }, "46.84", nil, "mapping.rounding.tolerance"},
		{"a cent, and nobody said where", func(r *Rules) { r.Rounding.Posting = Posting{} }, "46.84", nil, "set mapping.rounding.code of target erp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), small()
			c.set(&m.Rules)
			o.Total = eur(c.total)
			d, err := translator(t, m, nil).Translate(placed(o))
			if c.say != "" {
				if erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), c.say) {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, less(d, RoundingItem)); diff != "" || !d.Total.Equal(eur(c.total)) || !d.Sum().Equal(d.Total) {
				t.Errorf("total %s, sum %s %s", d.Total, d.Sum(), diff)
			}
		})
	}
}

// A refund whose taxes are finer than the currency misses its sum by as much as they are
// rounded by, and in the same direction.
func TestDifferenceOfRoundingInARefund(t *testing.T) {
	m := generous()
	fine := func(s string) erpbridge.Money { return erpbridge.Money{Amount: must(s), Currency: "EUR"} }
	r := &erpbridge.Refund{ID: "5", OrderID: "4711", PostingDate: "2026-11-21", Currency: "EUR", Lines: []erpbridge.RefundLine{
		{SKU: "A-1", Quantity: one, Amount: eur("1.00"), Tax: fine("0.185")}, {SKU: "B-2", Quantity: one, Amount: eur("1.00"), Tax: fine("0.185")},
	}}
	d, err := translator(t, m, nil).Translate(erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued, Stream: "order/4711", Refund: r})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ROUND -0.01"}, less(d, RoundingItem)); diff != "" || !d.Sum().Equal(eur("2.37")) {
		t.Errorf("sum %s %s", d.Sum(), diff)
	}
}

// What a cash payment was rounded by is no part of the shop's total: the document comes to
// what was paid where somebody said where it goes, and to the total otherwise.
func TestCashRounding(t *testing.T) {
	for _, c := range []struct {
		name        string
		rule        Rounding
		rounding    string
		total, paid string
		want        []string
	}{
		{"up", Rounding{Cash: Posting{Code: "TILL"}, Posting: Posting{Code: "ROUND"}}, "0.02", "46.85", "46.85", []string{"TILL 0.02"}},
		{"down", Rounding{Cash: Posting{Code: "TILL"}}, "-0.03", "46.80", "46.80", []string{"TILL -0.03"}},
		{"with all other rounding", Rounding{Posting: Posting{Code: "ROUND"}}, "0.02", "46.85", "46.85", []string{"ROUND 0.02"}},
		{"up, and nobody said where", Rounding{}, "0.02", "46.83", "46.83", nil},
		{"down, and nobody said where", Rounding{}, "-0.03", "46.83", "46.80", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, o := generous(), small()
			m.Rounding, o.Rounding = c.rule, eur(c.rounding)
			for range 2 { // as the order's amounts have it, and as its payments do
				d, err := translator(t, m, nil).Translate(placed(o))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, less(d, RoundingItem)); diff != "" || !d.Total.Equal(eur(c.total)) || !d.Paid.Equal(eur(c.paid)) || !d.Sum().Equal(d.Total) {
					t.Errorf("total %s, paid %s, sum %s %s", d.Total, d.Paid, d.Sum(), diff)
				}
				o.Payments = []erpbridge.Payment{sale("cash", o.Total.Add(o.Rounding))}
			}
		})
	}
	o := small()
	o.Rounding = yen("1")
	if _, err := translator(t, generous(), nil).Translate(placed(o)); erpbridge.KindOf(err) != erpbridge.Invalid {
		t.Errorf("in another currency: %v", err)
	}
}

// Five of the currency's own minor units pass, and half a one for each line, for that is
// what each may be rounded by.
func TestToleranceByCurrencyAndLines(t *testing.T) {
	for _, c := range []struct {
		code  string
		lines int
		off   int // in minor units
		ok    bool
	}{
		{"EUR", 2, 5, true},
		{"EUR", 2, 6, false},
		{"KWD", 2, 5, true},
		{"KWD", 2, 6, false},
		{"KWD", 2, 50, false},
		{"JPY", 2, 5, true},
		{"JPY", 2, 6, false},
		{"EUR", 30, 15, true},
		{"EUR", 30, 16, false},
	} {
		digits, _ := erpbridge.Digits(c.code)
		units := func(n int) erpbridge.Money {
			return erpbridge.Money{Amount: minor[digits].Mul(must(strconv.Itoa(n))), Currency: c.code}
		}
		o := &erpbridge.Order{ID: "1", PostingDate: "2026-11-20", Currency: c.code}
		for range c.lines {
			o.Lines = append(o.Lines, erpbridge.Line{SKU: "S", Quantity: one, Unit: units(100), Taxes: []erpbridge.Tax{{Rate: must("0.19"), Amount: units(19)}}})
		}
		o.TaxTotal = units(19*c.lines + c.off)
		o.Total = o.Sum()
		d, err := translator(t, generous(), nil).Translate(placed(o))
		switch {
		case !c.ok && (erpbridge.KindOf(err) != erpbridge.Held || !strings.Contains(err.Error(), "mapping.rounding.tolerance")):
			t.Errorf("%+v: %v", c, err)
		case c.ok && err != nil:
			t.Errorf("%+v: %v", c, err)
		case c.ok && !d.TaxTotal.Equal(o.TaxTotal):
			t.Errorf("%+v: %s", c, d.TaxTotal)
		}
	}
}
