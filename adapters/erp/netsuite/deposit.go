package netsuite

import "cmp"

// deposit renders what was paid of the order, if anything was, deposits are booked and
// the order stands. NetSuite wants both references, to the customer and to the order.
func (t *translation) deposit() (*record, error) {
	if !t.conf.Deposits || t.d.Cancelled {
		return nil, nil
	}
	if t.d.PaidUnknown != nil {
		return nil, t.d.PaidUnknown
	}
	if !t.d.Paid.Amount.IsPos() {
		return nil, nil // a gift card or credit was redeemed, and nothing received
	}
	r := t.newRecord(cust, customerDeposit, t.externalID("deposit", t.d.OrderID))
	t.buyer(r.fields, "customer")
	r.external("salesOrder", t.orderID(), salesOrder)
	r.plain("payment", t.d.Paid.Plain())
	r.ref("currency", t.currency)
	r.plain("tranDate", t.tranDate)
	r.ref("paymentMethod", t.d.PaymentMethod)
	r.text("memo", unmarked)
	r.ref("department", t.conf.Department)
	r.ref("class", t.conf.Class)
	r.ref("location", t.d.Location)
	account := cmp.Or(t.conf.DepositAccounts[t.d.PaymentMethod], t.conf.DepositAccount)
	switch {
	case account != "":
		r.ref("account", account)
		r.flag("undepFunds", false)
	case t.conf.UndepositedFunds:
		r.flag("undepFunds", true)
	}
	return r, nil
}
