package bigcommerce

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hakooi/erpbridge"
)

// redeeming are the methods and providers by which nothing is received: a liability of
// the merchant's is settled.
var redeeming = []string{"store_credit", "storecredit", "gift_certificate", "giftcertificate"}

// payments maps what was paid. Store credit and gift certificates are transactions in
// some stores, and only amounts of the order in others.
func payments(r *reader, d *document, o *erpbridge.Order) {
	method := r.Text("", "payment_method", d.Order.V.PaymentMethod)
	o.Test = d.test()
	gateways := map[string]bool{"": true}
	took := func(gateway string) {
		if !gateways[gateway] {
			gateways[gateway] = true
			o.Gateways = append(o.Gateways, gateway)
		}
	}
	took(method)
	for i, t := range d.Transactions {
		at := "transactions[" + strconv.Itoa(i) + "]."
		p, known := transaction(r, at, t)
		if !known {
			o.Attributes = attribute(o.Attributes, at+"event", r.Text(at, "event", t.Event))
			continue
		}
		took(p.Gateway)
		o.Payments = append(o.Payments, p)
	}
	redeemed(r, o, "store_credit_amount", d.Order.V.StoreCredit, "storecredit", "store_credit")
	redeemed(r, o, "gift_certificate_amount", d.Order.V.GiftCertificate, "giftcertificate", "gift_certificate")
}

// test reports whether a document's order was paid for through a gateway in test mode.
func (d *document) test() bool {
	return strings.EqualFold(d.Order.V.PaymentMethod.Text(), "Test Payment Gateway") || slices.ContainsFunc(d.Transactions, func(t payment) bool {
		test, err := t.Test.Bool()
		return test && err == nil
	})
}

// redeemed adds a payment by credit that no transaction tells of.
func redeemed(r *reader, o *erpbridge.Order, name string, amount scalar, gateway, method string) {
	m, _ := r.Charge("", name, amount)
	told := slices.ContainsFunc(o.Payments, func(p erpbridge.Payment) bool {
		return p.Redeemed && p.Kind == erpbridge.Sale && p.State == erpbridge.Succeeded && (p.Gateway == gateway || p.Gateway == method)
	})
	if m.IsZero() || told {
		return
	}
	o.Payments = append(o.Payments, erpbridge.Payment{
		Gateway: gateway, Kind: erpbridge.Sale, State: erpbridge.Succeeded, Amount: m, At: o.PlacedAt, Redeemed: true,
	})
}

// transaction maps a transaction. It is false for an event that the bridge does not
// know: what it did to the money is not guessed at.
func transaction(r *reader, at string, t payment) (erpbridge.Payment, bool) {
	method, gateway := r.Text(at, "method", t.Method), r.Text(at, "gateway", t.Gateway)
	p := erpbridge.Payment{
		ID:        r.ID(at, "id", t.ID),
		Gateway:   cmp.Or(gateway, method),
		State:     erpbridge.Succeeded,
		At:        r.date(at, "date_created", t.Created),
		Reference: r.Text(at, "gateway_transaction_id", t.Reference),
		Redeemed:  slices.Contains(redeeming, method) || slices.Contains(redeeming, gateway),
	}
	if p.Redeemed && gateway == "" {
		p.Gateway = strings.ReplaceAll(method, "_", "")
	}
	switch strings.ToLower(t.Event.Text()) {
	case "purchase":
		p.Kind = erpbridge.Sale
	case "pending":
		p.Kind, p.State = erpbridge.Sale, erpbridge.InProgress
	case "authorization":
		p.Kind = erpbridge.Authorization
	case "capture", "settled":
		p.Kind = erpbridge.Capture
	case "refund":
		p.Kind = erpbridge.Repayment
	case "void":
		p.Kind = erpbridge.Void
	default:
		return p, false
	}
	if strings.EqualFold(t.Status.Text(), "error") {
		p.State = erpbridge.Failed
	}
	currency := cmp.Or(t.Currency.Text(), r.Currency())
	p.Amount, _ = r.AmountIn(currency, at, "amount", t.Amount)
	if p.Amount.Amount.IsNeg() {
		if p.Kind != erpbridge.Repayment {
			r.Fail(at, "amount", "%s is negative", p.Amount)
		}
		p.Amount = p.Amount.Neg()
	}
	return p, true
}
