package pipeline

import (
	"strings"
	"testing"

	"github.com/hakooi/erpbridge"
)

// refund is a piece of 10.00 with 1.90 of tax, and 5.00 for the way, with its payments.
func refund(t *testing.T, payments ...erpbridge.Payment) *erpbridge.Refund {
	t.Helper()
	return &erpbridge.Refund{
		ID: "509", OrderID: "4711", Currency: "EUR",
		Lines:    []erpbridge.RefundLine{{Quantity: decimal(t, "1"), Amount: money(t, "10.00"), Tax: money(t, "1.90")}},
		Shipping: []erpbridge.RefundedShipping{{Amount: money(t, "5.00"), Tax: money(t, "0.00")}},
		Payments: payments,
	}
}

func TestValidateRefund(t *testing.T) {
	paid := func(amount string, state erpbridge.PaymentState) erpbridge.Payment {
		return erpbridge.Payment{Kind: erpbridge.Repayment, State: state, Amount: money(t, amount)}
	}
	dollars, err := erpbridge.ParseMoney("18.59", "USD")
	if err != nil {
		t.Fatal(err)
	}
	inDollars := erpbridge.Payment{Kind: erpbridge.Repayment, State: erpbridge.Succeeded, Amount: dollars}
	presented := refund(t, inDollars)
	presented.Presented = &erpbridge.Refund{
		Currency: "USD", Payments: presented.Payments,
		Lines: []erpbridge.RefundLine{{Amount: dollars, Tax: erpbridge.Zero("USD")}},
	}
	included := refund(t, paid("15.00", erpbridge.Succeeded))
	included.TaxesIncluded = true
	adjusted := refund(t, paid("12.00", erpbridge.Succeeded))
	adjusted.Adjustments = []erpbridge.Adjustment{{Reason: "worn", Amount: money(t, "-4.90"), Tax: money(t, "0.00")}}
	for _, c := range []struct {
		name   string
		refund *erpbridge.Refund
		want   []string // in the reason; nil: passes
	}{
		{"adds up", refund(t, paid("16.90", erpbridge.Succeeded)), nil},
		{"paid back by two means", refund(t, paid("10.00", erpbridge.Succeeded), paid("6.90", erpbridge.Succeeded)), nil},
		{"a failed try beside", refund(t, paid("16.90", erpbridge.Failed), paid("16.90", erpbridge.Succeeded)), nil},
		{"a sale beside", refund(t, erpbridge.Payment{Kind: erpbridge.Sale, State: erpbridge.Succeeded, Amount: money(t, "99.00")}, paid("16.90", erpbridge.Succeeded)), nil},
		{"nothing said of payments", refund(t), nil},
		{"tax included", included, nil},
		{"adjusted", adjusted, nil},
		{"in the buyer's currency", presented, nil},
		{"a cent too much", refund(t, paid("16.91", erpbridge.Succeeded)), []string{"16.91", "16.90", "0.01", "line 1: 1 pieces 10.00 and tax 1.90", "shipping 5.00"}},
		{"nothing paid", refund(t, paid("16.90", erpbridge.Failed)), []string{"-16.90"}},
		{"under way", refund(t, paid("16.90", erpbridge.InProgress)), []string{"not paid back yet", "held retry"}},
		{"in a currency nobody can compare", refund(t, inDollars), []string{"another currency"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Validate{}.Process(t.Context(), erpbridge.Event{Refund: c.refund})
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if erpbridge.KindOf(err) != erpbridge.Held {
				t.Fatalf("got %v, want it held", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in: %v", w, err)
				}
			}
		})
	}
}

// Presented amounts that do not add up are left out; the caller's order stays.
func TestValidatePresented(t *testing.T) {
	for total, kept := range map[string]bool{"25.00": true, "25.01": false} {
		o := order(t, "25.00")
		o.Presented = order(t, total)
		e, err := Validate{}.Process(t.Context(), erpbridge.Event{Order: o})
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Order.Presented != nil; got != kept {
			t.Errorf("%s: kept %v", total, got)
		}
		if o.Presented == nil {
			t.Error("the order given in was changed")
		}
	}
}

// What is named about an order that does not add up.
func TestPartsNameTheLines(t *testing.T) {
	o := order(t, "100.00")
	o.Lines = append(o.Lines, erpbridge.Line{
		Quantity: decimal(t, "3"), Unit: money(t, "3.33"), Extended: money(t, "10.00"),
		Discounts: []erpbridge.Discount{{Amount: money(t, "1.00")}},
	})
	o.Charges = []erpbridge.Charge{{Kind: erpbridge.Duty, Amount: money(t, "2.00")}, {Kind: erpbridge.Wrapping, Amount: money(t, "3.00")}}
	o.Discounts = []erpbridge.Discount{{Amount: money(t, "0.50")}}
	o.Credits = []erpbridge.Credit{{Kind: erpbridge.GiftCardCredit, Amount: money(t, "7.00")}}
	_, err := Validate{}.Process(t.Context(), erpbridge.Event{Order: o})
	const want = "the order does not add up: its total is 100.00 EUR, its parts come to 31.50 EUR, the difference is 68.50 EUR " +
		"(2 lines 30.00, discounts -1.50, shipping 5.00, duties 2.00, fees 3.00, gift cards and credits -7.00, tax 0.00, " +
		"line 1: 2 x 10.00, line 2: 3 x 3.33 = 10.00 - 1.00)"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestRouteIgnores(t *testing.T) {
	r := Route{{Type: erpbridge.RefundIssued, Ignore: true}, {Targets: []string{"erp"}}}
	if _, err := r.Process(t.Context(), erpbridge.Event{Store: "eu", Type: erpbridge.RefundIssued}); erpbridge.KindOf(err) != erpbridge.Ignored {
		t.Errorf("%v, want it ignored", err)
	}
	if e, err := r.Process(t.Context(), erpbridge.Event{Store: "eu", Type: erpbridge.OrderPaid}); err != nil || len(e.Targets) != 1 {
		t.Errorf("%v, %v", e.Targets, err)
	}
}
