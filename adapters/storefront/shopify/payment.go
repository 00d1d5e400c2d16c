package shopify

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/hakooi/erpbridge"
	"github.com/hakooi/erpbridge/adapters/storefront/normalizer"
	"github.com/hakooi/erpbridge/adapters/storefront/signed"
)

// A transaction is one at a payment gateway. Its amount is in the buyer's currency.
type transaction struct {
	ID            scalar `json:"id"`
	Kind          scalar `json:"kind"`
	Gateway       scalar `json:"gateway"`
	Status        scalar `json:"status"`
	Test          scalar `json:"test"`
	Amount        scalar `json:"amount"`
	Currency      scalar `json:"currency"`
	CreatedAt     scalar `json:"created_at"`
	ProcessedAt   scalar `json:"processed_at"`
	Authorization scalar `json:"authorization"`
	PaymentID     scalar `json:"payment_id"`
	Rounding      scalar `json:"amount_rounding"` // of cash, at a counter

	set *moneySet // of a charge
}

// A charge is a transaction of an order. The API tells its amount in the shop's currency
// too, of a refund's neither it nor webhooks do.
type charge struct {
	transaction
	AmountSet object[moneySet] `json:"amount_set"`
}

// transactions returns the charges of an order with what they come to in either currency.
func transactions(charges list[charge]) list[transaction] {
	var out list[transaction]
	for _, c := range charges {
		c.set = c.AmountSet.V
		out = append(out, c.transaction)
	}
	return out
}

// redeeming reports the gateways by which nothing is received.
func redeeming(gateway string) bool {
	return gateway == "gift_card" || gateway == "shopify_store_credit"
}

// payments maps transactions; currency is that of those that name none. Change given
// back at a counter, and refunds that were only suggested, are no payments.
func payments(r *reader, at string, transactions list[transaction], currency string) []erpbridge.Payment {
	var out []erpbridge.Payment
	for i, t := range transactions {
		at := at + "transactions[" + strconv.Itoa(i) + "]."
		kind, ok := paymentKind(r, at, t.Kind)
		if !ok {
			continue
		}
		gateway := r.Text(at, "gateway", t.Gateway)
		out = append(out, erpbridge.Payment{
			ID:        r.ID(at, "id", t.ID),
			Gateway:   gateway,
			Kind:      kind,
			State:     paymentState(r, at, t.Status),
			Amount:    paid(r, at, t, currency),
			At:        normalizer.First(made(r, at, "created_at", t.CreatedAt), made(r, at, "processed_at", t.ProcessedAt)),
			Reference: cmp.Or(r.Text(at, "authorization", t.Authorization), r.Text(at, "payment_id", t.PaymentID)),
			Redeemed:  redeeming(gateway),
		})
	}
	return out
}

// made returns when a payment was made. It may be long after the message came, which
// waited for a shop that could not be asked.
func made(r *reader, at, name string, s scalar) time.Time {
	if t, err := normalizer.ParseTime(s.Text()); err == nil && t.Year() >= 1900 {
		return t
	}
	return r.Time(at, name, s)
}

func paid(r *reader, at string, t transaction, currency string) erpbridge.Money {
	if m, ok := r.only(at, "amount_set", t.set); ok {
		return r.positive(at, "amount_set", m)
	}
	code := cmp.Or(t.Currency.Text(), currency)
	m, ok := r.AmountIn(code, at, "amount", t.Amount)
	switch {
	case !ok:
		r.Fail(at, "amount", "is missing")
	case m.Amount.IsNeg():
		r.Fail(at, "amount", "%s is negative", m)
	}
	return m
}

func paymentKind(r *reader, at string, kind scalar) (erpbridge.PaymentKind, bool) {
	switch strings.ToLower(kind.Text()) {
	case "authorization", "emv_authorization":
		return erpbridge.Authorization, true
	case "capture":
		return erpbridge.Capture, true
	case "sale":
		return erpbridge.Sale, true
	case "refund":
		return erpbridge.Repayment, true
	case "void":
		return erpbridge.Void, true
	case "change", "suggested_refund":
		return "", false
	}
	r.Fail(at, "kind", "%q is not a kind of transaction the bridge knows", signed.Clip(kind.Text()))
	return "", false
}

// paymentState maps a transaction's status. What Shopify does not know yet is under
// way.
func paymentState(r *reader, at string, status scalar) erpbridge.PaymentState {
	switch strings.ToLower(status.Text()) {
	case "success":
		return erpbridge.Succeeded
	case "pending", "awaiting_response", "unknown":
		return erpbridge.InProgress
	case "failure", "error":
		return erpbridge.Failed
	}
	r.Fail(at, "status", "%q is not a state of a transaction the bridge knows", signed.Clip(status.Text()))
	return erpbridge.InProgress
}
