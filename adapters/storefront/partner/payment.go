package partner

import "github.com/hakooi/erpbridge"

var (
	paymentKinds  = []erpbridge.PaymentKind{erpbridge.Authorization, erpbridge.Capture, erpbridge.Sale, erpbridge.Repayment, erpbridge.Void}
	paymentStates = []erpbridge.PaymentState{erpbridge.Succeeded, erpbridge.InProgress, erpbridge.Failed}
)

// payments reads transactions. One that names no currency is in that of the thing.
func (r *reader) payments(at string, ps list[payment]) []erpbridge.Payment {
	var out []erpbridge.Payment
	for i, p := range ps {
		at := element(at, "payments", i)
		out = append(out, erpbridge.Payment{
			ID:        r.id(at, "id", p.ID),
			Gateway:   r.text(at, "gateway", p.Gateway),
			Kind:      needWord(r, at, "kind", p.Kind, paymentKinds),
			State:     needWord(r, at, "state", p.State, paymentStates),
			Amount:    r.transacted(at, p),
			At:        r.time(at, "at", p.At),
			Reference: r.text(at, "reference", p.Reference),
			Redeemed:  r.flag(at, "redeemed", p.Redeemed),
		})
	}
	return out
}

// transacted reads a payment's amount, in a currency of its own.
func (r *reader) transacted(at string, p payment) erpbridge.Money {
	currency := r.currency(at, "currency", p.Currency, r.Currency())
	r.need(at, "amount", p.Amount.Scalar)
	m, _ := r.AmountIn(currency, at, "amount", p.Amount.Scalar)
	if m.Amount.IsNeg() {
		r.Fail(at, "amount", "%s is negative", m)
	}
	return m
}
